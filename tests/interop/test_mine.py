"""Mining into a real node: every block asked for is accepted and pays the right script."""

import os
import tempfile
import unittest

import bcoin
import lode
from mining import PAYOUTS, MiningTest
from proxy import Proxy


def holds(node, found):
    return lambda: node.holds(found)


class MineTest(MiningTest):
    def test_200_blocks_from_genesis(self):
        with bcoin.Node() as node:
            first = self.mine(node, 200)
            self.assertEqual(first, 1)
            self.check_coinbases(node, 1, 200, PAYOUTS["P2WPKH"][1])

    def test_soft_fork_activates_under_our_blocks(self):
        """Segwit starts, locks in and becomes active only if the version bits the template asks for are sent; the
        coinbase must have no witness before block 432 and must have one from there on."""
        with bcoin.Node() as node:
            self.mine(node, bcoin.SEGWIT_HEIGHT + 18)
            forks = node.rpc("getblockchaininfo")["bip9_softforks"]
            self.assertEqual(forks["segwit"]["status"], "active")
            for height, witness in ((bcoin.SEGWIT_HEIGHT - 1, False), (bcoin.SEGWIT_HEIGHT, True)):
                coinbase = node.block(height)["tx"][0]["vin"][0]
                self.assertEqual("txinwitness" in coinbase, witness, "block %d" % height)

    def test_each_address_type(self):
        with bcoin.Node() as node:
            for kind, (_, script) in PAYOUTS.items():
                with self.subTest(kind=kind):
                    first = self.mine(node, 200, kind=kind)
                    self.check_coinbases(node, first, first + 199, script)

    def test_coinbase_text(self):
        with bcoin.Node() as node:
            first = self.mine(node, 20, "--coinbase-text", "interop/7")
            for height in range(first, first + 20):
                self.assertIn(b"interop/7".hex(), node.block(height)["coinbase"])

    def test_cookie_file(self):
        """The credentials come from a file as Bitcoin Core writes it, and the URL has none."""
        with bcoin.Node() as node, tempfile.TemporaryDirectory() as folder:
            cookie = os.path.join(folder, ".cookie")
            with open(cookie, "w", encoding="ascii") as stream:
                stream.write("__cookie__:" + node.key)
            url = "http://127.0.0.1:%d" % node.port
            arguments = (url, "--cookie-file", cookie, "--payout", PAYOUTS["P2WPKH"][0], "--blocks", "5")
            with lode.Lode(*arguments) as miner:
                self.assertEqual(miner.finish(), 0, miner.describe())
            self.assertEqual(node.height(), 5)

    def test_connections_that_the_node_closed(self):
        """The node closes a connection that was idle for 5 s, and only the next request on it shows that."""
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            proxy.delay("getblocktemplate", 6)
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUTS["P2WPKH"][0], "--blocks", "3") as miner:
                self.assertEqual(miner.finish(), 0, miner.describe())
                self.assertEqual(miner.events("block_rejected"), [], miner.describe())
                self.assertEqual(miner.events("source_lost"), [], miner.describe())
            self.assertEqual(node.height(), 3)

    def test_every_node_gets_every_block(self):
        """Two nodes that do not know each other get the same chain, however fast each is: either gets a block when that is
        let through, the second one first."""
        with bcoin.Node() as first, bcoin.Node() as second, Proxy(first.port) as front, Proxy(second.port) as back:
            front.hold("submitblock")
            back.hold("submitblock")
            with lode.Lode(first.url(front.port), second.url(back.port), "--payout", PAYOUTS["P2WPKH"][0]) as miner:
                while first.height() < 20:
                    back.held().release()
                    held = front.held()
                    found = bcoin.block_hash(held.params[0])
                    bcoin.wait_until(holds(second, found), "the block at the second node", miner.describe)
                    self.assertFalse(first.holds(found), "it was held back")
                    held.release()
                    bcoin.wait_until(holds(first, found), "the block at the first node", miner.describe)
                front.pass_on("submitblock")
                back.pass_on("submitblock")
                self.assertEqual(miner.interrupt(), 0, miner.describe())
            chain = [first.rpc("getblockhash", height) for height in range(1, 21)]
            self.assertEqual([second.rpc("getblockhash", height) for height in range(1, 21)], chain)

    def test_a_stop_waits_for_the_slower_node(self):
        """The block asked for is in the chain of one node and on its way to another when the program wants to end."""
        with bcoin.Node() as first, bcoin.Node() as second, Proxy(second.port) as proxy:
            proxy.hold("submitblock")
            arguments = (first.url(), second.url(proxy.port), "--payout", PAYOUTS["P2WPKH"][0], "--blocks", "1")
            with lode.Lode(*arguments) as miner:
                found = bcoin.block_hash(proxy.held().params[0])
                miner.wait_for("block_accepted", lambda event: event["hash"] == found)
                proxy.pass_on("submitblock")
                self.assertEqual(miner.finish(), 0, miner.describe())
                self.assertTrue(first.best_chain_holds(found))
                self.assertTrue(second.best_chain_holds(found), miner.describe())


if __name__ == "__main__":
    unittest.main()
