#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# agree.sh SWSGX SGX_SIGN LOAD_SGXS ENCLAVE.elf: one enclave, measured by five:
# a Python script, sgx-sign, swsgx info in the SIGSTRUCT and in the stream, and
# the processor, whose EINIT accepts no other measurement than the one signed.
set -euo pipefail

swsgx=$1 sign=$2 load=$3 elf=$4
here=$(dirname "$0")
work=$(mktemp -d "${TMPDIR:-/tmp}/swsgx-golden.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

wrong() {
  echo "WRONG: $*"
  failures=$((failures + 1))
}

# field EXPRESSION: of the JSON on standard input, `root`.
field() {
  python3 -c "import json, sys; root = json.load(sys.stdin); print($1)"
}

# same WHO WHAT
same() {
  if [ "$2" = "$python" ]; then
    echo "ok: $1"
  else
    wrong "$1 measures $2, Python $python"
  fi
}

python=$(python3 "$here/measure.py" "$elf" "$work/a.sgxs")
[[ $python =~ ^[0-9a-f]{64}$ ]] || wrong "no measurement: $python"
"$sign" --key "$work/key.pem" --generate-key --debug -o "$work/a.sig" "$elf" \
  >"$work/signed"
same sgx-sign "$(sed -n 's/^MRENCLAVE //p' "$work/signed")"
"$swsgx" info --json "$work/a.sig" >"$work/sig.json"
"$swsgx" info --json "$work/a.sgxs" >"$work/sgxs.json"
same "info of SIGSTRUCT" \
  "$(field 'root["sigstructs"][0]["mrenclave"]' <"$work/sig.json")"
same "info of SGXS" \
  "$(field 'root["stream"]["mrenclave"]' <"$work/sgxs.json")"
[ "$(field 'root["sigstructs"][0]["mrsigner"]' <"$work/sig.json")" = \
  "$(sed -n 's/^MRSIGNER  //p' "$work/signed")" ] || wrong MRSIGNER

if "$swsgx" run -- "$load" "$work/a.sgxs" "$work/a.sig"; then
  echo "ok: the processor"
else
  wrong "EINIT refused the enclave"
fi

# The same with one byte of one page changed must not pass.
python3 - "$work/a.sgxs" <<'EOF'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(-1, 2)
    last = file.read(1)
    file.seek(-1, 2)
    file.write(bytes([last[0] ^ 1]))
EOF
if "$swsgx" run -- "$load" "$work/a.sgxs" "$work/a.sig" 2>"$work/error"; then
  wrong "EINIT accepted another enclave"
elif grep -q 'INIT: Operation not permitted' "$work/error"; then
  echo "ok: EINIT refuses another enclave"
else
  wrong "not EPERM of SGX_IOC_ENCLAVE_INIT: $(cat "$work/error")"
fi
status=0
"$swsgx" info --sigstruct "$work/a.sig" "$work/a.sgxs" >"$work/info" ||
  status=$?
[ "$status" = 1 ] || wrong "info of another enclave: exit status $status"
grep -q SGX_INVALID_MEASUREMENT "$work/info" || wrong "info does not say so"

[ "$failures" -eq 0 ]
