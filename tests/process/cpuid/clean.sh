#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# clean.sh SWSGX PROGRAM PLAIN MODULE: a library without CPUID that programs of
# the run have loaded is not asked about again; when it is overwritten by one
# that has it, that is seen.  PLAIN has none, PROGRAM (library.c) loads MODULE.
set -eu

swsgx=$1
program=$2
plain=$3
module=$4

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$plain" "$dir/lib.so"
cp "$module" "$dir/other.so"
# the server waits until a file has been left alone for so long
sleep 4
"$swsgx" run --cpuid rewrite -- sh -c '
	for i in 1 2 3; do
		LD_PRELOAD=$1/lib.so /usr/bin/env true || exit 1
	done
	cat "$2" >"$1/lib.so" || exit 1
	exec "$3" "$1/lib.so" "$1/other.so"' \
	sh "$dir" "$module" "$program"
