#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long.sh BUILD [SECONDS]: run each fuzzer for some minutes, one after another,
# and keep what it learns in BUILD/fuzz-corpus, so that the next run goes on
# from there.  --merge BUILD: what is new in there, in its smallest form, goes
# to the corpus in this folder.
# shellcheck disable=SC2317 # functions are called by name
set -euo pipefail
cd "$(dirname "$0")/../.."

# Called by the name of the action.
# shellcheck disable=SC2317
merge() {
  local name=$1 small
  small=$(mktemp -d)
  "$build/tests/fuzz/fuzz_$name" -merge=1 -max_len=400 -use_counters=0 \
    "$small" \
    "tests/fuzz/corpus/$name" "$build/fuzz-corpus/$name" 2>&1 | tail -n 1
  find "tests/fuzz/corpus/$name" -type f ! -name 'found-*' -delete
  cp "$small"/* "tests/fuzz/corpus/$name/"
  rm -rf "$small"
}

# shellcheck disable=SC2317
fuzz() {
  local name=$1
  printf '\n== fuzz_%s, %s seconds\n' "$name" "$seconds"
  mkdir -p "$build/fuzz-corpus/$name" "$build/tests/fuzz/crashes"
  "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=2048 \
    -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/tests/fuzz/crashes/fuzz_$name-" \
    "$build/fuzz-corpus/$name" "tests/fuzz/corpus/$name" 2>&1 |
    grep --line-buffered -vE '^#[0-9]+[[:space:]]+(NEW|REDUCE|RELOAD)|# Uses:'
}

action=fuzz
if [ "$1" = --merge ]; then
  action=merge
  shift
fi
build=$1
seconds=${2:-600}
ninja -C "$build" fuzzers
status=0
for name in ioctl leaves mm scan server; do
  $action "$name" || status=1
done
exit $status
