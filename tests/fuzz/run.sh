#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh FUZZER CORPUS SECONDS: run a fuzzer for so long, from the corpus, which
# stays as it is.  An input that breaks something is kept beside the fuzzer and
# shown; run the fuzzer on that file alone to see it again.
set -euo pipefail

if [ "$1" = --no-clang ]; then
  echo "no clang: nothing to fuzz with"
  exit 77
fi

fuzzer=$1
corpus=$2
seconds=$3
crashes=$(dirname "$fuzzer")/crashes
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
mkdir -p "$crashes"

"$fuzzer" -max_total_time="$seconds" -max_len=1024 -len_control=20 \
  -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
  -artifact_prefix="$crashes/$(basename "$fuzzer")-" \
  "$found" "$corpus" 2>&1 |
  grep --line-buffered -vE '^#[0-9]+[[:space:]]+(NEW|REDUCE|RELOAD)|# Uses:'
