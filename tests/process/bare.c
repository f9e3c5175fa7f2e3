/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building, entering and looking into the bare enclave; see bare.h.
 */
#define _GNU_SOURCE
#include "tests/process/bare.h"

#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/process/check.h"

#define FLAG_TF	0x100
#define FLAG_AC	0x40000

int bare_on_stack(int (*function)(void *), void *argument, void *top);

static uint8_t stacks[BARE_NR_TCS][32768] __attribute__((aligned(64)));
static struct seen first;

static void fill_tcs(struct tcs *tcs, unsigned i)
{
	uint64_t thread = BARE_THREADS + i * BARE_THREAD;
	uint64_t entry = (uint64_t)(bare_entry - __start_bare_code);

	*tcs = (struct tcs){
		.ossa = thread,
		.nssa = 2,
		.oentry = BARE_CODE + entry,
		.ofsbase = thread + BARE_THREAD_GS,
		.ogsbase = thread + BARE_THREAD_GS,
		.fslimit = UINT32_MAX,
		.gslimit = UINT32_MAX,
	};
}

static void add_segment(struct enclave_image *image, uint64_t from,
			uint64_t to, uint64_t flags, int prot)
{
	image->segments[image->nr_segments++] = (struct enclave_segment){
		.offset = from,
		.length = to - from,
		.flags = flags,
		.prot = prot,
	};
}

static void make_image(struct enclave_image *image)
{
	size_t code = (size_t)(__stop_bare_code - __start_bare_code);

	memset(image, 0, sizeof(*image));
	if (code > BARE_CODE_PAGES * 4096)
		check_fatal("bare_code: %zu bytes are too many", code);
	image->memory = mmap(NULL, BARE_END, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (image->memory == MAP_FAILED)
		check_fatal("mmap");
	image->memory_length = BARE_END;
	image->size = BARE_SIZE;
	image->ssaframesize = 1;
	image->nr_tcs = BARE_NR_TCS;
	for (unsigned i = 0; i < BARE_NR_TCS; i++)
		fill_tcs((struct tcs *)(image->memory + i * 4096), i);
	memcpy(image->memory + BARE_CODE, __start_bare_code, code);
	add_segment(image, 0, BARE_CODE, SECINFO_TCS, PROT_READ | PROT_WRITE);
	add_segment(image, BARE_CODE, BARE_CONST,
		    SECINFO_REG | SECINFO_R | SECINFO_X, PROT_READ | PROT_EXEC);
	add_segment(image, BARE_CONST, BARE_THREADS, SECINFO_REG | SECINFO_R,
		    PROT_READ);
	add_segment(image, BARE_THREADS, BARE_END,
		    SECINFO_REG | SECINFO_R | SECINFO_W,
		    PROT_READ | PROT_WRITE);
}

void bare_build(struct enclave *e, const struct enclave_options *options)
{
	struct enclave_image image;
	struct sigstruct sig;
	uint8_t mrenclave[32];

	make_image(&image);
	if (enclave_measure_image(&image, mrenclave))
		check_fatal("measure: %s", enclave_error());
	enclave_sigstruct_fill(&sig, options, mrenclave);
	if (enclave_sigstruct_sign(&sig, victim_key()) ||
	    enclave_build(e, &image, &sig))
		check_fatal("enclave: %s", enclave_error());
	munmap(image.memory, BARE_END);
}

uint64_t bare_at(const struct enclave *e, const char *label)
{
	return e->base + BARE_CODE + (uint64_t)(label - __start_bare_code);
}

/* Opted in, TF survives an AEX, as AC does: the host is not to be stepped. */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	victim_clear_ac();
	if (first.count)
		first.count++;
	else
		seen_record(&first, sig, info, context);
	uc->uc_mcontext.gregs[REG_EFL] &= ~(FLAG_AC | FLAG_TF);
	victim_abandon(context);
}

void bare_handle_signals(void)
{
	static const int signals[] = { SIGILL, SIGTRAP, SIGFPE, SIGBUS,
				       SIGSEGV };

	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		victim_handle(signals[i], on_signal, 0);
}

struct entry {
	uint64_t tcs;
	uint32_t function;
	struct enclave_regs regs;
	enum victim_way way;
	struct bare_outcome *outcome;
};

/*
 * An AEX by #MF leaves the exception pending; it would strike at the next x87
 * instruction outside.
 */
static int clear_x87(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
		     struct sgx_enclave_run *run)
{
	victim_clear_ac();
	__asm__ volatile("fnclex");
	(void)rdi, (void)rsi, (void)rdx, (void)rsp, (void)r8, (void)r9;
	(void)run;
	return 0;
}

static int enter(void *argument)
{
	struct entry *entry = argument;
	struct sgx_enclave_run *run = &entry->outcome->run;
	int ret;

	if (entry->way == BY_ENCLU)
		return enclave_enter_raw(entry->tcs, entry->function,
					 &entry->regs);
	run->tcs = entry->tcs;
	run->user_handler = (uintptr_t)clear_x87;
	ret = enclave_vdso_enter(run, entry->function, &entry->regs);
	CHECK_EQ(ret, 0);
	return run->function != ENCLU_EEXIT;
}

void bare_enter(const struct enclave *e, unsigned tcs, enum victim_way way,
		const char *label, const struct enclave_regs *regs,
		struct bare_outcome *outcome)
{
	struct entry entry = {
		.tcs = e->tcs[tcs],
		.function = label ? ENCLU_EENTER : ENCLU_ERESUME,
		.way = way,
		.outcome = outcome,
	};

	memset(outcome, 0, sizeof(*outcome));
	memset(&first, 0, sizeof(first));
	if (regs)
		entry.regs = *regs;
	if (label)
		entry.regs.rdi = bare_at(e, label);
	outcome->left = !bare_on_stack(enter, &entry,
				       stacks[tcs] + sizeof(stacks[tcs]));
	outcome->seen = first;
}

static void inspect(const struct enclave *e, unsigned tcs, uint64_t what,
		    uint64_t frame)
{
	struct enclave_regs regs = { .rdi = what, .rsi = frame };

	CHECK_EQ(enclave_enter_raw(e->tcs[tcs], ENCLU_EENTER, &regs), 0);
}

void bare_look(const struct enclave *e, unsigned tcs, struct bare_frame *frame)
{
	inspect(e, tcs, BARE_LOOK, (uint64_t)(uintptr_t)frame);
}

void bare_edit(const struct enclave *e, unsigned tcs,
	       const struct bare_frame *frame)
{
	inspect(e, tcs, BARE_EDIT, (uint64_t)(uintptr_t)frame);
}

void bare_finish(const struct enclave *e, unsigned tcs, enum victim_way way)
{
	struct bare_outcome outcome;
	struct bare_frame frame;

	bare_look(e, tcs, &frame);
	frame.gpr.rip = bare_at(e, bare_leave);
	frame.gpr.rsp = frame.gpr.ursp;
	frame.gpr.rbp = frame.gpr.urbp;
	bare_edit(e, tcs, &frame);
	bare_enter(e, tcs, way, NULL, NULL, &outcome);
	CHECK(outcome.left);
}

/* The signal of each vector.  si_addr: 'r' RIP, '0' none, 'p' the page. */
static const struct told {
	uint8_t vector;
	int sig, code;
	char addr;
} told[] = {
	{ 0, SIGFPE, FPE_INTDIV, 'r' },	 { 1, SIGTRAP, TRAP_TRACE, 'r' },
	{ 3, SIGTRAP, SI_KERNEL, '0' },	 { 6, SIGILL, ILL_ILLOPN, 'r' },
	{ 12, SIGBUS, SI_KERNEL, '0' },	 { 13, SIGSEGV, SI_KERNEL, '0' },
	{ 14, SIGSEGV, -1, 'p' },	 { 16, SIGFPE, FPE_FLTINV, 'r' },
	{ 17, SIGBUS, BUS_ADRALN, '0' }, { 19, SIGFPE, FPE_FLTINV, 'r' },
};

static const struct told *told_of(uint8_t vector)
{
	for (unsigned i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (told[i].vector == vector)
			return &told[i];
	check_fatal("no row for vector %u", vector);
}

static void check_signal(const struct enclave *e, unsigned tcs,
			 const struct seen *seen, uint8_t vector,
			 uint32_t error_code, uint64_t addr)
{
	const struct told *t = told_of(vector);

	if (!CHECK_EQ(seen->count, 1))
		return;
	CHECK_EQ(seen->sig, t->sig);
	if (t->code >= 0)
		CHECK_EQ(seen->code, t->code);
	CHECK_EQ(seen->trapno, vector);
	CHECK_EQ(seen->err, error_code);
	CHECK_EQ(seen->addr, t->addr == 'r' ? seen->rip :
			     t->addr == 'p' ? addr & ~4095ull : 0);
	if (vector == 14)
		CHECK_EQ(seen->cr2, addr & ~4095ull);
	seen_check_aex(seen, e->tcs[tcs], (uint64_t)(uintptr_t)enclave_raw_aep);
	if (vector != 16 && vector != 19)
		seen_check_fpu(seen);
}

static void check_run(const struct sgx_enclave_run *run, uint8_t vector,
		      uint32_t error_code, uint64_t addr)
{
	CHECK_EQ(run->function, ENCLU_ERESUME);
	CHECK_EQ(run->exception_vector, vector);
	CHECK_EQ(run->exception_error_code, error_code);
	CHECK_EQ(run->exception_addr, addr & ~4095ull);
}

/* #SS is not reported; nor are #GP and #PF without EXINFO, which this has. */
uint32_t bare_exitinfo(uint8_t vector)
{
	if (vector == 12)
		return 0;
	return EXITINFO_VALID | (vector == 3 ? EXITINFO_SW : EXITINFO_HW) |
	       vector;
}

void bare_check_exception(const struct enclave *e, unsigned tcs,
			  enum victim_way way,
			  const struct bare_outcome *outcome, uint8_t vector,
			  uint32_t error_code, uint64_t addr)
{
	struct bare_frame frame;

	if (way == BY_ENCLU)
		check_signal(e, tcs, &outcome->seen, vector, error_code, addr);
	else
		check_run(&outcome->run, vector, error_code, addr);
	bare_look(e, tcs, &frame);
	CHECK_EQ(frame.gpr.exitinfo, bare_exitinfo(vector));
	if (vector == 13 || vector == 14) {
		CHECK_EQ(frame.exinfo.maddr, addr);
		CHECK_EQ(frame.exinfo.errcd, error_code);
		CHECK_EQ(frame.exinfo.reserved, 0);
	}
}
