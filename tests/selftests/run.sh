#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh VARIANT DIR REQUIRED [LAUNCHER...]: runs Linux's SGX selftests, the
# dynamic or the static VARIANT of DIR, by LAUNCHER (`swsgx run --`; none: as
# on SGX hardware), as a whole: they have no way to choose.  Writes TAP; what
# the tests said of themselves goes to standard error.  Succeeds if all cases
# in the file REQUIRED passed.
set -uo pipefail

seconds=${SELFTESTS_TIMEOUT:-240}
here=$(dirname "$(readlink -f "$0")")
variant=$1 dir=$2 required=$(readlink -f "$3")
shift 3
[ $# = 0 ] || set -- "$(readlink -f "$1")" "${@:2}"

"$here/build.sh" "$dir" >&2
case $? in
0) ;;
77) echo "1..0 # SKIP no Linux source"; exit 0 ;;
*) echo "Bail out! cannot build the selftests"; exit 1 ;;
esac

cd "$dir/$variant" || exit 1
timeout -k 5 "$seconds" "$@" ./test_sgx >../"$variant.out"
status=$?
if [ $status = 124 ]; then
  echo "# stopped after $seconds seconds"
fi
echo "# $* ./test_sgx ($variant): exit status $status"
awk -f "$here/tap.awk" "$required" ../"$variant.out"
