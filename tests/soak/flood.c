/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flood PID MICROSECONDS: SIGUSR1 to each thread of a process in turn, one
 * every so often, until the process is gone.  Prints how many.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

/* How many signals; -1: the process is gone. */
static long round_of(pid_t pid, const struct timespec *pause)
{
	char path[64];
	struct dirent *entry;
	long sent = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return -1;
	while (!stop && (entry = readdir(tasks))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (!syscall(SYS_tgkill, pid, atoi(entry->d_name), SIGUSR1))
			sent++;
		nanosleep(pause, NULL);
	}
	closedir(tasks);
	return sent;
}

int main(int argc, char **argv)
{
	struct timespec pause = { 0 };
	long total = 0, sent;
	pid_t pid;

	if (argc != 3) {
		fprintf(stderr, "usage: flood PID MICROSECONDS\n");
		return 2;
	}
	signal(SIGTERM, on_term);
	pid = atoi(argv[1]);
	pause.tv_nsec = atol(argv[2]) * 1000;
	while (!stop && (sent = round_of(pid, &pause)) >= 0)
		total += sent;
	printf("sent %ld\n", total);
	return 0;
}
