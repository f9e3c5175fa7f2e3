/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The test enclave: does what a request says, faults included.  It trusts its
 * host wholly and is of no use but to look at what happens around it.
 *
 * The instructions that fault stand in assembly, so that their lengths are
 * known to whoever skips them (ops.h).
 */
#include "examples/lib/trts.h"
#include "tests/process/mix.h"
#include "tests/process/ops.h"

static uint64_t secrets[ENCLAVE_SECRETS];

/* The leaves want aligned operands inside the enclave; one set a thread. */
static struct operands {
	struct report report;
	struct targetinfo target;
	struct keyrequest keyrequest;
	struct reportdata data;
	uint8_t key[16] __attribute__((aligned(16)));
	struct secinfo secinfo;
} operands[ENCLAVE_TCS_COUNT];

static void *own_tcs(void)
{
	return trts_base + trts_thread_index() * 4096;
}

static uint64_t read_byte(uint64_t addr)
{
	uint64_t value = 0;

	__asm__ volatile("movb (%%rcx), %%al"
			 : "+a"(value)
			 : "c"(addr)
			 : "memory");
	return value & 0xff;
}

static void write_byte(uint64_t addr, uint64_t value)
{
	__asm__ volatile("movb %%al, (%%rcx)"
			 :
			 : "a"(value), "c"(addr)
			 : "memory");
}

static void divide_by_zero(void)
{
	__asm__ volatile("divl %%ecx"
			 :
			 : "a"(1), "d"(0), "c"(0)
			 : "cc");
}

/* FWAIT (1 byte) raises what FDIVR left pending. */
static void x87_exception(void)
{
	uint16_t control = 0x37b;

	__asm__ volatile("fninit\n"
			 "fldcw %0\n"
			 "fld1\n"
			 "fldz\n"
			 "fdivr %%st(1), %%st\n"
			 "fwait\n"
			 "fninit"
			 :
			 : "m"(control));
}

static void sse_exception(void)
{
	uint32_t unmasked = 0x1d80, masked = 0x1f80;

	__asm__ volatile("ldmxcsr %0\n"
			 "mov $1, %%eax\n"
			 "cvtsi2sd %%eax, %%xmm0\n"
			 "xorpd %%xmm1, %%xmm1\n"
			 "divsd %%xmm1, %%xmm0\n"
			 "ldmxcsr %1"
			 :
			 : "m"(unmasked), "m"(masked)
			 : "eax", "xmm0", "xmm1");
}

/* Only the one load runs with RFLAGS.AC set. */
static void misaligned_access(void)
{
	uint64_t words[2] = { 0, 0 };

	__asm__ volatile("lea -128(%%rsp), %%rsp\n"
			 "pushfq\n"
			 "orl $0x40000, (%%rsp)\n"
			 "popfq\n"
			 "movl (%%rcx), %%eax\n"
			 "pushfq\n"
			 "andl $0xfffbffff, (%%rsp)\n"
			 "popfq\n"
			 "lea 128(%%rsp), %%rsp"
			 :
			 : "c"((uint8_t *)words + 1)
			 : "rax", "cc", "memory");
}

static uint64_t try_syscall(void)
{
	uint64_t rax = 39;	/* getpid */

	__asm__ volatile("syscall" : "+a"(rax)::"rcx", "r11", "memory");
	return rax;
}

static void read_bases(struct request *r)
{
	__asm__ volatile("rdfsbase %0" : "=r"(r->fsbase));
	__asm__ volatile("rdgsbase %0" : "=r"(r->gsbase));
	r->value = trts_thread_index();
}

static void make_report(struct request *r)
{
	struct operands *own = &operands[trts_thread_index()];

	own->target = r->target;
	own->data = r->data;
	ereport(&own->target, &own->data, &own->report);
	r->report = own->report;
}

static void get_key(struct request *r)
{
	struct operands *own = &operands[trts_thread_index()];

	own->keyrequest = r->keyrequest;
	r->value = egetkey(&own->keyrequest, own->key);
	for (unsigned i = 0; i < sizeof(own->key); i++)
		r->data.bytes[i] = own->key[i];
}

static void change_page(struct request *r)
{
	struct secinfo *secinfo = &operands[trts_thread_index()].secinfo;
	const void *page = (const void *)(uintptr_t)r->addr;

	secinfo->flags = r->flags;
	if (r->op == OP_EACCEPT)
		r->value = eaccept(secinfo, page);
	else
		emodpe(secinfo, page);
}

static void spin(struct request *r)
{
	r->started = 1;
	while (!r->flag)
		__builtin_ia32_pause();
}

static void fill(volatile uint64_t *words, unsigned n, uint64_t value)
{
	for (unsigned i = 0; i < n; i++)
		words[i] = page_word(value, i);
}

static uint64_t compare(const volatile uint64_t *words, unsigned n,
			uint64_t value)
{
	uint64_t bad = 0;

	for (unsigned i = 0; i < n; i++)
		bad += words[i] != page_word(value, i);
	return bad;
}

/* Most of two pages of the stack's four. */
static uint64_t use_stack(uint64_t value, uint64_t turns)
{
	volatile uint64_t words[800];

	fill(words, 800, value);
	while (turns--)
		__builtin_ia32_pause();
	return compare(words, 800, value);
}

static void whole_page(struct request *r)
{
	volatile uint64_t *words = (void *)(uintptr_t)r->addr;

	if (r->op == OP_FILL)
		fill(words, 512, r->value);
	else
		r->value = compare(words, 512, r->value);
}

static void pound(struct request *r)
{
	volatile uint64_t *word = (void *)(uintptr_t)r->addr;

	r->started = 1;
	while (!r->flag) {
		++*word;
		++*(volatile uint64_t *)&r->count;
	}
}

static void touch_tcs(struct request *r)
{
	uint64_t tcs = (uint64_t)(uintptr_t)own_tcs();

	r->addr = tcs;
	if (r->op == OP_TCS_READ)
		r->value = read_byte(tcs + 8);
	else
		write_byte(tcs + 8, 1);
}

/* Instructions that an enclave may not execute, and plain faults. */
static void instruction(struct request *r)
{
	uint32_t eax = 0, ecx = 0;

	switch (r->op) {
	case OP_UD2:
		__asm__ volatile("ud2");
		break;
	case OP_INT3:
		__asm__ volatile("int3");
		break;
	case OP_SYSCALL:
		r->value = try_syscall();
		break;
	case OP_IN:
		__asm__ volatile("inb %%dx, %%al" : "+a"(eax) : "d"(0x80));
		break;
	case OP_OUT:
		__asm__ volatile("outb %%al, %%dx" : : "a"(0), "d"(0x80));
		break;
	case OP_CPUID:
		__asm__ volatile("cpuid"
				 : "+a"(eax), "+c"(ecx)
				 :
				 : "ebx", "edx");
		break;
	case OP_RDTSC:
		r->value = __builtin_ia32_rdtsc();
		break;
	case OP_ENCLU_EENTER:
		trts_enclu(ENCLU_EENTER, own_tcs(), NULL, NULL);
		break;
	}
}

static void dispatch(struct request *r)
{
	switch (r->op) {
	case OP_MIX:
		r->value = mix(r->value, r->flags);
		break;
	case OP_READ:
		r->value = read_byte(r->addr);
		break;
	case OP_WRITE:
		write_byte(r->addr, r->value);
		break;
	case OP_EXECUTE:
		((void (*)(void))(uintptr_t)r->addr)();
		break;
	case OP_DIVIDE:
		divide_by_zero();
		break;
	case OP_X87:
		x87_exception();
		break;
	case OP_SSE:
		sse_exception();
		break;
	case OP_ALIGN:
		misaligned_access();
		break;
	case OP_TCS_READ:
	case OP_TCS_WRITE:
		touch_tcs(r);
		break;
	case OP_EREPORT:
		make_report(r);
		break;
	case OP_EGETKEY:
		get_key(r);
		break;
	case OP_EACCEPT:
	case OP_EMODPE:
		change_page(r);
		break;
	case OP_FILL:
	case OP_COMPARE:
		whole_page(r);
		break;
	case OP_STACK:
		r->value = use_stack(r->value, r->count);
		break;
	case OP_POUND:
		pound(r);
		break;
	case OP_SPIN:
		spin(r);
		break;
	case OP_STORE:
		secrets[r->count % ENCLAVE_SECRETS] = r->value;
		break;
	case OP_LOAD:
		r->value = secrets[r->count % ENCLAVE_SECRETS];
		break;
	case OP_BASES:
		read_bases(r);
		break;
	case OP_ADDRESSES:
		r->addr = (uint64_t)(uintptr_t)secrets;
		r->count = (uint64_t)(uintptr_t)enclave_main & ~4095ull;
		break;
	default:
		instruction(r);
		break;
	}
	r->done = OP_DONE;
}

uint64_t enclave_main(void *arg)
{
	dispatch(arg);
	return 0;
}

/* EXINFO lies just below the GPR area. */
static void look(struct request *r, const struct gprsgx *frame, unsigned cssa)
{
	r->frame = *frame;
	r->exinfo = ((const struct exinfo *)frame)[-1];
	r->cssa = cssa;
	r->done = OP_DONE;
}

static void edit(struct request *r, struct gprsgx *frame)
{
	frame->rip += r->value;
	if (r->flags)
		frame->rcx = r->count;
	r->done = OP_DONE;
}

static void return_early(struct request *r, struct gprsgx *frame)
{
	frame->rip = *(const uint64_t *)(uintptr_t)frame->rsp;
	frame->rsp += 8;
	r->done = OP_DONE;
}

uint64_t enclave_exception(void *arg, struct gprsgx *frame, unsigned cssa)
{
	struct request *r = arg;

	if (r->op == OP_LOOK)
		look(r, frame, cssa);
	else if (r->op == OP_EDIT)
		edit(r, frame);
	else if (r->op == OP_RETURN)
		return_early(r, frame);
	else
		dispatch(r);
	return cssa;
}
