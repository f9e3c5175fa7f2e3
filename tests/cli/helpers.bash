# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What the .bats files share.  SWSGX, CONTAINED and TERMINAL come from
# meson.build.

bats_require_minimum_version 1.5.0

# Not for a command in the background, whose process must be swsgx itself.
swsgx() {
  "$SWSGX" "$@"
}

# The last `run` failed for a reason of swsgx's own, and said so in one line.
own_error() {
  [ "$status" = 125 ]
  [ "${#lines[@]}" = 1 ]
  [[ ${lines[0]} == "swsgx: "* ]]
}

# What a sanitizer in swsgx, or in a program of ours, changes or needs itself.
not_sanitized() {
  [ -z "${SANITIZED-}" ] || skip "sanitizers: $1"
}

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || skip "no $tool"
  done
}

# Root's tests start programs as nobody, who must be able to reach swsgx.
need_nobody() {
  [ "$(id -u)" = 0 ] || skip "not root"
  need setpriv
  as_nobody test -x "$SWSGX" || skip "nobody cannot reach $SWSGX"
}

as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}
