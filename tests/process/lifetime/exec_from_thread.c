/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * execve(2): from the leader, from another thread, and while further threads
 * are inside the enclave; by fexecve(3) too.  The process keeps its pid, and
 * the new image uses SGX again, from nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static struct enclave enclave = ENCLAVE_NONE;
static char own_pid[16];

static bool works(void)
{
	struct request r = { .op = OP_BASES };

	return victim_call(&enclave, 2, BY_ENCLU, &r) && r.value == 2;
}

static char **arguments(const char *what)
{
	static char *argv[4];

	snprintf(own_pid, sizeof(own_pid), "%d", (int)getpid());
	argv[0] = "exec_from_thread";
	argv[1] = (char *)what;
	argv[2] = own_pid;
	return argv;
}

static void *exec_here(void *what)
{
	execv("/proc/self/exe", arguments(what));
	check_fatal("execv: %s", strerror(errno));
}

static void *spin_inside(void *request)
{
	victim_call(&enclave, 1, BY_ENCLU, request);
	return NULL;
}

static void start_spinning(void)
{
	static struct request spin = { .op = OP_SPIN };
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, spin_inside, &spin), 0);
	while (!spin.started)
		sched_yield();
}

static void exec_by_thread(void)
{
	pthread_t thread;

	victim_build(&enclave);
	CHECK(works());
	start_spinning();
	CHECK_EQ(pthread_create(&thread, NULL, exec_here, "fresh"), 0);
	pthread_join(thread, NULL);
	check_fatal("the thread that called execv() came back");
}

static void exec_by_leader(void)
{
	victim_build(&enclave);
	CHECK(works());
	start_spinning();
	exec_here("fresh");
}

static void exec_by_descriptor(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	victim_build(&enclave);
	CHECK(works());
	fexecve(fd, arguments("fresh"), environ);
	check_fatal("fexecve: %s", strerror(errno));
}

/* An exec that fails leaves everything as it was. */
static void exec_that_fails(void)
{
	const char *volatile nowhere = (const char *)8;
	char *argv[] = { "x", NULL };

	victim_build(&enclave);
	CHECK_FAILS(execv("/nonexistent", argv), ENOENT);
	CHECK_FAILS(execv("/etc/passwd", argv), EACCES);
	CHECK_FAILS(execv("/tmp", argv), EACCES);
	CHECK_FAILS(execve(nowhere, argv, environ), EFAULT);
	CHECK(works());
}

static void exec_of_nothing_sgx(void)
{
	victim_build(&enclave);
	CHECK(works());
	execlp("sh", "sh", "-c", "exec true", (char *)NULL);
	check_fatal("execlp: %s", strerror(errno));
}

static int fresh_image(const char *pid)
{
	check_timeout(20);
	check_section("the new image");
	CHECK_EQ(atoi(pid), getpid());
	victim_build(&enclave);
	CHECK(works());
	enclave_destroy(&enclave);
	return check_result();
}

static void try(const char *name, void (*body)(void))
{
	check_section(name);
	CHECK(check_exited_well(check_in_child(body, 20)));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "fresh"))
		return fresh_image(argv[2]);
	check_timeout(45);
	CHECK_ROW("execve", "fs/exec.c",
		  "any thread, others are inside; fexecve",
		  "the same process, nothing of the enclave");
	CHECK_ROW("execve", "fs/exec.c", "it fails", "all is as before");
	try("a thread execs", exec_by_thread);
	try("the leader execs", exec_by_leader);
	try("fexecve", exec_by_descriptor);
	try("exec that fails", exec_that_fails);
	try("exec of another program", exec_of_nothing_sgx);
	check_all_rows();
	return check_result();
}
