#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# noexec.sh SWSGX NOEXEC: run NOEXEC with a file on a noexec mount.
set -eu

unshare -m true 2>/dev/null || {
  echo "skipped: no mount namespaces for this user"
  exit 77
}
work=$(mktemp -d)
trap 'rmdir "$work"' EXIT
unshare -m sh -ec 'mount -t tmpfs -o noexec none "$1"
  head -c 8192 /dev/zero >"$1/file"
  cp "$1/file" "$1/file.covered"
  exec timeout -k 5 50 "$2" run -- "$3" "$1/file"' sh "$work" "$1" "$2"
