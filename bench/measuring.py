"""What the comparing scripts of this folder share: running `lode bench`, medians with their spread, the machine."""

import datetime
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_LODE = ROOT / "build" / "release" / "lode"


class Failure(Exception):
    """Something that makes a measurement worthless; the text is for people."""


def enter_cpu(cpu, nice=0):
    """What a child process does before it becomes the program: stays on one CPU (None: anywhere), steps back."""
    def enter():
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})
        if nice:
            os.nice(nice)
    return enter


def run_program(command, cpu=None, nice=0):
    """Runs a program to its end: (its standard output, the seconds of processor time it took)."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                   preexec_fn=enter_cpu(cpu, nice))
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise Failure(f"{shlex.join(command)}: exit status {process.returncode}\n{errors.read()}")
        output.seek(0)
        return output.read(), usage.ru_utime + usage.ru_stime


def lode_bench(lode, seconds, kernel=None, midstates=None, threads=1, cpu=None, nice=0):
    """The results of one `lode bench`: objects with kernel, midstates, hashes, hashes_per_second and, of the whole run,
    processor_seconds. Without `midstates` there is one for M = 1 and one for the M that lode would choose."""
    command = [str(lode), "bench", "--devices", "cpu", "--threads", str(threads), "--seconds", str(seconds), "--json"]
    if kernel:
        command += ["--kernel", kernel]
    if midstates:
        command += ["--midstates", str(midstates)]
    output, processor_seconds = run_program(command, cpu, nice)
    results = json.loads(output)["results"]
    for result in results:
        if not result["verified"]:
            raise Failure(f"{shlex.join(command)}: the results were not verified")
        result["processor_seconds"] = processor_seconds
    return results


class Spread:
    """Median, quartiles and ends of some numbers."""

    def __init__(self, values):
        values = sorted(values)
        self.median = statistics.median(values)
        self.lowest, self.highest = values[0], values[-1]
        quartiles = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
        self.lower, self.upper = quartiles[0], quartiles[2]

    def text(self, digits, scale=1.0):
        def number(value):
            return f"{value * scale:.{digits}f}"
        return f"{number(self.median)} ({number(self.lower)} .. {number(self.upper)})"


def machine():
    """What somebody who reads the samples later wants to know of the machine and the moment."""
    model = "unknown"
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name") or line.startswith("CPU part"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    system = platform.platform()
    try:
        release = platform.freedesktop_os_release()
        system = f"{release.get('PRETTY_NAME', '')}, {platform.system()} {platform.release()}"
    except (OSError, AttributeError):
        pass
    return {
        "cpu": model,
        "architecture": platform.machine(),
        "cpus_allowed": sorted(os.sched_getaffinity(0)),
        "system": system,
        "load_average": os.getloadavg()[0],
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }


def warn_of_load(samples):
    """Says so when other programs use the machine."""
    load = samples["machine"]["load_average"]
    if load > 0.5:
        print(f"warning: other programs are running (load average {load:.2f}); take the figures as a hint only",
              file=sys.stderr)


def lode_version(lode):
    done = subprocess.run([str(lode), "version"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
