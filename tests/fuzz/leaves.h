/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small processor to run leaves on at random: 31 EPC pages, three logical
 * processors that enter enclaves, and a fourth for the kernel's ENCLS.  There
 * is no operating system that would only do sensible things: the leaves are
 * all that keeps the EPCM in order, and leaves_check() looks whether they do.
 */
#ifndef SWSGX_TESTS_FUZZ_LEAVES_H
#define SWSGX_TESTS_FUZZ_LEAVES_H

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"
#include "tests/fuzz/input.h"

#define EPC_PAGES       32u /* page 0 is none */
#define LPS             3u
#define SLOTS           2u /* ELRANGEs */
#define SLOT_PAGES      16u
#define SLOT_SIZE       (SLOT_PAGES * SGX_PAGE_SIZE)
#define SLOT_BASE(slot) (((slot) + 1ull) << 28)
#define BLOBS           4u
#define PCMD_SIZE       128u

/* Linux's page tables: what a page of an ELRANGE is mapped to. */
struct leaves_pte {
	uint64_t pa;  /* EPC_NONE with a prot: ordinary memory */
	uint8_t prot; /* 1 read, 2 write, 4 execute; 0: no page */
};

/* What software keeps in memory for a leaf; whole pages, and room behind. */
struct leaves_arena {
	uint8_t head[SGX_PAGE_SIZE]; /* PAGEINFO, SECINFO, PCMD */
	uint8_t source[SGX_PAGE_SIZE];
	uint8_t output[SGX_PAGE_SIZE];
	struct sgx_sigstruct sigstruct __attribute__((aligned(4096)));
	struct sgx_einittoken token __attribute__((aligned(512)));
	uint8_t beyond[SGX_PAGE_SIZE] __attribute__((aligned(4096)));
};

/* A page that EWB wrote out. */
struct leaves_blob {
	bool used, loaded;
	uint8_t source[SGX_PAGE_SIZE];
	uint8_t pcmd[PCMD_SIZE];
	uint8_t plain[SGX_PAGE_SIZE];
	uint64_t linaddr, secs_pa;
	unsigned va_page, va_slot;
};

struct leaves {
	struct package package;
	struct cpu cpu;
	struct lp kernel;
	struct lp lp[LPS];
	uint32_t nr_processors;
	uint8_t xsave[LPS][16384];
	struct leaves_pte pte[SLOTS][SLOT_PAGES];
	struct leaves_arena *arena;
	struct leaves_blob blob[BLOBS];
	struct leaves_blob pending; /* EWB is writing it */
	uint8_t mrsigner[32];
	struct {
		uint8_t at, bits;
	} tcs_quirk; /* a byte of each TCS that is added, changed */
};

/* Once, and before each input. */
void leaves_init(struct leaves *l);
void leaves_reset(struct leaves *l);

/* The page table entry of a linear address; NULL outside the ELRANGEs. */
struct leaves_pte *leaves_pte(struct leaves *l, uint64_t la);
/* The first EPC page that is not valid; some page if all are. */
unsigned leaves_free_page(const struct leaves *l);
/* Operand of ENCLS: the kernel's address of EPC page number n. */
uint64_t leaves_epc(const struct leaves *l, unsigned n);

/*
 * Code inside the enclave writes n bytes to la, all in one page: if the
 * processor lets it, they are written, and true is returned.
 */
bool leaves_store(struct leaves *l, struct lp *lp, uint64_t la,
		  const void *from, size_t n);

/* The EPCM as it was, for leaves_check_fault(). */
struct leaves_state {
	struct epcm epcm[EPC_PAGES];
	struct lp_regs r;
};
void leaves_save(const struct leaves *l, const struct lp *lp,
		 struct leaves_state *state);
/* A leaf has faulted: it must have left no trace. */
void leaves_check_fault(const struct leaves *l, const struct lp *lp,
			const struct leaves_state *before);
/* Only EPC page n may differ in the EPCM. */
void leaves_check_only(const struct leaves *l,
		       const struct leaves_state *before, unsigned n);
/* Everything that holds between leaves. */
void leaves_check(const struct leaves *l);

#endif
