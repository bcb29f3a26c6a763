#!/usr/bin/env python3
"""Compiles headers of kernels/, host/ and stratum/ alone, with all warnings on, each twice in one file.

    check_headers.py [--base REV] [--compiler C++] [--jobs N] [ROOT]

Every header must compile whatever was included before it. Builds compile several sources together, which hides one that
leans on its neighbours. With --base only headers are compiled that changed since that revision, or that include one that
did. Prints what the compiler says of those that fail, and exits 1 if there is any.
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import check_includes

TREES = ("kernels/core", "kernels/cpu", "kernels/gpu", "kernels/cuda", "kernels/opencl", "host", "stratum")

# What only makes sense under the instruction set flags of the one source file that includes it.
LEFT_OUT = "_inl.h"

OPTIONS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
           "-Wsign-conversion", "-Wold-style-cast", "-Wnon-virtual-dtor", "-Woverloaded-virtual", "-Wundef", "-Werror",
           "-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_BEAST_SEPARATE_COMPILATION"]


def headers(root):
    """The headers to compile, as paths relative to root."""
    found = []
    for tree in TREES:
        found += [path.relative_to(root).as_posix() for path in sorted((root / tree).rglob("*.h"))]
    return [header for header in found if not header.endswith(LEFT_OUT)]


def included(root, header):
    """The headers of ours that a header names."""
    text = (root / header).read_text(encoding="utf-8")
    targets = (what.strip('"') for _, what in check_includes.directives(text) if what.startswith('"'))
    return [target for target in targets if (root / target).is_file()]


def affected(root, all_headers, changed):
    """Those of all_headers that changed, or that lead to one that did."""
    names = {header: included(root, header) for header in all_headers}
    reached = set(changed)
    grew = True
    while grew:
        more = {header for header, targets in names.items() if header not in reached and reached.intersection(targets)}
        grew = bool(more)
        reached |= more
    return [header for header in all_headers if header in reached]


def changed_since(root, base):
    lists = (["git", "diff", "--name-only", "--diff-filter=d", base, "--"],
             ["git", "ls-files", "--others", "--exclude-standard"])
    return {line for command in lists
            for line in subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()}


def compile_alone(root, compiler, header):
    """What the compiler says of the header; empty: nothing."""
    source = f'#include "{header}"\n#include "{header}"\n'
    run = subprocess.run([compiler, *OPTIONS, f"-I{root}", "-x", "c++", "-"], input=source, capture_output=True,
                         text=True, check=False)
    return "" if run.returncode == 0 else f"{header}:\n{run.stderr}"


def main(arguments):
    parser = argparse.ArgumentParser(description="Compiles headers alone.")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--base", help="only what changed since this revision")
    parser.add_argument("--compiler", default=os.environ.get("CXX", "c++"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)

    chosen = headers(options.root)
    if options.base:
        chosen = affected(options.root, chosen, changed_since(options.root, options.base))
    with ThreadPoolExecutor(options.jobs) as pool:
        faults = [fault for fault in pool.map(lambda header: compile_alone(options.root, options.compiler, header), chosen)
                  if fault]
    for fault in faults:
        print(fault)
    print(f"headers compiled alone: {len(chosen)}, faults: {len(faults)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
