#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# judge.sh DIR REQUIRED VERSION... -- FAULTS PROGRAM...: reads what the guest
# wrote (init.sh), of each VERSION's selftests and each PROGRAM among it, and
# writes TAP; what the programs skipped, as comments.
set -uo pipefail

here=$(dirname "$(readlink -f "$0")")
dir=$1 required=$2
shift 2
versions=()
while [ "$1" != -- ]; do
  versions+=("$1")
  shift
done
shift 2
tap=$here/../selftests/tap.awk
number=0
bad=0

# section NAME: the lines of the console that the guest wrote under it.
section() {
  tr -d '\r' <"$dir/console.txt" | awk -v name="$1" '
    /@@ / { on = $0 ~ "@@ " name "$"; next } on'
}

# expect NAME SECTION PATTERN: a case: the section has a line like this.
expect() {
  number=$((number + 1))
  if section "$2" | grep -qE -- "$3"; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1"
    section "$2" | sed 's/^/# /'
    bad=1
  fi
}

expect "guest: Debian's 6.1 kernel" kernel '^6\.1\.0-'
expect "control: the kernel's vDSO has the function" probe '^vdso: has'
expect "control: the kernel swallows its #UD" probe ' function 2 vector 6 '
expect "swsgx: another vDSO, and no #UD" probe-injected \
  ' function 2 vector 1[34] '
expect "swsgx: as nobody, under yama's ptrace_scope 1" yama '^status 0$'
expect "swsgx: as nobody, exit status" yama '^status 7$'
for generation in sgx1 sgx2; do
  expect "page faults, $generation" "faults-$generation" '^ok: [0-9]+ checks$'
  expect "page faults, $generation: protection keys" "faults-$generation" \
    '^pkey, PTE present .* PKUERR '
done
for path in "$@"; do
  program=${path##*/}
  expect "with protection keys: $program" "program-$program" \
    '^ok: [0-9]+ checks$'
  section "program-$program" | grep '^skipped: ' | sed 's/^/# /'
done
expect "swsgx: the guest ran to its end" end '^bye$'

for version in "${versions[@]}"; do
  expect "control: no selftest of $version passes without swsgx" \
    "selftests-uninjected-$version" 'Totals: pass:0 '
  section "selftests-stderr-$version" | sed 's/^/# /' | head -n 200
  section "selftests-$version" | awk -v prefix="selftests $version: " \
    -v n="$number" -f "$tap" "$required" - >"$dir/cases" || bad=1
  grep -v '^1\.\.' "$dir/cases"
  number=$((number + $(grep -cE '^(not )?ok ' "$dir/cases")))
done
echo "1..$number"
exit $bad
