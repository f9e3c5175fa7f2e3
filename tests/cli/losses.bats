#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
load helpers

# start WHAT...: a run in the background; its process id in $run.
start() {
  "$SWSGX" run -- "$@" 3>&- &
  run=$!
  sleep 0.3
}

# An enclave with a thread that stays inside until it is lost, as process $pid.
start_inside() {
  # shellcheck disable=SC2016 # for the inner shell
  start sh -c 'echo $$ >"$1"; exec "$2" expelled' sh \
    "$BATS_TEST_TMPDIR/pid" "$LOSSES"
  until swsgx stat --json "$run" | grep -q '"threads":1'; do sleep 0.05; done
  pid=$(cat "$BATS_TEST_TMPDIR/pid")
}

# ended STATUS: so did the run.
ended() {
  local status=0
  wait "$run" || status=$?
  [ "$status" = "$1" ]
}

# Runs of nobody else: abstract sockets belong to a network namespace.
alone() {
  unshare -rn true 2>/dev/null || skip "no network namespaces"
  unshare -rn "$BASH" -c "$1" bash "$SWSGX"
}

@test "suspend: threads inside are counted, and told" {
  start_inside
  run -0 swsgx suspend "$pid"
  [[ $output =~ ^EPC\ lost:\ 1\ enclave,\ [0-9]+\ pages,\ 1\ thread$ ]]
  ended 0
}

@test "suspend --json" {
  need python3
  start_inside
  swsgx suspend --json "$run" >"$BATS_TEST_TMPDIR/json"
  python3 - "$run" "$BATS_TEST_TMPDIR/json" <<'END'
import json, sys
(hit,) = json.load(open(sys.argv[2]))
assert hit["pid"] == int(sys.argv[1])
assert (hit["enclaves"], hit["threads"]) == (1, 1)
assert hit["pages"] > 10
END
  ended 0
}

@test "suspend: a stopped thread does not hold it up, and leaves later" {
  start_inside
  kill -STOP "$pid"
  run -0 timeout 10 "$SWSGX" suspend "$run"
  [[ $output == *"1 thread" ]]
  kill -CONT "$pid" "$run"
  ended 0
}

@test "suspend: a thread that is stopped loses its enclave once" {
  start_inside
  kill -STOP "$pid"
  run -0 timeout 10 "$SWSGX" suspend "$run"
  [[ $output == *"1 enclave"*"1 thread" ]]
  run -0 timeout 10 "$SWSGX" suspend "$run"
  [[ $output == *"0 enclaves"*"0 threads" ]]
  kill -CONT "$pid" "$run"
  ended 0
}

@test "suspend: a killed thread does not hold it up" {
  start_inside
  kill -KILL "$pid"
  ended 137
  start_inside
  kill -KILL "$pid"
  run timeout 10 "$SWSGX" suspend "$run"
  ended 137
}

@test "migrate" {
  start_inside
  run -0 swsgx migrate --cpusvn 000102030405060708090a0b0c0d0e0f "$pid"
  [[ $output == "EPC lost, another platform: 1 enclave, "*", 1 thread" ]]
  ended 0
}

@test "migrate refuses a bad CPUSVN" {
  for svn in "" 0 00 0001020304050607 g00102030405060708090a0b0c0d0e0f \
    000102030405060708090a0b0c0d0e0f00; do
    run swsgx migrate --cpusvn "$svn" $$
    own_error
    [[ $output == *"32 hexadecimal digits"* ]]
  done
}

@test "migrate leaves what --platform stores alone" {
  local dir=$BATS_TEST_TMPDIR/platform
  run -0 swsgx run --platform "$dir" --inject migrate@time=100ms -- sleep 0.3
  cp "$dir/platform.json" "$BATS_TEST_TMPDIR/before"
  run -0 swsgx run --platform "$dir" --inject migrate@time=100ms -- sleep 0.3
  [[ $output == *"in all: migrate@time=100ms: 1 time"* ]]
  cmp "$dir/platform.json" "$BATS_TEST_TMPDIR/before"
}

@test "bad operands" {
  for command in suspend migrate stat; do
    run swsgx $command
    own_error
    run swsgx $command 1 2
    own_error
    run swsgx $command one
    own_error
    [[ $output == *"process id"* ]]
    run swsgx $command 999999999
    own_error
    [[ $output == *"no process 999999999"* ]]
    run swsgx $command $$
    own_error
    [[ $output == *"does not run under swsgx run"* ]]
  done
  run swsgx suspend --all 1
  own_error
}

@test "a process that has ended, and whose parent has not asked for it" {
  run python3 -c '
import os, subprocess, sys
child = subprocess.Popen(["true"])
os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
sys.exit(subprocess.call([sys.argv[1], "suspend", str(child.pid)]))
' "$SWSGX"
  own_error
  [[ $output == *"it has ended"* ]]
}

@test "another user's run" {
  need_nobody
  start sleep 5
  for command in suspend migrate stat; do
    run as_nobody "$SWSGX" $command "$run"
    own_error
    [[ $output == *"another user"* ]]
  done
  kill "$run"
  ended 143
}

@test "--all is every run of this user" {
  run -0 alone '"$1" run -- sleep 2 & "$1" run -- sleep 2 & sleep 0.5
    "$1" suspend --all; "$1" migrate --all; wait'
  [ "$(grep -c "^run [0-9]*: EPC lost: 0 enclaves" <<<"$output")" = 2 ]
  [ "$(grep -c "^run [0-9]*: EPC lost, another platform" <<<"$output")" = 2 ]
}

@test "--all without any run" {
  run alone '"$1" suspend --all'
  own_error
  [[ $output == *"no run"* ]]
}

@test "stat" {
  need python3
  start_inside
  run -0 swsgx stat "$pid"
  [[ $output == *" 1  EENTER executed"* ]]
  [[ $output == *" 1  threads inside at present"* ]]
  swsgx stat --json "$pid" | python3 -c 'import json, sys
c = json.load(sys.stdin)
assert c["eenter"] == 1 and c["threads"] == 1 and c["enclaves"] == 1
assert c["epc_losses"] == 0 and c["epc_pages"] > c["epc_free"]'
  run -0 swsgx suspend "$pid"
  ended 0
}

@test "by chance, but the same with the same seed" {
  local seed
  for seed in 1 1 2; do
    run -0 swsgx run --seed "$seed" --inject aex@random=0.3 -- \
      "$LOSSES" aex-often
    grep "injected aex" <<<"$output" >>"$BATS_TEST_TMPDIR/$seed"
    cat "$BATS_TEST_TMPDIR/$seed" >"$BATS_TEST_TMPDIR/last"
  done
  local n
  n=$(wc -l <"$BATS_TEST_TMPDIR/1")
  cmp <(head -n $((n / 2)) "$BATS_TEST_TMPDIR/1") \
    <(tail -n $((n / 2)) "$BATS_TEST_TMPDIR/1")
  run ! cmp <(head -n $((n / 2)) "$BATS_TEST_TMPDIR/1") "$BATS_TEST_TMPDIR/2"
}
