# SPDX-License-Identifier: BSD-3-Clause
"""The scenarios of the soak, and how each is judged."""
import os
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

HANG_SECONDS = 60
TOTAL = re.compile(r"injected in all: epc-loss(?:@\S+| by the program:) "
                   r"(\d+) times?, (\d+) enclave")


def parse_lines(text):
    """The program's "NAME VALUE" lines."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].isdigit():
            found[words[0]] = int(words[1])
    return found


def judge_epc(seen, problems):
    """All pages are free again when all enclaves are gone."""
    pages, free = seen.get("epc-pages", 0), seen.get("epc-free", 0)
    if not pages or pages != free:
        problems.append(f"{free} of {pages} EPC pages are free")


class Run:
    """A program under `swsgx run`, with losses; output goes to files."""

    def __init__(self, build, work, every, options, command):
        inject = [f"--inject=epc-loss@every={every}"] if every else []
        self.out = open(os.path.join(work, "out"), "w+", encoding="utf-8")
        self.err = open(os.path.join(work, "err"), "w+", encoding="utf-8")
        self.front = subprocess.Popen(
            [os.path.join(build, "swsgx"), "run", *options, *inject, "--",
             *command],
            stdout=self.out, stderr=self.err, stdin=subprocess.DEVNULL, start_new_session=True)

    def processes(self):
        """The program's processes, the first one first; the server."""
        rows = subprocess.run(["ps", "-eo", "pid=,ppid=,pgid="], check=True,
                              capture_output=True, text=True).stdout
        front, programs, server = self.front.pid, [], None
        for row in rows.splitlines():
            pid, ppid, pgid = map(int, row.split())
            if pgid == front and pid != front:
                programs.insert(0 if ppid == front else 1, pid)
            elif ppid == front:
                server = pid
        return programs, server

    def watch(self, seconds, progress):
        """Until it ends, or ought to have ended."""
        start = time.monotonic()
        while self.front.poll() is None:
            took = time.monotonic() - start
            if took > seconds + HANG_SECONDS:
                break
            progress(took / seconds, f"{took:.0f} s")
            time.sleep(0.2)

    def end(self, problems, seconds=HANG_SECONDS):
        """Waits for it; what it said."""
        try:
            status = self.front.wait(seconds)
        except subprocess.TimeoutExpired:
            problems.append("hung: it did not end")
            for pid in self.processes()[0]:
                os.kill(pid, signal.SIGKILL)
            status = self.front.wait()
        texts = []
        for f in self.out, self.err:
            f.seek(0)
            texts.append(f.read())
            f.close()
        if status:
            said = [line for text in texts for line in text.splitlines()
                    if "injected" not in line and not line.startswith("ok:")]
            problems.append(f"exit status {status}: " + " | ".join(said[-6:]))
        return texts

    def losses(self, err):
        """How many there were, and how many enclaves they hit in all."""
        totals = TOTAL.findall(err)
        return tuple(sum(int(total[i]) for total in totals) for i in (0, 1))


def result_of(name, problems, **values):
    result = {"name": name, "passed": not problems, "problems": problems,
              "losses": 0, "hits": 0, "work": 0, "signals": 0, "kept": ""}
    result.update(values)
    return result


class Scene:
    """One of soak_scene's."""

    def __init__(self, args, name, **how):
        self.args, self.name, self.how = args, name, how

    def run(self, progress):
        how, problems = self.how, []
        seconds = how.get("seconds", self.args.seconds)
        rounds = how.get("rounds")
        work = tempfile.mkdtemp(prefix="swsgx-soak.")
        command = [os.path.join(self.args.build, "tests/process/soak_scene"),
                   how.get("scene", self.name), str(seconds)]
        run = Run(self.args.build, work, how.get("every"),
                  how.get("options", []),
                  command + ([str(rounds)] if rounds else []))
        run.watch(seconds, progress)
        out, err = run.end(problems)
        shutil.rmtree(work)
        return self.judge(parse_lines(out), run.losses(err), problems)

    def judge(self, seen, losses, problems):
        judge_epc(seen, problems)
        wanted = self.how.get("wanted", [])
        hits = sum(seen.get(place, 0) for place in wanted)
        at_least = self.how.get("at_least", 1)
        if wanted and hits < at_least:
            problems.append(f"only {hits} losses were met where they should "
                            f"({', '.join(wanted)}); wanted {at_least}")
        return result_of(
            self.name, problems, losses=losses[0], hits=hits,
            work=seen.get("rounds", 0), signals=seen.get("signals", 0),
            kept=f"{seen.get('descriptors-after', 0)}, "
                 f"{seen.get('mappings-after', 0)}, "
                 f"{seen.get('epc-pages', 0) - seen.get('epc-free', 0)}",
            seen=seen)


class Sampler(threading.Thread):
    """What a process holds, several times a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.fds, self.maps, self.ended = pid, [], [], False
        self.start()

    def run(self):
        while not self.ended:
            try:
                self.fds.append(len(os.listdir(f"/proc/{self.pid}/fd")))
                with open(f"/proc/{self.pid}/maps", "rb") as f:
                    self.maps.append(f.read().count(b"\n"))
            except OSError:
                return
            time.sleep(0.1)

    def compare(self, what, values, allowed, problems):
        """The middle of the first and of the last tenth: no growth."""
        tenth = max(len(values) // 10, 1)
        if not values:
            problems.append(f"{what} could not be counted")
            return 0, 0
        first = statistics.median(values[:tenth])
        last = statistics.median(values[-tenth:])
        if last > first + allowed:
            problems.append(f"{what} grew from {first:.0f} to {last:.0f}")
        return int(first), int(last)


class Service:
    """The example service under load and signals, till it was hit enough."""

    name = "service"
    every = "3ms"
    threads = 4
    clients = 8

    def __init__(self, args):
        self.args = args
        self.work = None

    def path(self, name):
        return os.path.join(self.work, name)

    def tool(self, name):
        return os.path.join(self.args.build, name)

    def start(self):
        # An EPC that holds the enclave twice: a leak shows after one loss.
        run = Run(self.args.build, self.work, self.every, ["--epc=1M", "--platform", self.path("platform")],
                  [self.tool("tests/soak/soak_under"),
                   self.tool("examples/service"), "--dir", self.path("dir"),
                   "--socket", self.path("socket"), "--threads",
                   str(self.threads)])
        for _ in range(200):
            if os.path.exists(self.path("socket")):
                break
            time.sleep(0.05)
        return run

    def client(self, seconds):
        return subprocess.Popen(
            [self.tool("examples/service-client"), "--socket",
             self.path("socket"), "--clients", str(self.clients),
             "--seconds", str(seconds), "--timeout", str(HANG_SECONDS),
             "--progress"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def one(self, seconds, progress, problems, so_far):
        """Some time of it.  What was seen."""
        run = self.start()
        pids, server = run.processes()
        if len(pids) != 2:
            problems.append(f"the service did not start: {pids}")
            run.front.terminate()
            run.end(problems)
            return {}
        pid = pids[1]
        samplers = []
        flood = subprocess.Popen([self.tool("tests/soak/soak_flood"),
                                  str(pid), "200"], stdout=subprocess.PIPE)
        client = self.client(seconds)
        said, start = [], time.monotonic()
        for line in client.stdout:
            took = time.monotonic() - start
            if line.startswith("progress "):
                if not samplers:  # now all clients are connected
                    samplers = [Sampler(pid), Sampler(server)]
                progress(so_far + (1 - so_far) * took / seconds,
                         f"{line.split()[1]} answers, {took:.0f} s")
            else:
                said.append(line)
        if client.wait():
            problems.append("client: " + " | ".join(
                line.strip() for line in said[-6:]))
        for sampler in samplers:
            sampler.ended = True
        flood.terminate()
        flood.wait()
        try:
            os.kill(pids[0], signal.SIGTERM)
        except ProcessLookupError:
            pass
        out, err = run.end(problems)
        seen = parse_lines(out)
        seen.update(parse_lines("".join(said)))
        seen["losses"], seen["enclaves-hit"] = run.losses(err)
        judge_epc(seen, problems)
        for sampler, of in zip(samplers, ("", "-server")):
            sampler.join()
            seen["fds" + of] = sampler.compare(
                f"descriptors{of}", sampler.fds, 3, problems)
            seen["maps" + of] = sampler.compare(
                f"mappings{of}", sampler.maps, 8, problems)
        return seen

    def run(self, progress):
        # On tmpfs, where fsync() does not wait for a disk.
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.work = tempfile.mkdtemp(prefix="swsgx-soak.", dir=place)
        problems, seen = [], {}
        goal, hit, seconds = self.args.losses, 0, 5
        while not problems and hit < goal:
            one = self.one(seconds, progress, problems, hit / goal)
            for key, value in one.items():
                seen[key] = (seen.get(key, 0) + value
                             if isinstance(value, int) else value)
            here = one.get("enclaves-hit", 0)
            hit += here
            if not here:
                problems.append("no loss at all")
                break
            rate = here / seconds
            seconds = max(int((goal - hit) / rate * 1.05) + 1, 3)
        shutil.rmtree(self.work)
        for key in ("lost-at-eenter-by-vdso", "lost-at-eenter-by-signal"):
            if not seen.get(key):
                problems.append(f"none {key}")
        return result_of(
            self.name, problems, losses=seen.get("losses", 0), hits=hit,
            work=seen.get("answers", 0), signals=seen.get("signals", 0),
            kept=f"{seen.get('fds', (0, 0))[1]}, "
                 f"{seen.get('maps', (0, 0))[1]}, "
                 f"{seen.get('epc-pages', 0) - seen.get('epc-free', 0)}",
            seen=seen)


class Neighbours:
    """Processes that share the EPC are killed and stopped, so many times."""

    name = "neighbours"

    def __init__(self, args):
        self.args = args

    def run(self, progress):
        kills, stops, problems = self.args.kills, self.args.stops, []
        seconds = 60 + kills // 2
        work = tempfile.mkdtemp(prefix="swsgx-soak.")
        run = Run(self.args.build, work, None, ["--epc=8M"],
                  [os.path.join(self.args.build,
                                "tests/process/soak_neighbours"),
                   str(kills), str(stops), str(seconds)])
        run.watch(seconds, progress)
        out, _ = run.end(problems)
        shutil.rmtree(work)
        return self.judge(parse_lines(out), problems)

    def judge(self, seen, problems):
        judge_epc(seen, problems)
        for what, wanted in (("kills", self.args.kills),
                             ("stops", self.args.stops)):
            if seen.get(what, 0) < wanted:
                problems.append(f"{seen.get(what, 0)} {what}, not {wanted}")
        return result_of(
            self.name, problems, work=seen.get("rounds", 0),
            signals=seen.get("kills", 0) + seen.get("stops", 0),
            kept="0, 0, "
                 f"{seen.get('epc-pages', 0) - seen.get('epc-free', 0)}",
            seen=seen)


def all_of(args):
    many = max(args.seconds * 2, 5)
    return [
        Service(args),
        # No losses; an EPC that holds two of them.
        Scene(args, "enclaves", scene="build", options=["--epc=1M"],
              seconds=600, rounds=args.enclaves),
        Scene(args, "add-pages", every="1ms", at_least=many,
              wanted=["lost-at-add-pages"]),
        Scene(args, "init", every="4ms", wanted=["lost-at-init"],
              at_least=many),
        Scene(args, "eenter", every="2ms", at_least=many,
              wanted=["lost-at-eenter", "lost-inside"]),
        Scene(args, "handler", every="2ms", at_least=many,
              wanted=["lost-in-handler"]),
        Scene(args, "fork", every="2ms", at_least=many // 2,
              wanted=["lost-in-child", "lost-at-eenter", "lost-inside"]),
        Neighbours(args),
    ]


def names():
    return ["service", "enclaves", "add-pages", "init", "eenter", "handler",
            "fork", "neighbours"]
