"""Runs the real `lode` program and reads its machine-readable events.

The environment variable LODE names the program.
"""

import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import bcoin
from patience import PATIENCE

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_HASH = re.compile(r"[0-9a-f]{64}")

TOTALS = (
    "hashes",
    "shares_accepted",
    "shares_rejected",
    "shares_stale",
    "blocks_accepted",
    "blocks_rejected",
    "hardware_errors",
)

# Fields that events of a kind must have, and what they are.
_FIELDS = {
    "job": {"source": str, "height": int, "clean": bool},
    "block_found": {"hash": str, "height": int, "device": str},
    "block_accepted": {"hash": str, "height": int, "sink": str, "milliseconds": (int, float)},
    "block_rejected": {"reason": str},
    "rate": {"hashes_per_second": (int, float)},
    "stopped": dict.fromkeys(TOTALS, int),
}


def program():
    path = os.environ.get("LODE")
    if not path:
        raise RuntimeError("set LODE to the path of the lode program")
    return os.path.abspath(path)


def run(*arguments, timeout=PATIENCE):
    """Runs lode to its end; returns the finished process with its output as text."""
    return subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=timeout, check=False)


def seconds_of(event):
    """The time of an event, in seconds since 1970."""
    text = event["time"].replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text).timestamp()


def check_event(event):
    """Raises AssertionError when an event is not as documented."""
    if not _TIME.fullmatch(str(event.get("time"))):
        raise AssertionError("event without a UTC time in milliseconds: %r" % event)
    if not isinstance(event.get("event"), str):
        raise AssertionError("event without a name: %r" % event)
    fields = _FIELDS.get(event["event"], {})
    for name, kind in fields.items():
        if not isinstance(event.get(name), kind) or isinstance(event.get(name), bool) != (kind is bool):
            raise AssertionError("event field %s is missing or of the wrong type: %r" % (name, event))
    if "hash" in fields and not _HASH.fullmatch(event["hash"]):
        raise AssertionError("not a block hash: %r" % event)


class Lode:
    """A running `lode mine`. Use with `with`: whatever the test does, the program is gone afterwards."""

    def __init__(self, *arguments, state=None, devices=("cpu", "--threads", "1"), prefix=()):
        self._own = tempfile.mkdtemp(prefix="lode-test-")
        self.state = state or os.path.join(self._own, "state")
        self._events_path = os.path.join(self._own, "events.jsonl")
        self._error_path = os.path.join(self._own, "stderr")
        self._events = []
        self._read = 0
        command = [*prefix, program(), "mine", *arguments, "--devices", *devices, "--no-color"]
        command += ["--cpu-affinity", "none"]  # tests run side by side
        command += ["--events", self._events_path, "--state", self.state]
        with open(self._error_path, "wb") as error:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=error, stderr=error)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self._own, ignore_errors=True)

    def output(self):
        """What the program wrote for people."""
        with open(self._error_path, encoding="utf-8", errors="replace") as error:
            return error.read()

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL: nothing is cleaned up, nothing is flushed."""
        self.process.kill()
        self.process.wait()

    def finish(self, patience=PATIENCE, without=None):
        """Waits for the program to end; returns its exit status. Fails at once at an event called `without`, and when for
        `patience` seconds nothing has happened but time."""
        known, deadline = 0, time.monotonic() + patience
        while True:
            try:
                return self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
            if without is not None and self.events(without):
                raise AssertionError("lode reported a %s\n%s" % (without, self.describe()))
            progress = len(self.events()) - len(self.events("rate"))
            if progress != known:
                known, deadline = progress, time.monotonic() + patience
            if time.monotonic() > deadline:
                raise AssertionError("nothing in %g s, and lode still runs\n%s" % (patience, self.describe()))

    def interrupt(self):
        """SIGINT, then waits for the end; returns the exit status."""
        self.signal(signal.SIGINT)
        return self.finish()

    def wait_for_output(self, text):
        """Waits until the program has written `text` for people."""
        bcoin.wait_until(lambda: text in self.output(), "%r among the messages" % text, self.describe)

    def events(self, name=None):
        """All events so far, or those called `name`. Every event is checked against its documentation."""
        if os.path.exists(self._events_path):
            with open(self._events_path, "rb") as stream:
                stream.seek(self._read)
                data = stream.read()
            whole = data.rfind(b"\n") + 1
            self._read += whole
            for line in data[:whole].splitlines():
                event = json.loads(line)
                check_event(event)
                self._events.append(event)
        return [event for event in self._events if name is None or event["event"] == name]

    def wait_for(self, name, where=None, after=0.0):
        """The first event called `name` for which `where(event)` holds and that is later than `after` (seconds since
        1970); fails when there never is one or the program ends without it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            ended = self.process.poll() is not None
            for event in self.events(name):
                if seconds_of(event) >= after and (where is None or where(event)):
                    return event
            if ended or time.monotonic() > deadline:
                what = "lode ended" if ended else "%g s passed" % PATIENCE
                raise AssertionError("%s without the awaited %s event\n%s" % (what, name, self.describe()))
            time.sleep(0.01)

    def describe(self):
        """The last events and messages, for failures."""
        events = "\n".join(json.dumps(event) for event in self.events()[-15:])
        return "--- last events\n%s\n--- messages\n%s" % (events, self.output()[-3000:])


class InteropTest(unittest.TestCase):
    """Base of the tests that need a real node: skipped, saying what is missing, where there is none."""

    longMessage = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lack = bcoin.missing()
        if lack:
            raise unittest.SkipTest("interop: " + lack)
        program()
