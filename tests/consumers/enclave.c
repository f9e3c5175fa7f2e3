/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The enclave of the consumers' tests: does what its host asks, as the
 * runtimes inside their enclaves do it.  It trusts its host wholly.
 */
#include "examples/lib/trts.h"
#include "tests/consumers/ask.h"

#define GPRSGX_SIZE 184
#define XSAVE_MAX   16384

static struct report report;
static struct targetinfo target;
static struct reportdata reportdata;
static struct keyrequest keyrequest;
static uint8_t key[16] __attribute__((aligned(16)));
static uint8_t xsave[XSAVE_MAX] __attribute__((aligned(64)));
static volatile uint64_t landing; /* behind the instruction */

/*
 * An instruction that faults, and where to go on.  RAX holds `a` and so on;
 * RDI and RSI point to memory of the enclave, for INS and OUTS.
 */
#define FAULTING(instruction, a, c, d) \
	__asm__ volatile("lea 1f(%%rip), %%r11\n" \
			 "mov %%r11, %0\n" instruction "\n" \
			 "1:" \
			 : "=m"(landing) \
			 : "a"(a), "c"(c), "d"(d), "D"(xsave), "S"(xsave) \
			 : "r11", "rbx", "memory", "cc")

static void float_fault(uint32_t fault)
{
	static const uint16_t control = 0x37b;
	static const uint32_t unmasked = 0x1d80;

	if (fault == FAULT_X87) {
		__asm__ volatile("fninit; fldcw %0; fld1; fldz\n"
				 "fdivr %%st(1), %%st"
				 :
				 : "m"(control));
		FAULTING("fwait", 0, 0, 0);
		__asm__ volatile("fninit");
	} else {
		__asm__ volatile("ldmxcsr %0\n"
				 "pcmpeqd %%xmm0, %%xmm0\n"
				 "psrlq $54, %%xmm0\n"
				 "psllq $52, %%xmm0\n"
				 "xorpd %%xmm1, %%xmm1"
				 :
				 : "m"(unmasked)
				 : "xmm0", "xmm1");
		FAULTING("divsd %%xmm1, %%xmm0", 0, 0, 0);
	}
}

/* Only the one load runs with RFLAGS.AC set. */
static void alignment_fault(void)
{
	__asm__ volatile("lea 1f(%%rip), %%r11\n"
			 "mov %%r11, %0\n"
			 "lea -128(%%rsp), %%rsp\n"
			 "pushfq\n"
			 "orl $0x40000, (%%rsp)\n"
			 "popfq\n"
			 "movl (%1), %%eax\n"
			 "1: pushfq\n"
			 "andl $0xfffbffff, (%%rsp)\n"
			 "popfq\n"
			 "lea 128(%%rsp), %%rsp"
			 : "=m"(landing)
			 : "c"(xsave + 1)
			 : "rax", "r11", "cc", "memory");
}

static void do_fault(const struct ask *ask)
{
	switch (ask->fault) {
	case FAULT_UD2:
		FAULTING("ud2", 0, 0, 0);
		break;
	case FAULT_SYSCALL: /* getpid */
		FAULTING("syscall", 39, 0, 0);
		break;
	case FAULT_CPUID:
		FAULTING("cpuid", 0, 0, 0);
		break;
	case FAULT_IN:
		FAULTING("inb %%dx, %%al", 0, 0, 0x80);
		break;
	case FAULT_OUT:
		FAULTING("outb %%al, %%dx", 0, 0, 0x80);
		break;
	case FAULT_INSB:
		FAULTING("insb", 0, 0, 0x80);
		break;
	case FAULT_OUTSB:
		FAULTING("outsb", 0, 0, 0x80);
		break;
	case FAULT_DIVIDE:
		FAULTING("divl %%ecx", 1, 0, 0);
		break;
	case FAULT_ALIGN:
		alignment_fault();
		break;
	case FAULT_CANONICAL:
		FAULTING("movb (%%rcx), %%al", 0, 0x8000000000000000ull, 0);
		break;
	case FAULT_PAGE:
		FAULTING("movb (%%rcx), %%al", 0, ask->addr, 0);
		break;
	default:
		float_fault(ask->fault);
	}
}

static void try_fs(struct ask *ask)
{
	uint64_t old;

	__asm__ volatile("rdfsbase %0\n"
			 "wrfsbase %3\n"
			 "rdfsbase %1\n"
			 "rdgsbase %2\n"
			 "wrfsbase %0"
			 : "=&r"(old), "=&r"(ask->fsbase), "=&r"(ask->gsbase)
			 : "r"(ask->value));
}

/* A pattern in XMM7 must come through, whatever else the mask covers. */
static uint64_t try_xstate(void)
{
	uint64_t pattern = 0x123456789abcdef0ull, got;

	__asm__ volatile("movq %1, %%xmm7\n"
			 "mov $-1, %%eax\n"
			 "mov %%eax, %%edx\n"
			 "xsave64 (%2)\n"
			 "pxor %%xmm7, %%xmm7\n"
			 "mov $-1, %%eax\n"
			 "mov %%eax, %%edx\n"
			 "xrstor64 (%2)\n"
			 "movq %%xmm7, %0"
			 : "=&r"(got)
			 : "r"(pattern), "r"(xsave)
			 : "eax", "edx", "xmm7", "memory");
	return got == pattern;
}

/* Buffers are sized by XFRM, near the top of the stack: no byte more. */
static void save_state(struct ask *ask)
{
	uint64_t changed = 0;

	for (uint64_t i = 0; i < XSAVE_MAX; i++)
		xsave[i] = i >= ask->count ? 0xa5 : 0;
	if (ask->addr)
		__asm__ volatile("mov $-1, %%eax\n"
				 "mov %%eax, %%edx\n"
				 "xsave64 (%0)\n"
				 "xrstor64 (%0)"
				 :
				 : "r"(xsave)
				 : "eax", "edx", "memory");
	else
		__asm__ volatile("mov $-1, %%eax\n"
				 "mov %%eax, %%edx\n"
				 "xsavec (%0)\n"
				 "xrstor (%0)"
				 :
				 : "r"(xsave)
				 : "eax", "edx", "memory");
	for (uint64_t i = ask->count; i < XSAVE_MAX; i++)
		changed += xsave[i] != 0xa5;
	ask->value = changed;
	ask->addr = *(uint64_t *)(xsave + 520);
}

/* SSA frame 0 of this thread lies before its GS page; see trts.S. */
static const struct gprsgx *own_frame(void)
{
	uint64_t gs;

	__asm__("rdgsbase %0" : "=r"(gs));
	return (const void *)(uintptr_t)(gs -
					 (TRTS_NSSA - 1) * TRTS_SSAFRAMESIZE *
						 4096ull -
					 GPRSGX_SIZE);
}

_Noreturn static void leave(const struct ask *ask)
{
	const struct gprsgx *frame = own_frame();

	__asm__ volatile("mov %0, %%rbp\n"
			 "mov %1, %%rsp\n"
			 ".byte 0x0f, 0x01, 0xd7" /* ENCLU */
			 :
			 : "r"(frame->urbp), "r"(frame->ursp), "a"(ENCLU_EEXIT),
			   "b"(ask->addr), "D"(ask->value)
			 : "memory");
	__builtin_unreachable();
}

static uint64_t accept_pages(const struct ask *ask)
{
	struct secinfo secinfo __attribute__((aligned(64))) = {
		.flags = ask->value,
	};
	uint64_t error = 0;

	for (uint64_t i = 0; i < ask->count && !error; i++)
		error = eaccept(&secinfo,
				(void *)(uintptr_t)(ask->addr + i * 4096));
	return error;
}

static void extend_page(const struct ask *ask)
{
	struct secinfo secinfo __attribute__((aligned(64))) = {
		.flags = ask->value,
	};

	emodpe(&secinfo, (void *)(uintptr_t)ask->addr);
}

static void make_report(struct ask *ask)
{
	ereport(&target, &reportdata, &report);
	ask->report = report;
}

static void get_key(struct ask *ask)
{
	keyrequest = ask->keyrequest;
	ask->value = egetkey(&keyrequest, key);
	for (unsigned i = 0; i < sizeof(key); i++)
		ask->key[i] = key[i];
}

static void spin(struct ask *ask)
{
	ask->started = 1;
	while (!ask->flag)
		__builtin_ia32_pause();
}

static void ping(struct ask *ask)
{
	for (uint64_t i = 0; i < ask->count; i++) {
		while (ask->flag != 1)
			__builtin_ia32_pause();
		ask->flag = 2;
	}
}

static void touch(struct ask *ask)
{
	volatile uint8_t *p = (void *)(uintptr_t)ask->addr;

	if (ask->op == ASK_READ)
		ask->value = *p;
	else
		*p = (uint8_t)ask->value;
}

static void answer(struct ask *ask)
{
	const struct gprsgx *frame = own_frame();

	switch (ask->op) {
	case ASK_READ:
	case ASK_WRITE:
		touch(ask);
		break;
	case ASK_SPIN:
		spin(ask);
		break;
	case ASK_PING:
		ping(ask);
		break;
	case ASK_FS:
		try_fs(ask);
		break;
	case ASK_XSTATE:
		ask->value = try_xstate();
		break;
	case ASK_SAVE:
		save_state(ask);
		break;
	case ASK_HOST_STACK:
		ask->ursp = frame->ursp;
		ask->urbp = frame->urbp;
		break;
	case ASK_LEAVE:
		ask->done = ASK_DONE;
		leave(ask);
	case ASK_FAULT:
		do_fault(ask);
		break;
	case ASK_ACCEPT:
		ask->value = accept_pages(ask);
		break;
	case ASK_EXTEND:
		extend_page(ask);
		break;
	case ASK_CALL:
		((void (*)(void))(uintptr_t)ask->addr)();
		break;
	case ASK_REPORT:
		make_report(ask);
		break;
	case ASK_KEY:
		get_key(ask);
		break;
	case ASK_THREAD:
		ask->value = trts_thread_index();
		break;
	}
	ask->done = ASK_DONE;
}

uint64_t enclave_main(void *arg)
{
	answer(arg);
	return 0;
}

uint64_t enclave_exception(void *arg, struct gprsgx *frame, unsigned cssa)
{
	struct ask *ask = arg;

	if (ask->op == ASK_SKIP)
		frame->rip = landing;
	else if (ask->op == ASK_EDIT_RCX)
		frame->rcx = ask->value;
	ask->frame = *frame;
	ask->exinfo = ((const struct exinfo *)frame)[-1];
	ask->cssa = cssa;
	ask->done = ASK_DONE;
	return cssa;
}
