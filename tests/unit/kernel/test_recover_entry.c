/* SPDX-License-Identifier: BSD-3-Clause */
/* Killed while a thread enters, or leaves.  See killed.h. */
#include "killed.h"
#include "tests/conform/conform.h"

static bool eenter(void)
{
	m.lp.r.rax = ENCLU_EENTER;
	m.lp.r.rbx = PAGE(0);
	m.lp.r.rcx = m.lp.r.rip = USER_BASE;
	return killed_execute();
}

static void interrupted(void)
{
	killed_go_inside();
	aex(&m.lp, NULL, NULL);
}

static bool eresume(void)
{
	m.lp.r.rax = ENCLU_ERESUME;
	return killed_execute();
}

static bool interrupt(void)
{
	aex(&m.lp, NULL, NULL);
	return !m.lp.cr_enclave_mode;
}

static bool eexit(void)
{
	m.lp.r.rax = ENCLU_EEXIT;
	m.lp.r.rbx = USER_BASE;
	return killed_execute();
}

OP(entry, NULL, eenter, killed_goes_on)
OP(resumption, interrupted, eresume, killed_goes_on)
OP(asynchronous_exit, killed_go_inside, interrupt, killed_goes_on)
OP(exit_by_choice, killed_go_inside, eexit, killed_goes_on)

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("a process is killed inside", "kernel/exit.c do_exit()"),
	DEVIATES("DP12", "inside an enclave",
		 "leaves by AEX, registers are "
		 "lost",
		 T(entry), T(resumption), T(asynchronous_exit),
		 T(exit_by_choice)),
};

CONFORM_MAIN(rows, NULL)
