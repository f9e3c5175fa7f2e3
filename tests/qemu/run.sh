#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh DIR SWSGX PROBE FAULTS REQUIRED SELFTESTS VERSION...: boots Debian's own
# 6.1 kernel, whose vDSO has __vdso_sgx_enter_enclave and swallows its #UD, in
# QEMU on an emulated processor without SGX, and with protection keys.  Runs
# swsgx there, and in it the table of page faults (the program FAULTS) and
# Linux's selftests of each VERSION, built in SELFTESTS/VERSION.  Writes TAP.
set -uo pipefail

seconds=${QEMU_TIMEOUT:-420}
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$1"
dir=$(readlink -f "$1") swsgx=$2 probe=$3 faults=$4 required=$5 selftests=$6
shift 6
console=$dir/console.txt

skip() {
  echo "1..0 # SKIP $1"
  exit 0
}

command -v qemu-system-x86_64 >/dev/null || skip "no qemu-system-x86_64"
command -v cpio >/dev/null || skip "no cpio"
versions=()
for version in "$@"; do
  if "$here/../selftests/build.sh" "$version" "$selftests/$version" >&2; then
    versions+=("$version")
  else
    echo "# no selftests of Linux $version"
  fi
done
[ ${#versions[@]} -gt 0 ] || skip "no selftests"
"$here/fetch.sh" "$dir" || skip "no Debian kernel"
"$here/initramfs.sh" "$dir" "$swsgx" "$probe" "$faults" "$selftests" \
  "${versions[@]}" || exit 1

timeout -k 5 "$seconds" qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 1024 \
  -nographic -no-reboot -kernel "$dir/vmlinuz" -initrd "$dir/initramfs.gz" \
  -append "console=ttyS0 quiet panic=-1" </dev/null >"$console" 2>&1
echo "# qemu: exit status $?"
exec "$here/judge.sh" "$dir" "$required" "${versions[@]}"
