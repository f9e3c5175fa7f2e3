#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check-blob.sh ELF [OBJECT...]: the runtime may be copied anywhere it was
# linked for and run there: no undefined symbol, no relocation, no interpreter,
# no thread-local storage; and our own OBJECTs (without them: those that Meson
# keeps beside ELF) leave the vector registers alone, which belong to the
# program; but for what keeps them (lp/vectors.S).  Libraries use them.
set -euo pipefail

elf=$1
shift
[ $# -gt 0 ] || set -- "$elf".p/*.o
status=0

fail() {
  echo "$elf: $1" >&2
  status=1
}

undefined=$(nm -u "$elf")
[ -z "$undefined" ] || fail "undefined symbols: $undefined"
if readelf -rW "$elf" | grep -q 'Relocation section'; then
  fail "has relocations"
fi
if readelf -lW "$elf" | grep -E '^ +(INTERP|TLS|DYNAMIC) '; then
  fail "has a program header that needs a loader"
fi

[ -f "$1" ] || { fail "no object $1 to look at"; exit 1; }
for object in "$@"; do
  vector=$(objdump -d --no-show-raw-insn "$object" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = $2 }
    name ~ /^<rt_vectors_/ { next }
    /%[xyz]mm[0-9]|%mm[0-7]|%k[0-7]/ { print name, $0; exit }')
  [ -z "$vector" ] || fail "$object: vector register: $vector"
done
exit $status
