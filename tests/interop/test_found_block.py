"""A block that was found reaches the chain, whatever dies at that moment.

LODE_INTEROP_LONG=1 runs these as often and as long as a release needs: the node is down for 60 s, lode is killed 20
times.
"""

import os
import shutil
import tempfile
import time
import unittest

import addresses
import bcoin
import lode
from proxy import Proxy

PAYOUT = addresses.payouts()["P2WPKH"][0]
OTHER_PAYOUT = addresses.payouts()["P2TR"][0]

LONG = os.environ.get("LODE_INTEROP_LONG") == "1"
DOWN_SECONDS = 60 if LONG else 8
KILLS = 20 if LONG else 3


def in_chain(node, found):
    return lambda: node.best_chain_holds(found)


class FoundBlockTest(lode.InteropTest):
    def test_node_dies_with_the_submission_in_hand(self):
        """The node is killed after the request arrived and before it was answered, and comes back later."""
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            node.generate(3)
            proxy.hold("submitblock")
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT, "--blocks", "1") as miner:
                held = proxy.held()
                found = bcoin.block_hash(held.params[0])
                self.assertEqual(miner.wait_for("block_found")["hash"], found)
                node.kill()
                proxy.refuse()
                time.sleep(DOWN_SECONDS)
                self.assertIsNone(miner.process.poll(), miner.describe())
                self.assertEqual(miner.events("block_accepted"), [])
                node.start()
                self.assertFalse(node.best_chain_holds(found))
                proxy.pass_on("submitblock")
                proxy.accept()
                miner.wait_for("block_accepted", lambda event: event["hash"] == found)
                self.assertEqual(miner.finish(), 0, miner.describe())
                self.assertTrue(node.best_chain_holds(found), miner.describe())
                self.assertEqual(node.height(), 4)

    def test_answer_is_lost(self):
        """The node takes the block and dies before its answer arrives: the block counts as accepted, once."""
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            node.generate(3)
            proxy.hold("submitblock")
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT) as miner:
                held = proxy.held()
                found = bcoin.block_hash(held.params[0])
                held.release(answered=False)
                bcoin.wait_until(in_chain(node, found), "the block in the node's chain")
                node.kill()
                proxy.refuse()
                node.start()
                proxy.pass_on("submitblock")
                proxy.accept()
                miner.wait_for("block_accepted", lambda event: event["hash"] == found)
                self.assertEqual(miner.interrupt(), 0, miner.describe())
                self.assertEqual(miner.events("block_rejected"), [], miner.describe())
                told = [event["hash"] for event in miner.events("block_accepted")]
                self.assertEqual(told.count(found), 1, miner.describe())
                self.assertTrue(node.best_chain_holds(found))

    def test_lode_dies_with_the_submission_on_its_way(self):
        """lode is killed when its request has left and has not been delivered: the next start delivers the block."""
        with bcoin.Node() as node, Proxy(node.port) as proxy, tempfile.TemporaryDirectory() as folder:
            node.generate(3)
            state = os.path.join(folder, "state")
            for kill in range(1, KILLS + 1):
                with self.subTest(kill=kill):
                    height = node.height()
                    proxy.hold("submitblock")
                    with lode.Lode(node.url(proxy.port), "--payout", PAYOUT, "--blocks", "1", state=state) as miner:
                        held = proxy.held()
                        found = bcoin.block_hash(held.params[0])
                        miner.kill()
                    proxy.drop_connections()
                    proxy.pass_on("submitblock")
                    self.assertEqual(node.height(), height, "the block must not have reached the node")
                    # Another payout: what is mined anew can by no chance be the block that is looked for.
                    with lode.Lode(node.url(), "--payout", OTHER_PAYOUT, "--blocks", "1", state=state) as miner:
                        bcoin.wait_until(in_chain(node, found), "the block in the chain")
                        self.assertEqual(miner.finish(), 0, miner.describe())
                    self.assertEqual(node.rpc("getblockhash", height + 1), found)

    def test_delivered_blocks_are_not_sent_again(self):
        """A start with a journal in which everything was delivered submits only what it finds itself."""
        with bcoin.Node() as node, Proxy(node.port) as proxy, tempfile.TemporaryDirectory() as folder:
            state = os.path.join(folder, "state")
            for _ in range(2):
                with lode.Lode(node.url(proxy.port), "--payout", PAYOUT, "--blocks", "5", state=state) as miner:
                    self.assertEqual(miner.finish(), 0, miner.describe())
            sent = [bcoin.block_hash(params[0]) for params in proxy.requests("submitblock")]
            self.assertEqual(sent, [node.rpc("getblockhash", height) for height in range(1, 11)])


    def test_a_node_that_lost_what_it_took_gets_it_again(self):
        """What a kill does to Bitcoin Core: blocks since the last flush are gone. Here the node's data are put back."""
        with bcoin.Node() as node, Proxy(node.port) as proxy, tempfile.TemporaryDirectory() as copy:
            node.generate(3)
            node.kill()
            shutil.copytree(node.data(), os.path.join(copy, "data"))
            node.start()
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT) as miner:
                miner.wait_for("block_accepted", lambda event: event["height"] >= 20)
                node.kill()
                proxy.drop_connections()
                accepted = {event["hash"] for event in miner.events("block_accepted")}
                shutil.rmtree(node.data())
                shutil.copytree(os.path.join(copy, "data"), node.data())
                node.start()

                def all_in_chain():
                    return all(node.best_chain_holds(block) for block in accepted)

                bcoin.wait_until(all_in_chain, "all blocks in the chain again", miner.describe)
                self.assertIn("are sent again", miner.output())
                self.assertEqual(miner.interrupt(), 0, miner.describe())


if __name__ == "__main__":
    unittest.main()
