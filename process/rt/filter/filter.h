/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seccomp filters: which system calls of the program the runtime sees.
 * Calls from the runtime's own code pass, by their instruction pointer.
 * Filters survive execve(), so each is installed once: rt_process.filter says
 * which there are.  Functions return 0 or -errno.
 */
#ifndef SWSGX_PROCESS_RT_FILTER_FILTER_H
#define SWSGX_PROCESS_RT_FILTER_FILTER_H

#include <stdint.h>

struct sgx_encl;

/* A trapped call's siginfo has this in si_errno. */
#define RT_FILTER_DATA 0x5357
#define RT_STRICT_DATA 0x5358 /* the filter that stands for strict mode */

int rt_filter_base(void);  /* at exec: every program pays for it */
int rt_filter_mm(void);    /* from the moment a process uses SGX */
int rt_filter_debug(void); /* in debuggers */
/*
 * Calls with an argument in the enclave, unless everybody sees its memory
 * anyway.
 */
void rt_filter_elrange(const struct sgx_encl *encl);

/*
 * Calls that transfer a buffer, and may transfer less of it than they are asked
 * to: which arguments are the buffer and its length.
 */
#define RT_BUFFER_CALLS 8
extern const struct rt_buffer_call {
	uint16_t nr;
	uint8_t pointer, length;
} rt_buffer_calls[RT_BUFFER_CALLS];

#endif
