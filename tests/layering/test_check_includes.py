"""The layering check finds what it must find: each rule is broken on purpose in a small tree of its own."""

import tempfile
import unittest
from pathlib import Path

import check_includes


class CheckIncludes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, path, *lines):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        head = ["#pragma once"] if file.suffix == ".h" else []
        file.write_text("\n".join([*head, *lines, ""]), encoding="utf-8")

    def faults(self):
        return check_includes.check(self.root)[0]

    def assert_fault(self, *parts):
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        for part in parts:
            self.assertIn(part, faults[0])

    def test_allowed_includes_pass(self):
        self.write("host/base/hex.h", "#include <string>", "#include <spdlog/logger.h>")
        self.write("host/chain/target.h", '#include "host/base/hex.h"', "#include <fmt/format.h>")
        self.write("host/chain/target.cpp", '#include "host/chain/target.h"', "#include <openssl/sha.h>")
        self.write("host/app/main.cpp", '#include "host/chain/target.h"', "#include <CLI/CLI.hpp>")
        self.assertEqual(self.faults(), [])

    def test_upward_include(self):
        self.write("host/work/job.h")
        self.write("host/chain/target.h", '#include "host/work/job.h"')
        self.assert_fault("host/chain/target.h:2:", "host/chain may not include host/work")

    def test_neighbours_that_must_not_meet(self):
        for one, other in [("host/node", "stratum/v1"), ("host/store", "host/device"), ("host/device", "host/node")]:
            with self.subTest(one=one, other=other):
                self.setUp()
                self.write(f"{other}/thing.h")
                self.write(f"{one}/thing.cpp", f'#include "{other}/thing.h"')
                self.assert_fault(f"{one} may not include {other}")

    def test_app_is_included_by_nothing(self):
        self.write("host/app/options.h")
        self.write("bench/run.cpp", '#include "host/app/options.h"')
        self.assert_fault("host/app is included by nothing")

    def test_device_reaches_only_its_own_kernels(self):
        self.write("kernels/cpu/kernel.h")
        self.write("host/device/cpu_device.cpp", '#include "kernels/cpu/kernel.h"')
        self.assertEqual(self.faults(), [])
        self.write("host/device/cuda_device.cpp", '#include "kernels/cpu/kernel.h"')
        self.assert_fault("host/device/cuda_device.cpp:1:", "may not include kernels/cpu")

    def test_exceptions_hold_for_their_file_only(self):
        self.write("tests/device/fake_cuda.h")
        self.write("bench/gpu/gpu_under_test.cpp", '#include "tests/device/fake_cuda.h"')
        self.assertEqual(self.faults(), [])
        self.write("bench/gpu/other.cpp", '#include "tests/device/fake_cuda.h"')
        self.assert_fault("bench/gpu/other.cpp:1:", "is in no folder of the table")

    def test_libraries_stay_in_their_folders(self):
        planted = {
            "host/work/a.h": ("boost/asio/awaitable.hpp", "Asio"),
            "host/store/a.cpp": ("boost/beast/http.hpp", "Asio"),
            "host/engine/a.cpp": ("boost/json.hpp", "JSON"),
            "host/net/a.cpp": ("spdlog/spdlog.h", "spdlog"),
            "kernels/cpu/a.cpp": ("cuda_runtime.h", "CUDA"),
            "kernels/opencl/a.cpp": ("CL/cl.h", "OpenCL"),
            "host/work/a.cpp": ("openssl/sha.h", "OpenSSL"),
            "host/node/a.cpp": ("CLI/CLI.hpp", "CLI11"),
            "host/base/a.cpp": ("gtest/gtest.h", "only for tests"),
        }
        for path, (header, library) in planted.items():
            with self.subTest(path=path):
                self.setUp()
                self.write(path, f"#include <{header}>")
                self.assert_fault(path, header, library)

    def test_awaitable_is_excepted_in_two_headers_only(self):
        self.write("host/work/source.h", "#include <boost/asio/awaitable.hpp>")
        self.write("host/work/sink.h", "#include <boost/asio/awaitable.hpp>")
        self.assertEqual(self.faults(), [])
        self.write("host/work/sink.h", "#include <boost/asio/io_context.hpp>")
        self.assert_fault("host/work/sink.h", "io_context.hpp")

    def test_how_an_include_is_written(self):
        self.write("host/base/hex.h")
        for line, fault in [
            ('#include "hex.h"', "from the root"),
            ('#include "../base/hex.h"', "from the root"),
            ("#include <host/base/hex.h>", 'write "host/base/hex.h"'),
            ("#include HEX_HEADER", "not a macro"),
        ]:
            with self.subTest(line=line):
                self.write("host/base/base16.cpp", line)
                self.assert_fault("host/base/base16.cpp:1:", fault)

    def test_a_source_includes_its_own_header_first(self):
        self.write("host/base/hex.h")
        self.write("host/base/hex.cpp", "#include <string>", '#include "host/base/hex.h"')
        self.assert_fault("host/base/hex.cpp:1:", 'include "host/base/hex.h" first')
        self.write("host/base/hex.cpp", "// Empty.")
        self.assert_fault('include "host/base/hex.h" first')
        self.write("host/base/hex.cpp", "// Why.", '#include "host/base/hex.h"', "", "#include <string>")
        self.assertEqual(self.faults(), [])

    def test_spaces_and_comments(self):
        self.write("host/work/job.h")
        self.write("host/base/a.cpp", "/* off:", '#include "host/work/job.h"', "*/", '// #include "host/work/job.h"',
                   '  #  include "host/work/job.h"  // on')
        self.assert_fault("host/base/a.cpp:5:", "may not include host/work")

    def test_a_folder_that_is_not_in_the_table(self):
        self.write("host/misc/a.cpp")
        self.assert_fault("host/misc/a.cpp", "no folder of the table")

    def test_a_header_without_pragma_once(self):
        self.write("host/base/a.h")
        (self.root / "host/base/a.h").write_text("int a();\n", encoding="utf-8")
        self.assert_fault("#pragma once")

    def test_an_empty_tree_is_not_a_pass(self):
        self.assertEqual(check_includes.check(self.root), ([], 0))


if __name__ == "__main__":
    unittest.main()
