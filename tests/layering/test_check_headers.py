"""The check that headers compile alone finds one that does not, and everything that a change reaches."""

import tempfile
import unittest
from pathlib import Path

import check_headers


class CheckHeaders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, header, text):
        path = self.root / header
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def test_a_header_that_needs_no_other_passes(self):
        self.write("host/base/fine.h", "#pragma once\n#include <string>\ninline std::string f() { return {}; }\n")
        self.assertEqual(check_headers.main([str(self.root)]), 0)

    def test_a_header_that_leans_on_another_fails(self):
        self.write("host/base/leaning.h", "#pragma once\ninline std::string f() { return {}; }\n")
        self.assertEqual(check_headers.main([str(self.root)]), 1)

    def test_a_header_without_a_guard_fails(self):
        self.write("host/base/twice.h", "struct Twice {};\n")
        self.assertEqual(check_headers.main([str(self.root)]), 1)

    def test_a_warning_is_a_fault(self):
        self.write("host/base/warns.h", "#pragma once\ninline int f(long x) { return x; }\n")
        self.assertEqual(check_headers.main([str(self.root)]), 1)

    def test_a_change_reaches_all_that_include_it(self):
        self.write("host/base/low.h", "#pragma once\n")
        self.write("host/chain/middle.h", '#pragma once\n#include "host/base/low.h"\n')
        self.write("host/work/high.h", '#pragma once\n#include "host/chain/middle.h"\n')
        self.write("host/work/other.h", "#pragma once\n")
        headers = check_headers.headers(self.root)
        self.assertEqual(check_headers.affected(self.root, headers, {"host/base/low.h", "README.md"}),
                         ["host/base/low.h", "host/chain/middle.h", "host/work/high.h"])
        self.assertEqual(check_headers.affected(self.root, headers, {"README.md"}), [])


if __name__ == "__main__":
    unittest.main()
