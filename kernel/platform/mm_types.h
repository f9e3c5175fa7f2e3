/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One address space: its mappings of enclaves, and where it has mapped the
 * parts of the platform file.  After Linux 6.1 include/linux/mm_types.h.
 */
#ifndef SWSGX_KERNEL_PLATFORM_MM_TYPES_H
#define SWSGX_KERNEL_PLATFORM_MM_TYPES_H

#include "cpu/cpu.h"
#include "kernel/host.h"
#include "kernel/platform/layout.h"
#include "kernel/platform/lock.h"

/*
 * One mapping of an enclave file: as much of Linux's vm_area_struct as is
 * needed.  The list of an address space is sorted and disjoint; mappings are
 * never merged.
 */
struct sgx_vma {
	uint64_t start, end;
	uint32_t encl;   /* index of the enclave */
	uint8_t prot;    /* PROT_* asked for: the page tables */
	uint8_t mayprot; /* PROT_* that mprotect may still give (MAY*) */
	uint8_t flags;   /* SGX_VMA_* */
	uint8_t pkey;
};
#define SGX_VMA_MOVED    1 /* mremap took it off its enclave's addresses */
#define SGX_VMA_EPC      2 /* the real mapping shows the EPC (mm/pte.c) */
#define SGX_VMA_DONTFORK 4 /* MADV_DONTFORK: a child does not have it */

#define SGX_RECENT 8 /* ranges */

struct sgx_mm;

/*
 * How work is finished, or undone, that a killed or stopped holder of a lock
 * left half done.  section.c calls these just after it took the lock away.
 * encl: finished work is noted as done by the thread that began it.
 */
struct sgx_recovery {
	void (*encl)(struct sgx_mm *mm, struct sgx_encl *encl);
	void (*shared)(struct sgx_mm *mm);
};

/*
 * A lock whose holder cannot be interrupted, because it has no number, or the
 * server is gone: first seen with this ticket, and last.  Atomic; section.c.
 */
struct sgx_stuck {
	const struct sgx_lock *lock;
	struct sgx_ticket held;
	uint64_t since, seen;
};

/*
 * sgx_mm_init() (sgx/driver.h) fills it in.  `lock` guards the mappings.
 * Functions take it themselves, unless they say that the caller holds it.
 */
struct sgx_mm {
	struct sgx_shared *shared;
	struct cpu cpu;
	struct sgx_encl_page *pages; /* by EPC address >> 12, sparse */
	uint16_t *chunks;            /* pages added per 2 MiB of EPC */
	uint32_t *regions;           /* and per GiB */
	struct sgx_pcmd *pcmd;       /* by EPC address >> 12, sparse */
	uint8_t *scratch;            /* a page for each enclave, by index */
	const struct host *host;
	struct sgx_recovery recover;
	struct sgx_stuck stuck;
	uint64_t reach; /* EPC addresses below it are mapped here */

	struct sgx_lock lock;
	uint32_t resynced; /* atomic: resync_seq acted upon */
	uint32_t nr_vmas, max_vmas;
	struct sgx_vma *vmas;

	/* What code outside sees: mm/view.h. */
	uint32_t view; /* enum sgx_view */
	int32_t view_pkey;
	uint32_t inside; /* SGX_VIEW_HIDDEN: threads */
	bool shown;      /* something may be accessible */
	bool scattered;  /* also outside of recent[] */
	uint32_t nr_recent, stays;
	struct sgx_range recent[SGX_RECENT]; /* what threads inside use */
};

/* refuse() for callers that have no struct lp at hand. */
#define sgx_refuse(mm, value, reason, ...) \
	(sgx_because(mm, \
		     (struct why){ .text = (reason), .n = { __VA_ARGS__ } }), \
	 (value))
static inline void sgx_because(const struct sgx_mm *mm, struct why why)
{
	if (mm->host->why)
		*mm->host->why() = why;
}

/* This process's number, or 0. */
static inline uint32_t sgx_current(const struct sgx_mm *mm)
{
	return mm->host->current ? mm->host->current() : 0;
}

/* The calling thread, in the bits of a lock's word that name its holder. */
static inline uint64_t sgx_current_id(const struct sgx_mm *mm)
{
	uint32_t process = sgx_current(mm);

	return process ? sgx_lock_id(process, mm->host->current_thread()) : 0;
}

static inline struct sgx_encl *sgx_vma_encl(const struct sgx_mm *mm,
					    const struct sgx_vma *vma)
{
	return &mm->shared->encls[vma->encl];
}

#endif
