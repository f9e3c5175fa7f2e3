#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# demo.sh BUILD_DIR: what an EPCM fault is, and how a program lives through the
# loss of its enclave.  Exits non-zero if anything is not as it should be, so
# it is a test as well.
set -eu

build=${1:?usage: demo.sh BUILD_DIR}
build=$(cd "$build" && pwd)
examples=$build/examples
swsgx=$build/swsgx
[ -x "$swsgx" ] || swsgx=$build/cli/swsgx

bold='' dim='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$(printf '\033[1m') dim=$(printf '\033[2m')
  green=$(printf '\033[32m') red=$(printf '\033[31m') plain=$(printf '\033[0m')
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/swsgx-demo.XXXXXX")
run=''

cleanup() {
  [ -z "$run" ] || kill "$run" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
command_line() { printf '  %s$ %s%s\n' "$dim" "$*" "$plain"; }

fail() {
  printf '  %sFAILED: %s%s\n' "$red" "$*" "$plain"
  [ ! -s "$work/err" ] || sed 's/^/    /' "$work/err"
  exit 1
}

# A reply of the ledger, within ten seconds.
reply=''
next_reply() {
  wanted=$1 tries=0
  while [ "$(wc -l <"$work/out")" -lt "$wanted" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail "no reply from the ledger"
    kill -0 "$run" 2>/dev/null || fail "the ledger ended early"
    sleep 0.1
  done
  reply=$(sed -n "${wanted}p" "$work/out")
}

inject=epc-loss@eenter=6
replies=0
ask() {
  command_line "$*"
  echo "$*" >&3 || fail 'the ledger ended early'
  replies=$((replies + 1))
  next_reply "$replies"
  sed 's/^/  /' "$work/err"
  cat "$work/err" >>"$work/heard"
  : >"$work/err"
  say "$reply"
}

expect() {
  case $reply in
  *"$1"*) ;;
  *) fail "expected: $1" ;;
  esac
}

# The ledger's own, not that of swsgx, which stays as its parent.
pid=''
wait_for_pid() {
  tries=0
  until [ -s "$work/pid" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail 'the ledger did not start'
    sleep 0.1
  done
  pid=$(cat "$work/pid")
}

notice() {
  printf '%s%s%s\n' "$dim" "$1" "$plain"
}

notice 'swsgx is for development and testing only: it keeps nothing secret.'

title '1. An EPCM fault'
say 'The processor lets an enclave access a page only if the page tables AND'
say 'the EPCM allow it. It asks the EPCM last, and then sets bit 15 (PF_SGX)'
say 'in the error code: the kernel allowed the access, and cannot mend it.'
say 'So Linux does not try: the program gets SIGSEGV, or hears it by the vDSO.'
command_line 'swsgx run -- demo-faults'
"$swsgx" run -- "$examples/demo-faults" || fail 'demo-faults'

title '2. A ledger in an enclave'
say 'Its balance lives in enclave memory. After every entry the enclave seals'
say 'its state (EGETKEY, AES-GCM) and the host writes that to disk.'
say 'The sixth EENTER will find the EPC lost: so it was ordered.'
command_line "swsgx run --platform P --inject $inject -- ledger --dir D"
mkfifo "$work/in"
: >"$work/out"
: >"$work/err"
# shellcheck disable=SC2016 # $$ and $1 are for the inner shell
"$swsgx" run --platform "$work/platform" --inject "$inject" -- \
  sh -c 'echo $$ >"$1"; exec "$2" --dir "$3"' sh "$work/pid" \
  "$examples/ledger" "$work/state" \
  <"$work/in" >"$work/out" 2>>"$work/err" &
run=$!
trap '' PIPE # the ledger may end early: next_reply will tell
exec 3>"$work/in"
wait_for_pid
ask deposit 100
expect 'ok: entry 1, balance 100,'
ask deposit 50
expect 'ok: entry 2, balance 150,'
before=$reply

title '3. The whole EPC is lost'
say 'This is what suspend does, and what a VM finds after a live migration:'
say 'every EPCM entry is invalid, at any moment, without a warning.'
ask withdraw 30
grep -q "^swsgx: injected $inject: 1 enclave," "$work/heard" ||
  fail 'the loss was not injected'
grep -q 'EENTER raised #PF, error code 0x800[57] (PF_SGX)' "$work/heard" ||
  fail 'no EENTER fault with PF_SGX was reported'
grep -q 'enclave rebuilt' "$work/heard" || fail 'the enclave was not rebuilt'
expect 'ok: entry 3, balance 120,'
say 'The host noticed, rebuilt the enclave, and went on.'

title '4. Once more, by hand'
command_line "swsgx suspend $pid"
"$swsgx" suspend "$pid" >"$work/suspend" || fail 'swsgx suspend'
sed 's/^/  /' "$work/suspend"
ask withdraw 30 3
[ "$(grep -c 'enclave rebuilt' "$work/heard")" = 2 ] ||
  fail 'the enclave was not rebuilt after swsgx suspend'
expect 'ok (this entry was there already): entry 3, balance 120,'
say 'Entry 3 was made once, though it was asked for twice.'
exec 3>&-
wait "$run" || fail "the ledger's exit status"
run=''

title '5. Nothing was lost'
command_line 'swsgx run --platform P -- ledger --dir D balance'
reply=$("$swsgx" run --platform "$work/platform" -- \
  "$examples/ledger" --dir "$work/state" balance 2>"$work/err") ||
  fail 'the sealed ledger could not be opened'
say "$reply"
expect 'ok: entry 3, balance 120,'
[ "$reply" != "$before" ] || fail 'the ledger went back'
say '100 + 50 - 30 = 120, from disk, in a fourth enclave, on the same platform.'
if "$swsgx" run -- "$examples/ledger" --dir "$work/state" balance \
  >"$work/out" 2>"$work/err"; then
  fail 'another platform could unseal the ledger'
fi
say 'On another platform: refused.'
sed 's/^/  /' "$work/err"

printf '\n%sAll of it as it should be.%s\n' "$green" "$plain"
notice 'swsgx is for development and testing only: it keeps nothing secret.'
