/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all processes of a platform share: enclaves, their pages, the EPC's
 * budget.  It lies in one file, the platform file, beside the package, the EPCM
 * and the EPC itself; so a child of fork() and its parent use one enclave.
 * What belongs to one address space is in platform/mm_types.h.
 */
#ifndef SWSGX_KERNEL_PLATFORM_LAYOUT_H
#define SWSGX_KERNEL_PLATFORM_LAYOUT_H

#include "cpu/cpu.h"
#include "cpu/crypto/sha256.h"
#include "cpu/processors.h"
#include "cpu/sgx_arch.h"
#include "kernel/platform/injection.h"
#include "kernel/platform/lock.h"
#include "kernel/platform/stats.h"

#define SGX_MAX_ENCLAVES     16384 /* open enclave files of a platform */
#define SGX_PLATFORM_MAGIC   0x5847535753ull /* "SWSGX" */
#define SGX_PLATFORM_VERSION 11              /* of the layout below */

struct sgx_range {
	uint64_t start, end;
};

enum sgx_file_kind { SGX_FILE_NONE, SGX_FILE_ENCLAVE, SGX_FILE_PROVISION };

/* flags of struct sgx_encl; Linux 6.1 sgx/encl.h enum sgx_encl_flags */
#define SGX_ENCL_DEBUG       (1u << 1)
#define SGX_ENCL_CREATED     (1u << 2)
#define SGX_ENCL_INITIALIZED (1u << 3)

/*
 * What the holder of encl->lock is doing to a page.  A thread that takes the
 * lock from it can finish or undo that: kernel/sgx/recover.c.  `op` is stored
 * last, and is cleared before the lock is given back.
 */
enum sgx_journal_op {
	SGX_DOING_NOTHING,
	SGX_DOING_EWB,  /* the encrypted page is in the scratch page */
	SGX_DOING_ELDU, /* likewise: it was copied there */
	SGX_DOING_EADD, /* EADD and its EEXTENDs */
	SGX_DOING_EAUG,
	SGX_DOING_EREMOVE,
	SGX_DOING_EMODT,
	SGX_DOING_EACCEPT, /* and EACCEPTCOPY */
	SGX_DOING_RESTRICT /* EBLOCK, EMODPR: the stamp may be missing */
};

struct sgx_journal {
	/* Atomic: the count of encl->lock, and below it a byte for the op. */
	uint64_t op;
	/* Atomic: the ticket that its holder began to work with. */
	struct sgx_ticket work;
	uint64_t pa;
	uint64_t version; /* ELDU: what the slot held */
	uint32_t slot;    /* EWB, ELDU: version's; EMODT: pt */
	uint32_t was;     /* EWB: slot; EMODT: vm_max_prot */
	/* EWB: its output. */
	struct sgx_pcmd pcmd __attribute__((aligned(128)));
	/* EADD: the measurement before it. */
	struct sha256 mrenclave_state;
	uint64_t mrenclave_blocks;
};

#define SGX_DONE 8 /* tickets that are remembered */

/*
 * One open file description of /dev/sgx_enclave (or /dev/sgx_provision).  The
 * file that the program holds is a token, known by its inode number.  When no
 * descriptor and no pin refers to the token any more, the supervisor sees the
 * token's lock free and calls sgx_encl_release().
 */
struct sgx_encl {
	uint32_t index; /* place in the table */
	uint32_t kind;  /* enum sgx_file_kind; 0 = free slot */
	uint64_t token_ino;
	uint32_t flags; /* atomic */
	struct sgx_lock lock, ioctl_lock;
	struct sgx_journal journal;
	/* Tickets of `lock`: their work was finished by another thread. */
	struct sgx_ticket done[SGX_DONE];
	uint32_t next_done;
	uint64_t base, size; /* ELRANGE, from the SECS */
	uint64_t attributes;
	uint64_t attributes_mask; /* what INIT will allow */
	uint64_t secs_pa;         /* EPC address; EPC_NONE: no SECS */
	uint64_t epc_base;        /* EPC address of the page at `base` */
	uint64_t epc_pages;       /* EPC pages charged; shared->lock */
	uint64_t page_cnt;        /* pages, SECS and VA apart */
	/*
	 * Atomic: address spaces that map it.  A process that died without
	 * unmapping still counts, so it is an upper bound.
	 */
	uint32_t nr_mms;
	uint32_t secs_child_cnt;  /* how many of them are resident */
	uint32_t nr_va;           /* version arrays; kernel/sgx/va.c */
	uint32_t va_hint;         /* one that may have a free slot */
	uint32_t patch;           /* its code is: sgx/patch.c */
	struct sgx_range removed; /* what give_back.c has yet to look at */
	/* Atomic: stubs that jumps in its code go to; none any more. */
	uint32_t nr_jumps, no_jumps;
	uint64_t eid; /* atomic: SECS.EID; 0: none, or remembered already */
	uint64_t epc_peak; /* most of epc_pages; shared->lock */
	/* Atomic: what `swsgx stat` shows. */
	uint64_t stat_ewb, stat_eldu, stat_eaug;
};

/* The kernel's view of an enclave page.  The index is EPC address >> 12. */
struct sgx_encl_page {
	uint8_t added;       /* the page exists */
	uint8_t type;        /* enum sgx_page_type */
	uint8_t vm_max_prot; /* VM_READ etc., which are PROT_* */
	uint8_t flags;       /* SGX_PAGE_*, atomic; mm/encl_page.h */
	uint32_t va_slot;    /* where its version is, if evicted */
};

/* Signals that interrupt a thread: so many were begun, and are sent. */
struct sgx_note {
	uint32_t begun, sent; /* atomic */
};
#define SGX_NOTES 16384u

/* The head of the platform file.  Offsets are file offsets. */
struct sgx_shared {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size; /* sizeof(struct sgx_shared) */
	struct package package;
	/* The server, and processes that reclaim, reach EPC addresses below. */
	uint64_t reach;
	uint64_t epc_total_pages;
	uint64_t epc_free_pages; /* the EPC's budget; shared->lock */
	struct sgx_lock lock;    /* table, physical space, budget */
	/* While the budget changes: both counts as they were before. */
	struct {
		uint32_t changing; /* atomic */
		uint32_t encl;
		uint64_t free, pages;
	} budget;
	uint32_t nr_encls; /* slots ever used: scan bound */
	/* Counters that `swsgx stat` shows, beside `stats`. */
	uint64_t stat_when[SGX_COUNTED]; /* atomic: sgx_injection_count() */
	uint64_t stat_event[SGX_EVENTS]; /* atomic; by enum sgx_event */
	/* What is to happen, and when: kernel/platform/injection.c. */
	uint32_t nr_injections; /* atomic: places ever used */
	/* Atomic: what somebody wants recorded; process/tape_records.h. */
	uint32_t trace;
	struct sgx_injection injections[SGX_MAX_INJECTIONS];
	/* Interrupts between processors: kernel/machine/smp.h. */
	uint32_t leave_seq;     /* atomic: losses so far */
	uint32_t nr_processors; /* places ever used: scan bound */
	/* Atomic: grows when an EPCM entry of several spaces got stricter. */
	uint32_t resync_seq;
	/* Atomic: odd while the EPC is being lost.  kernel/machine/loss.c. */
	uint32_t loss_seq;
	/* Paging: kernel/sgx/reclaim.c. */
	uint64_t stat_ewb, stat_eldu, stat_eaug;
	uint32_t reclaim_failures; /* in a row: no page could leave */
	uint32_t paging_seq;       /* atomic: grows when a page goes */
	uint64_t reclaim_since;    /* nanoseconds: the first of them */
	uint64_t reclaim_patience; /* how long to go on trying */
	uint64_t hand;             /* atomic: the clock's; victim.c */
	struct sgx_encl encls[SGX_MAX_ENCLAVES];
	struct processor processors[CPU_MAX_PROCESSORS];
	struct sgx_note notes[SGX_NOTES]; /* kernel/machine/notes.h */
	struct sgx_stats stats;
};

static inline uint32_t sgx_nr_encls(const struct sgx_shared *shared)
{
	return __atomic_load_n(&shared->nr_encls, __ATOMIC_ACQUIRE);
}

/* The slot with this index, whatever its kind; NULL: it was never used. */
static inline struct sgx_encl *sgx_encl_at(struct sgx_shared *shared,
					   uint32_t index)
{
	return index < sgx_nr_encls(shared) ? &shared->encls[index] : NULL;
}

static inline uint32_t sgx_encl_index(const struct sgx_encl *encl)
{
	return encl->index;
}

/* No two open files have the same. */
static inline uint64_t sgx_encl_token(const struct sgx_encl *encl)
{
	return encl->token_ino;
}

static inline enum sgx_file_kind sgx_encl_kind(const struct sgx_encl *encl)
{
	return (enum sgx_file_kind)encl->kind;
}

/* What somebody wants recorded; and that. */
static inline uint32_t sgx_trace(const struct sgx_shared *shared)
{
	return __atomic_load_n(&shared->trace, __ATOMIC_RELAXED);
}

static inline void sgx_trace_set(struct sgx_shared *shared, uint32_t classes)
{
	__atomic_store_n(&shared->trace, classes, __ATOMIC_SEQ_CST);
}

static inline struct sgx_stats *sgx_stats_of(struct sgx_shared *shared)
{
	return &shared->stats;
}

/* Each slot that was ever used, whatever its kind is now. */
#define for_each_encl(encl, shared) \
	for (uint32_t i_ = 0, n_ = sgx_nr_encls(shared); \
	     i_ < n_ && ((encl) = &(shared)->encls[i_], true); i_++)

/*
 * Offsets of the parts in the platform file, and its length.  The EPC is the
 * last part, and each table is in the order of EPC addresses.  So a process
 * that has no room for everything maps less of each (sgx_platform_parts()).
 */
#define PLATFORM_OFF_SHARED  0ull
#define PLATFORM_OFF_EPCM    (1ull << 28)
#define PLATFORM_OFF_PAGES   (PLATFORM_OFF_EPCM + (EPC_SPAN >> 12) * 32)
#define PLATFORM_OFF_CHUNKS  (PLATFORM_OFF_PAGES + (EPC_SPAN >> 12) * 8)
#define PLATFORM_OFF_REGIONS (PLATFORM_OFF_CHUNKS + (EPC_SPAN >> 21) * 2)
/*
 * The PCMD of a page that EWB wrote out, by EPC address.  The encrypted page
 * stays where the page was; kernel/sgx/swap.c says why.
 */
#define PLATFORM_OFF_PCMD (PLATFORM_OFF_REGIONS + (EPC_SPAN >> 30) * 4)
/* What was patched in a page, by EPC address: cpu/patch.h. */
#define PLATFORM_OFF_PATCHES (PLATFORM_OFF_PCMD + (EPC_SPAN >> 12) * 128)
/* A page for each enclave, through which encrypted pages pass: swap.c. */
#define PLATFORM_OFF_SCRATCH (PLATFORM_OFF_PATCHES + (EPC_SPAN >> 12) * 512)
#define PLATFORM_OFF_EPC     (11ull << 39)
#define PLATFORM_FILE_SIZE   (PLATFORM_OFF_EPC + EPC_SPAN)
_Static_assert(sizeof(struct sgx_shared) <= PLATFORM_OFF_EPCM, "head fits");
_Static_assert(PLATFORM_OFF_SCRATCH + SGX_MAX_ENCLAVES * SGX_PAGE_SIZE <=
		       PLATFORM_OFF_EPC,
	       "tables fit below the EPC");

/*
 * The parts of the file that an address space maps, each at its offset, in
 * order to reach EPC addresses below `reach`, a multiple of SGX_REACH_UNIT.  If
 * that is all of the file, it is one part.  Returns how many parts there are.
 */
#define SGX_PARTS      9
#define SGX_REACH_UNIT (1ull << 21)
struct sgx_part {
	uint64_t offset, len;
};
unsigned int sgx_platform_parts(uint64_t reach,
				struct sgx_part parts[SGX_PARTS]);

#endif
