/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A machine for the unit tests of cpu/: a package, a small EPC, one logical
 * processor, a page table of a few entries, and an enclave built on it.
 *
 * A test of a check puts a leaf's operands together with prepare_*(), spoils
 * one thing, executes the leaf, and looks at the outcome with check_*().
 */
#ifndef SWSGX_TESTS_UNIT_CPU_FIXTURE_H
#define SWSGX_TESTS_UNIT_CPU_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "cpu/cpu.h"
#include "cpu/epcm.h"
#include "cpu/hold.h"
#include "cpu/processors.h"
#include "cpu/secs.h"
#include "cpu/sgx_arch.h"

#define EPC_PAGES 2048u

/* The enclave's layout, as offsets from its base. */
#define ENCLAVE_BASE 0x7f0000000000ull
#define ENCLAVE_SIZE 0x20000ull
#define OFF_TCS      0x0000ull
#define OFF_SSA      0x1000ull /* nssa frames, up to 7 pages */
#define OFF_DATA     0x8000ull /* RW */
#define OFF_OUTPUT   0x9000ull /* RW */
#define OFF_RO       0xa000ull /* R */
#define OFF_CODE     0xb000ull /* RX; OENTRY */
#define OFF_EXECUTE  0xc000ull /* X alone */
#define OFF_HOLE     0xd000ull /* never added */
#define LA(offset)   (ENCLAVE_BASE + (offset))

#define OENTRY  (OFF_CODE + 0x40)
#define OFSBASE 0xe000ull
#define OGSBASE 0xf000ull

/* What the program outside looks like when it enters. */
#define HOST_RIP    0x401000ull
#define HOST_AEP    0x402000ull
#define HOST_RSP    0x7ffc0000ull
#define HOST_RBP    0x7ffc0100ull
#define HOST_FSBASE 0x700000ull
#define HOST_GSBASE 0x710000ull

#define WALK_R   1u
#define WALK_W   2u
#define WALK_X   4u
#define WALK_RWX 7u

struct mapping {
	uint64_t la, pa; /* pa EPC_NONE: ordinary memory */
	unsigned prot;   /* WALK_* */
};

#define MAPPINGS 64

struct machine {
	struct package package;
	struct cpu cpu;
	struct lp lp;
	uint32_t nr_processors;
	uint64_t next_pa; /* next EPC page that nobody uses */
	struct mapping mappings[MAPPINGS];
	unsigned nr_mappings;

	/* Choices for the enclave that build_enclave() builds. */
	uint64_t attributes, xfrm;
	uint32_t miscselect, ssaframesize, nssa;
	uint64_t tcs_flags;

	/* The enclave. */
	uint64_t secs_pa, tcs_pa;
	EVP_MD_CTX *mrenclave; /* a second opinion on the measurement */

	/* Operands, aligned as leaves want them. */
	_Alignas(4096) uint8_t source[4096];
	_Alignas(4096) struct sgx_sigstruct sigstruct;
	_Alignas(512) struct sgx_einittoken token;
	_Alignas(64) struct sgx_secinfo secinfo;
	_Alignas(32) struct sgx_pageinfo pageinfo;
	_Alignas(64) uint8_t xsave[16384];
};

/* cmocka setup and teardown: *state is a struct machine. */
int machine_setup(void **state);
int machine_setup_enclave(void **state); /* and build_enclave() */
int machine_setup_entered(void **state); /* and enter() */
int machine_teardown(void **state);

/* The configuration of machine_setup()'s package. */
void default_config(struct package_config *config);
void test_entropy(void *buf, size_t n);

uint64_t new_page(struct machine *m);
/* Kernel address of an EPC page, as ENCLS takes it. */
uint64_t kernel_la(const struct machine *m, uint64_t pa);
uint64_t operand(const void *p);

/* The page table. */
void map_page(struct machine *m, uint64_t la, uint64_t pa, unsigned prot);
struct mapping *mapping_of(struct machine *m, uint64_t la);
void unmap_page(struct machine *m, uint64_t la);
/* EPC bytes and EPCM entry behind an address of the enclave. */
void *at(struct machine *m, uint64_t la);
struct epcm *epcm_at(struct machine *m, uint64_t la);
/* Does a processor hold the page?  Is one inside the enclave? */
bool held_at(struct machine *m, uint64_t la);
bool anybody_inside(const struct machine *m);

/* Put a leaf's operands into m and its registers; then encls(&m->lp). */
struct sgx_secs *prepare_ecreate(struct machine *m);
void prepare_eadd(struct machine *m, uint64_t offset, uint64_t secinfo_flags);
struct sgx_tcs *prepare_eadd_tcs(struct machine *m);
void prepare_eextend(struct machine *m, uint64_t chunk_pa);
void prepare_einit(struct machine *m); /* a good, signed SIGSTRUCT */
void prepare_eremove(struct machine *m, uint64_t pa);

/* Build steps that must succeed. */
void create(struct machine *m);
uint64_t add(struct machine *m, uint64_t offset, uint64_t secinfo_flags);
void build(struct machine *m);         /* all but EINIT */
void build_enclave(struct machine *m); /* all */

/* Set registers for EENTER / ERESUME / a leaf inside; then enclu(&m->lp). */
void prepare_eenter(struct machine *m);
void prepare_eresume(struct machine *m);
void prepare_leaf(struct machine *m, uint32_t leaf, uint64_t rbx, uint64_t rcx,
		  uint64_t rdx);
void enter(struct machine *m);
/* An interrupt while inside. */
void interrupt(struct machine *m);

/* Outcomes. */
void check_gp(struct machine *m, int ret);
void check_pf(struct machine *m, int ret, uint64_t la, uint32_t code);
/* ENCLS' "PF(x)"; ENCLU's "PF(x)" on a read or a write. */
void check_encls_pf(struct machine *m, int ret, uint64_t la);
void check_epcm_pf(struct machine *m, int ret, uint64_t la, unsigned access);
/* Retired with a code in RAX; flags as the SDM wants them. */
void check_code(struct machine *m, int ret, enum sgx_return_code code);

#define PT_FLAGS(pt) ((uint64_t)(pt) << SGX_SECINFO_PAGE_TYPE_SHIFT)
#define REG_RW       (PT_FLAGS(PT_REG) | SGX_SECINFO_R | SGX_SECINFO_W)
#define REG_R        (PT_FLAGS(PT_REG) | SGX_SECINFO_R)
#define REG_RX       (PT_FLAGS(PT_REG) | SGX_SECINFO_R | SGX_SECINFO_X)

#endif
