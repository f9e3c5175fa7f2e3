#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every deviation that the code cites (DEVIATION D7) is explained in
# docs/DEVIATIONS.md, by a line that starts with its number as a heading, list
# item or table row; and every one explained there is cited in the code.
set -euo pipefail
cd "$(dirname "$0")/.."

text=docs/DEVIATIONS.md
[ -f "$text" ] || { echo "no $text" >&2; exit 1; }

cited() {
  tools/sources.sh 'cpu/*' 'kernel/*' 'attest/*' 'process/*' 'cli/*' |
    xargs -r grep -hoE 'DEVIATION (D[A-Z]?[0-9]+(, | and )?)+' |
    grep -oE '\bD[A-Z]?[0-9]+' | sort -u
}

explained() {
  grep -oE '^([#]+|[-*|]) *[*`]*D[A-Z]?[0-9]+' "$text" |
    grep -oE 'D[A-Z]?[0-9]+' | sort -u
}

bad=$(comm -23 <(cited) <(explained) | sed "s,\$,: cited\, not in $text,"
      comm -13 <(cited) <(explained) | sed "s,\$,: in $text\, cited nowhere,")
[ -z "$bad" ] || { echo "$bad" >&2; exit 1; }
