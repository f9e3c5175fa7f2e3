/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process is stopped (SIGSTOP, as by Ctrl-Z; a tracer) wherever it is: inside
 * an enclave that it shares, in an ioctl, while it makes room in the EPC.  On
 * hardware it has left the enclave by an interrupt, and no system call is
 * stopped in its midst.  So the others go on: it is not let go on before they
 * have used many pages, however long that takes.  Then it goes on, and its
 * pages are as they were.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/heap.h"
#include "tests/process/fixture/victim.h"

#define PAGES 2560u /* a quarter more than the EPC has */
#define STOPS 20
#define STEPS 250 /* of the parent, while the child is stopped */

static struct shared {
	struct heap_user parent, child;
	struct request spin;
	bool end;
} * shared;
static struct enclave enclave;

/* How it is stopped, and let go on. */
struct way {
	const char *name;
	void (*stop)(pid_t pid);
	void (*go)(pid_t pid);
};

static void wait_until_stopped(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
}

static void stop_by_signal(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	wait_until_stopped(pid);
}

static void go_by_signal(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGCONT), 0);
}

static void stop_by_tracer(pid_t pid)
{
	CHECK_EQ(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
	CHECK_EQ(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
	wait_until_stopped(pid);
}

static void go_by_tracer(pid_t pid)
{
	CHECK_EQ(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
}

static const struct way ways[] = {
	{ "SIGSTOP", stop_by_signal, go_by_signal },
	{ "a tracer", stop_by_tracer, go_by_tracer },
};

static void begin(void)
{
	memset(shared, 0, sizeof(*shared));
	shared->parent = (struct heap_user){ .step = 2, .random = 1 };
	shared->child = (struct heap_user){
		.first = 1, .step = 2, .tcs = 1, .random = 2
	};
	heap_build(&enclave);
}

static pid_t start(int (*child)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		check_fatal("fork");
	if (!pid) {
		check_restart();
		_exit(child());
	}
	return pid;
}

static void end(pid_t child)
{
	CHECK(check_exited_well(check_wait(child)));
	CHECK(heap_check_all(&enclave, &shared->parent));
	shared->child.tcs = 0;
	CHECK(heap_check_all(&enclave, &shared->child));
	enclave_destroy(&enclave);
	CHECK(heap_epc_free());
}

static void use(unsigned steps)
{
	while (steps-- && heap_step(&enclave, &shared->parent))
		;
}

static int stay_inside(void)
{
	return !victim_call(&enclave, 1, BY_VDSO, &shared->spin);
}

static void inside(const struct way *way)
{
	pid_t child;

	CHECK_ROW("EPC",
		  "sgx/ioctl.c sgx_enclave_etrack(); "
		  "sgx/main.c sgx_encl_ewb()",
		  "a process is stopped inside the enclave",
		  "has left it: nobody waits for it");
	begin();
	shared->spin.op = OP_SPIN;
	child = start(stay_inside);
	while (!__atomic_load_n(&shared->spin.started, __ATOMIC_SEQ_CST))
		sched_yield();
	way->stop(child);
	use(STEPS);
	CHECK(heap_check_all(&enclave, &shared->parent));
	way->go(child);
	use(STEPS);
	shared->spin.flag = 1;
	end(child);
}

static int use_shared(void)
{
	while (!shared->end && heap_step(&enclave, &shared->child))
		;
	return check_result();
}

/* An enclave of its own, too: so it is in ioctls and makes room. */
static int build_own(void)
{
	static struct heap_user own;
	struct enclave e;

	while (!shared->end) {
		heap_build(&e);
		own = (struct heap_user){ .step = 1, .random = 3 };
		for (unsigned n = 0; n < 50; n++)
			heap_step(&e, &own);
		CHECK(heap_check_all(&e, &own));
		enclave_destroy(&e);
		heap_step(&enclave, &shared->child);
	}
	return check_result();
}

static void anywhere(const struct way *way, int (*what)(void))
{
	pid_t child;

	CHECK_ROW("EPC", "sgx/main.c sgx_reclaim_pages()",
		  "who makes room is stopped",
		  "the others go on; so does it, when it may");
	begin();
	child = start(what);
	for (unsigned i = 0; i < STOPS && !check_failures(); i++) {
		usleep(500 + heap_random(&shared->parent, 40000));
		way->stop(child);
		use(STEPS);
		way->go(child);
	}
	shared->end = true;
	end(child);
}

int main(void)
{
	check_timeout(110);
	heap_prepare(PAGES);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		check_fatal("mmap");
	for (unsigned i = 0; i < 2; i++) {
		check_section(ways[i].name);
		inside(&ways[i]);
		anywhere(&ways[i], use_shared);
		anywhere(&ways[i], build_own);
	}
	check_all_rows();
	return check_result();
}
