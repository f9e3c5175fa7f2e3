#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# `swsgx quote`, `swsgx collateral`; a quote that a program got from AESM, and
# what others say of it.
load helpers

setup_file() {
  need openssl
  export XDG_DATA_HOME="$BATS_FILE_TMPDIR/data"
  export QUOTE="$BATS_FILE_TMPDIR/quote" MADE="$BATS_FILE_TMPDIR/made"
  "$SWSGX" run -- "$AESM" quote "$QUOTE" 2>"$BATS_FILE_TMPDIR/said"
  "$SWSGX" collateral export "$MADE"
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# The value of a Python expression over the JSON of the quote, in `root`.
json() {
  swsgx quote --json "$QUOTE" |
    python3 -c "import json, sys; root = json.load(sys.stdin); print($1)"
}

# c00, c01, c02: PCK, Platform CA, root
split_chain() {
  dd if="$QUOTE" bs=1 skip=1052 2>/dev/null | tr -d '\0' >chain.pem
  csplit -sz -f c chain.pem '/BEGIN CERT/' '{*}'
}

@test "a run says once that its quotes prove nothing, and where the root is" {
  [ "$(grep -c "proves nothing" "$BATS_FILE_TMPDIR/said")" = 1 ]
  grep -q "$XDG_DATA_HOME/swsgx/test-root/root.pem" "$BATS_FILE_TMPDIR/said"
  [ "$(stat -c %a "$XDG_DATA_HOME/swsgx/test-root/root.key")" = 600 ]
}

@test "a quote verifies against the test root, step by step" {
  run -0 swsgx quote "$QUOTE"
  [[ $output == *"FMSPC            535753475800"* ]]
  [[ $output == *"TEST ONLY SGX PCK Certificate"* ]]
  for step in "vendor id" certificates "SGX extension" "QE's report" \
    "quoting enclave" "attestation key" "signature"; do
    [[ $output =~ "  $step"\ +"ok: " ]]
  done
}

@test "--json has the same" {
  need python3
  [ "$(json 'root["quote"]["version"], root["platform"]["fmspc"]')" = \
    "3 535753475800" ]
  [ "$(json 'root["enclave"]["reportdata"] == "5a" * 64')" = True ]
  [ "$(json '[k for k, v in root["verification"].items() if v is True]')" = \
    "['vendor_id', 'certificates', 'sgx_extension', 'qe_report', 'quoting_enclave', 'attestation_key', 'signature']" ]
  [ "$(json 'len(root["certificates"])')" = 3 ]
}

@test "revocation lists: none is revoked, then the PCK certificate is" {
  run -0 swsgx quote --crl "$MADE/root-crl.pem" --crl "$MADE/pck-crl.der" "$QUOTE"
  [[ $output == *"none revoked"* ]]
  swsgx collateral export --revoke "$QUOTE" revoked
  run -1 swsgx quote --crl revoked/root-crl.pem --crl revoked/pck-crl.pem "$QUOTE"
  [[ $output == *"PROBLEM"*"certificates: "*"revoked"* ]]
}

@test "another root is not believed" {
  XDG_DATA_HOME=$PWD swsgx collateral export other
  run -1 swsgx quote --root other/root.pem "$QUOTE"
  [[ $output == *"PROBLEM"*"certificates: "* ]]
  run -0 swsgx quote --root "$MADE/root.der" "$QUOTE"
  XDG_DATA_HOME=$PWD/nothing run -1 swsgx quote "$QUOTE"
  [[ $output == *"no root to trust is known"* ]]
}

@test "a platform that is kept has its own root, and the same PCK certificate" {
  "$SWSGX" run --platform kept -- "$AESM" quote first 2>/dev/null
  "$SWSGX" run --platform kept -- "$AESM" quote second 2>/dev/null
  run -0 swsgx quote --platform kept first
  run -0 swsgx quote --platform kept second
  run -1 swsgx quote first
  cmp <(dd if=first bs=1 skip=500 count=64 2>/dev/null) \
    <(dd if=second bs=1 skip=500 count=64 2>/dev/null)
  cmp <(swsgx quote --json --platform kept first | grep ppid) \
    <(swsgx quote --json --platform kept second | grep ppid)
}

@test "a root that cannot be read is not overwritten" {
  mkdir -p data/swsgx
  cp -r "$XDG_DATA_HOME/swsgx/test-root" data/swsgx
  echo >data/swsgx/test-root/root.key
  XDG_DATA_HOME=$PWD/data run swsgx collateral export x
  own_error
  [[ $output == *"root.key"* ]]
  [ "$(wc -c <data/swsgx/test-root/root.key)" = 1 ]
}

@test "a root that cannot be kept: a line with the cure, and no quote" {
  XDG_DATA_HOME=/dev/null run swsgx collateral export x
  own_error
  [[ $output == *"/dev/null/swsgx/test-root"*XDG_DATA_HOME* ]]
  XDG_DATA_HOME=/dev/null run swsgx run -- "$AESM" quote never
  [ "$status" = 1 ]
  [[ $output == *"is 0x2c"* && $output == *XDG_DATA_HOME* ]]
}

@test "openssl verifies the chains, with all revocation lists" {
  split_chain
  run -0 openssl verify -crl_check_all -CAfile "$MADE/root.pem" -untrusted c01 \
    -CRLfile "$MADE/root-crl.pem" -CRLfile "$MADE/pck-crl.pem" c00
  run -0 openssl verify -crl_check_all -CAfile "$MADE/root.pem" \
    -CRLfile "$MADE/root-crl.pem" "$MADE/tcb-signing-chain.pem"
  swsgx collateral export --revoke "$QUOTE" revoked
  run openssl verify -crl_check_all -CAfile "$MADE/root.pem" -untrusted c01 \
    -CRLfile "$MADE/root-crl.pem" -CRLfile revoked/pck-crl.pem c00
  [[ $output == *"certificate revoked"* ]]
}

@test "openssl verifies the signature of TCB Info over its text" {
  need python3 xxd
  openssl x509 -in "$MADE/tcb-signing-chain.pem" -pubkey -noout >key.pem
  python3 - "$MADE/tcb-info.json" <<'END'
import re, sys
text = open(sys.argv[1]).read()
inner, sig = re.fullmatch(r'\{"tcbInfo":(.*),"signature":"(.{128})"\}', text).groups()
def integer(h):
    b = bytes.fromhex(h).lstrip(b"\0")
    b = b"\0" + b if b[0] > 127 else b
    return bytes([2, len(b)]) + b
der = integer(sig[:64]) + integer(sig[64:])
open("sig", "wb").write(bytes([48, len(der)]) + der)
open("inner", "w").write(inner)
END
  run -0 openssl dgst -sha256 -verify key.pem -signature sig inner
}

# Serves in the background; $url is what it said.
start_service() {
  : >url
  "$SWSGX" collateral serve "$@" >url 3>&- &
  job=$!
  for ((i = 0; i < 100; i++)); do
    url=$(cat url)
    [ -n "$url" ] && return 0
    sleep 0.05
  done
  return 1
}

stop_service() {
  kill "$job"
  wait "$job"
}

# phala DIR: @phala/dcap-qvl's verdict on the quote by this collateral
phala() {
  node "$BATS_FILE_TMPDIR/node_modules/@phala/dcap-qvl/test_case.js" verify \
    "$QUOTE" "$1/collateral.json" "$MADE/root.der"
}

# Fetched when the test runs; it is no part of this repository.
@test "@phala/dcap-qvl believes it, and refuses each fault" {
  need node npm
  timeout 40 npm install --prefix "$BATS_FILE_TMPDIR" --no-audit --no-fund \
    --fetch-retries=0 @phala/dcap-qvl@0.3.9 >npm.log 2>&1 ||
    skip "npm cannot fetch @phala/dcap-qvl"
  run -0 phala "$MADE"
  [[ $output == *"Status: UpToDate"* ]]
  swsgx collateral export --tcb-status SWHardeningNeeded \
    --advisory INTEL-SA-00001 hardening
  run -0 phala hardening
  [[ $output == *"Status: SWHardeningNeeded"* ]]
  swsgx collateral export --tcb-status OutOfDate old
  run -0 phala old
  [[ $output == *"Status: OutOfDate"* ]]
  swsgx collateral export --tcb-status Revoked revoked
  run -1 phala revoked
  [[ $output == *"Revoked"* ]]
  swsgx collateral export --expired expired
  run -1 phala expired
  [[ $output == *"expired"* ]]
  swsgx collateral export --revoke "$QUOTE" pck
  run -1 phala pck
  [[ $output == *"revoked"* ]]
  XDG_DATA_HOME=$PWD swsgx collateral export other
  run -1 phala other
  # by the service, too
  start_service
  mkdir served
  node "$BATS_FILE_TMPDIR/node_modules/@phala/dcap-qvl/test_case.js" \
    get-collateral --pccs-url "${url%/sgx/*}" "$QUOTE" >served/collateral.json
  stop_service
  run -0 phala served
}

@test "the service: paths, headers and bodies of a PCCS" {
  need python3
  "$SWSGX" run --platform kept -- "$AESM" quote kept.quote 2>/dev/null
  swsgx collateral export --platform kept made
  start_service --platform kept
  run -0 python3 - "$url" made <<'END'
import sys, json, urllib.request, urllib.parse, urllib.error
url, made = sys.argv[1:]
def get(path, version="v4"):
    try:
        r = urllib.request.urlopen(url.replace("v4", version) + path, timeout=20)
    except urllib.error.HTTPError as e:
        return e.code, {}, b""
    return r.status, r.headers, r.read()
def chain(headers, name):
    return urllib.parse.unquote(headers[name])
def file(name):
    return open(made + "/" + name).read()
issuers, signers = file("pck-issuer-chain.pem"), file("tcb-signing-chain.pem")
for v in "v3", "v4":
    s, h, b = get("tcb?fmspc=535753475800&update=standard", v)
    assert s == 200 and json.loads(b)["tcbInfo"]["id"] == "SGX"
    assert chain(h, ("SGX-" if v == "v3" else "") + "TCB-Info-Issuer-Chain") == signers
    s, h, b = get("qe/identity", v)
    assert json.loads(b)["enclaveIdentity"]["id"] == "QE"
    assert chain(h, "SGX-Enclave-Identity-Issuer-Chain") == signers
    s, h, b = get("pckcrl?ca=platform&encoding=der", v)
    assert b[:1] == b"\x30" and chain(h, "SGX-PCK-CRL-Issuer-Chain") == issuers
    assert bytes.fromhex(get("pckcrl?ca=platform", v)[2].decode())[:1] == b"\x30"
    assert bytes.fromhex(get("rootcacrl", v)[2].decode())[:1] == b"\x30"
    s, h, b = get("crl?uri=https%3A%2F%2Fswsgx.invalid%2Fsgx%2Fcertification%2Fv4%2Frootcacrl", v)
    assert s == 200 and b[:1] == b"\x30"
    s, h, b = get("pckcert?qeid=00&cpusvn=00&pcesvn=1000&pceid=0000", v)
    assert s == 200 and b.startswith(b"-----BEGIN CERTIFICATE-----")
    assert h["SGX-FMSPC"] == "535753475800" and len(h["SGX-TCBm"]) == 36
    assert h["SGX-TCBm"].endswith("1000") and h["SGX-PCK-Certificate-CA-Type"] == "platform"
    assert chain(h, "SGX-PCK-Certificate-Issuer-Chain") == issuers
    open("served.pem", "wb").write(b)
for path in ("tcb?fmspc=00906ea10000", "tcb", "pckcrl", "pckcrl?ca=x", "crl?uri=x", "", "x"):
    assert get(path)[0] == 404, path
assert get("tcb?fmspc=535753475800", "v5")[0] == 404
END
  stop_service
  # the certificate is for the same key as that in a quote
  dd if=kept.quote bs=1 skip=1052 2>/dev/null | tr -d '\0' >chain.pem
  cmp <(openssl x509 -in served.pem -pubkey -noout) \
    <(openssl x509 -in chain.pem -pubkey -noout)
}

@test "the service: a platform that is not known, a port that is taken" {
  need python3
  start_service
  run -0 python3 -c '
import sys, urllib.request, urllib.error
try:
    urllib.request.urlopen(sys.argv[1] + "pckcert", timeout=20)
except urllib.error.HTTPError as e:
    print(e.code)' "$url"
  [ "$output" = 461 ]
  port=${url#http://127.0.0.1:}
  run swsgx collateral serve --port "${port%%/*}"
  own_error
  run swsgx collateral serve --port 65536
  own_error
  stop_service
}

@test "a fault of AESM at a request of one's choice, and it is reported" {
  run swsgx run --inject aesm-busy@aesm=2 -- "$AESM" quote never
  [ "$status" = 1 ]
  [[ $output == *"swsgx: injected aesm-busy@aesm=2: AESM's next answer"* ]]
  run swsgx run --inject aesm-late@aesm=1 -- true
  own_error
  [[ $output == *aesm-uninitialized* ]]
  run swsgx run --inject aesm-busy@asm=1 -- true
  own_error
  [[ $output == *"aesm=N"* ]]
}

@test "SGX_AESM_ADDR is set where libsgx_quote_ex is, and nobody has set it" {
  ls /usr/lib/x86_64-linux-gnu/libsgx_quote_ex.so.1 2>/dev/null &&
    skip "libsgx_quote_ex is installed"
  run -0 swsgx run -- sh -c 'echo "=$SGX_AESM_ADDR"'
  [ "$output" = = ]
  touch libsgx_quote_ex.so.1
  LD_LIBRARY_PATH=/nothing:$PWD run -0 swsgx run -- sh -c 'echo "=$SGX_AESM_ADDR"'
  [ "$output" = =1 ]
  LD_LIBRARY_PATH=$PWD SGX_AESM_ADDR=x run -0 swsgx run -- sh -c 'echo "=$SGX_AESM_ADDR"'
  [ "$output" = =x ]
  LD_LIBRARY_PATH=$PWD run -0 swsgx run -v -- true
  [[ $output == *"SGX_AESM_ADDR=1"* ]]
}

@test "what is no quote: a line, and where it is wrong" {
  run swsgx quote "$SWSGX"
  own_error
  head -c 1000 "$QUOTE" >short
  run swsgx quote short
  own_error
  [[ $output == *"offset 432"* || $output == *"offset 436"* ]]
  run swsgx quote nothing
  own_error
  run swsgx quote
  own_error
  run swsgx quote --root a --platform b "$QUOTE"
  own_error
}

@test "collateral: wrong usage" {
  run swsgx collateral
  own_error
  run swsgx collateral import x
  own_error
  run swsgx collateral export --tcb-status Fine x
  own_error
  [[ $output == *"SWHardeningNeeded"* ]]
  run swsgx collateral export --revoke /dev/null x
  own_error
  run swsgx collateral export /dev/null/x
  own_error
}
