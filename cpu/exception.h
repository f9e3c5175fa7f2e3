/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an exception is in an enclave.  The host's processor executes the
 * enclave's code outside enclave mode, and raises what it raises there.  Some
 * of that differs inside: this is where it is put right, before aex().
 *
 * Source: SDM vol. 3D "Intel SGX Interactions with IA-32 and Intel 64
 * Architecture", "Illegal Instructions", "INT 3 Behavior Inside an Enclave";
 * "Enclave Code Debug and Profiling".
 */
#ifndef SWSGX_CPU_EXCEPTION_H
#define SWSGX_CPU_EXCEPTION_H

#include "cpu/cpu.h"
#include "cpu/instruction.h"

/* What the host's processor has raised. */
struct host_event {
	uint8_t vector;
	uint32_t error_code;
	bool int1;         /* a #DB of INT1 */
	bool far_transfer; /* a far transfer was executed */
};

/*
 * Is it none in an enclave?  A thread that debugging has not opted in takes no
 * single step, and matches no breakpoint.
 */
bool exception_suppressed(const struct lp *lp, const struct host_event *event);

/* Is RIP outside ELRANGE, so that what happened is #GP? */
bool exception_strayed(const struct lp *lp, const struct host_event *event);

/*
 * Fill lp->fault with the exception that the enclave has, and put lp->r.rip
 * where it has it.  A page fault's address is left for the caller.
 */
void enclave_exception(struct lp *lp, const struct instruction *insn,
		       const struct host_event *event);

#endif
