#!/usr/bin/env python3
"""Mines a real node (bcoin on regtest, as the tests start it) with lode and with another program in turn, and compares.

    bench/compare_mining.py --lode build/release/lode \\
        --peer 'cpuminer -a sha256d -o http://127.0.0.1:{port} -u x -p {key} --coinbase-addr={address} -t {threads}' \\
        --peer-submission 'Submitted Diff'

Both get the same node, address and number of threads, alternating, `--rounds` times `--seconds`. Printed are, for each,
the blocks by which the best chain grew each second and the share of the blocks submitted that did not end up in it, as
medians over the rounds. What the other program submitted is counted by the lines of its output that contain
`--peer-submission`. A first round of each is not counted: the node's code has to get warm. Keep it short: every six
blocks push the chain's clock on by a second, and after two hours of that the node refuses blocks from the future.
Needs what `./bootstrap test` installs; builds nothing.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

import bcoin  # noqa: E402

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # BIP173's example key


def run_for(command, seconds, folder):
    """Runs a command for a time; returns what it printed."""
    with open(folder / "output", "w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        time.sleep(seconds)
        process.terminate()
        process.wait(timeout=30)
        output.seek(0)
        return output.read()


def mine(node, seconds, command, count_submitted):
    """(blocks the chain grew by, blocks submitted) while the command ran."""
    before = node.height()
    with tempfile.TemporaryDirectory() as folder:
        submitted = count_submitted(run_for(command(Path(folder)), seconds, Path(folder)), Path(folder))
    return node.height() - before, submitted


def median(rows, value):
    return statistics.median(value(row) for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lode", required=True)
    parser.add_argument("--peer", required=True, help="command line with {port}, {key}, {address} and {threads}")
    parser.add_argument("--peer-submission", required=True, metavar="TEXT")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if complaint := bcoin.missing():
        sys.exit(complaint)

    results = {"lode": [], "peer": []}
    with bcoin.Node() as node:
        node.activate_segwit()

        def lode_command(folder):
            return [args.lode, "mine", node.url(), "--payout", ADDRESS, "--threads", str(args.threads),
                    "--events", str(folder / "events"), "--state", str(folder / "state")]

        def lode_submitted(_, folder):
            with open(folder / "events", encoding="utf-8") as events:
                return sum(json.loads(line)["event"] == "block_found" for line in events)

        def peer_command(_):
            values = {"port": node.port, "key": node.key, "address": ADDRESS, "threads": args.threads}
            return [part.format(**values) for part in shlex.split(args.peer)]

        def peer_submitted(output, _):
            return output.count(args.peer_submission)

        mine(node, args.seconds, lode_command, lode_submitted)
        mine(node, args.seconds, peer_command, peer_submitted)
        for _ in range(args.rounds):
            results["lode"].append(mine(node, args.seconds, lode_command, lode_submitted))
            results["peer"].append(mine(node, args.seconds, peer_command, peer_submitted))

    report = {}
    for name, rows in results.items():
        report[name] = {
            "blocks_per_second": median(rows, lambda row: row[0] / args.seconds),
            "share_wasted": median(rows, lambda row: 1 - row[0] / row[1] if row[1] else 0.0),
            "rounds": rows,
        }
    report["ratio_blocks_per_second"] = statistics.median(
        ours[0] / theirs[0] for ours, theirs in zip(results["lode"], results["peer"]) if theirs[0])
    if args.json:
        print(json.dumps(report, indent=1))
        return
    for name in results:
        row = report[name]
        print(f"{name}: {row['blocks_per_second']:.1f} blocks/s in the chain, {100 * row['share_wasted']:.1f} % of its "
              f"submissions wasted (grown/submitted by round: {row['rounds']})")
    print(f"lode/peer, blocks in the chain, median of the rounds: {report['ratio_blocks_per_second']:.2f}")


if __name__ == "__main__":
    main()
