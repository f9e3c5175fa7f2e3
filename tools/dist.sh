#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# dist.sh DIR: makes DIR/swsgx-VERSION.tar.gz of the last commit.  It builds
# without git, and its bytes depend on the commit only.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=${1:?usage: dist.sh DIR}
version=$(sed -n "s/^  version : '\(.*\)',/\1/p" meson.build)
mkdir -p "$dir"
tarball=$dir/swsgx-$version.tar.gz
git diff --quiet HEAD || echo "dist.sh: without what is not committed" >&2
git -c tar.umask=0022 archive --prefix="swsgx-$version/" HEAD |
  gzip -9 -n >"$tarball"
echo "made $tarball, SHA-256 $(sha256sum "$tarball" | cut -d ' ' -f 1)"
