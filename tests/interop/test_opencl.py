"""Mining into a real node with an OpenCL device: on a machine without a GPU that is PoCL, which runs kernels on the CPU.

Skipped where no OpenCL platform is installed.
"""

import glob
import json
import os
import tempfile
import unittest

import addresses
import bcoin
import lode

PAYOUT = addresses.payouts()["P2WPKH"][0]

# Seconds that a driver may need to compile kernels, one after another.
COMPILING = 1800

SEARCHED = "looking for the fastest settings"
COMPILED = "the kernel was compiled in"
CACHED = "the kernel comes from the cache, nothing was compiled"


def opencl_device():
    """The first OpenCL device of this machine, and why there is none."""
    report = json.loads(lode.run("devices", "--json", "--state", "none", timeout=COMPILING).stdout)
    reason = "lode devices says nothing of OpenCL"
    for device in report["devices"]:
        if device["device"].startswith("opencl:") and any(kernel["usable"] for kernel in device["kernels"]):
            return device["device"], None
        if device["device"] == "opencl":
            reason = device["reason"]
    return None, reason


class OpenClTest(lode.InteropTest):
    def setUp(self):
        self.device, lack = opencl_device()
        if self.device is None:
            self.skipTest("opencl: " + lack)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = os.path.join(folder.name, "state")

    def mine(self, node, blocks):
        """Mines so many blocks, all of them accepted; returns what was said."""
        start = node.height()
        arguments = [node.url(), "--payout", PAYOUT, "--blocks", str(blocks)]
        with lode.Lode(*arguments, state=self.state, devices=(self.device,)) as miner:
            self.assertEqual(miner.finish(COMPILING, without="block_rejected"), 0, miner.describe())
            accepted = miner.events("block_accepted")
            self.assertEqual(len(accepted), blocks, miner.describe())
            for name in ("block_rejected", "hardware_error", "device_fault"):
                self.assertEqual(miner.events(name), [], miner.describe())
            self.assertEqual({event["device"] for event in miner.events("block_found")}, {self.device})
            for event in accepted:
                self.assertTrue(node.best_chain_holds(event["hash"]), miner.describe())
            self.assertEqual(node.height(), start + blocks)
            return miner.output()

    def binaries(self):
        """The compiled kernels that are kept, in order."""
        return sorted(glob.glob(os.path.join(self.state, "opencl", "*.bin")))

    def test_blocks_are_accepted_and_a_second_start_does_not_compile(self):
        with bcoin.Node() as node:
            first = self.mine(node, 20)
            self.assertIn(SEARCHED, first)
            self.assertTrue(self.binaries())
            compiled = self.binaries()
            second = self.mine(node, 5)
            self.assertIn(CACHED, second)
            self.assertNotIn(SEARCHED, second)
            self.assertNotIn(COMPILED, second)
            self.assertEqual(self.binaries(), compiled)

    def test_a_damaged_cache_is_compiled_anew(self):
        with bcoin.Node() as node:
            self.mine(node, 1)
            self.assertTrue(self.binaries())
            for path in self.binaries():
                with open(path, "r+b") as file:
                    file.truncate(100)
            again = self.mine(node, 1)
            self.assertIn("the kernel is compiled anew", again)
            self.assertIn(COMPILED, again)
            self.assertIn(CACHED, self.mine(node, 1))


if __name__ == "__main__":
    unittest.main()
