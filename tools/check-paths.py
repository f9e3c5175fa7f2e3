#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every path of this tree that a document, comment or script names is there:
what begins with one of its folders and has a file's ending, or a slash at its
end.  Linux's own paths are told by the words before them."""

import os
import re
import subprocess
import sys

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = "cpu|kernel|attest|process|cli|lib|examples|bench|tests|tools|docs|man"
PATH = re.compile(
    r"(?<![\w./@}*$-])((?:%s)(?:/[\w.-]+)*/(?:[\w-]+\.(?:c|h|S|md|py|sh|bats|"
    r"txt|lds|build|[13]))?)(?![\w*/<{$-]|\.\w)" % FOLDERS)
# Linux's, where no word before says so.
LINUX_FILES = {"kernel/exit.c", "kernel/fork.c", "kernel/signal.c",
               "kernel/smp.c"}
LINUX = re.compile(r"Linux|arch/x86|include/asm")


def named(path):
    """Line number and path of each that the file names."""
    with open(path, encoding="utf-8", errors="replace") as f:
        before = ""
        for number, line in enumerate(f, 1):
            for found in PATH.finditer(line):
                if not LINUX.search(before + line[:found.start()]):
                    yield number, found[1]
            before = line if line.startswith((" *", "/*")) else ""


def main():
    files = subprocess.run(
        ["tools/sources.sh", "*.md", "*.[chS]", "*.sh", "*.py", "*.bats",
         "*meson.build", "Makefile", "man/*"],
        capture_output=True, text=True, check=True).stdout.split()
    bad = 0
    for path in files:
        if path == "docs/CONFORMANCE.md":
            continue
        for number, name in named(path):
            beside = os.path.join(os.path.dirname(path), name)
            if not (os.path.exists(name) or os.path.exists(beside) or
                    "NAME" in name or name in LINUX_FILES):
                print(f"{path}:{number}: there is no {name}", file=sys.stderr)
                bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
