"""A block of another miner: the node's longpoll brings the new tip, and work moves on to it."""

import time
import unittest

import addresses
import bcoin
import lode
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
                held = proxy.held(30)
                bcoin.wait_until(lambda: self.longpolls(proxy, node), 30, "a longpoll for the tip")
                for _ in range(3):
                    before = time.time()
                    node.generate(1)
                    height = node.height() + 1
                    # A longpoll answers within milliseconds; polling by the clock would be slower than this.
                    job = miner.wait_for("job", 3, lambda event, at=height: event["height"] == at, after=before - 1)
                    self.assertTrue(job["clean"], job)
                    bcoin.wait_until(lambda: self.longpolls(proxy, node), 30, "a longpoll for the new tip")
                self.assertEqual(node.height(), 13)
                found = bcoin.block_hash(held.params[0])
                self.assertFalse(node.best_chain_holds(found))
                # Late as it is, the block is delivered; the node keeps it beside the chain.
                proxy.pass_on("submitblock")
                bcoin.wait_until(lambda: node.holds(found), 30, "the late block")
                self.assertFalse(node.best_chain_holds(found))
                self.assertEqual(miner.interrupt(), 0, miner.describe())

    @staticmethod
    def longpolls(proxy, node):
        """True when a longpoll for the node's tip has been asked for."""
        tip = node.rpc("getbestblockhash")
        asked = [params[0].get("longpollid", "") for params in proxy.requests("getblocktemplate") if params]
        return any(poll.startswith(tip) for poll in asked)

    def test_mining_goes_on_beside_another_miner(self):
        """Both mine: what of ours is not taken was late, never wrong, and we stop at the count asked for."""
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            proxy.delay("submitblock", 0.02)
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT, "--blocks", "60") as miner:
                others = 0
                while miner.process.poll() is None and others < 1000:
                    others += len(node.generate(1))
                    time.sleep(0.05)
                self.assertEqual(miner.finish(1), 0, miner.describe())
                self.assertGreater(others, 0)
                for event in miner.events("block_rejected"):
                    self.assertNotRegex(event["reason"], WRONG, miner.describe())
                self.assertEqual(miner.events()[-1]["blocks_accepted"], 60)
                accepted = {event["hash"] for event in miner.events("block_accepted")}
                self.assertEqual(len(accepted), 60)


if __name__ == "__main__":
    unittest.main()
