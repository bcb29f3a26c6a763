#!/usr/bin/env python3
"""Counts the machine instructions of the OpenCL kernels on NVIDIA's GPUs, as kernels/cuda/sass_count.py does of CUDA's.
Needs clang with the target nvptx64 and ptxas, and no GPU.

    count_sass.py SOURCE.cl                       prints the counts of every balance
    count_sass.py --gates GATES.json SOURCE.cl    checks them against limits; exits 1 if one is exceeded

SOURCE.cl is what the build makes, opencl/sha256d.cl. Exits 77 if a tool is missing, and says which. NVIDIA's driver
compiles with a clang of its own: what is counted here shows what the source allows, and that a change did not lose it.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cuda"))
import sass_count  # noqa: E402

MISSING = 77
KERNELS = ("sha256d_m1", "sha256d_mn")
BALANCES = ("none", "light", "medium", "heavy")  # in the order of kernels::gpu::Balance
NVIDIA = 2  # kernels::opencl::Flavour
SHAPE = {"WIDTH": 1, "GROUP_SIZE": 128, "KEYS_STORED": 1}  # as kernels/opencl/program.cpp has it
# clang 14 knows no newer one; ptxas makes the code, for any that is as new.
VIRTUAL_CPU = "sm_80"


PACKAGES = {"clang": "clang", "ptxas": "nvidia-cuda-toolkit"}


class Missing(Exception):
    """A tool that is not there; one sentence."""


def tool(name):
    path = shutil.which(name)
    if path is None:
        raise Missing(f"there is no {name} (package {PACKAGES[name]})" if name in PACKAGES else f"there is no {name}")
    return path


def find_tools(clang, ptxas):
    """Their paths; Missing if one of them is not there, or clang was built without NVIDIA's target."""
    paths = tool(clang), tool(ptxas)
    if "nvptx64" not in run([paths[0], "--print-targets"]):
        raise Missing(f"{paths[0]} has no target nvptx64")
    return paths


def run(command):
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: exit {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout


def ptx_command(clang, source, balance, output):
    """clang's command line for the kernels with a balance."""
    options = {"FLAVOUR": NVIDIA, "BALANCE": BALANCES.index(balance), **SHAPE}
    return [clang, "-x", "cl", "-cl-std=CL1.2", "-O3", "-target", "nvptx64-nvidia-nvcl",
            "-Xclang", "-finclude-default-header", "-Xclang", "-target-cpu", "-Xclang", VIRTUAL_CPU,
            "-include", str(HERE / "nvptx_builtins.cl"), *(f"-DLODE_{name}={value}" for name, value in options.items()),
            "-S", "-o", str(output), str(source)]


def compile_all(clang, ptxas, source, capability, folder):
    """A cubin for each balance and kernel: light.sha256d_m1.sm_90.cubin."""
    for balance in BALANCES:
        ptx = Path(folder) / f"{balance}.ptx"
        run(ptx_command(clang, source, balance, ptx))
        for kernel in KERNELS:
            cubin = Path(folder) / f"{balance}.{kernel}.sm_{capability}.cubin"
            run([ptxas, f"-arch=sm_{capability}", "-O3", "--entry", kernel, "-o", str(cubin), str(ptx)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--capability", type=int, default=90)
    parser.add_argument("--midstates", type=int, default=8)
    parser.add_argument("--clang", default="clang")
    parser.add_argument("--ptxas", default="ptxas")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--json", action="store_true")
    modes.add_argument("--gates", metavar="GATES.json", type=Path)
    args = parser.parse_args()
    try:
        clang, ptxas = find_tools(args.clang, args.ptxas)
    except Missing as missing:
        print(f"skipped: {missing}")
        return MISSING
    with tempfile.TemporaryDirectory() as folder:
        compile_all(clang, ptxas, args.source, args.capability, folder)
        if args.gates:
            return sass_count.run_gates(args.gates, folder)
        reports = {path.name: sass_count.report(path, args.midstates) for path in sorted(Path(folder).glob("*.cubin"))}
    if args.json:
        json.dump(reports, sys.stdout, indent=1)
        print()
    else:
        for name, found in reports.items():
            sass_count.print_report(name, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
