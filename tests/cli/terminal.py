#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""terminal.py: an interactive bash on a pseudo terminal, driven by lines of
standard input: `send TEXT` (with \\n, \\x03 ... as in Python), and `expect
REGEX`, which looks at what came since the last match.  Fails, and shows the
whole session, when an expectation is not met in ten seconds."""
import os
import pty
import re
import select
import sys
import time

SECONDS = 10


def start():
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(PS1="ready> ", TERM="dumb", HISTFILE="")
        os.execvp("bash", ["bash", "--norc", "--noediting", "-i"])
    return terminal


class Session:
    def __init__(self, terminal):
        self.terminal = terminal
        self.pending = ""
        self.all = ""

    def send(self, text):
        os.write(self.terminal, text.encode("latin-1"))

    def read(self, seconds):
        if not select.select([self.terminal], [], [], seconds)[0]:
            return
        try:
            text = os.read(self.terminal, 4096).decode("utf-8", "replace")
        except OSError:
            sys.exit(self.failure("the session ended"))
        self.pending += text
        self.all += text

    def failure(self, what):
        return f"{what}; the session so far:\n{self.all}"

    def expect(self, regex):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            match = re.search(regex, self.pending)
            if match:
                self.pending = self.pending[match.end():]
                return
            self.read(0.1)
        sys.exit(self.failure(f"not seen: {regex}"))


def main():
    session = Session(start())
    session.expect("ready> ")
    for line in sys.stdin:
        verb, _, text = line.rstrip("\n").partition(" ")
        if verb == "send":
            session.send(text.encode().decode("unicode_escape"))
        elif verb == "expect":
            session.expect(text)
        elif verb:
            sys.exit(f"terminal.py: no such verb: {verb}")


main()
