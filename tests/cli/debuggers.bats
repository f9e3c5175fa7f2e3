#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# strace and gdb, in the run and outside of it.  DEBUGGEE enters an enclave time
# and again; tests/process/lifetime/debuggee.c.
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

# debug COMMAND...: gdb with these, in a run or not, as the caller has it
gdb_args() {
  args=(gdb -nx -batch)
  for command; do
    args+=(-ex "$command")
  done
}

# What the debuggee computes where nobody looks.
undisturbed() {
  "$SWSGX" run -- "$DEBUGGEE" "$1" | grep end
}

# In a place where $e is the enclave's: its symbols, and a stop inside of it.
into_enclave=(
  'up 2'
  "eval \"add-symbol-file $ENCLAVE -o 0x%lx\", e.base"
  delete)

@test "strace starts a program in a run" {
  need strace
  run -0 timeout -k 1 30 "$SWSGX" run -- strace -f -o trace sh -c 'echo traced; exec "$0" 20' "$DEBUGGEE"
  [ "${lines[0]}" = traced ]
  [ "${lines[2]}" = "$(undisturbed 20)" ]
  [ "${#lines[@]}" = 3 ]
  grep -q exit_group trace
}

@test "gdb starts a program in a run" {
  need gdb
  run timeout -k 1 30 "$SWSGX" run -- gdb -nx -batch -ex run --args sh -c 'exit 3'
  [[ $output == *"exited with code 03"* ]]
}

@test "gdb in a run: breakpoints, next and backtrace of a program that enters" {
  need gdb
  gdb_args 'break tick' run 'bt 3' 'continue 5' 'print n' finish next next \
    next 'info registers rip' delete continue
  run -0 timeout -k 1 40 "$SWSGX" run -- "${args[@]}" --args "$DEBUGGEE" 50
  echo "$output"
  [[ $output == *"#0  tick (n="*"#1 "*" in once ("*"#2 "*" in main ("* ]]
  [[ $output == *'$1 = 5'* ]]
  [[ $output == *"$(undisturbed 50)"* ]]
  [[ $output == *"exited normally"* ]]
  [[ $output != *"received signal"* ]]
}

@test "gdb in a run: a breakpoint in a debug enclave, its callers, and on" {
  need gdb
  not_sanitized "frames have other names"
  gdb_args 'break tick' run "${into_enclave[@]}" 'break dispatch' continue \
    bt finish delete continue
  run -0 timeout -k 1 40 "$SWSGX" run -- "${args[@]}" --args "$DEBUGGEE" 50
  echo "$output"
  [[ $output == *"#0  dispatch ("*"#1 "*" enclave_main ("*" trts_entry ("* ]]
  [[ $output == *" trts_entry ("*" __vdso_sgx_enter_enclave ("* ]]
  [[ $output == *" __vdso_sgx_enter_enclave ("*" enclave_call_vdso ("* ]]
  [[ $output == *" enclave_call_vdso ("*" once ("*" main ("* ]]
  [[ $output == *"$(undisturbed 50)"* ]]
  [[ $output != *"received signal"* ]]
}

@test "gdb in a run: a program that dies says by what" {
  need gdb
  gdb_args run 'print $_siginfo.si_signo' kill
  run -0 timeout -k 1 30 "$SWSGX" run -- "${args[@]}" --args sh -c 'kill -SEGV $$'
  [[ $output == *"received signal SIGSEGV"* ]]
  [[ $output == *'$1 = 11'* ]]
}

@test "gdb attaches inside of a run" {
  need gdb
  gdb_args 'break tick' continue bt 'continue 3' detach
  # shellcheck disable=SC2016
  run -0 timeout -k 1 50 "$SWSGX" run -- sh -c '"$0" 20000 >out & shift
    until grep -q ready out; do sleep 0.1; done
    "$@" -p $!
    wait $!' "$DEBUGGEE" 0 "${args[@]}"
  echo "$output"
  [[ $output == *"#0  tick (n="*"#1 "*" in once ("*"#2 "*" in main ("* ]]
  [[ $output == *detached* ]]
  [[ $output != *"received signal"* ]]
  [ "$(grep end out)" = "$(undisturbed 20000)" ]
}

# As the manual has it for a debugger that is not in the run.
outside=('handle SIGILL SIGSYS nostop noprint pass')

@test "gdb attached from outside: breakpoints, next, and the enclave's callers" {
  need gdb
  not_sanitized "frames have other names"
  "$SWSGX" run -- "$DEBUGGEE" 30000 >out 3>&- &
  job=$!
  wait_for ready out
  gdb_args "${outside[@]}" 'break tick' continue continue 'bt 3' next \
    continue "${into_enclave[@]}" 'thbreak enclave_main' continue bt detach
  run -0 timeout -k 1 40 "${args[@]}" -p "$(sed -n 's/ready //p' out)"
  echo "$output"
  wait $job
  [[ $output == *"#0  tick (n="*"#1 "*" in once ("*"#2 "*" in main ("* ]]
  [[ $output == *" trts_entry ("*" __vdso_sgx_enter_enclave ("*" main ("* ]]
  [[ $output != *SIGTRAP* ]]
  [ "$(grep end out)" = "$(undisturbed 30000)" ]
}

@test "/proc/PID/auxv has the vDSO that the program has" {
  need python3
  run -0 "$SWSGX" run -- python3 -c '
import struct
auxv = open("/proc/self/auxv", "rb").read()
at = [v for k, v in struct.iter_unpack("QQ", auxv) if k == 33]
maps = open("/proc/self/maps").read()
assert f"{at[0]:x}-" in maps, at
start = at[0]
with open("/proc/self/mem", "rb") as mem:
    mem.seek(start)
    image = mem.read(4096)
assert b"__vdso_sgx_enter_enclave" in image'
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
