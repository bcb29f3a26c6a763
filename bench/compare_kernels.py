#!/usr/bin/env python3
"""Compares the rate of one lode kernel with another program's benchmark, one core each, in turn.

    bench/compare_kernels.py --lode build/release/lode --kernel shani_x2 \\
        --peer 'cpuminer -a sha256d --benchmark -t 1' --peer-rate 'Total: ([0-9.]+) ([kMG])H/s'

The two alternate `--rounds` times; each runs about `--seconds`. The other program's rate is the last match of
`--peer-rate` (a number, then k, M or G) in its output. Printed are both medians and the median of the ratios of
neighbouring runs: these are what to quote, since machines change speed by tens of per cent within a minute.
"""

import argparse
import json
import re
import shlex
import statistics
import subprocess
import sys

PREFIX = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}


def lode_rate(args):
    done = subprocess.run(
        [args.lode, "bench", "--devices", "cpu", "--threads", "1", "--kernel", args.kernel, "--midstates",
         str(args.midstates), "--seconds", str(args.seconds), "--json"],
        capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)["results"][0]
    if not result["verified"]:
        sys.exit("lode's run was not verified")
    return result["hashes_per_second"]


def peer_rate(args):
    command = ["timeout", "-s", "INT", str(args.peer_seconds or args.seconds + 1), *shlex.split(args.peer)]
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout
    found = re.findall(args.peer_rate, output)
    if not found:
        sys.exit(f"no rate in the other program's output:\n{output[-2000:]}")
    number, prefix = found[-1]
    return float(number) * PREFIX[prefix]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lode", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--midstates", type=int, default=1)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--peer-rate", required=True, metavar="REGEX")
    parser.add_argument("--peer-seconds", type=float, help="how long the other program runs, default --seconds + 1")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()

    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(lode_rate(args))
        theirs.append(peer_rate(args))
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"lode {args.kernel} (M={args.midstates}): median {statistics.median(ours) / 1e6:.2f} MH/s "
          f"({min(ours) / 1e6:.2f} .. {max(ours) / 1e6:.2f})")
    print(f"peer: median {statistics.median(theirs) / 1e6:.2f} MH/s ({min(theirs) / 1e6:.2f} .. {max(theirs) / 1e6:.2f})")
    print(f"ratio: median {statistics.median(ratios):.3f} ({min(ratios):.3f} .. {max(ratios):.3f}), {args.rounds} rounds")


if __name__ == "__main__":
    main()
