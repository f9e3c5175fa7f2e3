/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exceptions other than page faults, and the signals that Linux makes of them.
 * After Linux 6.1 arch/x86/kernel/traps.c: do_error_trap() and its callers,
 * exc_general_protection(), exc_int3(), math_error().
 */
#include <asm-generic/siginfo.h>
#include <asm/signal.h>

#include "kernel/fault/fault.h"

/* Where si_addr comes from. */
enum trap_addr { ADDR_NONE, ADDR_RIP };

struct trap {
	uint8_t vector;
	uint8_t sig;
	uint8_t addr;  /* enum trap_addr */
	bool has_code; /* the vector pushes an error code */
	int code;
};

/* SI_KERNEL where Linux uses force_sig(): no address, no detail. */
static const struct trap traps[] = {
	{ VECTOR_DE, SIGFPE, ADDR_RIP, false, FPE_INTDIV },
	{ VECTOR_DB, SIGTRAP, ADDR_RIP, false, TRAP_TRACE },
	{ VECTOR_BP, SIGTRAP, ADDR_NONE, false, SI_KERNEL },
	{ VECTOR_OF, SIGSEGV, ADDR_NONE, false, SI_KERNEL },
	{ VECTOR_BR, SIGSEGV, ADDR_NONE, false, SI_KERNEL },
	{ VECTOR_UD, SIGILL, ADDR_RIP, false, ILL_ILLOPN },
	{ VECTOR_TS, SIGSEGV, ADDR_NONE, true, SI_KERNEL },
	{ VECTOR_NP, SIGBUS, ADDR_NONE, true, SI_KERNEL },
	{ VECTOR_SS, SIGBUS, ADDR_NONE, true, SI_KERNEL },
	{ VECTOR_GP, SIGSEGV, ADDR_NONE, true, SI_KERNEL },
	{ VECTOR_MF, SIGFPE, ADDR_RIP, false, 0 },
	{ VECTOR_AC, SIGBUS, ADDR_NONE, true, BUS_ADRALN },
	{ VECTOR_XM, SIGFPE, ADDR_RIP, false, 0 },
};

static const struct trap *find_trap(uint8_t vector)
{
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
		if (traps[i].vector == vector)
			return &traps[i];
	}
	return find_trap(VECTOR_GP);
}

void exc_signal(uint8_t vector, uint32_t error_code, uint64_t rip,
		struct ksignal *signal)
{
	const struct trap *trap = find_trap(vector);

	*signal = (struct ksignal){
		.sig = trap->sig,
		.code = trap->code,
		.addr = trap->addr == ADDR_RIP ? rip : 0,
		.trapnr = vector,
		.error_code = trap->has_code ? error_code : 0,
	};
}
