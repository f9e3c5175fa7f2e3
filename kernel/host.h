/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel layer asks of the machine and the process it runs in.  The
 * runtime (process/rt) answers with raw system calls on the real address space;
 * hosted tests answer with a model.  Functions return 0 or -errno, unless they
 * say otherwise.
 */
#ifndef SWSGX_KERNEL_HOST_H
#define SWSGX_KERNEL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ksignal;     /* kernel/fault/fault.h */
struct why;         /* cpu/why.h */
struct patch_site;  /* cpu/patch.h */
struct sgx_encl;    /* kernel/platform/layout.h */
struct sgx_section; /* kernel/platform/section.h */

enum sgx_paged { SGX_PAGED_OUT, SGX_PAGED_IN, SGX_PAGED_NEW };

struct host {
	/* Fault-safe copies; -EFAULT if any byte could not be copied. */
	int (*copy_from_user)(void *to, uint64_t from, size_t n);
	int (*copy_to_user)(uint64_t to, const void *from, size_t n);

	/* A signal that would interrupt this thread is pending. */
	bool (*signal_pending)(void);

	/*
	 * current: the number of this process, which no other process of the
	 * platform had or will have.  0: it has none, or the thread does not
	 * belong to the process that the address space belongs to.  NULL:
	 * nobody here has one.
	 * current_thread: this thread, for those who will preempt() it.
	 * preempt: from now on that thread, of whatever process, executes
	 * nothing more of its work before it has looked at its sections
	 * (kernel/platform/section.h); or it has died.  -errno: neither is
	 * certain.
	 * section: where the pointer to this thread's innermost section is.
	 */
	uint32_t (*current)(void);
	uint32_t (*current_thread)(void);
	int (*preempt)(uint32_t process, uint32_t thread);
	struct sgx_section **(*section)(void);

	/*
	 * Where the reasons for refusals are noted: the calling thread's
	 * lp->why.  NULL: nobody asks for them.
	 */
	struct why *(*why)(void);

	/*
	 * The real mapping of enclave memory.  Addresses and lengths are page
	 * aligned; `prot` is PROT_*.
	 * map_epc: [addr, addr+len) shows EPC addresses pa.. with no access
	 *   (PROT_NONE); whatever was mapped there is replaced.
	 * map_none: the same range is reserved, inaccessible, and backed by
	 *   nothing (a mapping made before ECREATE, or outside ELRANGE).
	 * protect: change the protection of what map_epc made, which shows EPC
	 *   addresses pa..; `pkey` as for sys_mprotect.
	 */
	int (*map_epc)(uint64_t addr, uint64_t len, uint64_t pa);
	int (*map_none)(uint64_t addr, uint64_t len);
	int (*protect)(uint64_t addr, uint64_t len, int prot, int pkey,
		       uint64_t pa);

	/* The system calls themselves, on any memory. */
	int64_t (*sys_mmap)(uint64_t addr, uint64_t len, int prot, int flags,
			    int fd, uint64_t off);
	int (*sys_munmap)(uint64_t addr, uint64_t len);
	int (*sys_mprotect)(uint64_t addr, uint64_t len, int prot, int pkey);

	/*
	 * ADD_PAGES: could the source page at addr be made executable
	 * (VM_MAYEXEC)?  0: yes; -EACCES: no; -EFAULT: there is no mapping at
	 * addr or above.
	 */
	int (*source_mayexec)(uint64_t addr);

	/*
	 * Makes one access at addr, as the program would, which leaves the
	 * memory as it is.  `access` is PF_WRITE or 0, `pkru` the thread's.
	 * True: it was allowed.  False: *signal says what the processor and
	 * Linux make of it.
	 */
	bool (*probe)(uint64_t addr, unsigned access, uint32_t pkru,
		      struct ksignal *signal);

	/* Has the program the personality READ_IMPLIES_EXEC? */
	bool (*read_implies_exec)(void);

	/* Has it given up making memory executable (PR_SET_MDWE)? */
	bool (*has_mdwe)(void);

	/*
	 * pin: keep the enclave alive for this address space; its first mapping
	 * has appeared.  unpin: its last mapping is gone.  `index` as in struct
	 * sgx_encl.
	 */
	int (*pin)(uint32_t index, int fd);
	void (*unpin)(uint32_t index);

	/*
	 * sgx_interrupt() for every processor in the enclave of this SECS that
	 * joined it in `epoch` or before, in every process.  No lock is held.
	 * Linux: on_each_cpu_mask(sgx_encl_cpumask()).
	 */
	void (*ipi)(uint64_t secs, uint32_t epoch);

	/*
	 * The caller waits for another thread and will ask again: let others
	 * run.
	 */
	void (*cond_resched)(void);

	/* Monotonic nanoseconds.  (RDTSC may be forbidden to the thread.) */
	uint64_t (*ktime_get_ns)(void);

	/* Give back the memory of a part of the platform file: it reads 0. */
	void (*discard)(uint64_t offset, uint64_t len);

	/*
	 * A hint to have memory there: this part of the platform file, within
	 * one 2 MiB of it, is about to be written as a whole.
	 */
	void (*populate)(uint64_t offset, uint64_t len);

	/* Ask the server to free what dead processes hold, now. */
	void (*reap)(void);

	/*
	 * The code at addr was looked at.  `sites` are patched now, `jumps` of
	 * these by a jump; `unsure` are not patched, because they may not be
	 * instructions.  NULL: nobody wants to know.
	 */
	void (*patched)(uint64_t addr, unsigned int sites, unsigned int jumps,
			unsigned int unsure);

	/*
	 * Where a jump at a site of an enclave's code may go: code of this
	 * process that does what the instruction should do, and then goes on
	 * behind it.  New code is told of: sgx_patch_stub_made().  Of an ENCLU,
	 * xfrm is what sgx_patch_enclu() was told.  0: there is none.  NULL:
	 * there are no jumps.
	 */
	uint64_t (*stub)(struct sgx_encl *encl, uint64_t xfrm, uint64_t addr,
			 const struct patch_site *site);

	/*
	 * The page at addr of encl (its SECS: 0) has been written out, loaded
	 * or added.  encl->lock is held, and it may be told twice.  NULL:
	 * nobody wants to know.
	 */
	void (*paged)(enum sgx_paged how, const struct sgx_encl *encl,
		      uint64_t addr);

	/* Memory for the kernel's per-process tables; NULL if none. */
	void *(*alloc_pages)(size_t bytes);
	void (*free_pages)(void *p, size_t bytes);
};

#endif
