#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long.sh BUILD [EPC]: Linux's SGX selftests, each version and linkage, one
# after the other, on an EPC of 128 MiB or of the size EPC.  The oversubscribed
# cases then add, page out, trim and remove more pages than that.  Says what
# runs, and at the end how each went.  Fails if a required case did.
set -uo pipefail

here=$(dirname "$(readlink -f "$0")")
build=$(readlink -f "$1")
epc=${2:-128M}
export SELFTESTS_TIMEOUT=${SELFTESTS_TIMEOUT:-1800}
tap=$(mktemp)
trap 'rm -f "$tap"' EXIT
table=()
failed=0

# verdict NAME STATUS SECONDS: a line of the summary, from what is in $tap.
verdict() {
  local name=$1 status=$2 passed skipped verdict=ok
  passed=$(grep '^ok ' "$tap" | grep -vc '# SKIP')
  skipped=$(grep '# SKIP' "$tap" | sed 's/.*# SKIP *//' | sort -u)
  if [ "$status" != 0 ]; then
    verdict=FAILED
    failed=1
  elif [ "$passed" = 0 ]; then
    verdict="skipped: $skipped"
  fi
  table+=("$(printf '%-14s %3d passed %6d s  %s' "$name" "$passed" "$3" \
    "$verdict")")
}

for version in 6.1 6.12; do
  for variant in dynamic static; do
    echo "== Linux $version, $variant, EPC $epc"
    start=$SECONDS
    "$here/run.sh" "$version" "$variant" "$build/tests/selftests/$version" \
      "$here/required.txt" "$build/swsgx" run --epc "$epc" -- | tee "$tap"
    verdict "$version $variant" "${PIPESTATUS[0]}" $((SECONDS - start))
  done
done

echo
echo "== summary, EPC $epc"
printf '%s\n' "${table[@]}"
exit $failed
