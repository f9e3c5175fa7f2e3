#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""summary.py NAME:LOG.json...

Adds up the cases of several runs of `meson test` and prints them by suite, the
failed tests by name, and last "N passed, N failed, N skipped".  A test that
reports its cases (TAP, cmocka) counts as that many, any other as one.  Fails
if a test failed or a log is missing or empty.
"""
import collections
import json
import re
import sys

GOOD = ("OK", "EXPECTEDFAIL")
TAP = re.compile(r"^(not )?ok\b(?:[^#\n]*#\s*(skip|todo)\b)?", re.I | re.M)
CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED?) +\] (\d+) test\(s\)", re.M)


def tap_cases(text):
    count = collections.Counter()
    for bad, directive in TAP.findall(text):
        if directive:
            count["skipped"] += 1
        else:
            count["failed" if bad else "passed"] += 1
    return count


def cmocka_cases(text):
    count = collections.Counter()
    for verdict, number in CMOCKA.findall(text):
        kind = "skipped" if verdict.startswith("SKIP") else verdict.lower()
        count[kind] += int(number)
    return count


def cases(test):
    """The cases of one test; its verdict as a whole is never lost."""
    if test["result"] == "SKIP":
        return collections.Counter(skipped=1)
    text = test.get("stdout", "") + "\n" + test.get("stderr", "")
    count = cmocka_cases(text) or tap_cases(text)
    good = test["result"] in GOOD
    if good and (count["failed"] or not count):
        return collections.Counter(passed=1)
    if not good and not count["failed"]:
        count["failed"] += 1
    return count


def read(log):
    try:
        with open(log, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except OSError:
        return []


def main(arguments):
    total = collections.Counter()
    for argument in arguments:
        name, log = argument.split(":", 1)
        here = collections.Counter()
        bad = []
        for test in read(log):
            here += cases(test)
            if test["result"] not in GOOD + ("SKIP",):
                bad.append(f"{test['name']} ({test['result']})")
        if not here:
            here["failed"] += 1
            bad.append("no test ran")
        print(f"{name:12} {here['passed']:6} passed"
              f" {here['failed']:4} failed {here['skipped']:4} skipped")
        for line in bad:
            print(f"    failed: {line}")
        total += here
    print()
    print(f"{total['passed']} passed, {total['failed']} failed,"
          f" {total['skipped']} skipped")
    return 1 if total["failed"] else 0


sys.exit(main(sys.argv[1:]))
