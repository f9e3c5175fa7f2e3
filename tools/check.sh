#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check.sh BUILD: builds BUILD and BUILD-asan, runs every suite, and ends with
# the sum of them all.  Fails if anything failed.  See docs/HOWTO_TEST.md.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

build=$1
asan=$build-asan

stage() {
  printf '\n== %s\n' "$*"
}

# A build directory configured with these options, and built.
prepare() {
  local dir=$1
  shift
  if [ -f "$dir/build.ninja" ]; then
    meson configure "$dir" "$@"
  else
    meson setup "$dir" "$@"
  fi
}

# suites DIR NAME SUITE...: run these suites; the log becomes DIR's NAME.json.
suites() {
  local dir=$1 name=$2 args=()
  shift 2
  for suite in "$@"; do
    args+=(--suite "$suite")
  done
  rm -f "$dir/meson-logs/$name.json"
  meson test -C "$dir" --logbase "$name" --print-errorlogs "${args[@]}" \
    --no-rebuild
  logs+=("$name:$dir/meson-logs/$name.json")
}

logs=()
stage "build ($build)"
prepare "$build" -Dtests=enabled || exit 1
ninja -C "$build" || exit 1

stage "build with sanitizers ($asan)"
prepare "$asan" -Dtests=enabled -Db_sanitize=address,undefined \
  -Db_lundef=false || exit 1
ninja -C "$asan" || exit 1

stage "unit tests under the address and undefined-behaviour sanitizers"
suites "$asan" unit-asan unit
stage "the command and the supervisor under the same sanitizers"
suites "$asan" cli-asan cli sanitized
stage "hygiene, unit, process and command-line tests"
suites "$build" main hygiene unit process cli
stage "the simulator"
suites "$build" sim sim
stage "clang-tidy"
suites "$build" lint lint
stage "fuzzers, for half a minute each"
suites "$build" fuzz fuzz
stage "Linux's own selftests"
suites "$build" selftests selftests
stage "a boot of Debian's kernel in QEMU"
suites "$build" qemu qemu

stage "summary"
tools/summary.py "${logs[@]}"
