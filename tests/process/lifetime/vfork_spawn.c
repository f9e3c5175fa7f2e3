/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways to start another program (posix_spawn, vfork, system, popen, fork),
 * from several threads, while timer signals fly and a thread computes inside
 * the enclave.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"

#define TIMES 12

extern char **environ;

static struct enclave enclave = ENCLAVE_NONE;
static atomic_uint alarms;
static atomic_bool done;
static char own_path[4096];

static void on_alarm(int sig)
{
	(void)sig;
	atomic_fetch_add(&alarms, 1);
}

static void rain(bool on)
{
	struct itimerval every = { { 0, on ? 1000 : 0 }, { 0, on ? 1000 : 0 } };

	setitimer(ITIMER_REAL, &every, NULL);
}

/* A new image starts with the timer gone and SIGALRM at its default. */
static int child_image(const char *status)
{
	struct sigaction sa;

	if (sigaction(SIGALRM, NULL, &sa) || sa.sa_handler != SIG_DFL)
		return 99;
	return atoi(status);
}

static void *spawn(void *unused)
{
	char *argv[] = { "vfork_spawn", "child", "21", NULL };
	pid_t pid;

	(void)unused;
	for (int i = 0; i < TIMES; i++) {
		if (CHECK_EQ(posix_spawn(&pid, own_path, NULL, NULL, argv,
					 environ),
			     0))
			CHECK_EQ(check_wait(pid), 21 << 8);
	}
	CHECK_EQ(posix_spawn(&pid, "/nonexistent", NULL, NULL, argv, environ),
		 ENOENT);
	return NULL;
}

static void *do_vfork(void *unused)
{
	(void)unused;
	for (int i = 0; i < TIMES; i++) {
		pid_t pid = vfork();

		if (!pid) {
			execl(own_path, "vfork_spawn", "child", "22",
			      (char *)NULL);
			_exit(98);
		}
		CHECK_EQ(check_wait(pid), 22 << 8);
	}
	return NULL;
}

static void *shell(void *unused)
{
	char line[64];

	(void)unused;
	for (int i = 0; i < TIMES; i++) {
		FILE *f;

		CHECK_EQ(system("exit 23"), 23 << 8);
		f = popen("echo spoken", "r");
		if (!CHECK(f != NULL))
			continue;
		CHECK(fgets(line, sizeof(line), f) != NULL);
		CHECK(!strcmp(line, "spoken\n"));
		CHECK_EQ(pclose(f), 0);
	}
	return NULL;
}

static void *do_fork(void *unused)
{
	(void)unused;
	for (int i = 0; i < TIMES; i++) {
		pid_t pid = fork();

		if (!pid) {
			struct request r = { .op = OP_BASES };
			bool well = victim_call(&enclave, 3, BY_ENCLU, &r);

			_exit(well && r.value == 3 ? 24 : 97);
		}
		CHECK_EQ(check_wait(pid), 24 << 8);
	}
	return NULL;
}

static void *compute(void *unused)
{
	uint64_t want = mix(100000, 0);

	(void)unused;
	while (!done) {
		struct request r = { .op = OP_MIX, .value = 100000 };

		if (!CHECK(victim_call(&enclave, 1, BY_ENCLU, &r)) ||
		    !CHECK_EQ(r.value, want))
			break;
	}
	return NULL;
}

static void run_all(void)
{
	static void *(*const bodies[])(void *) = { spawn, do_vfork, shell,
						   do_fork };
	pthread_t threads[4], inside;

	CHECK_ROW("fork", "kernel/fork.c",
		  "fork, vfork, posix_spawn, popen, others are inside",
		  "work; a forked child has the enclave");
	CHECK_EQ(pthread_create(&inside, NULL, compute, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, bodies[i], NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	done = true;
	pthread_join(inside, NULL);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_alarm,
				.sa_flags = SA_RESTART };

	if (argc == 3 && !strcmp(argv[1], "child"))
		return child_image(argv[2]);
	check_timeout(45);
	if (readlink("/proc/self/exe", own_path, sizeof(own_path) - 1) < 0)
		check_fatal("/proc/self/exe: %s", strerror(errno));
	victim_build(&enclave);
	sigaction(SIGALRM, &sa, NULL);
	rain(true);
	run_all();
	rain(false);
	CHECK(alarms > 0);
	enclave_destroy(&enclave);
	check_all_rows();
	return check_result();
}
