#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
load helpers

@test "the program's exit status" {
  run -0 swsgx run -- true
  run -1 swsgx run -- false
  for number in 2 7 77 124 125 126 127 128 255; do
    run "-$number" swsgx run -- sh -c "exit $number"
    [ -z "$output" ]
  done
}

@test "a program that a signal killed: 128 + its number" {
  for signal in HUP:1 INT:2 QUIT:3 ILL:4 TRAP:5 ABRT:6 BUS:7 FPE:8 KILL:9 \
    USR1:10 SEGV:11 PIPE:13 ALRM:14 TERM:15 SYS:31; do
    run "-$((128 + ${signal#*:}))" env --default-signal "$SWSGX" run -- \
      sh -c "ulimit -c 0; kill -${signal%:*} \$\$"
  done
}

@test "no such program: 127" {
  for program in no-such-program /no/such/program; do
    run -127 swsgx run -- "$program"
    [[ $output == "swsgx: "*"$program"* ]]
  done
  # nobody to read the message does not make it another failure
  run -127 bash -c 'exec "$0" run -- no-such-program 2>/dev/full' "$SWSGX"
}

@test "no such program: what may be meant" {
  cd "$BATS_TEST_TMPDIR"
  printf '#!/no/such/interpreter\n' > no-such-tool
  chmod +x no-such-tool
  run -127 swsgx run -- no-such-tool
  [[ $output == *"not in PATH"*"./"* ]]
  run -127 swsgx run -- ./no-such-tool
  [[ $output == *"interpreter"* ]]
  run -127 swsgx run -- ./nothing
  [[ $output == *"No such file or directory" ]]
  # in a run, too
  run -127 swsgx run -- "$SWSGX" run -- no-such-tool
  [[ $output == *"not in PATH"*"./"* ]]
}

@test "a program that cannot be executed: 126" {
  for program in /etc/passwd /; do
    run -126 swsgx run -- "$program"
    [[ $output == "swsgx: "*"$program"* ]]
  done
}

@test "signals sent to swsgx reach the program" {
  for signal in TERM:143 HUP:129 USR1:138; do
    "$SWSGX" run -- sleep 60 3>&- &
    pid=$!
    sleep 0.3
    kill "-${signal%:*}" $pid
    status=0
    wait $pid || status=$?
    [ $status = "${signal#*:}" ]
  done
}

# Waits until PID, a child of ours or not, has ended or is a zombie.
gone() {
  local n=60
  while [ $((n -= 1)) -gt 0 ]; do
    case $(ps -o stat= -p "$1") in
    "" | Z*) return ;;
    esac
    sleep 0.05
  done
  return 1
}

@test "swsgx that is killed takes the program along, and nothing else" {
  dir=$BATS_TEST_TMPDIR
  as=
  [ "$(id -u)" != 0 ] || as="setpriv --reuid=65534 --clear-groups"
  # what changes its credentials outlives a parent's death signal
  for program in "sh -c" "$as sh -c" "setsid -w sh -c"; do
    # shellcheck disable=SC2086
    "$SWSGX" run -- $program 'sleep 60 & echo $! $$; exec sleep 60' \
      >"$dir/pids" 3>&- &
    front=$!
    while [ ! -s "$dir/pids" ]; do sleep 0.05; done
    kill -KILL $front
    wait $front || true
    read -r daemon main <"$dir/pids"
    # setsid -w is the program, and what it started is not
    [ "${program%% *}" = setsid ] || gone "$main"
    [ "${program%% *}" != setsid ] || kill "$main"
    kill "$daemon"
    rm "$dir/pids"
  done
}

@test "the program's death signal is the caller's" {
  need setpriv
  run -0 swsgx run -- setpriv --dump
  [[ $output == *"Parent death signal: [none]"* ]]
  run -0 setpriv --pdeathsig USR1 "$SWSGX" run -- setpriv --dump
  [[ $output == *"Parent death signal: USR1"* ]]
}

@test "a program that catches the signal decides" {
  "$SWSGX" run -- bash -c 'trap "exit 9" TERM; echo ready >"$0"
    while :; do sleep 0.1; done' "$BATS_TEST_TMPDIR/ready" 3>&- &
  pid=$!
  while [ ! -s "$BATS_TEST_TMPDIR/ready" ]; do sleep 0.05; done
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  [ $status = 9 ]
}

@test "ignored signals stay ignored" {
  run -0 bash -c 'trap "" TERM; exec "$0" run -- sh -c "kill -TERM \$\$"' \
    "$SWSGX"
}
