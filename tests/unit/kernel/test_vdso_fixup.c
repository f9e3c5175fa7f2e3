/* SPDX-License-Identifier: BSD-3-Clause */
/* fixup_vdso_exception(), and the signals where it does not apply. */
#define _GNU_SOURCE /* TRAP_TRACE */
#include <signal.h>

#include "fixture.h"
#include "kernel/vdso/vdso.h"
#include "tests/conform/conform.h"
#include "vdso_offsets.h"

#define VDSO 0x7fff12340000ull

static struct lp lp;

static int at_enclu(void **state)
{
	(void)state;
	memset(&lp, 0, sizeof(lp));
	memset(&lp.r, 0x5a, sizeof(lp.r));
	lp.r.rip = VDSO + VDSO_SGX_ENCLU;
	lp.r.rax = 3;
	return 0;
}

static void continues_at_the_landing_pad(void **state)
{
	struct lp_regs want = lp.r;

	(void)state;
	assert_true(
		fixup_vdso_exception(&lp, VDSO, VECTOR_PF, 0x8007, 0x123000));
	want.rip = VDSO + VDSO_SGX_FIXUP;
	want.rdi = VECTOR_PF;
	want.rsi = 0x8007;
	want.rdx = 0x123000;
	/* Everything else as at the trap. */
	assert_memory_equal(&lp.r, &want, sizeof(want));
}

static void every_vector_but_those_of_debuggers(void **state)
{
	for (unsigned vector = 0; vector < 32; vector++) {
		bool mended = vector != 1 && vector != 3 && vector != 18;

		at_enclu(state);
		assert_int_equal(fixup_vdso_exception(&lp, VDSO, vector, 0, 0),
				 mended);
		assert_int_equal(lp.r.rip == VDSO + VDSO_SGX_FIXUP, mended);
	}
}

static void only_that_address(void **state)
{
	static const int64_t elsewhere[] = { -1, 1, 3, 4096, -4096 };

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		lp.r.rip = VDSO + VDSO_SGX_ENCLU + elsewhere[i];
		assert_false(fixup_vdso_exception(&lp, VDSO, VECTOR_PF, 4, 0));
	}
}

/* The table of vectors and signals. */
static void signals_of_the_other_vectors(void **state)
{
	static const struct {
		uint8_t vector;
		int sig, code;
		bool rip, error_code;
	} table[] = {
		{ 0, SIGFPE, FPE_INTDIV, true, false },
		{ 1, SIGTRAP, TRAP_TRACE, true, false },
		{ 3, SIGTRAP, SI_KERNEL, false, false },
		{ 4, SIGSEGV, SI_KERNEL, false, false },
		{ 5, SIGSEGV, SI_KERNEL, false, false },
		{ 6, SIGILL, ILL_ILLOPN, true, false },
		{ 10, SIGSEGV, SI_KERNEL, false, true },
		{ 11, SIGBUS, SI_KERNEL, false, true },
		{ 12, SIGBUS, SI_KERNEL, false, true },
		{ 13, SIGSEGV, SI_KERNEL, false, true },
		{ 16, SIGFPE, 0, true, false },
		{ 17, SIGBUS, BUS_ADRALN, false, true },
		{ 19, SIGFPE, 0, true, false },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ksignal sig;

		exc_signal(table[i].vector, 0x18, 0x4321, &sig);
		assert_int_equal(sig.sig, table[i].sig);
		assert_int_equal(sig.code, table[i].code);
		assert_int_equal(sig.addr, table[i].rip ? 0x4321 : 0);
		assert_int_equal(sig.trapnr, table[i].vector);
		assert_int_equal(sig.error_code,
				 table[i].error_code ? 0x18 : 0);
		assert_int_equal(sig.cr2, 0);
	}
}

#define AT(f) cmocka_unit_test_setup(f, at_enclu)

static const struct conform rows[] = {
	SUBJECT("exception at the vDSO's ENCLU",
		"arch/x86/entry/vdso/extable.c fixup_vdso_exception()"),
	ROW("at another address", "a signal", AT(only_that_address)),
	ROW("#DB, #BP", "a signal", AT(every_vector_but_those_of_debuggers)),
	ROW("any other vector",
	    "the landing pad; RDI, RSI, RDX: vector, "
	    "error code, address",
	    AT(continues_at_the_landing_pad),
	    AT(every_vector_but_those_of_debuggers)),
	SUBJECT("signal of an exception", "arch/x86/kernel/traps.c"),
	ROW("each vector but #PF", "signal, si_code, si_addr of Linux",
	    cmocka_unit_test(signals_of_the_other_vectors)),
};

CONFORM_MAIN(rows, NULL)
