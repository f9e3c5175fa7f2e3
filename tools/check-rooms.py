#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""check-rooms.py BUILD: includes and calls between rooms point one way.

A room is a folder of cpu/, kernel/, attest/ or process/.  tools/rooms.txt has them in
their order: a file includes headers, and refers to symbols, of its own room and
of rooms above it there, never below.  So there is no circle.  Calls are taken
from the objects in BUILD, which must have been built.
"""
import json
import os
import re
import subprocess
import sys

TARGETS = ('process/rt.elf.p', 'process/libsupervisor.a.p',
           'attest/libattest.a.p')
LAYERS = ('cpu/', 'kernel/', 'attest/', 'process/')
# The compiler calls these by itself; process/rt/base has them.
COMPILER = {'memcpy', 'memmove', 'memset', 'memcmp'}


def read_rooms(path):
    """The order of the rooms, and the files that all may use."""
    order, shared = {}, set()
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            words = line.split('#')[0].split()
            if not words:
                continue
            if words[0] == 'shared':
                shared.add(words[1])
            else:
                order[words[0]] = len(order)
    return order, shared


def room_of(path):
    return os.path.dirname(path)


def sources():
    out = subprocess.run(['tools/sources.sh'] + [l + '*' for l in LAYERS],
                         check=True, capture_output=True, text=True).stdout
    return [f for f in out.split() if f.endswith(('.c', '.h', '.S'))]


def includes(files):
    """(file, header) for each include of a project's header."""
    known = set(files)
    pattern = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
    for file in files:
        with open(file, encoding='utf-8') as text:
            for header in pattern.findall(text.read()):
                if header in known:
                    yield file, header


def circles(edges):
    """Files that include themselves by way of others."""
    graph, state, found = {}, {}, []
    for a, b in edges:
        graph.setdefault(a, []).append(b)

    def visit(node, path):
        state[node] = 1
        for to in graph.get(node, []):
            if state.get(to) == 1:
                found.append(path[path.index(to):] + [to])
            elif to not in state:
                visit(to, path + [to])
        state[node] = 2

    for node in sorted(graph):
        if node not in state:
            visit(node, [node])
    return found


def objects(build):
    """source: object, for what the runtime and the supervisor are made of."""
    with open(os.path.join(build, 'compile_commands.json'),
              encoding='utf-8') as text:
        commands = json.load(text)
    for c in commands:
        if not c['output'].startswith(TARGETS):
            continue
        source = os.path.relpath(os.path.join(c['directory'], c['file']))
        if source.startswith(LAYERS):
            yield source, os.path.join(build, c['output'])


def symbols(path):
    """What an object defines, and what it refers to."""
    out = subprocess.run(['nm', '-g', '--format=posix', path], check=True,
                         capture_output=True, text=True).stdout
    defined, undefined = set(), set()
    for line in out.splitlines():
        name, kind = line.split()[:2]
        (undefined if kind in 'Uw' else defined).add(name)
    return defined, undefined


def calls(build):
    """(file, file, symbol) for each reference from one to the other."""
    tables = [(s, o, *symbols(o)) for s, o in objects(build)]
    for target in TARGETS:
        here = [t for t in tables if '/' + target in t[1]]
        if not here:
            sys.exit(f'{build}: no objects of {target}; build it first')
        home = {name: t[0] for t in here for name in t[2]}
        for source, _, _, undefined in here:
            for name in sorted(undefined):
                if name in home and name not in COMPILER:
                    yield source, home[name], name


def main():
    build = os.path.abspath(sys.argv[1])
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
    order, shared = read_rooms('tools/rooms.txt')
    files = sources()
    bad = []

    for room in sorted({room_of(f) for f in files} - set(order)):
        bad.append(f'{room}: a room that tools/rooms.txt does not have')
    for room in sorted(set(order) - {room_of(f) for f in files}):
        bad.append(f'tools/rooms.txt: there is no room {room}')

    def is_upward(a, b):
        return order.get(room_of(b), -1) > order.get(room_of(a), 1 << 30)

    edges = list(includes(files))
    for loop in circles(edges):
        bad.append('a circle of includes: ' + ' -> '.join(loop))
    for a, b in edges:
        if b not in shared and is_upward(a, b):
            bad.append(f'{a}: includes {b}, of a room further down in '
                       'tools/rooms.txt')
    for a, b, name in calls(build):
        if b not in shared and is_upward(a, b):
            bad.append(f'{a}: refers to {name} in {b}, of a room further down '
                       'in tools/rooms.txt')
    for line in bad:
        print(line, file=sys.stderr)
    sys.exit(bool(bad))


main()
