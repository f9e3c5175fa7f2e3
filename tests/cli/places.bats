#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# swsgx inside and around other launchers, and where rights are few.
load helpers

@test "swsgx in swsgx" {
  run -0 swsgx run -- "$SWSGX" run -- echo nested
  [ "$output" = nested ]
  run -7 swsgx run -- "$SWSGX" run -- sh -c 'exit 7'
}

@test "two runs at once" {
  "$SWSGX" run -- sh -c 'sleep 0.5; exit 4' 3>&- &
  first=$!
  run -5 swsgx run -- sh -c 'exit 5'
  status=0
  wait $first || status=$?
  [ $status = 4 ]
}

@test "under timeout, and timeout under it" {
  run -124 timeout 1 "$SWSGX" run -- sleep 60
  run -124 swsgx run -- timeout 1 sleep 60
  run -3 timeout 30 "$SWSGX" run -- sh -c 'exit 3'
}

@test "under env and nohup" {
  run -0 env A=b "$SWSGX" run -- sh -c 'echo $A'
  [ "$output" = b ]
  run -0 swsgx run -- env A=c sh -c 'echo $A'
  [ "$output" = c ]
  cd "$BATS_TEST_TMPDIR"
  run -6 nohup "$SWSGX" run -- sh -c 'kill -HUP $$; exit 6'
}

@test "under setsid, without a terminal and with closed descriptors" {
  run -0 setsid -w "$SWSGX" run -- true
  run -0 bash -c 'exec "$0" run -- true 0<&- 1>&- 2>&-' "$SWSGX"
}

@test "a closed standard stream does not become a file of the run" {
  # its server writes what it injects to standard error
  for stream in '0<&-' '1>&-' '2>&-'; do
    run -0 bash -c "exec \"\$0\" run --inject epc-loss@time=100ms -- \
      sh -c 'sleep 0.5; exec true' $stream" "$SWSGX"
  done
  run -125 bash -c 'exec "$0" --version 1>&-' "$SWSGX"
}

@test "as an unprivileged user" {
  need_nobody
  run -0 as_nobody "$SWSGX" run -- id -u
  [ "$output" = 65534 ]
  run -7 as_nobody "$SWSGX" run -- sh -c 'exit 7'
}

@test "in namespaces made inside of the run" {
  unshare -rn true 2>/dev/null || skip "no network namespaces"
  for flags in -rn -rnpfm; do
    run -0 timeout 30 "$SWSGX" run -- unshare $flags \
      sh -c 'env true && exec 3<>/dev/sgx_enclave && echo opened'
    [ "$output" = opened ]
  done
}

@test "a program that may be executed and not read" {
  need_nobody
  need stat
  dir=$BATS_TEST_TMPDIR
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$dir"
  cp "$(command -v stat)" "$dir/unreadable"
  chmod 0111 "$dir/unreadable"
  as_nobody test -x "$dir/unreadable" || skip "nobody cannot reach $dir"
  # as without swsgx, its memory is nobody's afterwards
  run -0 as_nobody "$SWSGX" run -- "$dir/unreadable" -c %u /proc/self/maps
  [ "$output" = 0 ]
  run -0 as_nobody "$SWSGX" run -- sh -c '"$0" -c %a "$0"; exit' \
    "$dir/unreadable"
  [ "$output" = 111 ]
}

@test "a program that makes itself undumpable" {
  need_nobody
  need python3
  run -0 as_nobody "$SWSGX" run -- python3 -c '
import ctypes, os
prctl = ctypes.CDLL(None).prctl
assert prctl(4, 0, 0, 0, 0) == 0		# PR_SET_DUMPABLE
assert os.system("exit 7") == 7 << 8
try:
    os.execv("/dev/null", ["null"])
except OSError:
    pass
assert prctl(3, 0, 0, 0, 0) == 0		# PR_GET_DUMPABLE
os.open("/dev/sgx_enclave", os.O_RDWR)
os.execvp("echo", ["echo", "executed"])'
  [ "$output" = executed ]
}

@test "an undumpable daemon is served when swsgx run has returned" {
  need_nobody
  need python3
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
  : >"$BATS_TEST_TMPDIR/out"
  chmod 666 "$BATS_TEST_TMPDIR/out"
  run -0 as_nobody "$SWSGX" run -- python3 -c '
import ctypes, os, sys, time
if os.fork():
    os._exit(0)
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
out = os.open(sys.argv[1], os.O_WRONLY)
for fd in range(3):
    os.dup2(out, fd)
os.closerange(3, 100)
time.sleep(2.5)
os.execvp("echo", ["echo", "executed"])' "$BATS_TEST_TMPDIR/out"
  for n in 1 2 3 4 5 6 7 8 9; do
    [ -s "$BATS_TEST_TMPDIR/out" ] || sleep 0.5
  done
  [ "$(cat "$BATS_TEST_TMPDIR/out")" = executed ]
}

@test "valgrind" {
  need valgrind
  run -7 timeout 50 "$SWSGX" run -- valgrind -q --tool=none sh -c 'exit 7'
  [ -z "$output" ]
  # what needs SGX is told that it cannot be
  run timeout 50 "$SWSGX" run -- valgrind -q --tool=none \
    sh -c 'exec 3<>/dev/sgx_enclave'
  [ "$status" != 0 ]
  [[ $output == *"valgrind emulates a processor without SGX"* ]]
}

@test "the device by a symbolic link, and its mode" {
  dir=$BATS_TEST_TMPDIR
  ln -s /dev/sgx_enclave "$dir/dev"
  ln -s dev "$dir/again"
  mkdir "$dir/sub"
  ln -s ../again "$dir/sub/relative"
  for link in "$dir/dev" "$dir/again" "$dir/sub/relative"; do
    run -0 swsgx run -- sh -c 'exec 3<>"$0" && stat -L -c %t:%T "$0" &&
      test -c "$0" && stat -c %F "$0"' "$link"
    [ "${lines[*]}" = "a:7d symbolic link" ]
  done
  run -0 swsgx run -- sh -c 'cd "$0" && exec 3<>relative' "$dir/sub"
  run ! swsgx run -- python3 -c \
    "import os; os.open('$dir/dev', os.O_RDWR | os.O_NOFOLLOW)"
  if [ "$(id -u)" = 0 ]; then
    run -0 swsgx run -- sh -c 'chmod 666 "$0" && chgrp 0 "$0" &&
      chown -h root "$0" && chmod 600 "$1"' /dev/sgx_enclave "$dir/sub"
    [ "$(stat -c %a "$dir/sub")" = 600 ]
  fi
  need_nobody
  run -1 as_nobody "$SWSGX" run -- chmod 666 /dev/sgx_enclave
  [[ $output == *"Operation not permitted"* ]]
}

@test "the devices are listed in /dev, once, and nowhere else" {
  ls /dev >"$BATS_TEST_TMPDIR/before"
  run -0 swsgx run -- sh -c 'ls /dev; exit'
  wanted=$({ cat "$BATS_TEST_TMPDIR/before"
    printf 'sgx_%s\n' enclave provision; } | LC_ALL=C sort -u)
  [ "$(LC_ALL=C sort <<<"$output")" = "$wanted" ]
  run -0 swsgx run -- find /dev -maxdepth 1 -name 'sgx_*' -type c
  [ "${#lines[@]}" = 2 ]
  run -0 swsgx run -- sh -c 'cd /dev && echo sgx_*'
  [ "$output" = "sgx_enclave sgx_provision" ]
  run -0 swsgx run -- ls "$BATS_TEST_TMPDIR"
  [ "$output" = before ]
}

@test "with no_new_privs" {
  need setpriv
  run -0 setpriv --no-new-privs "$SWSGX" run -- echo here
  [ "$output" = here ]
}

@test "with the system calls and capabilities of a container" {
  run -0 "$CONTAINED" "$SWSGX" run -- sh -c 'echo $(echo inside)'
  [ "$output" = inside ]
  run -7 "$CONTAINED" "$SWSGX" run -- sh -c 'exit 7'
}

@test "as an unprivileged user of a container" {
  need_nobody
  run -0 as_nobody "$CONTAINED" "$SWSGX" run -- sh -c 'echo $(echo inside)'
  [ "$output" = inside ]
}

@test "a container without ptrace: a clear word" {
  run "$CONTAINED" --no-ptrace "$SWSGX" run -- true
  own_error
  [[ $output == *ptrace* ]]
}

@test "in a run, a pid namespace" {
  need unshare
  unshare -pf true || skip "no pid namespaces for this user"
  run -0 swsgx run -- unshare -pf sh -c 'echo $$; /bin/echo two; exec ls \
    /dev/sgx_enclave'
  [ "${lines[*]}" = "1 two /dev/sgx_enclave" ]
  # not its first thread
  run -0 swsgx run -- unshare -pf python3 -c '
import os, threading
thread = threading.Thread(target=os.execv, args=("/bin/echo", ["echo", "x"]))
thread.start()
thread.join()'
  [ "$output" = x ]
}

@test "without /proc: a clear word" {
  not_sanitized "they read /proc"
  need unshare
  unshare -m true || skip "no mount namespaces for this user"
  run unshare -m sh -c 'mount -t tmpfs none /proc && exec "$0" run -- true' \
    "$SWSGX"
  own_error
  [[ $output == *"is /proc mounted"* ]]
}

@test "yama's ptrace_scope 1" {
  scope=/proc/sys/kernel/yama/ptrace_scope
  [ -f $scope ] || skip "no yama"
  [ "$(cat $scope)" = 1 ] || skip "ptrace_scope is not 1"
  need_nobody
  run -0 as_nobody "$SWSGX" run -- sh -c 'echo $(echo inside)'
  [ "$output" = inside ]
}

@test "little address space: a clear word" {
  not_sanitized "they map much of it"
  run bash -c 'ulimit -v 1000000; exec "$0" run -- true' "$SWSGX"
  [ "$status" = 0 ] || own_error
}

@test "few descriptors: a clear word, and no waiting for ever" {
  for n in 7 8 9 10 11 12 14 16; do
    run timeout -k 1 20 bash -c 'ulimit -n "$1"; exec "$0" run -- true' \
      "$SWSGX" $n
    [ "$status" = 0 ] ||
      [[ $status == 125 && $output == "swsgx: run: "* ]]
  done
  [ "$status" = 0 ]
}
