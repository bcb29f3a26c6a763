#!/usr/bin/env python3
"""Makes one table and one JSON file of what bench/gpu_check.sh left in a folder.

    report.py --mode full|quick|dry --capability 90 --cubins FOLDER RESULTS

Reads steps.tsv (name, exit status, seconds), the programs' *.jsonl and the logs of compute-sanitizer; adds how near each
rate comes to its kernel's static bound, from the machine code in the cubins. Exits with 1 if anything failed. What was
not measured is "open".
"""

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kernels" / "cuda"))
import sass_count  # noqa: E402

NO_GPU = 77
TIMED_OUT = 124
SANITIZERS = ("memcheck", "racecheck", "synccheck", "initcheck")
SUMMARY = re.compile(r"(ERROR|RACECHECK) SUMMARY: (\d+) (?:errors?|hazards?)")
OPENCL = ("opencl", "opencl_cpu")  # a machine need not have it
LEAST_OF_CUDA = 0.9  # that OpenCL's rate with one midstate has to be
OPEN = "open"


def read_lines(path):
    """The records of a .jsonl file; a last line that was cut off is left out."""
    records = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


def read_steps(folder):
    steps = {}
    for line in (folder / "steps.tsv").read_text(encoding="utf-8").splitlines():
        name, status, seconds = line.split("\t")
        steps[name] = {"status": int(status), "seconds": int(seconds)}
    return steps


def no_opencl(log):
    """Why there is none, as the program says it."""
    found = re.search(r"^no OpenCL: (.*)$", log.read_text(encoding="utf-8", errors="replace") if log.is_file() else "", re.MULTILINE)
    return f"not there ({found.group(1)})" if found else "not there"


def sanitizer_result(log, status):
    """What a sanitizer's own summary says: "clean", "N errors" or why there is none."""
    found = SUMMARY.findall(log)
    if not found:
        return "not finished" if status == TIMED_OUT else f"no summary (exit {status})"
    errors = sum(int(count) for _, count in found)
    if errors:
        return f"{errors} errors"
    return "clean" if status == 0 else f"no errors of memory, but exit {status}"


def step_result(name, status, folder):
    """In words, and whether it is a fault."""
    if name in OPENCL and status == NO_GPU:
        return no_opencl(folder / f"{name}.log"), False
    if name in SANITIZERS:
        result = sanitizer_result((folder / f"{name}.log").read_text(encoding="utf-8", errors="replace"), status)
        return result, result not in ("clean", "not finished")
    if name.endswith("_without_gpu"):
        return ("says so" if status == NO_GPU else f"exit {status}"), status != NO_GPU
    return ("good" if status == 0 else "not finished" if status == TIMED_OUT else f"exit {status}"), status != 0


def bounds(cubins, capability, record):
    """Hashes per multiprocessor and clock that the busiest pipe allows, with IMAD.HI at half rate and at full."""
    suffix = "" if record["balance"] == "light" else "_" + record["balance"]
    path = Path(cubins) / f"{record['kernel']}{suffix}.sm_{capability}.cubin"
    counts = sass_count.report(path, record["midstates"])["kernels"][record["kernel"]]
    scale = sass_count.SMS * sass_count.CLOCK_GHZ
    return [sass_count.bound_ghs(counts, slots) / scale for slots in (2, 1)]


def add_bounds(records, cubins, capability):
    for record in records:
        if record.get("hashes_per_sm_and_clock"):
            half, full = bounds(cubins, capability, record)
            record["of_bound_half"] = record["hashes_per_sm_and_clock"] / half
            record["of_bound_full"] = record["hashes_per_sm_and_clock"] / full


def cell(record, key, form="{:.2f}", scale=1):
    value = record.get(key)
    return OPEN if value is None else form.format(value * scale) if isinstance(value, (int, float)) else str(value)


def table(title, head, rows):
    """Lines of a section; without rows it is open."""
    yield f"\n== {title}"
    if not rows:
        yield OPEN
        return
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        yield "  ".join(str(value).ljust(width) for value, width in zip(row, widths)).rstrip()


def rate_rows(records):
    return [[r["midstates"], r["balance"], cell(r, "blocks_per_sm", "{:.0f}"), r["hashes_per_thread"],
             cell(r, "ghs", "{:.3f}"), cell(r, "sm_mhz", "{:.0f}"), cell(r, "hashes_per_sm_and_clock", "{:.5f}"),
             cell(r, "of_bound_half", "{:.1f}", 100), cell(r, "of_bound_full", "{:.1f}", 100), cell(r, "watts", "{:.0f}"),
             cell(r, "joules_per_thash", "{:.1f}"), cell(r, "celsius", "{:.0f}"), r.get("slowed_by") or "-"]
            for r in records]


RATE_HEAD = ["M", "balance", "blocks/SM", "hashes/thread", "GH/s", "SM MHz", "hashes/SM/clock", "% bound (HI half)",
             "% (HI full)", "W", "J/TH", "C", "slowed by"]


def opencl_result(steps, folder):
    """In words: whether it was measured."""
    if "opencl" not in steps:
        return OPEN
    result = step_result("opencl", steps["opencl"]["status"], folder)[0]
    return "measured" if result == "good" else result


def setting_rows(records):
    return [[r["midstates"], r["setting"], cell(r, "ghs", "{:.3f}"), cell(r, "ghs_low", "{:.3f}"), cell(r, "ghs_high", "{:.3f}")]
            for r in records]


def enough(record):
    """Whether OpenCL is as fast as is asked for; nothing is asked for with several midstates."""
    if record["midstates"] != 1:
        return "-"
    return "yes" if record["ratio"] >= LEAST_OF_CUDA else "NO"


def opencl_sections(records, steps, folder, of, dry):
    device = (of("opencl_device") or [{}])[0]
    checks = [r for r in records if r["table"] == "opencl_check"]
    bad = [r for r in checks if not r["good"]]
    yield f"\nOpenCL on {device.get('name', OPEN)}: {device.get('platform', OPEN)}, driver {device.get('driver', OPEN)}; " \
          f"{opencl_result(steps, folder)}"
    yield from table("OpenCL: correctness" + (" (of a CPU and a played GPU)" if dry else ""), ["what", "result"],
                     ([["cases x variants", f"{len(checks) - len(bad)} of {len(checks)} good"]] if checks else []) +
                     [[f"{r['variant']}: {r['name']}", r["faults"]] for r in bad] +
                     [["planted, with newer work" if r["newer_work"] else "planted",
                       f"{r['planted']} planted, {r['missed']} missed, {r['wrong']} wrong, {r['interrupted']} interrupted"
                       f"{' ' + r['faults'] if r['faults'] else ''}"]
                      for r in records if r["table"] == "opencl_planted"] +
                     [[f"{r['variant']}: {r['part']}", "no time left"] for r in of("opencl_left_out")])
    yield from table("OpenCL beside CUDA, in turns", ["M", "OpenCL", "CUDA", "OpenCL GH/s", "CUDA GH/s", "ratio", "quartiles",
                                                      f">= {LEAST_OF_CUDA}"],
                     [[r["midstates"], r["opencl"], r["cuda"], cell(r, "opencl_ghs", "{:.3f}"), cell(r, "cuda_ghs", "{:.3f}"),
                       cell(r, "ratio", "{:.3f}"), f"{r['ratio_low']:.3f} to {r['ratio_high']:.3f}", enough(r)]
                      for r in of("opencl_side_by_side")])
    head = ["M", "setting", "GH/s", "least", "most"]
    yield from table("OpenCL: variants", head, setting_rows(of("opencl_variants")))
    yield from table("OpenCL: launch shapes", head, setting_rows(of("opencl_shapes")))
    yield from table("OpenCL: latency, microseconds", ["what", "M", "count", "p50", "p99", "most"],
                     [[r["what"], r["midstates"], r["count"], cell(r, "p50_us", "{:.1f}"), cell(r, "p99_us", "{:.1f}"),
                       cell(r, "most_us", "{:.1f}")] for r in of("opencl_latency")])


def sections(records, steps, folder, dry):
    """The table's lines. Rates of a played GPU mean nothing, so a dry run shows none."""
    def of(name):
        return [] if dry else [r for r in records if r["table"] == name]

    gpu = (of("gpu") or [{}])[0]
    yield f"GPU: {gpu.get('name', OPEN)}, {gpu.get('multiprocessors', OPEN)} SMs, capability {gpu.get('capability', OPEN)}"
    yield from table("steps", ["step", "result", "s"],
                     [[name, step_result(name, step["status"], folder)[0], step["seconds"]]
                      for name, step in steps.items()])
    checks = [r for r in records if r["table"] == "check"]
    bad = [r for r in checks if not r["good"]]
    yield from table("correctness" + (" (on a played GPU)" if dry else ""), ["what", "result"],
                     ([["cases x images", f"{len(checks) - len(bad)} of {len(checks)} good"]] if checks else []) +
                     [[f"{r['balance']}: {r['name']}", r["faults"]] for r in bad] +
                     [["planted, with newer work" if r["newer_work"] else "planted",
                       f"{r['planted']} planted, {r['missed']} missed, {r['wrong']} wrong, {r['interrupted']} interrupted"
                       f"{' ' + r['faults'] if r['faults'] else ''}"]
                      for r in records if r["table"] == "planted"])
    yield from table("sanitizers", ["tool", "result"],
                     [] if dry else [[name, step_result(name, steps[name]["status"], folder)[0] if name in steps else OPEN]
                                     for name in SANITIZERS])
    yield from table("rates: the best of each, alternating", RATE_HEAD, rate_rows(of("headline")))
    yield from table("rates through the device", ["M", "balance", "GH/s", "% of kernel rate"],
                     [[r["midstates"], r["balance"], cell(r, "ghs", "{:.3f}"), cell(r, "of_kernel_rate", "{:.2f}", 100)]
                      for r in of("through_device")])
    yield from table("rates: balances", RATE_HEAD, rate_rows(of("balances")))
    yield from table("rates: launch shapes", RATE_HEAD, rate_rows(of("shapes")))
    yield from table("instructions for each SM and clock", ["kernel", "instructions", "warps/scheduler", "by clock",
                                                            "by events", "latency", "SM MHz"],
                     [[r["kernel"], r["instructions"], cell(r, "warps_per_scheduler", "{:.3g}"),
                       cell(r, "per_sm_and_clock", "{:.1f}"), cell(r, "by_events", "{:.1f}"),
                       cell(r, "latency_clocks", "{:.2f}") if "latency_clocks" in r else "-", cell(r, "sm_mhz", "{:.0f}")]
                      for r in of("microbench")])
    yield from table("latency, microseconds", ["what", "M", "count", "p50", "p99", "most"],
                     [[r["what"], r["midstates"], r["count"], cell(r, "p50_us", "{:.1f}"), cell(r, "p99_us", "{:.1f}"),
                       cell(r, "most_us", "{:.1f}")] for r in of("latency")])
    yield from opencl_sections(records, steps, folder, of, dry)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--mode", choices=("full", "quick", "dry"), required=True)
    parser.add_argument("--capability", type=int, required=True)
    parser.add_argument("--cubins", type=Path, required=True)
    args = parser.parse_args()
    steps = read_steps(args.results)
    files = sorted(path for path in args.results.glob("*.jsonl") if path.stem not in SANITIZERS)
    records = [record for path in files for record in read_lines(path)]
    add_bounds(records, args.cubins, args.capability)
    faults = [name for name, step in steps.items() if step_result(name, step["status"], args.results)[1]]
    print("\n".join(sections(records, steps, args.results, args.mode == "dry")))
    report = {"mode": args.mode, "capability": args.capability, "steps": steps, "faults": faults,
              "results": {name: step_result(name, step["status"], args.results)[0] for name, step in steps.items()},
              "records": [] if args.mode == "dry" else records,
              "opencl": opencl_result(steps, args.results)}
    (args.results / "gpu_check.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"\n{len(steps)} steps, {len(faults)} with faults{': ' + ', '.join(faults) if faults else ''}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
