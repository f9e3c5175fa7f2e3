/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of the SYSCALL instruction: the simulator is the host (linux.c). */
#ifndef SWSGX_TESTS_SIM_SHIM_PROCESS_RT_BASE_SYSCALL6_H
#define SWSGX_TESTS_SIM_SHIM_PROCESS_RT_BASE_SYSCALL6_H

long sim_syscall(long nr, long a, long b, long c, long d, long e, long f);

#define sys6 sim_syscall

#endif
