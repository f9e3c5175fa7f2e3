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

MIB = 1 << 20
PAGE = 4096
SECONDS = 600
# Program: how it is run.  None: without swsgx.
PROGRAMS = {
    "native": None,
    "build": ["--epc=4G"],
    "compute": [],
    "entry": [],
    "paging": ["--epc=8M"],
    "memory": [],
}


def nanoseconds(seconds):
    return seconds * 1e9


def rate(seconds):
    return 1 / seconds


def mib_per_s(seconds_per_page):
    return PAGE / seconds_per_page / MIB


def mebibytes(number):
    return number / MIB


def paging_reference(found):
    return 2 * found["native-gcm"] + found["native-fault"]


def computed(name, ratio_name):
    """Inside against outside: the median of the ratios of turns."""
    return {
        "name": name,
        "program": "compute",
        "value": f"{ratio_name}-inside",
        "reference": "the same object code outside",
        "reference_value": f"{ratio_name}-outside",
        "ratio": f"{ratio_name}-ratio",
        "noise": [f"{ratio_name}-noise-low", f"{ratio_name}-noise-high"],
        "unit": "ns",
        "scale": nanoseconds,
        "goal": "1.00 within noise",
    }


# value and reference_value: names of measurements, or functions of them all;
# the ratio is value / reference_value, in the unit that is printed.
ENTRIES = [
    {"name": "enclave-build", "program": "build",
     "value": "build-measured",
     "reference": "SHA-256 of what EADD and EEXTEND hash",
     "reference_value": "build-sha256",
     "unit": "ns/page", "scale": nanoseconds, "goal": "at most 1.3"},
    {"name": "enclave-build-first", "program": "build",
     "value": "build-first",
     "reference": "SHA-256 of what EADD and EEXTEND hash",
     "reference_value": "build-sha256",
     "unit": "ns/page", "scale": nanoseconds, "goal": None},
    {"name": "enclave-build-unmeasured", "program": "build",
     "value": "build-unmeasured",
     "reference": "memcpy to fresh memory",
     "reference_value": "build-memcpy",
     "unit": "MiB/s", "scale": mib_per_s, "goal": None},
    {"name": "build-scaling", "program": "build",
     "value": "build-1024MiB",
     "reference": "a page of an enclave of 1 MiB",
     "reference_value": "build-1MiB",
     "unit": "ns/page", "scale": nanoseconds, "goal": "at most 1.1"},
    {"name": "page-evict-reload", "program": "paging",
     "value": "page-touched",
     "reference": "AES-GCM of a page, twice, and a fault as a signal",
     "reference_value": paging_reference,
     "unit": "ns/page", "scale": nanoseconds, "goal": "at most 2"},
    computed("compute-sha256", "sha256"),
    computed("compute-stream", "stream"),
    computed("compute-chase", "chase"),
    {"name": "eenter-eexit", "program": "entry",
     "value": "entry-vdso",
     "reference": "an empty signal",
     "reference_value": "native-signal",
     "unit": "1/s", "scale": rate, "goal": None},
    {"name": "eenter-eexit-enclu", "program": "entry",
     "value": "entry-enclu",
     "reference": "an empty signal",
     "reference_value": "native-signal",
     "unit": "1/s", "scale": rate, "goal": None},
    {"name": "memory-platform", "program": "memory",
     "value": "memory-platform",
     "reference": "the enclave's own pages",
     "reference_value": "memory-enclave",
     "unit": "MiB", "scale": mebibytes, "goal": None},
    {"name": "memory-process", "program": "memory",
     "value": "memory-hwm",
     "reference": "the enclave's own pages",
     "reference_value": "memory-enclave",
     "unit": "MiB", "scale": mebibytes, "goal": None},
    {"name": "memory-shmem", "program": "memory",
     "value": "memory-shmem",
     "reference": "the enclave's own pages",
     "reference_value": "memory-enclave",
     "unit": "MiB", "scale": mebibytes, "goal": None},
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
    command = [os.path.join(build, "bench", "bench-" + program)]
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
    return what(found) if callable(what) else found.get(what)


def result(entry, found, reasons):
    out = {key: entry[key] for key in ("name", "unit", "reference", "goal")}
    value = look_up(entry["value"], found) if entry["value"] in found else None
    try:
        reference = look_up(entry["reference_value"], found)
    except KeyError:
        reference = None
    if value is None or reference is None:
        reason = reasons.get(entry["program"]) or "not measured"
        return {**out, "value": None, "reference_value": None, "ratio": None,
                "skipped": reason}
    out["value"] = entry["scale"](value)
    out["reference_value"] = entry["scale"](reference)
    out["ratio"] = found[entry["ratio"]] if "ratio" in entry \
        else out["value"] / out["reference_value"]
    if "noise" in entry:
        out["noise"] = [found[bound] for bound in entry["noise"]]
    return out


def met(entry):
    goal, ratio = entry["goal"], entry["ratio"]
    if goal is None or ratio is None:
        return ""
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
            reason = run(build, program, found)
        except RuntimeError as error:
            reason = str(error)
            failed.append(reason)
        reasons[program] = reason
    results = [result(entry, found, reasons) for entry in ENTRIES
               if entry["program"] in wanted]
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
