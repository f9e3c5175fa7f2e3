/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rights of protection keys: the handler's own, and those in a signal
 * frame, which the return from the handler puts into force.
 * SDM vol. 3A "Protection Keys".
 */
#ifndef SWSGX_PROCESS_RT_BASE_PKRU_H
#define SWSGX_PROCESS_RT_BASE_PKRU_H

#include <stddef.h>

#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
#include "cpu/xsave.h"
#include "process/rt/base/abi.h"
#include "process/rt/base/params.h"

#define PKRU_DENIED 3u /* access, write; from bit 2 * key on */

/* Only where there are keys. */
static inline uint32_t rdpkru(void)
{
	uint32_t pkru, edx;

	__asm__ volatile("rdpkru" : "=a"(pkru), "=d"(edx) : "c"(0));
	return pkru;
}

static inline void wrpkru(uint32_t pkru)
{
	__asm__ volatile("wrpkru" : : "a"(pkru), "c"(0), "d"(0) : "memory");
}

/* Where the frame has it; NULL: nowhere.  A state that is INIT is made 0. */
static inline uint32_t *frame_pkru(const struct machine_context *mc)
{
	uint32_t at = rt_params.package.xfeature[XFEATURE_NR_PKRU].offset;
	struct _fpstate_64 *fp = (void *)mc->fpstate;
	uint8_t *xsave = (uint8_t *)fp;
	uint64_t *xstate_bv;

	if (!at || !fp || fp->sw_reserved.magic1 != FP_XSTATE_MAGIC1 ||
	    !(fp->sw_reserved.xfeatures & XFEATURE_PKRU))
		return NULL;
	xstate_bv = (uint64_t *)(xsave + XSAVE_LEGACY_SIZE);
	if (!(*xstate_bv & XFEATURE_PKRU)) {
		*xstate_bv |= XFEATURE_PKRU;
		memset(xsave + at, 0, sizeof(uint32_t));
	}
	return (uint32_t *)(xsave + at);
}

#endif
