#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""chart.py BUILD OUT.svg

Draws the ratios in BUILD/bench.json, which run.py has written, on a logarithmic
axis.  What takes as long as its reference is at 1; goals are ticks.  It says on
which machine and when it was drawn, so draw it where and when it was measured.
Readable on light and on dark pages.
"""
import json
import math
import os
import platform
import sys
import time
from xml.sax.saxutils import escape

# Of what has no goal, these are shown.
ALSO = ("enclave-build-first", "transition-trap")
RATES = ("1/s", "MiB/s")
LEFT, RIGHT, ROW, WIDTH = 170, 130, 19, 760
TOP, BOTTOM = 46, 58
MARKS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

STYLE = """
text { font: 12px sans-serif; fill: #24292f }
.small { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de } .one { stroke: #57606a }
.met { stroke: #0969da; fill: #0969da } .missed { stroke: #bc4c00 }
.none { stroke: #57606a; fill: #57606a } .goal { stroke: #1a7f37 }
.bar { stroke-width: 3 } .missed.dot { fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 }
.grid { stroke: #3d444d } .one { stroke: #9198a1 }
.met { stroke: #4493f8; fill: #4493f8 } .missed { stroke: #f0883e }
.none { stroke: #9198a1; fill: #9198a1 } .goal { stroke: #3fb950 }
}
"""


def is_more(entry):
    """Is the value what is added to the reference, and so the goal?"""
    return (entry["goal"] or "").endswith(" ms")


def cost(entry):
    """How many times as long as the reference, also of a rate."""
    ratio = entry["ratio"]
    if is_more(entry):
        return 1 + ratio
    return 1 / ratio if entry["unit"] in RATES else ratio


def goal(entry):
    """The largest cost that meets it, or None."""
    says = entry["goal"]
    if not says:
        return None
    if not says.startswith("at most "):
        return 1.0
    most = float(says.split()[2])
    return 1 + most / entry["reference_value"] if is_more(entry) else most


def verdict(entry):
    """met, missed, or none if there is no goal."""
    if not entry["goal"]:
        return "none"
    if not entry["goal"].startswith("at most "):
        low, high = entry["noise"]
        good = min(low, 0.99) <= entry["ratio"] <= max(high, 1.01)
        return "met" if good else "missed"
    return "met" if cost(entry) <= goal(entry) else "missed"


def label(entry):
    if is_more(entry):
        return f"{entry['value']:+.2g} ms"
    times = cost(entry)
    return f"{times:.0f}" if times >= 99.5 else f"{times:.3g}"


def shown(results):
    return [entry for entry in results
            if entry["ratio"] and cost(entry) > 0
            and (entry["goal"] or entry["name"] in ALSO)]


class Axis:
    """From ratios to places, by their logarithm."""

    def __init__(self, entries):
        ratios = [cost(entry) for entry in entries] \
            + [goal(entry) or 1 for entry in entries] + [1, 2]
        self.low = math.log10(max(min(ratios) * 0.85, 0.1))
        self.high = math.log10(max(ratios) * 1.15)

    def at(self, ratio):
        part = (math.log10(max(ratio, 0.1)) - self.low) \
            / (self.high - self.low)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def marks(self):
        return [mark for mark in MARKS
                if self.low <= math.log10(mark) <= self.high]


def grid(axis, bottom):
    for mark in axis.marks():
        x = axis.at(mark)
        kind = "one" if mark == 1 else "grid"
        yield f'<path class="{kind}" d="M{x:.0f} {TOP - 8}V{bottom}"/>'
        yield f'<text class="small" x="{x:.0f}" y="{TOP - 14}" ' \
              f'text-anchor="middle">{mark:g}</text>'


def row(axis, entry, y):
    kind, x = verdict(entry), axis.at(cost(entry))
    yield f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">' \
          f'{escape(entry["name"])}</text>'
    yield f'<path class="bar {kind}" d="M{axis.at(1):.0f} {y}H{x:.0f}"/>'
    yield f'<circle class="dot {kind}" cx="{x:.0f}" cy="{y}" r="4"/>'
    if goal(entry):
        at = axis.at(goal(entry))
        yield f'<path class="bar goal" d="M{at:.0f} {y - 7}v14"/>'
    yield f'<text x="{WIDTH - RIGHT + 14}" y="{y + 4}">' \
          f'{label(entry)}{", missed" if kind == "missed" else ""}</text>'


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def machine():
    virtual = "hypervisor" in open("/proc/cpuinfo", encoding="utf-8").read()
    count = os.cpu_count()
    return f"{processor()}, {count}{' virtual' if virtual else ''} " \
           f"processor{'s' if count != 1 else ''}, " \
           f"Linux {'.'.join(platform.release().split('.')[:2])}, " \
           f"{time.strftime('%d %B %Y')}, load {os.getloadavg()[2]:.0f}"


def draw(results, where):
    """The picture, as text; `where`: what it was measured on."""
    entries = shown(results)
    axis = Axis(entries)
    bottom = TOP + ROW * len(entries)
    height = bottom + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
             f'width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}">',
             "<title>What swsgx costs: times as long as the reference</title>",
             f"<style>{STYLE}</style>",
             f'<text x="{LEFT}" y="16">times as long as the reference '
             "(bench/README.md says which); shorter is better</text>"]
    parts += grid(axis, bottom)
    for number, entry in enumerate(entries):
        parts += row(axis, entry, TOP + ROW * number + ROW // 2)
    parts += [f'<text class="small" x="10" y="{bottom + 24}">'
              "green tick: the goal; filled: met, or no goal; hollow: missed; "
              "logarithmic</text>",
              f'<text class="small" x="10" y="{bottom + 42}">'
              f"{escape(where)}</text>", "</svg>"]
    return "\n".join(parts) + "\n"


def main(build, out):
    with open(os.path.join(build, "bench.json"), encoding="utf-8") as file:
        results = json.load(file)
    with open(out, "w", encoding="utf-8") as file:
        file.write(draw(results, machine()))


if __name__ == "__main__":
    main(*sys.argv[1:])
