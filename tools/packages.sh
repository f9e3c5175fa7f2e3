#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# packages.sh --missing PURPOSE...   names the packages that are not installed
# packages.sh --hint PURPOSE...      the same, as advice; always succeeds
# packages.sh --install PURPOSE...   installs them, and nothing when none is
# missing.  Purposes: see packages.txt.
set -euo pipefail

list=$(dirname "$0")/packages.txt

wanted() {
  for purpose in "$@"; do
    awk -v p="$purpose" '$1 == p { print $2 }' "$list"
  done
}

installed() {
  dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
    grep -qx installed
}

missing() {
  for package in $(wanted "$@"); do
    installed "$package" || echo "$package"
  done
}

# apt-get, as root; never asks anything.
apt_get() {
  local as=()
  [ "$(id -u)" = 0 ] || as=(sudo -n)
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
    apt-get -q -y -o DPkg::Lock::Timeout=600 "$@"
}

# For dpkg's lock apt-get waits itself; for those of its lists and archives,
# which another apt-get holds for shorter, it does not.
apt() {
  local said tries=120
  said=$(mktemp)
  while ! apt_get "$@" 2>"$said"; do
    cat "$said" >&2
    tries=$((tries - 1))
    if [ $tries = 0 ] || ! grep -q 'Could not get lock' "$said"; then
      rm "$said"
      return 1
    fi
    sleep "${APT_LOCK_PAUSE:-5}"
  done
  cat "$said" >&2
  rm "$said"
}

cure() {
  echo "install them as root:" "apt-get install --no-install-recommends" "$@"
}

hint() {
  local packages
  command -v dpkg-query >/dev/null || return 0
  mapfile -t packages < <(missing "$@")
  [ ${#packages[@]} = 0 ] && return 0
  echo "Missing Debian packages: ${packages[*]}" >&2
  cure "${packages[@]}" >&2
}

install() {
  local packages
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "Not a Debian system: expecting what tools/packages.txt lists."
    return 0
  fi
  mapfile -t packages < <(missing "$@")
  [ ${#packages[@]} = 0 ] && return 0
  echo "Installing Debian packages: ${packages[*]}"
  if ! { apt update &&
         apt install --no-install-recommends "${packages[@]}"; } </dev/null
  then
    echo "Could not install the packages; $(cure "${packages[@]}")" >&2
    return 1
  fi
}

action=${1:-}
shift || true
case $action in
--missing) missing "$@" ;;
--hint) hint "$@" ;;
--install) install "$@" ;;
*)
  echo "usage: packages.sh --missing|--hint|--install PURPOSE..." >&2
  exit 2
  ;;
esac
