#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# strace and gdb.  A program that a tracer started inside a run holds cannot be
# injected by ptrace: it works all the same, or swsgx says why it does not.
load helpers

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# wait_for PATTERN FILE
wait_for() {
  for ((i = 0; i < 100; i++)); do
    grep -q "$1" "$2" 2>/dev/null && return 0
    sleep 0.05
  done
  return 1
}

@test "strace started in a run" {
  need strace
  run timeout -k 1 30 "$SWSGX" run -- strace -o trace sh -c 'echo traced'
  [[ $output == *"swsgx: "* ]] || {
    [ "$status" = 0 ]
    [ "$output" = traced ]
    grep -q exit_group trace
  }
}

@test "gdb started in a run" {
  need gdb
  run timeout -k 1 30 "$SWSGX" run -- gdb -nx -batch -ex run --args sh -c 'exit 3'
  [[ $output == *"swsgx: "* || $output == *"exited with code 03"* ]]
}

@test "strace attached to a program of a run" {
  need strace
  "$SWSGX" run -- bash -c 'echo $BASHPID >pid; while sleep 0.1; do :; done' 3>&- &
  job=$!
  wait_for . pid
  status=0
  timeout 1 strace -o trace -p "$(cat pid)" || status=$?
  kill $job
  wait $job || true
  [ $status = 124 ]
  grep -q wait4 trace
}

@test "gdb attached to a program of a run" {
  need gdb
  "$SWSGX" run -- bash -c 'echo $BASHPID >pid; while sleep 0.1; do :; done' 3>&- &
  job=$!
  wait_for . pid
  run -0 timeout -k 1 30 gdb -nx -batch -p "$(cat pid)" -ex 'info registers rip' -ex detach
  kill -0 "$(cat pid)"
  kill $job
  wait $job || true
  [[ $output == *rip* ]]
}

@test "a run started by strace: a clear word, or it works" {
  need strace
  run timeout -k 1 30 strace -f -o trace "$SWSGX" run -- echo traced
  [ "$output" = traced ] || [[ $output == "swsgx: "* ]]
}
