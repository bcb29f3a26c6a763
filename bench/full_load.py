#!/usr/bin/env python3
"""Compares the rate of mining a node with what `lode bench` measures for the same kernel, in turn.

The node is bench/scripted_node, whose work nobody ever solves, so that nothing but hashing happens, for as long as
wanted. Printed are the medians and the median ratio of neighbouring runs; 99.5 % and more is wanted. There are two
rates:
  by the clock           `lode mine` counts from its first job to its end, hashes and times as its events tell them
  by processor time      a long run less a short one, so that what a start costs falls out: what other programs do to
                         the machine meanwhile counts far less, and what all threads of lode use is included
"""

import argparse
import datetime
import json
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
SHORT = 1  # seconds, of a run whose cost is subtracted
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


def mine(args, url, state, seconds):
    """What a run of `lode mine` used and reached."""
    with tempfile.TemporaryDirectory() as folder:
        events_file = Path(folder) / "events"
        command = [str(args.lode), "mine", url, "--payout", ADDRESS, "--threads", str(args.threads), "--quiet",
                   "--seconds", str(seconds), "--events", str(events_file), "--state", state]
        if args.kernel:
            command += ["--kernel", args.kernel]
        if args.single:
            command.append("--no-version-rolling")
        _, processor_seconds = measuring.run_program(command)
        events = [json.loads(line) for line in events_file.read_text(encoding="utf-8").splitlines()]
    first = {event["event"]: event for event in reversed(events)}
    if "job" not in first or "stopped" not in first:
        raise Failure("lode got no work, or did not come to its end")
    device = first["started"]["devices"][0]
    stopped = first["stopped"]
    return {
        "kernel": device["single_kernel"] if args.single else device["kernel"],
        "midstates": 1 if args.single else device["midstates"],
        "hashes": stopped["hashes"],
        "hashes_per_second": stopped["hashes"] / (seconds_of(stopped) - seconds_of(first["job"])),
        "processor_seconds": processor_seconds,
    }


def rates(run, seconds):
    """Both rates, of a function that makes a run of a length."""
    long, short = run(seconds), run(SHORT)
    return {"clock": long["hashes_per_second"],
            "processor": (long["hashes"] - short["hashes"]) / (long["processor_seconds"] - short["processor_seconds"])}


def measure(args, url, state):
    machine = measuring.machine()  # before our own runs load it
    use = mine(args, url, state, SHORT)  # not counted: tells what is used, and warms up

    def run_mine(seconds):
        run = mine(args, url, state, seconds)
        if (run["kernel"], run["midstates"]) != (use["kernel"], use["midstates"]):
            raise Failure(f"lode chose {run['kernel']} after {use['kernel']}: name one with --kernel")
        return run

    def run_bench(seconds):
        return measuring.lode_bench(args.lode, seconds, use["kernel"], use["midstates"], args.threads,
                                    nice=WORKER_PRIORITY)[0]

    samples = {"lode": measuring.lode_version(args.lode), "machine": machine, "threads": args.threads,
               "seconds": args.seconds, "tip_seconds": args.tip_seconds, "kernel": use["kernel"],
               "midstates": use["midstates"], "mine": [], "bench": [rates(run_bench, args.seconds)]}
    measuring.warn_of_load(samples)
    for number in range(args.rounds):
        samples["mine"].append(rates(run_mine, args.seconds))
        samples["bench"].append(rates(run_bench, args.seconds))
        print(f"round {number + 1} of {args.rounds}", file=sys.stderr)
    return samples


def report(samples):
    print(f"{samples['kernel']}, M = {samples['midstates']}, threads: {samples['threads']}, "
          f"{len(samples['mine'])} rounds of {samples['seconds']:g} s; medians (quartiles)")
    for kind, name in (("clock", "by the clock"), ("processor", "by processor time")):
        mined = [run[kind] for run in samples["mine"]]
        benches = [run[kind] for run in samples["bench"]]
        ratios = Spread([one / ((before + after) / 2) for one, before, after in zip(mined, benches, benches[1:])])
        print(f"{name + ':':<19} mine {Spread(mined).text(2, 1e-6)}, bench {Spread(benches).text(2, 1e-6)} MH/s, "
              f"ratio {ratios.text(2, 100)} %")


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
    if args.seconds < 2 * SHORT or args.rounds < 1:
        parser.error(f"at least one round of {2 * SHORT} s")
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
    report(samples)


if __name__ == "__main__":
    main()
