#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# build.sh VERSION DIR: the SGX selftests of Linux VERSION, unmodified, in
# DIR/dynamic and, linked statically, in DIR/static.  Built once; several
# callers wait for each other.  Exit status 77: Debian's source is not to be had.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
version=$1
mkdir -p "$2"
dir=$(readlink -f "$2")

exec 9>"$dir/lock"
flock 9
[ -f "$dir/built" ] && exit 0

"$here/fetch.sh" "$version" "$dir"
rm -rf "$dir/dynamic" "$dir/static"
mkdir "$dir/dynamic" "$dir/static"

# A clean environment: nobody's CFLAGS, nor the options of an outer make.
env -i PATH="$PATH" HOME="${HOME:-/}" \
  make -C "$dir/src/tools/testing/selftests/sgx" OUTPUT="$dir/dynamic"

cd "$dir/dynamic"
gcc -static -o ../static/test_sgx \
  main.o load.o sigstruct.o call.o sign_key.o -lcrypto
cp test_encl.elf ../static/
touch "$dir/built"
