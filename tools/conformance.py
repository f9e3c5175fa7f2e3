#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Keep docs/CONFORMANCE.md the list of what the tests prove.

Each test program prints the rows of its table with --rows (see
tests/conform/conform.h); this puts them together.  --check fails if the
committed file says something else, if a row has neither a test nor a
deviation, or if a deviation is not explained in docs/DEVIATIONS.md.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = ROOT / "docs" / "CONFORMANCE.md"
DEVIATIONS = ROOT / "docs" / "DEVIATIONS.md"

PARTS = [
    ("cpu", "The processor", "`cpu/`, by the SDM"),
    ("kernel", "The kernel", "`kernel/`, by Linux 6.1"),
    ("process", "The process", "`process/`, by Linux 6.1, in programs "
     "under `swsgx run`"),
    ("cli", "The commands", "`cli/`"),
    ("attest", "Attestation", "`attest/`, by Intel's DCAP"),
    ("consumers", "The programs", "`tests/consumers/`, what those that use SGX "
     "ask of a host"),
]

HEAD = """\
# Conformance

Each check that the SDM and Linux make, what it gives, and the test that trips
it. Generated: the tests hold these rows (`tests/conform/conform.h`), and run
what the rows name. `meson test -C build conformance` fails if this file and the
tests differ; `ninja -C build conformance` writes it anew.

A row is tested, or deviates, by the number of an entry of
[DEVIATIONS.md](DEVIATIONS.md) that says how and why; a deviation that shows is
tested too. Rows of one table are in the order in which the checks are made.
[HOWTO_TEST.md](HOWTO_TEST.md), "Unit tests", says how to run one row alone.

"""


class Row:
    """A check, and who shows what it gives."""

    def __init__(self, subject, source, check, gives, deviation):
        self.subject, self.source = subject, source
        self.check, self.gives = check, gives
        self.deviation = deviation
        self.tests = []
        self.part = None

    def untested(self):
        return not self.tests and not self.deviation


def part_of(path):
    for name, _, _ in PARTS:
        if name in path.parts:
            return name
    sys.exit(f"conformance: {path} belongs to no part")


def rows_of(program):
    """The rows that a test program states: (Row, file, names of tests)."""
    out = subprocess.run([program, "--rows"], check=True, text=True,
                         capture_output=True, timeout=60).stdout
    for line in out.splitlines():
        fields = line.split("\t")
        if len(fields) < 6:
            sys.exit(f"conformance: {program} --rows: bad line: {line}")
        path = pathlib.PurePath(fields[5].replace("../", ""))
        yield Row(*fields[:5]), path, fields[6:]


def collect(programs):
    """All rows by subject and check; one check may have several programs."""
    rows = {}
    errors = []
    for program in programs:
        for row, path, tests in rows_of(program):
            first = rows.setdefault((row.subject, row.check), row)
            if (first.gives, first.deviation) != (row.gives, row.deviation):
                errors.append(f"{row.subject}: {row.check}: gives two things")
            row = first
            row.part = row.part or part_of(path)
            row.tests += [f"{path.stem}: {test}" for test in tests]
            if not tests and not row.deviation:
                errors.append(f"untested: {row.subject}: {row.check}")
    return list(rows.values()), errors


def explained():
    text = DEVIATIONS.read_text()
    return set(re.findall(r"^(?:#+|[-*|]) *[*`]*(D[A-Z]?\d+)", text, re.M))


def cell(text):
    """Text of a cell: a name with an underscore, or a star, is code."""
    text = text.replace("|", "\\|")
    return re.sub(r"\S*[_*]\S*\w(?:\(\))?", r"`\g<0>`", text)


def shown_by(row):
    by_file = collections.OrderedDict()
    for test in row.tests:
        name, function = test.split(": ")
        by_file.setdefault(name, []).append(function)
    shown = [f"`{name}: {', '.join(functions)}`"
             for name, functions in by_file.items()]
    if row.deviation:
        shown.insert(0, f"**{row.deviation}**")
    return "; ".join(shown) or "untested"


def counts(rows):
    tested = sum(1 for row in rows if row.tests and not row.deviation)
    deviating = sum(1 for row in rows if row.deviation)
    silent = sum(1 for row in rows if row.deviation and not row.tests)
    untested = sum(1 for row in rows if row.untested())
    return [len(rows), tested, deviating, silent, untested]


def table_of_counts(rows):
    yield "| | rows | tested | deviating | of these without a test | untested |"
    yield "|---|---:|---:|---:|---:|---:|"
    for part, title, _ in PARTS:
        numbers = counts([row for row in rows if row.part == part])
        if numbers[0]:
            yield f"| {title} | " + " | ".join(map(str, numbers)) + " |"
    yield "| all | " + " | ".join(map(str, counts(rows))) + " |"


def table_of_subject(subject, rows):
    """One subject; where all rows have one source it is not a column."""
    sources = {row.source for row in rows}
    yield from ("", f"### {subject}", "")
    if len(sources) == 1:
        yield from (f"{cell(sources.pop())}.", "",
                    "| check | gives | shown by |", "|---|---|---|")
        for row in rows:
            yield f"| {cell(row.check)} | {cell(row.gives)} | {shown_by(row)} |"
        return
    yield from ("| check | source | gives | shown by |", "|---|---|---|---|")
    for row in rows:
        yield (f"| {cell(row.check)} | {cell(row.source)} | "
               f"{cell(row.gives)} | {shown_by(row)} |")


def text_of(rows):
    lines = list(table_of_counts(rows))
    for part, title, what in PARTS:
        chosen = [row for row in rows if row.part == part]
        if not chosen:
            continue
        lines += ["", f"## {title} ({what})"]
        for subject in dict.fromkeys(row.subject for row in chosen):
            lines += table_of_subject(
                subject, [row for row in chosen if row.subject == subject])
    return HEAD + "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true")
    action.add_argument("--write", action="store_true")
    parser.add_argument("program", nargs="+", help="a test that has rows")
    options = parser.parse_args()

    rows, errors = collect(options.program)
    known = explained()
    errors += [f"{row.subject}: {row.check}: {row.deviation} is not in "
               f"{DEVIATIONS.name}" for row in rows
               if row.deviation and row.deviation not in known]
    text = text_of(rows)
    if options.write:
        TEXT.write_text(text)
    elif not TEXT.exists() or TEXT.read_text() != text:
        errors.append("docs/CONFORMANCE.md is not what the tests say; write "
                      "it: ninja -C BUILD conformance")
    for error in errors:
        print(f"conformance: {error}", file=sys.stderr)
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
