/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fork(2) while an enclave exists: parent and child share one enclave, its
 * memory and its TCSs; neither's death or munmap takes it from the other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

static struct enclave enclave = ENCLAVE_NONE;
static enum victim_way way;

static uint64_t load(unsigned slot)
{
	struct request r = { .op = OP_LOAD, .count = slot };

	CHECK(victim_call(&enclave, 0, way, &r));
	return r.value;
}

static void store(unsigned slot, uint64_t value)
{
	struct request r = { .op = OP_STORE, .count = slot, .value = value };

	CHECK(victim_call(&enclave, 0, way, &r));
}

static void child_changes(void)
{
	CHECK_EQ(load(1), 111);
	store(1, 222);
	CHECK_EQ(load(1), 222);
}

static void shared_memory(void)
{
	check_section("memory is shared");
	CHECK_ROW("fork", "sgx/encl.c sgx_vma_open()", "parent and child",
		  "share the enclave's memory");
	store(1, 111);
	CHECK(check_exited_well(check_in_child(child_changes, 20)));
	CHECK_EQ(load(1), 222);
}

static void child_unmaps(void)
{
	enclave_destroy(&enclave);
}

static void grandchild(void)
{
	CHECK_EQ(load(1), 333);
	store(1, 444);
}

static void child_forks(void)
{
	CHECK(check_exited_well(check_in_child(grandchild, 15)));
	CHECK_EQ(load(1), 444);
}

static void generations(void)
{
	check_section("a child's death and munmap");
	CHECK_ROW("fork", "sgx/encl.c sgx_vma_open()",
		  "the child unmaps or dies; a grandchild",
		  "the enclave stays");
	store(1, 333);
	CHECK(check_exited_well(check_in_child(child_unmaps, 20)));
	CHECK_EQ(load(1), 333);
	CHECK(check_exited_well(check_in_child(child_forks, 20)));
	CHECK_EQ(load(1), 444);
}

static void *spin_inside(void *request)
{
	CHECK(victim_call(&enclave, 1, way, request));
	return NULL;
}

/* The parent's other thread is inside TCS 1, for the child as well. */
static void child_of_busy_parent(void)
{
	struct request r = { .op = OP_NOP };
	struct enclave_exit exit;

	CHECK_EQ(load(1), 555);
	if (!enclave_vdso())
		return;
	exit = victim_enter(&enclave, 1, &r);
	CHECK_EQ(exit.function, ENCLU_EENTER);
	CHECK_EQ(exit.vector, 13);
}

static void fork_while_inside(void)
{
	static struct request *spin;
	pthread_t thread;

	check_section("fork while another thread is inside");
	CHECK_ROW("fork", "sgx/encl.c sgx_vma_open()",
		  "another thread is inside", "its TCS is busy for the child");
	spin = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	spin->op = OP_SPIN;
	store(1, 555);
	CHECK_EQ(pthread_create(&thread, NULL, spin_inside, spin), 0);
	while (!spin->started)
		sched_yield();
	CHECK(check_exited_well(check_in_child(child_of_busy_parent, 20)));
	spin->flag = 1;
	pthread_join(thread, NULL);
	CHECK_EQ(load(1), 555);
	munmap(spin, 4096);
}

static volatile int forks;

/* The child leaves from within the handler; the parent resumes. */
static void fork_in_handler(int sig)
{
	pid_t pid = fork();

	(void)sig;
	if (!pid)
		_exit(17);
	if (CHECK_EQ(check_wait(pid), 17 << 8))
		forks++;
}

static void fork_from_handler(void)
{
	struct itimerval every = { { 0, 20000 }, { 0, 5000 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	struct sigaction sa = { .sa_handler = fork_in_handler,
				.sa_flags = SA_RESTART };
	uint64_t want = mix(2000000, 0);

	check_section("fork from a handler that interrupted the enclave");
	CHECK_ROW("fork", "sgx/encl.c sgx_vma_open()",
		  "in a handler that interrupted the enclave",
		  "the parent resumes");
	CHECK_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	setitimer(ITIMER_REAL, &every, NULL);
	for (int i = 0; i < 8; i++) {
		struct request r = { .op = OP_MIX, .value = 2000000 };

		CHECK(victim_call(&enclave, 0, way, &r));
		CHECK_EQ(r.value, want);
	}
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK(forks > 0);
}

static pid_t built_by;

/* The builder goes; the enclave lives as long as somebody has it. */
static void orphan(int to)
{
	uint64_t value;

	check_timeout(20);
	while (getppid() == built_by)
		usleep(1000);
	store(2, 4711);
	value = load(2);
	_exit(write(to, &value, sizeof(value)) != sizeof(value));
}

static void builder(int to)
{
	struct enclave own;
	pid_t pid;

	check_timeout(20);
	victim_build(&own);
	enclave = own;
	built_by = getpid();
	pid = fork();
	if (!pid)
		orphan(to);
	_exit(pid < 0);
}

static void builder_goes(void)
{
	uint64_t value = 0;
	int pipes[2];
	pid_t pid;

	check_section("the builder exits, its child goes on");
	CHECK_ROW("fork", "sgx/encl.c sgx_encl_release()",
		  "who built the enclave exits", "the child goes on");
	if (pipe(pipes))
		check_fatal("pipe");
	pid = fork();
	if (!pid)
		builder(pipes[1]);
	close(pipes[1]);
	CHECK(check_exited_well(check_wait(pid)));
	CHECK_EQ(read(pipes[0], &value, sizeof(value)), sizeof(value));
	CHECK_EQ(value, 4711);
	close(pipes[0]);
}

static void all(const char *name)
{
	check_section(name);
	shared_memory();
	generations();
	fork_while_inside();
	fork_from_handler();
}

int main(void)
{
	check_timeout(45);
	victim_build(&enclave);
	way = BY_ENCLU;
	all("own ENCLU");
	if (enclave_vdso()) {
		way = BY_VDSO;
		all("vDSO");
	}
	builder_goes();
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
