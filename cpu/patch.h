/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions of an enclave that the host's processor would execute
 * differently, and that do not trap: they are found when their page is to be
 * executed, and an INT3 is put in their place.  (On hardware they are what they
 * are: EENTER loads XCR0 from XFRM.)
 *
 * What an EPC page had is kept beside the EPCM, in a table that all processes
 * share, and is what everybody sees who reads the page by the processor's
 * leaves: EWB, EDBGRD, EACCEPTCOPY.  The EPCM entry says how far it is:
 * written first is what was there, then what is there now; so whoever dies in
 * the midst leaves what the next one completes or undoes.
 *
 * A page that its enclave may write is never patched: EMODPE undoes it.
 * DEVIATION DC33.
 */
#ifndef SWSGX_CPU_PATCH_H
#define SWSGX_CPU_PATCH_H

#include "cpu/cpu.h"

#define PATCH_BYTES	15	/* of the instruction that was there */
#define PATCH_SITES	12	/* in one page */

/* struct epcm.patch */
enum patch_state {
	PATCH_UNSEEN,		/* nobody has looked: not to be executed */
	PATCH_NONE,		/* there is nothing to patch */
	PATCH_RECORDED,		/* the record is complete, the page may be */
	PATCH_DONE,
};

struct patch_site {
	uint16_t at;			/* offset in the page */
	uint8_t kind;			/* enum insn_kind, cpu/decode.h */
	uint8_t length;			/* bytes replaced; 0: vacant */
	uint8_t original[PATCH_BYTES];
	uint8_t reserved;
};

/* One for each EPC page that has been patched. */
struct patch_page {
	uint8_t count;
	uint8_t unsure;			/* candidates left as they are */
	uint8_t reserved[6];
	struct patch_site site[PATCH_SITES];
	uint8_t reserved2[8];
};
_Static_assert(sizeof(struct patch_page) == 256, "record size");

/* Does this enclave's code have to be looked at before it is executed? */
bool patch_wanted(const struct package *package, uint64_t xfrm);

/* May the page not be executed yet, though the EPCM allows that? */
bool patch_due(const struct cpu *cpu, uint64_t pa);

enum patch_result {
	PATCH_OK,
	PATCH_WANTS_BEFORE,	/* the page before is not there, and */
	PATCH_WANTS_AFTER,	/* the page behind: load it, or say none is */
};

/*
 * Look at the page, and patch it; to be repeated if it was not finished.  One
 * caller at a time, who keeps out the leaves that take the page or its
 * neighbours exclusively, and EDBGWR: kernel/sgx/patch.c.
 */
struct patch_look {
	bool none_before, none_after;	/* no page is there, or no code */
	/* the answer, if it was looked at just now */
	unsigned int sites, unsure;
};

enum patch_result patch_apply(const struct cpu *cpu, uint64_t pa,
			      struct patch_look *look);

/* The page is as its enclave made it, and unseen. */
void patch_undo(const struct cpu *cpu, uint64_t pa);

/* `copy` was read from EPC address [pa, pa + n) of one page: what it was. */
void patch_original(const struct cpu *cpu, uint64_t pa, void *copy, size_t n);

/*
 * EDBGWR.  A breakpoint on a site, and its end, are as on any instruction; a
 * site that becomes another instruction is none any more.
 */
void patch_write(const struct cpu *cpu, uint64_t pa, uint64_t value);

enum patch_found {
	PATCH_NO_SITE,		/* or a debugger's breakpoint on one */
	PATCH_SITE,
	PATCH_NOT_NOW,		/* the page has left, or just come back */
};

/* What is at EPC address pa, where an INT3 was executed? */
enum patch_found patch_find(const struct cpu *cpu, uint64_t pa,
			    struct patch_site *site);

#endif
