#!/usr/bin/env python3
"""compiled_here.py COMPILE_COMMANDS FILE... prints those of the files that the build compiles."""

import json
import os
import sys

with open(sys.argv[1], encoding="utf-8") as commands:
    compiled = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in json.load(commands)}
for name in sys.argv[2:]:
    if os.path.realpath(name) in compiled:
        print(name)
