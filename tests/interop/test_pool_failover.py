"""Two pools, the second for when the first is gone."""

import unittest

import bcoin
import lode
import pool
from pool import DIFFICULTY


class PoolFailoverTest(lode.InteropTest):
    def setUp(self):
        self.node = bcoin.Node()
        self.node.start()
        self.addCleanup(self.node.__exit__)

    def test_a_second_pool_takes_over_and_the_first_is_returned_to(self):
        first = pool.Pool(self.node, difficulty=DIFFICULTY)
        with pool.Pool(self.node, difficulty=DIFFICULTY) as second:
            first.__enter__()
            self.addCleanup(first.close)
            first.keep_blocks()
            second.keep_blocks()
            with lode.Lode(first.url(), second.url()) as miner:
                bcoin.wait_until(lambda: first.accepted >= 5, "5 shares", miner.describe)
                first.close()
                bcoin.wait_until(lambda: second.accepted >= 5, "5 shares", miner.describe)
                with pool.Pool(self.node, difficulty=DIFFICULTY, port=first.port) as again:
                    again.keep_blocks()
                    bcoin.wait_until(lambda: again.accepted >= 5, "5 shares", miner.describe)
                self.assertEqual(miner.interrupt(), 0, miner.describe())
                # Blocks that the first pool did not answer go to the one that came back too, which need not know their job:
                # those are no shares.
                self.assertEqual(miner.events("share_rejected"), [], miner.describe())
            self.assertEqual(second.rejected, [])
            self.assertEqual(first.rejected, [])


if __name__ == "__main__":
    unittest.main()
