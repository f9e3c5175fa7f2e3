#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# sanitized.sh COMMAND...: run a test whose swsgx is built with sanitizers, and
# fail if one of its processes had something to report.  The server closes its
# standard error, so reports go to files.  Leaks are not looked for: the server
# ends with all it has, and programs are traced.
set -uo pipefail

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
chmod 777 "$reports"	# some tests are another user's

export SANITIZED=1
export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:log_path=$reports/report
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:log_path=$reports/report
"$@"
status=$?
for report in "$reports"/*; do
  [ -s "$report" ] || continue
  cat "$report" >&2
  status=1
done
exit "$status"
