"""A block of another miner: the node's longpoll brings the new tip, and work moves on to it."""

import time
import unittest

import addresses
import bcoin
import lode
from patience import PATIENCE
from proxy import Proxy

# What a node says of a block that breaks a rule, as opposed to one that came second.
WRONG = r"high-hash|bad-txn|bad-cb|bad-diffbits|bad-version|bad-witness|bad-blk|unexpected-witness|time-too|mandatory"

PAYOUT = addresses.payouts()["P2WPKH"][0]


class NewTipTest(lode.InteropTest):
    def test_longpoll_brings_another_miners_block(self):
        """Our own block is held back at the door of the node, so that the other's is first."""
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            node.generate(10)
            proxy.hold("submitblock")
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT) as miner:
                held = proxy.held()
                by_longpoll = 0
                for _ in range(20):
                    bcoin.wait_until(lambda: self.longpolls(proxy, node), "a longpoll for the tip", miner.describe)
                    before, polls = time.time(), self.polls(proxy)
                    node.generate(1)
                    height = node.height() + 1
                    job = miner.wait_for("job", lambda event, at=height: event["height"] == at, after=before - 1)
                    self.assertTrue(job["clean"], job)
                    # Work is also asked for every few seconds. Where that came in between it tells nothing.
                    by_longpoll += self.polls(proxy) == polls
                    if by_longpoll == 3:
                        break
                self.assertEqual(by_longpoll, 3, "new tips that nothing but a longpoll can have brought")
                found = bcoin.block_hash(held.params[0])
                self.assertFalse(node.best_chain_holds(found))
                # Late as it is, the block is delivered; the node keeps it beside the chain.
                proxy.pass_on("submitblock")
                bcoin.wait_until(lambda: node.holds(found), "the late block", miner.describe)
                self.assertFalse(node.best_chain_holds(found))
                self.assertEqual(miner.interrupt(), 0, miner.describe())

    @staticmethod
    def longpolls(proxy, node):
        """True when a longpoll for the node's tip has been asked for."""
        tip = node.rpc("getbestblockhash")
        asked = [params[0].get("longpollid", "") for params in proxy.requests("getblocktemplate") if params]
        return any(poll.startswith(tip) for poll in asked)

    @staticmethod
    def polls(proxy):
        """How often a template was asked for, without a longpoll."""
        asked = [params[0] if params else {} for params in proxy.requests("getblocktemplate")]
        return sum("longpollid" not in one and one.get("mode") != "proposal" for one in asked)

    def test_mining_goes_on_beside_another_miner(self):
        """Both mine: what of ours is not taken was late, never wrong, and we stop at the count asked for."""
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            proxy.delay("submitblock", 0.02)
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT, "--blocks", "60") as miner:
                others, ours, pause = 0, 0, 0.05
                while miner.process.poll() is None:
                    others += len(node.generate(1))
                    time.sleep(pause)
                    # On a slow machine the other one gets slower, too: each must have some blocks.
                    before, ours = ours, len(miner.events("block_accepted"))
                    pause = 0.05 if ours > before else 2 * pause
                    self.assertLess(pause, PATIENCE, miner.describe())
                self.assertEqual(miner.finish(), 0, miner.describe())
                self.assertGreater(others, 0)
                for event in miner.events("block_rejected"):
                    self.assertNotRegex(event["reason"], WRONG, miner.describe())
                self.assertEqual(miner.events()[-1]["blocks_accepted"], 60)
                accepted = {event["hash"] for event in miner.events("block_accepted")}
                self.assertEqual(len(accepted), 60)


if __name__ == "__main__":
    unittest.main()
