#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# build.sh DIR: Linux's SGX selftests, unmodified, in DIR/dynamic and, linked
# statically, in DIR/static.  Built once; several callers wait for each other.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
mkdir -p "$1"
dir=$(readlink -f "$1")

exec 9>"$dir/lock"
flock 9
[ -f "$dir/built" ] && exit 0

"$here/fetch.sh" "$dir"
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
