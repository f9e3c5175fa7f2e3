#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# vdso-link.sh LDS DEBUG OUT CC... -- SOURCE...: link the vDSO image.  DEBUG
# keeps the local symbols (tools/vdso-offsets.sh reads them); OUT is what gets
# mapped: without them, and filled up to whole pages, section headers included.
set -eu

lds=$1 debug=$2 out=$3
shift 3
cc=
while [ "$1" != -- ]; do
  cc="$cc $1"
  shift
done
shift

# shellcheck disable=SC2086 # a compiler may come with arguments
$cc -nostdlib -shared -fPIC -fno-lto -Wa,--fatal-warnings \
  -Wl,-T,"$lds" -Wl,-soname,linux-vdso.so.1 -Wl,--hash-style=both \
  -Wl,--eh-frame-hdr -Wl,--build-id=none -Wl,-Bsymbolic -Wl,--no-undefined \
  -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,-z,norelro \
  -Wl,--orphan-handling=error \
  -o "$debug" "$@"
strip --strip-all -o "$out" "$debug"
truncate -s %4096 "$out"
