#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Put faults back, one at a time, and see that the simulator finds each.

usage: faults.py BUILD SIM [NAME]...

Each line of faults.txt names a patch.  The files that it changes are compiled
again, from a copy, and linked before those of the simulator as it is.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
SCHEDULES = 50000


def rows(names):
    for line in (HERE / "faults.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, patch, scenario, message = line.split(None, 3)
            if not names or name in names:
                yield name, patch, scenario, message


def changed(patch):
    return re.findall(r"^\+\+\+ b/(\S+)", patch.read_text(), re.M)


def commands(build):
    """The simulator's objects: source -> how it is compiled."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if re.search(r"tests/sim/.*\.p/", entry["output"]):
            source = (build / entry["file"]).resolve()
            found[str(source.relative_to(TOP))] = entry["command"]
    return found


def link_command(build):
    out = subprocess.run(["ninja", "-t", "commands", "tests/sim/sim"],
                         cwd=build, check=True, capture_output=True, text=True)
    return shlex.split(out.stdout.strip().splitlines()[-1])


def copy_tree(to):
    for part in ["cpu", "kernel", "process", "tests/sim"]:
        (to / part).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", TOP / part, to / part], check=True)


def compile_again(build, tree, files, into):
    """Objects of the changed files; of all, if a header is among them."""
    known = commands(build)
    if any(f.endswith(".h") for f in files):
        files = [f for f in known if f.startswith(("cpu/", "kernel/",
                                                   "process/"))]
    objects = []
    for i, name in enumerate(files):
        argv = shlex.split(known[name])
        out = into / f"{i}.o"
        argv[argv.index("-o") + 1] = str(out)
        argv[argv.index("-c") + 1] = str(tree / name)
        for option in ["-MQ", "-MF"]:
            argv[argv.index(option) + 1] = str(out) + ".d"
        # the copy's headers, and not those beside it
        argv = [a for a in argv if a not in ("-I..", "-I../tests/sim/shim")]
        at = next(i for i, a in enumerate(argv) if a.startswith("-"))
        argv[at:at] = [f"-I{tree}/tests/sim/shim", f"-I{tree}"]
        argv = [f"{tree}/{a}" if a.startswith("tests/sim/hooks") else a
                for a in argv]
        subprocess.run(argv, cwd=build, check=True)
        objects.append(str(out))
    return objects


def with_fault(build, patch, into):
    tree = into / "tree"
    copy_tree(tree)
    subprocess.run(["patch", "-s", "-p1", "-i", patch], cwd=tree, check=True)
    objects = compile_again(build, tree, changed(patch), into)
    argv = link_command(build)
    argv[argv.index("-o") + 1] = str(into / "sim")
    argv[argv.index("-o") + 2:argv.index("-o") + 2] = objects
    subprocess.run(argv, cwd=build, check=True)
    return into / "sim"


def find(sim, scenario, message):
    out = subprocess.run([sim, "--scenario", scenario, "--expect", message,
                          "--schedules", str(SCHEDULES)],
                         capture_output=True, text=True, check=False)
    return out.returncode == 0, out.stdout.strip().splitlines()


def main():
    build, sim = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    missed = 0
    for name, patch, scenario, message in rows(sys.argv[3:]):
        with tempfile.TemporaryDirectory(prefix="sim-fault-") as into:
            broken = sim if patch == "-" else with_fault(
                build, HERE / "faults" / patch, pathlib.Path(into))
            good, said = find(broken, scenario, message)
        print(f"{name}: {'found' if good else 'NOT FOUND'}: {said[0]}",
              flush=True)
        missed += not good
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
