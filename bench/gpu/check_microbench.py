#!/usr/bin/env python3
"""Verifies that the loops of the microbenchmarks hold the instructions that they are named after.

    check_microbench.py MICROBENCH.cubin KERNELS

KERNELS is what `gpu_microbench --list` prints: a line for each kernel, with its name, its instructions joined by "+", and
how many of each one turn of the loop has. A loop must have these and at most a few more, for the counter and the branch.
Exits 1 if one does not. Needs no GPU.
"""

import collections
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kernels" / "cuda"))
import sass_count  # noqa: E402

SLACK = 20  # instructions of a loop that are not its subject
LONGEST_SLACK = 0.01  # the compiler may put more around a loop of thousands


def loop_of(words, capability):
    """The instructions of the longest loop."""
    longest = []
    for index, word in enumerate(words):
        if sass_count.opcode(word) == sass_count.BRA:
            target = sass_count.branch_target(index, word, capability)
            if 0 <= target < index and index - target + 1 > len(longest):
                longest = words[target:index + 1]
    return longest


def faults_of(words, capability, instructions, of_each):
    """What is wrong with a kernel's machine code, as sentences."""
    loop = loop_of(words, capability)
    names = collections.Counter(sass_count.name_of(word) for word in loop)
    wanted = sum(of_each for _ in instructions)
    for instruction in instructions:
        # A copy of the counter or a constant may be made by a multiplication; none may be missing.
        if not of_each <= names[instruction] <= of_each + SLACK:
            yield f"{names[instruction]} {instruction} instead of {of_each}"
    if len(loop) - wanted > max(SLACK, LONGEST_SLACK * wanted):
        yield f"{len(loop) - wanted} instructions besides: {dict(names)}"


def main():
    cubin = sass_count.Cubin(Path(sys.argv[1]).read_bytes())
    kernels = [line.split() for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()]
    bad = 0
    for name, instructions, of_each in kernels:
        words = cubin.kernels.get(name)
        faults = (["is not there"] if words is None else
                  list(faults_of(words, cubin.capability, instructions.split("+"), int(of_each))))
        if words is not None and sum(sass_count.name_of(word) in sass_count.SPILLS for word in words):
            faults.append("uses local memory")
        bad += bool(faults)
        for fault in faults:
            print(f"{name}: {fault}")
    print(f"{len(kernels)} loops, {bad} of them wrong (sm_{cubin.capability}, compiler {cubin.compiler})")
    return 1 if bad or not kernels else 0


if __name__ == "__main__":
    sys.exit(main())
