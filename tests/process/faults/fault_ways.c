/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See fault_ways.h.  After a fault inside, the enclave is entered at CSSA 1: it
 * tells what the processor wrote to the SSA, and skips the instruction.
 */
#define _GNU_SOURCE
#include "tests/process/faults/fault_ways.h"

#include <string.h>

#include "tests/process/fixture/check.h"

static struct seen seen;
static volatile bool outside;
static sigjmp_buf way_out;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	seen_record(&seen, sig, info, context);
	if (outside)
		siglongjmp(way_out, 1);
	victim_abandon(context);
}

static struct told told_by_signal(void)
{
	return (struct told){
		.faulted = true,
		.vector = seen.trapno,
		.err = seen.err,
		.addr = seen.addr,
		.sig = seen.sig,
		.code = seen.code,
		.cr2 = seen.cr2,
	};
}

static struct request request(enum access access, uint64_t addr)
{
	static const enum enclave_op ops[] = { OP_READ, OP_WRITE, OP_EXECUTE };

	return (struct request){ .op = ops[access],
				 .addr = addr,
				 .value = 0xc3 };
}

/* The enclave, interrupted: what it finds in its SSA, and how it goes on. */
static void look_and_skip(const struct enclave *e, enum access access,
			  struct told *told)
{
	struct request look = { .op = OP_LOOK };
	struct request skip = { .op = OP_EDIT, .value = 2 };

	CHECK(victim_call(e, 0, BY_ENCLU, &look));
	CHECK_EQ(look.cssa, 1);
	told->exitinfo = look.frame.exitinfo;
	told->exinfo = look.exinfo;
	if (access == FETCH)
		skip.op = OP_RETURN;
	CHECK(victim_call(e, 0, BY_ENCLU, &skip));
}

/* EENTER and ERESUME from one frame: the enclave returns by the first RSP. */
static struct told by_signal(const struct enclave *e, enum access access,
			     uint64_t addr)
{
	struct request r = request(access, addr);
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&r };
	struct told told = { 0 };

	if (enclave_enter_raw(e->tcs[0], ENCLU_EENTER, &regs)) {
		CHECK_EQ(seen.count, 1);
		seen_check_aex(&seen, e->tcs[0],
			       (uint64_t)(uintptr_t)enclave_raw_aep);
		told = told_by_signal();
		look_and_skip(e, access, &told);
		CHECK_EQ(enclave_enter_raw(e->tcs[0], ENCLU_ERESUME, &regs), 0);
	}
	CHECK_EQ(r.done, OP_DONE);
	return told;
}

static struct told by_vdso(const struct enclave *e, enum access access,
			   uint64_t addr)
{
	struct request r = request(access, addr);
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&r };
	struct sgx_enclave_run run = { .tcs = e->tcs[0] };
	struct told told = { 0 };

	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	if (run.function != ENCLU_EEXIT) {
		CHECK_EQ(run.function, ENCLU_ERESUME);
		told = (struct told){
			.faulted = true,
			.vector = run.exception_vector,
			.err = run.exception_error_code,
			.addr = run.exception_addr,
		};
		look_and_skip(e, access, &told);
		CHECK_EQ(enclave_vdso_enter(&run, ENCLU_ERESUME, &regs), 0);
	}
	CHECK_EQ(seen.count, 0);
	CHECK_EQ(r.done, OP_DONE);
	return told;
}

static void touch(enum access access, uint64_t addr)
{
	volatile uint8_t *byte = (volatile uint8_t *)(uintptr_t)addr;

	if (access == READ)
		(void)*byte;
	else if (access == WRITE)
		*byte = 0xc3;
	else
		((void (*)(void))(uintptr_t)addr)();
}

static struct told by_program(enum access access, uint64_t addr)
{
	struct told told = { 0 };

	outside = true;
	if (!sigsetjmp(way_out, 1))
		touch(access, addr);
	else
		told = told_by_signal();
	outside = false;
	return told;
}

/* ENCLU itself is what faults, with the program's registers. */
static struct told entry_by_signal(uint64_t tcs)
{
	struct enclave_regs regs = { 0 };

	CHECK_EQ(enclave_enter_raw(tcs, ENCLU_EENTER, &regs), 1);
	CHECK_EQ(seen.rip, (uint64_t)(uintptr_t)enclave_raw_enclu);
	CHECK_EQ(seen.rax, ENCLU_EENTER);
	CHECK_EQ(seen.rbx, tcs);
	return told_by_signal();
}

static struct told entry_by_vdso(uint64_t tcs)
{
	struct sgx_enclave_run run = { .tcs = tcs };
	struct enclave_regs regs = { 0 };

	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(run.function, ENCLU_EENTER);
	CHECK_EQ(seen.count, 0);
	return (struct told){
		.faulted = true,
		.vector = run.exception_vector,
		.err = run.exception_error_code,
		.addr = run.exception_addr,
	};
}

struct told fault_by(enum way way, const struct enclave *e, enum access access,
		     uint64_t addr)
{
	memset(&seen, 0, sizeof(seen));
	victim_handle(SIGSEGV, on_fault, 0);
	victim_handle(SIGBUS, on_fault, 0);
	switch (way) {
	case INSIDE_SIGNAL:
		return by_signal(e, access, addr);
	case INSIDE_VDSO:
		return by_vdso(e, access, addr);
	case ENTRY_SIGNAL:
		return entry_by_signal(addr);
	case ENTRY_VDSO:
		return entry_by_vdso(addr);
	default:
		return by_program(access, addr);
	}
}
