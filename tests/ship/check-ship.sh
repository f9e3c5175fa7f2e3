#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check-ship.sh BUILD STATIC: is what is shipped good on machines that are not
# this one?  As root, with mmdebstrap: clean root file systems are made, the
# Debian packages are installed, tried and purged there, and the static binary
# runs an SGX program there.  BUILD has the tests' programs, STATIC what
# `make static` and `make deb` have built.  Says what it could not do.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

build=$(realpath "${1:?usage: check-ship.sh BUILD STATIC}")
static=$(realpath "${2:?usage: check-ship.sh BUILD STATIC}")
roots=$static/roots
mounted=()
failed=0

say() { printf '%s\n' "$*"; }

ok() { say "ok       $*"; }

not_ok() {
  say "FAILED   $*"
  failed=1
}

# shellcheck disable=SC2317 # it is the trap
leave() {
  for at in "${mounted[@]}"; do umount -l "$at" 2>/dev/null; done
  rm -rf "$roots"
}

need() {
  [ "$(id -u)" = 0 ] || { say "skipped: needs root, for chroot"; exit 77; }
  command -v mmdebstrap >/dev/null ||
    { say "skipped: mmdebstrap is not installed"; exit 77; }
}

mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' \
    'Created-By: Packages' 'Codename: bookworm' | sort -u | head -n 1
}

# make_root NAME SUITE VARIANT PACKAGES
make_root() {
  local root=$roots/$1
  if [ "$2" = none ]; then
    mkdir -p "$root"
  else
    mmdebstrap --mode=root --variant="$3" ${4:+"--include=$4"} "$2" "$root" \
      "$(mirror)" >"$roots/$1.log" 2>&1 || {
      say "not had: $1: mmdebstrap: $(tail -n 1 "$roots/$1.log")"
      return 1
    }
  fi
  mkdir -p "$root"/{proc,dev,tmp,t}
  mount -t proc proc "$root/proc" && mounted+=("$root/proc")
  mount --bind /dev "$root/dev" && mounted+=("$root/dev")
}

in_root() { chroot "$roots/$1" "${@:2}" </dev/null; }

# The static binary runs a static SGX program.
try_static() {
  local name=$1 said
  make_root "$@" || return
  cp "$static/swsgx" "$build/tests/process/both_ways_static" \
    "$build"/tests/process/victim-enclave*.elf "$roots/$name/t"
  if said=$(in_root "$name" /t/swsgx run -- /t/both_ways_static 2>&1); then
    ok "static binary in $name: $(tail -n 1 <<<"$said")"
  else
    not_ok "static binary in $name: $said"
  fi
}

seconds() { say $(($(date +%s) - $1)); }

try_packages() {
  local root=$roots/packages left start said
  make_root packages bookworm apt \
    gcc,libc6-dev,libssl-dev,meson,pkgconf,ca-certificates || return
  cp "$static"/deb/{swsgx,libswsgx1,libswsgx-dev}_*.deb debian/tests/* \
    "$root/t"
  start=$(date +%s)
  if ! said=$(in_root packages sh -c '
    apt-get -q -y update && apt-get -q -y install /t/*.deb' 2>&1)
  then
    not_ok "packages: installed: $said"
    return
  fi
  in_root packages swsgx run -- ls /dev/sgx_enclave >/dev/null &&
    ok "packages: installed, and a first program ran, after $(seconds "$start") s"
  for name in command library example; do
    if said=$(in_root packages sh "/t/$name" 2>&1); then
      ok "packages: debian/tests/$name"
    else
      not_ok "packages: debian/tests/$name: $said"
    fi
  done
  in_root packages apt-get -q -y purge swsgx libswsgx1 libswsgx-dev \
    >/dev/null 2>&1
  left=$(find "$root" -xdev -name '*swsgx*' -not -path "$root/t/*" \
    -not -path "$root/tmp/*" -not -path "$root/proc/*" \
    -not -path "$root/var/log/*" -not -path "$root/var/cache/*")
  if [ -z "$left" ]; then
    ok "packages: purged, and nothing is left"
  else
    not_ok "packages: purged, but left: $left"
  fi
}

need
trap leave EXIT
rm -rf "$roots" && mkdir -p "$roots"
say "sizes    static binary $(stat -c %s "$static/swsgx"), package \
$(stat -c %s "$static"/deb/swsgx_*.deb) bytes"
try_static empty none - ''
try_static bullseye bullseye essential ''
try_static trixie trixie essential ''
try_packages
exit $failed
