/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why something was refused.  Neither the SDM nor Linux has this: it is for a
 * person who sees only an errno or an exception.  The code that refuses notes
 * the reason.  The process layer prints it for `swsgx run --verbose`.  Nothing
 * else depends on it.
 */
#ifndef SWSGX_CPU_WHY_H
#define SWSGX_CPU_WHY_H

#include <stdint.h>

/*
 * The last refusal that this logical processor met.  In the text, %x (hex), %u
 * (decimal), %h (the start of a hash), %p (rwx of a SECINFO or PROT_*) and %t
 * (page type) stand for the numbers, one after the other.
 */
struct why {
	const char *text; /* static; NULL: no reason was noted */
	uint64_t n[3];
	uint32_t leaf; /* 1 + the leaf of ENCLS that refused, or 0 */
	int result;    /* of that leaf, as in kernel/sgx/encls.h */
};

static inline void why_note(struct why *why, struct why now)
{
	*why = now;
}

/* because(lp, "text", numbers...): the reason of the refusal that follows. */
#define because(lp, reason, ...) \
	why_note(&(lp)->why, \
		 (struct why){ .text = (reason), .n = { __VA_ARGS__ } })

/* The same, with what the refusal gives: return refuse(lp, -EIO, "text") */
#define refuse(lp, value, ...) (because(lp, __VA_ARGS__), (value))

#endif
