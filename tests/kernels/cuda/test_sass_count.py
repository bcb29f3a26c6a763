"""The instruction counter on machine code made by hand: what it counts, where it sees loops, when a gate closes."""

import contextlib
import io
import json
import os
import struct
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, os.environ.get("SASS_COUNT_FOLDER", str(Path(__file__).parents[3] / "kernels" / "cuda")))
import sass_count  # noqa: E402

IADD3, LEA, LOP3, SHF, IMAD, IMAD_HI, LDS, STL, NOP = 0x210, 0x211, 0x212, 0x819, 0x224, 0xC27, 0x984, 0x387, 0x918


def branch(index, target, capability):
    """A BRA at `index` to `target`."""
    offset = (target - index - 1) * 4
    if capability >= 90:
        return 0x947 | (offset & 0xFF) << 16 | (offset >> 8 & (1 << 47) - 1) << 34
    return 0x947 | (offset & (1 << 48) - 1) << 34


def cubin(words, capability=90, registers=48, name="scan", shared=0, compiler=b"V13.0.88"):
    """The bytes of an ELF file with the sections that the counter reads, and no other."""
    text = b"".join(struct.pack("<QQ", word & (1 << 64) - 1, word >> 64) for word in words)
    strings = b"\0" + name.encode() + b"\0"
    symbols = struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, 0, len(text))
    info = struct.pack("<BBHII", 4, 0x2F, 8, 1, registers) + struct.pack("<BBHII", 4, 0x11, 8, 1, 0)
    info += struct.pack("<BBH", 3, 0x1B, 0x40)  # an attribute whose size is its value
    sections = [("", 0, b"", 0), (".strtab", 3, strings, 0), (".symtab", 2, symbols, 0), (".nv.info", 0x70000000, info, 0),
                (".note.nv.tkinfo", 7, b"ptxas\0release 13.0, " + compiler + b"\0", 0), (".text." + name, 1, text, 0),
                (".nv.shared." + name, 8, b"", shared)]
    names = b"\0".join(section[0].encode() for section in sections) + b"\0.shstrtab\0"
    sections.append((".shstrtab", 3, names, 0))
    body, heads = b"", b""
    for section, kind, content, size in sections:
        at = names.index(section.encode() + b"\0") if section else 0
        heads += struct.pack("<IIQQQQIIQQ", at, kind, 0, 0, 64 + len(body), size or len(content), 0, 0, 1, 0)
        body += content
    head = b"\x7fELF\x02\x01\x01\x41\x08" + bytes(7)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 190, 1, 0, 0, 64 + len(body), capability << 8, 64, 0, 0, 64, len(sections),
                        len(sections) - 1)
    return head + body + heads


def one_loop(capability, extra=()):
    """A loop of 1200 instructions behind a preamble of three."""
    body = [IADD3] * 100 + [SHF] * 400 + [LOP3] * 200 + [LEA] * 50 + [IMAD] * 349 + [IMAD_HI] * 100 + list(extra)
    words = [NOP] * 3 + body
    return words + [branch(len(words), 3, capability), NOP]


def two_loops(capability):
    """Midstates (1000 and a branch) in nonces (200 more and a branch), and a branch that resumes the former."""
    words = [NOP] * 2 + [SHF] * 200
    first = len(words)
    words += [LDS] * 12 + [SHF] * 588 + [IMAD] * 400
    words.append(branch(len(words), first, capability))
    words += [IADD3] * 7
    words.append(branch(len(words), first, capability))
    words.append(branch(len(words), 2, capability))
    return words


class Counting(unittest.TestCase):
    def test_one_loop_on_every_encoding(self):
        for capability in (75, 86, 90, 120):
            with self.subTest(capability):
                words = one_loop(capability)
                counts, midstates, size = sass_count.per_hash(words, capability, 8)
                self.assertEqual(counts, {"alu": 750, "imad": 349, "imad_hi": 100, "other": 1, "issue": 1200})
                self.assertEqual(midstates, 1)
                self.assertEqual(size, {"loop_bytes": 19200, "loops_bytes": 19200})

    def test_midstates_share_what_is_done_once_a_nonce(self):
        for capability in (80, 90):
            with self.subTest(capability):
                counts, midstates, size = sass_count.per_hash(two_loops(capability), capability, 8)
                self.assertEqual(midstates, 8)
                self.assertEqual(counts["alu"], 588 + 200 / 8)
                self.assertEqual(counts["imad"], 400)
                self.assertEqual(counts["issue"], 1001 + 201 / 8)
                self.assertEqual(size["loop_bytes"], 16 * 1001)
                self.assertEqual(size["loops_bytes"], 16 * 1210)

    def test_no_loop_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "no loop"):
            sass_count.per_hash([SHF] * 2000, 90, 8)

    def test_branches(self):
        for capability in (75, 89, 90, 100):
            for index, target in ((0, 7), (10_000, 3), (5, 6), (5, 5)):
                word = branch(index, target, capability)
                self.assertEqual(sass_count.branch_target(index, word, capability), target)

    def test_bounds(self):
        full = {"alu": 1000, "imad": 600, "imad_hi": 300, "issue": 1900}
        peak = 132 * 1.98 * 64
        self.assertAlmostEqual(sass_count.bound_ghs(full, 1), peak / 1000)
        self.assertAlmostEqual(sass_count.bound_ghs(full, 2), peak / 1200)
        self.assertAlmostEqual(sass_count.bound_ghs({**full, "issue": 3000}, 2), peak / 1500)


class Files(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.addCleanup(self.temporary.cleanup)

    def write(self, file, content):
        path = self.folder / file
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def run_tool(self, *arguments):
        sys.argv = ["sass_count.py", *map(str, arguments)]
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = sass_count.main()
        return status, output.getvalue()

    def gates(self, **limits):
        return self.write("gates.json", {"gates": [{"file": "a.cubin", "midstates": 1, "limits": limits}]})

    def test_reads_the_sections(self):
        path = self.write("a.cubin", cubin(one_loop(86, [STL] * 2), capability=86, registers=51, shared=4096))
        found = sass_count.report(path)
        self.assertEqual((found["capability"], found["compiler"]), (86, "13.0.88"))
        scan = found["kernels"]["scan"]
        self.assertEqual((scan["registers"], scan["shared_bytes"], scan["spills"], scan["stack_bytes"]), (51, 4096, 2, 0))

    def test_refuses_what_is_no_cubin(self):
        with self.assertRaisesRegex(ValueError, "not a cubin"):
            sass_count.Cubin(b"#!/bin/sh\n" + bytes(100))

    def test_a_gate_lets_pass_what_is_at_the_limit(self):
        self.write("a.cubin", cubin(one_loop(90)))
        status, output = self.run_tool("--gates", self.gates(alu=750, imad=349, registers=48, spills=0), self.folder)
        self.assertEqual(status, 0)
        self.assertIn("4 limits, 0 exceeded", output)

    def test_a_gate_stops_what_is_above(self):
        self.write("a.cubin", cubin(one_loop(90, [STL]), registers=57))
        status, output = self.run_tool("--gates", self.gates(alu=749, spills=0, registers=56, issue=1201), self.folder)
        self.assertEqual(status, 1)
        self.assertIn("scan: alu is 750, limit 749", output)
        self.assertIn("scan: spills is 1, limit 0", output)
        self.assertIn("scan: registers is 57, limit 56", output)
        self.assertIn("4 limits, 3 exceeded", output)

    def test_a_gate_for_many_midstates_stops_what_does_not_loop_over_them(self):
        self.write("a.cubin", cubin(one_loop(90)))
        gates = {"gates": [{"file": "a.cubin", "midstates": 8, "limits": {"alu": 9999}}]}
        status, output = self.run_tool("--gates", self.write("gates.json", gates), self.folder)
        self.assertEqual(status, 1)
        self.assertIn("is for 1 midstates", output)

    def test_no_gates_are_no_success(self):
        self.assertEqual(self.run_tool("--gates", self.write("gates.json", {"gates": []}), self.folder)[0], 1)

    def test_compares_with_what_was_recorded(self):
        self.write("a.cubin", cubin(one_loop(90)))
        record = self.folder / "counts.json"
        record.write_text(self.run_tool("--record", self.folder)[1], encoding="utf-8")
        self.assertEqual(self.run_tool("--compare", record, self.folder)[0], 0)

        self.write("a.cubin", cubin(one_loop(90, [SHF])))
        status, output = self.run_tool("--compare", record, self.folder)
        self.assertEqual(status, 1)
        self.assertIn("a.cubin: scan: alu was 750, is 751", output)

        self.write("b.cubin", cubin(one_loop(90)))
        self.assertIn("b.cubin is not on record", self.run_tool("--compare", record, self.folder)[1])

    def test_does_not_compare_with_another_compiler(self):
        self.write("a.cubin", cubin(one_loop(90)))
        record = self.folder / "counts.json"
        record.write_text(self.run_tool("--record", self.folder)[1], encoding="utf-8")
        self.write("a.cubin", cubin(one_loop(90, [SHF]), compiler=b"V12.8.61"))
        status, output = self.run_tool("--compare", record, self.folder)
        self.assertEqual(status, 77)
        self.assertIn("12.8.61", output)

    def test_prints_what_it_found(self):
        path = self.write("a.cubin", cubin(one_loop(90)))
        status, output = self.run_tool(path)
        self.assertEqual(status, 0)
        self.assertIn("ALU 750, IMAD 349, IMAD.HI 100", output)
        self.assertEqual(json.loads(self.run_tool("--json", path)[1])[str(path)]["kernels"]["scan"]["alu"], 750)


if __name__ == "__main__":
    unittest.main()
