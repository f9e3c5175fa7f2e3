#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# sources.sh [PATTERN...]: the repository's own files, those not yet added
# included, whose path matches one of the shell patterns (all, without one).
# Works in an unpacked archive too.
set -euo pipefail
cd "$(dirname "$0")/.."

every() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard
  else
    find . \( -name .git -o -path ./build -o -path './build-*' \) -prune \
      -o -type f -print |
      sed 's,^\./,,'
  fi
}

every | sort -u | while read -r file; do
  [ -f "$file" ] || continue
  for pattern in "${@:-*}"; do
    # shellcheck disable=SC2053 # the right side is a pattern on purpose
    if [[ $file == $pattern ]]; then
      echo "$file"
      break
    fi
  done
done
