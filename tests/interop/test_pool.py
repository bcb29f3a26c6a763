"""Mining for a pool: a small one of our own that checks every share by itself, in front of a real node."""

import json
import os
import tempfile
import time
import unittest

import bcoin
import lode
import personalities
import pool
from personalities import Personality
from pool import DIFFICULTY


def wait_until(condition, timeout, what):
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("%g s passed\n%s" % (timeout, what()))
        time.sleep(0.02)


class PoolTest(lode.InteropTest):
    def setUp(self):
        self.node = bcoin.Node()
        self.node.start()
        self.addCleanup(self.node.__exit__)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def mine(self, url, *arguments, timeout=120):
        with lode.Lode(url, *arguments) as miner:
            self.assertEqual(miner.finish(timeout), 0, miner.describe())
            self.assertEqual(miner.events("hardware_error"), [], miner.describe())
            return miner.events("stopped")[0], miner.output()

    def test_blocks_found_for_a_pool_are_in_the_chain(self):
        with pool.Pool(self.node, difficulty=DIFFICULTY) as server:
            with lode.Lode(server.url()) as miner:
                wait_until(lambda: len(server.blocks) >= 10, 120, miner.describe)
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
                    wait_until(lambda: server.accepted >= 10, 60, miner.describe)
                    # A raise amid the job counts at once or from the next job on; which, lode has to find out.
                    server.set_difficulty(2 * DIFFICULTY)
                    before = server.accepted
                    wait_until(lambda: server.accepted >= before + 5, 60, miner.describe)
                    server.new_job()
                    before = server.accepted
                    wait_until(lambda: server.accepted >= before + 10, 60, miner.describe)
                    self.assertEqual(miner.interrupt(), 0, miner.describe())
                    totals = miner.events("stopped")[0]
                refused = [reason for _, reason in server.rejected]
                # Until the first refusal is back, shares are on their way.
                self.assertLessEqual(len(refused), 5 if kind.difficulty_at_once else 0, server.rejected)
                self.assertEqual(set(refused) - {"Above target"}, set(), name)
                self.assertEqual(totals["shares_accepted"], server.accepted)
                self.assertEqual(server.connections, 1, "nothing made it connect anew")

    def test_a_second_pool_takes_over_and_the_first_is_returned_to(self):
        first = pool.Pool(self.node, difficulty=DIFFICULTY)
        with pool.Pool(self.node, difficulty=DIFFICULTY) as second:
            first.__enter__()
            self.addCleanup(first.close)
            first.keep_blocks()
            second.keep_blocks()
            with lode.Lode(first.url(), second.url()) as miner:
                wait_until(lambda: first.accepted >= 5, 60, miner.describe)
                first.close()
                wait_until(lambda: second.accepted >= 5, 60, miner.describe)
                with pool.Pool(self.node, difficulty=DIFFICULTY, port=first.port) as again:
                    again.keep_blocks()
                    wait_until(lambda: again.accepted >= 5, 120, miner.describe)
                    self.assertEqual(again.rejected, [], miner.describe())
                self.assertEqual(miner.interrupt(), 0, miner.describe())
            self.assertEqual(second.rejected, [])
            self.assertEqual(first.rejected, [])

    def test_two_pools_share_the_hashes_by_quota(self):
        with pool.Pool(self.node, difficulty=DIFFICULTY) as first, pool.Pool(self.node, difficulty=DIFFICULTY) as second:
            first.keep_blocks()
            second.keep_blocks()
            totals, output = None, ""
            with lode.Lode(first.url(), second.url(), "--strategy", "balance", "--quota", "3,1", "--seconds", "24") as miner:
                self.assertEqual(miner.finish(120), 0, miner.describe())
                totals, output = miner.events("stopped")[0], miner.describe()
            self.assertEqual(first.rejected + second.rejected, [], output)
            one, other = totals["sources"]
            self.assertEqual(one["shares_accepted"], first.accepted, output)
            self.assertEqual(other["shares_accepted"], second.accepted, output)
            self.assertEqual(one["hashes"] + other["hashes"], totals["hashes"])
            # Turns of a second: after so few the last one still shows.
            self.assertAlmostEqual(one["hashes"] / totals["hashes"], 0.75, delta=0.08, msg=output)

    def test_a_refused_worker_name_is_said_at_once(self):
        with pool.Pool(self.node) as server:
            result = lode.run("mine", server.url("stranger"), "--state", "none", "--devices", "cpu", "--threads", "1")
        self.assertEqual(result.returncode, 2)
        self.assertIn("Unauthorized worker", result.stderr)

    def test_work_that_pays_somebody_else_is_refused(self):
        address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
        with pool.Pool(self.node, difficulty=DIFFICULTY) as server:
            with lode.Lode(server.url(), "--require-payout", address, "--seconds", "3") as miner:
                miner.finish(60)
                self.assertIn("pays nothing to the address", miner.output())
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
