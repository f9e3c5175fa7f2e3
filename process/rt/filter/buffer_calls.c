/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that may transfer less of a buffer than they are asked to. */
#include <asm/unistd_64.h>

#include "process/rt/filter/filter.h"

const struct rt_buffer_call rt_buffer_calls[RT_BUFFER_CALLS] = {
	{ __NR_read, 1, 2 },      { __NR_write, 1, 2 },
	{ __NR_pread64, 1, 2 },   { __NR_pwrite64, 1, 2 },
	{ __NR_recvfrom, 1, 2 },  { __NR_sendto, 1, 2 },
	{ __NR_getrandom, 0, 1 }, { __NR_getdents64, 1, 2 },
};
