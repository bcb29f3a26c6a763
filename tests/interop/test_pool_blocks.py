"""Blocks that a pool has not answered for: sent again over the next connection, and by the next run."""

import glob
import os
import tempfile
import unittest

import bcoin
import lode
import pool
from personalities import CKPOOL
from pool import DIFFICULTY


def files(state):
    """The texts of the files about blocks, by hash."""
    texts = {}
    for path in glob.glob(os.path.join(state, "pool-blocks", "*.txt")):
        try:
            with open(path, encoding="ascii") as file:
                texts[os.path.basename(path)[:-4].split("-")[1]] = file.read()
        except FileNotFoundError:
            pass  # one of the oldest of many
    return texts


class PoolBlocksTest(lode.InteropTest):
    def setUp(self):
        self.node = bcoin.Node()
        self.node.start()
        self.addCleanup(self.node.__exit__)
        own = tempfile.TemporaryDirectory(prefix="lode-test-")
        self.addCleanup(own.cleanup)
        self.state = os.path.join(own.name, "state")
        self.pool = pool.Pool(self.node, difficulty=DIFFICULTY, personality=CKPOOL)
        self.pool.__enter__()
        self.addCleanup(self.pool.close)

    def wait_for_chain(self, miner, blocks):
        bcoin.wait_until(
            lambda: any(self.node.best_chain_holds(block) for block in blocks), "one of the blocks", miner.describe
        )

    def test_the_pool_hangs_up_instead_of_an_answer(self):
        self.pool.lose_submissions(1, hangs_up=True)
        with lode.Lode(self.pool.url(), state=self.state) as miner:
            found = miner.wait_for("block_found")["hash"]
            bcoin.wait_until(lambda: self.pool.connections >= 2, "another connection", miner.describe)
            self.assertEqual(self.pool.subscriptions[1][1], "s1")
            self.wait_for_chain(miner, [found])
            bcoin.wait_until(lambda: "\nanswer: " in files(self.state).get(found, ""), "the answer on file", miner.describe)
            self.assertEqual(miner.interrupt(), 0, miner.describe())
        self.assertEqual(self.pool.lost[0][1], "6b03c551%08x" % 1)

    def test_lode_is_killed_before_the_answer(self):
        self.pool.lose_submissions(1_000_000)
        with lode.Lode(self.pool.url(), state=self.state) as miner:
            bcoin.wait_until(lambda: self.pool.lost, "a submission", miner.describe)
            miner.kill()
        blocks = files(self.state)
        self.assertTrue(blocks)
        self.assertFalse(any("\nanswer: " in text for text in blocks.values()))
        self.pool.lose_submissions(0)
        with lode.Lode(self.pool.url(), state=self.state) as miner:
            self.wait_for_chain(miner, blocks)
            self.assertEqual(self.pool.subscriptions[-1][1], "s1")
            bcoin.wait_until(
                lambda: any("\nanswer: " in text for block, text in files(self.state).items() if block in blocks),
                "the answer on file",
                miner.describe,
            )
            self.assertEqual(miner.interrupt(), 0, miner.describe())


if __name__ == "__main__":
    unittest.main()
