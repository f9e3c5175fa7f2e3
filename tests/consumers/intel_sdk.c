/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Intel's SGX SDK asks of a host, in hardware mode: psw/urts and
 * libsgx_enclave_common of version 2.26, and SampleCommonLoader.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/consumers/facts.h"
#include "tests/consumers/sites.h"
#include "tests/process/victim.h"

static struct enclave enclave = ENCLAVE_NONE;
static vdso_sgx_enter_enclave_t vdso;

/* ---- before any device ----------------------------------------------- */

/* Once, before main(): names, in sections that it knows by their names. */
__attribute__((constructor)) static void find_vdso(void)
{
	const uint8_t *image = (void *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *header = (const void *)image;
	const Elf64_Shdr *sh, *dynsym = NULL;
	const char *dynstr = NULL, *names;

	if (!image)
		return;
	sh = (const void *)(image + header->e_shoff);
	names = (const char *)image + sh[header->e_shstrndx].sh_offset;
	for (unsigned i = 0; i < header->e_shnum; i++) {
		if (!strcmp(names + sh[i].sh_name, ".dynstr"))
			dynstr = (const char *)image + sh[i].sh_offset;
		if (!strcmp(names + sh[i].sh_name, ".dynsym"))
			dynsym = &sh[i];
	}
	for (uint64_t i = 0; dynstr && dynsym &&
	     i < dynsym->sh_size / dynsym->sh_entsize; i++) {
		const Elf64_Sym *s =
			(const void *)(image + dynsym->sh_offset);

		if (!strcmp(dynstr + s[i].st_name, "__vdso_sgx_enter_enclave"))
			vdso = (vdso_sgx_enter_enclave_t)(uintptr_t)(
				image + s[i].st_value);
	}
}

static const char *vdso_by_sections(void)
{
	CHECK(vdso != NULL);
	CHECK(vdso == enclave_vdso());
	return NULL;
}

static const char *cpuid_leaves(void)
{
	struct cpuid sgx = cpuid_of(0x12, 0), secs = cpuid_of(0x12, 1);

	CHECK(cpuid_of(0, 0).eax >= 0x14);
	CHECK(cpuid_of(1, 0).ecx & 1u << 27);		/* OSXSAVE */
	CHECK(cpuid_of(7, 0).ebx & 1u << 2);		/* SGX */
	CHECK(cpuid_of(7, 0).ecx & 1u << 30);		/* SGX_LC */
	CHECK_EQ(sgx.eax & 3, 3);			/* SGX1, SGX2 */
	CHECK(sgx.ebx & 1);				/* EXINFO */
	CHECK((sgx.edx & 0xff) >= 31 && (sgx.edx >> 8 & 0xff) >= 36);
	CHECK_EQ(secs.eax & 0x36, 0x36);
	CHECK_EQ(secs.ecx & 3, 3);
	CHECK_EQ(cpuid_of(0x12, 2).eax & 0xf, 1);	/* an EPC section */
	cpuid_of(4, 0);
	cpuid_of(0x14, 0);
	CHECK(cpuid_of(0x80000000, 0).eax >= 0x80000008);
	CHECK(cpuid_of(0x80000001, 0).edx & 1u << 29);	/* long mode */
	CHECK((cpuid_of(0x80000008, 0).eax & 0xff) >= 36);
	return NULL;
}

static uint64_t xfrm(void)
{
	struct cpuid secs = cpuid_of(0x12, 1);

	return ((uint64_t)secs.edx << 32 | secs.ecx) & xgetbv0();
}

/* Where the XSAVE area of these components ends, by leaf 0DH. */
static uint64_t xsave_size(uint64_t components)
{
	uint64_t size = 512 + 64;

	for (unsigned i = 2; i < 63; i++) {
		struct cpuid c = cpuid_of(0xd, i);

		if (components >> i & 1 && c.ebx + c.eax > size)
			size = c.ebx + c.eax;
	}
	return size;
}

static const char *xfrm_and_ssa(void)
{
	struct cpuid all = cpuid_of(0xd, 0);

	CHECK_EQ(xfrm() & 3, 3);
	CHECK_EQ(xfrm() & ~((uint64_t)all.edx << 32 | all.eax), 0);
	CHECK(xsave_size(xfrm()) <= all.ecx);
	CHECK_EQ(cpuid_of(0xd, 1).eax & 1, 1);	/* XSAVEOPT */
	return NULL;
}

static const char *aex_notify_bits(void)
{
	CHECK(cpuid_of(0x12, 0).eax & 1u << 11);
	CHECK(cpuid_of(0x12, 1).eax & 1u << 10);
	return NULL;
}

/* ---- devices ---------------------------------------------------------- */

static bool is_device(int fd)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISCHR(st.st_mode);
}

static const char *devices(void)
{
	static const char *const names[] = {
		"/dev/sgx/enclave", "/dev/sgx_enclave",
	};
	static const char *const others[] = { "/dev/isgx", "/dev/sgx" };
	unsigned found = 0;

	for (unsigned i = 0; i < 2; i++) {
		int fd = open(names[i], O_RDWR);

		found += is_device(fd);
		if (fd >= 0)
			close(fd);
	}
	CHECK(found > 0);
	CHECK(is_device(open("/dev/sgx_enclave", O_RDWR)));
	for (unsigned i = 0; i < 2; i++)
		CHECK(!is_device(open(others[i], O_RDWR)));
	CHECK_FAILS(open("/dev/isgx", O_RDWR), ENOENT);
	return NULL;
}

static const char *provision_device(void)
{
	struct sgx_enclave_provision provision = { 0 };
	int fd = open("/dev/sgx_enclave", O_RDWR);

	provision.fd = open("/dev/sgx/provision", O_RDONLY);
	if ((int)provision.fd < 0)
		provision.fd = open("/dev/sgx_provision", O_RDONLY);
	CHECK((int)provision.fd >= 0);
	CHECK_EQ(ioctl(fd, SGX_IOC_ENCLAVE_PROVISION, &provision), 0);
	close((int)provision.fd);
	close(fd);
	return NULL;
}

static const char *sgx2_probe(void)
{
	struct sgx_enclave_restrict_permissions probe;
	int fd = open("/dev/sgx_enclave", O_RDWR);

	memset(&probe, 0, sizeof(probe));
	CHECK_FAILS(ioctl(fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &probe),
		    EINVAL);
	CHECK_FAILS(ioctl(fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, NULL),
		    EINVAL);
	close(fd);
	return NULL;
}

/* ---- building --------------------------------------------------------- */

static const struct plan plan = {
	.options = { .miscselect = MISCSELECT_EXINFO, .debug = true },
};

/* One ADD_PAGES a page, whose count is asked for once and believed. */
static void add_one_by_one(struct enclave *e,
			   const struct enclave_segment *s,
			   const uint8_t *memory)
{
	struct secinfo secinfo = { .flags = s->flags };

	for (uint64_t at = s->offset; at < s->offset + s->length; at += 4096) {
		struct sgx_enclave_add_pages add = {
			.src = (uint64_t)(uintptr_t)(memory + at),
			.offset = at,
			.length = 4096,
			.secinfo = (uint64_t)(uintptr_t)&secinfo,
			.flags = SGX_PAGE_MEASURE,
		};

		if (ioctl(e->fd, SGX_IOC_ENCLAVE_ADD_PAGES, &add) ||
		    add.count != 4096)
			CHECK(!"one page was added");
	}
}

static const char *build_page_by_page(void)
{
	struct enclave_image image;
	struct enclave e = ENCLAVE_NONE;
	struct sigstruct sig;
	struct secs secs;
	struct ask ask = { .op = ASK_THREAD };

	plan_prepare(&plan, &image, &sig);
	CHECK_EQ(enclave_open(&e), 0);
	CHECK_EQ(enclave_reserve(&e, image.size), 0);	/* twice, trimmed */
	CHECK_EQ(e.base % e.size, 0);
	enclave_secs_fill(&secs, &e, &image, &sig);
	CHECK_EQ(enclave_create(&e, &secs), 0);
	for (unsigned i = 0; i < image.nr_segments; i++)
		add_one_by_one(&e, &image.segments[i], image.memory);
	/* No token, no AESM, no PROVISION. */
	CHECK_EQ(enclave_init(&e, &sig), 0);
	/* MAP_SHARED | MAP_FIXED, offset 0, for each run of permissions. */
	CHECK_EQ(enclave_map(&e, &image), 0);
	CHECK(ask_vdso(&e, 1, &ask));
	CHECK_EQ(ask.value, 1);
	enclave_destroy(&e);
	enclave_image_free(&image);
	return NULL;
}

#define HEAP_OFFSET	(64ul << 20)
#define HEAP_LENGTH	(32ul << 20)

static const char *whole_length(void)
{
	struct plan large = plan;
	struct enclave_image image;
	struct enclave e = ENCLAVE_NONE;
	struct secinfo rw = { .flags = SECINFO_REG | SECINFO_R | SECINFO_W };
	struct sgx_enclave_add_pages add = {
		.offset = HEAP_OFFSET,
		.length = HEAP_LENGTH,
		.secinfo = (uint64_t)(uintptr_t)&rw,
	};
	struct sigstruct sig;
	struct secs secs;

	large.size = 128ul << 20;
	plan_prepare(&large, &image, &sig);
	CHECK_EQ(enclave_open(&e), 0);
	CHECK_EQ(enclave_reserve(&e, image.size), 0);
	enclave_secs_fill(&secs, &e, &image, &sig);
	CHECK_EQ(enclave_create(&e, &secs), 0);
	add.src = (uint64_t)(uintptr_t)mmap(NULL, HEAP_LENGTH, PROT_READ,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(ioctl(e.fd, SGX_IOC_ENCLAVE_ADD_PAGES, &add), 0);
	CHECK_EQ(add.count, HEAP_LENGTH);
	munmap((void *)(uintptr_t)add.src, HEAP_LENGTH);
	enclave_destroy(&e);
	enclave_image_free(&image);
	return NULL;
}

static const char *largest_xfrm(void)
{
	const uint64_t fits = XFRM_LEGACY | XFRM_AVX | 7ull << 5 | 1ull << 9;
	struct plan all = plan;
	struct enclave e;
	struct ask ask = { .op = ASK_XSTATE };

	all.options.xfrm = xfrm() & fits;
	CHECK(xsave_size(all.options.xfrm) <= 4096 - 184 - 16);
	plan_build(&all, &e);
	CHECK(ask_vdso(&e, 0, &ask));
	CHECK_EQ(ask.value, 1);
	enclave_destroy(&e);
	return all.options.xfrm >> 5 & 7 ? NULL : "the CPU has no AVX-512";
}

/* ---- with the vDSO ---------------------------------------------------- */

static unsigned handler_calls;
static int wanted_vector;

/* ERESUME: an exception ECALL from within, then back in. */
static int on_vdso_exit(long rdi, long rsi, long rdx, long ursp, long r8,
			long r9, struct sgx_enclave_run *run)
{
	struct sgx_enclave_run inner = { .tcs = run->tcs };
	struct ask ask = { .op = ASK_SKIP };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	(void)rdi; (void)rsi; (void)rdx; (void)ursp; (void)r8; (void)r9;
	if (run->function != ENCLU_ERESUME)
		return 0;
	handler_calls++;
	CHECK_EQ(run->exception_vector, wanted_vector);
	CHECK_EQ(enclave_vdso_enter(&inner, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(inner.function, ENCLU_EEXIT);
	CHECK_EQ(ask.cssa, 1);
	return ENCLU_ERESUME;
}

static void vdso_fault(enum fault fault, int vector)
{
	struct ask ask = { .op = ASK_FAULT, .fault = fault };
	struct sgx_enclave_run run = {
		.tcs = enclave.tcs[0],
		.user_handler = (uint64_t)(uintptr_t)on_vdso_exit,
	};
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	handler_calls = 0;
	wanted_vector = vector;
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(handler_calls, 1);
	CHECK_EQ(run.function, ENCLU_EEXIT);
	CHECK_EQ(ask.done, ASK_DONE);
}

static const char *exceptions_without_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS,
				       SIGTRAP };
	struct sigaction sa;

	for (unsigned i = 0; i < 5; i++) {
		CHECK_EQ(sigaction(signals[i], NULL, &sa), 0);
		CHECK(sa.sa_handler == SIG_DFL);
	}
	vdso_fault(FAULT_UD2, 6);
	vdso_fault(FAULT_DIVIDE, 0);
	vdso_fault(FAULT_PAGE, 14);
	vdso_fault(FAULT_CANONICAL, 13);
	vdso_fault(FAULT_X87, 16);
	vdso_fault(FAULT_SSE, 19);
	vdso_fault(FAULT_ALIGN, 17);
	return NULL;
}

/* ---- without ---------------------------------------------------------- */

static struct seen last;
static unsigned sigills;

static void see(int sig, siginfo_t *info, void *context)
{
	memset(&last, 0, sizeof(last));
	seen_record(&last, sig, info, context);
}

static bool at_aep(void)
{
	return CHECK_EQ(last.rip, (uintptr_t)urts_aep) &&
	       CHECK_EQ(last.rax, ENCLU_ERESUME) &&
	       CHECK_EQ(last.rbx, enclave.tcs[0]);
}

/* The handler makes an ECALL for the exception; the AEP resumes. */
static void ecall_from_handler(int sig, siginfo_t *info, void *context)
{
	struct ask ask = { .op = ASK_SKIP };

	see(sig, info, context);
	if (!at_aep())
		check_fatal("a fault elsewhere: signal %d", sig);
	urts_enter(last.rbx, &ask);
	CHECK_EQ(ask.done, ASK_DONE);
	CHECK_EQ(ask.cssa, 1);
}

/* With AEX-Notify: the AEP's ENCLU is made an EENTER, with arguments. */
static struct ask notified;

static void eenter_at_aep(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	see(sig, info, context);
	if (!at_aep())
		check_fatal("a fault elsewhere: signal %d", sig);
	notified = (struct ask){ .op = ASK_SKIP };
	regs[REG_RAX] = ENCLU_EENTER;
	regs[REG_RDI] = (greg_t)(uintptr_t)&notified;
	regs[REG_RSI] = 0x1234;
}

/* The uRTS's flags, and mask: the present one without these five. */
static void handle_all(void (*handler)(int, siginfo_t *, void *))
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS,
				       SIGTRAP };

	for (unsigned i = 0; i < 5; i++)
		victim_handle(signals[i], handler,
			      SA_NODEFER | SA_RESTART | SA_ONSTACK);
}

static void default_all(void)
{
	static const int signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS,
				       SIGTRAP };

	for (unsigned i = 0; i < 5; i++)
		signal(signals[i], SIG_DFL);
}

static const struct {
	enum fault fault;
	int sig;
} raw_faults[] = {
	{ FAULT_UD2, SIGILL }, { FAULT_DIVIDE, SIGFPE },
	{ FAULT_X87, SIGFPE }, { FAULT_SSE, SIGFPE },
	{ FAULT_PAGE, SIGSEGV }, { FAULT_CANONICAL, SIGSEGV },
	{ FAULT_ALIGN, SIGBUS },
};

static const char *exception_ecall(void)
{
	handle_all(ecall_from_handler);
	for (unsigned i = 0; i < sizeof(raw_faults) / sizeof(raw_faults[0]);
	     i++) {
		struct ask ask = { .op = ASK_FAULT,
				   .fault = raw_faults[i].fault };

		last.sig = 0;
		urts_enter(enclave.tcs[0], &ask);
		CHECK_EQ(ask.done, ASK_DONE);
		CHECK_EQ(last.sig, raw_faults[i].sig);
	}
	default_all();
	return NULL;
}

static const char *aep_becomes_eenter(void)
{
	struct ask ask = { .op = ASK_FAULT, .fault = FAULT_UD2 };

	handle_all(eenter_at_aep);
	urts_enter(enclave.tcs[0], &ask);
	CHECK_EQ(notified.done, ASK_DONE);
	CHECK_EQ(notified.cssa, 1);
	CHECK_EQ(ask.done, ASK_DONE);
	default_all();
	return NULL;
}

/* The handler ends the call: RIP to the return place, the error in RSI. */
static void lost_at_eenter(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	see(sig, info, context);
	if (!CHECK_EQ(last.rip, (uintptr_t)urts_eenterp) ||
	    !CHECK_EQ(last.rax, ENCLU_EENTER))
		check_fatal("a fault elsewhere: signal %d", sig);
	regs[REG_RIP] = (greg_t)(uintptr_t)urts_eretp;
	regs[REG_RSI] = 0x1006;
}

static const char *fault_at_eenter(void)
{
	struct ask ask = { .op = ASK_NOTHING };
	void *tcs = (void *)(uintptr_t)enclave.tcs[7];

	handle_all(lost_at_eenter);
	CHECK_EQ(mprotect(tcs, 4096, PROT_NONE), 0);
	CHECK_EQ(urts_enter(enclave.tcs[7], &ask), 0x1006);
	CHECK_EQ(last.sig, SIGSEGV);
	CHECK_EQ(last.rbx, enclave.tcs[7]);
	CHECK_EQ(mprotect(tcs, 4096, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(urts_enter(enclave.tcs[7], &ask), 0);
	CHECK_EQ(ask.done, ASK_DONE);
	default_all();
	return NULL;
}

static void count_sigill(int sig, siginfo_t *info, void *context)
{
	see(sig, info, context);
	sigills++;
}

static const char *no_sigill_at_eenter(void)
{
	handle_all(count_sigill);
	for (unsigned i = 0; i < 5000; i++) {
		struct ask ask = { .op = ASK_NOTHING };

		urts_enter(enclave.tcs[i % 8], &ask);
		if (ask.done != ASK_DONE)
			CHECK(!"came back");
	}
	CHECK_EQ(sigills, 0);
	default_all();
	return NULL;
}

/* ---- SampleCommonLoader, switchless ----------------------------------- */

static volatile unsigned ticks;

static void tick(int sig, siginfo_t *info, void *context)
{
	(void)sig; (void)info; (void)context;
	ticks++;
}

/* Stop the spinning once it has been interrupted often enough. */
static struct ask spinner;

static void stop_later(int sig, siginfo_t *info, void *context)
{
	tick(sig, info, context);
	if (ticks >= 20)
		spinner.flag = 1;
}

static const char *enclu_is_its_own_aep(void)
{
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } }, off = { 0 };

	spinner = (struct ask){ .op = ASK_SPIN };
	ticks = 0;
	victim_handle(SIGALRM, stop_later, SA_RESTART);
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
	sample_enter(enclave.tcs[0], &spinner);
	CHECK_EQ(setitimer(ITIMER_REAL, &off, NULL), 0);
	CHECK_EQ(spinner.done, ASK_DONE);
	CHECK(ticks >= 20);
	signal(SIGALRM, SIG_DFL);
	return NULL;
}

static struct ask pinged;

static void *worker_inside(void *unused)
{
	(void)unused;
	ask_vdso(&enclave, 3, &pinged);
	return NULL;
}

static const char *switchless(void)
{
	pthread_t thread;

	pinged = (struct ask){ .op = ASK_PING, .count = 200 };
	CHECK_EQ(pthread_create(&thread, NULL, worker_inside, NULL), 0);
	for (unsigned i = 0; i < 200; i++) {
		pinged.flag = 1;
		while (pinged.flag != 2)
			sched_yield();
	}
	pthread_join(thread, NULL);
	CHECK_EQ(pinged.done, ASK_DONE);
	return NULL;
}

/* ---- last, because nothing is left after it --------------------------- */

static uint32_t exception_ecall_ended;
static const char *cannot_lose;

static int lose_in_handler(long rdi, long rsi, long rdx, long ursp, long r8,
			   long r9, struct sgx_enclave_run *run)
{
	struct sgx_enclave_run inner = { .tcs = run->tcs };
	struct ask ask = { .op = ASK_SKIP };
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	(void)rdi; (void)rsi; (void)rdx; (void)ursp; (void)r8; (void)r9;
	cannot_lose = facts_lose_epc();
	CHECK_EQ(enclave_vdso_enter(&inner, ENCLU_EENTER, &regs), 0);
	exception_ecall_ended = inner.function;
	return 0;
}

/* A loss is found by the EENTER, be it that of the exception's ECALL. */
static const char *lost_by_vdso(void)
{
	struct ask ask = { .op = ASK_FAULT, .fault = FAULT_UD2 };
	struct sgx_enclave_run run = {
		.tcs = enclave.tcs[0],
		.user_handler = (uint64_t)(uintptr_t)lose_in_handler,
	};
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&ask };

	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	if (cannot_lose)
		return cannot_lose;
	CHECK_EQ(run.function, ENCLU_ERESUME);
	CHECK_EQ(exception_ecall_ended, ENCLU_EENTER);
	run = (struct sgx_enclave_run){ .tcs = enclave.tcs[1] };
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	CHECK_EQ(run.function, ENCLU_EENTER);
	CHECK_EQ(run.exception_vector, VECTOR_PAGE_FAULT);
	return NULL;
}

static const char *lost_by_signal(void)
{
	struct ask ask = { .op = ASK_NOTHING };

	if (cannot_lose)
		return cannot_lose;
	handle_all(lost_at_eenter);
	last.sig = 0;
	CHECK_EQ(urts_enter(enclave.tcs[2], &ask), 0x1006);
	CHECK_EQ(last.sig, SIGSEGV);
	default_all();
	return NULL;
}

static const char *rebuilt(void)
{
	struct ask ask = { .op = ASK_THREAD };

	enclave_destroy(&enclave);
	plan_build(&plan, &enclave);
	CHECK(ask_vdso(&enclave, 6, &ask));
	CHECK_EQ(ask.value, 6);
	return NULL;
}

static const struct fact facts[] = {
	{ "CPUID shows SGX in all leaves that the uRTS reads", cpuid_leaves },
	{ "XFRM lies in XCR0, and leaf 0DH gives the SSA's size",
	  xfrm_and_ssa },
	{ "CPUID has AEX-Notify and EDECCSSA", aex_notify_bits },
	{ "the vDSO function is found by section headers, in a constructor",
	  vdso_by_sections },
	{ "/dev/sgx/enclave or /dev/sgx_enclave opens, /dev/isgx is not there",
	  devices },
	{ "/dev/sgx/provision or /dev/sgx_provision opens", provision_device },
	{ "RESTRICT_PERMISSIONS of nothing, before CREATE, is not ENOTTY",
	  sgx2_probe },
	{ "ELRANGE is trimmed, pages are added one a call, mapped by runs",
	  build_page_by_page },
	{ "one ADD_PAGES adds its whole length", whole_length },
	{ "XFRM may be all that the CPU has", largest_xfrm },
	{ "through the vDSO an exception needs no signal handler",
	  exceptions_without_signals },
	{ "without it, a handler at the AEP makes the exception's ECALL",
	  exception_ecall },
	{ "a handler turns the AEP's ERESUME into EENTER; RDI, RSI survive",
	  aep_becomes_eenter },
	{ "a fault of EENTER is at the ENCLU, RAX being 2", fault_at_eenter },
	{ "a good EENTER never raises a signal", no_sigill_at_eenter },
	{ "SampleCommonLoader's ENCLU is its own AEP", enclu_is_its_own_aep },
	{ "switchless calls: both worlds spin at once", switchless },
	{ "a loss, by vDSO: EENTER, or the EENTER of the exception's ECALL",
	  lost_by_vdso },
	{ "a loss, by signal: RIP at the EENTER, RAX 2", lost_by_signal },
	{ "the enclave is created again", rebuilt },
};

int main(int argc, char **argv)
{
	facts_begin(argc, argv);
	check_timeout(45);
	plan_build(&plan, &enclave);
	return FACTS_RUN(facts);
}
