#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Programs that lose their enclaves every few milliseconds, for minutes.

Each row of the table is a scenario: it passes if every answer was right, if
nothing hung, if no descriptor, mapping or EPC page was kept, and if the losses
fell where the scenario wants them.  Exit status: 0 all passed; 1 not so.
"""
import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import scenarios  # noqa: E402  (beside this file)

BAR = 24


class Display:
    """What goes on, on a terminal; without one, nothing but the table."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        colour = self.live and not os.environ.get("NO_COLOR")
        self.good, self.bad, self.plain = (
            ("\033[32m", "\033[31m", "\033[0m") if colour else ("", "", ""))

    def progress(self, name, share, text):
        if not self.live:
            return
        full = int(BAR * min(share, 1))
        bar = "#" * full + "." * (BAR - full)
        line = f"{name:<12} [{bar}] {100 * min(share, 1):3.0f} %  {text}"
        print(f"\r{line:<78.78}", end="", flush=True)

    def done(self):
        if self.live:
            print("\r" + " " * 78 + "\r", end="", flush=True)

    def row(self, result):
        verdict = (f"{self.good}passed{self.plain}" if result["passed"]
                   else f"{self.bad}FAILED{self.plain}")
        print(f"{result['name']:<12} {result['seconds']:>7.0f} "
              f"{result['losses']:>8} {result['hits']:>8} "
              f"{result['work']:>9} {result['signals']:>9}  "
              f"{result['kept']:<13} {verdict}", flush=True)
        for problem in result["problems"]:
            print(f"    {problem}", flush=True)

    @staticmethod
    def header():
        print(f"{'scenario':<12} {'seconds':>7} {'losses':>8} {'met':>8} "
              f"{'work':>9} {'signals':>9}  {'fds,maps,EPC':<13} verdict",
              flush=True)


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="For development and testing only: swsgx keeps nothing secret.")
    parser.add_argument("build", help="the build directory")
    parser.add_argument("scenario", nargs="*",
                        help="which ones (all): "
                             + ", ".join(scenarios.names()))
    parser.add_argument("--losses", type=int, default=100000,
                        help="of the service's enclave (%(default)s)")
    parser.add_argument("--enclaves", type=int, default=10000,
                        help="built in one process (%(default)s)")
    parser.add_argument("--kills", type=int, default=10000,
                        help="of neighbours (%(default)s)")
    parser.add_argument("--stops", type=int, default=1000,
                        help="of neighbours (%(default)s)")
    parser.add_argument("--seconds", type=int, default=30,
                        help="of each other scenario (%(default)s)")
    parser.add_argument("--json", metavar="FILE",
                        help="write the results there, too")
    args = parser.parse_intermixed_args()
    unknown = set(args.scenario) - set(scenarios.names())
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}; "
                     f"there are {', '.join(scenarios.names())}")
    return args


def main():
    args = parse()
    display = Display()
    results = []
    display.header()
    for scenario in scenarios.all_of(args):
        if args.scenario and scenario.name not in args.scenario:
            continue
        start = time.monotonic()
        result = scenario.run(
            lambda share, text, name=scenario.name:
            display.progress(name, share, text))
        result["seconds"] = round(time.monotonic() - start, 1)
        display.done()
        display.row(result)
        results.append(result)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=2)
            f.write("\n")
    failed = sum(not result["passed"] for result in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
