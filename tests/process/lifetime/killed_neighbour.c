/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processes are killed at any moment while they build enclaves, use them, and
 * make room for that in an EPC that is too small: strangers, and children of a
 * fork that share an enclave with the survivor.  Nobody else loses anything by
 * it, and in the end all of the EPC is free.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/heap.h"

#define PAGES     1536u /* three quarters of the EPC's 8 MiB */
#define STRANGERS 60
#define CHILDREN  6 /* one on each TCS, which it takes along */
#define FAMILIES  5
#define BUILDERS  60

/* Shared: what a killed one had written is checked by the survivor. */
static struct users {
	struct heap_user survivor, child[CHILDREN];
	bool stop;
} * users;

static void build_for_ever(void)
{
	static struct heap_user own = { .step = 1 };
	struct enclave e;

	own.random = (uint32_t)getpid();
	/* What it finds in its enclaves is checked, too. */
	for (;;) {
		memset(own.is, 0, sizeof(own.is));
		if (!heap_try_build(&e))
			continue;
		for (unsigned n = 0; n < 200; n++)
			if (!heap_step(&e, &own))
				_exit(1);
		enclave_destroy(&e);
	}
}

static pid_t start_builder(void)
{
	pid_t pid = fork();

	if (pid < 0)
		check_fatal("fork");
	if (!pid) {
		check_restart();
		build_for_ever();
	}
	return pid;
}

/* Milliseconds, at most. */
static void kill_within(pid_t pid, uint32_t most)
{
	static struct heap_user moments;
	int status;

	usleep(1000 + heap_random(&moments, most * 1000));
	kill(pid, SIGKILL);
	status = check_wait(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int survive(void)
{
	struct heap_user *u = &users->survivor;
	struct enclave e;

	check_restart();
	heap_build(&e);
	while (!users->stop && heap_step(&e, u))
		;
	CHECK(heap_check_all(&e, u));
	enclave_destroy(&e);
	return check_result();
}

static void strangers(void)
{
	pid_t survivor;

	CHECK_ROW("EPC", "sgx/main.c sgx_reclaim_pages()",
		  "who makes room is killed", "is nobody else's loss");
	check_section("strangers");
	users->survivor = (struct heap_user){ .step = 1 };
	users->stop = false;
	survivor = fork();
	if (!survivor)
		_exit(survive());
	while (!users->survivor.steps && !waitpid(survivor, NULL, WNOHANG))
		usleep(1000);
	for (unsigned i = 0; i < STRANGERS; i++)
		kill_within(start_builder(), 60);
	users->stop = true;
	CHECK(check_exited_well(check_wait(survivor)));
	CHECK(heap_epc_free());
}

static void be_child(const struct enclave *e, struct heap_user *u)
{
	check_restart();
	for (;;)
		if (!heap_step(e, u))
			_exit(1);
}

struct family {
	struct enclave e;
	bool stop;
};

static void *parent(void *arg)
{
	struct family *f = arg;

	while (!__atomic_load_n(&f->stop, __ATOMIC_SEQ_CST) &&
	       heap_step(&f->e, &users->survivor))
		;
	return NULL;
}

static void one_family(unsigned seed)
{
	struct family f = { .stop = false };
	pthread_t thread;

	memset(users, 0, sizeof(*users));
	users->survivor = (struct heap_user){ .step = CHILDREN + 1,
					      .random = seed };
	heap_build(&f.e);
	CHECK_EQ(pthread_create(&thread, NULL, parent, &f), 0);
	for (unsigned i = 0; i < CHILDREN; i++) {
		struct heap_user *u = &users->child[i];
		pid_t pid, builder;

		*u = (struct heap_user){ .first = i + 1,
					 .tcs = i + 1,
					 .step = CHILDREN + 1,
					 .random = seed * 100 + i };
		builder = start_builder();
		pid = fork();
		if (!pid)
			be_child(&f.e, u);
		kill_within(pid, 200);
		kill_within(builder, 20);
	}
	__atomic_store_n(&f.stop, true, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	CHECK(heap_check_all(&f.e, &users->survivor));
	for (unsigned i = 0; i < CHILDREN; i++) {
		users->child[i].tcs = 0;
		CHECK(heap_check_all(&f.e, &users->child[i]));
	}
	enclave_destroy(&f.e);
}

static void families(void)
{
	CHECK_ROW("fork", "sgx/main.c sgx_reclaim_pages()",
		  "a child that shares the enclave is killed",
		  "the parent's pages, and the child's, stay as they are");
	check_section("children that share an enclave");
	for (unsigned i = 0; i < FAMILIES && !check_failures(); i++)
		one_family(i + 1);
	CHECK(heap_epc_free());
}

static void builders(void)
{
	pid_t pid[2];

	CHECK_ROW("EPC", "sgx/encl.c sgx_encl_release()",
		  "two who compete for it are killed at any moment",
		  "all of it is free");
	check_section("builders, two at a time");
	for (unsigned i = 0; i < 2; i++)
		pid[i] = start_builder();
	for (unsigned i = 0; i < BUILDERS; i++) {
		kill_within(pid[i % 2], 40);
		pid[i % 2] = start_builder();
	}
	for (unsigned i = 0; i < 2; i++)
		kill_within(pid[i], 1);
	CHECK(heap_epc_free());
}

int main(void)
{
	check_timeout(110);
	heap_prepare(PAGES);
	users = mmap(NULL, sizeof(*users), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (users == MAP_FAILED)
		check_fatal("mmap");
	strangers();
	families();
	builders();
	check_all_rows();
	return check_result();
}
