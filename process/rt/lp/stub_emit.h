/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The code of stubs (stub.h); each has its own page.  A handler must see an
 * interrupted thread at the site's instruction, or after it, but not in the
 * stub.  So each instruction of a stub has a phase.  The phase says how to
 * restore the registers.
 */
#ifndef SWSGX_PROCESS_RT_LP_STUB_EMIT_H
#define SWSGX_PROCESS_RT_LP_STUB_EMIT_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu/decode.h"
#include "cpu/patch.h"
#include "process/rt/base/abi.h"

struct thread;

#define STUB_CODE 192 /* bytes of the longest */

enum stub_way {
	STUB_XCR0, /* an instruction that depends on XCR0 */
	STUB_LEAF, /* ENCLU */
};

enum stub_phase {
	/* The state before the instruction, except that: */
	STUB_SAME,
	STUB_SWAPPED,      /* RAX and RCX are exchanged */
	STUB_SWAPPED_NOT,  /* and RCX is inverted after that */
	STUB_SWAPPED_LESS, /* or `known` was subtracted from it */
	STUB_SWAPPED_LOST, /* or it is overwritten: it was `known` */
	STUB_AX_LOST,      /* AX is overwritten: it was all ones */
	STUB_FLAGS_IN_AX,  /* AX has the flags: LAHF; SETO AL */
	STUB_FLAGS_ADDED,  /* likewise, after ADD AL, 7FH */
	STUB_NARROWED,     /* `drop` was subtracted from RAX */
	STUB_KEPT,         /* RAX was `known`; struct plain has RCX */
	/* The state after the instruction, except that: */
	STUB_DONE,
	STUB_DONE_NARROWED,
	STUB_XGETBV, /* RAX and RDX may lack its result */
};

struct stub {
	uint64_t site;      /* 0: vacant */
	uint64_t code;      /* address of its page */
	uint64_t token_ino; /* the enclave's */
	uint32_t encl;      /* its index */
	uint32_t known;     /* XFRM; of ENCLU, the leaf */
	uint32_t drop;      /* the bits of XCR0 that XFRM lacks */
	enum stub_way way;
	struct patch_site of;
	uint8_t phase[STUB_CODE];
};

/* Where the next instruction of a stub is written. */
struct stub_emit {
	struct stub *stub;
	uint8_t *to; /* the page, where it can be written */
	unsigned int n;
};

/* Write one instruction of n bytes. */
void stub_put(struct stub_emit *e, enum stub_phase phase, const void *bytes,
	      unsigned int n);
/* Write a JMP; `to` is within 2 GiB. */
void stub_jump(struct stub_emit *e, enum stub_phase phase, uint64_t to);

/* stub.c: write the stub to a new page at this address.  False: not possible.
 */
bool stub_make_at(struct stub *s, uint64_t at);
/* Restore the registers as the phase says, without RIP. */
void stub_take_back(struct thread *t, const struct stub *s,
		    enum stub_phase phase, struct machine_context *mc);
bool stub_is_step(int sig, const siginfo_t *info,
		  const struct machine_context *mc);

/* stub_xsave.c: is a stub possible there?  Write its code. */
bool stub_xsave_fits(const struct stub *s);
void stub_xsave(struct stub_emit *e);
/* stub_enclu.c: likewise. */
bool stub_leaf_fits(void);
void stub_leaf(struct stub_emit *e);

#endif
