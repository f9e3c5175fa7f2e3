#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
load helpers

# A value of --epc that must be refused, with the value in the message.
refused() {
  run swsgx run --epc "$1" -- true
  own_error
  [[ $output == *"--epc"* ]]
  [ -z "$1" ] || [[ $output == *"$1"* ]]
}

@test "--epc takes sizes" {
  for size in 1M 64m 128M 1G 1048576; do
    run -0 swsgx run --epc "$size" -- true
    run -0 swsgx run --epc="$size" -- true
  done
}

@test "the default EPC is large, and not larger than half of the memory" {
  wanted=$((8 << 18))
  half=$(($(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo) / 8))
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  [ "$limit" = max ] || [ $((limit / 8192)) -ge $half ] ||
    half=$((limit / 8192))
  [ $half -ge $wanted ] || wanted=$((half / 16384 * 16384))
  run -0 swsgx run -- sh -c 'exec "$0" stat --json $PPID' "$SWSGX"
  grep -q "\"epc_pages\":$wanted," <<<"$output"
}

@test "--epc refuses what is no size" {
  refused ""
  refused 0
  refused 12x
  refused -1M
  refused 1.5M
  refused many
  refused 0x100000
}

@test "--epc refuses parts of pages" {
  refused 5000
  refused 1
}

@test "--epc refuses what no machine has" {
  refused 99999999999999999999
  refused 99999999T
}

@test "--epc without a value" {
  run swsgx run --epc
  own_error
  [[ $output == *"--epc"* ]]
}

@test "--sgx1 and --sgx2" {
  run -0 swsgx run --sgx1 -- true
  run -0 swsgx run --sgx2 -- true
  run swsgx run --sgx1 --sgx2 -- true
  own_error
  [[ $output == *"--sgx1"* ]]
  run swsgx run --sgx1=yes -- true
  own_error
  run swsgx run -- "$SWSGX" run --sgx1 -- true
  own_error
  [[ $output == *"--sgx1"* ]]
}

@test "--strict" {
  run -0 swsgx run --strict -- true
  run swsgx run --strict=yes -- true
  own_error
  run swsgx run -- "$SWSGX" run --strict -- true
  own_error
  [[ $output == *"--strict"* ]]
}

@test "a kept platform has its generation" {
  local made other dir
  for made in sgx1 sgx2; do
    other=$([ "$made" = sgx1 ] && echo sgx2 || echo sgx1)
    dir=$BATS_TEST_TMPDIR/$made
    run -0 swsgx run --platform "$dir" "--$made" -- true
    cp "$dir/platform.json" "$dir/copy"
    run -0 swsgx run --platform "$dir" -- true
    run -0 swsgx run --platform "$dir" "--$made" -- true
    run swsgx run --platform "$dir" "--$other" -- true
    own_error
    [[ $output == *"--$other"*"$dir"* ]]
    cmp "$dir/platform.json" "$dir/copy"
  done
}

@test "--platform without a name" {
  run swsgx run --platform= -- true
  own_error
  [[ $output == *"--platform"* ]]
}

@test "a flag with a value" {
  run swsgx run --help=yes -- true
  own_error
}

@test "suspend of what is no run" {
  run swsgx suspend
  own_error
  run swsgx suspend one
  own_error
  run swsgx suspend 999999999
  own_error
  run swsgx suspend $$
  own_error
}

@test "check says what the host offers" {
  run swsgx check
  [ "$status" = 0 ]
  [ "${#lines[@]}" -gt 5 ]
}

@test "check --json is JSON" {
  need python3
  swsgx check --json | python3 -c 'import json, sys
assert isinstance(json.load(sys.stdin), dict)'
}
