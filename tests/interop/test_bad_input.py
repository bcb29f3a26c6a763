"""Wrong arguments and unusable sources: the documented exit status, and a message that names the problem."""

import os
import tempfile
import unittest

import addresses
import bcoin
import lode
from ports import free_port
from proxy import Proxy

PAYOUT = addresses.payouts()["P2WPKH"][0]

UNUSABLE_ARGUMENTS = 1
NO_SOURCE = 2
REFUSED = 6

# Of a source that is given up for good as soon as it answers: seconds, far more than that takes.
ENDS_BY_ITSELF = 3600

CREDENTIALS = r"(?i)401|unauthori[sz]ed|password|credential"


class BadInputTest(lode.InteropTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = os.path.join(folder.name, "state")

    def refuse(self, status, message, *arguments):
        """Runs `lode mine` with `arguments` and expects `status` and a match of `message` on standard error."""
        common = ["--state", self.state, "--no-color"]
        if "--devices" not in arguments:
            common += ["--devices", "cpu", "--threads", "1"]
        done = lode.run("mine", *common, *arguments)
        self.assertEqual(done.returncode, status, "%r\n%s" % (arguments, done.stderr))
        self.assertRegex(done.stderr, message)
        self.assertNotIn("terminate called", done.stderr)
        return done

    def refuse_source(self, message, url, seconds, status=NO_SOURCE):
        """`seconds`: how long it is tried; by then it must have answered on the slowest machine."""
        return self.refuse(status, message, url, "--payout", PAYOUT, "--connect-timeout", str(seconds))

    def refuse_arguments(self, message, *arguments):
        return self.refuse(UNUSABLE_ARGUMENTS, message, *arguments)

    # Sources

    def test_wrong_password(self):
        with bcoin.Node() as node:
            done = self.refuse_source(CREDENTIALS, node.url(password="wrong-one"), ENDS_BY_ITSELF, REFUSED)
            self.assertIn(str(node.port), done.stderr)
            self.assertNotIn("wrong-one", done.stderr + done.stdout)

    def test_no_password(self):
        with bcoin.Node() as node:
            url = "http://127.0.0.1:%d" % node.port
            self.refuse_source(CREDENTIALS, url, ENDS_BY_ITSELF, REFUSED)

    def test_address_of_another_network(self):
        with bcoin.Node() as node:
            for network in (addresses.MAINNET, addresses.TESTNET):
                address = addresses.payouts(network)["P2WPKH"][0]
                with self.subTest(address=address):
                    arguments = (node.url(), "--payout", address, "--connect-timeout", str(ENDS_BY_ITSELF), "--blocks", "1")
                    done = self.refuse(NO_SOURCE, r"regtest", *arguments)
                    self.assertIn(address, done.stderr)
            self.assertEqual(node.height(), 0)

    def test_unreachable_node(self):
        port = free_port()
        done = self.refuse_source(r"(?i)refused|connect", "http://x:y@127.0.0.1:%d" % port, 10)
        self.assertIn(str(port), done.stderr)

    def test_silent_node(self):
        with Proxy(mode="silent") as proxy:
            done = self.refuse_source(r"(?i)time|answer|respon|repl", "http://x:y@127.0.0.1:%d" % proxy.port, 3)
            self.assertIn(str(proxy.port), done.stderr)

    def test_web_page_in_place_of_a_node(self):
        with Proxy(mode="html") as proxy:
            done = self.refuse_source(r"(?i)json|html|web page", "http://x:y@127.0.0.1:%d" % proxy.port, 10)
            self.assertIn(str(proxy.port), done.stderr)

    # Arguments

    def test_malformed_urls(self):
        urls = (
            "http://",
            "http://:8332",
            "http://x:y@127.0.0.1:99999",
            "http://x:y@127.0.0.1:port",
            "http://x:y@[::1:8332",
            "ftp://127.0.0.1:8332",
            "127.0.0.1:8332",
            "stratum+tcp://",
        )
        for url in urls:
            with self.subTest(url=url):
                self.refuse_arguments(r"(?i)url|source|scheme|port|host|address", url, "--payout", PAYOUT)

    def test_unknown_option(self):
        self.refuse_arguments(r"--no-such-option", "--no-such-option")

    def test_option_without_value(self):
        self.refuse_arguments(r"--payout", "http://x:y@127.0.0.1:1", "--payout")

    def test_unusable_numbers(self):
        for value in ("-1", "many", "1.5", "99999999999999999999999"):
            with self.subTest(value=value):
                self.refuse_arguments(r"--blocks", "--blocks", value)

    def test_node_without_payout(self):
        self.refuse_arguments(r"--payout", "http://x:y@127.0.0.1:1")

    def test_mistyped_addresses(self):
        for kind, (address, _) in addresses.payouts().items():
            other = "q" if address[-1] != "q" else "p"
            for wrong in (address[:-1] + other, address[:-1], address + other):
                with self.subTest(kind=kind, wrong=wrong):
                    self.refuse_arguments(r"(?i)payout|address", "http://x:y@127.0.0.1:1", "--payout", wrong)

    def test_unknown_device(self):
        self.refuse_arguments(r"abacus", "--devices", "abacus", "--blocks", "1")

    def test_unknown_kernel(self):
        self.refuse_arguments(r"abacus", "--kernel", "abacus", "--blocks", "1")

    def test_unknown_command(self):
        done = lode.run("dig")
        self.assertEqual(done.returncode, UNUSABLE_ARGUMENTS, done.stderr)
        self.assertIn("dig", done.stderr)


if __name__ == "__main__":
    unittest.main()
