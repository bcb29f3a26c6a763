#!/usr/bin/env python3
"""Counts the machine instructions of CUDA kernels in a cubin by the pipe that executes them. Needs no GPU and no
disassembler.

A SHA-256d kernel is bound by integer arithmetic, so its instruction counts predict its speed. From Volta to Hopper, each
multiprocessor (SM) takes per clock 64 lanes on the ALU pipe (LOP3, SHF, LEA, IADD3, ..), 64 on the FMA pipe (IMAD) and
128 in all.

    sass_count.py FILE.cubin                     prints what is in it
    sass_count.py --json FILE.cubin ..           the same for programs
    sass_count.py --gates GATES.json FOLDER      checks the cubins of a folder against limits; exits 1 if one is exceeded
    sass_count.py --record FOLDER >COUNTS.json   the counts of all cubins in a folder
    sass_count.py --compare COUNTS.json FOLDER   checks that they are still those; exits 77 if another compiler made them

Counts are per hash. A kernel whose hot loop holds 16-byte loads from shared memory is one that loops over midstates: its
count is that loop's, plus the rest of the loop around it divided by the number of midstates (8 unless --midstates says
otherwise). For all others it is the hot loop's.

`bound` is the rate in GH/s that the busiest pipe allows on an H100 SXM (132 SMs at 1.98 GHz): a ceiling for that code,
not a measurement. It is given twice, since vendors do not say whether the high word of a product (IMAD.HI) takes the FMA
pipe as long as the low word (`full`) or twice as long (`half`).

Encoding (Volta and later): instructions of 128 bits, the opcode in bits 0..8. A branch's offset, in units of four bytes
from the next instruction, is signed and begins at bit 34; since Hopper bits 16..23 are its low byte. Registers, shared
memory, stack and the compiler's version are from the ELF file's sections.
"""

import argparse
import collections
import json
import re
import struct
import sys
from pathlib import Path

NAMES = {0x10: "IADD3", 0x11: "LEA", 0x12: "LOP3", 0x16: "PRMT", 0x19: "SHF", 0x35: "IADD", 0x36: "VIADD", 0x0C: "ISETP",
         0x24: "IMAD", 0x25: "IMAD.WIDE", 0x27: "IMAD.HI", 0x02: "MOV", 0x147: "BRA", 0x182: "LDC", 0x183: "LDL",
         0x184: "LDS", 0x187: "STL", 0x188: "STS"}
ALU = {"IADD3", "LEA", "LOP3", "PRMT", "SHF", "IADD", "VIADD", "ISETP"}
HIGH = {"IMAD.WIDE", "IMAD.HI"}
SPILLS = {"LDL", "STL"}
BRA, LDS = 0x147, 0x184
FRAME_SIZE, REGISTER_COUNT = 0x11, 0x2F  # attributes of .nv.info
HOT_LOOP = 1000  # instructions: a loop that hashes is longer, others are shorter
SMS, CLOCK_GHZ, LANES = 132, 1.98, 64


def opcode(word):
    return word & 0x1FF


def name_of(word):
    return NAMES.get(opcode(word), "other")


class Cubin:
    """The parts of a cubin that matter: kernels, each a list of instructions; registers; the compiler."""

    def __init__(self, blob):
        if blob[:4] != b"\x7fELF" or blob[4] != 2:
            raise ValueError("not a cubin: no 64-bit ELF file")
        flags, = struct.unpack_from("<I", blob, 0x30)
        self.capability = (flags >> 8 if blob[8] >= 8 else flags) & 0xFF
        sections = self._sections(blob)
        self.kernels = {}
        self.shared = collections.Counter()
        self.attributes = collections.defaultdict(dict)  # symbol index -> {attribute: value}
        self.compiler = "unknown"
        symbols = {}
        for name, kind, offset, size in sections:
            content = blob[offset:offset + size]
            if name.startswith(".text."):
                self.kernels[name[6:]] = [low | high << 64 for low, high in struct.iter_unpack("<QQ", content)]
            elif name.startswith(".nv.shared.") and kind == 8:  # takes no room in the file
                self.shared[name[11:]] += size
            elif name == ".nv.info":
                self._read_attributes(content)
            elif name == ".symtab":
                symbols = {i: entry[0] for i, entry in enumerate(struct.iter_unpack("<IBBHQQ", content))}
            elif name == ".strtab":
                strings = content
            elif name == ".note.nv.tkinfo":
                found = re.search(rb"V(\d+\.\d+\.\d+)", content)
                self.compiler = found.group(1).decode() if found else "unknown"
        self._named = {}
        for index, values in self.attributes.items():
            begin = symbols[index]
            self._named[strings[begin:strings.index(b"\0", begin)].decode()] = values

    @staticmethod
    def _sections(blob):
        table, = struct.unpack_from("<Q", blob, 0x28)
        count, names = struct.unpack_from("<HH", blob, 0x3C)
        heads = [struct.unpack_from("<IIQQQQIIQQ", blob, table + 64 * i) for i in range(count)]
        for head in heads:
            begin = heads[names][4] + head[0]
            yield blob[begin:blob.index(b"\0", begin)].decode(), head[1], head[4], head[5]

    def _read_attributes(self, content):
        at = 0
        while at + 4 <= len(content):
            form, attribute, size = struct.unpack_from("<BBH", content, at)
            at += 4
            if form == 4:  # `size` bytes follow; otherwise the size is the value
                if size == 8:
                    symbol, value = struct.unpack_from("<II", content, at)
                    self.attributes[symbol][attribute] = value
                at += size

    def registers(self, kernel):
        return self._named.get(kernel, {}).get(REGISTER_COUNT)

    def stack_bytes(self, kernel):
        return self._named.get(kernel, {}).get(FRAME_SIZE, 0)


def branch_target(index, word, capability):
    """Index of the instruction that the BRA at `index` jumps to."""
    offset = word >> 34 & (1 << 48) - 1
    if capability >= 90:
        offset = (offset & (1 << 47) - 1) << 8 | word >> 16 & 0xFF
        bits = 55
    else:
        bits = 48
    if offset >> bits - 1:
        offset -= 1 << bits
    return index + 1 + offset * 4 // 16


def loops(words, capability):
    """(first, last) of every backward branch's loop that is long enough to hash, the shortest first."""
    found = []
    for index, word in enumerate(words):
        if opcode(word) == BRA:
            target = branch_target(index, word, capability)
            if 0 <= target and index - target >= HOT_LOOP:
                found.append((target, index))
    return sorted(found, key=lambda loop: loop[1] - loop[0])


def count(words):
    names = collections.Counter(map(name_of, words))
    high = sum(names[n] for n in HIGH)
    alu = sum(names[n] for n in ALU)
    return {"alu": alu, "imad": names["IMAD"], "imad_hi": high, "other": len(words) - alu - names["IMAD"] - high,
            "issue": len(words)}


def per_hash(words, capability, midstates):
    """Counts per hash, the number of midstates that they are for, and the bytes of the hot loop and of all around it."""
    found = loops(words, capability)
    if not found:
        raise ValueError("no loop that could hash")
    first, last = found[0]
    hot = words[first:last + 1]
    size = {"loop_bytes": 16 * len(hot), "loops_bytes": 16 * (found[-1][1] - found[-1][0] + 1)}
    if not any(opcode(word) == LDS for word in hot):
        return count(hot), 1, size
    # The loop over nonces is the shortest that begins before the hot one. Those that begin with it only resume it.
    again = [loop for loop in found if loop[0] == first][-1]
    around = [loop for loop in found if loop[0] < first]
    if not around:
        raise ValueError("a loop over midstates without a loop over nonces")
    outer = count(words[around[0][0]:around[0][1] + 1])
    inner = count(words[again[0]:again[1] + 1])
    counts = {key: value + (outer[key] - inner[key]) / midstates for key, value in count(hot).items()}
    return counts, midstates, size


def bound_ghs(counts, slots_of_high):
    clocks = max(counts["alu"] / LANES, (counts["imad"] + slots_of_high * counts["imad_hi"]) / LANES,
                 counts["issue"] / (2 * LANES))
    return SMS * CLOCK_GHZ / clocks


def report(path, midstates=8):
    """Everything about the kernels of one cubin."""
    cubin = Cubin(Path(path).read_bytes())
    kernels = {}
    for name, words in cubin.kernels.items():
        counts, for_midstates, size = per_hash(words, cubin.capability, midstates)
        kernels[name] = {
            "midstates": for_midstates,
            **{key: round(value, 1) for key, value in counts.items()},
            "registers": cubin.registers(name),
            "spills": sum(name_of(word) in SPILLS for word in words),
            "stack_bytes": cubin.stack_bytes(name),
            "shared_bytes": cubin.shared[name],
            **size,
            "bound_half": round(bound_ghs(counts, 2), 2),
            "bound_full": round(bound_ghs(counts, 1), 2),
        }
    if not kernels:
        raise ValueError(f"{path}: no kernel")
    return {"capability": cubin.capability, "compiler": cubin.compiler, "kernels": kernels}


def check_gates(gates, folder):
    """Lines that say what exceeds a limit of the gate file, and how many limits there were."""
    faults, checked = [], 0
    for gate in gates["gates"]:
        kernels = report(Path(folder) / gate["file"], gate["midstates"])["kernels"]
        for name, counts in kernels.items():
            if counts["midstates"] != gate["midstates"]:
                faults.append(f"{gate['file']}: {name} is for {counts['midstates']} midstates")
            for key, limit in gate["limits"].items():
                checked += 1
                if counts[key] is None or counts[key] > limit:
                    faults.append(f"{gate['file']}: {name}: {key} is {counts[key]}, limit {limit}")
    return faults, checked


def compare(recorded, current):
    """Lines that say what is no longer as recorded."""
    for file in sorted(recorded.keys() | current.keys()):
        if file not in current:
            yield f"{file} is not built any more"
        elif file not in recorded:
            yield f"{file} is not on record"
        else:
            yield from (f"{file}: {name}: {key} was {recorded[file]['kernels'].get(name, {}).get(key)}, is {value}"
                        for name, counts in current[file]["kernels"].items() for key, value in counts.items()
                        if recorded[file]["kernels"].get(name, {}).get(key) != value)


def record(folder):
    return {path.name: report(path) for path in sorted(Path(folder).glob("*.cubin"))}


def print_report(path, found):
    print(f"{path}: sm_{found['capability']}, compiler {found['compiler']}")
    for name, c in found["kernels"].items():
        print(f"  {name}, {c['midstates']} midstate(s), per hash: ALU {c['alu']}, IMAD {c['imad']}, IMAD.HI {c['imad_hi']},"
              f" other {c['other']}, issue {c['issue']}")
        print(f"    registers {c['registers']}, spills {c['spills']}, stack {c['stack_bytes']}, shared {c['shared_bytes']} bytes;"
              f" hot loop {c['loop_bytes']} bytes, all loops {c['loops_bytes']}")
        print(f"    bound on an H100 SXM: {c['bound_half']} GH/s with IMAD.HI at half rate, {c['bound_full']} at full")


def dump(value):
    """JSON with a line for each kernel."""
    lines = []
    for file, found in value.items():
        kernels = ",\n".join(f"   {json.dumps(name)}: {json.dumps(counts)}" for name, counts in found["kernels"].items())
        lines.append(f" {json.dumps(file)}: {{\"capability\": {found['capability']}, "
                     f"\"compiler\": {json.dumps(found['compiler'])}, \"kernels\": {{\n{kernels}}}}}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def run_gates(path, folder):
    faults, checked = check_gates(json.loads(Path(path).read_text(encoding="utf-8")), folder)
    print("\n".join(faults + [f"{checked} limits, {len(faults)} exceeded"]))
    return 1 if faults or checked == 0 else 0


def run_compare(path, folder):
    recorded, current = json.loads(Path(path).read_text(encoding="utf-8")), record(folder)
    compilers = {found["compiler"] for found in current.values()}
    if compilers - {found["compiler"] for found in recorded.values()}:
        print(f"skipped: the counts on record are not of compiler {', '.join(sorted(compilers))}")
        return 77
    faults = list(compare(recorded, current))
    print("\n".join(faults + [f"{len(current)} cubins, {len(faults)} differences"]))
    if faults:
        print(f"if they are meant: sass_count.py --record {folder} >{path}")
    return 1 if faults or not current else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--midstates", type=int, default=8)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--json", action="store_true")
    modes.add_argument("--gates", metavar="GATES.json")
    modes.add_argument("--record", action="store_true")
    modes.add_argument("--compare", metavar="COUNTS.json")
    args = parser.parse_args()
    if args.gates:
        return run_gates(args.gates, args.paths[0])
    if args.compare:
        return run_compare(args.compare, args.paths[0])
    if args.record:
        sys.stdout.write(dump(record(args.paths[0])))
        return 0
    reports = {path: report(path, args.midstates) for path in args.paths}
    if args.json:
        json.dump(reports, sys.stdout, indent=1)
        print()
    else:
        for path, found in reports.items():
            print_report(path, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
