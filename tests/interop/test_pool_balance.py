"""Two pools that share the hashes."""

import unittest

import bcoin
import lode
import pool
from pool import DIFFICULTY


class PoolBalanceTest(lode.InteropTest):
    def setUp(self):
        self.node = bcoin.Node()
        self.node.start()
        self.addCleanup(self.node.__exit__)

    @staticmethod
    def shares_out(miner, part):
        """True when the first source has had that part of the hashes for two rate events, ten seconds apart."""
        parts = []
        for event in miner.events("rate"):
            one, other = (source["hashes"] for source in event["sources"])
            parts.append(one / max(one + other, 1))
        return len(parts) >= 3 and all(abs(one - part) < 0.06 for one in parts[-2:])

    def test_two_pools_share_the_hashes_by_quota(self):
        with pool.Pool(self.node, difficulty=DIFFICULTY) as first, pool.Pool(self.node, difficulty=DIFFICULTY) as second:
            first.keep_blocks()
            second.keep_blocks()
            with lode.Lode(first.url(), second.url(), "--strategy", "balance", "--quota", "3,1") as miner:
                # Turns take a second: after few the last one still shows, however long lode has been at it.
                bcoin.wait_until(lambda: self.shares_out(miner, 0.75), "three quarters for the first", miner.describe)
                self.assertEqual(miner.interrupt(), 0, miner.describe())
                totals, output = miner.events("stopped")[0], miner.describe()
            self.assertEqual(first.rejected + second.rejected, [], output)
            one, other = totals["sources"]
            self.assertEqual(one["shares_accepted"], first.accepted, output)
            self.assertEqual(other["shares_accepted"], second.accepted, output)
            self.assertEqual(one["hashes"] + other["hashes"], totals["hashes"])


if __name__ == "__main__":
    unittest.main()
