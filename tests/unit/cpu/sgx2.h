/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fixture, continued: a processor with SGX2, and the operands of the
 * leaves that page, change and accept pages.
 */
#ifndef SWSGX_TESTS_UNIT_CPU_SGX2_H
#define SWSGX_TESTS_UNIT_CPU_SGX2_H

#include "tests/unit/cpu/fixture.h"

/* A page outside the EPC, with all that EWB and ELD want beside it. */
struct paged {
	_Alignas(4096) uint8_t page[4096];
	_Alignas(128) struct sgx_pcmd pcmd;
	_Alignas(32) struct sgx_pageinfo pageinfo;
};

#define PENDING_RW (REG_RW | SGX_SECINFO_PENDING)

/* As in fixture.h, with SGX2. */
int machine_setup_sgx2(void **state);
int machine_setup_sgx2_entered(void **state);

struct secs_hidden *hidden_of(struct machine *m);
uint64_t pa_of(struct machine *m, uint64_t la);
/* Shorthand for the entry's flags and type, as SECINFO would have them. */
uint64_t secinfo_of(const struct epcm *epcm);

/* ENCLS operands. */
void prepare_rcx(struct machine *m, enum encls_leaf leaf, uint64_t pa);
void prepare_epa(struct machine *m, uint64_t pa);
void prepare_ewb(struct machine *m, struct paged *paged, uint64_t pa,
		 uint64_t slot_pa);
/* To load at linear address la; secs_pa EPC_NONE: a SECS or VA. */
void prepare_eld(struct machine *m, enum encls_leaf leaf, struct paged *paged,
		 uint64_t pa, uint64_t slot_pa, uint64_t la, uint64_t secs_pa);
void prepare_eaug(struct machine *m, uint64_t offset);
void prepare_emod(struct machine *m, enum encls_leaf leaf, uint64_t la,
		  uint64_t secinfo_flags);

/* A copy of a leaf's structure at RBX that is right but for its alignment. */
void misalign_rbx(struct machine *m, size_t size);

/* Steps that must succeed. */
uint64_t new_va(struct machine *m);
void block(struct machine *m, uint64_t pa);
void track(struct machine *m);
void evict(struct machine *m, struct paged *paged, uint64_t pa,
	   uint64_t slot_pa);
uint64_t augment(struct machine *m, uint64_t offset);
void modify(struct machine *m, enum encls_leaf leaf, uint64_t la,
	    uint64_t secinfo_flags);

/*
 * While the page tables are asked for la, another processor executes EBLOCK on
 * the page at `blocked`; meanwhile_code() is what that gave.
 */
void block_meanwhile(struct machine *m, uint64_t la, uint64_t blocked);
uint64_t meanwhile_code(void);

/* ENCLU's SECINFO operand: written at LA(OFF_DATA). */
struct sgx_secinfo *set_secinfo(struct machine *m, uint64_t flags);

/* The page at la is now as keep_page() found it; and nobody holds a lock. */
void keep_page(struct machine *m, uint64_t la);
void check_kept(struct machine *m);
/*
 * ENCLU is prepared to read the page at la: whatever makes that page one that
 * the enclave cannot read is the EPCM's fault.
 */
void check_read_page(struct machine *m, uint64_t la);

/* Retired with a code that CF reports. */
void check_cf(const struct machine *m, int ret, enum sgx_return_code code);
/* Nobody holds a lock of a page. */
void check_unlocked(const struct machine *m);

#endif
