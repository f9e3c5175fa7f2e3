/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a process that the platform still has something of: a kill finds
 * it at any instruction.  Linux has none of this to do, where a process leaves
 * the kernel before it dies: kernel/exit.c do_exit().
 */
#include "kernel/encl.h"

/* What its sections left half done is unused: kernel/lock.h. */
static void break_locks(struct sgx_shared *shared, uint32_t process)
{
	uint32_t n = __atomic_load_n(&shared->nr_encls, __ATOMIC_ACQUIRE);

	sgx_lock_break(&shared->lock, process);
	sgx_lock_break(&shared->reclaim_lock, process);
	for (uint32_t i = 0; i < n; i++) {
		sgx_lock_break(&shared->encls[i].lock, process);
		sgx_lock_break(&shared->encls[i].ioctl_lock, process);
	}
}

void sgx_exit(struct sgx_mm *mm, uint32_t process)
{
	break_locks(mm->shared, process);
}
