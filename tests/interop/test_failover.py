"""Two nodes: mining goes on with the second when the first dies, and comes back to the first."""

import time
import unittest

import addresses
import bcoin
import lode
from proxy import Proxy

PAYOUT = addresses.payouts()["P2WPKH"][0]

# Late answers to submitblock keep the chain at a length that the nodes can exchange while the test runs.
ANSWER_DELAY = 0.05


class FailoverTest(lode.InteropTest):
    def test_second_node_takes_over_and_first_is_taken_back(self):
        with bcoin.Node() as first, bcoin.Node() as second:
            first.kill()
            second.kill()
            first.connect_to(second)
            second.connect_to(first)
            first.start()
            second.start()
            with Proxy(first.port) as front, Proxy(second.port) as back:
                front.delay("submitblock", ANSWER_DELAY)
                back.delay("submitblock", ANSWER_DELAY)
                self.fail_over(first, front, second, back)

    def fail_over(self, first, front, second, back):
        from_first = _about(front, "source")
        from_second = _about(back, "source")
        with lode.Lode(first.url(front.port), second.url(back.port), "--payout", PAYOUT) as miner:
            miner.wait_for("job", from_first)
            miner.wait_for("block_accepted", _about(front, "sink"))

            died = time.time()
            first.kill()
            front.refuse()
            job = miner.wait_for("job", from_second, after=died)
            height = job["height"]
            by_second = _about(back, "sink")
            miner.wait_for("block_accepted", lambda e: by_second(e) and e["height"] >= height, after=died)
            miner.wait_for("source_lost")

            first.start()
            front.accept()
            returned = time.time()
            job = miner.wait_for("job", from_first, after=returned)
            miner.wait_for("block_accepted", _about(front, "sink"), after=lode.seconds_of(job))
            # It stays: while a block of ours waits for the first node's verdict the second may lend work, no longer.
            for _ in range(5):
                mark = lode.seconds_of(job)
                job = miner.wait_for("job", from_first, after=mark + 0.001)
            self.assertEqual(miner.interrupt(), 0, miner.describe())


def _about(proxy, field):
    """True for events whose `field` (a source or a sink) names the proxy's address."""
    return lambda event: str(proxy.port) in event[field]


if __name__ == "__main__":
    unittest.main()
