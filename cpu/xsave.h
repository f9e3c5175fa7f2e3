/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Extended state: the XSAVE area of an SSA frame, and how it is copied to and
 * from the live area, which the caller of a leaf put into struct lp.
 *
 * Both areas have the standard (non-compacted) format.  A frame's pages need
 * not be contiguous in the EPC, so a frame is given by the EPC address of each
 * of its pages.
 *
 * Source: SDM vol. 1 "Managing State Using the XSAVE Feature Set"; vol. 3D
 * "Processor Extended States", "Synthetic State on Asynchronous Enclave Exit".
 */
#ifndef SWSGX_CPU_XSAVE_H
#define SWSGX_CPU_XSAVE_H

#include "cpu/cpu.h"

#define XSAVE_LEGACY_SIZE 512
#define XSAVE_HEADER_SIZE 64
#define XSAVE_MIN_SIZE    (XSAVE_LEGACY_SIZE + XSAVE_HEADER_SIZE)

/* Would XSETBV accept this value on a processor with these components? */
bool xfrm_legal(const struct package *package, uint64_t xfrm);
/* Bytes that XSAVE needs for these components. */
uint32_t xsave_size(const struct package *package, uint64_t xfrm);

/* The live PKRU, the rights of protection keys; 0 if there are no keys. */
uint32_t live_pkru(const struct lp *lp);

/* The pages of a frame that hold its XSAVE area, in order. */
struct xsave_frame {
	struct cpu *cpu;
	const uint64_t *pages; /* EPC addresses */
	uint64_t xfrm;
};

/* AEX: live area -> frame.  A component that the live area lacks is INIT. */
void xsave_to_frame(const struct lp *lp, const struct xsave_frame *frame);
/* AEX: give the live components of XFRM their synthetic state. */
void xsave_synthesize(struct lp *lp, uint64_t xfrm, int vector);

/* ERESUME: would XRSTOR from this frame be #GP? */
bool xrstor_faults(const struct lp *lp, const struct xsave_frame *frame);
/* ERESUME: frame -> live area.  xrstor_faults() must have said no. */
void xrstor_from_frame(struct lp *lp, const struct xsave_frame *frame);

#endif
