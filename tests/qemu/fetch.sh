#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# fetch.sh DIR: Debian's newest 6.1 kernel as DIR/vmlinuz and busybox as
# DIR/busybox, downloaded and unpacked, not installed.  Exit status 77: not to
# be had.
set -euo pipefail

dir=$1
mkdir -p "$dir/packages"
[ -f "$dir/vmlinuz" ] && [ -f "$dir/busybox" ] && exit 0

kernel=$(apt-cache pkgnames linux-image-6.1.0- |
  grep -E '^linux-image-6\.1\.0-[0-9]+-amd64$' | sort -V | tail -n 1) || true
if [ -z "$kernel" ]; then
  echo "apt-cache knows no linux-image-6.1.0-*-amd64" >&2
  exit 77
fi

unpack() {
  (cd "$dir/packages" && rm -f "$1"_*.deb && apt-get -q download "$1") >&2 ||
    exit 77
  rm -rf "${dir:?}/$1"
  dpkg-deb -x "$dir"/packages/"$1"_*.deb "$dir/$1"
}

unpack busybox-static
unpack "$kernel"
cp "$dir"/busybox-static/bin/busybox "$dir/busybox"
cp "$dir/$kernel"/boot/vmlinuz-* "$dir/vmlinuz"
echo "$kernel" >"$dir/kernel"
rm -rf "${dir:?}/$kernel" "$dir/busybox-static" "$dir/packages"
