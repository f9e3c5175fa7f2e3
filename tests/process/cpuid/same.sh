#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# same.sh SWSGX PRINT: what PRINT (print.c) sees of CPUID is the same by every
# way that shows SGX, and the same as without swsgx when it is left alone.
set -u

swsgx=$1
print=$2

seen() {
	"$swsgx" run "$@" -- "$print" || exit 1
}

differ() {
	echo "CPUID differs: $1" >&2
	exit 1
}

native=$("$print") || exit 1
rewritten=$(seen --cpuid rewrite) || exit 1
[ "$(seen --cpuid off)" = "$native" ] || differ "off, native"
[ "$(seen)" = "$rewritten" ] || differ "auto, rewrite"
# in a later image, which is told some of it
later=$("$swsgx" run --cpuid rewrite -- sh -c '/bin/true; /bin/true; exec "$1"' \
	sh "$print") || exit 1
[ "$later" = "$rewritten" ] || differ "after an exec"
[ "$(seen --cpuid rewrite --epc 1M)" != "$rewritten" ] ||
	differ "not by the size of the EPC"
case $rewritten in
*"12.0: 00000803"*) ;;
*) differ "leaf 12H is not SGX1, SGX2 and EDECCSSA" ;;
esac

"$swsgx" run --cpuid rewrite --verbose -- "$print" 2>&1 |
	grep -q "$(basename "$print"): CPUID rewritten: [1-9]" ||
	differ "--verbose does not name the program"
