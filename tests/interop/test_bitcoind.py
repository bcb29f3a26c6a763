"""What bcoin does not do: Bitcoin Core loses what it accepted when it is killed, and keeps a thread for each longpoll.

LODE_INTEROP_LONG=1 kills it 200 times; LODE_INTEROP_KILLS names another number.
"""

import os
import random
import time
import unittest

import addresses
import bcoin
import bitcoind
import lode

PAYOUT = addresses.payouts()["P2WPKH"][0]
LONG = os.environ.get("LODE_INTEROP_LONG") == "1"
KILLS = int(os.environ.get("LODE_INTEROP_KILLS", "200" if LONG else "4"))
KILLS_IN_A_ROW = 20  # lode keeps a thousand accepted blocks for a node that loses them
WITHIN = 0.05  # seconds of the found block


class BitcoindTest(lode.InteropTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lack = bitcoind.missing()
        if lack:
            raise unittest.SkipTest("interop: " + lack)

    def test_a_node_that_is_killed_gets_its_lost_blocks_again(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        with bitcoind.Core() as node, lode.Lode(node.url(), "--payout", PAYOUT) as miner:
            for number in range(1, KILLS + 1):
                known = len(miner.events("block_found"))
                bcoin.wait_until(lambda: len(miner.events("block_found")) > known, "another block", miner.describe)
                time.sleep(chance.uniform(0, WITHIN))
                if number % KILLS_IN_A_ROW == 0:
                    node.stop()
                else:
                    node.kill()
                node.start()
            known = len(miner.events("block_accepted"))
            bcoin.wait_until(lambda: len(miner.events("block_accepted")) > known, "it goes on", miner.describe)
            self.assertEqual(miner.interrupt(), 0, miner.describe())
            chain = node.best_chain()
            found = {event["hash"] for event in miner.events("block_found")}
            accepted = {event["hash"] for event in miner.events("block_accepted")}
            print("seed %d: %d found, %d called accepted, %d in the chain" % (seed, len(found), len(accepted), len(found & chain)))
            self.assertEqual(accepted - chain, set(), seed)
            self.assertEqual(found - chain, set(), seed)
            self.assertIn("has lost", miner.output())

    def test_its_only_thread_is_left_to_others(self):
        with bitcoind.Core("-rpcthreads=1") as node:
            for _ in range(2):
                with lode.Lode(node.url(), "--payout", PAYOUT, "--blocks", "5") as miner:
                    self.assertEqual(miner.finish(), 0, miner.describe())
                    self.assertIn("rpcthreads", miner.output())
                self.assertGreaterEqual(node.rpc("getblockcount"), 5)

    def test_a_node_is_probed(self):
        with bitcoind.Core("-rpcwhitelist=x:getblockchaininfo,getblocktemplate,getblockcount") as node:
            result = lode.run("probe", node.url())
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertIn("does not allow submitblock", result.stdout)
            self.assertIn("rpcwhitelist=x:getblockchaininfo,", result.stdout)


if __name__ == "__main__":
    unittest.main()
