#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# swsgx run --stats, swsgx stat.
# shellcheck disable=SC2154 # stderr: bats sets it
load helpers

setup() {
  dir=$BATS_TEST_TMPDIR
}

# counted INTERRUPTS OPTION...: the program's own counts are those of --stats.
counted() {
  local interrupts=$1
  shift
  need python3
  swsgx run --stats="$dir/stats.json" "$@" -- "$COUNTED" "$interrupts" \
    >"$dir/expected" 2>"$dir/err"
  python3 "$STATS_CHECK" "$dir/expected" "$dir/stats.json"
}

# A thread that stays inside, in a run in the background: $run, $pid.
start_inside() {
  # shellcheck disable=SC2016 # for the inner shell
  "$SWSGX" run -- sh -c 'echo $$ >"$1"; exec "$2" expelled' sh \
    "$dir/pid" "$LOSSES" 3>&- &
  run=$!
  until swsgx stat --json "$run" 2>/dev/null | grep -q '"threads":1'; do
    sleep 0.05
  done
  pid=$(cat "$dir/pid")
}

@test "a program that counts itself: each number" {
  counted 0
}

@test "likewise with an interrupt" {
  counted 1 --inject aex@eenter=3
}

@test "likewise where everything traps" {
  counted 0 --no-patch
}

@test "likewise on a processor without SGX2" {
  counted 0 --sgx1
}

@test "text for people, on standard error" {
  run -0 --separate-stderr swsgx run --stats -- "$COUNTED"
  [[ $stderr == *"25  EENTER executed"* ]]
  [[ $stderr == *"4  asynchronous exits: 3 #UD, 1 #PF"* ]]
  [[ $stderr == *"at most in use"* ]]
  [[ $stderr == *"Threads, by enclave"* ]]
  [[ $stderr == *"inside enclaves, of all threads"* ]]
  # no colours where it is no terminal
  [[ $stderr != *$'\e'* ]]
}

@test "the columns of the tables stand below their headings" {
  need python3
  swsgx run --stats="$dir/text" -- "$COUNTED" >/dev/null
  python3 - "$dir/text" <<'END'
import re, sys
lines = open(sys.argv[1]).read().split("\n\n", 1)[1].splitlines()
tables = 0
for number, line in enumerate(lines):
    if not re.match(r" +(PID|ENCLAVE) ", line):
        continue
    tables += 1
    ends = [m.end() for m in re.finditer(r"\S+(?: EPC)?", line)]
    row = lines[number + 1]
    assert row[:ends[0]].strip() and len(row) == len(line), row
    for end in ends:
        assert row[end - 1] != " " and row[end:end + 1] in ("", " "), row
assert tables == 2
END
}

@test "a terminal has headings in bold, but for NO_COLOR and TERM=dumb" {
  need script
  script -qec "env -u NO_COLOR TERM=xterm '$SWSGX' run --stats '$COUNTED'" \
    /dev/null >"$dir/bold"
  grep -q $'\e\\[1mThreads' "$dir/bold"
  script -qec "env NO_COLOR=1 TERM=xterm '$SWSGX' run --stats '$COUNTED'" \
    /dev/null >"$dir/plain"
  run ! grep -q $'\e' "$dir/plain"
  script -qec "env -u NO_COLOR TERM=dumb '$SWSGX' run --stats '$COUNTED'" \
    /dev/null >"$dir/dumb"
  run ! grep -q $'\e' "$dir/dumb"
}

@test "a program without SGX" {
  run -3 swsgx run --stats -- sh -c 'exit 3'
  [ "$output" = "swsgx: run: --stats: the program used no SGX" ]
}

@test "the program's status and death are its own" {
  run -3 swsgx run --stats="$dir/file" -- sh -c 'exit 3'
  [ -s "$dir/file" ]
  # shellcheck disable=SC2016 # for the inner shell
  run -143 swsgx run --stats="$dir/file2" -- sh -c 'kill $$'
  [ -s "$dir/file2" ]
}

@test "a file that cannot be written: nothing is run" {
  run swsgx run --stats="$dir/no/file" -- touch "$dir/ran"
  own_error
  [[ $output == *"--stats: cannot write $dir/no/file: No such file"* ]]
  [ ! -e "$dir/ran" ]
  run swsgx run --stats= -- touch "$dir/ran"
  own_error
  [ ! -e "$dir/ran" ]
}

@test "a disk that is full: said, and the program is unharmed" {
  run -0 --separate-stderr swsgx run --stats=/dev/full -- "$COUNTED"
  [[ $output == *'"threads":'* ]]
  [ "$stderr" = \
    "swsgx: run: --stats: /dev/full is not complete: No space left on device" ]
}

@test "inside a run" {
  run swsgx run -- "$SWSGX" run --stats -- true
  own_error
  [[ $output == *"--stats"*" to the outer"* ]]
}

@test "stat --json has threads and enclaves of a run that goes on" {
  need python3
  start_inside
  swsgx stat --json "$pid" >"$dir/json"
  kill "$run"
  python3 - "$dir/json" "$pid" <<'END'
import json, sys
c = json.load(open(sys.argv[1]))
assert c["inside_ns"] is None and c["age_ns"] > 0
(thread,) = c["by_thread"]
assert thread["pid"] == thread["tid"] == int(sys.argv[2])
assert thread["alive"] and thread["inside"] and thread["eenter"] == 1
(enclave,) = c["by_enclave"]
assert enclave["open"] and enclave["threads"] == 1
assert 0 < enclave["epc_pages"] <= enclave["epc_peak"] <= c["epc_peak"]
assert enclave["size"] and enclave["base"]
END
}

@test "stat --watch: block after block, until the process ends" {
  start_inside
  timeout 20 "$SWSGX" stat --watch "$pid" >"$dir/out" 2>"$dir/err" 3>&- &
  local watcher=$! status=0
  sleep 2.5
  kill "$run"
  wait "$watcher" || status=$?
  [ "$status" = 0 ]
  [ ! -s "$dir/err" ]
  [ "$(grep -c "EENTER executed" "$dir/out")" -ge 2 ]
  run ! grep -q $'\e' "$dir/out"
  # the clock was started for it
  grep -q "inside enclaves, of all threads" "$dir/out"
}

@test "stat --watch --json: a line each" {
  need python3
  start_inside
  status=0
  timeout -s INT 2.5 "$SWSGX" stat --watch --json "$pid" >"$dir/out" ||
    status=$?
  kill "$run"
  # timeout's own status: it has sent the signal, and swsgx ended by itself
  [ "$status" = 124 ]
  python3 -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) >= 2
assert lines[-1]["age_ns"] > lines[0]["age_ns"]' "$dir/out"
}

@test "stat --watch on a terminal refreshes in place" {
  need script
  start_inside
  script -qec "env -u NO_COLOR TERM=xterm timeout -s INT 2.5 '$SWSGX' \
    stat --watch '$pid'" /dev/null >"$dir/out" || true
  kill "$run"
  [ "$(grep -c $'\e\\[H' "$dir/out")" -ge 2 ]
  grep -q $'\e\\[K' "$dir/out"
}

@test "stat: a process that is gone, and output that cannot be written" {
  sh -c 'exit' &
  local gone=$!
  wait $gone
  run swsgx stat --watch "$gone"
  own_error
  start_inside
  # shellcheck disable=SC2016 # for the inner shell
  run -125 sh -c '"$0" stat "$1" >/dev/full' "$SWSGX" "$pid"
  own_error
  kill "$run"
}

@test "a program that gives up RDTSC is counted, but not timed" {
  need python3
  not_sanitized "the program's sanitizer reads the clock, by RDTSC"
  swsgx run --stats="$dir/stats.json" -- "$COUNTED" 0 no-tsc >"$dir/expected"
  python3 "$STATS_CHECK" "$dir/expected" "$dir/stats.json"
  grep -q '^  "inside_ns":0,' "$dir/stats.json"
}
