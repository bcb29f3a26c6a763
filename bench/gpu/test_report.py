"""Tests of what gpu_check.sh makes of results: faults must be seen, and what is missing must not look measured."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import check_microbench
import report
import sass_count


class Sanitizers(unittest.TestCase):
    def test_their_own_summary_counts(self):
        self.assertEqual(report.sanitizer_result("========= ERROR SUMMARY: 0 errors\n", 0), "clean")
        self.assertEqual(report.sanitizer_result("========= ERROR SUMMARY: 1 error\n", 3), "1 errors")
        self.assertEqual(
            report.sanitizer_result("========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)\n", 0), "clean")
        self.assertEqual(
            report.sanitizer_result("========= RACECHECK SUMMARY: 2 hazards displayed (2 errors, 0 warnings)\n", 3),
            "2 errors")

    def test_a_fault_of_the_program_is_not_clean(self):
        self.assertIn("exit 1", report.sanitizer_result("========= ERROR SUMMARY: 0 errors\n", 1))

    def test_no_summary_is_never_clean(self):
        self.assertEqual(report.sanitizer_result("", 124), "not finished")
        self.assertIn("no summary", report.sanitizer_result("Device not supported\n", 0))


class Steps(unittest.TestCase):
    def test_what_is_a_fault(self):
        folder = Path("unused")
        self.assertEqual(report.step_result("build", 0, folder), ("good", False))
        self.assertTrue(report.step_result("correctness", 1, folder)[1])
        self.assertTrue(report.step_result("rates", report.TIMED_OUT, folder)[1])
        self.assertTrue(report.step_result("rates", report.NO_GPU, folder)[1], "a GPU was there when it began")
        self.assertFalse(report.step_result("rates_without_gpu", report.NO_GPU, folder)[1])
        self.assertTrue(report.step_result("rates_without_gpu", 0, folder)[1])


class Report(unittest.TestCase):
    def run_report(self, mode, steps, records=(), logs=None):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "steps.tsv").write_text("".join(f"{step}\t{status}\t1\n" for step, status in steps))
            (folder / "some.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records) + '{"table": "cut o')
            for step, text in (logs or {}).items():
                (folder / f"{step}.log").write_text(text)
            arguments = ["report.py", "--mode", mode, "--capability", "90", "--cubins", name, name]
            text = io.StringIO()
            with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(text):
                status = report.main()
            return status, text.getvalue(), json.loads((folder / "gpu_check.json").read_text())

    RATE = {"table": "headline", "kernel": "sha256d_mn", "balance": "heavy", "midstates": 8, "blocks_per_sm": 4,
            "threads": 256, "hashes_per_thread": "64", "ghs": 10.5, "sm_mhz": 1700, "hashes_per_sm_and_clock": 0.04,
            "watts": 500, "joules_per_thash": 47.6, "celsius": 60, "slowed_by": "power limit"}

    def test_a_rate_is_set_against_its_bound(self):
        counts = {"kernels": {"sha256d_mn": {"alu": 1280, "imad": 640, "imad_hi": 320, "issue": 2300}}}
        with mock.patch.object(sass_count, "report", return_value=counts) as read:
            status, text, result = self.run_report("full", [("rates", 0)], [self.RATE])
        self.assertEqual(read.call_args.args[0].name, "sha256d_mn_heavy.sm_90.cubin")
        self.assertEqual(status, 0)
        self.assertAlmostEqual(result["records"][0]["of_bound_half"], 0.04 * 1280 / 64)
        self.assertIn("80.0", text)
        self.assertIn("power limit", text)

    def test_a_dry_run_shows_no_rates(self):
        _, text, result = self.run_report("dry", [("rates_played", 0)], [dict(self.RATE, hashes_per_sm_and_clock=None)])
        self.assertNotIn("10.5", text)
        self.assertEqual(result["records"], [])
        self.assertIn("open", text)

    SIDE_BY_SIDE = {"table": "opencl_side_by_side", "midstates": 1, "opencl": "nvidia_light items=128 groups=8 hashes=64",
                    "cuda": "light", "slices": 31, "opencl_ghs": 8.8, "cuda_ghs": 10, "ratio": 0.88, "ratio_low": 0.87,
                    "ratio_high": 0.89}

    def test_opencl_is_set_against_cuda(self):
        status, text, result = self.run_report("full", [("opencl", 0)], [self.SIDE_BY_SIDE])
        self.assertEqual((status, result["opencl"]), (0, "measured"))
        self.assertRegex(text, r"0\.880 +0\.870 to 0\.890 +NO")
        _, text, _ = self.run_report("full", [("opencl", 0)], [dict(self.SIDE_BY_SIDE, ratio=0.9)])
        self.assertRegex(text, r"0\.900 .* yes")
        _, text, _ = self.run_report("full", [("opencl", 0)], [dict(self.SIDE_BY_SIDE, midstates=8)])
        self.assertNotIn("NO", text)

    def test_a_machine_without_opencl_is_no_fault(self):
        status, text, result = self.run_report("full", [("opencl", 77)], logs={"opencl": "no OpenCL: no driver offers a GPU"})
        self.assertEqual(status, 0)
        self.assertEqual(result["opencl"], "not there (no driver offers a GPU)")
        self.assertIn("not there (no driver offers a GPU)", text)
        status, _, result = self.run_report("full", [("rates", 0)])
        self.assertEqual((status, result["opencl"]), (0, "open"))

    def test_a_wrong_opencl_kernel_is_a_fault(self):
        status, text, result = self.run_report(
            "full", [("opencl", 1)],
            [{"table": "opencl_check", "variant": "amd_v1", "name": "exact limit", "good": False, "faults": "found too many"},
             {"table": "opencl_left_out", "variant": "plain_v4", "part": "correctness"}])
        self.assertEqual((status, result["faults"]), (1, ["opencl"]))
        self.assertIn("found too many", text)
        self.assertRegex(text, "plain_v4: correctness +no time left")

    def test_faults_fail(self):
        status, text, result = self.run_report(
            "full", [("correctness", 1), ("memcheck", 3)],
            [{"table": "check", "balance": "none", "name": "exact limit", "good": False, "faults": "lost one"}],
            {"memcheck": "========= ERROR SUMMARY: 4 errors"})
        self.assertEqual((status, result["faults"]), (1, ["correctness", "memcheck"]))
        self.assertIn("lost one", text)
        self.assertIn("4 errors", text)


class Loops(unittest.TestCase):
    IMAD, LOP3, MOV = 0x24, 0x12, 0x02

    def loop(self, *words):
        """A loop of these, with the branch back that Hopper has."""
        back = -(len(words) + 1) * 4 & (1 << 55) - 1
        return [*words, sass_count.BRA | (back & 0xFF) << 16 | back >> 8 << 34]

    def faults(self, words, instructions, of_each):
        return list(check_microbench.faults_of(words, 90, instructions, of_each))

    def test_what_is_meant_is_there(self):
        self.assertEqual(self.faults(self.loop(*[self.IMAD, self.LOP3] * 50), ["IMAD", "LOP3"], 50), [])

    def test_what_the_compiler_took_out_is_missed(self):
        self.assertTrue(self.faults(self.loop(*[self.LOP3] * 49), ["LOP3"], 50))
        self.assertTrue(self.faults([self.LOP3] * 50, ["LOP3"], 50), "no loop")

    def test_what_the_compiler_put_in_is_seen(self):
        self.assertTrue(self.faults(self.loop(*[self.LOP3, self.MOV] * 50), ["LOP3"], 50))


if __name__ == "__main__":
    unittest.main()
