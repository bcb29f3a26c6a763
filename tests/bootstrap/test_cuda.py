"""Which CUDA kernels ./bootstrap compiles: for this machine's GPUs at a first start, else for all. Nothing that a build
folder has is given up."""

import os
import unittest

from machine import REAL_DRIVER, MachineTest


class CudaTest(MachineTest):
    def setUp(self):
        super().setUp()
        self.install_all()

    def options(self, result):
        """CMake's options that are about CUDA, of the only time that it was run; None: it was not."""
        calls = [call for call in result.calls_of("cmake") if "--preset" in call]
        self.assertLessEqual(len(calls), 1, result)
        return [word for word in calls[0] if "LODE_CUDA" in word] if calls else None

    def cached(self, name):
        for line in (self.root / "build/release/CMakeCache.txt").read_text().splitlines():
            if line.startswith(name + ":"):
                return line.split("=", 1)[1]
        return None

    @unittest.skipIf(REAL_DRIVER, "this machine has NVIDIA's driver in a folder that is always looked into")
    def test_none_without_a_driver(self):
        for command in ("mine", "bench"):
            with self.subTest(command):
                self.doCleanups()
                self.setUp()
                result = self.succeed(command)
                self.assertEqual(self.options(result), ["-DLODE_CUDA=OFF"])
                self.assertEqual(result.calls_of("nvidia-smi"), [], result)
                last = result.error.splitlines()[-1]
                self.assertIn("left out: CUDA kernels: there is no NVIDIA driver", last)
                self.assertIn("`./bootstrap build` compiles them for all GPUs", last)
                again = self.succeed(command)
                self.assertEqual(again.error, "", "nothing to do, nothing to say")
                self.assertIsNone(self.options(again))

    def test_a_driver_that_only_the_library_path_names(self):
        (self.folder / "driver lib").mkdir()
        (self.folder / "driver lib" / "libcuda.so.1").touch()
        self.write("gpus", "9.0\n")
        result = self.succeed("mine", LD_LIBRARY_PATH="/nowhere:%s" % (self.folder / "driver lib"))
        self.assertEqual(self.options(result), ["-ULODE_CUDA", "-DLODE_CUDA_CAPABILITIES=90"])

    def test_only_this_machines_gpus(self):
        self.assertEqual(self.all_capabilities, sorted(self.all_capabilities, key=int))
        for gpus, expected in (
            (["9.0"], "90"),
            (["8.6", "9.0", "8.6"], "86;90"),
            (["12.0", "7.5"], "75;120"),
            (["8.7"], "86"),  # the machine code of 8.6 runs
            (["12.1"], "120"),
            (["10.3"], "100"),
            (["11.0"], "100"),  # its driver compiles the PTX
            (["13.0"], "120"),
            (["6.1", "8.9"], "89"),
            (["9.0", "[N/A]"], "90"),
        ):
            with self.subTest(gpus):
                self.doCleanups()
                self.setUp()
                self.gpus(*gpus)
                result = self.succeed("mine")
                self.assertEqual(self.options(result), ["-ULODE_CUDA", "-DLODE_CUDA_CAPABILITIES=" + expected])
                self.assertEqual(self.cached("LODE_CUDA"), "ON")
                self.assertIn("left out: CUDA kernels for other GPUs than this machine's", result.error.splitlines()[-1])
                self.assertIsNone(self.options(self.succeed("mine")))

    def test_a_gpu_that_is_too_old(self):
        self.gpus("6.1", "7.0")
        result = self.succeed("mine")
        self.assertEqual(self.options(result), ["-DLODE_CUDA=OFF"])
        self.assertIn("compute capability 6.1 7.0", result.error.splitlines()[-1])

    def test_all_where_the_gpus_cannot_be_known(self):
        self.write("driver")  # and an nvidia-smi that fails
        result = self.succeed("mine")
        self.assertEqual(self.cached("LODE_CUDA_CAPABILITIES"), ";".join(self.all_capabilities))
        self.assertNotIn("left out", result.error)
        self.remove("nvidia-smi")
        self.assertIsNone(self.options(self.succeed("mine")))

    def test_all_for_build_test_and_install(self):
        self.gpus("9.0")
        for command in ("build", "test", "install"):
            for before in (None, "mine"):
                with self.subTest(command=command, before=before):
                    self.doCleanups()
                    self.setUp()
                    self.gpus("9.0")
                    if before:
                        self.succeed(before)
                        self.assertEqual(self.cached("LODE_CUDA_CAPABILITIES"), "90")
                    result = self.succeed(command, DESTDIR=str(self.folder / "installed"))
                    self.assertEqual(self.cached("LODE_CUDA"), "ON")
                    self.assertEqual(self.cached("LODE_CUDA_CAPABILITIES"), ";".join(self.all_capabilities))
                    self.assertNotIn("left out: CUDA", result.error)

    def test_what_is_there_is_kept(self):
        self.succeed("build")
        self.gpus("9.0")
        self.assertIsNone(self.options(self.succeed("mine")))
        os.unlink(self.state / "driver")
        self.assertIsNone(self.options(self.succeed("mine")))
        self.assertEqual(self.cached("LODE_CUDA_CAPABILITIES"), ";".join(self.all_capabilities))

    def test_another_gpu(self):
        self.gpus("9.0")
        self.succeed("mine")
        self.gpus("8.6")
        self.assertEqual(self.options(self.succeed("mine")), ["-ULODE_CUDA", "-DLODE_CUDA_CAPABILITIES=86;90"])
        os.unlink(self.state / "driver")
        self.assertIsNone(self.options(self.succeed("mine")), "what is built may be wanted again")

    @unittest.skipIf(REAL_DRIVER, "this machine has NVIDIA's driver in a folder that is always looked into")
    def test_a_driver_that_comes_later(self):
        self.succeed("mine")
        self.gpus("8.9")
        self.assertEqual(self.options(self.succeed("mine")), ["-ULODE_CUDA", "-DLODE_CUDA_CAPABILITIES=89"])
        self.assertEqual(self.cached("LODE_CUDA"), "ON")

    def test_another_reason_to_configure_changes_no_image(self):
        self.gpus("9.0")
        self.succeed("mine")
        self.assertEqual(self.options(self.succeed("mine", LODE_WERROR="1")), [])
        self.assertEqual(self.cached("LODE_CUDA_CAPABILITIES"), "90")

    @unittest.skipIf(os.path.exists("/usr/local/cuda/bin/nvcc"), "this machine has nvcc where it is always looked for")
    def test_no_compiler(self):
        self.remove("nvcc")
        self.gpus("9.0")
        for command in ("mine", "build", "test"):
            with self.subTest(command):
                result = self.succeed(command)
                self.assertEqual(self.cached("LODE_CUDA"), "OFF")
                self.assertIn("left out: CUDA kernels: there is no CUDA compiler (nvcc)", result.error)
                self.assertIsNone(self.options(self.succeed(command)))
        self.add("nvcc")
        self.succeed("build")
        self.assertEqual(self.cached("LODE_CUDA"), "ON")
