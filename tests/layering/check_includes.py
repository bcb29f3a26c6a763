#!/usr/bin/env python3
"""Checks every #include line of kernels/, host/, stratum/ and bench/ against the table in layers.py.

    check_includes.py [ROOT]      ROOT: the repository, default the one this file is in

Prints one line a violation, `file:line: what is wrong`, and exits 1 if there is any.
"""

import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import layers

TREES = ["kernels", "host", "stratum", "bench"]
SOURCES = {".h", ".hpp", ".cuh", ".cpp", ".cc", ".cu", ".cl"}
HEADERS = {".h", ".hpp", ".cuh"}

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*include\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_TARGET = re.compile(r'(?:<([^>]+)>|"([^"]+)")$')


def sources(root):
    """Every C++, CUDA and OpenCL file under the checked trees, as paths relative to root."""
    for tree in TREES:
        for path in sorted((root / tree).rglob("*")):
            if path.suffix in SOURCES and path.is_file():
                yield path.relative_to(root)


def directives(text):
    """(line number, what follows #include) of each directive that is not in a comment."""
    bare = _COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    for match in _DIRECTIVE.finditer(bare):
        yield bare.count("\n", 0, match.start()) + 1, match.group(1)


def folder_of(path):
    """The longest folder of the table that holds the file, or None."""
    holding = [folder for folder in layers.FOLDERS if path.startswith(folder + "/")]
    return max(holding, key=len, default=None)


def matches(path, patterns):
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def allowed_folders(path, folder):
    allowed = {folder, *layers.FOLDERS[folder]}
    for pattern, more in layers.FILES.items():
        if fnmatchcase(path, pattern):
            allowed.update(more)
    return allowed


def own_fault(root, path, folder, target):
    """What is wrong with file `path` including our own header `target`; None if nothing is."""
    if not (root / target).is_file():
        return f'"{target}" is not a file; name it from the root of the repository'
    if target in layers.EXCEPTIONS.get(path, []):
        return None
    other = folder_of(target)
    if other is None:
        return f'"{target}" is in no folder of the table in tests/layering/layers.py'
    if other == folder:
        return None
    if other in layers.INCLUDED_BY_NOTHING:
        return f'"{target}": {other} is included by nothing'
    allowed = allowed_folders(path, folder)
    if other not in allowed and "*" not in allowed:
        return f'"{target}": {folder} may not include {other}'
    return None


def foreign_fault(path, target):
    """What is wrong with file `path` including the library header `target`; None if nothing is."""
    if target in layers.EXCEPTIONS.get(path, []):
        return None
    for library, (headers, users) in layers.LIBRARIES.items():
        if matches(target, headers) and not matches(path, users):
            return f"<{target}>: {library} is only for {', '.join(users) or 'tests'}"
    return None


def file_faults(root, path):
    """(line, what is wrong) for each bad include of one file."""
    folder = folder_of(path)
    if folder is None:
        yield 1, "is in no folder of the table in tests/layering/layers.py"
        return
    text = (root / path).read_text(encoding="utf-8")
    includes = list(directives(text))
    header = Path(path).with_suffix(".h").as_posix()
    if Path(path).suffix == ".cpp" and (root / header).is_file() and (not includes or includes[0][1] != f'"{header}"'):
        yield 1, f'include "{header}" first, so that it is known to compile alone'
    for line, rest in includes:
        target = _TARGET.match(rest)
        if target is None:
            yield line, f"#include {rest}: name the header, not a macro"
            continue
        system, own = target.groups()
        if own is None and folder_of(system) is not None:
            fault = f'<{system}> is ours: write "{system}"'
        else:
            fault = own_fault(root, path, folder, own) if own else foreign_fault(path, system)
        if fault:
            yield line, fault
    if Path(path).suffix in HEADERS and not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield 1, "the header has no #pragma once"


def check(root):
    """Lines `file:line: what is wrong` of the whole repository, and how many files were read."""
    faults, count = [], 0
    for path in sources(root):
        count += 1
        faults += [f"{path.as_posix()}:{line}: {fault}" for line, fault in file_faults(root, path.as_posix())]
    return faults, count


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    faults, count = check(root)
    for fault in faults:
        print(fault)
    if count == 0:
        print(f"no source file found under {root}")
    print(f"{count} files, {len(faults)} violations")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
