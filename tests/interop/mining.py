"""Base of the tests that mine into a node of their own and look at every block."""

import addresses
import bcoin
import lode

PAYOUTS = addresses.payouts()

# Seconds that lode waits for a block's fate before it hashes on its parent again; events have milliseconds.
FATE_AWAITED = 9.9


class MiningTest(lode.InteropTest):
    def mine(self, node, blocks, *options, kind="P2WPKH"):
        """Runs lode until `blocks` blocks are accepted and checks what it reports against what the node has."""
        address, _ = PAYOUTS[kind]
        start = node.height()
        with lode.Lode(node.url(), "--payout", address, "--blocks", str(blocks), *options) as miner:
            self.assertEqual(miner.finish(), 0, miner.describe())
            self.check_rejected(miner)
            self.assertEqual(miner.events("hardware_error"), [], miner.describe())
            accepted = miner.events("block_accepted")
            stopped = miner.events()[-1]
            self.assertNotIn(node.key, miner.output() + repr(miner.events()), "the password is shown")
        self.assertEqual(node.height(), start + blocks)
        self.assertEqual(sorted(event["height"] for event in accepted), list(range(start + 1, start + blocks + 1)))
        for event in accepted:
            self.assertEqual(node.rpc("getblockhash", event["height"]), event["hash"])
        self.assertEqual(stopped["event"], "stopped")
        self.assertEqual(stopped["blocks_accepted"], blocks)
        self.assertEqual(stopped["blocks_rejected"], 0)
        self.assertGreaterEqual(stopped["hashes"], blocks)
        return start + 1

    def check_rejected(self, miner):
        """No block was rejected but one that lost its place to an earlier one of ours, of which the node said nothing for so
        long that lode had to go on."""
        found = {event["hash"]: event for event in miner.events("block_found")}
        for event in miner.events("block_rejected"):
            self.assertTrue(event["stale"], miner.describe())
            late = found[event["hash"]]
            first = min(lode.seconds_of(other) for other in found.values() if other["height"] == late["height"])
            self.assertGreater(lode.seconds_of(late) - first, FATE_AWAITED, miner.describe())

    def check_coinbases(self, node, first, last, script, fees=0):
        """All new coins of the blocks, and the fees of the first one, go to `script`."""
        for height in range(first, last + 1):
            outputs = node.block(height)["tx"][0]["vout"]
            paid = [output for output in outputs if round(output["value"] * 100_000_000) > 0]
            self.assertEqual([output["scriptPubKey"]["hex"] for output in paid], [script], "block %d" % height)
            due = bcoin.subsidy(height) + (fees if height == first else 0)
            self.assertEqual(round(paid[0]["value"] * 100_000_000), due, "block %d" % height)
