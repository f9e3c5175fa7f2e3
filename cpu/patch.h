/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions of an enclave that the host's processor would execute
 * differently, and that do not trap: they are found when their page is to be
 * executed, and an INT3 is put in their place.  (On hardware they are what they
 * are: EENTER loads XCR0 from XFRM.)
 *
 * From an INT3 a site may become a jump, E9 and a displacement of four bytes.
 * Only the instruction's own bytes are written: where it is shorter than the
 * jump, the bytes that follow it stay, and are the displacement's end.  While
 * the bytes change, an INT3 stands at the first.
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

#define PATCH_BYTES 15 /* of the instruction that was there */
#define PATCH_SITES 20 /* in one page */
#define PATCH_JUMP  5  /* bytes of a jump */

/* struct epcm.patch */
enum patch_state {
	PATCH_UNSEEN,   /* nobody has looked: not to be executed */
	PATCH_NONE,     /* there is nothing to patch */
	PATCH_RECORDED, /* the record is complete, the page may be */
	PATCH_DONE,
};

struct patch_site {
	uint16_t at;  /* offset in the page */
	uint8_t kind; /* enum insn_kind, cpu/decode.h */
	/* Bytes replaced; 1: it is an INT3; 0: vacant. */
	uint8_t length;
	uint8_t original[PATCH_BYTES];
	uint8_t size;         /* of the instruction */
	int32_t displacement; /* of the jump, if length is more */
};

/* One for each EPC page that has been patched. */
struct patch_page {
	uint8_t count;
	uint8_t unsure; /* candidates left as they are */
	uint8_t reserved[6];
	struct patch_site site[PATCH_SITES];
	uint8_t reserved2[24];
};
_Static_assert(sizeof(struct patch_page) == 512, "record size");

/* Does this enclave's code have to be looked at before it is executed? */
bool patch_wanted(const struct package *package, uint64_t xfrm);

/* May the page not be executed yet, though the EPCM allows that? */
bool patch_due(const struct cpu *cpu, uint64_t pa);

enum patch_result {
	PATCH_OK,
	PATCH_WANTS_BEFORE, /* the page before is not there, and */
	PATCH_WANTS_AFTER,  /* the page behind: load it, or say none is */
};

/*
 * Look at the page, and patch it; to be repeated if it was not finished.  One
 * caller at a time, who keeps out the leaves that take the page or its
 * neighbours exclusively, and EDBGWR: kernel/sgx/patch.c.
 */
struct patch_look {
	bool none_before, none_after; /* no page is there, or no code */
	/* the answer, if it was looked at just now */
	unsigned int sites, unsure;
};

enum patch_result patch_apply(const struct cpu *cpu, uint64_t pa,
			      struct patch_look *look);

/* The i-th site of the page at pa.  False: there is none. */
bool patch_site_at(const struct cpu *cpu, uint64_t pa, unsigned int i,
		   struct patch_site *site);

/*
 * An ENCLU at pa that has been executed, of whatever enclave.  patch_enclu()
 * says what the site would be; patch_add() makes it one, as an INT3.  False:
 * there is none, or its page is not patched.
 */
bool patch_enclu(const struct cpu *cpu, uint64_t pa, struct patch_site *site);
bool patch_add(const struct cpu *cpu, uint64_t pa,
	       const struct patch_site *site);

/*
 * Make the site at pa, an INT3, a jump.  Between the two steps, and before the
 * first, nobody may be at the page's code who has not been interrupted since;
 * one caller at a time, as for patch_apply().  False: it has to stay as it is.
 */
bool patch_jump_begin(const struct cpu *cpu, uint64_t pa, int32_t displacement);
bool patch_jump_end(const struct cpu *cpu, uint64_t pa);
/* A jump becomes an INT3 again.  Who has executed it may be on its way yet. */
void patch_no_jump(const struct cpu *cpu, uint64_t pa);
/*
 * The bytes of a jump's displacement that are not the instruction's, as they
 * stand there; the others are zero.  False: it would leave the page.
 */
bool patch_fixed_bytes(const struct patch_site *site, int32_t *displacement);

/* The page is as its enclave made it, and unseen. */
void patch_undo(const struct cpu *cpu, uint64_t pa);

/* `copy` was read from EPC address [pa, pa + n) of one page: what it was. */
void patch_original(const struct cpu *cpu, uint64_t pa, void *copy, size_t n);

/*
 * EDBGWR.  A breakpoint on a site, and its end, are as on any instruction; a
 * site that becomes another instruction is none any more.  What was a jump is
 * an INT3 afterwards.
 */
void patch_write(const struct cpu *cpu, uint64_t pa, uint64_t value);

enum patch_found {
	PATCH_NO_SITE, /* or a debugger's breakpoint on one */
	PATCH_SITE,
	PATCH_NOT_NOW, /* the page has left, or just come back */
};

/* What is at EPC address pa, where an INT3 was executed? */
enum patch_found patch_find(const struct cpu *cpu, uint64_t pa,
			    struct patch_site *site);

#endif
