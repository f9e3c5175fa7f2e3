/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's memory, fault-safe: a bad address gives -EFAULT, because the
 * SIGSEGV or SIGBUS that lands in these is sent to their error return
 * (trap.c).  Linux calls the same thing copy_from_user().
 */
#ifndef SWSGX_PROCESS_RT_BASE_UACCESS_H
#define SWSGX_PROCESS_RT_BASE_UACCESS_H

#include <stddef.h>
#include <stdint.h>

#define RT_USER_END	((1ull << 47) - 4096)	/* TASK_SIZE_MAX */

/* entry.S: copies n bytes; 0 or -EFAULT (a prefix may have been copied) */
int rt_copy(void *to, const void *from, size_t n);

/*
 * entry.S: one access that leaves the byte as it is; 0 or -EFAULT.  What it
 * faulted with is then in the thread's `uaccess_fault`.
 */
int rt_probe_read(uint64_t addr);
int rt_probe_write(uint64_t addr);

static inline int rt_get(void *to, uint64_t from, size_t n)
{
	/* not canonical or the kernel's half: #GP or a needless fault */
	if (from >= RT_USER_END || n > (1ull << 46))
		return -14; /* EFAULT */
	return rt_copy(to, (const void *)from, n);
}

static inline int rt_put(uint64_t to, const void *from, size_t n)
{
	if (to >= RT_USER_END || n > (1ull << 46))
		return -14; /* EFAULT */
	return rt_copy((void *)to, from, n);
}

/* Length of a NUL-terminated string copied to buf, or -EFAULT, -ENAMETOOLONG */
long rt_get_string(char *buf, uint64_t from, size_t size);

#endif
