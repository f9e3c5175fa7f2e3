#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Is the trace of a program what the program says that it should be?
#   traced.sh SWSGX PROGRAM ENCLAVE
# Times, thread ids, places in the runtime's vDSO and in the enclave's code are
# left out; behind a ~ stands a reason, which must be there.
set -euo pipefail

swsgx=$1 program=$2 enclave=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$swsgx" run --trace="$dir/trace" --symbols "$enclave" -- "$program" \
  >"$dir/output"
grep -v '^ok: ' "$dir/output" >"$dir/expected"
# A page that is touched for the first time may be mended, on some hosts.
grep -v -e '-> mended$' "$dir/trace" | sed -E '
  s/^ *[0-9]+\.[0-9]{6} [0-9]+\/[0-9]+ //
  s/ <[A-Za-z0-9_]+(\+0x[0-9a-f]+)?>//g
  s/rip=0x[0-9a-f]+\+0x[0-9a-f]+/rip=IN/
  s/(aep=|-> )0x553f[0-9a-f]+/\1VDSO/
  s/( = -1 E[A-Z]+|= SGX_[A-Z_]+|SEGV_ACCERR|aep=VDSO): .+$/\1~/
' >"$dir/actual"
diff -u "$dir/expected" "$dir/actual"

# Names of places, by the enclave's symbols.
grep -qE ' EENTER tcs=0x[0-9a-f]+\+0x0 <[a-z_]+> .* <trts_entry>$' "$dir/trace"
grep -qE ' EEXIT rip=0x[0-9a-f]+\+0x[0-9a-f]+ <trts_entry\+0x' "$dir/trace"

# No line without a time and a thread; the times do not go back.
if grep -vE '^ *[0-9]+\.[0-9]{6} [0-9]+/[0-9]+ ' "$dir/trace"; then
  exit 1
fi
awk '{ print $1 }' "$dir/trace" | sort -nc
