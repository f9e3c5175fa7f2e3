/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vDSO image: kernel/vdso/ links a shared object that stands for Linux's
 * own, with __vdso_sgx_enter_enclave in it.  The runtime maps it (inside the
 * runtime's blob, page aligned) and rewrites AT_SYSINFO_EHDR to it.
 *
 * The image is read-only data here.  The offsets are generated from its
 * symbols at build time (tools/vdso-offsets.sh writes vdso_offsets.h):
 *   VDSO_SGX_ENCLU	the instruction that enters; it is also the AEP
 *   VDSO_SGX_AGAIN	a point before it, to which one can go back with EAX
 *			and the frame as they are at the instruction
 *   VDSO_SGX_FIXUP	where execution goes on after an exception
 *   VDSO_CLOCK_TABLE	struct vdso_clocks, which the runtime fills in before
 *			the image becomes read-only
 *   VDSO_GETRANDOM_SYM	st_shndx of __vdso_getrandom in the dynamic symbols.
 *			Where vdso_clocks.getrandom is 0 the runtime clears
 *			these 2 bytes and the 8 of st_value after them (glibc
 *			looks at the one, others at the other): undefined.
 *   VDSO_SIZE		of the image, whole pages
 */
#ifndef SWSGX_KERNEL_VDSO_VDSO_H
#define SWSGX_KERNEL_VDSO_VDSO_H

#include <stdbool.h>
#include <stdint.h>

struct lp;

/*
 * Functions of the host's own vDSO that ours passes calls on to; 0 where the
 * host has none: then the stub makes the system call instead.  And where its
 * ENCLU asks the runtime whether it can enter without one.
 */
struct vdso_clocks {
	uint64_t clock_gettime, gettimeofday, time, clock_getres, getcpu;
	uint64_t getrandom;
	uint64_t enter; /* EENTER, before the instruction; never 0 */
};

/*
 * fixup.c: Linux's fixup_exception for __vdso_sgx_enter_enclave.  If rip is the
 * vDSO's ENCLU and the vector is one that Linux fixes up, rewrites lp->r (rip,
 * rdi, rsi, rdx) and returns true.  Linux 6.1 entry/vdso/extable.c.
 */
bool fixup_vdso_exception(struct lp *lp, uint64_t vdso_base, uint8_t vector,
			  uint32_t error_code, uint64_t address);

#endif
