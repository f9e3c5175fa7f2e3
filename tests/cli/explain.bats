#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# `swsgx explain`: each kind by number and by name; what is no such thing.
load helpers

# kinds VALUE...: the kinds of all meanings, in their order.
kinds() {
  swsgx explain --json "$@" |
    python3 -c 'import json, sys
print(*[m["kind"] for m in json.load(sys.stdin)["meanings"]])'
}

@test "an error code of a page fault, by its bits" {
  run -0 swsgx explain 0x8007
  [[ $output == *"0x8007 PRESENT WRITE USER SGX"* ]]
  [[ $output == *"a write by a program"* ]]
  [[ $output == *"the EPCM refused"* ]]
  run -0 swsgx explain --as page-fault 0x15
  [[ $output == *"an instruction fetch"* && $output == *"INSTR"* ]]
  [[ $output == *"EPCM"*"was not asked"* ]]
  run -0 swsgx explain --as page-fault 6
  [[ $output == *"no page is there yet"* ]]
  run -0 swsgx explain 0x25
  [[ $output == *"protection key"* ]]
}

@test "a number that is several things is explained as each" {
  [ "$(kinds 14)" = "page-fault sgx-code errno exception" ]
  [ "$(kinds --as errno 14)" = errno ]
  [ "$(kinds 0x1006)" = intel-sdk ]
}

@test "names, in capitals or not" {
  [ "$(kinds EIO)" = errno ]
  [ "$(kinds eperm)" = errno ]
  [ "$(kinds SGX_NOT_TRACKED)" = sgx-code ]
  [ "$(kinds SGX_ERROR_ENCLAVE_CRASHED)" = intel-sdk ]
  [ "$(kinds '#PF')" = exception ]
}

@test "EXITINFO is its vector, too, and only if it is valid" {
  run -0 swsgx explain 0x80000306
  [[ $output == *"vector 6, hardware exception"* && $output == *"#UD"* ]]
  run -0 swsgx explain 0x80000603
  [[ $output == *"software exception"* && $output == *"#BP"* ]]
  run -1 swsgx explain --as exitinfo 0x306
}

@test "the fields that the vDSO reports" {
  [ "$(kinds function=3 vector=14 error=0x8005)" = \
    "vdso-function exception page-fault" ]
  [ "$(kinds function=2)" = vdso-function ]
  [ "$(kinds result=19)" = sgx-code ]
  [ "$(kinds exitinfo=0x8000030e)" = "exitinfo exception" ]
}

@test "an errno has its meaning for each call" {
  run -0 swsgx explain EPERM
  [[ $output == *"INIT:"* && $output == *"REMOVE_PAGES:"* ]]
  run -0 swsgx explain EBUSY
  [[ $output == *"another thread is in an ioctl"* ]]
}

@test "text is wrapped, and nothing of it is lost" {
  run -0 swsgx explain EINVAL 0x8007
  for line in "${lines[@]}"; do
    [ ${#line} -le 80 ]
  done
  read -ra words <<<"${output//$'\n'/ }"
  [[ ${words[*]} == *"fewer permissions; or the range is not within"* ||
     ${words[*]} == *"reserved bits that it may not have"* ]]
  [[ ${words[*]} == *"the EPC is gone: destroy the enclave"* ]]
}

@test "what swsgx does not know: status 1, and a line" {
  run -1 swsgx explain SGX_NO_SUCH
  [[ $output == *"SGX_NO_SUCH"* ]]
  run -1 swsgx explain 0xdeadbeef
  run -1 swsgx explain 12x
  run -1 swsgx explain ''
  run -1 swsgx explain 99999999999999999999
  run -1 swsgx explain vector=EIO
  run -1 swsgx explain nofield=14
  # one of two is known: it is explained, and the status tells of the other
  run -1 swsgx explain EIO SGX_NO_SUCH
  [[ $output == *"ECREATE refused"* && $output == *"SGX_NO_SUCH"* ]]
}

@test "wrong usage" {
  run swsgx explain
  own_error
  run swsgx explain --as pagefault 3
  own_error
  [[ $output == *"page-fault"* ]]
  run swsgx explain --as x 3
  own_error
}
