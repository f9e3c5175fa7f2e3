#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# one_cpu.sh COMMAND...: all of it on one processor, so that whoever wakes up
# puts the others off wherever they are.
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)

exec taskset -c "${cpus%%[,-]*}" "$@"
