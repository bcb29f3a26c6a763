"""What `lode probe` says of a real node, and what `lode mine` says at once of a call that a node does not allow."""

import json
import unittest

import addresses
import bcoin
import lode
from proxy import Proxy

PAYOUT = addresses.payouts()["P2WPKH"][0]
LINE = "rpcwhitelist=x:getblockchaininfo,getblocktemplate,submitblock,getblockheader,getblockhash,waitforblockheight,uptime"


class ProbeTest(lode.InteropTest):
    def probe(self, url, *options):
        result = lode.run("probe", url, "--json", *options)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return json.loads(result.stdout)

    def permissions(self, report):
        return {call["method"]: call["permission"] for call in report["calls"]}

    def test_a_node_is_probed(self):
        with bcoin.Node() as node:
            node.activate_segwit()
            height = node.height()
            for options in ((), ("--payout", PAYOUT)):
                report = self.probe(node.url(), *options)
                self.assertIsNone(report["failure"])
                self.assertEqual(report["chain"]["name"], "regtest")
                self.assertEqual(report["chain"]["blocks"], height)
                self.assertEqual(report["network"]["peers"], 0)
                self.assertEqual(set(self.permissions(report).values()), {"allowed"}, report)
                self.assertEqual(report["template"]["height"], height + 1)
                self.assertEqual(report["template"]["coinbase_value"], bcoin.subsidy(height + 1))
                self.assertEqual(len(report["template"]["all_milliseconds"]), 3)
                self.assertIsNone(report["template"]["fault"])
                self.assertEqual(report["proposal"], {"answer": "accepted", "detail": ""})
            self.assertEqual(node.height(), height, "a probe changes nothing")

    def test_a_node_that_refuses_the_password(self):
        with bcoin.Node() as node:
            result = lode.run("probe", node.url(password="wrong"))
            self.assertEqual(result.returncode, 2)
            self.assertIn("password", result.stderr)
            self.assertNotIn("wrong", result.stdout + result.stderr)

    def test_a_forbidden_call_is_named(self):
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            proxy.forbid("submitblock")
            report = self.probe(node.url(proxy.port))
            self.assertEqual(self.permissions(report)["submitblock"], "forbidden")
            self.assertTrue(any(text.endswith(LINE) for text in report["deviations"]), report)
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT) as miner:
                miner.wait_for_output("does not let lode call submitblock: ")
                self.assertIn(LINE, miner.output())
            self.assertEqual(node.height(), 0)


if __name__ == "__main__":
    unittest.main()
