/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The code of stubs (stub.h); each has its own page.  A handler must see an
 * interrupted thread at the site's instruction, or after it, but not in the
 * stub.  So each instruction of a stub has a phase.  The phase says how to
 * restore the registers.
 */
#ifndef SWSGX_PROCESS_RT_LP_STUB_EMIT_H
#define SWSGX_PROCESS_RT_LP_STUB_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/decode.h"
#include "cpu/patch.h"

#define STUB_CODE 192 /* bytes of the longest */

enum stub_way {
	STUB_XCR0,    /* an instruction that goes by XCR0 */
	STUB_TO_VDSO, /* EEXIT to behind the vDSO's ENCLU */
	STUB_LEAF,    /* any leaf of ENCLU */
};

enum stub_phase {
	/* At the instruction, but for: */
	STUB_SAME,
	STUB_SWAPPED,      /* RAX and RCX */
	STUB_SWAPPED_NOT,  /* and RCX is inverted then */
	STUB_SWAPPED_LESS, /* or less by `known` */
	STUB_SWAPPED_LOST, /* and RCX is lost, which was `known` */
	STUB_AX_LOST,      /* AX, which was all ones */
	STUB_FLAGS_IN_AX,  /* that and the flags: LAHF; SETO AL */
	STUB_FLAGS_ADDED,  /* then ADD AL, 7FH */
	STUB_NARROWED,     /* RAX, by `drop` */
	STUB_KEPT,         /* RAX, `known`, and RCX, which struct plain has */
	/* Behind it, but for: */
	STUB_DONE,
	STUB_DONE_NARROWED,
	STUB_XGETBV, /* perhaps RAX and RDX, its results */
};

struct stub {
	uint64_t site;      /* 0: vacant */
	uint64_t code;      /* address of its page */
	uint64_t token_ino; /* the enclave's */
	uint32_t encl;      /* its index */
	uint32_t known;     /* XFRM; of ENCLU, the leaf */
	uint32_t drop;      /* of EAX: what XFRM has not of XCR0 */
	enum stub_way way;
	struct patch_site of;
	uint8_t phase[STUB_CODE];
};

/* Where the next instruction goes. */
struct stub_emit {
	struct stub *stub;
	uint8_t *to; /* the page, where it can be written */
	unsigned int n;
};

/* n bytes of one instruction. */
void stub_put(struct stub_emit *e, enum stub_phase phase, const void *bytes,
	      unsigned int n);
/* A JMP; `to` is within 2 GiB. */
void stub_jump(struct stub_emit *e, enum stub_phase phase, uint64_t to);

/* stub_xsave.c: can there be one?  Then: its code. */
bool stub_xsave_fits(const struct stub *s);
void stub_xsave(struct stub_emit *e);
/* stub_enclu.c: STUB_TO_VDSO, and STUB_LEAF, for which there must be room. */
void stub_to_vdso(struct stub_emit *e);
bool stub_leaf_fits(void);
void stub_leaf(struct stub_emit *e);

#endif
