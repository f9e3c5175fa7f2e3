#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""run.py BUILD [PROGRAM...]

Runs the benchmark programs (all, or those named), prints a table, and writes
BUILD/bench.json.  Every ratio is of two measurements of this very run.  Fails
if a program failed; a goal that is missed is said, and is no failure.
"""
import json
import os
import subprocess
import sys
import typing

import outside

MIB = 1 << 20
PAGE = 4096
SECONDS = 600
# Program: how it is run.  None: without swsgx.
PROGRAMS = {
    "native": None,
    "build": ["--epc=4G"],
    "compute": [],
    "entry": [],
    "shared": [],
    "strict": ["--strict"],
    "stats": ["--stats=/dev/null"],
    "trap": ["--no-patch"],
    "traced": ["--trace=/dev/null", "--trace-filter=leaf"],
    "leaf": [],
    "interrupt": [],
    "threads": [],
    "paging": ["--epc=8M"],
    "eaug": [],
    "memory": [],
    "outside": None,
}


# Programs of another's making: it, and its argument.
SAME = {"shared": ["entry", "entry-shared"],
        "strict": ["entry", "entry-strict"],
        "traced": ["entry", "entry-traced"],
        "stats": ["entry", "entry-stats"],
        "trap": ["entry", "entry-trap"]}

# What a measurement, in seconds or bytes, is in a unit.
UNITS = {
    "ms": lambda seconds: seconds * 1e3,
    "us": lambda seconds: seconds * 1e6,
    "ns": lambda seconds: seconds * 1e9,
    "ns/page": lambda seconds: seconds * 1e9,
    "1/s": lambda seconds: 1 / seconds,
    "MiB/s": lambda seconds: PAGE / seconds / MIB,
    "MiB": lambda number: number / MIB,
}


class Reference(typing.NamedTuple):
    """What a value is compared with: in words, and in measurements."""

    says: str
    value: typing.Union[str, typing.Callable]


SHA256 = Reference("SHA-256 of what EADD and EEXTEND hash", "build-sha256")
MEMCPY = Reference("memcpy to fresh memory", "build-memcpy")
SMALL = Reference("a page of an enclave of 1 MiB", "build-1MiB")
PAGING = Reference("AES-GCM of a page, twice, and a fault as a signal",
                   lambda found: 2 * found["native-gcm"]
                   + found["native-fault"])
FAULT = Reference("a fault as a signal", "native-fault")
SIGNAL = Reference("an empty signal", "native-signal")
SWITCH = Reference("registers and bases there and back, in straight code",
                   "native-switch")
REPORT = Reference("its AES-CMACs alone", "native-ereport")
GETKEY = Reference("its AES-CMACs alone", "native-egetkey")
INTERRUPT = Reference("such a signal to a thread without swsgx",
                      "native-interrupt")
ONE = Reference("one thread", "threads-one")
PLAIN = Reference("the same without --stats", "entry-shared")
SHARED = Reference("the same without --strict", "entry-shared")
UNTRACED = Reference("the same, not traced", "entry-vdso")
OWN_PAGES = Reference("the enclave's own pages", "memory-enclave")


class Entry(typing.NamedTuple):
    """A line of the table: a measurement against a reference, in a unit."""

    name: str
    program: str
    value: str
    reference: Reference
    unit: str
    goal: typing.Optional[str] = None
    # Measured as it is, with its noise, or the quotient of the two.
    ratio: typing.Optional[str] = None
    noise: typing.Tuple[str, ...] = ()


def computed(what):
    """Inside against outside: the median of the ratios of turns."""
    return Entry(f"compute-{what}", "compute", f"{what}-inside",
                 Reference("the same object code outside", f"{what}-outside"),
                 "ns", "1.00 within noise", f"{what}-ratio",
                 (f"{what}-noise-low", f"{what}-noise-high"))


def beside(what, unit, name=None):
    """A program in a run against the same without."""
    return Entry(f"outside-{name or what}", "outside", f"{what}-run",
                 Reference("the same without swsgx", f"{what}-bare"), unit,
                 "at most 1.05")


def more(what, says, goal):
    """What a run takes more; the goal is of the value itself."""
    return Entry(what, "outside", f"{what}-more",
                 Reference(says, f"{what}-bare"), "ms", f"at most {goal} ms")


ENTRIES = [
    Entry("enclave-build", "build", "build-measured", SHA256, "ns/page",
          "at most 1.3"),
    Entry("enclave-build-first", "build", "build-first", SHA256, "ns/page"),
    Entry("enclave-build-unmeasured", "build", "build-unmeasured", MEMCPY,
          "MiB/s"),
    Entry("build-scaling", "build", "build-1024MiB", SMALL, "ns/page",
          "at most 1.1"),
    Entry("page-evict-reload", "paging", "page-touched", PAGING, "ns/page",
          "at most 2"),
    Entry("eaug", "eaug", "eaug-page", FAULT, "ns/page"),
    computed("sha256"),
    computed("stream"),
    computed("chase"),
    Entry("eenter-eexit", "entry", "entry-vdso", SIGNAL, "1/s"),
    Entry("eenter-eexit-enclu", "entry", "entry-enclu", SIGNAL, "1/s"),
    Entry("eenter-eexit-strict", "strict", "entry-strict", SHARED, "ns",
          "at most 3"),
    Entry("eenter-eexit-stats", "stats", "entry-stats", PLAIN, "ns",
          "at most 1.05"),
    Entry("transition-vdso", "entry", "entry-vdso", SWITCH, "ns",
          "at most 1.3"),
    Entry("transition-enclu", "entry", "entry-enclu", SWITCH, "ns",
          "at most 1.3"),
    Entry("transition-trap", "trap", "entry-trap", SWITCH, "ns"),
    Entry("transition-traced", "traced", "entry-traced", UNTRACED, "ns"),
    Entry("ocall", "entry", "entry-ocall", SWITCH, "ns", "at most 1.3"),
    Entry("aex-eresume", "interrupt", "interrupt-inside", INTERRUPT, "ns",
          "at most 1.5"),
    Entry("ereport", "leaf", "leaf-ereport", REPORT, "ns", "at most 1.5"),
    Entry("egetkey", "leaf", "leaf-egetkey", GETKEY, "ns", "at most 1.5"),
    Entry("transition-threads-4", "threads", "threads-all", ONE, "1/s"),
    Entry("memory-platform", "memory", "memory-platform", OWN_PAGES, "MiB"),
    Entry("memory-process", "memory", "memory-hwm", OWN_PAGES, "MiB"),
    Entry("memory-shmem", "memory", "memory-shmem", OWN_PAGES, "MiB"),
    more("startup", "all of `true` without swsgx", 2),
    more("exec", "a posix_spawn() of `true` without swsgx", 0.5),
    beside("find", "ms"),
    beside("git", "ms", "git-status"),
    beside("compile", "ms"),
    beside("http", "us"),
]


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(child) for child in f.read().split()]
    except OSError:
        return []


def platform_bytes(pid):
    """Memory behind the platform file that a process of this run holds."""
    for process in [pid] + children(pid):
        folder = f"/proc/{process}/fd"
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            path = os.path.join(folder, name)
            try:
                if "swsgx-platform" in os.readlink(path):
                    return os.stat(path).st_blocks * 512
            except OSError:
                pass
    return None


def look(line, process, found):
    """One line of a program's output."""
    name, value = line.split()
    found[name] = float(value)
    if name == "memory-ready":
        found["memory-platform"] = platform_bytes(process.pid)
        process.stdin.close()


def run(build, program, found):
    """None, or why there are no measurements; raises if it failed."""
    name, *arguments = SAME.get(program, [program])
    command = [os.path.join(build, "bench", "bench-" + name)] + arguments
    options = PROGRAMS[program]
    if options is not None:
        command = [os.path.join(build, "swsgx"), "run"] + options + ["--"] \
            + command
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        for line in process.stdout:
            look(line, process, found)
        said = process.stderr.read().strip()
        status = process.wait(SECONDS)
    if status == 77:
        return said.splitlines()[-1] if said else "skipped"
    if status:
        raise RuntimeError(f"bench-{program}: status {status}: {said}")
    return None


def look_up(what, found):
    """None: not measured."""
    try:
        return what(found) if callable(what) else found[what]
    except KeyError:
        return None


def result(entry, found, reasons):
    out = {"name": entry.name, "unit": entry.unit,
           "reference": entry.reference.says, "goal": entry.goal}
    value = look_up(entry.value, found)
    reference = look_up(entry.reference.value, found)
    if value is None or reference is None:
        reason = reasons.get(entry.program) or "not measured"
        return {**out, "value": None, "reference_value": None, "ratio": None,
                "skipped": reason}
    out["value"] = UNITS[entry.unit](value)
    out["reference_value"] = UNITS[entry.unit](reference)
    out["ratio"] = found[entry.ratio] if entry.ratio \
        else out["value"] / out["reference_value"]
    if entry.noise:
        out["noise"] = [found[bound] for bound in entry.noise]
    return out


def met(entry):
    goal, ratio = entry["goal"], entry["ratio"]
    if goal is None or ratio is None:
        return ""
    if goal.endswith(" ms"):
        return "met" if entry["value"] <= float(goal.split()[2]) else "missed"
    if goal.startswith("at most "):
        return "met" if ratio <= float(goal.split()[2]) else "missed"
    low, high = entry["noise"]
    return "met" if min(low, 0.99) <= ratio <= max(high, 1.01) else "missed"


def show(results):
    print(f"{'benchmark':26}{'value':>12}{'reference':>12} {'unit':8}"
          f"{'ratio':>7}  {'goal':18}reference is")
    for entry in results:
        if "skipped" in entry:
            print(f"{entry['name']:26}skipped: {entry['skipped']}")
            continue
        goal = f"{entry['goal']}, {met(entry)}" if entry["goal"] else "-"
        goal = goal.replace("at most ", "<= ").replace(" within noise", "")
        print(f"{entry['name']:26}{entry['value']:12.4g}"
              f"{entry['reference_value']:12.4g} {entry['unit']:8}"
              f"{entry['ratio']:7.3f}  {goal:18}{entry['reference']}")


def main(arguments):
    build, wanted = arguments[0], arguments[1:] or list(PROGRAMS)
    found, reasons, failed = {}, {}, []
    for program in wanted:
        print(f"bench-{program} ...", flush=True)
        try:
            reason = outside.measure(build, found) if program == "outside" \
                else run(build, program, found)
        except RuntimeError as error:
            reason = str(error)
            failed.append(reason)
        reasons[program] = reason
    results = [result(entry, found, reasons) for entry in ENTRIES
               if entry.program in wanted]
    with open(os.path.join(build, "bench.json"), "w",
              encoding="utf-8") as out:
        json.dump(results, out, indent=2)
        out.write("\n")
    print()
    show(results)
    for reason in failed:
        print(reason, file=sys.stderr)
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
