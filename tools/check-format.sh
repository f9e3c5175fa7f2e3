#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every C file is as clang-format writes it, by .clang-format.  Versions differ
# in what they write: ours is Debian 12's, 14.  Exit status 77 without it.
# check-format.sh [-i]: with -i, it is written so.
set -euo pipefail
cd "$(dirname "$0")/.."

# The name of a clang-format of our version.
find_tool() {
  for tool in clang-format-14 clang-format; do
    if "$tool" --version 2>/dev/null | grep -q 'version 14\.'; then
      echo "$tool"
      return
    fi
  done
}

tool=$(find_tool)
if [ -z "$tool" ]; then
  echo "check-format.sh: no clang-format 14 here (package clang-format)"
  exit 77
fi
mapfile -t files < <(tools/sources.sh '*.[ch]')
if [ "${1:-}" = -i ]; then
  exec "$tool" -i "${files[@]}"
fi
if ! "$tool" --dry-run --Werror "${files[@]}"; then
  echo "tools/check-format.sh -i writes them as it wants them" >&2
  exit 1
fi
