#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh BUILD ARGUMENT...: the simulator, built now.  It is no part of `all`: a
# build is not to fail because the runtime calls what stubs.c does not have.
set -euo pipefail

build=$1
shift
ninja -C "$build" tests/sim/sim >/dev/null
exec "$build/tests/sim/sim" "$@"
