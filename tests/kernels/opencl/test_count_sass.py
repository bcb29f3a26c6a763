"""The counter of the OpenCL kernels' machine code: that it compiles what the program builds, and what it does without
its tools."""

import contextlib
import io
import re
import sys
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "kernels" / "opencl"))
import count_sass  # noqa: E402


def enumerators(header, name):
    """Of an enum class, in order, without their k."""
    text = re.sub(r"//.*", "", (ROOT / header).read_text(encoding="utf-8"))
    body = re.search(rf"enum class {name}[^{{]*{{([^}}]*)}}", text).group(1)
    return [one.lower() for one in re.findall(r"k(\w+)", body)]


class AsTheProgram(unittest.TestCase):
    def test_balances_are_numbered_alike(self):
        self.assertEqual(list(count_sass.BALANCES), enumerators("kernels/gpu/balance.h", "Balance"))

    def test_flavours_are_numbered_alike(self):
        self.assertEqual(enumerators("kernels/opencl/program.h", "Flavour")[count_sass.NVIDIA], "nvidia")

    def test_all_options_are_given(self):
        text = (ROOT / "kernels/opencl/program.cpp").read_text(encoding="utf-8")
        wanted = re.findall(r'option\("(\w+)"', text)
        command = " ".join(count_sass.ptx_command("clang", "x.cl", "medium", "x.ptx"))
        self.assertEqual(len(wanted), 5)
        for name in wanted:
            self.assertIn(f"-DLODE_{name}=", command)
        self.assertIn("-DLODE_BALANCE=2", command)

    def test_the_shape_is_that_of_the_variants(self):
        text = (ROOT / "kernels/opencl/program.cpp").read_text(encoding="utf-8")
        light = re.search(r'{\.name = "nvidia_light",.*?}', text, re.DOTALL).group(0)
        self.assertIn(f".group_size = {count_sass.SHAPE['GROUP_SIZE']}", light)
        self.assertIn(".keys_in_local_memory = true", light)
        self.assertNotIn(".vector_width", light)


class WithoutTools(unittest.TestCase):
    def result(self, *arguments):
        text = io.StringIO()
        with mock.patch.object(sys, "argv", ["count_sass.py", "x.cl", *arguments]), contextlib.redirect_stdout(text):
            return count_sass.main(), text.getvalue()

    def test_a_tool_that_is_missing_is_named(self):
        status, text = self.result("--clang", "no-such-clang")
        self.assertEqual(status, 77)
        self.assertIn("no-such-clang", text)

    def test_a_clang_without_nvidia_is_no_clang(self):
        with mock.patch.object(count_sass, "run", return_value="x86-64"):
            status, text = self.result("--clang", sys.executable, "--ptxas", sys.executable)
        self.assertEqual(status, 77)
        self.assertIn("nvptx64", text)

    def test_source_that_does_not_compile_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "exit"):
            count_sass.run([sys.executable, "-c", "import sys; sys.exit('wrong')"])


if __name__ == "__main__":
    unittest.main()
