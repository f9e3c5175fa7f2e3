#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# A program that has nothing to do with SGX sees no difference.
load helpers

# The command writes the same with swsgx as without.
same() {
  "$@" >"$BATS_TEST_TMPDIR/without" 2>&1
  "$SWSGX" run -- "$@" >"$BATS_TEST_TMPDIR/with" 2>&1
  diff "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
}

@test "arguments, empty ones too" {
  same printf '<%s>\n' "" "a b" '$x' $'tab\there' "--" "-x" '*'
}

@test "argument zero" {
  same bash -c 'exec -a other-name sh -c "echo \$0"'
}

@test "environment" {
  diff <(env -i A=1 B='x y' env) <(env -i A=1 B='x y' "$SWSGX" run -- env)
}

@test "working directory, umask, limits, descriptors" {
  cd "$BATS_TEST_TMPDIR"
  umask 027
  same pwd
  same sh -c umask
  same sh -c 'ulimit -a'
  same sh -c 'cd /proc/self/fd; echo *'
}

@test "an exec in the run leaves no descriptor, one that fails neither" {
  need python3
  printf 'no program' >"$BATS_TEST_TMPDIR/odd"
  chmod +x "$BATS_TEST_TMPDIR/odd"
  run -0 sh -c 'cd /proc/self/fd; echo fds *' </dev/null
  local fds=$output
  run -0 "$SWSGX" run -- sh -c '
    grep -q memfd:swsgx-runtime /proc/self/maps &&
    exec python3 - "$1"' sh "$BATS_TEST_TMPDIR/odd" <<'EOF'
import os, resource, sys

def files():
    return sorted(os.listdir("/proc/self/fd"))

def tries():
    try:
        os.execv(sys.argv[1], [sys.argv[1]])
    except OSError as error:
        return error.errno

before = files()
for i in range(3):
    assert tries() == 8, tries()	# ENOEXEC
assert files() == before, (before, files())
with open("/proc/self/status") as status:
    assert "TracerPid:\t0\n" in status.read()
# no descriptor is free: one is had all the same
resource.setrlimit(resource.RLIMIT_NOFILE, (len(before), 1024))
assert tries() == 8, tries()
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
assert files() == before
assert os.spawnv(os.P_WAIT, "/bin/true", ["true"]) == 0
os.execv("/bin/sh", ["sh", "-c", "cd /proc/self/fd; echo fds *"])
EOF
  echo "$output"
  [ "${lines[-1]}" = "$fds" ]
}

@test "identity and /proc" {
  same id
  same readlink /proc/self/exe
  same grep -E '^(Name|SigBlk|SigIgn|Threads|CapEff):' /proc/self/status
  same sh -c 'tr "\0" " " </proc/$$/cmdline'
}

@test "parent and child: a wait that counts" {
  same bash -c '(exit 3) & wait -n; echo $?; for i in 1 2 3; do (exit $i) &
    done; wait; echo $?; (sleep 0.1; exit 5) & wait $!; echo $?'
}

@test "standard input to standard output, binary" {
  head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
  swsgx run -- cat <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
  cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
}

@test "pipelines of runs" {
  run -0 bash -c 'seq 20000 | "$0" run -- sort -rn | "$0" run -- head -n 1' \
    "$SWSGX"
  [ "$output" = 20000 ]
}

@test "a pipe whose reader left" {
  run -0 bash -c '"$0" run -- yes | head -n 1; echo ${PIPESTATUS[0]}' "$SWSGX"
  [ "${lines[0]}" = y ]
  [ "${lines[1]}" = 141 ]
}

@test "standard output and standard error stay apart" {
  run -0 --separate-stderr swsgx run -- sh -c 'echo out; echo err >&2'
  [ "$output" = out ]
  # shellcheck disable=SC2154 # --separate-stderr sets it
  [ "$stderr" = err ]
}

@test "a script with #!" {
  printf '#!/bin/sh\necho "$0 $1"\n' >"$BATS_TEST_TMPDIR/script"
  chmod +x "$BATS_TEST_TMPDIR/script"
  same "$BATS_TEST_TMPDIR/script" argument
}

# The pipe ends when every holder of descriptor 9 is gone; then no process of
# the run may stay, whatever other runs do.
@test "a run leaves nothing behind: pipes close, no process stays" {
  cp "$SWSGX" "$BATS_TEST_TMPDIR/swsgx"
  "$SWSGX" run -- sleep 30 3>&- &
  other=$!
  run -0 timeout 10 bash -c '{ "$0" run -- echo done; } 9>&1 | cat' \
    "$BATS_TEST_TMPDIR/swsgx"
  [ "$output" = "done" ]
  left=yes
  for ((i = 0; i < 50; i++)); do
    pgrep -f "^$BATS_TEST_TMPDIR/swsgx" || { left=; break; }
    sleep 0.1
  done
  kill $other
  wait $other || true
  [ -z "$left" ]
}

# `swsgx run` returns with its program; what that left in the background still
# execs and still has its devices.
@test "what runs on in the background is served after the run returned" {
  out=$BATS_TEST_TMPDIR/out
  run -0 timeout 10 bash -c '"$0" run -- bash -c "$1" "$2" | cat' "$SWSGX" \
    '(sleep 1.5; /bin/echo late; ls /dev/sgx_enclave) >"$0" 2>&1 3>&- & echo now' \
    "$out"
  [ "$output" = now ]
  [ ! -s "$out" ]
  for ((i = 0; i < 50; i++)); do
    [ "$(wc -l <"$out")" = 2 ] && break
    sleep 0.1
  done
  [ "$(cat "$out")" = "$(printf 'late\n/dev/sgx_enclave')" ]
}

@test "the server of a run is killed: exec says so, the program goes on" {
  run -0 timeout 10 "$SWSGX" run -- bash -c '
    for pid in $(pgrep -P $PPID -x swsgx); do kill -9 $pid; done
    sleep 0.2
    /bin/true || echo "exec failed"
    exit 0'
  [[ $output == *"swsgx: cannot follow execve(\"/bin/true\"): the server of the run (pid "*") is gone"* ]]
  [[ $output == *"exec failed"* ]]
}
