#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# initramfs.sh DIR SWSGX PROBE SELFTESTS VERSION... -- FAULTS PROGRAM...:
# DIR/initramfs.gz with busybox, the swsgx program and the libraries it needs, the
# probe, each VERSION's static selftests, the program FAULTS with the enclave
# that lies beside it, and the other PROGRAMs, which /programs/list names.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
dir=$(readlink -f "$1") swsgx=$2 probe=$3 selftests=$4
shift 4
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
while [ "$1" != -- ]; do
  mkdir "$root/selftests/$1"
  cp "$selftests/$1"/static/{test_sgx,test_encl.elf} "$root/selftests/$1/"
  shift
done
shift
mkdir "$root/programs"
cp "$@" "$(dirname "$1")"/victim-{enclave.elf,key.pem} "$root/programs/"
for program in "${@:2}"; do
  basename "$program"
done >"$root/programs/list"
for applet in $("$dir/busybox" --list); do
  [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
done
libraries=$(ldd "$swsgx" "$@" | grep -oE '/[^ ]+\.so[^ ]*' |
  sort -u) || true
for library in $libraries; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

cd "$root"
find . | cpio --quiet -o -H newc | gzip -1 >"$dir/initramfs.gz"
