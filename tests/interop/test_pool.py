"""Mining for a pool: a small one of our own that checks every share by itself, in front of a real node."""

import json
import os
import tempfile
import unittest

import bcoin
import lode
import personalities
import pool
from personalities import Personality
from pool import DIFFICULTY


class PoolTest(lode.InteropTest):
    def setUp(self):
        self.node = bcoin.Node()
        self.node.start()
        self.addCleanup(self.node.__exit__)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def mine(self, url, *arguments):
        with lode.Lode(url, *arguments) as miner:
            self.assertEqual(miner.finish(), 0, miner.describe())
            self.assertEqual(miner.events("hardware_error"), [], miner.describe())
            return miner.events("stopped")[0], miner.output()

    def test_blocks_found_for_a_pool_are_in_the_chain(self):
        with pool.Pool(self.node, difficulty=DIFFICULTY) as server:
            with lode.Lode(server.url()) as miner:
                bcoin.wait_until(lambda: len(server.blocks) >= 10, "ten blocks", miner.describe)
                self.assertEqual(miner.interrupt(), 0, miner.describe())
                kept = os.listdir(os.path.join(miner.state, "pool-blocks"))
                found = miner.events("block_found")
            self.assertEqual(server.refused_blocks, [])
            for hash_ in server.blocks:
                self.assertTrue(self.node.best_chain_holds(hash_))
            self.assertTrue({event["hash"] for event in found} >= set(server.blocks))
            self.assertTrue(any(server.blocks[0] in name for name in kept))
            self.assertEqual({code for code, _ in server.rejected} - {21}, set(), server.rejected)

    def test_shares_are_right_for_every_kind_of_pool(self):
        for bits in ("or", "xor", "replace"):
            for begins in ("authorized", "before subscribe"):
                with self.subTest(bits=bits, begins=begins):
                    kind = Personality(bits=bits, begins=begins)
                    with pool.Pool(self.node, difficulty=DIFFICULTY, personality=kind) as server:
                        server.keep_blocks()
                        totals, output = self.mine(server.url(), "--shares", "40")
                        self.assertGreaterEqual(server.accepted, 40, output)
                        self.assertEqual(server.rejected, [], output)
                        self.assertEqual(totals["shares_accepted"], server.accepted)
                        self.assertEqual(totals["shares_rejected"], 0)

    def test_four_kinds_of_pool_count_every_share(self):
        for name, kind in personalities.ALL.items():
            with self.subTest(pool=name), pool.Pool(self.node, difficulty=DIFFICULTY, personality=kind) as server:
                server.keep_blocks()
                with lode.Lode(server.url()) as miner:
                    bcoin.wait_until(lambda: server.accepted >= 10, "10 shares", miner.describe)
                    # A raise amid the job counts at once or from the next job on; which, lode has to find out.
                    server.set_difficulty(2 * DIFFICULTY)
                    before = server.accepted
                    bcoin.wait_until(lambda: server.accepted >= before + 5, "5 shares", miner.describe)
                    server.new_job()
                    before = server.accepted
                    bcoin.wait_until(lambda: server.accepted >= before + 10, "10 shares", miner.describe)
                    self.assertEqual(miner.interrupt(), 0, miner.describe())
                    totals, events = miner.events("stopped")[0], miner.events()
                refused = [reason for _, reason in server.rejected]
                self.assertEqual(set(refused) - {"Above target"}, set(), name)
                if not kind.difficulty_at_once:
                    self.assertEqual(refused, [], name)
                # Until the first refusal is back, shares are on their way; from then on lode knows, and does not send those
                # that it finds too easy: devices may have found some already.
                refusals = [at for at, event in enumerate(events) if event["event"] == "share_rejected"]
                after = events[refusals[0] :] if refusals else []
                easy = [e for e in after if e["event"] == "share_submitted" and e["difficulty"] < 2 * DIFFICULTY * 0.999]
                held_back = [e for e in after if e["event"] == "share_rejected" and e["reason"].startswith("not sent")]
                self.assertEqual(len(easy), len(held_back), name)
                self.assertEqual(totals["shares_accepted"], server.accepted)
                self.assertEqual(server.connections, 1, "nothing made it connect anew")

    def test_a_refused_worker_name_is_said_at_once(self):
        with pool.Pool(self.node) as server:
            arguments = ("--state", "none", "--devices", "cpu", "--threads", "1", "--connect-timeout", "2")
            result = lode.run("mine", server.url("stranger"), *arguments)
        self.assertEqual(result.returncode, 6)
        self.assertEqual(server.connections, 1, "it is not asked again and again")
        self.assertIn("Unauthorized worker", result.stderr)

    def test_work_that_pays_somebody_else_is_refused(self):
        address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
        with pool.Pool(self.node, difficulty=DIFFICULTY) as server:
            with lode.Lode(server.url(), "--require-payout", address) as miner:
                miner.wait_for_output("pays nothing to the address")
                self.assertEqual(miner.interrupt(), 0, miner.describe())
            devices = ("--state", "none", "--devices", "cpu", "--threads", "1")
            result = lode.run("mine", server.url(), "--require-payout", address, *devices, "--connect-timeout", "1")
            self.assertEqual(result.returncode, 2)
            self.assertIn("pays nothing to the address", result.stderr.splitlines()[-1])
            self.assertEqual(server.accepted, 0)
            self.assertEqual(server.rejected, [])

    def test_a_pool_is_probed(self):
        with pool.Pool(self.node, personality=Personality(begins="before subscribe")) as server:
            result = lode.run("probe", server.url(), "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            report = json.loads(result.stdout)
            self.assertEqual(server.accepted + len(server.rejected), 0, "a probe sends no share")
        self.assertEqual(report["version_mask"], "1fffe000")
        self.assertEqual(report["extranonce2_size"], 4)
        self.assertTrue(any("before it answers mining.subscribe" in text for text in report["deviations"]), report)

    def test_a_recording_replays(self):
        record = os.path.join(self.folder.name, "session.jsonl")
        with pool.Pool(self.node, difficulty=DIFFICULTY) as server:
            server.keep_blocks()
            self.mine(server.url(), "--shares", "10", "--record", record)
        result = lode.run("replay", record)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("as recorded", result.stdout)


if __name__ == "__main__":
    unittest.main()
