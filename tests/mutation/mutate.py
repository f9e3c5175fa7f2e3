#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Break one check at a time, and see that a unit test fails.

Copies the tree, builds the unit tests once with all mutants asleep in it
(tests/mutation/mutants.py), notes which test reaches which mutant, and then
runs for each mutant the tests that reach it, until one fails.  What survives
is printed, unless tests/mutation/equivalent.txt says why no test can tell.

Broken are conditions that decide on an error (each operand of && and || by
itself, comparisons by one), and what the error is; with --all every condition.

With --sim it is the files of the protocol between processes, statements are
left out, too, and the simulator (tests/sim/) is what should fail; unit tests
are asked about what it lets live, and tests/mutation/equivalent_sim.txt.
"""
import argparse
import collections
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import mutants

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EQUIVALENT = ROOT / "tests" / "mutation" / "equivalent.txt"
EQUIVALENT_SIM = ROOT / "tests" / "mutation" / "equivalent_sim.txt"
SOURCES = ["cpu/*.c", "cpu/encls/*.c", "cpu/enclu/*.c", "kernel/**/*.c"]
# Of the runtime, what is compiled hosted: rt_pure_src.
SOURCES += ["process/rt/" + name for name in (
    "abort_page/outside_string.c", "base/emit.c", "base/registers.c",
    "base/string.c", "filter/buffer_calls.c", "filter/program.c",
    "host/proc.c")]
# What the simulator runs and is about.
PROTOCOL = ["cpu/processors.c", "process/rt/**/ipi.c"]
PROTOCOL += [f"kernel/**/{name}.c" for name in (
    "section", "recover", "smp", "loss", "track", "reclaim", "victim", "swap")]
PROTOCOL += [f"process/supervisor/**/{name}.c" for name in (
    "ipi", "lives", "loss")]
# The unit tests that know of it; cpu-einit makes the key.
PROTOCOL_TESTS = (r"cpu-(einit|processors|concurrency|etrack)$|kernel-(section|"
                  r"recover.*|smp|exit|reclaim|paging|release|epc_budget|"
                  r"augment|two_spaces|fault|ioctl_modify|ioctl_restrict)$")
# Of the supervisor's, the one that does not need the runtime.
JUDGES = r"(cpu|kernel|rt)-(?!vdso_image)|supervisor-decode$"
SIM = "sim"

HEADER = """
#ifndef __ASSEMBLER__
extern int mutation_number;
extern unsigned char *mutation_reached;
#define MUTANT(n) (mutation_reached[n] = 1, mutation_number == (n))
#endif
"""

# The array of what was reached is a file, so that children count too.
RUNTIME = """
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
static unsigned char mutation_nowhere[%(size)d];
int mutation_number __attribute__((weak));
unsigned char *mutation_reached __attribute__((weak)) = mutation_nowhere;
__attribute__((constructor)) static void mutation_begin(void)
{
	const char *number = getenv("MUTATION"), *file = getenv("REACHED");
	int fd = file ? open(file, O_RDWR) : -1;
	void *map;

	if (number)
		mutation_number = atoi(number);
	if (fd < 0)
		return;
	map = mmap(0, %(size)d, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		mutation_reached = map;
	close(fd);
}
"""


def run(command, **kwargs):
    done = subprocess.run(command, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **kwargs)
    if done.returncode:
        sys.exit(f"mutate: {command[0]} failed:\n{done.stdout[-3000:]}")
    return done.stdout


def copy_tree(to):
    for name in run([ROOT / "tools" / "sources.sh"]).splitlines():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)


def rewrite(tree, only, sim):
    """Put the mutants into the copy; returns them."""
    arch = (tree / "cpu" / "sgx_arch.h").read_text()
    enum = re.search(r"enum sgx_return_code \{(.*?)\}", arch, re.S).group(1)
    codes = set(re.findall(r"\b(SGX_\w+)\s*=", enum))
    found = []
    for pattern in PROTOCOL if sim else SOURCES:
        for path in sorted(tree.glob(pattern)):
            name = str(path.relative_to(tree))
            if only and not any(part in name for part in only):
                continue
            rewriter = mutants.Rewriter(name, path.read_text(), codes,
                                        len(found) + 1, sim)
            path.write_text(rewriter.rewrite())
            found += rewriter.mutants
    (tree / "mutation.h").write_text(HEADER)
    # The second is for the test that has the decoder alone.
    for name in ("fault.c", "decode.c"):
        with (tree / "cpu" / name).open("a") as file:
            file.write(RUNTIME % {"size": len(found) + 1})
    return found


def build(tree, jobs, schedules):
    """Returns the unit tests: name to command; and the simulator's."""
    out = tree / "build"
    flags = f"-include {tree}/mutation.h -w"
    run(["meson", "setup", str(out), str(tree), "-Dtests=enabled",
         "-Dwerror=false", f"-Dc_args={flags}"])
    tests = json.loads(run(["meson", "introspect", "--tests", str(out)]))
    judges = PROTOCOL_TESTS if schedules else JUDGES
    commands = {test["name"]: test["cmd"] for test in tests
                if re.match(judges, test["name"])}
    if schedules:
        commands[SIM] = [str(out / "tests" / "sim" / "sim"), "--schedules",
                         str(schedules)]
    targets = {str(pathlib.Path(argument).relative_to(out))
               for command in commands.values() for argument in command
               if argument.startswith(str(out))}
    run(["ninja", "-C", str(out), f"-j{jobs}", *sorted(targets)])
    return commands


def run_test(command, number, timeout, key, reached=None):
    """Whether it passes as this mutant (0: as none)."""
    env = dict(os.environ, MUTATION=str(number), SWSGX_TEST_KEY=str(key))
    if reached:
        env["REACHED"] = str(reached)
    try:
        done = subprocess.run(command, env=env, timeout=timeout,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL, check=False,
                              start_new_session=True)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def survey(commands, size, directory, slowest):
    """Which tests reach which mutant; how long they take."""
    times, reach = {}, {}
    # Who comes first makes the key: not while the clock runs.
    run_test(commands["cpu-einit"], 0, 120, directory / "key.pem")
    for name, command in commands.items():
        file = directory / name
        file.write_bytes(bytes(size))
        start = time.monotonic()
        if not run_test(command, 0, 120, directory / "key.pem", file):
            sys.exit(f"mutate: {name} fails without any mutant")
        times[name] = time.monotonic() - start
        if name != SIM and times[name] > slowest:
            print(f"left out: {name} takes {times[name]:.0f} s")
            continue
        for number, flag in enumerate(file.read_bytes()):
            if flag:
                reach.setdefault(number, []).append(name)
    return reach, times


def excused(sim):
    """Mutants that no test can tell from the original; and files."""
    file = EQUIVALENT_SIM if sim else EQUIVALENT
    lines = {line for line in file.read_text().splitlines()
             if line and not line.startswith("#")}
    return ({line for line in lines if ": " in line},
            {line for line in lines if ": " not in line})


def judge(found, commands, reach, times, jobs, key):
    """
    Returns (mutant, "survives" or "not reached") of all that live, and how many
    each test killed.
    """
    killers = collections.Counter()
    done = itertools.count(1)

    def alive(mutant):
        if next(done) % 100 == 0:
            print(f"at {mutant}", file=sys.stderr, flush=True)
        # The simulator first, then the file's own test: they should tell.
        stem = pathlib.PurePath(mutant.path).stem
        names = sorted(reach.get(mutant.number, []),
                       key=lambda name: (name != SIM, stem not in name,
                                         times[name]))
        for name in names:
            timeout = 5 + 10 * times[name]
            if not run_test(commands[name], mutant.number, timeout, key):
                killers[name] += 1
                return None
        return mutant, "survives" if names else "not reached"

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = pool.map(alive, found)
        return [result for result in results if result], killers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--slowest", type=float,
                        help="leave out tests that take longer (seconds: 3; "
                        "with --sim 20)")
    parser.add_argument("--all", action="store_true",
                        help="also what decides on no error")
    parser.add_argument("--sim", action="store_true",
                        help="the protocol's files, by the simulator")
    parser.add_argument("--schedules", type=int, default=3000,
                        help="of the simulator, for each mutant (3000)")
    parser.add_argument("only", nargs="*", help="parts of file names")
    options = parser.parse_args()
    if options.slowest is None:
        options.slowest = 20.0 if options.sim else 3.0

    os.nice(10)
    with tempfile.TemporaryDirectory(prefix="swsgx-mutation-") as directory:
        directory = pathlib.Path(directory)
        tree = directory / "tree"
        copy_tree(tree)
        found = rewrite(tree, options.only, options.sim)
        size = len(found) + 1
        if not options.all and not options.sim:
            found = [mutant for mutant in found if mutant.check]
        commands = build(tree, options.jobs,
                         options.schedules if options.sim else 0)
        reach, times = survey(commands, size, directory, options.slowest)
        alive, killers = judge(found, commands, reach, times, options.jobs,
                               directory / "key.pem")

    sys.exit(report(found, alive, killers, options))


def report(found, alive, killers, options):
    """Print what lives; returns the exit status."""
    excuses, files = excused(options.sim)
    unexplained = [(mutant, how) for mutant, how in alive
                   if mutant.key() not in excuses
                   and mutant.path not in files]
    for mutant, how in unexplained:
        print(f"{mutant}: {how}")
    if (options.all or options.sim) and not options.only:
        for key in sorted(excuses - {mutant.key() for mutant, _ in alive}):
            print(f"excused, and killed, or gone: {key}")
    by_sim = f" ({killers[SIM]} by the simulator)" if options.sim else ""
    print(f"{len(found)} mutants, {len(found) - len(alive)} killed{by_sim}, "
          f"{len(alive) - len(unexplained)} excused, "
          f"{len(unexplained)} alive")
    return 1 if unexplained else 0


if __name__ == "__main__":
    main()
