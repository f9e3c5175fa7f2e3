#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# What `swsgx run --verbose` says of calls that were refused and of exceptions
# in enclaves; the program trips one of each (tests/process/lifetime/refusals.c).
load helpers

setup_file() {
  "$SWSGX" run -- "$REFUSALS" >"$BATS_FILE_TMPDIR/plain.out" \
    2>"$BATS_FILE_TMPDIR/plain.err"
  "$SWSGX" run -v -- "$REFUSALS" >"$BATS_FILE_TMPDIR/verbose.out" \
    2>"$BATS_FILE_TMPDIR/verbose.err"
}

# says PATTERN: a line of --verbose matches, whole.
says() {
  grep -qxE "swsgx: $1" "$BATS_FILE_TMPDIR/verbose.err" || {
    cat "$BATS_FILE_TMPDIR/verbose.err"
    return 1
  }
}

x='0x[0-9a-f]+'
by='\[[0-9]+/[0-9]+\]'

@test "not a word without --verbose, and nothing else is different with it" {
  run ! grep -q . "$BATS_FILE_TMPDIR/plain.err"
  cmp "$BATS_FILE_TMPDIR/plain.out" "$BATS_FILE_TMPDIR/verbose.out"
}

@test "CREATE: which field ECREATE refuses, what it is, what there is" {
  says "ioctl SGX_IOC_ENCLAVE_CREATE: EIO: ECREATE: #GP: SECS.ATTRIBUTES.XFRM \
is 0x40000000000000[0-9a-f]+, this platform has $x \(bits 0x4000000000000000 \
are missing\)"
  says "ioctl SGX_IOC_ENCLAVE_CREATE: EIO: ECREATE: #GP: SECS.MISCSELECT is \
0x100, this platform has $x"
}

@test "ADD_PAGES and INIT: an argument, a measurement" {
  says "ioctl SGX_IOC_ENCLAVE_ADD_PAGES: EFAULT: 48 bytes at 0x0 cannot be read"
  says "ioctl SGX_IOC_ENCLAVE_INIT: EPERM: EINIT: SGX_INVALID_MEASUREMENT: \
MRENCLAVE is [0-9a-f]{16}\.\.\., SIGSTRUCT.ENCLAVEHASH [0-9a-f]{16}\.\.\."
}

@test "RESTRICT_PERMISSIONS and mprotect: the page" {
  says "ioctl SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS: EINVAL: the page at $x is \
a PT_TCS, only a PT_REG has permissions"
  says "mprotect\($x, 0x1000, r-x\): EACCES: the page at $x was added with \
rw-, asked is r-x"
}

@test "exceptions in an enclave: where, which, why" {
  says "$by enclave $x\+$x: #PF at $x\+$x error 0x8007 \
\(PRESENT\|WRITE\|USER\|SGX\): the EPCM refuses: the page at $x is a PT_TCS.*"
  says "$by enclave $x\+$x: #UD instruction 0f 0b .* \(UD2\)"
  says "$by enclave $x\+$x: EACCEPT: SGX_PAGE_ATTRIBUTES_MISMATCH: the page \
at $x has SECINFO.FLAGS 0x100, the enclave expects 0x20b"
}

@test "what is said again and again is cut, with its number" {
  line='ioctl SGX_IOC_ENCLAVE_CREATE: EFAULT: 8 bytes at 0x0 cannot be read'
  says "$line"
  says "$line \(2 times so far\)"
  says "$line \(64 times so far\)"
  [ "$(grep -c "$line" "$BATS_FILE_TMPDIR/verbose.err")" = 7 ]
}
