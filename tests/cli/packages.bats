#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-3-Clause
# tools/packages.sh, with an apt-get that only says what it was asked for.
load helpers

setup() {
  bin=$BATS_TEST_TMPDIR/bin
  mkdir "$bin"
  echo 'exit 1' >"$bin/dpkg-query"
  printf '%s\n' '[ "$1" != -n ] || shift' 'exec "$@"' >"$bin/sudo"
  cat >"$bin/apt-get" <<'END'
n=$(cat "$0.n" 2>/dev/null || echo 0)
echo $((n + 1)) >"$0.n"
echo "$*" >>"$0.asked"
[ "$n" -ge "$REFUSED" ] && exit
echo "E: $WHY" >&2
exit 100
END
  sed -i '1i #!/bin/sh' "$bin"/*
  chmod +x "$bin"/*
  export APT_LOCK_PAUSE=0
}

install() {
  PATH=$bin:$PATH "$PACKAGES" --install build
}

@test "another apt-get at work is waited for" {
  REFUSED=3 WHY="Could not get lock /var/lib/apt/lists/lock." run -0 install
  [ "$(cat "$bin/apt-get.n")" = 5 ]
  # by apt-get itself, for the lock that it can wait for
  run ! grep -v 'DPkg::Lock::Timeout=[1-9]' "$bin/apt-get.asked"
}

@test "what else apt-get refuses is told at once" {
  REFUSED=9 WHY="Unable to locate package" run -1 install
  [ "$(cat "$bin/apt-get.n")" = 1 ]
  [[ $output == *"Unable to locate package"*"install them as root"* ]]
}
