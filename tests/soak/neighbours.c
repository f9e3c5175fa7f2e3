/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neighbours KILLS STOPS SECONDS: processes that share an EPC which is too
 * small for them, and some of them an enclave, are killed and stopped at any
 * moment, so many times.  Two survive: this one, whose enclave is shared by
 * its children, and another with one of its own.  Each byte of their pages, and
 * of those that the dead have left, is checked; they go on while one is
 * stopped; and in the end all of the EPC is free.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/heap.h"
#include "tests/soak/holdings.h"

#define PAGES     1024u /* half of the EPC's 8 MiB */
#define STRANGERS 2u
#define RELATIVES 6u /* of a round; each takes a TCS along */
#define STALL_MS  60000
#define STEPS     8 /* of each survivor, while one is stopped */

static struct shared {
	struct heap_user survivor, relative[RELATIVES];
	bool end;
} * shared;
static struct enclave family;
static struct heap_user head, moments;
static unsigned long kills, stops, longest_ms;

static unsigned long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool at_end(void)
{
	return __atomic_load_n(&shared->end, __ATOMIC_SEQ_CST);
}

static void end_all(void)
{
	__atomic_store_n(&shared->end, true, __ATOMIC_SEQ_CST);
}

/* A child that does not outlive this process. */
static pid_t start(void (*what)(unsigned), unsigned number)
{
	pid_t pid = fork();

	if (pid < 0)
		check_fatal("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		check_restart();
		what(number);
		_exit(check_failures() ? 1 : 0);
	}
	return pid;
}

/* What they are ------------------------------------------------------- */

static void survive(unsigned unused)
{
	struct heap_user *u = &shared->survivor;
	struct enclave e;

	(void)unused;
	heap_build(&e);
	while (!at_end() && heap_step(&e, u))
		if (u->steps % 4096 == 0)
			CHECK(heap_check_all(&e, u));
	CHECK(heap_check_all(&e, u));
	end_all();
	enclave_destroy(&e);
}

/* Enclaves of its own, one after the other. */
static void be_stranger(unsigned number)
{
	static struct heap_user own;
	struct enclave e;

	for (;;) {
		own = (struct heap_user){ .step = 1, .random = number };
		heap_build(&e);
		for (unsigned n = 0; n < 50; n++)
			if (!heap_step(&e, &own))
				return;
		if (!heap_check_all(&e, &own))
			return;
		enclave_destroy(&e);
	}
}

static void be_relative(unsigned number)
{
	while (heap_step(&family, &shared->relative[number]))
		;
}

/* What is done to them ------------------------------------------------ */

/* This survivor, and then the other: however slow the machine is. */
static void go_on(unsigned n)
{
	unsigned long *steps = &shared->survivor.steps, start = now_ms();
	unsigned long goal = __atomic_load_n(steps, __ATOMIC_SEQ_CST) + n;
	unsigned long took;

	for (unsigned i = 0; i < n; i++)
		CHECK(heap_step(&family, &head));
	while (__atomic_load_n(steps, __ATOMIC_SEQ_CST) < goal && !at_end()) {
		if (now_ms() - start > STALL_MS)
			check_fatal("the survivor stalls, after %lu kills and "
				    "%lu stops",
				    kills, stops);
		usleep(200);
	}
	took = now_ms() - start;
	if (took > longest_ms)
		longest_ms = took;
}

static void stop(pid_t pid)
{
	int status;

	usleep(heap_random(&moments, 5000));
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	if (!CHECK(WIFSTOPPED(status)))
		return;
	go_on(STEPS);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	stops++;
}

static void end(pid_t pid)
{
	int status;

	usleep(heap_random(&moments, 8000));
	kill(pid, SIGKILL);
	status = check_wait(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	kills++;
}

static bool finished(unsigned long most)
{
	return kills >= most || check_failures() || at_end();
}

/* The relatives' TCSs are used up then. */
static void one_round(pid_t *strangers, unsigned long most_kills,
		      unsigned long most_stops)
{
	memset(shared->relative, 0, sizeof(shared->relative));
	memset(&head, 0, sizeof(head));
	head.step = RELATIVES + 1;
	heap_build(&family);
	for (unsigned i = 0; i < RELATIVES && !finished(most_kills); i++) {
		pid_t *stranger = &strangers[i % STRANGERS], relative;

		shared->relative[i] =
			(struct heap_user){ .first = i + 1,
					    .tcs = i + 1,
					    .step = RELATIVES + 1,
					    .random = (uint32_t)kills };
		relative = start(be_relative, i);
		if (stops * most_kills <= kills * most_stops &&
		    stops < most_stops)
			stop(stops % 2 ? *stranger : relative);
		end(*stranger);
		*stranger = start(be_stranger, (unsigned)kills);
		go_on(1);
		end(relative);
		shared->relative[i].tcs = 0;
		CHECK(heap_check_all(&family, &shared->relative[i]));
	}
	CHECK(heap_check_all(&family, &head));
	enclave_destroy(&family);
}

static void report(void)
{
	struct epc epc = epc_when_idle();

	printf("kills %lu\nstops %lu\nrounds %lu\nlongest-ms %lu\n", kills,
	       stops, shared->survivor.steps, longest_ms);
	printf("epc-pages %lu\nepc-free %lu\n", epc.pages, epc.free);
	CHECK_EQ(epc.free, epc.pages);
}

int main(int argc, char **argv)
{
	unsigned long most_kills, most_stops;
	pid_t survivor, strangers[STRANGERS];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 4)
		check_fatal("usage: neighbours KILLS STOPS SECONDS");
	most_kills = strtoul(argv[1], NULL, 10);
	most_stops = strtoul(argv[2], NULL, 10);
	check_timeout((unsigned)strtoul(argv[3], NULL, 10));
	heap_prepare(PAGES);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		check_fatal("mmap");
	shared->survivor.step = 1;
	survivor = start(survive, 0);
	for (unsigned i = 0; i < STRANGERS; i++)
		strangers[i] = start(be_stranger, i);
	while (!finished(most_kills))
		one_round(strangers, most_kills, most_stops);
	for (unsigned i = 0; i < STRANGERS; i++)
		end(strangers[i]);
	end_all();
	CHECK(check_exited_well(check_wait(survivor)));
	report();
	return check_result();
}
