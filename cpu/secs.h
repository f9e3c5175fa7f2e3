/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of a SECS that only the processor sees.  The SDM names its fields
 * (EID, PADDING, ISVEXTPRODID ...) but not their place.  Here they are in the
 * SECS page's reserved bytes, so EPC pages and EPCM entries describe an enclave
 * completely.
 *
 * Several processes may work on one SECS at a time: fields marked atomic are
 * accessed with __atomic builtins, the measurement only under its lock.
 *
 * Source: SDM "SGX Enclave Control Structure (SECS)", "EPC and Management of
 * EPC Pages", "ETRACK".
 */
#ifndef SWSGX_CPU_SECS_H
#define SWSGX_CPU_SECS_H

#include "cpu/cpu.h"
#include "cpu/crypto/rsa3072.h"
#include "cpu/crypto/sha256.h"
#include "cpu/sgx_arch.h"

#define SECS_HIDDEN_OFFSET 2048

struct secs_hidden {
	uint64_t eid;
	uint64_t enclavecontext;   /* EPC address of this very page */
	uint32_t children;         /* atomic: pages of this enclave */
	uint32_t measurement_lock; /* atomic: 0 or 1 */
	uint32_t epoch;            /* atomic: see below */
	uint32_t reserved;
	uint64_t mrenclave_blocks; /* 64-byte updates so far */
	struct sha256 mrenclave_state;
	uint8_t isvextprodid[16];
	uint8_t isvfamilyid[16];
	uint8_t padding[RSA3072_PADDING_SIZE];
};
_Static_assert(SECS_HIDDEN_OFFSET + sizeof(struct secs_hidden) <= SGX_PAGE_SIZE,
	       "the hidden part fits into the SECS page");

static inline struct sgx_secs *secs_at(const struct cpu *cpu, uint64_t pa)
{
	return epc_ptr(cpu, pa);
}

static inline struct secs_hidden *secs_hidden_at(const struct cpu *cpu,
						 uint64_t pa)
{
	return epc_ptr(cpu, pa + SECS_HIDDEN_OFFSET);
}

/* Has EINIT succeeded? */
static inline bool secs_initialised(const struct sgx_secs *secs)
{
	return __atomic_load_n(&secs->attributes, __ATOMIC_ACQUIRE) &
	       SGX_ATTR_INIT;
}

/* The pages in the EPC that belong to this SECS: its children. */
static inline uint32_t secs_children(const struct cpu *cpu, uint64_t pa)
{
	return __atomic_load_n(&secs_hidden_at(cpu, pa)->children,
			       __ATOMIC_SEQ_CST);
}

static inline void secs_add_child(const struct cpu *cpu, uint64_t pa)
{
	__atomic_fetch_add(&secs_hidden_at(cpu, pa)->children, 1,
			   __ATOMIC_SEQ_CST);
}

static inline void secs_drop_child(const struct cpu *cpu, uint64_t pa)
{
	__atomic_fetch_sub(&secs_hidden_at(cpu, pa)->children, 1,
			   __ATOMIC_SEQ_CST);
}

/* The page lies in [BASEADDR, BASEADDR + SIZE). */
bool secs_holds(const struct sgx_secs *secs, uint64_t la);

/* The measurement and the INIT state are one lock in the SDM's tables. */
static inline bool secs_trylock_measurement(struct secs_hidden *hidden)
{
	return !__atomic_exchange_n(&hidden->measurement_lock, 1,
				    __ATOMIC_ACQUIRE);
}

static inline void secs_unlock_measurement(struct secs_hidden *hidden)
{
	__atomic_store_n(&hidden->measurement_lock, 0, __ATOMIC_RELEASE);
}

/*
 * Tracking: which logical processors are inside, and since when.  A processor
 * that enters joins the current epoch (cpu/processors.h); ETRACK begins a new
 * one and may not do so again until all who joined the one before have left.
 * There is no count: the table of processors says who is inside.  The first
 * epoch is 1.
 */
static inline uint32_t secs_epoch(const struct secs_hidden *hidden)
{
	return __atomic_load_n(&hidden->epoch, __ATOMIC_SEQ_CST);
}

/* Is any logical processor inside? */
bool secs_active(const struct cpu *cpu, uint64_t pa);
/*
 * ETRACK: begin a new epoch.  False if some who joined the one before the
 * current one have not left yet.
 */
bool secs_track(const struct cpu *cpu, uint64_t pa);
/*
 * A page of this enclave has just been restricted (EBLOCK, EMODPR, EMODT): note
 * the epoch in its entry.  This comes after the change, so that a processor
 * that joins a later epoch cannot have seen the page as it was.
 */
void secs_stamp(const struct secs_hidden *hidden, struct epcm *epcm);
/* Have all processors left that may have seen the page as it was before? */
bool secs_tracked(const struct cpu *cpu, const struct epcm *epcm);

#endif
