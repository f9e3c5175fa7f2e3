#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A sealing key belongs to a platform: two runs on one named platform have the
# same, another platform and every ephemeral one have their own.
#   identity_runs.sh SWSGX IDENTITY-PROGRAM
set -u

swsgx=$1
program=$2
state=$(mktemp -d) || exit 1
trap 'rm -rf "$state"' EXIT
failed=0

key() {
	timeout -k 5 20 "$swsgx" run "$@" -- "$program" --print
}

differ() {
	if [ -z "$2" ] || [ -z "$3" ] || [ "$2" = "$3" ]; then
		echo "$1: '$2' and '$3' should differ"
		failed=1
	fi
}

one=$(key --platform "$state/one")
again=$(key --platform "$state/one")
two=$(key --platform "$state/two")
ephemeral=$(key)
other=$(key)

if [ -z "$one" ] || [ "$one" != "$again" ]; then
	echo "two runs on one platform: '$one', then '$again'"
	failed=1
fi
differ "two platforms" "$one" "$two"
differ "a named and an ephemeral platform" "$one" "$ephemeral"
differ "two ephemeral platforms" "$ephemeral" "$other"
[ "$failed" = 0 ] && echo "ok: 4 comparisons"
exit "$failed"
