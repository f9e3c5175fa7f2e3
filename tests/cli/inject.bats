#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
load helpers

# refused SPEC WORD...: SPEC is refused in one line that has each WORD.
refused() {
  local word
  run swsgx run --inject "$1" -- true
  own_error
  for word in "$@"; do
    [[ $output == *"$word"* ]]
  done
}

@test "--inject refuses unknown events" {
  refused nothing@eenter=1 epc-loss migrate aex evict
  refused @eenter=1 epc-loss
  refused epc-los@eenter=1 epc-loss
}

@test "--inject refuses an event without a time" {
  refused epc-loss @
  refused "" EVENT
}

@test "--inject refuses unknown times" {
  refused epc-loss@entry=1 eenter= eexit= eresume= fault= ioctl= time= every= \
    random=
  refused epc-loss@ WHEN
  refused epc-loss@eenter value
}

@test "--inject refuses bad numbers" {
  for number in "" 0 -1 1x 1.5 0x1 99999999999999999999 one; do
    for when in eenter eexit eresume fault ioctl; do
      refused "aex@$when=$number" "whole number"
    done
  done
}

@test "--inject refuses bad durations" {
  for duration in "" 0 0ms 5 ms -1ms 1.5s 1h 99us 99999999999999999999s; do
    refused "evict@time=$duration" "such as 20ms"
    refused "evict@every=$duration" "such as 20ms"
  done
}

@test "--inject refuses bad probabilities" {
  for probability in "" 0 1.1 -0.5 2 half 0x1 nan .; do
    refused "aex@random=$probability" probability
  done
}

@test "--seed takes a number" {
  run swsgx run --seed x -- true
  own_error
  run -0 swsgx run --seed 7 -- true
  # one that is chosen is used, whatever it is, and not spoken of
  run -0 swsgx run --seed 18446744073709551615 --inject aex@random=1 -- true
  [[ $output != *--seed* ]]
  run -0 swsgx run --inject aex@random=1 -- true
  [[ $output == *"--seed "* ]]
}

@test "more than 64 injections" {
  local many=()
  for _ in {1..65}; do many+=(--inject aex@eenter=1); done
  run swsgx run "${many[@]}" -- true
  own_error
}

@test "what never happens is said too" {
  run -3 swsgx run --inject epc-loss@eenter=1 --inject=aex@eexit=2 -- \
    sh -c 'exit 3'
  [ "${#lines[@]}" = 2 ]
  [[ ${lines[0]} == "swsgx: injected in all: epc-loss@eenter=1: never"* ]]
  [[ ${lines[1]} == "swsgx: injected in all: aex@eexit=2: never"* ]]
}

@test "at a time, and every so often" {
  run -0 swsgx run --inject epc-loss@time=100ms -- sleep 0.5
  [ "${#lines[@]}" = 2 ]
  [[ ${lines[0]} == "swsgx: injected epc-loss@time=100ms: 0 enclaves, "* ]]
  [[ ${lines[1]} == *"in all: epc-loss@time=100ms: 1 time, "* ]]
  run -0 swsgx run --inject migrate@every=10ms -- sleep 0.5
  [ "${#lines[@]}" = 11 ]
  [[ ${lines[0]} == *"injected migrate@every=10ms, time 1: "* ]]
  [[ ${lines[10]} =~ in\ all:\ migrate@every=10ms:\ ([0-9]+)\ times ]]
  [ "${BASH_REMATCH[1]}" -gt 11 ]
}

@test "what was not injected is not spoken of" {
  run -0 swsgx run -- true
  [ -z "$output" ]
}

@test "--inject inside a run" {
  run swsgx run -- "$SWSGX" run --inject aex@eenter=1 -- true
  own_error
}

@test "an injection that never rests does not keep the server when all is over" {
  # What is left in the background ends a second after the run.
  server=$(swsgx run --inject epc-loss@every=1ms -- sh -c '
    sleep 1 >/dev/null 2>&1 &
    ps -o pid= --ppid "$PPID" | grep -vw "$$"' 2>/dev/null)
  server=$((server))
  [ "$(readlink "/proc/$server/exe")" = "$(realpath "$SWSGX")" ]
  for ((i = 0; i < 100; i++)); do
    [ -n "$(readlink "/proc/$server/exe")" ] || return 0
    sleep 0.1
  done
  kill "$server"
  false
}
