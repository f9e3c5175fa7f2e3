/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory system calls, once a program uses SGX.  Each returns the system
 * call's value.  A call that touches no enclave mapping is passed on to
 * host->sys_*.
 */
#ifndef SWSGX_KERNEL_MM_MMAP_H
#define SWSGX_KERNEL_MM_MMAP_H

#include "kernel/platform/mm_types.h"

/* The end of the addresses that a process can have. */
#define TASK_SIZE 0x7ffffffff000ull

/*
 * mmap of an enclave (or provision) file, as the driver's sgx_mmap_file()
 * passes it on.  `accmode`: O_ACCMODE of the descriptor.
 */
int64_t sgx_do_mmap(struct sgx_mm *mm, struct sgx_encl *encl, int accmode,
		    uint64_t addr, uint64_t len, int prot, int flags, int fd,
		    uint64_t off);
/* Any other mmap: it forgets the enclave mappings that MAP_FIXED replaces. */
int64_t sgx_mmap_other(struct sgx_mm *mm, uint64_t addr, uint64_t len, int prot,
		       int flags, int fd, uint64_t off);
int64_t sgx_munmap(struct sgx_mm *mm, uint64_t addr, uint64_t len);

/* pkey -1: plain mprotect. */
int64_t sgx_mprotect(struct sgx_mm *mm, uint64_t addr, uint64_t len, int prot,
		     int pkey);
/* Has the program given up what changes from `was` to `prot`?  PR_SET_MDWE */
bool sgx_mdwe_denies(const struct sgx_mm *mm, int was, int prot);

/*
 * mremap and madvise: 0 = make the call yourself (it involves no enclave
 * mapping, or does no harm to one); 1 = done, *ret is the value; -errno
 * otherwise.
 */
int sgx_mremap(struct sgx_mm *mm, uint64_t old, uint64_t old_len,
	       uint64_t new_len, int flags, uint64_t new_addr, int64_t *ret);
int sgx_madvise(struct sgx_mm *mm, uint64_t addr, uint64_t len, int advice,
		int64_t *ret);

#endif
