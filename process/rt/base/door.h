/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The door: the place in the runtime's code where it makes system calls on the
 * program's behalf.  The program's own seccomp filters judge calls from here;
 * they let all others of the runtime pass (syscall/seccomp.c).
 */
#ifndef SWSGX_PROCESS_RT_BASE_DOOR_H
#define SWSGX_PROCESS_RT_BASE_DOOR_H

#include <stdint.h>

/* Returns the kernel's value, -errno on failure. */
long rt_door(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
	     uint64_t e, uint64_t f);

#endif
