#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh VERSION VARIANT DIR REQUIRED [LAUNCHER...]: runs the SGX selftests of
# Linux VERSION, built in DIR, dynamic or static as VARIANT says, by LAUNCHER
# (`swsgx run --`; none: as on SGX hardware), as a whole: they have no way to
# choose.  Writes TAP; what the tests said of themselves goes to standard error.
# Succeeds if all cases in the file REQUIRED passed.
set -uo pipefail

seconds=${SELFTESTS_TIMEOUT:-240}
here=$(dirname "$(readlink -f "$0")")
version=$1 variant=$2 dir=$3 required=$(readlink -f "$4")
shift 4
[ $# = 0 ] || set -- "$(readlink -f "$1")" "${@:2}"

"$here/build.sh" "$version" "$dir" >&2
case $? in
0) ;;
77) echo "1..0 # SKIP no package linux-source-$version"; exit 0 ;;
*) echo "Bail out! cannot build the selftests"; exit 1 ;;
esac

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
cd "$dir/$variant" || exit 1
timeout -k 5 "$seconds" "$@" ./test_sgx >"$out"
status=$?
if [ $status = 124 ]; then
  echo "# stopped after $seconds seconds"
fi
echo "# $* ./test_sgx ($version, $variant): exit status $status"
awk -f "$here/tap.awk" "$required" "$out"
