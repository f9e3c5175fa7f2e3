#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh DIR SWSGX PROBE REQUIRED SELFTESTS VERSION... -- FAULTS PROGRAM...:
# boots Debian's own 6.1 kernel, whose vDSO has __vdso_sgx_enter_enclave and
# swallows its #UD, in QEMU on an emulated processor without SGX, and with
# protection keys.  Runs swsgx there, and in it the table of page faults (the
# program FAULTS), each PROGRAM, and Linux's selftests of each VERSION, built in
# SELFTESTS/VERSION.  Writes TAP.
set -uo pipefail

seconds=${QEMU_TIMEOUT:-540}
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$1"
dir=$(readlink -f "$1") swsgx=$2 probe=$3 required=$4 selftests=$5
shift 5
console=$dir/console.txt

skip() {
  echo "1..0 # SKIP $1"
  exit 0
}

command -v qemu-system-x86_64 >/dev/null || skip "no qemu-system-x86_64"
command -v cpio >/dev/null || skip "no cpio"
versions=()
while [ "$1" != -- ]; do
  if "$here/../selftests/build.sh" "$1" "$selftests/$1" >&2; then
    versions+=("$1")
  else
    echo "# no selftests of Linux $1"
  fi
  shift
done
[ ${#versions[@]} -gt 0 ] || skip "no selftests"
"$here/fetch.sh" "$dir" || skip "no Debian kernel"
"$here/initramfs.sh" "$dir" "$swsgx" "$probe" "$selftests" \
  "${versions[@]}" "$@" || exit 1

timeout -k 5 "$seconds" qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 1024 \
  -nographic -no-reboot -kernel "$dir/vmlinuz" -initrd "$dir/initramfs.gz" \
  -append "console=ttyS0 quiet panic=-1" </dev/null >"$console" 2>&1
echo "# qemu: exit status $?"
exec "$here/judge.sh" "$dir" "$required" "${versions[@]}" "$@"
