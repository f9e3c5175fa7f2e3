/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entering, and recognising the loss of the enclave.
 * Source: Linux <asm/sgx.h> struct sgx_enclave_run; SDM "EENTER", "ERESUME",
 * "Asynchronous Enclave Exit".
 */
#define _GNU_SOURCE /* REG_RIP */
#include "examples/service/entry.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "examples/lib/error.h"

#define VECTOR_GENERAL_PROTECTION 13

/* What this thread's last fault was; a handler runs on the thread itself. */
static _Thread_local struct enclave_exit caught;

static bool is_at(uint64_t rip, const char *place)
{
	return rip == (uint64_t)(uintptr_t)place;
}

/*
 * A fault of enclave_enter_raw(): RIP is at its ENCLU if EENTER was refused,
 * at its AEP if the thread was inside, or had been and could not get back in.
 * Returning there would fault again, for ever; so the thread is sent to where
 * enclave_enter_raw() returns 1.
 */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t rip = (uint64_t)regs[REG_RIP];
	bool inside = is_at(rip, enclave_raw_aep);

	if (!inside && !is_at(rip, enclave_raw_enclu)) {
		/* A bug of this program's: let the default action show it. */
		signal(sig, SIG_DFL);
		return;
	}
	caught = (struct enclave_exit){
		.function = inside ? ENCLU_ERESUME : ENCLU_EENTER,
		.vector = (uint16_t)regs[REG_TRAPNO],
		.error_code = (uint16_t)regs[REG_ERR],
		.addr = (uint64_t)(uintptr_t)info->si_addr,
	};
	regs[REG_RIP] = (greg_t)(uintptr_t)enclave_raw_abandon;
}

int entry_catch_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	struct sigaction sa = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO,
	};
	unsigned i;

	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], &sa, NULL))
			return enclave_fail_errno("sigaction");
	return 0;
}

static int enter_by_signal(const struct enclave *e, unsigned tcs, void *call,
			   struct enclave_exit *exit)
{
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)call };

	if (enclave_enter_raw(e->tcs[tcs], ENCLU_EENTER, &regs))
		*exit = caught;
	else
		*exit = (struct enclave_exit){ .function = ENCLU_EEXIT,
					       .result = regs.rdi };
	return 0;
}

static int enter(const struct enclave *e, unsigned tcs, enum way way,
		 void *call, struct enclave_exit *exit)
{
	return way == BY_VDSO ? enclave_enter(e, tcs, call, exit) :
				enter_by_signal(e, tcs, call, exit);
}

/*
 * EENTER has nothing to object to but the loss: nobody else uses this TCS, and
 * it has an SSA frame to spare.  A page fault inside that Linux could not mend
 * is the loss too, because the host never takes a page of its enclave away:
 * with the bit SGX, the EPCM knows the page no more; without it, Linux had
 * paged it out, and nothing can decrypt it any more (SIGBUS, by signal).
 *
 * Only a #GP inside is ambiguous: early processors have it for the EPCM's
 * refusals, and the enclave's own bugs have it on all.  Then another EENTER
 * tells, which finds the thread interrupted, and runs enclave_exception().
 */
static bool is_loss(const struct enclave *e, unsigned tcs, enum way way,
		    const struct enclave_exit *exit)
{
	struct enclave_exit again;

	if (exit->function == ENCLU_EENTER)
		return exit->vector == VECTOR_PAGE_FAULT ||
		       exit->vector == VECTOR_GENERAL_PROTECTION;
	if (exit->vector == VECTOR_PAGE_FAULT)
		return (exit->error_code & ERROR_CODE_SGX) ||
		       exit->addr - e->base < e->size;
	return exit->vector == VECTOR_GENERAL_PROTECTION &&
	       !enter(e, tcs, way, NULL, &again) &&
	       again.function == ENCLU_EENTER;
}

enum outcome entry_call(const struct enclave *e, unsigned tcs, enum way way,
			void *call, struct enclave_exit *how)
{
	int ret = enter(e, tcs, way, call, how);

	if (ret) {
		enclave_fail(-ret, "__vdso_sgx_enter_enclave: %s",
			     strerror(-ret));
		return FAILED;
	}
	if (how->function == ENCLU_EEXIT && how->result == 0)
		return DONE;
	if (how->function != ENCLU_EEXIT && is_loss(e, tcs, way, how))
		return LOST;
	enclave_fail(EFAULT,
		     "the enclave failed: ENCLU leaf %u, exception "
		     "%u, error code 0x%x, address 0x%llx, result %llu",
		     how->function, how->vector, how->error_code,
		     (unsigned long long)how->addr,
		     (unsigned long long)how->result);
	return FAILED;
}
