#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# debian-source.sh PACKAGE DIR: unpacks the source of a Debian package into
# DIR/PACKAGE, from where this machine has its packages.  The lists that it
# needs are its own, below DIR: apt's configuration stays as it is, and root is
# not needed.  What is there already is used again.
set -euo pipefail

[ $# = 2 ] || { echo "usage: debian-source.sh PACKAGE DIR" >&2; exit 2; }
package=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
[ ! -d "$dir/$package" ] || exit 0

# The archives that have this machine's release of libc.
archives() {
  apt-get indextargets --format \
    '$(IDENTIFIER) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' |
    awk '$1 == "Packages" { print $2, $3, $4 }' | sort -u
}

fail() {
  echo "debian-source.sh: $package: $1" >&2
  exit 1
}

lists=$dir/apt
mkdir -p "$lists"/{state/lists/partial,cache/archives/partial}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
archives | sed "s|^|deb-src [signed-by=$keys] |" >"$lists/sources.list"
[ -s "$lists/sources.list" ] ||
  fail "apt knows no archive of Debian; run apt-get update as root"
options=(-q -o "Dir::State=$lists/state" -o "Dir::Cache=$lists/cache"
  -o "Dir::Etc::SourceList=$lists/sources.list" -o Dir::Etc::SourceParts=-
  -o APT::Sandbox::User=)
apt-get "${options[@]}" update >"$lists/log" 2>&1 ||
  fail "no lists of sources; see $lists/log"
unpacked=$dir/$package.new
rm -rf "$unpacked" && mkdir "$unpacked"
(cd "$unpacked" && apt-get "${options[@]}" source "$package") \
  >>"$lists/log" 2>&1 || fail "no source; see $lists/log"
mv "$unpacked"/*/ "$dir/$package"
rm -rf "$unpacked"
