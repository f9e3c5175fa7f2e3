#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""stats_check.py EXPECTED STATS

Is what `swsgx run --stats=*.json` has counted (STATS) what the program
tests/process/lifetime/counted.c has counted itself (EXPECTED)?
"""
import json
import sys

KINDS = {"ud": ("aex_by_cause", "ud"), "pf": ("aex_by_cause", "pf"),
         "gp": ("aex_by_cause", "gp"),
         "interrupt": ("aex_by_cause", "interrupt"),
         "ereport": ("leaves", "ereport"), "egetkey": ("leaves", "egetkey")}


def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: counted {got}, and there were {want}")


def check_counts(what, got, want):
    for name in ("eenter", "eexit", "eresume"):
        check(f"{what}: {name}", got[name], want[name])
    for name, (group, kind) in KINDS.items():
        check(f"{what}: {name}", got[group][kind], want[name])
    check(f"{what}: aex", got["aex"], want["ud"] + want["pf"]
          + want["gp"] + want["interrupt"])
    check(f"{what}: fault", got["fault"], want["ud"] + want["pf"]
          + want["gp"])
    check(f"{what}: #PF by the EPCM", got["faults_by_kind"]["epcm"],
          want["pf"])
    for group in ("aex_by_cause", "faults_by_kind", "leaves"):
        for name, n in got[group].items():
            if not isinstance(n, int) or n < 0:
                sys.exit(f"{what}: {group}: {name} is {n}")


def check_times(stats, expected):
    second = next(t for t in expected["threads"] if t["name"] == "second")
    thread = next(t for t in stats["by_thread"]
                  if t["tid"] == second["tid"])
    if stats["inside_ns"] == 0:
        return  # it gave up RDTSC
    if not expected["stay_ns"] * 0.9 < thread["inside_ns"] < stats["age_ns"]:
        sys.exit(f"it stayed {expected['stay_ns']} ns, and {thread}")
    for entry in stats["by_thread"]:
        if entry["inside_ns"] + entry["outside_ns"] > stats["age_ns"] * 1.01:
            sys.exit(f"longer than the run: {entry}")


def main(expected, stats):
    sums = {name: sum(thread[name] for thread in expected["threads"])
            for name in expected["threads"][0] if name not in ("name", "tid")}
    check_counts("the run", stats, sums)
    check("threads", len(stats["by_thread"]), len(expected["threads"]))
    for want in expected["threads"]:
        got = [t for t in stats["by_thread"] if t["tid"] == want["tid"]]
        check(f"rows of the {want['name']} thread", len(got), 1)
        check_counts(want["name"], got[0], want)
        check(f"{want['name']}: alive", got[0]["alive"], False)
    check("enclaves", len(stats["by_enclave"]), 1)
    check_counts("the enclave", stats["by_enclave"][0], sums)
    check("the threads' enclave",
          {t["enclave"] for t in stats["by_thread"]},
          {stats["by_enclave"][0]["enclave"]})
    if not 0 < stats["epc_peak"] < stats["epc_pages"]:
        sys.exit(f"peak: {stats['epc_peak']}")
    check("EPC pages after the end", stats["epc_pages"] - stats["epc_free"], 0)
    check_times(stats, expected)


with open(sys.argv[1], encoding="utf-8") as e, \
        open(sys.argv[2], encoding="utf-8") as s:
    main(json.load(e), json.load(s))
