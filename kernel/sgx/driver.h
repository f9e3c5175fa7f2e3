/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux's SGX driver, for those who call it: the runtime in a program's
 * process, and the platform's server.  After Linux 6.1
 * arch/x86/kernel/cpu/sgx.  Functions return 0 or a count, or -errno as the
 * system call would.
 */
#ifndef SWSGX_KERNEL_SGX_DRIVER_H
#define SWSGX_KERNEL_SGX_DRIVER_H

#include "cpu/patch.h"
#include "kernel/platform/mm_types.h"

/* What Linux returns inside itself for "interrupted: restart the call". */
#define ERESTARTSYS 512

/* Lay out a new platform file (the server, tests). */
void sgx_platform_init(void *platform, const struct package_config *config,
		       void (*entropy)(void *buf, size_t n));
/* Before anybody maps it: it is used below this EPC address only. */
void sgx_platform_limit(void *platform, uint64_t reach);
/*
 * Point mm at a platform file mapped at `platform`: all of it, or its parts;
 * then mm->reach is lowered to what they are for.
 */
int sgx_mm_init(struct sgx_mm *mm, void *platform, const struct host *host,
		void (*entropy)(void *buf, size_t n));

/* Does mm reach whatever the server reaches? */
bool sgx_mm_reaches_all(const struct sgx_mm *mm);

/* sgx_open().  A slot for a token; -ENOMEM when the table is full. */
int sgx_open(struct sgx_mm *mm, enum sgx_file_kind kind, uint64_t token_ino);
struct sgx_encl *sgx_encl_of_token(struct sgx_shared *shared, uint64_t ino);
/*
 * The last reference is gone.  EREMOVEs everything and frees the slot.
 * Threads that were killed inside the enclave count as having left it.
 */
void sgx_encl_release(struct sgx_mm *mm, struct sgx_encl *encl);
/* The same, unless somebody works with the enclave's pages: then false. */
bool sgx_encl_try_release(struct sgx_mm *mm, struct sgx_encl *encl);

/*
 * Any ioctl on an enclave file (unknown commands too).
 * `file_kind` tells what a descriptor is; PROVISION asks for that.
 * May return -ERESTARTSYS: as Linux does, restart the call or give EINTR.
 * lp->r and lp->fault are as before afterwards.
 */
int64_t sgx_ioctl(struct sgx_mm *mm, struct sgx_encl *encl, struct lp *lp,
		  uint32_t cmd, uint64_t arg,
		  enum sgx_file_kind (*file_kind)(int fd));

/*
 * mmap of an enclave (or provision) file.  `accmode`: O_ACCMODE of the
 * descriptor.
 */
int64_t sgx_mmap_file(struct sgx_mm *mm, struct sgx_encl *encl, int accmode,
		      uint64_t addr, uint64_t len, int prot, int flags, int fd,
		      uint64_t off);

/*
 * The driver's page fault handler.  NOPAGE: there is a PTE now.  SIGBUS: there
 * can be none.  RETRY: there is none yet, make the access again.
 */
enum vm_fault { VM_FAULT_NOPAGE, VM_FAULT_SIGBUS, VM_FAULT_RETRY };
enum vm_fault sgx_vma_fault(struct sgx_mm *mm, const struct sgx_vma *vma,
			    uint64_t address);

/*
 * Load those pages of [start, end) that were paged out, one after the other,
 * while there is room in the EPC: none is paged out for them.
 */
void sgx_load_ahead(struct sgx_mm *mm, const struct sgx_vma *vma,
		    uint64_t start, uint64_t end);

/*
 * A debugger reads or writes [addr, addr + len) of a mapping, by EDBGRD and
 * EDBGWR.  Returns len; -EFAULT if it is no debug enclave or a page does not
 * exist; -EIO if a leaf refuses; -EBUSY if a page that is leaving the EPC does
 * not finish.  A short count never happens.
 * `vma` may be another address space's.
 */
int64_t sgx_vma_access(struct sgx_mm *mm, struct lp *lp,
		       const struct sgx_vma *vma, uint64_t addr, void *buf,
		       uint64_t len, bool write);

/*
 * Write out, now, what can leave the EPC of [start, end) of the enclave.
 * Returns how many pages left.
 */
uint64_t sgx_evict(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t start,
		   uint64_t end);

/*
 * The host gets back the memory of pages that enclaves have removed since the
 * last time.  Only the server calls this: give_back.c says why.
 */
void sgx_give_back(struct sgx_mm *mm);

/*
 * patch.c: code that depends on XCR0 is patched before it is executed.
 * sgx_patch(): the enclave executes at addr, which the EPCM allows.  The page,
 *	and those around it, become executable if nothing is in the way now.
 *	No lock is held.
 * sgx_patch_range(): it may soon execute in [start, end).  No lock is held.
 * sgx_patch_find(): patch_find() at a linear address.
 * sgx_patch_give_up(): a site at addr cannot be served.  The enclave is not
 *	patched any more, and what was patched in the page of addr is undone.
 * sgx_patch_encl(): whose code is at addr, or NULL.
 */
void sgx_patch(struct sgx_mm *mm, uint64_t addr);
void sgx_patch_range(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t start,
		     uint64_t end);
enum patch_found sgx_patch_find(struct sgx_mm *mm, uint64_t addr,
				struct patch_site *site);
void sgx_patch_give_up(struct sgx_mm *mm, uint64_t addr);
struct sgx_encl *sgx_patch_encl(struct sgx_mm *mm, uint64_t addr);

/*
 * jump.c: what is patched is made a jump where that can be.
 * sgx_patch_jumps(): in this page.  How many there are that were none before.
 * sgx_patch_enclu(): the ENCLU at addr, which has been executed.  `what` is for
 *	the host's stub().  False: it stays as it is, or is an INT3.
 * sgx_patch_no_jump(): the jump at addr becomes an INT3.  When it returns
 *	nobody is at what it led to.
 * sgx_patch_no_jumps(): the same for all of an enclave, for good.
 * sgx_patch_stub_made(): this process has one more stub of the enclave.
 * sgx_patch_others(): no jumps, if they lead to other than the `mine` stubs
 *	of this process.
 * sgx_patch_inherited(): the same for each enclave that a child of fork() maps.
 */
unsigned int sgx_patch_jumps(struct sgx_mm *mm, struct sgx_encl *encl,
			     uint64_t page);
bool sgx_patch_enclu(struct sgx_mm *mm, uint64_t addr, uint32_t what);
void sgx_patch_no_jump(struct sgx_mm *mm, uint64_t addr);
void sgx_patch_no_jumps(struct sgx_mm *mm, struct sgx_encl *encl);
void sgx_patch_stub_made(struct sgx_encl *encl);
void sgx_patch_others(struct sgx_mm *mm, struct sgx_encl *encl, uint32_t mine);
void sgx_patch_inherited(struct sgx_mm *mm,
			 uint32_t (*mine)(const struct sgx_encl *encl));

#endif
