#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tidy.py BUILD [PART...]: clang-tidy over the project's own code, each source
once, by the checks in .clang-tidy.  PART: only paths that contain one of them.
Exit status 77 where clang-tidy is missing."""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLACES = ("cpu/", "kernel/", "attest/", "process/", "cli/", "lib/",
          "examples/", "bench/")
# What GCC knows and clang does not.
UNKNOWN = re.compile(r"-fno-tree-loop-distribute-patterns|-mmem(cpy|set)-"
                     r"strategy=.*|-Wno-tsan|-fno-ipa-.*|-W(maybe|"
                     r"no-maybe)-uninitialized")


def own_path(entry):
    path = os.path.join(entry["directory"], entry["file"])
    return os.path.relpath(os.path.realpath(path), ROOT)


def commands(build, parts):
    """One command for each C source, as the first target compiles it."""
    with open(os.path.join(build, "compile_commands.json")) as f:
        database = json.load(f)
    chosen = {}
    for entry in database:
        path = own_path(entry)
        if (path.endswith(".c") and path.startswith(PLACES) and
                (not parts or any(part in path for part in parts))):
            chosen.setdefault(path, entry)
    for entry in chosen.values():
        words = [word for word in entry["command"].split(" ")
                 if not UNKNOWN.fullmatch(word)]
        if words[0] == "ccache":
            words = words[1:]
        entry["command"] = " ".join(words)
    return chosen


def tidy(tool, database, path):
    result = subprocess.run(
        [tool, "-p", database, "--quiet", os.path.join(ROOT, path)],
        capture_output=True, text=True)
    return path, result.returncode, result.stdout, result.stderr


def main():
    build, parts = sys.argv[1], sys.argv[2:]
    tool = shutil.which("clang-tidy") or shutil.which("clang-tidy-14")
    if not tool:
        print("tidy.py: no clang-tidy here (package clang-tidy)")
        return 77
    chosen = commands(build, parts)
    if not chosen:
        print("tidy.py: no source matches", *parts, file=sys.stderr)
        return 1
    database = os.path.join(build, "tidy")
    os.makedirs(database, exist_ok=True)
    with open(os.path.join(database, "compile_commands.json"), "w") as f:
        json.dump(list(chosen.values()), f)

    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(tidy, tool, database, path)
                for path in sorted(chosen)]
        for job in jobs:
            path, status, out, err = job.result()
            if status:
                bad += 1
                print(out or err, end="", flush=True)
    print(f"{len(chosen)} sources, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
