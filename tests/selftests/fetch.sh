#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# fetch.sh VERSION DIR: unpacks, from Debian's package linux-source-VERSION,
# what Linux's SGX selftests need into DIR/src, untouched.  The package need not
# be installed: it is downloaded otherwise.  Exit status 77: not to be had.
set -euo pipefail

package=linux-source-$1
archive=/usr/src/$package.tar.xz
dir=$2

download() {
  rm -rf "$dir/package"
  mkdir -p "$dir/package"
  (cd "$dir/package" && apt-get -q download "$package") >&2 &&
    dpkg-deb -x "$dir"/package/"$package"_*.deb "$dir/package"
}

if [ ! -f "$archive" ]; then
  archive=$dir/package$archive
  [ -f "$archive" ] || download || exit 77
fi

rm -rf "$dir/src"
mkdir -p "$dir/src"
tar xJf "$archive" -C "$dir/src" --strip-components=1 --wildcards \
  "$package/Makefile" \
  "$package/arch/x86/include" \
  "$package/scripts/subarch.include" \
  "$package/tools/build" \
  "$package/tools/include" \
  "$package/tools/scripts" \
  "$package/tools/testing/selftests/kselftest*" \
  "$package/tools/testing/selftests/lib.mk" \
  "$package/tools/testing/selftests/sgx" \
  "$package/tools/testing/selftests/x86/check_cc.sh" \
  "$package/tools/testing/selftests/x86/trivial_*"
rm -rf "$dir/package"
