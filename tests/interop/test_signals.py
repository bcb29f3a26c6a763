"""Signals, totals, and the embedded chain."""

import json
import signal
import tempfile
import time
import unittest

import addresses
import bcoin
import lode
from proxy import Proxy

# What lode says when it has heard the first signal.
HEARD = "finishing what is on its way"

PAYOUT = addresses.payouts()["P2WPKH"][0]


class SignalTest(lode.InteropTest):
    def stops_cleanly(self, number):
        with bcoin.Node() as node:
            with lode.Lode(node.url(), "--payout", PAYOUT) as miner:
                miner.wait_for("block_accepted", lambda event: event["height"] >= 3)
                miner.signal(number)
                self.assertEqual(miner.finish(), 0, miner.describe())
                stopped = miner.events()[-1]
                self.assertEqual(stopped["event"], "stopped", miner.describe())
                self.assertEqual(len(miner.events("stopped")), 1)
                accepted = miner.events("block_accepted")
                self.assertEqual(stopped["blocks_accepted"], len(accepted), miner.describe())
                self.assertEqual(stopped["blocks_rejected"], len(miner.events("block_rejected")))
                self.assertGreater(stopped["hashes"], 0)
                self.assertEqual(node.height(), len(accepted))
            # Nothing is sent after the end.
            height = node.height()
            time.sleep(0.2)
            self.assertEqual(node.height(), height)

    def test_interrupt(self):
        self.stops_cleanly(signal.SIGINT)

    def test_terminate(self):
        self.stops_cleanly(signal.SIGTERM)

    def test_pending_submission_is_sent_before_the_end(self):
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            proxy.hold("submitblock")
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT) as miner:
                held = proxy.held()
                found = bcoin.block_hash(held.params[0])
                miner.signal(signal.SIGINT)
                miner.wait_for_output(HEARD)
                proxy.pass_on("submitblock")
                self.assertEqual(miner.finish(), 0, miner.describe())
                self.assertTrue(node.best_chain_holds(found))
                self.assertIn(found, [event["hash"] for event in miner.events("block_accepted")], miner.describe())
                self.assertEqual(miner.events()[-1]["event"], "stopped")
                self.assertEqual(miner.events()[-1]["blocks_accepted"], 1)

    def test_second_interrupt_ends_at_once(self):
        """The first waits for the node's answer, which never comes; the second does not."""
        with bcoin.Node() as node, Proxy(node.port) as proxy:
            proxy.hold("submitblock")
            with lode.Lode(node.url(proxy.port), "--payout", PAYOUT) as miner:
                proxy.held()
                miner.signal(signal.SIGINT)
                miner.wait_for_output(HEARD)
                time.sleep(0.3)  # one that comes earlier is taken for an echo of the first
                self.assertIsNone(miner.process.poll(), "a block on its way must be waited for\n" + miner.describe())
                miner.signal(signal.SIGINT)
                self.assertEqual(miner.finish(), 128 + signal.SIGINT, miner.describe())

    def test_interrupt_while_no_source_answers(self):
        """A stop is heard in every state: here nothing has connected yet."""
        with Proxy(mode="silent") as proxy:
            url = "http://x:y@127.0.0.1:%d" % proxy.port
            with lode.Lode(url, "--payout", PAYOUT, "--connect-timeout", "3600") as miner:
                bcoin.wait_until(lambda: proxy.connections() > 0, "a connection", miner.describe)
                self.assertEqual(miner.interrupt(), 0, miner.describe())
                self.assertEqual(miner.events()[-1]["event"], "stopped")

    def test_seconds(self):
        with bcoin.Node() as node:
            with lode.Lode(node.url(), "--payout", PAYOUT, "--seconds", "2") as miner:
                self.assertEqual(miner.finish(), 0, miner.describe())
                begin = lode.seconds_of(miner.events("started")[0])
                end = lode.seconds_of(miner.events("stopped")[0])
                self.assertGreaterEqual(end - begin, 1.9)


class EmbeddedChainTest(lode.InteropTest):
    def test_five_blocks(self):
        with lode.Lode("--blocks", "5") as miner:
            self.assertEqual(miner.finish(), 0, miner.describe())
            accepted = miner.events("block_accepted")
            heights = [event["height"] for event in accepted]
            self.assertEqual(heights, list(range(heights[0], heights[0] + 5)), miner.describe())
            self.assertEqual(len({event["hash"] for event in accepted}), 5)
            self.assertEqual(miner.events()[0]["event"], "started")
            self.assertEqual(miner.events()[-1]["event"], "stopped")
            self.assertEqual(miner.events()[-1]["blocks_accepted"], 5)

    def test_events_on_standard_output(self):
        """With `--events -` standard output is JSON Lines and nothing else."""
        with tempfile.TemporaryDirectory() as state:
            done = lode.run("mine", "--blocks", "3", "--events", "-", "--state", state, "--devices", "cpu")
        self.assertEqual(done.returncode, 0, done.stderr)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        for event in events:
            lode.check_event(event)
        self.assertEqual(len([event for event in events if event["event"] == "block_accepted"]), 3)
        self.assertEqual(events[-1]["event"], "stopped")


if __name__ == "__main__":
    unittest.main()
