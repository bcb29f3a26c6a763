"""The node, the pool or lode itself is killed right after a block was found, at random, again and again: every block is in the
chain or on file, and none is called accepted that is not.

LODE_INTEROP_LONG=1 does it 200 times each, LODE_INTEROP_KILLS names another number. A pool's takes an hour: lode waits longer and
longer for one that is gone again and again.
"""

import glob
import os
import random
import re
import signal
import tempfile
import time
import unittest

import addresses
import bcoin
import lode
import pool
from personalities import CKPOOL
from pool import DIFFICULTY

PAYOUT = addresses.payouts()["P2WPKH"][0]
LONG = os.environ.get("LODE_INTEROP_LONG") == "1"
KILLS = int(os.environ.get("LODE_INTEROP_KILLS", "200" if LONG else "3"))
# Ended by the clock: on a busy machine the rest of a stop may need more than the two seconds that blocks leave it.
TOO_LONG = 128 + signal.SIGALRM
WITHIN = 0.05  # seconds of the found block

_NAME = re.compile(r"\d+-([0-9a-f]{64})\.(?:block|txt)")


def on_file(state):
    """The blocks of which the state folder has a file."""
    names = (os.path.basename(path) for path in glob.glob(os.path.join(state, "*", "*")))
    return {match[1] for match in map(_NAME.fullmatch, names) if match}


class KillsTest(lode.InteropTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lode-test-")
        self.addCleanup(folder.cleanup)
        self.state = os.path.join(folder.name, "state")
        self.node = bcoin.Node()
        self.node.start()
        self.addCleanup(self.node.__exit__)
        self.seed = random.randrange(1 << 32)
        self.random = random.Random(self.seed)
        print("seed", self.seed)

    def after_a_block(self, miner):
        """Waits for another block to be found, and then for up to 50 ms."""
        known = len(miner.events("block_found"))
        bcoin.wait_until(lambda: len(miner.events("block_found")) > known, "another block", miner.describe)
        time.sleep(self.random.uniform(0, WITHIN))

    def judge(self, found, accepted, where):
        kept = on_file(self.state)
        lost = [block for block in found if block not in kept and not self.node.best_chain_holds(block)]
        self.assertEqual(lost, [], where)
        wrong = [block for block in accepted if not self.node.best_chain_holds(block)]
        self.assertEqual(wrong, [], where)
        in_chain = sum(self.node.best_chain_holds(block) for block in found)
        print("%d found, %d of them in the chain, %d called accepted" % (len(found), in_chain, len(accepted)))

    def hashes(self, miner, name):
        return [event["hash"] for event in miner.events(name)]

    def test_the_node_is_killed(self):
        with lode.Lode(self.node.url(), "--payout", PAYOUT, state=self.state) as miner:
            for _ in range(KILLS):
                self.after_a_block(miner)
                self.node.kill()
                self.node.start()
            self.after_a_block(miner)
            self.assertIn(miner.interrupt(), (0, TOO_LONG), miner.describe())
            self.judge(self.hashes(miner, "block_found"), self.hashes(miner, "block_accepted"), self.seed)

    def test_the_pool_is_killed(self):
        server = pool.Pool(self.node, difficulty=DIFFICULTY, personality=CKPOOL)
        server.__enter__()
        self.addCleanup(lambda: server.close())
        found, accepted = set(), set()
        with lode.Lode(server.url(), state=self.state) as miner:
            for _ in range(KILLS):
                self.after_a_block(miner)
                server.close()
                server = pool.Pool(self.node, difficulty=DIFFICULTY, personality=CKPOOL, port=server.port)
                server.__enter__()
            self.after_a_block(miner)
            self.assertIn(miner.interrupt(), (0, TOO_LONG), miner.describe())
            found, accepted = self.hashes(miner, "block_found"), self.hashes(miner, "block_accepted")
            # Of so many blocks only the newest are kept.
            self.judge(found[-500:], accepted, self.seed)

    def test_lode_is_killed(self):
        found, accepted = [], []
        for _ in range(KILLS):
            with lode.Lode(self.node.url(), "--payout", PAYOUT, state=self.state) as miner:
                self.after_a_block(miner)
                miner.kill()
                found += self.hashes(miner, "block_found")
                accepted += self.hashes(miner, "block_accepted")
        with lode.Lode(self.node.url(), "--payout", PAYOUT, state=self.state) as miner:
            self.after_a_block(miner)
            self.assertIn(miner.interrupt(), (0, TOO_LONG), miner.describe())
        self.judge(found, accepted, self.seed)

    def test_lode_is_killed_before_a_pool(self):
        with pool.Pool(self.node, difficulty=DIFFICULTY, personality=CKPOOL) as server:
            found, accepted = [], []
            for _ in range(KILLS):
                with lode.Lode(server.url(), state=self.state) as miner:
                    self.after_a_block(miner)
                    miner.kill()
                    found += self.hashes(miner, "block_found")
                    accepted += self.hashes(miner, "block_accepted")
            with lode.Lode(server.url(), state=self.state) as miner:
                self.after_a_block(miner)
                self.assertIn(miner.interrupt(), (0, TOO_LONG), miner.describe())
            self.judge(found[-500:], accepted, self.seed)


if __name__ == "__main__":
    unittest.main()
