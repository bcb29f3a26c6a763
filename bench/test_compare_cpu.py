"""compare_cpu with programs that only claim to hash."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "compare_cpu"

# As `lode bench --json` answers: 30 MH/s with one version, 60 with more.
FAKE_LODE = """#!/usr/bin/env python3
import json, sys
words = sys.argv[1:]
if words[0] == "version":
    print("lode 9.9.9")
    sys.exit(0)
option = lambda name, fallback: words[words.index(name) + 1] if name in words else fallback
wanted = option("--midstates", "1,64").split(",")
print(json.dumps({"results": [
    {"kernel": option("--kernel", "fast"), "midstates": int(m), "hashes_per_second": 30e6 if m == "1" else 60e6,
     "verified": option("--kernel", "fast") != "wrong"} for m in wanted]}))
"""

# Reports for ever, wrongly high at first, and leaves its process number.
FAKE_PEER = """#!/bin/sh
echo $$ >> "$PEER_PIDS"
echo "$*" >> "$PEER_ARGUMENTS"
echo '[time] Total: 90.00 MH/s'
while :; do echo '[time] Total: 19.00 MH/s'; echo '[time] Total: 21000 kH/s'; sleep 0.01; done
"""


class CompareCpu(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        for name, text in (("lode", FAKE_LODE), ("peer", FAKE_PEER)):
            (self.at / name).write_text(text, encoding="utf-8")
            (self.at / name).chmod(0o755)

    def run_script(self, *words):
        environment = os.environ | {"PEER_PIDS": str(self.at / "pids"), "PEER_ARGUMENTS": str(self.at / "arguments")}
        return subprocess.run([sys.executable, "-B", str(SCRIPT), "--lode", str(self.at / "lode"), *words],
                              capture_output=True, text=True, check=False, env=environment, timeout=600)

    def test_ratios_and_kinds(self):
        samples = self.at / "samples.json"
        done = self.run_script("--peer", f"cpuminer-opt={self.at / 'peer'}", "--rounds", "3", "--json", str(samples))
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if "|" in line]
        self.assertEqual([row[:2] for row in rows[2:]],
                         [["lode `fast`", "M = 1"], ["lode `fast`", "version rolling, M = 64"], ["cpuminer-opt", "M = 1"]])
        self.assertTrue(rows[2][3].startswith("**1.500**"), rows[2])
        self.assertTrue(rows[3][3].startswith("**3.000**"), rows[3])
        self.assertTrue(rows[4][2].startswith("20.00"), rows[4])
        kept = json.loads(samples.read_text(encoding="utf-8"))
        self.assertEqual([round_["cpuminer-opt"] for round_ in kept["rounds"]], [[19e6, 21e6]] * 3)
        self.assertIn("cpu", kept["machine"])
        self.assertEqual((self.at / "arguments").read_text(encoding="utf-8").split("\n")[0], "-a sha256d --benchmark -t 1")
        again = self.run_script("--samples", str(samples))
        self.assertEqual(again.stdout, done.stdout)

    def test_peers_are_stopped(self):
        done = self.run_script("--peer", f"minerd-old={self.at / 'peer'} -x", "--rounds", "2",
                               "--peer-rate", "minerd-old=Total: ([0-9.]+) ([kM])H")
        self.assertEqual(done.returncode, 0, done.stderr)
        pids = (self.at / "pids").read_text(encoding="utf-8").split()
        self.assertEqual(len(pids), 2)
        for pid in pids:
            self.assertFalse(Path(f"/proc/{pid}").exists(), "still running")

    def test_what_is_no_measurement(self):
        for words, complaint in (
                (("--peer", f"other={self.at / 'peer'}"), "--peer-rate"),
                (("--peer", "cpuminer-opt=true", "--rounds", "1"), "no rate within"),
                (("--peer", "just-a-path"), "not NAME=VALUE"),
                (("--peer", f"cpuminer-opt={self.at / 'peer'}", "--kernel", "wrong"), "not verified"),
                ((), "nothing to compare with")):
            done = self.run_script(*words)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertIn(complaint, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_plot(self):
        try:
            import matplotlib  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import
        except ImportError:
            self.skipTest("matplotlib is not installed")
        picture = self.at / "rates.png"
        done = self.run_script("--peer", f"cpuminer-opt={self.at / 'peer'}", "--rounds", "1", "--plot", str(picture))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(picture.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")


if __name__ == "__main__":
    unittest.main()
