#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# deb.sh BUILD: builds the Debian packages of the last commit in BUILD/deb, and
# has lintian look at them.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:?usage: deb.sh BUILD}
rm -rf "$build/deb"
mkdir -p "$build/deb/swsgx"
git archive HEAD | tar -x -C "$build/deb/swsgx"
cd "$build/deb/swsgx"
log=$PWD/../build.log
echo "building; the log is $build/deb/build.log"
dpkg-buildpackage --build=binary --no-sign >"$log" 2>&1 || {
  tail -n 30 "$log" >&2
  exit 1
}
cd ..
ls -1 ./*.deb
if command -v lintian >/dev/null; then
  lintian --no-tag-display-limit --fail-on error,warning ./*.changes
  echo "lintian: no errors, no warnings"
else
  echo "lintian is not installed: not looked at"
fi
