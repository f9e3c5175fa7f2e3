/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux's SGX driver and the parts of Linux around it that a program with SGX
 * can see: enclave objects, their ioctls, their mappings, the fault path.
 * After Linux 6.1, arch/x86/kernel/cpu/sgx and arch/x86/mm/fault.c.
 *
 * What all processes of a platform share (enclaves, their pages, the EPC's
 * budget) lies in one file, the platform file, beside the package, the EPCM
 * and the EPC itself; so a child of fork() and its parent use one enclave.
 * What belongs to one address space (its mappings of enclaves) is in
 * struct sgx_mm.
 *
 * Functions return 0 or a count, or -errno as the system call would.
 */
#ifndef SWSGX_KERNEL_SGX_H
#define SWSGX_KERNEL_SGX_H

#include "cpu/cpu.h"
#include "cpu/crypto/sha256.h"
#include "cpu/patch.h"
#include "cpu/sgx_arch.h"
#include "kernel/host.h"
#include "kernel/machine/injection.h"
#include "kernel/machine/smp.h"

#define SGX_MAX_ENCLAVES	16384	/* open enclave files of a platform */
#define SGX_PLATFORM_MAGIC	0x5847535753ull	/* "SWSGX" */
#define SGX_PLATFORM_VERSION	7	/* of the layout below */

enum sgx_file_kind { SGX_FILE_NONE, SGX_FILE_ENCLAVE, SGX_FILE_PROVISION };

/* flags of struct sgx_encl; Linux 6.1 sgx/encl.h enum sgx_encl_flags */
#define SGX_ENCL_DEBUG		(1u << 1)
#define SGX_ENCL_CREATED	(1u << 2)
#define SGX_ENCL_INITIALIZED	(1u << 3)

/*
 * What is just being done to a page of an enclave, so that whoever takes
 * encl->lock from somebody in the midst of it can finish it, or undo it:
 * kernel/machine/recover.c.  `op` is stored last, and stands, at the longest,
 * until the lock is given back.
 */
enum sgx_journal_op {
	SGX_DOING_NOTHING,
	SGX_DOING_EWB,		/* what leaves is in the scratch page */
	SGX_DOING_ELDU,		/* what comes was copied there */
	SGX_DOING_EADD,		/* EADD and its EEXTENDs */
	SGX_DOING_EAUG, SGX_DOING_EREMOVE, SGX_DOING_EMODT,
	SGX_DOING_EACCEPT,	/* EACCEPTCOPY, too */
	SGX_DOING_RESTRICT	/* EBLOCK, EMODPR: it may lack its stamp */
};

struct sgx_journal {
	/* Atomic: the count of encl->lock, and below it a byte for the op. */
	uint64_t op;
	uint64_t pa;
	uint64_t version;		/* ELDU: what the slot held */
	uint32_t slot;			/* EWB, ELDU: version's; EMODT: pt */
	uint32_t was;			/* EWB: slot; EMODT: vm_max_prot */
	/* EWB: what it makes. */
	struct sgx_pcmd pcmd __attribute__((aligned(128)));
	/* EADD: the measurement before it. */
	struct sha256 mrenclave_state;
	uint64_t mrenclave_blocks;
};

#define SGX_DONE	8		/* words that are remembered */

/*
 * One open file description of /dev/sgx_enclave (or /dev/sgx_provision).  The
 * file that the program holds is a token, known by its inode number.  When no
 * descriptor and no pin refers to the token any more, the supervisor sees the
 * token's lock free and calls sgx_encl_release().
 */
struct sgx_encl {
	uint32_t index;			/* place in the table */
	uint32_t kind;			/* enum sgx_file_kind; 0 = free slot */
	uint64_t token_ino;
	uint32_t flags;			/* atomic */
	uint64_t lock, ioctl_lock;	/* machine/lock.h, machine/section.h */
	struct sgx_journal journal;
	/* Words of `lock` whose holder's work was finished by another. */
	uint64_t done[SGX_DONE];
	uint32_t next_done;
	uint64_t base, size;		/* ELRANGE, from the SECS */
	uint64_t attributes;
	uint64_t attributes_mask;	/* what INIT will allow */
	uint64_t secs_pa;		/* EPC address; EPC_NONE: no SECS */
	uint64_t epc_base;		/* EPC address of the page at `base` */
	uint64_t epc_pages;		/* EPC pages charged; shared->lock */
	uint64_t page_cnt;		/* pages, SECS and VA apart */
	/*
	 * Atomic: address spaces that map it.  Who died without unmapping
	 * still counts, so it is an upper bound.
	 */
	uint32_t nr_mms;
	uint32_t secs_child_cnt;	/* of page_cnt, the resident */
	uint32_t nr_va;			/* version arrays; kernel/sgx/va.c */
	uint32_t va_hint;		/* one that may have a free slot */
	uint32_t patch;			/* its code is: machine/patch.c */
};

/* Kernel's view of an enclave page; indexed by EPC address >> 12. */
struct sgx_encl_page {
	uint8_t added;			/* the page exists */
	uint8_t type;			/* enum sgx_page_type */
	uint8_t vm_max_prot;		/* VM_READ etc., which are PROT_* */
	uint8_t flags;			/* SGX_PAGE_*, atomic; sgx/encl.h */
	uint32_t va_slot;		/* where its version is, if evicted */
};

/* The head of the platform file.  Offsets are file offsets. */
struct sgx_shared {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size;		/* sizeof(struct sgx_shared) */
	struct package package;
	uint64_t epc_total_pages;
	uint64_t epc_free_pages;	/* the EPC's budget; shared->lock */
	uint64_t lock;			/* table, physical space, budget */
	/* A change of the budget: both counts as they were before it. */
	struct {
		uint32_t changing;	/* atomic */
		uint32_t encl;
		uint64_t free, pages;
	} budget;
	uint32_t nr_encls;		/* slots ever used: scan bound */
	/* Counters that `swsgx stat` shows. */
	uint64_t stat_when[SGX_COUNTED];	/* atomic; by enum sgx_when */
	uint64_t stat_event[SGX_EVENTS];	/* atomic; by enum sgx_event */
	uint64_t stat_aex;
	/* What is to happen, and when: kernel/machine/injection.c. */
	uint32_t nr_injections;		/* atomic: places ever used */
	struct sgx_injection injections[SGX_MAX_INJECTIONS];
	/* Interrupts between processors: kernel/machine/smp.h. */
	uint32_t leave_seq;		/* atomic: losses so far */
	uint32_t nr_processors;		/* places ever used: scan bound */
	/* Atomic: grows when an EPCM entry of several spaces got stricter. */
	uint32_t resync_seq;
	/* Atomic: odd while the EPC is being lost.  kernel/machine/loss.c. */
	uint32_t loss_seq;
	/* Paging: kernel/sgx/reclaim.c. */
	uint64_t stat_ewb, stat_eldu, stat_eaug;
	uint32_t reclaim_vain;		/* times that nothing could leave */
	uint32_t paging_seq;		/* atomic: grows when a page goes */
	uint64_t reclaim_since;		/* nanoseconds: since then */
	uint64_t reclaim_patience;	/* and for how long that is hope */
	uint64_t hand;			/* atomic: the clock's; reclaim.c */
	struct sgx_encl encls[SGX_MAX_ENCLAVES];
	struct processor processors[CPU_MAX_PROCESSORS];
};

/* Offsets of the parts in the platform file, and its length. */
#define PLATFORM_OFF_SHARED	0ull
#define PLATFORM_OFF_EPCM	(1ull << 28)
#define PLATFORM_OFF_PAGES	(PLATFORM_OFF_EPCM + (EPC_SPAN >> 12) * 32)
#define PLATFORM_OFF_CHUNKS	(PLATFORM_OFF_PAGES + (EPC_SPAN >> 12) * 8)
#define PLATFORM_OFF_REGIONS	(PLATFORM_OFF_CHUNKS + (EPC_SPAN >> 21) * 2)
#define PLATFORM_OFF_EPC	(1ull << 38)
/*
 * What EWB makes of the page at EPC address pa: its PCMD.  The encrypted page
 * itself stays where the page was; kernel/sgx/swap.c says why.
 */
#define PLATFORM_OFF_PCMD	(PLATFORM_OFF_EPC + EPC_SPAN)
/* A page for each enclave: what is encrypted or decrypted passes through it. */
#define PLATFORM_OFF_SCRATCH	(PLATFORM_OFF_PCMD + (EPC_SPAN >> 12) * 128)
/* What was patched in the page at EPC address pa: cpu/patch.h. */
#define PLATFORM_OFF_PATCHES	(PLATFORM_OFF_SCRATCH + \
				 SGX_MAX_ENCLAVES * SGX_PAGE_SIZE)
#define PLATFORM_FILE_SIZE	(PLATFORM_OFF_PATCHES + \
				 (EPC_SPAN >> 12) * 256)
_Static_assert(sizeof(struct sgx_shared) <= PLATFORM_OFF_EPCM, "head fits");
_Static_assert(PLATFORM_OFF_REGIONS + (EPC_SPAN >> 30) * 4 <= PLATFORM_OFF_EPC,
	       "tables fit below the EPC");

/*
 * One mapping of an enclave file.  Linux's vm_area_struct as far as it goes.
 * Sorted, disjoint, never merged.
 */
struct sgx_vma {
	uint64_t start, end;
	uint32_t encl;		/* index of the enclave */
	uint8_t prot;		/* PROT_* asked for: the page tables */
	uint8_t mayprot;	/* PROT_* that mprotect may still give (MAY*) */
	uint8_t flags;		/* SGX_VMA_* */
	uint8_t pkey;
};
#define SGX_VMA_MOVED	1	/* mremap took it off its enclave's addresses */
#define SGX_VMA_EPC	2	/* the real mapping shows the EPC (pte.c) */
#define SGX_VMA_DONTFORK 4	/* MADV_DONTFORK: a child does not have it */

/* What Linux returns inside itself for "interrupted: restart the call". */
#define ERESTARTSYS	512

#define SGX_RECENT	8	/* ranges */

/*
 * One address space; sgx_mm_init() fills it in.  `lock` (kernel/machine/lock.h)
 * guards the mappings; the functions below take it themselves unless they say
 * that the caller holds it.
 */
struct sgx_mm {
	struct sgx_shared *shared;
	struct cpu cpu;
	struct sgx_encl_page *pages;	/* by EPC address >> 12, sparse */
	uint16_t *chunks;		/* pages added per 2 MiB of EPC */
	uint32_t *regions;		/* and per GiB */
	struct sgx_pcmd *pcmd;		/* by EPC address >> 12, sparse */
	uint8_t *scratch;		/* a page for each enclave, by index */
	const struct host *host;

	uint64_t lock;
	uint32_t resynced;		/* atomic: resync_seq acted upon */
	uint32_t nr_vmas, max_vmas;
	struct sgx_vma *vmas;

	/* What code outside sees: kernel/mm/view.h. */
	uint32_t view;			/* enum sgx_view */
	int32_t view_pkey;
	uint32_t inside;		/* SGX_VIEW_HIDDEN: threads */
	bool shown;			/* something may be accessible */
	bool scattered;			/* also outside of recent[] */
	uint32_t nr_recent, stays;
	struct sgx_range {
		uint64_t start, end;
	} recent[SGX_RECENT];		/* what threads inside use */
};

/* Point mm at a platform file mapped whole at `platform`. */
int sgx_mm_init(struct sgx_mm *mm, void *platform, const struct host *host,
		void (*entropy)(void *buf, size_t n));

/*
 * vma.c, in the child of fork(): frees the lock, whoever of the parent's
 * threads held it, drops what MADV_DONTFORK kept back, and brings the real
 * mappings in line.  The parent should hold mm->lock over fork()
 * (kernel/machine/lock.h), so that the copy is consistent.
 */
void sgx_dup_mm(struct sgx_mm *mm);

/* Platform side (supervisor, tests): lay out a new platform file. */
void sgx_platform_init(void *platform, const struct package_config *config,
		       void (*entropy)(void *buf, size_t n));

/* driver.c: sgx_open().  A slot for a token; -ENOMEM when the table is full. */
int sgx_open(struct sgx_mm *mm, enum sgx_file_kind kind, uint64_t token_ino);
struct sgx_encl *sgx_encl_of_token(struct sgx_shared *shared, uint64_t ino);
/*
 * encl.c: the last reference is gone.  EREMOVEs everything; frees the slot.
 * Threads that were killed inside the enclave count as having left it.
 */
void sgx_encl_release(struct sgx_mm *mm, struct sgx_encl *encl);
/*
 * The same unless somebody works with the enclave's pages: false then.
 */
bool sgx_encl_try_release(struct sgx_mm *mm, struct sgx_encl *encl);

/*
 * exit.c: a process of this number (kernel/host.h) is no more, or has another
 * program: what it holds of the platform is given back.
 */
void sgx_exit(struct sgx_mm *mm, uint32_t process);

/*
 * ioctl.c: any ioctl on an enclave file (unknown commands too).
 * `provision`: what SGX_IOC_ENCLAVE_PROVISION's fd resolves to is asked
 * through this: SGX_FILE_PROVISION if fd is an open /dev/sgx_provision.
 * May return -ERESTARTSYS: as Linux does, restart the call or give EINTR.
 * lp->r and lp->fault are as before afterwards.
 */
int64_t sgx_ioctl(struct sgx_mm *mm, struct sgx_encl *encl, struct lp *lp,
		  uint32_t cmd, uint64_t arg,
		  enum sgx_file_kind (*file_kind)(int fd));

/*
 * mmap.c: the memory system calls, once a program uses SGX.  Each returns the
 * system call's value; calls that touch no enclave mapping are passed on to
 * host->sys_*.
 * sgx_mmap_file: mmap of an enclave (or provision) file.  `accmode`: O_ACCMODE
 * of the descriptor; `noexec`: it lies on a noexec mount (never, here).
 */
int64_t sgx_mmap_file(struct sgx_mm *mm, struct sgx_encl *encl, int accmode,
		      uint64_t addr, uint64_t len, int prot, int flags, int fd,
		      uint64_t off);
/* any other mmap: forgets the enclave mappings that MAP_FIXED replaces */
int64_t sgx_mmap_other(struct sgx_mm *mm, uint64_t addr, uint64_t len, int prot,
		       int flags, int fd, uint64_t off);
int64_t sgx_munmap(struct sgx_mm *mm, uint64_t addr, uint64_t len);
/* Has the program given up what goes from `was` to `prot`? */
bool sgx_mdwe_denies(const struct sgx_mm *mm, int was, int prot);
int64_t sgx_mprotect(struct sgx_mm *mm, uint64_t addr, uint64_t len, int prot,
		     int pkey);	/* pkey -1: plain mprotect */
/*
 * mremap and madvise: 0 = make the call yourself (no enclave mapping is
 * involved, or it is harmless on one); 1 = handled, *ret is the value;
 * -errno otherwise.
 */
int sgx_mremap(struct sgx_mm *mm, uint64_t old, uint64_t old_len,
	       uint64_t new_len, int flags, uint64_t new_addr, int64_t *ret);
int sgx_madvise(struct sgx_mm *mm, uint64_t addr, uint64_t len, int advice,
		int64_t *ret);

/*
 * loss.c: the EPC loses its power.  Nobody gets into an enclave (sgx_losing());
 * who is inside is sent out of it; then every EPCM entry of the platform's
 * enclaves becomes invalid; then life goes on.  One at a time: the platform's
 * server does it.  Between begin and end the package may be replaced.
 */
struct sgx_loss {
	uint64_t enclaves, pages, threads;	/* what was hit */
};
void sgx_loss_begin(struct sgx_mm *mm, struct sgx_loss *loss);
void sgx_loss_end(struct sgx_mm *mm, struct sgx_loss *loss);
bool sgx_losing(const struct sgx_shared *shared);
/* Life goes on; if whoever began it died, without a loss. */
void sgx_loss_over(struct sgx_shared *shared);
/* The middle of it, where nobody can be inside (tests). */
void sgx_invalidate_all(struct sgx_mm *mm, uint64_t *enclaves,
			uint64_t *pages);

/*
 * reclaim.c: what can leave of [start, end) of the enclave is written out, now.
 * How many pages left.
 */
uint64_t sgx_evict(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t start,
		   uint64_t end);

/*
 * pte.c: sgx_resync() brings all real mappings of an address space in line.
 * Whoever made the EPCM stricter for spaces that he cannot reach calls
 * sgx_resync_others(); they follow, before one of their threads runs enclave
 * code again, by sgx_resync_if_due().
 */
void sgx_resync(struct sgx_mm *mm);
void sgx_resync_others(struct sgx_mm *mm);
void sgx_resync_if_due(struct sgx_mm *mm);

/*
 * vma.c: the mapping that holds addr, or NULL.  The caller holds mm->lock, and
 * uses the result no longer than that.
 */
struct sgx_vma *sgx_find_vma(struct sgx_mm *mm, uint64_t addr);
/* Does [addr, addr+len) touch an enclave mapping?  (copy_from_user sources:
 * enclave memory is VM_PFNMAP and cannot be pinned.) */
bool sgx_touches(struct sgx_mm *mm, uint64_t addr, uint64_t len);

/*
 * access.c: a debugger reads or writes [addr, addr + len) of a mapping, by
 * EDBGRD and EDBGWR.  len; -EFAULT if the enclave is none for debugging or a
 * page is not there; -EIO if a leaf refuses; -EBUSY if a page on its way out
 * does not arrive.  All of it or nothing counts.
 * `vma` may be another address space's.
 */
int64_t sgx_vma_access(struct sgx_mm *mm, struct lp *lp,
		       const struct sgx_vma *vma, uint64_t addr, void *buf,
		       uint64_t len, bool write);

/* fault.c ------------------------------------------------------------- */

/* What the program is told of an exception: siginfo as Linux fills it. */
struct ksignal {
	int sig;		/* SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP */
	int code;		/* si_code */
	uint64_t addr;		/* si_addr */
	uint32_t pkey;		/* SEGV_PKUERR */
	uint8_t trapnr;		/* REG_TRAPNO */
	uint32_t error_code;	/* REG_ERR */
	uint64_t cr2;		/* REG_CR2, for #PF */
};

enum fault_outcome {
	FAULT_RETRY,		/* mended: run the instruction again */
	FAULT_SIGNAL,		/* *signal says what */
	/*
	 * Outside the enclave, on an EPC page that the page tables allow: the
	 * access reads ones, a write is lost.  Nothing has been mapped; who
	 * cannot give the thread that view calls sgx_sync_page() and retries.
	 */
	FAULT_ABORT_PAGE,
	/*
	 * No enclave mapping is involved: the host's siginfo is right.  In
	 * enclave mode lp->fault holds the event for aex().
	 */
	FAULT_NOT_OURS,
};

/*
 * The host raised a page fault at `address` while lp ran (in enclave mode or
 * not); `hw_code` is its error code, with PF_PK for SEGV_PKUERR also where the
 * page is absent, so that the host's kernel looked at the key.  Decides what
 * the processor and Linux would have made of it: the model's walk, the EPCM,
 * access_error(), sgx_vma_fault(); brings the real mapping in line where the
 * access is right.
 * On FAULT_SIGNAL in enclave mode lp->fault holds the event for aex(), and
 * *signal must be completed from aex()'s cr2.
 */
enum fault_outcome exc_page_fault(struct sgx_mm *mm, struct lp *lp,
				  uint32_t hw_code, uint64_t address,
				  struct ksignal *signal);

/*
 * A leaf or an instruction raised lp->fault outside the real fault path
 * (ENCLU on a bad operand): the same for a fault that the model raised.
 */
enum fault_outcome exc_model_fault(struct sgx_mm *mm, struct lp *lp,
				   struct ksignal *signal);
/* It has retired: how often it was retried before does not count any more. */
void exc_leaf_retired(struct lp *lp);

/*
 * Any other vector (traps.c): the signal Linux gives for it.  code 0 (#MF,
 * #XM): the host's si_code is right, it comes from the FPU's own state.
 */
void exc_signal(uint8_t vector, uint32_t error_code, uint64_t rip,
		struct ksignal *signal);

/*
 * pte.c: give the real mapping around addr (the run of pages alike) the
 * permission of sgx_effective_prot().  0, or -errno of the host.
 */
int sgx_sync_page(struct sgx_mm *mm, uint64_t addr);

/*
 * patch.c: code that goes by XCR0 is patched before it is executed.
 * sgx_patch_due(): may the page at pa not be executed yet?
 * sgx_patch(): the enclave executes at addr, which the EPCM allows; no lock is
 *	held.  The page, and those about it, become executable if nothing is in
 *	the way now.
 * sgx_patch_range(): it may soon, in [start, end); no lock is held.
 * sgx_patch_find(): patch_find() at a linear address.
 * sgx_patch_give_up(): a site at addr cannot be served: from now on the enclave
 *	is as it is, and the page of addr at once.
 */
bool sgx_patch_due(const struct sgx_mm *mm, const struct sgx_encl *encl,
		   uint64_t pa);
void sgx_patch(struct sgx_mm *mm, uint64_t addr);
void sgx_patch_range(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t start,
		     uint64_t end);
enum patch_found sgx_patch_find(struct sgx_mm *mm, uint64_t addr,
				struct patch_site *site);
void sgx_patch_give_up(struct sgx_mm *mm, uint64_t addr);

/*
 * The page walk for struct lp (walk_ctx = mm): Linux's page tables.  Takes
 * mm->lock, so no leaf may be called with it held.
 */
int sgx_walk(struct lp *lp, uint64_t la, unsigned access, uint64_t *pa);

/*
 * The permission that the real mapping of one page may have: page tables AND
 * EPCM.  PROT_* bits.
 */
int sgx_effective_prot(struct sgx_mm *mm, const struct sgx_vma *vma,
		       uint64_t addr);
/* The same where nobody holds mm->lock; PROT_NONE where no enclave is mapped */
int sgx_page_prot(struct sgx_mm *mm, uint64_t addr);

/*
 * vdso.c: Linux's fixup_exception for __vdso_sgx_enter_enclave.  If rip is the
 * vDSO's ENCLU and the vector is one that Linux fixes up, rewrites lp->r (rip,
 * rdi, rsi, rdx) and returns true.  Linux 6.1 entry/vdso/extable.c.
 */
bool fixup_vdso_exception(struct lp *lp, uint64_t vdso_base, uint8_t vector,
			  uint32_t error_code, uint64_t address);

#endif
