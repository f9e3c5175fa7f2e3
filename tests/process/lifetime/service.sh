#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# service.sh SWSGX SERVICE CLIENT: the example service's state from run to run:
# kept on one platform, refused on another, refused if it is an old copy; and
# while it runs: pages written out and lost, an SGX1 processor, migration.
set -u

swsgx=$1 service=$2 client=$3
work=$(mktemp -d) || exit 1
pid=''

cleanup() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  echo "service.sh: $*" >&2
  cat "$work/err" >&2
  exit 1
}

# start PLATFORM [OPTION...]: a run of the service, ready for clients.
start() {
  platform=$1
  shift
  "$swsgx" run --platform "$work/$platform" "$@" -- "$service" \
    --dir "$work/dir" --socket "$work/socket" >"$work/out" 2>"$work/err" &
  pid=$!
  tries=0
  until [ -S "$work/socket" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] && kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
}

# stop STATUS: end it, and see that it ends like this.
stop() {
  kill "$pid" 2>/dev/null
  wait "$pid"
  status=$?
  pid=''
  [ "$status" -eq "$1" ] || fail "exit status $status, expected $1"
}

talk() {
  "$client" --socket "$work/socket" --seconds 1 >"$work/talk" 2>&1 ||
    fail "client: $(cat "$work/talk")"
}

start home || fail 'no first run'
talk
stop 0
cp "$work/dir/service.sealed" "$work/old" || exit 1
# The second client goes on with the accounts of the first.
start home || fail 'no second run'
talk
stop 0
grep -q '^answers [1-9]' "$work/out" || fail 'no statistics'

if start abroad; then
  fail 'another platform could unseal the state'
fi
stop 3
grep -q 'sealed on another' "$work/err" || fail 'not told why'

cp "$work/dir/service.sealed" "$work/new"
cp "$work/old" "$work/dir/service.sealed"
if start home; then
  fail 'an old copy of the state was taken'
fi
stop 3
grep -q 'older than the counter' "$work/err" || fail 'not told why'

cp "$work/new" "$work/dir/service.sealed"
start home || fail 'the newest copy was not taken'
talk
stop 0

# What was written out is lost as well, and shows as a plain page fault.
start home --inject evict@every=3ms --inject epc-loss@every=20ms ||
  fail 'no run under paging'
talk
stop 0
grep -q '^rebuilds [1-9]' "$work/out" || fail 'nothing was lost'

rm -r "$work/dir"
start first --sgx1 --inject epc-loss@every=10ms || fail 'no run on SGX1'
talk
stop 0
grep -q '^rebuilds [1-9]' "$work/out" || fail 'nothing was lost on SGX1'

rm -r "$work/dir"
start home --inject migrate@time=1s || fail 'no run before migration'
"$client" --socket "$work/socket" --seconds 20 >"$work/talk" 2>&1
[ "$?" -eq 4 ] || fail "after migration: $(cat "$work/talk")"
stop 4
grep -q 'was this machine migrated' "$work/err" || fail 'not told why'
