#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# static.sh BUILD: builds BUILD/swsgx as one static binary, for any x86-64
# Linux, whatever its libc.  Debian has no libZydis.a, so that is made of
# Debian's sources.  docs/SHIP.md says what its licences ask of
# whoever gives it away.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:?usage: static.sh BUILD}
mkdir -p "$build"
build=$(cd "$build" && pwd)
sources=$build/sources
zydis=$sources/zydis

make_zydis() {
  local objects=$build/zydis
  tools/debian-source.sh zydis "$sources"
  mkdir -p "$objects"
  for file in "$zydis"/src/*.c; do
    ${CC:-cc} -O2 -fPIE -DZYDIS_STATIC_BUILD -I "$zydis/include" \
      -I "$zydis/src" -c "$file" -o "$objects/$(basename "$file" .c).o"
  done
  ar rcs "$build/libZydis.a" "$objects"/*.o
}

[ -f "$build/libZydis.a" ] || make_zydis
[ -f "$build/meson/build.ninja" ] ||
  meson setup "$build/meson" -Dtests=disabled \
    -Dstatic_zydis="$build"
ninja -C "$build/meson" swsgx
cp "$build/meson/swsgx" "$build/swsgx"
strip "$build/swsgx"
echo "built $build/swsgx, $(stat -c %s "$build/swsgx") bytes, linked statically"
