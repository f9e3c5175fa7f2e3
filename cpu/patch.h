/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Some instructions depend on XCR0 and do not trap.  With the host's XCR0, an
 * enclave's XSAVE would do more than XFRM allows.  (On hardware EENTER loads
 * XCR0 from XFRM.)  So before a page is executed for the first time, such
 * instructions are found, and an INT3 replaces the first byte of each.  The
 * place of such an instruction is a site.
 *
 * A site may later become a jump: E9 and a displacement of four bytes.  Only
 * the instruction's own bytes are written.  If it is shorter than a jump, the
 * bytes after it stay, and are the last bytes of the displacement.  While the
 * other bytes change, the first one is an INT3.
 *
 * A table beside the EPCM, which all processes share, records the original
 * bytes of each page.  Leaves that read a page (EWB, EDBGRD, EACCEPTCOPY) give
 * the original bytes.  The record is written before the page, and the EPCM
 * entry says how far the work is.  So if a process dies at it, another one can
 * complete or undo it.
 *
 * A page that its enclave may write is never patched: EMODPE undoes it.
 * DEVIATION DC33.
 */
#ifndef SWSGX_CPU_PATCH_H
#define SWSGX_CPU_PATCH_H

#include "cpu/cpu.h"

#define PATCH_BYTES 15 /* recorded of each site: the longest instruction */
#define PATCH_SITES 20 /* in one page */
#define PATCH_JUMP  5  /* bytes of a jump */

/* struct epcm.patch */
enum patch_state {
	PATCH_UNSEEN,   /* not examined yet, so it must not be executed */
	PATCH_NONE,     /* there is nothing to patch */
	PATCH_RECORDED, /* the record is complete; the page perhaps not */
	PATCH_DONE,
};

struct patch_site {
	uint16_t at;  /* offset in the page */
	uint8_t kind; /* enum insn_kind, cpu/decode.h */
	/* How many bytes are replaced; 1: an INT3; 0: the site is vacant. */
	uint8_t length;
	uint8_t original[PATCH_BYTES];
	uint8_t size;         /* of the instruction */
	int32_t displacement; /* of the jump, if length > 1 */
};

/* One for each EPC page that has been patched. */
struct patch_page {
	uint8_t count;
	uint8_t unsure; /* candidates that may be data: not patched */
	uint8_t reserved[6];
	struct patch_site site[PATCH_SITES];
	uint8_t reserved2[24];
};
_Static_assert(sizeof(struct patch_page) == 512, "record size");

/* Must code of an enclave with this XFRM be examined before it runs? */
bool patch_wanted(const struct package *package, uint64_t xfrm);

/* Must the page be examined before it is executed? */
bool patch_due(const struct cpu *cpu, uint64_t pa);

enum patch_result {
	PATCH_OK,
	PATCH_WANTS_BEFORE, /* load the page before, or set none_before */
	PATCH_WANTS_AFTER,  /* load the page after, or set none_after */
};

struct patch_look {
	bool none_before, none_after; /* there is no page, or it is not code */
	/* answer: what this call found; 0 if it did not examine the page */
	unsigned int sites, unsure;
};

/*
 * Examine the page, and patch it.  If the result is not PATCH_OK, call again
 * later.  Callers (kernel/sgx/patch.c) must exclude each other, EDBGWR, and the
 * leaves that lock the page or its neighbours exclusively.
 */
enum patch_result patch_apply(const struct cpu *cpu, uint64_t pa,
			      struct patch_look *look);

/* Read the i-th site of the page at pa.  False: there is none. */
bool patch_site_at(const struct cpu *cpu, uint64_t pa, unsigned int i,
		   struct patch_site *site);

/*
 * For an ENCLU at pa that an enclave has just executed; any enclave, also one
 * whose XFRM is XCR0.  patch_enclu() fills *site for it.  patch_add() makes it
 * a site, with an INT3.  False: there is no ENCLU, or no patching the page.
 */
bool patch_enclu(const struct cpu *cpu, uint64_t pa, struct patch_site *site);
bool patch_add(const struct cpu *cpu, uint64_t pa,
	       const struct patch_site *site);

/*
 * Turn the site at pa from an INT3 into a jump, in two steps.  Before each step
 * the caller must interrupt every thread that executes the enclave's code.
 * Callers exclude each other, as for patch_apply().  False: it stays an INT3.
 */
bool patch_jump_begin(const struct cpu *cpu, uint64_t pa, int32_t displacement);
bool patch_jump_end(const struct cpu *cpu, uint64_t pa);
/*
 * Turn a jump back into an INT3.  A thread that executed the jump may still be
 * in the code that it leads to.
 */
void patch_no_jump(const struct cpu *cpu, uint64_t pa);
/*
 * The bytes of a jump's displacement that lie after the instruction, which are
 * given; its other bytes are zero.  False: the jump would cross the page's end.
 */
bool patch_fixed_bytes(const struct patch_site *site, int32_t *displacement);

/* Restore the page's original bytes; its state is PATCH_UNSEEN again. */
void patch_undo(const struct cpu *cpu, uint64_t pa);

/*
 * `copy` holds n bytes read at EPC address pa, within one page: put back the
 * original bytes.
 */
void patch_original(const struct cpu *cpu, uint64_t pa, void *copy, size_t n);

/*
 * EDBGWR.  A debugger can set and remove a breakpoint on a site as on any
 * instruction.  If a write makes it another instruction, it is no site any
 * more.  If the site was a jump, it is an INT3 afterwards.
 */
void patch_write(const struct cpu *cpu, uint64_t pa, uint64_t value);

enum patch_found {
	PATCH_NO_SITE, /* also: a debugger's breakpoint on a site */
	PATCH_SITE,
	PATCH_NOT_NOW, /* the page left the EPC, or has just come back */
};

/* An INT3 was executed at EPC address pa: is it a site's? */
enum patch_found patch_find(const struct cpu *cpu, uint64_t pa,
			    struct patch_site *site);

#endif
