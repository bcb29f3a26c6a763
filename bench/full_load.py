#!/usr/bin/env python3
"""Compares the rate of mining a node with what `lode bench` measures for the same kernel, in turn.

The node is bench/scripted_node, whose work nobody ever solves, so that nothing but hashing happens, for as long as
wanted. A run of `lode mine` counts from its first job to its end: hashes as its last event tells them, by the clock of
the events. Printed are the medians and the median ratio of neighbouring runs; 99.5 % and more is wanted.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import measuring  # noqa: E402
from measuring import Failure, Spread  # noqa: E402

EXAMPLES = """
examples:
  bench/full_load.py
  bench/full_load.py --kernel shani_x4 --single --rounds 12
  bench/full_load.py --threads 2 --tip-seconds 5 --json samples.json
"""

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # BIP173's example key
WORKER_PRIORITY = 19  # nice value of lode's workers: `lode bench` runs with the same, or other programs would decide


class ScriptedNode:
    """The node, as long as the `with` lasts."""

    def __init__(self, program, tip_seconds):
        self.command = [str(program), "17034219", str(tip_seconds)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = self.process.stdout.readline().strip()
        if not port:
            raise Failure(f"{self.command[0]} does not start")
        self.url = f"http://x:x@127.0.0.1:{port}"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def seconds_of(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()


def mine(args, url, state):
    """What a run of `lode mine` used and reached."""
    with tempfile.TemporaryDirectory() as folder:
        events_file = Path(folder) / "events"
        command = [str(args.lode), "mine", url, "--payout", ADDRESS, "--threads", str(args.threads), "--quiet",
                   "--seconds", str(args.seconds), "--events", str(events_file), "--state", state]
        if args.kernel:
            command += ["--kernel", args.kernel]
        if args.single:
            command.append("--no-version-rolling")
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failure(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
        events = [json.loads(line) for line in events_file.read_text(encoding="utf-8").splitlines()]
    first = {event["event"]: event for event in reversed(events)}
    if "job" not in first or "stopped" not in first:
        raise Failure(f"lode got no work, or did not come to its end:\n{done.stderr}")
    device = first["started"]["devices"][0]
    stopped = first["stopped"]
    return {
        "kernel": device["single_kernel"] if args.single else device["kernel"],
        "midstates": 1 if args.single else device["midstates"],
        "hashes_per_second": stopped["hashes"] / (seconds_of(stopped) - seconds_of(first["job"])),
        "jobs": sum(event["event"] == "job" for event in events),
    }


def bench(args, use):
    results = measuring.lode_bench(args.lode, args.seconds, use["kernel"], use["midstates"], args.threads,
                                   nice=WORKER_PRIORITY)
    return results[0]["hashes_per_second"]


def measure(args, url, state):
    use = mine(args, url, state)  # not counted: tells what is used, and warms up
    samples = {"lode": measuring.lode_version(args.lode), "machine": measuring.machine(), "threads": args.threads,
               "seconds": args.seconds, "tip_seconds": args.tip_seconds, "kernel": use["kernel"],
               "midstates": use["midstates"], "mine": [], "bench": [bench(args, use)]}
    for number in range(args.rounds):
        run = mine(args, url, state)
        if (run["kernel"], run["midstates"]) != (use["kernel"], use["midstates"]):
            raise Failure(f"lode chose {run['kernel']} after {use['kernel']}: name one with --kernel")
        samples["mine"].append(run["hashes_per_second"])
        samples["bench"].append(bench(args, use))
        print(f"round {number + 1} of {args.rounds}: mine {samples['mine'][-1] / 1e6:.2f}, "
              f"bench {samples['bench'][-1] / 1e6:.2f} MH/s", file=sys.stderr)
    return samples


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lode", type=Path, default=measuring.DEFAULT_LODE, help="[build/release/lode]")
    parser.add_argument("--node", type=Path, metavar="PROGRAM", help="[bench/scripted_node beside lode]")
    parser.add_argument("--kernel", metavar="NAME", help="[what lode chooses]")
    parser.add_argument("--single", action="store_true", help="without version rolling (M = 1)")
    parser.add_argument("--threads", type=int, default=1, help="[1]")
    parser.add_argument("--seconds", type=float, default=10, help="length of each run [10]")
    parser.add_argument("--rounds", type=int, default=10, help="[10]")
    parser.add_argument("--tip-seconds", type=int, default=0, metavar="S", help="new work so often; 0: once [0]")
    parser.add_argument("--state", metavar="DIR", help="where lode keeps its choice of kernels [a folder of its own]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all samples, with the machine they are from")
    args = parser.parse_args()
    args.node = args.node or args.lode.parent / "bench" / "scripted_node"
    return args


def main():
    args = parse_arguments()
    try:
        with ScriptedNode(args.node, args.tip_seconds) as node, tempfile.TemporaryDirectory() as state:
            samples = measure(args, node.url, args.state or state)
        if args.json:
            args.json.write_text(json.dumps(samples, indent=1) + "\n", encoding="utf-8")
    except (Failure, OSError) as error:
        sys.exit(f"full_load: {error}")
    benches = samples["bench"]
    ratios = Spread([mined / ((before + after) / 2)
                     for mined, before, after in zip(samples["mine"], benches, benches[1:])])
    print(f"{samples['kernel']}, M = {samples['midstates']}, {args.threads} of {os.cpu_count()} CPUs, "
          f"{args.rounds} rounds of {args.seconds:g} s; medians (quartiles)\n"
          f"lode mine:  {Spread(samples['mine']).text(2, 1e-6)} MH/s\n"
          f"lode bench: {Spread(benches).text(2, 1e-6)} MH/s\n"
          f"mine / bench: {ratios.text(2, 100)} %")


if __name__ == "__main__":
    main()
