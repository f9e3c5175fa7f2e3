#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Our shell scripts and bats files pass shellcheck.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v shellcheck >/dev/null || exit 77
tools/sources.sh '*.sh' '*.bash' '*.bats' .ci/run | xargs shellcheck -x
