#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=dash
# The first process of the QEMU guest.  Each section of what it writes to the
# serial console starts with a line "@@ NAME"; the host judges them.
export PATH=/bin HOME=/ TERM=dumb
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /tmp
mkdir -p /dev/shm
mount -t tmpfs none /dev/shm

section() {
  echo "@@ $*"
}

section kernel
uname -rv

section probe
vdso_probe

section probe-injected
swsgx run -- vdso_probe

section yama
echo 1 >/proc/sys/kernel/yama/ptrace_scope
chmod 1777 /tmp
for command in 'true' 'sh -c "exit 7"'; do
  su -s /bin/sh nobody -c "swsgx run -- $command"
  echo "status $?"
done
echo 0 >/proc/sys/kernel/yama/ptrace_scope

for generation in sgx1 sgx2; do
  section "faults-$generation"
  swsgx run --$generation -- /programs/fault_table $generation
done

while read -r program; do
  section "program-$program"
  swsgx run -- "/programs/$program" </dev/null
done </programs/list

for directory in /selftests/*; do
  version=${directory##*/}
  cd "$directory" || poweroff -f

  section "selftests-uninjected-$version"
  ./test_sgx 2>/dev/null

  section "selftests-$version"
  timeout 240 swsgx run --epc 8M -- ./test_sgx 2>/tmp/selftests.err
  echo "status $?"

  section "selftests-stderr-$version"
  cat /tmp/selftests.err
done

section end
echo bye
poweroff -f
