#!/usr/bin/env python3
"""tidy_commands.py COMPILE_COMMANDS FOLDER FILE...

Writes to FOLDER a compile_commands.json that clang understands, without the flags that only gcc has, and prints those
of the files that the build compiles.
"""

import json
import os
import re
import sys
from pathlib import Path

GCC_ONLY = re.compile(r" -f(?:no-)?(?:tree-|sched|ira-|gcse|ipa-)[a-z0-9=-]*| -Wno-(?:maybe-uninitialized|subobject-linkage)| --param=\S*")

with open(sys.argv[1], encoding="utf-8") as source:
    entries = json.load(source)
for entry in entries:
    entry["command"] = GCC_ONLY.sub("", entry["command"])
folder = Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
(folder / "compile_commands.json").write_text(json.dumps(entries, indent=1), encoding="utf-8")

compiled = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in entries}
for name in sys.argv[3:]:
    if os.path.realpath(name) in compiled:
        print(name)
