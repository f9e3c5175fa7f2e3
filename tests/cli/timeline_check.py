#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""timeline_check.py TIMELINE.json [EXPECTED]

Is it what the Trace Event Format asks for, and do the stays of a thread in
enclaves not overlap?  EXPECTED: what tests/process/lifetime/counted.c counted
itself, which must be in it.
"""
import json
import sys
from collections import Counter

IDS = {"pid": int, "tid": int}
NUMBER = (int, float)
# Phase: what an event must have beside its name, category and ids.
PHASES = {
    "M": {"args": dict},
    "X": {"ts": NUMBER, "dur": NUMBER, "args": dict},
    "i": {"ts": NUMBER, "s": str, "args": dict},
    "C": {"ts": NUMBER, "args": dict},
}


def check_event(event):
    fields = {"ph": str, "name": str, "cat": str, **IDS,
              **PHASES[event["ph"]]}
    for name, kind in fields.items():
        if not isinstance(event[name], kind) or isinstance(event[name], bool):
            sys.exit(f"{name} in {event}")
    if set(event) != set(fields):
        sys.exit(f"fields of {event}")
    if min(event.get("ts", 0), event.get("dur", 0), event["pid"]) < 0:
        sys.exit(f"negative: {event}")
    if event["ph"] == "i" and event["s"] not in "tg":
        sys.exit(f"scope of {event}")


def check_spans(events):
    ends = {}
    for event in sorted((e for e in events if e["ph"] == "X"),
                        key=lambda e: e["ts"]):
        thread = event["pid"], event["tid"]
        if event["ts"] < ends.get(thread, 0) - .0005:
            sys.exit(f"overlaps the one before: {event}")
        ends[thread] = event["ts"] + event["dur"]


def check_counts(events, expected):
    for thread in expected["threads"]:
        mine = [e for e in events if e["tid"] == thread["tid"]]
        stays = Counter(e["args"]["entry"] for e in mine if e["ph"] == "X")
        exits = Counter(e["args"]["exit"] for e in mine if e["ph"] == "X")
        marks = Counter(e["name"] for e in mine if e["ph"] == "i")
        found = {"eenter": stays["EENTER"], "eresume": stays["ERESUME"],
                 "eexit": exits["EEXIT"], "ud": marks["AEX #UD"],
                 "pf": marks["AEX #PF"], "interrupt": marks["AEX interrupt"],
                 "ereport": marks["EREPORT"], "egetkey": marks["EGETKEY"]}
        for name, n in found.items():
            if n != thread[name]:
                sys.exit(f"{thread['name']}: {name}: {n}, not "
                         f"{thread[name]}")
    longest = max(e["dur"] for e in events if e["ph"] == "X")
    if longest * 1000 < expected["stay_ns"] * .9:
        sys.exit(f"longest stay {longest} us")
    names = {e["args"]["name"] for e in events if e["ph"] == "M"}
    if "counted" not in names:
        sys.exit(f"processes {names}")


def main(timeline, expected=None):
    with open(timeline, encoding="utf-8") as file:
        whole = json.load(file)
    if set(whole) != {"traceEvents", "displayTimeUnit"}:
        sys.exit(f"fields {set(whole)}")
    events = whole["traceEvents"]
    for event in events:
        check_event(event)
    check_spans(events)
    if not any(e["ph"] == "C" and e["args"]["pages"] >= 0 for e in events):
        sys.exit("no use of the EPC")
    if expected:
        with open(expected, encoding="utf-8") as file:
            check_counts(events, json.load(file))


main(*sys.argv[1:])
