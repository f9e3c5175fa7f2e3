#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
load helpers

setup_file() {
  need python3
  export FILES="$BATS_FILE_TMPDIR"
  "$SGX_SIGN" --generate-key --key "$FILES/key.pem" --isvprodid 7 --isvsvn 9 \
    --debug -o "$FILES/signed.sig" "$ENCLAVE" >"$FILES/signed"
  python3 "$INFO_FILES" "$FILES/signed.sig" "$FILES"
}

# The value of a Python expression over the JSON of `info FILE`, in `root`.
json() {
  swsgx info --json "$FILES/$1" | python3 -c \
    "import json, sys; root = json.load(sys.stdin); print($2)"
}

# What sgx-sign printed as its MRENCLAVE or MRSIGNER.
signed() {
  sed -n "s/^$1 *//p" "$FILES/signed"
}

# info FILE fails, in one line that has all these texts.
refused() {
  run swsgx info "$FILES/$1"
  own_error
  shift
  for text; do
    [[ $output == *"$text"* ]]
  done
}

# info FILE shows it, and says what EINIT would not like.
problem() {
  run -1 swsgx info "$FILES/$1"
  [[ $output == *"MRENCLAVE"* ]]
  [[ $output == *"PROBLEM"*"$2"* ]]
  run -1 swsgx info --json "$FILES/$1"
  [[ $output == *'"ok": false'* && $output == *"$2"* ]]
}

@test "a SIGSTRUCT: every field" {
  run -0 swsgx info "$FILES/raw.sig"
  [[ $output == *"MRENCLAVE        $(signed MRENCLAVE)"* ]]
  [[ $output == *"MRSIGNER         $(signed MRSIGNER)"* ]]
  [[ $output == *"ISVPRODID        7"* ]]
  [[ $output == *"ISVSVN           9"* ]]
  [[ $output == *"ATTRIBUTES       0x6 DEBUG MODE64BIT"* ]]
  [[ $output == *"0xfffffffffffffffe  left free: INIT"* ]]
  [[ $output == *"XFRM             0x3 X87 SSE"* ]]
  [[ $output == *"debug            required"* ]]
  [[ $output == *"VENDOR           0 (not Intel)"* ]]
  [[ $output =~ DATE\ +20[0-9][0-9]-[01][0-9]-[0-3][0-9] ]]
  [[ $output == *"RSA, 3072 bits, exponent 3"* ]]
  [[ $output == *"signature        verifies"* ]]
  [[ $output == *"Q1, Q2           right"* ]]
}

@test "--json is JSON with the same" {
  sig="root['sigstructs'][0]"
  [ "$(json raw.sig 'root["format"], root["ok"]')" = "sigstruct True" ]
  [ "$(json raw.sig "${sig}['mrenclave']")" = "$(signed MRENCLAVE)" ]
  [ "$(json raw.sig "${sig}['mrsigner']")" = "$(signed MRSIGNER)" ]
  [ "$(json raw.sig "${sig}['isvprodid'], ${sig}['isvsvn']")" = "7 9" ]
  [ "$(json raw.sig "${sig}['attributes']['bits']")" = \
    "['DEBUG', 'MODE64BIT']" ]
  [ "$(json raw.sig "${sig}['signature_verifies'], ${sig}['q1_q2_right']")" = \
    "True True" ]
}

@test "what is signed cannot be changed" {
  problem body.sig "signature does not verify"
  problem modulus.sig "signature does not verify"
  problem signature.sig "signature does not verify"
}

@test "Q1 and Q2 count" {
  problem q1.sig "Q1 or Q2"
  problem q2.sig "Q1 or Q2"
}

@test "fields that EINIT refuses" {
  problem header2.sig "HEADER2, byte 24 of SIGSTRUCT, is 0x09: expected 0x01"
  problem vendor.sig "VENDOR is 0x8: expected 0 or 0x8086"
  problem exponent.sig "EXPONENT is 11: expected 3"
  problem reserved.sig "16 reserved bytes at 992"
}

@test "a SIGSTRUCT that is none" {
  refused short.sig "SIGSTRUCT of 1808 bytes" "ends at 0x3e8"
  refused header.sig "HEADER" "0x07 at offset 0x0, expected 0x06"
  refused unsigned.sig "not signed"
}

@test "Intel's SDK: all blocks of metadata" {
  run -0 swsgx info "$FILES/sdk.so"
  [[ $output == *".note.sgxmeta"* && $output == *"3.3"*"2.2"* ]]
  [[ $output == *"ELRANGE          4194304 (4M)"* ]]
  [ "$(json sdk.so 'len(root["sigstructs"])')" = 2 ]
  [ "$(json sdk.so '{s["mrenclave"] for s in root["sigstructs"]}')" = \
    "{'$(signed MRENCLAVE)'}" ]
  [ "$(json sdk.so 'root["sigstructs"][0]["offset"]')" = $((64 + 25 + 64)) ]
}

@test "Intel's SDK: bad files" {
  refused sdk_unsigned.so "not signed" "0x99"
  refused sdk_magic.so "0x59" "0x86a80294635d0e4c"
  refused sdk_size.so "size of the metadata" "0x69" "9999" "expected 1872 to"
  refused sdk_note.so "note at offset 0x40" "sgx_metadata"
}

@test "Open Enclave" {
  run -0 swsgx info "$FILES/oe.so"
  [[ $output == *".oeinfo"*"$(signed MRENCLAVE)"* ]]
  [[ $output == *"heap pages       1024"* ]]
  [ "$(json oe.so 'root["sigstructs"][0]["offset"]')" = $((64 + 144)) ]
  refused oe_unsigned.so "not signed"
  refused oe_size.so "0x40" "100, expected 1848"
  refused oe_type.so "0x44" "3, expected 2"
}

@test "a SIGSTRUCT somewhere in a file" {
  run -0 swsgx info "$FILES/embedded"
  [[ $output == *"offset 0x138a"*"$(signed MRENCLAVE)"* ]]
  [ "$(json embedded 'len(root["sigstructs"])')" = 1 ]
  run -0 swsgx info "$FILES/long.sig"
}

@test "SGXS is measured" {
  wanted=$(python3 -c '
import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' \
    "$FILES/good.sgxs")
  for file in good.sgxs unmeasured.sgxs; do
    run -0 swsgx info "$FILES/$file"
    [[ $output == *"MRENCLAVE        $wanted"* ]]
  done
  [ "$(json unmeasured.sgxs 'root["stream"]["unmeasured_bytes"]')" = 256 ]
}

@test "SGXS that is none" {
  refused unsized.sgxs "tag at offset 0x0" "ECREATE with the size"
  refused cut.sgxs "content of the chunk at offset 0xc0" "256 bytes"
  refused tag.sgxs "tag at offset 0x80" "EADD, EEXTEND or UNMEASRD"
  refused twice.sgxs "tag at offset 0x40"
  refused size.sgxs "size of the enclave at offset 0xc" "power of two"
  refused frame.sgxs "SSAFRAMESIZE at offset 0x8"
  refused beyond.sgxs "offset of EADD at offset 0x48"
  refused type.sgxs "page type of EADD at offset 0x51"
  refused nowhere.sgxs "offset of the chunk at offset 0x48"
  refused otherpage.sgxs "offset of the chunk at offset 0x88"
  refused reserved.sgxs "reserved byte at offset 0x7f" "zero"
}

@test "SGXS with the SIGSTRUCT of another enclave" {
  run -1 swsgx info --sigstruct "$FILES/raw.sig" "$FILES/good.sgxs"
  [[ $output == *"SGX_INVALID_MEASUREMENT"* ]]
  run swsgx info --sigstruct "$FILES/text" "$FILES/good.sgxs"
  own_error
  run swsgx info --sigstruct "$FILES/raw.sig" "$FILES/raw.sig"
  own_error
  [[ $output == *"--sigstruct"* ]]
}

@test "files that have no enclave" {
  refused text "no enclave" "the file has 6"
  refused empty "the file is empty"
  refused plain.so "no signed enclave" ".note.sgxmeta" ".oeinfo"
  refused none "No such file"
  refused . "Is a directory"
}

@test "ELF files that are damaged or of another kind" {
  refused elf_cut.so "e_shoff at offset 0x28" "the file ends at"
  refused elf_header.so "ELF header" "64 bytes" "ends at 0x3c"
  refused elf_32.so "offset 0x4 are 1 and 1, expected 2 and 1"
  run -0 swsgx info "$FILES/elf_32_signed.so"
}

@test "a file that is too large is not read" {
  truncate -s 20G "$FILES/large"
  run timeout 2 "$SWSGX" info "$FILES/large"
  own_error
  [[ $output == *"larger than 2048 MiB"* ]]
}

@test "operands" {
  run swsgx info
  own_error
  run swsgx info "$FILES/raw.sig" "$FILES/raw.sig"
  own_error
}

@test "cut and damaged files neither crash nor hang" {
  run -0 timeout 100 python3 "$INFO_DAMAGE" "$SWSGX" 60 "$FILES"/sdk.so \
    "$FILES"/oe.so "$FILES"/raw.sig "$FILES"/embedded \
    "$FILES"/unmeasured.sgxs
}
