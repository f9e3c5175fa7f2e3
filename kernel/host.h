/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel layer asks of the machine and process it runs in.  The
 * runtime (process/rt) gives it raw system calls on the real address space;
 * hosted tests give it a model.  Every function returns 0 or -errno.
 */
#ifndef SWSGX_KERNEL_HOST_H
#define SWSGX_KERNEL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ksignal;		/* kernel/fault/fault.h */
struct why;		/* cpu/why.h */
struct patch_site;	/* cpu/patch.h */
struct sgx_encl;	/* kernel/sgx.h */
struct sgx_section;	/* kernel/platform/section.h */

struct host {
	/* Fault-safe copies; -EFAULT if any byte could not be copied. */
	int (*copy_from_user)(void *to, uint64_t from, size_t n);
	int (*copy_to_user)(uint64_t to, const void *from, size_t n);

	/* A signal that would interrupt this thread is pending. */
	bool (*signal_pending)(void);

	/*
	 * The number of this process, which no other of the platform had or
	 * will have; 0: it has none, or the thread is not of the process that
	 * the address space belongs to.  NULL: nobody here has one.
	 * current_thread: this thread, for who will preempt() it.
	 * preempt: that thread, of whatever process, executes nothing of what
	 * it was at from now on, before it has looked at its sections
	 * (kernel/platform/section.h); or has died.  -errno: cannot be told.
	 * section: where this thread's innermost section stands.
	 */
	uint32_t (*current)(void);
	uint32_t (*current_thread)(void);
	int (*preempt)(uint32_t process, uint32_t thread);
	struct sgx_section **(*section)(void);

	/*
	 * Where the calling thread's reasons are noted: its lp->why.  NULL:
	 * nobody asks for them.
	 */
	struct why *(*why)(void);

	/*
	 * The real mapping of enclave memory.  Addresses and lengths are page
	 * aligned; `prot` is PROT_*.
	 * map_epc: [addr, addr+len) shows EPC addresses pa.. with no access
	 *   (PROT_NONE); whatever was mapped there is replaced.
	 * map_none: the same range reserved, inaccessible, backed by nothing
	 *   (a mapping made before ECREATE, or outside ELRANGE).
	 * protect: of what map_epc made, which shows EPC addresses pa..; `pkey`
	 *   as sys_mprotect has it.
	 */
	int (*map_epc)(uint64_t addr, uint64_t len, uint64_t pa);
	int (*map_none)(uint64_t addr, uint64_t len);
	int (*protect)(uint64_t addr, uint64_t len, int prot, int pkey,
		       uint64_t pa);

	/* The system calls themselves, on memory that may be anyone's. */
	int64_t (*sys_mmap)(uint64_t addr, uint64_t len, int prot, int flags,
			    int fd, uint64_t off);
	int (*sys_munmap)(uint64_t addr, uint64_t len);
	int (*sys_mprotect)(uint64_t addr, uint64_t len, int prot, int pkey);

	/*
	 * ADD_PAGES: may the source page at addr be executed, were it asked
	 * (VM_MAYEXEC)?  0 yes; -EACCES no; -EFAULT no mapping at or above.
	 */
	int (*source_mayexec)(uint64_t addr);

	/*
	 * One access of the program's at addr, which leaves the memory as it
	 * is; `access` is PF_WRITE or 0, `pkru` the thread's.  True: it was
	 * made.  False: *signal has what the processor and Linux tell of it.
	 */
	bool (*probe)(uint64_t addr, unsigned access, uint32_t pkru,
		      struct ksignal *signal);

	/* Has the program the personality READ_IMPLIES_EXEC? */
	bool (*read_implies_exec)(void);

	/* Has it given up making memory executable?  PR_SET_MDWE */
	bool (*has_mdwe)(void);

	/*
	 * Keep the enclave alive for this address space (its first mapping
	 * appeared), or no longer (its last mapping went).  `index` as in
	 * struct sgx_encl.
	 */
	int (*pin)(uint32_t index, int fd);
	void (*unpin)(uint32_t index);

	/*
	 * sgx_interrupt() of everybody in the enclave of this SECS who joined
	 * it in `epoch` or before, in whatever process.  No lock is held.
	 * Linux: on_each_cpu_mask(sgx_encl_cpumask()).
	 */
	void (*ipi)(uint64_t secs, uint32_t epoch);

	/*
	 * The caller waits for what another thread does, and will ask again:
	 * let others run.
	 */
	void (*cond_resched)(void);

	/* Monotonic nanoseconds.  (RDTSC may be forbidden to the thread.) */
	uint64_t (*ktime_get_ns)(void);

	/* Give back the memory of a part of the platform file: zeros again. */
	void (*discard)(uint64_t offset, uint64_t len);

	/*
	 * All of this part of the platform file, within one 2 MiB of it, is
	 * about to be written: a hint to have the memory there.
	 */
	void (*populate)(uint64_t offset, uint64_t len);

	/* Ask whoever reaps dead enclaves to do so now; the EPC is short. */
	void (*reap)(void);

	/*
	 * The code at addr was looked at: it has so many sites that are patched
	 * now, so many of these are jumps, and so many are not patched because
	 * they are not surely instructions.  NULL: nobody wants to know.
	 */
	void (*patched)(uint64_t addr, unsigned int sites, unsigned int jumps,
			unsigned int unsure);

	/*
	 * Where a jump at a site of an enclave's code may go: code of this
	 * process that does what the instruction is to do, and goes on behind
	 * it.  What is made anew counts in encl->nr_jumps.  0: there is none.
	 * NULL: nobody makes any.
	 */
	uint64_t (*stub)(struct sgx_encl *encl, uint64_t xfrm,
			 uint64_t addr, const struct patch_site *site);

	/* Memory for the kernel's per-process tables; NULL if none. */
	void *(*alloc_pages)(size_t bytes);
	void (*free_pages)(void *p, size_t bytes);
};

#endif
