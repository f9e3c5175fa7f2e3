/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that has nothing but the kernel and the processor: no libc, no
 * vDSO, its own SYSCALL, ENCLU, AEP and signal handlers.  It builds an enclave
 * from a packed file (its argument), computes in it under a timer's signals,
 * and takes an EPCM fault.
 */
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/time.h>
#include <stdbool.h>
#include <stddef.h>

#include "examples/lib/enclave.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/ops.h"
#include "tests/process/fixture/pack.h"
#include "tests/process/lifetime/nostdlib_sys.h"

#define ROUNDS 500000

#define MUST(cond) must((cond), #cond "\n", sizeof(#cond))

static uint64_t base;
static volatile unsigned alarms, exits, faults;

/* Compilers call these even here. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
	void *start = to;

	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(n)
			 :
			 : "memory");
	return start;
}

void *memset(void *to, int c, size_t n)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
	return start;
}

static void must(bool held, const char *text, size_t n)
{
	if (held)
		return;
	sys3(__NR_write, 1, (uintptr_t) "does not hold: ", 15);
	sys3(__NR_write, 1, (uintptr_t)text, n);
	sys3(__NR_exit_group, 1, 0, 0);
}

__asm__(".text\n"
	".global _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call run\n"
	"restorer:\n"
	"	mov $15, %eax\n" /* rt_sigreturn */
	"	syscall\n");
extern void restorer(void);
_Noreturn void run(const uint64_t *stack);

static void on_alarm(int sig, siginfo_t *info, void *context)
{
	const struct sigcontext *mc =
		&((struct ucontext *)context)->uc_mcontext;

	(void)sig;
	(void)info;
	alarms++;
	if (mc->rip != (uintptr_t)enclave_raw_aep)
		return;
	exits++;
	MUST(mc->rax == ENCLU_ERESUME);
	MUST(mc->rbx == base);
	MUST(mc->rcx == (uintptr_t)enclave_raw_aep);
	MUST(!mc->rdx && !mc->rsi && !mc->rdi && !mc->r8 && !mc->r15);
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	struct sigcontext *mc = &((struct ucontext *)context)->uc_mcontext;

	faults++;
	MUST(sig == SIGSEGV);
	MUST(info->si_code == SEGV_ACCERR);
	MUST((uintptr_t)info->si_addr == base);
	MUST(mc->err == 0x8007);
	MUST(mc->trapno == 14);
	MUST(mc->cr2 == base);
	mc->rip = (uintptr_t)enclave_raw_abandon;
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction sa = {
		.sa_handler = (__sighandler_t)(void *)handler,
		.sa_flags = SA_SIGINFO | SA_RESTORER | SA_RESTART,
		.sa_restorer = restorer,
	};

	MUST(sys6(__NR_rt_sigaction, sig, (uintptr_t)&sa, 0, 8, 0, 0) == 0);
}

/* SIGKILL after so many seconds: a timer that no mask and no handler stops. */
static void limit(uint64_t seconds)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGKILL };
	uint64_t when[4] = { 0, 0, seconds, 0 };
	int timer = -1;

	MUST(sys3(__NR_timer_create, CLOCK_MONOTONIC, (uintptr_t)&event,
		  (uintptr_t)&timer) == 0);
	MUST(sys6(__NR_timer_settime, timer, 0, (uintptr_t)when, 0, 0, 0) == 0);
}

static uint64_t map(uint64_t at, uint64_t length, int prot, int flags, int fd)
{
	int64_t p = sys6(__NR_mmap, at, length, prot, flags, fd, 0);

	MUST(p > 0 || p < -4095);
	return (uint64_t)p;
}

static void reserve(uint64_t size)
{
	uint64_t start = map(0, 2 * size, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1);

	base = (start + size - 1) & ~(size - 1);
	if (base > start)
		MUST(sys3(__NR_munmap, start, base - start, 0) == 0);
	MUST(sys3(__NR_munmap, base + size, start + size - base, 0) == 0);
}

static void add(int fd, const struct enclave_segment *s, uint64_t memory)
{
	static struct secinfo secinfo;
	struct sgx_enclave_add_pages pages = {
		.src = memory + s->offset,
		.offset = s->offset,
		.length = s->length,
		.secinfo = (uintptr_t)&secinfo,
		.flags = SGX_PAGE_MEASURE,
	};

	secinfo.flags = s->flags;
	while (pages.length) {
		MUST(sys3(__NR_ioctl, fd, SGX_IOC_ENCLAVE_ADD_PAGES,
			  (uintptr_t)&pages) == 0);
		pages.src += pages.count;
		pages.offset += pages.count;
		pages.length -= pages.count;
	}
}

static void build(struct pack *pack)
{
	int64_t fd = sys3(__NR_open, (uintptr_t) "/dev/sgx_enclave", O_RDWR, 0);
	struct sgx_enclave_create create = { (uintptr_t)&pack->secs };
	struct sgx_enclave_init init = { (uintptr_t)&pack->sig };

	MUST(fd >= 0);
	reserve(pack->size);
	pack->secs.base = base;
	MUST(sys3(__NR_ioctl, fd, SGX_IOC_ENCLAVE_CREATE, (uintptr_t)&create) ==
	     0);
	for (unsigned i = 0; i < pack->nr_segments; i++)
		add(fd, &pack->segments[i], (uintptr_t)pack + PACK_MEMORY);
	MUST(sys3(__NR_ioctl, fd, SGX_IOC_ENCLAVE_INIT, (uintptr_t)&init) == 0);
	for (unsigned i = 0; i < pack->nr_segments; i++)
		map(base + pack->segments[i].offset, pack->segments[i].length,
		    pack->segments[i].prot, MAP_SHARED | MAP_FIXED, fd);
	MUST(sys3(__NR_close, fd, 0, 0) == 0);
}

static int enter(uint64_t tcs, struct request *r)
{
	struct enclave_regs regs = { .rdi = (uintptr_t)r };

	return enclave_enter_raw(tcs, ENCLU_EENTER, &regs);
}

static void set_timer(uint64_t microseconds)
{
	struct __kernel_old_itimerval every = { { 0, microseconds },
						{ 0, microseconds } };

	MUST(sys3(__NR_setitimer, ITIMER_REAL, (uintptr_t)&every, 0) == 0);
}

static void compute(void)
{
	uint64_t want = mix(ROUNDS, 0);

	handle(SIGALRM, on_alarm);
	set_timer(500);
	for (int i = 0; i < 30; i++) {
		struct request r = { .op = OP_MIX, .value = ROUNDS };

		MUST(enter(base, &r) == 0);
		MUST(r.done == OP_DONE);
		MUST(r.value == want);
	}
	set_timer(0);
	MUST(alarms > 0);
	MUST(exits > 0);
}

static void fault(void)
{
	struct request r = { .op = OP_TCS_WRITE };

	handle(SIGSEGV, on_segv);
	MUST(enter(base, &r) == 1);
	MUST(faults == 1);
	MUST(r.done == 0);
}

void run(const uint64_t *stack)
{
	int64_t fd, size;
	uint64_t file;

	MUST(stack[0] >= 2);
	limit(30);
	fd = sys3(__NR_open, stack[2], O_RDONLY, 0);
	MUST(fd >= 0);
	size = sys3(__NR_lseek, fd, 0, 2);
	file = map(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, (int)fd);
	build((struct pack *)file);
	compute();
	fault();
	sys3(__NR_write, 1, (uintptr_t) "ok\n", 3);
	sys3(__NR_exit_group, 0, 0, 0);
	__builtin_unreachable();
}
