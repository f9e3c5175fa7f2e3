#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# options.sh SWSGX: what --cpuid takes and where.
set -u

swsgx=$1

fail() {
	echo "$1" >&2
	exit 1
}

# refused TEXT ARGUMENT...: `swsgx run ARGUMENT...` fails and says TEXT
refused() {
	text=$1
	shift
	said=$("$swsgx" run "$@" 2>&1)
	[ $? = 125 ] || fail "not 125: swsgx run $*"
	case $said in
	*"$text"*) ;;
	*) fail "swsgx run $*: $said" ;;
	esac
}

refused "expected auto, fault, rewrite or off" --cpuid trap -- true
refused "expected auto, fault, rewrite or off" --cpuid= -- true
refused "--cpuid needs a value" --cpuid
refused "already inside a run" -- "$swsgx" run --cpuid off -- true
for mode in auto rewrite off; do
	"$swsgx" run --cpuid "$mode" -- true || fail "--cpuid $mode"
	"$swsgx" run "--cpuid=$mode" -- sh -c 'exit 3'
	[ $? = 3 ] || fail "--cpuid=$mode: exit status"
done
