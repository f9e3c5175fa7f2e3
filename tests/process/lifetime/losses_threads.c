/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that compute in an enclave, by the vDSO and by own ENCLU, and rebuild
 * it whenever it is lost, which is every few milliseconds; and threads that
 * sleep and poll meanwhile, in the same process and in a child, and must not
 * notice.  See meson.build for what is injected.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define WORKERS 4
#define SECONDS 2
#define ROUNDS  20000
#define PF_SGX  0x8000

static struct enclave enclave = ENCLAVE_NONE;
static struct parts parts;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static unsigned generation;
static uint64_t want;
static atomic_uint losses, answers;
static _Thread_local struct seen fault;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	seen_record(&fault, sig, info, context);
	victim_abandon(context);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/*
 * What was paged out when the EPC was lost can never be loaded again: that is
 * SIGBUS, and no EPCM fault.
 */
static bool paging;
/* "often": they leave after no time, so that much is in the midst of an EEXIT
 */
static unsigned rounds = ROUNDS;

static void check_lost(uint64_t error_code, uint64_t addr, unsigned tcs)
{
	if (paging)
		return;
	CHECK(error_code & PF_SGX);
	CHECK_EQ(addr, enclave.tcs[tcs]);
}

/* True: answered.  False: the enclave was lost; nothing else may fail. */
static bool by_vdso(unsigned tcs, struct request *r)
{
	struct enclave_exit exit = victim_enter(&enclave, tcs, r);

	if (exit.function == ENCLU_EEXIT)
		return true;
	CHECK_EQ(exit.vector, 14);
	check_lost(exit.error_code, exit.addr, tcs);
	return false;
}

static bool by_enclu(unsigned tcs, struct request *r)
{
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)r };

	if (!enclave_enter_raw(enclave.tcs[tcs], ENCLU_EENTER, &regs))
		return true;
	CHECK(fault.sig == SIGSEGV || paging);
	check_lost(fault.err, fault.addr, tcs);
	return false;
}

/* ADD_PAGES and INIT may be hit as well: then once more. */
static void rebuild(unsigned seen)
{
	pthread_rwlock_wrlock(&lock);
	if (generation == seen) {
		enclave_destroy(&enclave);
		while (enclave_build(&enclave, &parts.image, &parts.sig))
			if (!CHECK(errno == EIO || errno == EFAULT ||
				   errno == EPERM))
				check_fatal("%s", enclave_error());
		generation++;
		losses++;
	}
	pthread_rwlock_unlock(&lock);
}

static void *work(void *arg)
{
	unsigned tcs = (unsigned)(uintptr_t)arg;
	uint64_t end = now() + SECONDS * 1000000000ull;

	while (now() < end) {
		struct request r = { .op = OP_MIX, .value = rounds };
		unsigned seen;
		bool done;

		pthread_rwlock_rdlock(&lock);
		seen = generation;
		done = tcs % 2 ? by_vdso(tcs, &r) : by_enclu(tcs, &r);
		pthread_rwlock_unlock(&lock);
		if (!done) {
			rebuild(seen);
			continue;
		}
		CHECK_EQ(r.done, OP_DONE);
		CHECK_EQ(r.value, want);
		answers++;
	}
	return NULL;
}

static void *sleeper(void *arg)
{
	struct timespec ts = { .tv_sec = SECONDS };

	(void)arg;
	CHECK_EQ(nanosleep(&ts, NULL), 0);
	return NULL;
}

static void *poller(void *arg)
{
	int ends[2];
	struct pollfd fd = { .events = POLLIN };

	(void)arg;
	CHECK_EQ(pipe(ends), 0);
	fd.fd = ends[0];
	CHECK_EQ(poll(&fd, 1, SECONDS * 1000), 0);
	close(ends[0]);
	close(ends[1]);
	return NULL;
}

/* A process that maps the enclave, and is in no enclave. */
static void child(void)
{
	sleeper(NULL);
}

int main(int argc, char **argv)
{
	pthread_t threads[WORKERS + 2];
	pid_t pid;

	check_timeout(40);
	parts_prepare(&parts, NULL, NULL);
	paging = argc > 1 && strcmp(argv[1], "losses");
	if (argc > 1 && !strcmp(argv[1], "often"))
		rounds = 10;
	victim_handle(SIGSEGV, on_fault, 0);
	victim_handle(SIGBUS, on_fault, 0);
	want = mix(rounds, 0);
	rebuild(0);
	pid = fork();
	if (pid == 0) {
		check_restart();
		child();
		_exit(check_result());
	}
	for (uintptr_t i = 0; i < WORKERS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	pthread_create(&threads[WORKERS], NULL, sleeper, NULL);
	pthread_create(&threads[WORKERS + 1], NULL, poller, NULL);
	for (unsigned i = 0; i < WORKERS + 2; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK(check_exited_well(check_wait(pid)));
	CHECK(losses >= 20);
	CHECK(answers >= 20);
	enclave_destroy(&enclave);
	return check_result();
}
