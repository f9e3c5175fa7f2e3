#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The first line of each source file, or the one after #!, is its SPDX line.
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
while read -r file; do
  case $file in
  *.c | *.h | *.S | *.lds) want='/* SPDX-License-Identifier: BSD-3-Clause */' ;;
  *) want='# SPDX-License-Identifier: BSD-3-Clause' ;;
  esac
  line=$(sed -n '/^#!/d; p; q' "$file")
  [ -n "$line" ] || line=$(sed -n 2p "$file")
  if [ "$line" != "$want" ]; then
    echo "$file: the first line must be: $want" >&2
    status=1
  fi
done < <(tools/sources.sh '*.[chS]' '*.lds' '*.sh' '*.py' '*.bats' '*.bash' \
  '*meson.build' meson_options.txt Makefile .ci/run)
exit $status
