#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# One version in meson.build, at the head of NEWS.md and in debian/changelog.
# Every heading of NEWS.md has its date, newest first; the first may be
# "(unreleased)" instead.  CONTRIBUTING.md, "Releases".
set -euo pipefail
cd "$(dirname "$0")/.."

complain() {
  echo "$*" >&2
  status=1
}

status=0
version=$(sed -n "s/^ *version : '\(.*\)',$/\1/p" meson.build)
packaged=$(sed -n '1s/^[^(]*(\([^)-]*\).*/\1/p' debian/changelog)
[ "$packaged" = "$version" ] ||
  complain "debian/changelog is of '$packaged', meson.build of '$version'"

first=true last=9999-99-99
while read -r _ number date; do
  if "$first" && [ "$number" != "$version" ]; then
    complain "NEWS.md begins with '$number', meson.build has '$version'"
  fi
  if [[ $date =~ ^\(([0-9]{4}-[0-9]{2}-[0-9]{2})\)$ ]]; then
    [[ ! ${BASH_REMATCH[1]} > $last ]] ||
      complain "NEWS.md: $number is newer than what stands above it"
    last=${BASH_REMATCH[1]}
  elif ! "$first" || [ "$date" != '(unreleased)' ]; then
    complain "NEWS.md: '$number $date' has no date (YYYY-MM-DD)"
  fi
  first=false
done < <(grep '^## ' NEWS.md)
"$first" && complain 'NEWS.md has no version'
exit $status
