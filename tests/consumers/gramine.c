/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Gramine 1.9 asks of a host: pal/src/host/linux-sgx.  No function of
 * libc makes the system calls that it is about, ENCLU is its own, and all that
 * the host side knows of a thread is found through GS.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <asm/prctl.h>

#include "tests/consumers/facts.h"
#include "tests/consumers/sites.h"
#include "tests/process/victim.h"

#define RWX		(PROT_READ | PROT_WRITE | PROT_EXEC)
#define LOWEST		0x10000ul	/* vm.mmap_min_addr */
#define ELRANGE		(512ul << 20)
#define ZEROS		(256ul << 20)	/* offset of the large piece */
#define ZEROS_LENGTH	(254ul << 20)
#define EDMM		(32ul << 20)	/* offset of what is added later */

static struct enclave_image image;
static struct sigstruct sig;
static int device = -1;
static struct gramine_tcb tcb;

/* By the inline instruction; -errno. */
static long sys3(long number, long a, long b, long c)
{
	return gramine_syscall(number, a, b, c, 0);
}

static long sys_mmap(uint64_t at, uint64_t length, int prot, int flags, int fd)
{
	register long r10 __asm__("r10") = flags;
	register long r8 __asm__("r8") = fd;
	register long r9 __asm__("r9") = 0;
	long rax = SYS_mmap;

	__asm__ volatile("syscall"
			 : "+a"(rax)
			 : "D"(at), "S"(length), "d"((long)prot), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return rax;
}

static long sys_ioctl(unsigned long request, void *argument)
{
	return sys3(SYS_ioctl, device, (long)request,
		    (long)(uintptr_t)argument);
}

/* ---- the host's addresses --------------------------------------------- */

static const char *hwcap2(void)
{
	CHECK(getauxval(AT_HWCAP2) & 2);
	CHECK(cpuid_of(7, 0).ebx & 1);
	return NULL;
}

/* Where Intel's processors have AVX-512's parts, on every processor. */
static const char *xsave_layout(void)
{
	static const uint32_t offsets[] = { 1088, 1152, 1664 };
	uint32_t components = cpuid_of(0xd, 0).eax;

	CHECK(components & 4);
	CHECK_EQ(cpuid_of(0xd, 2).ebx, 576);
	for (unsigned i = 0; i < 3; i++)
		if (components >> (5 + i) & 1)
			CHECK_EQ(cpuid_of(0xd, 5 + i).ebx, offsets[i]);
	return NULL;
}

static const char *open_device(void)
{
	device = (int)sys3(SYS_open, (long)(uintptr_t)"/dev/sgx_enclave",
			   O_RDWR | O_CLOEXEC, 0);
	CHECK(device >= 0);
	return NULL;
}

static const char *edmm_probe(void)
{
	struct sgx_enclave_remove_pages nothing = { 0 };

	CHECK_EQ(sys_ioctl(SGX_IOC_ENCLAVE_REMOVE_PAGES, &nothing), -EINVAL);
	return NULL;
}

static const char *own_addresses(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			  MAP_FIXED_NOREPLACE;
	static const struct {
		uint64_t at, length;
	} areas[] = {
		{ 0x10000000000, 50 << 10 }, { 0x400000000000, 1ul << 40 },
	};

	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(sys_mmap(areas[i].at, areas[i].length, PROT_NONE,
				  flags, -1), areas[i].at);
		CHECK_EQ(munmap((void *)areas[i].at, areas[i].length), 0);
	}
	return NULL;
}

/* ---- building at address 0 -------------------------------------------- */

static const char *reserve_at_zero(void)
{
	CHECK_EQ(sys_mmap(LOWEST, ELRANGE - LOWEST, RWX,
			  MAP_SHARED | MAP_FIXED_NOREPLACE, device), LOWEST);
	return NULL;
}

static const char *misaligned_secs(void)
{
	static uint8_t room[sizeof(struct secs) + 64];
	struct enclave at_zero = { .base = 0, .size = ELRANGE };
	struct sgx_enclave_create create = {
		.src = (uint64_t)(uintptr_t)(room + 8),
	};
	struct secs secs;

	enclave_secs_fill(&secs, &at_zero, &image, &sig);
	memcpy(room + 8, &secs, sizeof(secs));
	CHECK_EQ(sys_ioctl(SGX_IOC_ENCLAVE_CREATE, &create), 0);
	return NULL;
}

static long add_pages(uint64_t offset, const void *source, uint64_t length,
		      uint64_t flags, bool measure)
{
	static uint8_t room[sizeof(struct secinfo) + 8];
	struct sgx_enclave_add_pages add = {
		.src = (uint64_t)(uintptr_t)source,
		.offset = offset,
		.length = length,
		.secinfo = (uint64_t)(uintptr_t)(room + 3),
		.flags = measure ? SGX_PAGE_MEASURE : 0,
	};
	struct secinfo secinfo = { .flags = flags };
	long ret;

	memcpy(room + 3, &secinfo, sizeof(secinfo));
	while (add.length) {
		ret = sys_ioctl(SGX_IOC_ENCLAVE_ADD_PAGES, &add);
		if (ret == -EINTR)
			continue;
		if (ret)
			return ret;
		add.src += add.count;
		add.offset += add.count;
		add.length -= add.count;
	}
	return 0;
}

static const char *misaligned_secinfo(void)
{
	for (unsigned i = 0; i < image.nr_segments; i++) {
		const struct enclave_segment *s = &image.segments[i];

		CHECK_EQ(add_pages(s->offset + LOWEST, image.memory + s->offset,
				   s->length, s->flags, true), 0);
	}
	return NULL;
}

static const char *zeros_in_one_call(void)
{
	long source = sys_mmap(0, ZEROS_LENGTH, PROT_READ,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1);

	CHECK(source > 0);
	CHECK_EQ(add_pages(ZEROS, (void *)source, ZEROS_LENGTH,
			   SECINFO_REG | SECINFO_R | SECINFO_W, false), 0);
	CHECK_EQ(sys3(SYS_munmap, source, ZEROS_LENGTH, 0), 0);
	return NULL;
}

static const char *init(void)
{
	struct sgx_enclave_init argument = {
		.sigstruct = (uint64_t)(uintptr_t)&sig,
	};

	CHECK_EQ(sys_ioctl(SGX_IOC_ENCLAVE_INIT, &argument), 0);
	return NULL;
}

static const char *map_exactly(void)
{
	for (unsigned i = 0; i < image.nr_segments; i++) {
		const struct enclave_segment *s = &image.segments[i];

		CHECK_EQ(sys_mmap(s->offset + LOWEST, s->length, s->prot,
				  MAP_SHARED | MAP_FIXED, device),
			 s->offset + LOWEST);
	}
	CHECK_EQ(sys_mmap(ZEROS, ZEROS_LENGTH, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, device), ZEROS);
	return NULL;
}

/* ---- in and out ------------------------------------------------------- */

static bool ecall(struct ask *ask)
{
	ask->done = 0;
	gramine_ecall(ask);
	return ask->done == ASK_DONE;
}

static uint64_t host_gs(void)
{
	uint64_t gs = 1;

	sys3(SYS_arch_prctl, ARCH_GET_GS, (long)(uintptr_t)&gs, 0);
	return gs;
}

static const char *tcb_at_gs(void)
{
	struct ask ask = { .op = ASK_THREAD };

	tcb.tcs = LOWEST;
	CHECK_EQ(sys3(SYS_arch_prctl, ARCH_SET_GS, (long)(uintptr_t)&tcb, 0),
		 0);
	CHECK(ecall(&ask));
	CHECK_EQ(ask.value, 0);
	CHECK_EQ(host_gs(), (uintptr_t)&tcb);
	CHECK_EQ(tcb.eenter, 1);
	return NULL;
}

static const char *host_stack(void)
{
	struct ask ask = { .op = ASK_HOST_STACK };
	uint64_t here = (uint64_t)(uintptr_t)&ask;

	CHECK(ecall(&ask));
	CHECK(ask.ursp < here && here - ask.ursp < 4096);
	CHECK(ask.urbp != 0);
	return NULL;
}

static const char *ocall(void)
{
	struct ask ask = { .op = ASK_LEAVE, .value = 0x77,
			   .addr = (uint64_t)(uintptr_t)gramine_ocall };
	uint64_t before = tcb.eexit;

	CHECK_EQ(gramine_ecall(&ask), 0x77);
	CHECK_EQ(tcb.eexit, before + 1);
	/* And in again on the same TCS, with the result. */
	ask = (struct ask){ .op = ASK_THREAD };
	CHECK(ecall(&ask));
	return NULL;
}

static const char *fs_only(void)
{
	struct ask ask = { .op = ASK_FS, .value = 0x123456789000 };
	uint64_t fs, after;

	sys3(SYS_arch_prctl, ARCH_GET_FS, (long)(uintptr_t)&fs, 0);
	CHECK(ecall(&ask));
	sys3(SYS_arch_prctl, ARCH_GET_FS, (long)(uintptr_t)&after, 0);
	CHECK_EQ(ask.fsbase, 0x123456789000);
	CHECK(ask.gsbase >= LOWEST && ask.gsbase < ELRANGE);
	CHECK_EQ(after, fs);
	CHECK_EQ(host_gs(), (uintptr_t)&tcb);
	return NULL;
}

static const char *aep(void)
{
	CHECK_EQ(gramine_eresume - gramine_aep, 10);
	return NULL;
}

/* ---- exceptions ------------------------------------------------------- */

static struct seen last;
static struct ask inside;		/* what the raise found */
static enum ask_op raise_op;
static uint64_t raise_value;

/* As handle_sync_signal(): interrupted in the enclave?  Then enter it. */
static void on_signal(int signum, siginfo_t *info, void *context)
{
	sigset_t blocked;

	memset(&last, 0, sizeof(last));
	seen_record(&last, signum, info, context);
	CHECK_EQ(host_gs(), (uintptr_t)&tcb);
	if (!CHECK(last.rip >= (uintptr_t)gramine_aep &&
		   last.rip < (uintptr_t)gramine_ocall))
		check_fatal("signal %d outside the enclave", signum);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	CHECK_EQ(sigismember(&blocked, signum), 1);
	inside = (struct ask){ .op = raise_op, .value = raise_value };
	gramine_raise(&inside);
	CHECK_EQ(inside.done, ASK_DONE);
}

static void on_all(void)
{
	static const int signals[] = { SIGFPE, SIGSEGV, SIGBUS, SIGILL,
				       SIGTERM, SIGCONT };

	struct sigaction sa = { .sa_sigaction = on_signal,
				.sa_flags = SA_SIGINFO | SA_RESTART };

	/*
	 * No SA_NODEFER: each is blocked while its handler enters the enclave,
	 * and so are those that come from elsewhere.
	 */
	sigaddset(&sa.sa_mask, SIGTERM);
	sigaddset(&sa.sa_mask, SIGCONT);
	for (unsigned i = 0; i < 6; i++)
		CHECK_EQ(sigaction(signals[i], &sa, NULL), 0);
}

/* The vector that EXITINFO has, for the signals that Gramine allows it. */
static const struct {
	enum fault fault;
	uint32_t vector;
	int sig, or_sig;
} exceptions[] = {
	{ FAULT_UD2, 6, SIGILL, SIGILL },
	{ FAULT_DIVIDE, 0, SIGFPE, SIGFPE },
	{ FAULT_X87, 16, SIGFPE, SIGFPE },
	{ FAULT_SSE, 19, SIGFPE, SIGFPE },
	{ FAULT_PAGE, 14, SIGSEGV, SIGBUS },
	{ FAULT_CANONICAL, 13, SIGSEGV, SIGBUS },
	{ FAULT_ALIGN, 17, SIGSEGV, SIGBUS },
};

static const char *exitinfo_and_signal(void)
{
	on_all();
	raise_op = ASK_SKIP;
	for (unsigned i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]);
	     i++) {
		struct ask ask = { .op = ASK_FAULT, .addr = 0x1000,
				   .fault = exceptions[i].fault };
		uint64_t aex = tcb.aex;

		last.sig = 0;
		CHECK(ecall(&ask));
		CHECK_EQ(inside.cssa, 1);
		CHECK_EQ(inside.frame.exitinfo,
			 0x80000300u | exceptions[i].vector);
		CHECK(last.sig == exceptions[i].sig ||
		      last.sig == exceptions[i].or_sig);
		CHECK_EQ(tcb.aex, aex + 1);
	}
	return NULL;
}

static const char *exinfo(void)
{
	struct ask ask = { .op = ASK_FAULT, .fault = FAULT_PAGE,
			   .addr = 0x1234 };

	raise_op = ASK_SKIP;
	CHECK(ecall(&ask));
	CHECK_EQ(inside.exinfo.maddr & ~0xfffull, 0x1000);
	CHECK(inside.exinfo.errcd != 0);
	return NULL;
}

static const char *edited_frame(void)
{
	static uint8_t good = 0x5a;
	struct ask ask = { .op = ASK_FAULT, .fault = FAULT_PAGE,
			   .addr = 0x2000 };

	/* RIP stays: ERESUME makes the read once more, elsewhere. */
	raise_op = ASK_EDIT_RCX;
	raise_value = (uint64_t)(uintptr_t)&good;
	CHECK(ecall(&ask));
	CHECK_EQ(inside.frame.rcx, raise_value);
	return NULL;
}

static void is_undefined(enum fault fault)
{
	struct ask ask = { .op = ASK_FAULT, .fault = fault };

	last.sig = 0;
	inside = (struct ask){ 0 };
	raise_op = ASK_SKIP;
	CHECK(ecall(&ask));
	CHECK_EQ(last.sig, SIGILL);
	CHECK_EQ(inside.frame.exitinfo, 0x80000306u);
}

static const char *forbidden(void)
{
	is_undefined(FAULT_SYSCALL);
	is_undefined(FAULT_IN);
	is_undefined(FAULT_OUT);
	is_undefined(FAULT_INSB);
	is_undefined(FAULT_OUTSB);
	return NULL;
}

/* Can this machine have CPUID fault?  See docs/DEVIATIONS.md, DJ3. */
static bool has_cpuid_fault(void)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	static char line[8192];
	bool has = false;

	while (file && !has && fgets(line, sizeof(line), file))
		has = !strncmp(line, "flags", 5) &&
		      strstr(line, " cpuid_fault");
	if (file)
		fclose(file);
	return has;
}

static const char *cpuid_forbidden(void)
{
	if (!has_cpuid_fault())
		return "this machine cannot make CPUID fault";
	is_undefined(FAULT_CPUID);
	return NULL;
}

static const char *xstate(void)
{
	struct ask ask = { .op = ASK_XSTATE };

	CHECK(ecall(&ask));
	CHECK_EQ(ask.value, 1);
	return NULL;
}

/* ---- asynchronous signals --------------------------------------------- */

static struct ask spinner;

static void *send_signals(void *to)
{
	const pthread_t *thread = to;

	while (!spinner.started)
		sched_yield();
	for (unsigned i = 0; i < 10; i++) {
		pthread_kill(*thread, i % 2 ? SIGTERM : SIGCONT);
		usleep(2000);
	}
	spinner.flag = 1;
	return NULL;
}

static const char *async_in_enclave(void)
{
	pthread_t me = pthread_self(), other;
	uint64_t aex = tcb.aex;

	spinner = (struct ask){ .op = ASK_SPIN };
	inside = (struct ask){ 0 };
	raise_op = ASK_LOOK;
	CHECK_EQ(pthread_create(&other, NULL, send_signals, &me), 0);
	CHECK(ecall(&spinner));
	pthread_join(other, NULL);
	CHECK(tcb.aex > aex);
	CHECK_EQ(inside.cssa, 1);
	CHECK_EQ(inside.frame.exitinfo >> 31, 0);
	CHECK(last.sig == SIGTERM || last.sig == SIGCONT);
	return NULL;
}

static volatile uint64_t async_rip;
static volatile long async_rax;
static volatile bool async_done;

/*
 * As handle_async_signal(), which compares RIP with its own `syscall`, and is
 * content to find it anywhere else, as it is before the call and after.
 */
static void on_async(int signum, siginfo_t *info, void *context)
{
	const greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signum;
	(void)info;
	if (regs[REG_RIP] != (greg_t)(uintptr_t)gramine_syscall_after)
		return;
	async_rip = (uint64_t)regs[REG_RIP];
	async_rax = regs[REG_RAX];
}

static void *interrupt(void *to)
{
	const pthread_t *thread = to;

	for (unsigned i = 0; i < 500 && !async_done; i++) {
		usleep(2000);
		pthread_kill(*thread, SIGTERM);
	}
	return NULL;
}

static void blocking(int flags, long number, long a, long b, long c, long d)
{
	pthread_t me = pthread_self(), other;
	long ret;

	async_rip = 0;
	async_done = false;
	victim_handle(SIGTERM, on_async, flags);
	CHECK_EQ(pthread_create(&other, NULL, interrupt, &me), 0);
	ret = gramine_syscall(number, a, b, c, d);
	async_done = true;
	pthread_join(other, NULL);
	CHECK_EQ(ret, -EINTR);
	CHECK_EQ(async_rax, -EINTR);
	CHECK_EQ(async_rip, (uintptr_t)gramine_syscall_after);
}

/* A call that is looked at before it is made: the path may be a device's. */
static void blocking_open(void)
{
	char dir[] = "/tmp/swsgx-gramine.XXXXXX", path[64];

	if (!CHECK(mkdtemp(dir) != NULL))
		return;
	snprintf(path, sizeof(path), "%s/fifo", dir);
	CHECK_EQ(mkfifo(path, 0600), 0);
	blocking(0, SYS_open, (long)(uintptr_t)path, O_RDONLY, 0, 0);
	unlink(path);
	rmdir(dir);
}

static const char *blocking_calls(void)
{
	struct timespec long_time = { .tv_sec = 10 };
	static uint32_t word;
	struct pollfd pollfd = { .events = POLLIN };
	int pipes[2];
	uint8_t byte;

	CHECK_EQ(pipe(pipes), 0);
	pollfd.fd = pipes[0];
	blocking(0, SYS_read, pipes[0], (long)(uintptr_t)&byte, 1, 0);
	blocking(SA_RESTART, SYS_poll, (long)(uintptr_t)&pollfd, 1, 10000, 0);
	blocking(SA_RESTART, SYS_nanosleep, (long)(uintptr_t)&long_time, 0, 0,
		 0);
	blocking(0, SYS_futex, (long)(uintptr_t)&word, FUTEX_WAIT_PRIVATE, 0,
		 0);
	blocking(SA_RESTART, SYS_ppoll, (long)(uintptr_t)&pollfd, 1,
		 (long)(uintptr_t)&long_time, 0);
	blocking_open();
	close(pipes[0]);
	close(pipes[1]);
	return NULL;
}

/* ---- identity --------------------------------------------------------- */

static const char *report_and_keys(void)
{
	struct ask ask = { .op = ASK_REPORT }, mrenclave, mrsigner;

	CHECK(ecall(&ask));
	CHECK_EQ(memcmp(ask.report.mrenclave, sig.mrenclave, 32), 0);
	CHECK_EQ(ask.report.xfrm, sig.xfrm);
	mrenclave = (struct ask){ .op = ASK_KEY };
	mrenclave.keyrequest.keyname = KEYNAME_SEAL;
	mrenclave.keyrequest.keypolicy = KEYPOLICY_MRENCLAVE;
	mrsigner = mrenclave;
	mrsigner.keyrequest.keypolicy = KEYPOLICY_MRSIGNER;
	CHECK(ecall(&mrenclave));
	CHECK(ecall(&mrsigner));
	CHECK_EQ(mrenclave.value, 0);
	CHECK_EQ(mrsigner.value, 0);
	CHECK(memcmp(mrenclave.key, mrsigner.key, 16) != 0);
	return NULL;
}

/* ---- EDMM ------------------------------------------------------------- */

#define PENDING_RW \
	(SECINFO_REG | SECINFO_R | SECINFO_W | SECINFO_PENDING)
#define EDMM_PAGES	3000ul

static const char *accept_what_is_not_there(void)
{
	struct ask ask = { .op = ASK_ACCEPT, .addr = EDMM,
			   .count = EDMM_PAGES, .value = PENDING_RW };
	struct ask last_byte = { .op = ASK_WRITE, .value = 7,
				 .addr = EDMM + EDMM_PAGES * 4096 - 1 };

	CHECK_EQ(sys_mmap(EDMM, (EDMM_PAGES + 8) * 4096, RWX,
			  MAP_SHARED | MAP_FIXED, device), EDMM);
	CHECK(ecall(&ask));
	CHECK_EQ(ask.value, 0);
	CHECK(ecall(&last_byte));
	last_byte.op = ASK_READ;
	CHECK(ecall(&last_byte));
	CHECK_EQ(last_byte.value, 7);
	return NULL;
}

static const char *not_accepted(void)
{
	struct ask ask = { .op = ASK_FAULT, .fault = FAULT_PAGE,
			   .addr = EDMM + EDMM_PAGES * 4096 };

	on_all();
	raise_op = ASK_SKIP;
	CHECK(ecall(&ask));
	CHECK_EQ(last.sig, SIGSEGV);
	CHECK_EQ(inside.frame.exitinfo, 0x8000030eu);
	CHECK_EQ(inside.exinfo.maddr & ~0xfffull, ask.addr);
	CHECK(inside.exinfo.errcd & ERROR_CODE_SGX);
	ask = (struct ask){ .op = ASK_ACCEPT, .addr = ask.addr, .count = 1,
			    .value = PENDING_RW };
	CHECK(ecall(&ask));
	CHECK_EQ(ask.value, 0);
	return NULL;
}

static const char *change_permissions(void)
{
	struct sgx_enclave_restrict_permissions restriction = {
		.offset = EDMM, .length = 16 * 4096,
		.permissions = SECINFO_R,
	};
	struct ask code = { .op = ASK_WRITE, .addr = EDMM + 20 * 4096,
			    .value = 0xc3 };
	struct ask ask = { .op = ASK_EXTEND, .addr = EDMM + 20 * 4096,
			   .value = SECINFO_REG | SECINFO_R | SECINFO_W |
				    SECINFO_X };

	CHECK(ecall(&code));
	CHECK(ecall(&ask));
	code = (struct ask){ .op = ASK_CALL, .addr = EDMM + 20 * 4096 };
	CHECK(ecall(&code));
	CHECK_EQ(sys_ioctl(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &restriction),
		 0);
	CHECK_EQ(restriction.count, 16 * 4096);
	ask = (struct ask){ .op = ASK_ACCEPT, .addr = EDMM, .count = 16,
			    .value = SECINFO_REG | SECINFO_R | SECINFO_PR };
	CHECK(ecall(&ask));
	CHECK_EQ(ask.value, 0);
	return NULL;
}

static const char *trim_and_remove(void)
{
	struct sgx_enclave_modify_types trim = {
		.offset = EDMM + 100 * 4096, .length = 2000 * 4096,
		.page_type = 4,
	};
	struct sgx_enclave_remove_pages removal = {
		.offset = trim.offset, .length = trim.length,
	};
	struct ask ask = { .op = ASK_ACCEPT, .addr = trim.offset,
			   .count = 2000,
			   .value = SECINFO_TRIM | SECINFO_MODIFIED };

	CHECK_EQ(sys_ioctl(SGX_IOC_ENCLAVE_MODIFY_TYPES, &trim), 0);
	CHECK_EQ(trim.count, trim.length);
	CHECK(ecall(&ask));
	CHECK_EQ(ask.value, 0);
	CHECK_EQ(sys_ioctl(SGX_IOC_ENCLAVE_REMOVE_PAGES, &removal), 0);
	CHECK_EQ(removal.count, removal.length);
	/* And again: pages come back as zeros. */
	ask.value = PENDING_RW;
	CHECK(ecall(&ask));
	CHECK_EQ(ask.value, 0);
	return NULL;
}

/* A TCS is written as data, then turned: copy that of thread 1. */
static const char *new_tcs(void)
{
	const struct tcs *from = (const void *)(image.memory + 4096);
	struct sgx_enclave_modify_types modify = {
		.offset = EDMM + 50 * 4096, .length = 4096, .page_type = 1,
	};
	struct ask ask;
	uint64_t old = tcb.tcs;

	for (unsigned i = 0; i < 88; i++) {
		ask = (struct ask){ .op = ASK_WRITE,
				    .addr = modify.offset + i };
		ask.value = ((const uint8_t *)from)[i];
		if (!ecall(&ask))
			CHECK(!"wrote the TCS");
	}
	CHECK_EQ(sys_ioctl(SGX_IOC_ENCLAVE_MODIFY_TYPES, &modify), 0);
	/* A TCS may not be mapped executable. */
	CHECK_EQ(sys3(SYS_mprotect, (long)modify.offset, 4096,
		      PROT_READ | PROT_WRITE), 0);
	ask = (struct ask){ .op = ASK_ACCEPT, .addr = modify.offset,
			    .count = 1,
			    .value = SECINFO_TCS | SECINFO_MODIFIED };
	CHECK(ecall(&ask));
	CHECK_EQ(ask.value, 0);
	tcb.tcs = modify.offset;
	ask = (struct ask){ .op = ASK_NOTHING };
	CHECK(ecall(&ask));
	tcb.tcs = old;
	return NULL;
}

/* ---- speed, processes ------------------------------------------------- */

static const char *rate(void)
{
	struct timespec from, to;
	struct ask ask = { .op = ASK_NOTHING };
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < 20000; i++)
		gramine_ecall(&ask);
	clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = (double)(to.tv_sec - from.tv_sec) +
		  (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	printf("# %.0f EENTER and EEXIT a second\n", 20000 / seconds);
	CHECK_EQ(ask.done, ASK_DONE);
	return NULL;
}

/* Each process of an application makes its own enclave, at the same place. */
static const char *child_process(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/proc/self/exe", "gramine", "--child",
		      getenv("CONSUMER_ENCLAVE"), getenv("CONSUMER_KEY"), NULL);
		_exit(99);
	}
	CHECK(check_exited_well(check_wait(pid)));
	return NULL;
}

static const struct fact facts[] = {
	{ "AT_HWCAP2 has FSGSBASE", hwcap2 },
	{ "leaf 0DH has Intel's offsets", xsave_layout },
	{ "0x10000000000 and 1 TiB at 0x400000000000 are free",
	  own_addresses },
	{ "/dev/sgx_enclave opens, by an inline system call", open_device },
	{ "REMOVE_PAGES of nothing, before CREATE, is EINVAL", edmm_probe },
	{ "the enclave's range from 0x10000 is mapped before CREATE",
	  reserve_at_zero },
	{ "CREATE at base 0, with SECS not aligned", misaligned_secs },
	{ "ADD_PAGES with SECINFO not aligned", misaligned_secinfo },
	{ "254 MB of zeros are added by one call", zeros_in_one_call },
	{ "INIT", init },
	{ "mmap over the reservation, with the exact permissions",
	  map_exactly },
	{ "the host's thread data are at GS, and stay there", tcb_at_gs },
	{ "EENTER leaves URSP and URBP in the SSA", host_stack },
	{ "EEXIT goes to any host address; then in again", ocall },
	{ "WRFSBASE in the enclave changes nothing outside", fs_only },
	{ "the AEP is 10 bytes before its ERESUME", aep },
	{ "EXITINFO agrees with the signal; entered from its handler",
	  exitinfo_and_signal },
	{ "EXINFO has address and error code of a #PF", exinfo },
	{ "what the enclave writes to SSA[0] is what ERESUME takes",
	  edited_frame },
	{ "SYSCALL, IN, OUT, INS and OUTS are #UD", forbidden },
	{ "CPUID is #UD", cpuid_forbidden },
	{ "XSAVE and XRSTOR by a mask of all ones", xstate },
	{ "SIGTERM and SIGCONT: an AEX whose EXITINFO is not valid",
	  async_in_enclave },
	{ "a blocking call is interrupted behind the very instruction",
	  blocking_calls },
	{ "EREPORT and sealing keys", report_and_keys },
	{ "EACCEPT of pages that are not there adds them, by the thousand",
	  accept_what_is_not_there },
	{ "a page that is not accepted faults, with EXINFO", not_accepted },
	{ "EMODPE, and RESTRICT_PERMISSIONS", change_permissions },
	{ "MODIFY_TYPES to TRIM, EACCEPT, REMOVE_PAGES; and again",
	  trim_and_remove },
	{ "MODIFY_TYPES to TCS, and in by it", new_tcs },
	{ "tens of thousands of entries a second", rate },
	{ "vfork and execve: each process has an enclave of its own",
	  child_process },
};

int main(int argc, char **argv)
{
	const struct plan plan = {
		.shift = LOWEST,
		.size = ELRANGE,
		.heap = ZEROS,
		.heap_length = ZEROS_LENGTH,
		.options = { .miscselect = MISCSELECT_EXINFO },
	};
	bool child = argc > 1 && !strcmp(argv[1], "--child");

	/* One TAP output is enough. */
	if (child)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	facts_begin(argc - child, argv + child);
	check_timeout(45);
	setenv("CONSUMER_ENCLAVE", argv[1 + child], 1);
	setenv("CONSUMER_KEY", argv[2 + child], 1);
	plan_prepare(&plan, &image, &sig);
	/* The child repeats the building and the first entries. */
	return child ? facts_run(facts, 14) : FACTS_RUN(facts);
}
