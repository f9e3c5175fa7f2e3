#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check-headers.sh BUILD: each header compiles alone, and carries the include
# guard that its path asks for.  BUILD holds the generated headers.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1
status=0

guard() {
  echo "SWSGX_${1^^}" | sed 's,\.H$,_H,; s,[^A-Z0-9],_,g'
}

compile() {
  gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-function \
    -fsyntax-only -I. -I"$build" -I"$build/kernel" \
    -include "$1" -x c /dev/null
}

for header in $(tools/sources.sh '*.h'); do
  compile "$header" || { echo "$header: not self-contained" >&2; status=1; }
  if ! grep -qx "#ifndef $(guard "$header")" "$header"; then
    echo "$header: expected the guard $(guard "$header")" >&2
    status=1
  fi
done
exit $status
