"""The tools of these tests, without lode: a fault here must not look like one of the program."""

import http.client
import json
import threading
import unittest

import addresses
import bcoin
import hard_chain
import node_states
from patience import PATIENCE
from proxy import Proxy


class HarnessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lack = bcoin.missing()
        if lack:
            raise unittest.SkipTest("interop: " + lack)

    def test_address_vectors(self):
        """Published examples: BIP173, BIP350, and the pay-to-pubkey-hash example known from many wikis."""
        program = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")
        self.assertEqual(addresses.segwit("bc", 0, program), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
        key = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
        expected = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
        self.assertEqual(addresses.segwit("bc", 1, key), expected)
        pubkey_hash = bytes.fromhex("010966776006953d5567439e5e39f86a0d273bee")
        self.assertEqual(addresses.base58check(b"\0" + pubkey_hash), "16UwLL9Risc3QfPqBUvKofHmBQ7wMtjvM")

    def test_node_keeps_its_chain_over_a_kill(self):
        with bcoin.Node() as node:
            hashes = node.generate(20)
            node.kill()
            node.start()
            self.assertEqual(node.height(), 20)
            self.assertTrue(node.best_chain_holds(hashes[-1]))
            self.assertFalse(node.best_chain_holds("00" * 32))
            raw = node.rpc("getblock", hashes[3], False)
            self.assertEqual(bcoin.block_hash(raw), hashes[3])

    def test_nodes_exchange_blocks(self):
        with bcoin.Node() as first, bcoin.Node() as second:
            first.kill()
            second.kill()
            first.connect_to(second)
            second.connect_to(first)
            first.start()
            second.start()
            tip = first.generate(30)[-1]
            bcoin.wait_until(lambda: second.rpc("getbestblockhash") == tip, "the chain of the other node")

    def test_nodes_are_peers_until_they_part(self):
        with bcoin.Node() as first, bcoin.Node() as second:
            for node in (first, second):
                node.kill()
                node.listens = True
                node.start()
            first.peer_with(second)
            tip = first.generate(1)[-1]
            bcoin.wait_until(lambda: second.rpc("getbestblockhash") == tip, "the block of the other node")
            first.part_from(second)
            own = second.generate(1)[-1]
            tip = first.generate(2)[-1]
            self.assertEqual(second.rpc("getbestblockhash"), own)
            second.copy_blocks(first)
            self.assertEqual(second.rpc("getbestblockhash"), tip)

    def test_proxy_answers_in_the_place_of_a_node(self):
        with bcoin.Node() as node, Proxy(node.port) as proxy:

            def template(**request):
                return bcoin.call(proxy.port, node.key, "getblocktemplate", {"rules": ["segwit"], **request})

            self.assertEqual(template()["bits"], "207fffff")
            proxy.answer = node_states.healthy
            self.assertEqual(template()["bits"], hard_chain.BITS)
            self.assertIsNone(template(mode="proposal", data="00"))
            self.assertEqual(bcoin.call(proxy.port, node.key, "getblockcount"), 0)
            proxy.answer = node_states.syncing
            with self.assertRaises(bcoin.RpcError) as caught:
                template()
            self.assertEqual(caught.exception.code, -10)
            self.assertTrue(bcoin.call(proxy.port, node.key, "getblockchaininfo")["initialblockdownload"])
            proxy.answer = node_states.flooding(node, changes=True)
            first = template()
            self.assertNotEqual(template(longpollid=first["longpollid"]), template(longpollid=first["longpollid"]))

    def test_filled_mempool_is_in_the_template(self):
        with bcoin.Node() as node:
            node.activate_segwit()
            filled = node.fill_mempool(12, 1)
            template = node.rpc("getblocktemplate", {"rules": ["segwit"]})
            self.assertEqual({tx["txid"] for tx in template["transactions"]}, set(filled["txids"]))
            self.assertTrue(all(tx["txid"] != tx["hash"] for tx in template["transactions"]))
            self.assertEqual(template["coinbasevalue"], bcoin.subsidy(template["height"]) + filled["fees"])

    def test_proxy_passes_holds_and_refuses(self):
        with bcoin.Node() as node, Proxy(node.port) as proxy:

            def height():
                return bcoin.call(proxy.port, node.key, "getblockcount")

            self.assertEqual(height(), 0)
            self.assertEqual(proxy.requests("getblockcount"), [[]])

            answers = []

            def ask():
                try:
                    answers.append(height())
                except (OSError, http.client.HTTPException):
                    answers.append("cut")

            outcomes = (
                (lambda held: held.release(), 0),
                (lambda held: held.drop(), "cut"),
                (lambda held: held.release(answered=False), "cut"),
                (lambda held: proxy.drop_connections(), "cut"),
            )
            proxy.hold("getblockcount")
            for decide, expected in outcomes:
                asking = threading.Thread(target=ask)
                asking.start()
                held = proxy.held()
                decide(held)
                asking.join(PATIENCE)
                self.assertEqual(answers.pop(), expected)
            proxy.pass_on("getblockcount")

            proxy.refuse()
            with self.assertRaises(ConnectionRefusedError):
                height()
            proxy.accept()
            self.assertEqual(height(), 0)
            node.kill()
            with self.assertRaises((OSError, http.client.HTTPException)):
                height()

    def test_proxy_plays_servers_that_are_no_node(self):
        with Proxy(mode="html") as proxy:
            connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
            connection.request("POST", "/", json.dumps({"method": "getblockcount"}))
            self.assertIn(b"<html>", connection.getresponse().read())
            connection.close()
        with Proxy(mode="silent") as proxy:
            connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=0.5)
            connection.request("POST", "/", json.dumps({"method": "getblockcount"}))
            with self.assertRaises(TimeoutError):
                connection.getresponse()
            connection.close()


if __name__ == "__main__":
    unittest.main()
