#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run one victim program under swsgx and hand on its verdict.
#   run.sh SWSGX [swsgx-run options --] PROGRAM [args...]
#   run.sh --native PROGRAM [args...]     the same without swsgx
# Options for `swsgx run` stand before a `--`.  Exit status: the program's;
# a time-out, a signal and swsgx's own failures (125-127) become 1.
set -u

limit=${SWSGX_TEST_TIMEOUT:-50}

if [ $# -lt 2 ]; then
	echo "usage: run.sh SWSGX|--native [options --] PROGRAM [args...]" >&2
	exit 2
fi

swsgx=$1
shift
if [ "$swsgx" = --native ]; then
	timeout -k 5 "$limit" "$@"
else
	case $1 in
	-*) ;;
	*) set -- -- "$@" ;;
	esac
	timeout -k 5 "$limit" "$swsgx" run "$@"
fi
status=$?

case $status in
0 | 1 | 77)
	exit "$status"
	;;
124 | 137)
	echo "run.sh: killed: it did not end within its time" >&2
	;;
*)
	echo "run.sh: exit status $status" >&2
	;;
esac
exit 1
