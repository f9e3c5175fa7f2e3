/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A signal frame, as a handler finds it; see victim.h.
 *
 * Source: SDM "Asynchronous Enclave Exit", "Synthetic State on Asynchronous
 * Enclave Exit".
 */
#define _GNU_SOURCE
#include <string.h>
#include <ucontext.h>

#include "tests/process/check.h"
#include "tests/process/victim.h"

/* x87 and SSE as an AEX leaves them. */
#define SYNTHETIC_FCW	0x37f
#define SYNTHETIC_MXCSR 0x1fb0

/* CF PF AF ZF SF OF: cleared by an AEX. */
#define ARITHMETIC_FLAGS 0x8d5

static void record_gregs(struct seen *seen, const greg_t *gregs)
{
	seen->rip = gregs[REG_RIP];
	seen->rsp = gregs[REG_RSP];
	seen->rflags = gregs[REG_EFL];
	seen->rax = gregs[REG_RAX];
	seen->rbx = gregs[REG_RBX];
	seen->rcx = gregs[REG_RCX];
	seen->rdx = gregs[REG_RDX];
	seen->rsi = gregs[REG_RSI];
	seen->rdi = gregs[REG_RDI];
	for (int i = 0; i < 8; i++)
		seen->high[i] = gregs[REG_R8 + i];
	seen->trapno = gregs[REG_TRAPNO];
	seen->err = gregs[REG_ERR];
	seen->cr2 = gregs[REG_CR2];
}

static void record_fpu(struct seen *seen, const struct _libc_fpstate *fpu)
{
	uint32_t any = 0;

	seen->fcw = fpu->cwd;
	seen->fsw = fpu->swd;
	seen->mxcsr = fpu->mxcsr;
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 4; j++)
			any |= fpu->_xmm[i].element[j];
	seen->xmm_zero = any == 0;
}

void seen_record(struct seen *seen, int sig, const siginfo_t *info,
		 const void *context)
{
	const ucontext_t *uc = context;

	seen->count++;
	seen->sig = sig;
	seen->code = info->si_code;
	seen->addr = (uint64_t)(uintptr_t)info->si_addr;
	seen->here = (uint64_t)(uintptr_t)&uc;
	record_gregs(seen, uc->uc_mcontext.gregs);
	record_fpu(seen, uc->uc_mcontext.fpregs);
}

void seen_check_aex(const struct seen *seen, uint64_t tcs, uint64_t aep)
{
	CHECK_EQ(seen->rip, aep);
	CHECK_EQ(seen->rax, ENCLU_ERESUME);
	CHECK_EQ(seen->rbx, tcs);
	CHECK_EQ(seen->rcx, aep);
	CHECK_EQ(seen->rdx, 0);
	CHECK_EQ(seen->rsi, 0);
	CHECK_EQ(seen->rdi, 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(seen->high[i], 0);
	CHECK_EQ(seen->rflags & ARITHMETIC_FLAGS, 0);
}

void seen_check_fpu(const struct seen *seen)
{
	CHECK_EQ(seen->fcw, SYNTHETIC_FCW);
	CHECK_EQ(seen->fsw, 0);
	CHECK_EQ(seen->mxcsr, SYNTHETIC_MXCSR);
	CHECK(seen->xmm_zero);
}

void victim_abandon(void *context)
{
	ucontext_t *uc = context;

	uc->uc_mcontext.gregs[REG_RIP] =
		(greg_t)(uintptr_t)enclave_raw_abandon;
	/* An AEX by #MF leaves it pending, for the next x87 instruction. */
	uc->uc_mcontext.fpregs->cwd = SYNTHETIC_FCW;
	uc->uc_mcontext.fpregs->swd = 0;
}
