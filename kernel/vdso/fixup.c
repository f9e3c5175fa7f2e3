/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exceptions at the vDSO's ENCLU are not signals: execution goes on at the
 * function's own landing pad, with what happened in registers.
 * After Linux 6.1 arch/x86/entry/vdso/extable.c fixup_vdso_exception().
 */
#include "kernel/vdso/vdso.h"

#include "cpu/cpu.h"
#include "vdso_offsets.h"

bool fixup_vdso_exception(struct lp *lp, uint64_t vdso_base, uint8_t vector,
			  uint32_t error_code, uint64_t address)
{
	/* Linux never fixes these up: debuggers and the machine want them. */
	if (vector == VECTOR_DB || vector == VECTOR_BP || vector == VECTOR_MC)
		return false;
	if (lp->r.rip != vdso_base + VDSO_SGX_ENCLU)
		return false;
	lp->r.rip = vdso_base + VDSO_SGX_FIXUP;
	lp->r.rdi = vector;
	lp->r.rsi = error_code;
	lp->r.rdx = address;
	return true;
}
