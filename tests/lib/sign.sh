#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# sign.sh SGX_SIGN ENCLAVE: the command line of sgx-sign, its output, and what
# it says of bad input.
set -u

sign=$1
enclave=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/sgx-sign.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

wrong() {
  echo "WRONG: $*"
  cat "$work/out"
  failures=$((failures + 1))
}

# check STATUS TEXT ARGUMENT...: exit status and a part of the output.
check() {
  want=$1 text=$2
  shift 2
  "$sign" "$@" >"$work/out" 2>&1
  status=$?
  if [ "$status" -ne "$want" ]; then
    wrong "sgx-sign $*: exit $status, expected $want"
  elif ! grep -q -e "$text" "$work/out"; then
    wrong "sgx-sign $*: expected \"$text\""
  else
    echo "ok: sgx-sign $*"
  fi
}

key=$work/key.pem
sig=$work/a.sig

check 0 'Usage: sgx-sign' --help
check 2 'expected --key FILE' "$enclave"
check 2 'expected --key FILE' --key "$key" -o "$sig"
check 2 'from 0 to 65535' --key "$key" --isvsvn 65536 -o "$sig" "$enclave"
check 2 'from 0 to 65535' --key "$key" --isvprodid x -o "$sig" "$enclave"
check 2 'unrecognized option' --unknown
check 1 'key.pem: No such file' --key "$key" -o "$sig" "$enclave"
check 0 '^MRENCLAVE [0-9a-f]\{64\}$' --key "$key" --generate-key -o "$sig" \
  "$enclave"
cp "$work/out" "$work/first"
check 0 '^MRSIGNER  [0-9a-f]\{64\}$' --key "$key" --generate-key -o "$sig" \
  "$enclave"
cmp -s "$work/out" "$work/first" || wrong 'the second run differs'
check 0 MRENCLAVE --key "$key" --debug --isvsvn 3 --isvprodid 0x102 \
  -o "$work/b.sig" "$enclave"
cmp -s "$work/out" "$work/first" || wrong 'options changed the measurement'
[ "$(stat -c %s "$sig")" = 1808 ] || wrong 'size of SIGSTRUCT'

# ATTRIBUTES at 928, ISVPRODID at 1024, ISVSVN at 1026, little endian.
bytes() { od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }
[ "$(bytes "$sig" 928 8)" = 0400000000000000 ] || wrong ATTRIBUTES
[ "$(bytes "$work/b.sig" 928 8)" = 0600000000000000 ] || wrong DEBUG
[ "$(bytes "$work/b.sig" 1024 4)" = 02010300 ] || wrong 'ISVPRODID, ISVSVN'

echo 'no key' >"$work/bad.pem"
check 1 'bad.pem: expected a private key' --key "$work/bad.pem" -o "$sig" \
  "$enclave"
check 1 'bad.pem: not an ELF file' --key "$key" -o "$sig" "$work/bad.pem"
check 1 'No such file' --key "$key" -o "$work/none/a.sig" "$enclave"

[ "$failures" -eq 0 ]
