#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""chart.py BENCH: the picture that BENCH/chart.py draws of some results."""
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, sys.argv[1])
import chart  # noqa: E402  pylint: disable=wrong-import-position

NS = "{http://www.w3.org/2000/svg}"


def result(name, ratio, goal, unit="ns", **more):
    value = None if ratio is None else ratio * 10
    return {"name": name, "value": value, "unit": unit, "reference": "<&>",
            "reference_value": 10, "ratio": ratio, "goal": goal, **more}


RESULTS = [
    result("good", 1.2, "at most 1.3"),
    result("bad", 14, "at most 1.3"),
    result("noisy", 1.04, "1.00 within noise", noise=[0.9, 1.05]),
    result("off", 1.04, "1.00 within noise", noise=[0.99, 1.01]),
    result("start", 0.2, "at most 3 ms", "ms"),
    result("late", 2.0, "at most 3 ms", "ms"),
    result("less", -0.01, "at most 3 ms", "ms"),
    result("rate", 0.5, "at most 1.3", "1/s"),
    result("skipped", None, "at most 2"),
    result("of no interest", 3, None),
    result("transition-trap", 2000, None),
]


def texts(root):
    return ["".join(text.itertext()) for text in root.iter(NS + "text")]


def main():
    text = chart.draw(RESULTS, "a machine & its <date>")
    root = ElementTree.fromstring(text)
    said = texts(root)
    names = [entry["name"] for entry in RESULTS]
    assert [name for name in names if name in said] == [
        "good", "bad", "noisy", "off", "start", "late", "less", "rate",
        "transition-trap"], said
    assert "a machine & its <date>" in said
    kinds = [dot.get("class") for dot in root.iter(NS + "circle")]
    assert kinds == ["dot " + kind for kind in (
        "met", "missed", "met", "missed", "met", "missed", "met", "missed",
        "none")], kinds
    assert "14, missed" in said and "+20 ms, missed" in said, said
    places = [float(dot.get("cx")) for dot in root.iter(NS + "circle")]
    width = float(root.get("width"))
    assert all(0 < place < width for place in places), places
    assert places[0] < places[1] < places[-1], places
    assert len(text) < 8192
    assert chart.machine()


main()
