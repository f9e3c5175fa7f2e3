#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# install.sh [PREFIX]: builds the static binary of this checkout and installs it
# in PREFIX/bin, by default /usr/local.  A step of a CI job on Debian or Ubuntu.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${1:-/usr/local}
as=()
[ -w "$prefix" ] || [ "$(id -u)" = 0 ] || as=(sudo -n)
command -v apt-get >/dev/null ||
  { echo "install.sh: expected apt-get, of Debian or Ubuntu" >&2; exit 1; }
"${as[@]}" apt-get -q update
tools/packages.sh --install build
tools/static.sh build-ship
"${as[@]}" install -D build-ship/swsgx "$prefix/bin/swsgx"
"$prefix/bin/swsgx" check
