#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# mode.sh SWSGX MODE PROGRAM [args...]: run.sh with --cpuid MODE; skipped where
# the host has no such mode.
set -u

swsgx=$1
mode=$2
shift 2

if "$swsgx" run --cpuid "$mode" -- true 2>&1 |
	grep -q 'cannot make CPUID fault'; then
	echo "this host cannot make CPUID fault" >&2
	exit 77
fi
exec "$(dirname "$0")/../fixture/run.sh" "$swsgx" --cpuid "$mode" -- "$@"
