# SPDX-License-Identifier: BSD-3-Clause
"""What a run costs programs that have nothing to do with SGX.

Each is run bare and under `swsgx run` in turns, and the medians count.
"""
import os
import shutil
import statistics
import subprocess
import tempfile
import time

FOLDERS, FILES = 300, 60
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = os.path.join(TOP, "bench", "native.c")


def make_tree(root):
    """Folders with small files."""
    for i in range(FOLDERS):
        folder = os.path.join(root, "tree", f"folder-{i:03}")
        os.makedirs(folder)
        for k in range(FILES):
            with open(os.path.join(folder, f"file-{k:03}.txt"), "w",
                      encoding="ascii") as f:
                f.write(f"{i} {k}\n" * 8)


def quiet(command, **more):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, **more)


def make_repository(tree):
    git = ["git", "-C", tree]
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.invalid"]
    quiet(git + ["init"])
    quiet(git + ["add", "."])
    quiet(git + who + ["commit", "-m", "files"])
    time.sleep(1.1)     # later than the files: their stat() is enough
    quiet(git + ["status"])


def elapsed(command):
    start = time.perf_counter()
    quiet(command, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def printed(command):
    """The measurement that the program makes itself."""
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE,
                         stdin=subprocess.DEVNULL).stdout
    return float(out.split()[1])


def in_turns(found, name, run, command, how, times):
    """The medians of both, and of what a run takes more."""
    bare, inside = [], []
    how(command), how(run + command)
    for _ in range(times):
        bare.append(how(command))
        inside.append(how(run + command))
    found[f"{name}-bare"] = statistics.median(bare)
    found[f"{name}-run"] = statistics.median(inside)
    found[f"{name}-more"] = found[f"{name}-run"] - found[f"{name}-bare"]


def programs(build, root):
    """Name, command, how it is measured, how often."""
    tree = os.path.join(root, "tree")
    git = ["git", "-C", tree, "status"]
    cc = [os.environ.get("CC", "cc"), "-O2", f"-I{TOP}", "-c", SOURCE, "-o",
          os.path.join(root, "native.o")]
    program = os.path.join(build, "bench", "bench-")
    yield "startup", ["true"], elapsed, 51
    yield "exec", [program + "exec"], printed, 11
    yield "find", ["find", tree, "-size", "+1M"], elapsed, 41
    if shutil.which("git"):
        make_repository(tree)
        yield "git", git, elapsed, 41
    if shutil.which(cc[0]):
        yield "compile", cc, elapsed, 15
    yield "http", [program + "http", SOURCE], printed, 11


def measure(build, found):
    run = [os.path.join(build, "swsgx"), "run", "--"]
    with tempfile.TemporaryDirectory(prefix="swsgx-bench-") as root:
        make_tree(root)
        for name, command, how, times in programs(build, root):
            try:
                in_turns(found, name, run, command, how, times)
            except subprocess.CalledProcessError as error:
                raise RuntimeError(f"{name}: {error}") from error
