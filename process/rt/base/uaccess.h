/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Access to the program's memory.  A bad address gives -EFAULT: the SIGSEGV or
 * SIGBUS that it raises in these functions goes on at their error return
 * (entry/trap.c).  Linux calls the same thing copy_from_user().
 */
#ifndef SWSGX_PROCESS_RT_BASE_UACCESS_H
#define SWSGX_PROCESS_RT_BASE_UACCESS_H

#include <asm/errno.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/mm/mmap.h"

/* Copies n bytes.  0 or -EFAULT; then part of them may have been copied. */
int rt_copy(void *to, const void *from, size_t n);

/*
 * One access that leaves the byte as it is.  0 or -EFAULT; then the thread's
 * `uaccess_fault` describes the fault.
 */
int rt_probe_read(uint64_t addr);
int rt_probe_write(uint64_t addr);

static inline int rt_get(void *to, uint64_t from, size_t n)
{
	/* an address that is not canonical would be #GP */
	if (from >= TASK_SIZE || n > TASK_SIZE)
		return -EFAULT;
	return rt_copy(to, (const void *)from, n);
}

static inline int rt_put(uint64_t to, const void *from, size_t n)
{
	if (to >= TASK_SIZE || n > TASK_SIZE)
		return -EFAULT;
	return rt_copy((void *)to, from, n);
}

/*
 * Copies a string that a NUL ends.  Returns its length, -EFAULT, or
 * -ENAMETOOLONG where it is longer than buf.
 */
long rt_get_string(char *buf, uint64_t from, size_t size);

/*
 * The TSC.  0 or -EFAULT: the program has forbidden it (PR_SET_TSC).
 */
int rt_tsc(uint64_t *now);

/* Where entry/trap.c finds a fault of these functions, and sends it. */
extern const char rt_copy_start[], rt_copy_end[], rt_copy_fault[];

#endif
