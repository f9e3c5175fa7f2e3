#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# initramfs.sh DIR SWSGX PROBE FAULTS SELFTESTS VERSION...: DIR/initramfs.gz
# with busybox, the swsgx program and the libraries it needs, the probe, the program
# FAULTS with the enclave that lies beside it, and each VERSION's static
# selftests.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
dir=$(readlink -f "$1") swsgx=$2 probe=$3 faults=$4 selftests=$5
shift 5
root=$dir/root

rm -rf "$root"
mkdir -p "$root"/{bin,dev,etc,lib64,proc,run,sys,tmp,selftests}
cp "$here/init.sh" "$root/init"
cat >"$root/etc/passwd" <<EOF
root:x:0:0::/:/bin/sh
nobody:x:65534:65534::/:/bin/sh
EOF
cp "$dir/busybox" "$root/bin/"
cp "$swsgx" "$root/bin/swsgx"
cp "$probe" "$root/bin/vdso_probe"
mkdir "$root/faults"
cp "$faults" "$root/faults/fault_table"
cp "$(dirname "$faults")"/victim-{enclave.elf,key.pem} "$root/faults/"
for version in "$@"; do
  mkdir "$root/selftests/$version"
  cp "$selftests/$version"/static/{test_sgx,test_encl.elf} \
    "$root/selftests/$version/"
done
for applet in $("$dir/busybox" --list); do
  [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
done
libraries=$(ldd "$swsgx" "$faults" | grep -oE '/[^ ]+\.so[^ ]*' |
  sort -u) || true
for library in $libraries; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

cd "$root"
find . | cpio --quiet -o -H newc | gzip -1 >"$dir/initramfs.gz"
