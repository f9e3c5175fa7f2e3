#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What can be told of style without judgement: 80 columns, tabs in C, block
# comments, no space at line ends, functions of at most 80 lines, files of at
# most 1000, no notes to self.
set -euo pipefail
cd "$(dirname "$0")/.."

c_rules() {
  awk '
    function report(what) { print FILENAME ":" FNR ": " what; bad = 1 }
    function width(s,  i, n) {
      for (i = 1; i <= length(s); i++)
        n = substr(s, i, 1) == "\t" ? n + 8 - n % 8 : n + 1
      return n
    }
    FNR == 1 { start = 0 }
    FNR == 1001 { report("a file of more than 1000 lines") }
    width($0) > 80 { report("longer than 80 columns") }
    /^        / { report("indented by spaces") }
    /(^|[^:"])\/\/ / { report("a // comment") }
    /^\{/ { start = FNR }
    /^\}/ {
      if (start && FNR - start > 81)
        report("a function of " FNR - start - 1 " lines")
      start = 0
    }
    END { exit bad }
  ' "$@"
}

status=0
mapfile -t c < <(tools/sources.sh '*.[chS]')
mapfile -t text < <(tools/sources.sh '*.[chS]' '*.lds' '*.sh' '*.py' '*.bats' \
  '*.bash' '*meson.build' '*.md' '*.txt' 'man/*' Makefile)

c_rules "${c[@]}" >&2 || status=1
if grep -nHE '[[:space:]]+$' "${text[@]}" >&2; then
  echo "space at the end of a line" >&2
  status=1
fi
if grep -nHwE 'TO[D]O|FI[X]ME|X[X]X' "${c[@]}" >&2; then
  echo "a note to self: mend it, or write an issue" >&2
  status=1
fi
exit $status
