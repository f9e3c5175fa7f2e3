#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Put known faults back into the code, and see that the simulator finds them.

Each file of tests/sim/faults/ is one fault:

    scenario NAME       it is found in this scenario
    expect TEXT         by what the failing seed says, in part
    in FUNCTION         for each place, then:
    -LINE               so many lines, one after the other, which stand there
    +LINE               become these

Lines count without their indentation, and a function is found wherever it is,
so comments may be put in other words and files may be moved.  --check only
looks whether each place is there, once.

A fault is found when a seed fails as expected, and again in the same words; and
when the simulator without the fault finds nothing in that seed.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FAULTS = ROOT / "tests" / "sim" / "faults"
PLACES = ["cpu", "kernel", "process/rt", "process/supervisor"]


class Wrong(Exception):
    """A fault that does not fit the code, or is not found."""


class Place:
    """Lines of a function that become others."""

    def __init__(self, function):
        self.function, self.old, self.new = function, [], []


class Fault:
    """What a file of tests/sim/faults/ says."""

    def __init__(self, path):
        self.name, self.places = path.stem, []
        for line in path.read_text().splitlines():
            word, _, rest = line.partition(" ")
            if line.startswith("-"):
                self.old(line[1:].strip())
            elif line.startswith("+"):
                self.places[-1].new.append(line[1:])
            elif word == "in":
                self.places.append(Place(rest))
            elif word in ("scenario", "expect"):
                setattr(self, word, rest)
            elif line and word != "#":
                raise Wrong(f"{path.name}: what is '{line}'?")

    def old(self, line):
        # After + lines: another place of the same function.
        if self.places[-1].new:
            self.places.append(Place(self.places[-1].function))
        self.places[-1].old.append(line)


def find(lines, place):
    """Where in a file the function has the lines: first indices."""
    begin = re.compile(rf"\S.*\b{place.function}\(")
    found, start, named = [], None, False
    for i, line in enumerate(lines):
        if line.startswith("{") and named:
            start = i
        elif line.startswith("}"):
            if start is not None:
                found += [j for j in range(start, i)
                          if [text.strip() for text in
                              lines[j:j + len(place.old)]] == place.old]
            start, named = None, False
        elif start is None and line[:1] not in ("\t", " ", "#", "/", "*"):
            # A name that stands in a declaration over lines stays named.
            if begin.match(line):
                named = True
            if line.rstrip().endswith(";"):
                named = False
        elif start is None and line.rstrip().endswith(");"):
            named = False
    return found


def put(tree, fault):
    """Change the code; what files were before."""
    was = {}
    for place in fault.places:
        at = [(path, i) for where in PLACES
              for path in sorted((tree / where).rglob("*.[ch]"))
              for i in find(path.read_text().splitlines(), place)]
        if len(at) != 1:
            raise Wrong(f"{fault.name}: {place.function}() has "
                        f"'{place.old[0]}' {len(at)} times, not once")
        path, i = at[0]
        was.setdefault(path, path.read_text())
        lines = path.read_text().splitlines()
        lines[i:i + len(place.old)] = place.new
        path.write_text("\n".join(lines) + "\n")
    return was


def copy_tree(to):
    names = subprocess.run([ROOT / "tools" / "sources.sh"], check=True,
                           text=True, stdout=subprocess.PIPE).stdout
    for name in names.splitlines():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)


def sim(build, *arguments):
    """Its exit status and lines."""
    done = subprocess.run([build / "tests" / "sim" / "sim", *arguments],
                          check=False, text=True, stdout=subprocess.PIPE,
                          timeout=1800)
    return done.returncode, done.stdout.splitlines()


def make(build):
    done = subprocess.run(["ninja", "-C", build, "tests/sim/sim"], check=False,
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        wrong = [line for line in done.stdout.splitlines()
                 if re.search("error:|undefined", line)]
        raise Wrong("it does not compile: " + "\n".join(wrong[:5]))


def shrink(build, *arguments):
    """How many events are left.  What happens then may take long to show."""
    with subprocess.Popen([build / "tests" / "sim" / "sim", *arguments],
                          text=True, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            left = re.search(r"seed \d+: (\d+) events", line)
            if left:
                process.kill()
                return left.group(1)
    return "not shrunk"


def search(build, fault, schedules):
    """(seed, what it said, events when shrunk) of the first that fails so."""
    where = ["--scenario", fault.scenario]
    status, lines = sim(build, *where, "--schedules", str(schedules),
                        "--expect", fault.expect)
    if status:
        raise Wrong(f"{fault.name}: not found: {lines[-1:]}")
    seed, said = re.match(r"sim: seed (\d+) \(\S+\): (.*)", lines[0]).groups()
    status, lines = sim(build, *where, "--seed", seed)
    if not status or not lines[0].endswith(": " + said):
        raise Wrong(f"{fault.name}: seed {seed} fails in another way when it "
                    f"is run again: {lines[0]}")
    return seed, said, shrink(build, *where, "--seed", seed, "--shrink")


def judge(tree, build, fault, schedules):
    """A row of the table."""
    was = put(tree, fault)
    try:
        make(build)
        seed, said, left = search(build, fault, schedules)
    finally:
        for path, text in was.items():
            path.write_text(text)
    make(build)
    status, lines = sim(build, "--scenario", fault.scenario, "--seed", seed)
    if status:
        raise Wrong(f"{fault.name}: seed {seed} fails without the fault, too: "
                    f"{lines[0]}")
    return (fault.name, f"{fault.scenario} {seed}", left, said)


def run(faults, directory, schedules):
    rows, bad = [], 0
    tree, build = directory / "tree", directory / "build"
    copy_tree(tree)
    subprocess.run(["meson", "setup", build, tree, "-Dtests=enabled",
                    "-Dwerror=false"], check=True, stdout=subprocess.DEVNULL)
    for fault in faults:
        try:
            rows.append(judge(tree, build, fault, schedules))
            print("found:", *rows[-1], flush=True)
        except Wrong as wrong:
            print(wrong, flush=True)
            bad += 1
    print("\n| fault | scenario, seed | events left | what it said |")
    print("|---|---|---|---|")
    for row in rows:
        print("|", " | ".join(row), "|")
    return bad


def check(faults):
    """Is each place there?  Nothing is built."""
    bad = 0
    with tempfile.TemporaryDirectory(prefix="swsgx-faults-") as directory:
        tree = pathlib.Path(directory)
        for where in PLACES:
            shutil.copytree(ROOT / where, tree / where)
        for fault in faults:
            try:
                for path, text in put(tree, fault).items():
                    path.write_text(text)
            except Wrong as wrong:
                print(wrong)
                bad += 1
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true",
                        help="only see whether they fit the code")
    parser.add_argument("--schedules", type=int, default=100000,
                        help="try so many seeds for each")
    parser.add_argument("names", nargs="*", help="of faults; all without one")
    options = parser.parse_args()

    faults = [Fault(path) for path in sorted(FAULTS.glob("*.fault"))
              if not options.names or path.stem in options.names]
    if not faults:
        sys.exit("faults.py: there is no such fault")
    if options.check:
        sys.exit(check(faults) != 0)
    with tempfile.TemporaryDirectory(prefix="swsgx-faults-") as directory:
        sys.exit(run(faults, pathlib.Path(directory), options.schedules) != 0)


if __name__ == "__main__":
    main()
