#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# `swsgx run --trace` and `swsgx trace`: where the lines go, which there are, and
# what cannot be.  What the lines say: tests/unit/cli/test_trace.c and
# tests/process/trace/.
# shellcheck disable=SC2154 # stderr_lines is of bats
load helpers

setup() {
  trace=$BATS_TEST_TMPDIR/trace
}

# One line of trace: a time, a thread, an event that matches.
has() {
  grep -qE "^ *[0-9]+\.[0-9]{6} [0-9]+/[0-9]+ $1" "${2:-$trace}" || {
    head -50 "${2:-$trace}"
    return 1
  }
}

@test "--trace: on standard error, and nothing of the program's is different" {
  run -0 --separate-stderr swsgx run -- "$REFUSALS"
  plain=$output
  run -0 --separate-stderr swsgx run --trace -- "$REFUSALS"
  [ "$output" = "$plain" ]
  printf '%s\n' "$stderr" >"$trace"
  has 'EENTER tcs='
  has 'ioctl\([0-9]+, SGX_IOC_ENCLAVE_INIT, .* = -1 EPERM: EINIT: SGX_INVALID_MEASUREMENT: MRENCLAVE is'
}

@test "--trace=FILE: nothing on standard error; a file that was there is gone" {
  echo old >"$trace"
  run -0 --separate-stderr swsgx run --trace="$trace" -- "$REFUSALS"
  [ -z "$stderr" ]
  run ! grep -q old "$trace"
  has 'open\("/dev/sgx_enclave", O_RDWR'
}

@test "the exit status is the program's" {
  run -7 swsgx run --trace="$trace" -- sh -c 'exit 7'
  run -143 swsgx run --trace="$trace" -- sh -c 'kill $$'
  run -127 swsgx run --trace="$trace" -- /no/such/program
}

@test "a program without SGX has no line" {
  run -0 swsgx run --trace="$trace" -- true
  [ ! -s "$trace" ]
}

@test "--trace-filter: only these" {
  swsgx run --trace="$trace" --trace-filter=signal -- "$REFUSALS"
  has 'vDSO exception'
  run ! grep -qE 'EENTER|ioctl|#PF write' "$trace"
  swsgx run --trace="$trace" --trace-filter=ioctl,fault -- "$REFUSALS"
  has 'ioctl'
  has '#PF write .*: vma rw- pte rw- epcm tcs --- -> SIGSEGV SEGV_ACCERR'
  run ! grep -qE 'EENTER|vDSO|AEX' "$trace"
}

@test "--trace-filter: an event that there is not" {
  run swsgx run --trace --trace-filter=leaf,fualt -- true
  own_error
  [[ $output == *"'fualt'"*"did you mean fault"*"ioctl, leaf, fault, paging, signal"* ]]
  run swsgx run --trace --trace-filter= -- true
  own_error
}

@test "--trace-filter and --symbols alone" {
  run swsgx run --trace-filter=leaf -- true
  own_error
  run swsgx run --symbols "$ENCLAVE" -- true
  own_error
}

@test "injected events are marked" {
  swsgx run --trace="$trace" --inject aex@eenter=1 --inject epc-loss@eenter=2 \
    -- "$REFUSALS" >/dev/null 2>&1 || true
  has 'AEX interrupt .* \(injected\)$'
  grep -qE ' swsgx epc-loss by --inject epc-loss@eenter=2: 1 enclave' "$trace"
}

@test "paging has its lines" {
  swsgx run --trace="$trace" --inject evict@eenter=1 --trace-filter=paging \
    -- "$REFUSALS"
  grep -qE ' EWB enclave [0-9]+ 0x[0-9a-f]+\+0x[0-9a-f]+, EPC [0-9]+ of' \
    "$trace"
  grep -qE ' ELDU enclave' "$trace"
}

@test "a file that cannot be written" {
  run swsgx run --trace=/no/such/folder/trace -- "$REFUSALS"
  own_error
  [[ $output == *"/no/such/folder/trace"* ]]
}

@test "a disk that is full: one line, and the program is unharmed" {
  run -0 --separate-stderr swsgx run -- "$REFUSALS"
  plain=$output
  run -0 --separate-stderr swsgx run --trace=/dev/full -- "$REFUSALS"
  [ "$output" = "$plain" ]
  [ "${#stderr_lines[@]}" = 1 ]
  [[ $stderr == *"the trace ends here, the program goes on"*"/dev/full"* ]]
}

@test "whoever reads it goes away: the program is unharmed" {
  run -0 bash -c 'set -o pipefail
    { "$0" run --trace -- "$1" 2>&3 >/dev/null; } 3>&1 | head -1 >/dev/null' \
    "$SWSGX" "$REFUSALS"
}

@test "--symbols: places have names" {
  swsgx run --trace="$trace" --symbols="$ENCLAVE" -- "$REFUSALS"
  has 'EENTER .* -> 0x[0-9a-f]+\+0x[0-9a-f]+ <trts_entry>$'
}

@test "--symbols: no file, no ELF, no number behind the @" {
  run swsgx run --trace --symbols=/no/such/file -- true
  own_error
  [[ $output == *"/no/such/file"* ]]
  run swsgx run --trace --symbols=/etc/passwd -- true
  own_error
  [[ $output == *"not a 64-bit ELF file"* ]]
  run swsgx run --trace --symbols="$ENCLAVE@x" -- true
  own_error
  [[ $output == *"no number"* ]]
}

@test "--symbols: signed for another enclave" {
  signed=$BATS_TEST_TMPDIR/signed
  openssl genrsa -3 -out "$BATS_TEST_TMPDIR/key.pem" 3072 2>/dev/null
  "$SGX_SIGN" --key "$BATS_TEST_TMPDIR/key.pem" --isvsvn 9 \
    -o "$BATS_TEST_TMPDIR/sig" "$ENCLAVE"
  # the measurement in it is changed, so that it is of an enclave of its own
  python3 - "$ENCLAVE" "$BATS_TEST_TMPDIR/sig" "$signed" <<'END'
import sys
elf, sig = (bytearray(open(p, 'rb').read()) for p in sys.argv[1:3])
sig[960] ^= 1
open(sys.argv[3], 'wb').write(elf + sig)
END
  run -0 --separate-stderr swsgx run --trace="$trace" --symbols="$signed" \
    -- "$REFUSALS"
  [ "${#stderr_lines[@]}" = 1 ]
  [[ $stderr == *"signed for another enclave"*"no names are shown"* ]]
  run ! grep -q '<trts_entry>' "$trace"
}

@test "trace PID: what a run does from now on, until it ends" {
  mkfifo "$BATS_TEST_TMPDIR/go"
  "$SWSGX" run -- sh -c 'read _ <"$1"; "$0" >/dev/null; "$0" >/dev/null' \
    "$REFUSALS" "$BATS_TEST_TMPDIR/go" 3>&- &
  run_pid=$!
  until swsgx stat "$run_pid" >/dev/null 2>&1; do sleep 0.05; done
  "$SWSGX" trace --filter=leaf -o "$trace" "$run_pid" 3>&- &
  trace_pid=$!
  until [ -e "$trace" ]; do sleep 0.05; done
  sleep 0.3
  echo go >"$BATS_TEST_TMPDIR/go"
  wait "$run_pid"
  wait "$trace_pid"
  has 'EENTER tcs='
  run ! grep -q ioctl "$trace"
}

@test "trace PID ends by SIGINT, and the run goes on" {
  mkfifo "$BATS_TEST_TMPDIR/go"
  "$SWSGX" run -- sh -c 'read _ <"$0"; exit 5' "$BATS_TEST_TMPDIR/go" 3>&- &
  run_pid=$!
  until swsgx stat "$run_pid" >/dev/null 2>&1; do sleep 0.05; done
  "$SWSGX" trace -o "$trace" "$run_pid" 3>&- &
  trace_pid=$!
  until [ -e "$trace" ]; do sleep 0.05; done
  kill -TERM "$trace_pid"
  wait "$trace_pid"
  echo go >"$BATS_TEST_TMPDIR/go"
  wait "$run_pid" || [ $? = 5 ]
}

@test "trace PID: none, not a number, gone, in no run" {
  run swsgx trace
  own_error
  run swsgx trace x
  own_error
  sleep 0 &
  wait $!
  run swsgx trace $!
  own_error
  [[ $output == *"no process"* ]]
  run swsgx trace $$
  own_error
  [[ $output == *"does not run under swsgx run"* ]]
  run swsgx trace --filter=nothing $$
  own_error
}

@test "inside of a run: --trace belongs to the outer one" {
  run swsgx run -- "$SWSGX" run --trace -- true
  [ "$status" = 125 ]
  [[ $output == *"swsgx trace"* ]]
}
