#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# Programs as people run them: threads, subprocesses, JIT compilers, static
# binaries.
load helpers

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

@test "python with threads and subprocesses" {
  need python3
  run -0 swsgx run -- python3 -c '
import hashlib, subprocess, threading
results = []
def work(n):
    out = subprocess.run(["echo", str(n)], capture_output=True, check=True)
    results.append(int(out.stdout))
threads = [threading.Thread(target=work, args=(n,)) for n in range(100)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sum(results), hashlib.sha256(b"x" * 1000000).hexdigest()[:8])'
  [ "$output" = "4950 $(head -c 1000000 /dev/zero | tr '\0' x |
    sha256sum | cut -c 1-8)" ]
}

@test "python with multiprocessing and signals" {
  need python3
  run -0 swsgx run -- python3 -c '
import multiprocessing, os, signal
hits = []
signal.signal(signal.SIGUSR1, lambda *a: hits.append(1))
for _ in range(100):
    os.kill(os.getpid(), signal.SIGUSR1)
with multiprocessing.get_context("fork").Pool(4) as pool:
    print(len(hits), sum(pool.map(abs, range(-100, 0))))'
  [ "$output" = "100 5050" ]
}

@test "git" {
  need git
  swsgx run -- git init -q repository
  cd repository
  echo text >file
  swsgx run -- git add file
  swsgx run -- git -c user.name=a -c user.email=a@b commit -q -m one
  run -0 swsgx run -- git log --format=%s
  [ "$output" = one ]
  run -0 swsgx run -- git fsck --strict
}

@test "node: a JIT compiler, workers and timers" {
  need node
  run -0 swsgx run -- node -e '
const { Worker } = require("worker_threads");
let n = 0, done = 0;
for (let i = 0; i < 5e6; i++) n = (n + i * 7) % 1000003;
for (let i = 0; i < 4; i++)
  new Worker("require(\"worker_threads\").parentPort.postMessage(1)",
             { eval: true }).on("message", () => {
    if (++done == 4) setTimeout(() => console.log(done), 10);
  });'
  [ "$output" = 4 ]
}

@test "gcc: a compiler's chain of programs, and what it made" {
  need gcc
  printf '#include <stdio.h>\nint main(void) { puts("made"); return 3; }\n' >m.c
  swsgx run -- gcc -O2 -o made m.c
  run -3 swsgx run -- ./made
  [ "$output" = made ]
}

@test "a static program, position independent and not" {
  need gcc
  printf '#include <stdio.h>\nint main(void) { puts("static"); }\n' >s.c
  for option in -static-pie "-static -no-pie"; do
    # shellcheck disable=SC2086 # options
    gcc $option -o static s.c
    run -0 swsgx run -- ./static
    [ "$output" = static ]
  done
}

@test "busybox" {
  [ -x "$BUSYBOX" ] || need busybox
  [ -x "$BUSYBOX" ] || BUSYBOX=busybox
  run -0 swsgx run -- "$BUSYBOX" sh -c "echo b a c | $BUSYBOX tr ' ' '\n' |
    $BUSYBOX sort | $BUSYBOX head -n 1"
  [ "$output" = a ]
}

@test "make, with its jobs" {
  need make
  printf 'all: a b c d\na b c d:\n\t@sleep 0.1; echo $@ >$@.made\n' >Makefile
  run -0 swsgx run -- make -s -j4 MAKEFLAGS=
  [ "$(cat ./*.made | sort | tr -d '\n')" = abcd ]
}

@test "a deep chain of fork and exec" {
  run -0 swsgx run -- bash -c 'f() { [ $1 = 0 ] && { echo deep; return; }
    bash -c "$(declare -f f); f $(($1 - 1))"; }; f 20'
  [ "$output" = deep ]
}

@test "a thousand short programs" {
  run -0 swsgx run -- bash -c 'for ((i = 0; i < 1000; i++)); do
    /bin/true || exit 1; done; echo done'
  [ "$output" = "done" ]
}

@test "/proc/cpuinfo has the processor's flags, and else the host's" {
  local filter='/^flags/!d; s/ sgx sgx_lc$//'
  run -0 swsgx run -- sh -c 'cd /proc && cat cpuinfo'
  [ "$(grep -c '^flags.* sgx sgx_lc$' <<<"$output")" = \
    "$(grep -c '^processor' /proc/cpuinfo)" ]
  [ "$(sed "$filter" <<<"$output")" = "$(sed "$filter" /proc/cpuinfo)" ]
  [ "$(cut -d: -f1 <<<"$output")" = "$(cut -d: -f1 /proc/cpuinfo)" ]
  run -0 swsgx run -- sh -c 'cd /; exec 9<proc//./cpuinfo; cat <&9
    ulimit -f 0; cat /proc/cpuinfo >/dev/null'
  [[ $output == *" sgx sgx_lc"* ]]
}

@test "programs of the sanitizers, which leave no address space" {
  need gcc
  cd "$BATS_TEST_TMPDIR"
  cat >device.c <<'END'
#include <fcntl.h>
#include <pthread.h>
static int fd;
static void *enter(void *arg)
{
  fd = open("/dev/sgx_enclave", O_RDWR);
  return arg;
}
int main(void)
{
  pthread_t thread;
  return pthread_create(&thread, 0, enter, 0) || pthread_join(thread, 0) ||
         fd < 0;
}
END
  for sanitizer in address thread leak undefined; do
    gcc -fsanitize=$sanitizer device.c -o device -pthread || continue
    run -0 swsgx run -- ./device
    [ -z "$output" ]
  done
}

@test "execve with no descriptor free" {
  need python3
  cat >"$BATS_TEST_TMPDIR/full.py" <<'END'
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, int(sys.argv[1])))
try:
    while True:
        os.open("/dev/null", os.O_RDONLY)
except OSError:
    pass
os.execv("/bin/echo", ["echo", "executed"])
END
  run -0 swsgx run -- python3 "$BATS_TEST_TMPDIR/full.py" 100
  [ "$output" = executed ]
}
