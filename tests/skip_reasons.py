#!/usr/bin/env python3
"""skip_reasons.py JUNIT_FILE: prints why tests did not run, from what CTest wrote with --output-junit.

One line for each reason, with how many tests it held back and the first of them. Prints nothing if all ran.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict

# GoogleTest: "file.cpp:12: Skipped", and the reason on the next line.
_GOOGLE_TEST = re.compile(r": Skipped\n+([^\n]+)")
# unittest's "skipped 'reason'", and scripts that end with status 77 after "skipped: reason".
_UNITTEST = re.compile(r"skipped ['\"](.+?)['\"]\n")
_SCRIPT = re.compile(r"^skipped: ([^\n]+)", re.MULTILINE)


def reason_of(output):
    for pattern in (_GOOGLE_TEST, _UNITTEST, _SCRIPT):
        if match := pattern.search(output):
            return match.group(1).strip()
    return "no reason given"


def reasons(file):
    """What kept tests from running: reason to the tests' names."""
    found = defaultdict(list)
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        if case.find("skipped") is not None or case.get("status") == "notrun":
            found[reason_of(case.findtext("system-out") or "")].append(case.get("name"))
    return found


def main(arguments):
    for reason, names in sorted(reasons(arguments[0]).items()):
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print(f"skipped: {names[0]}{more}: {reason}")


if __name__ == "__main__":
    main(sys.argv[1:])
