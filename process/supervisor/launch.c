/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/launch.h. */
#include "process/supervisor/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/supervisor/aesm/environment.h"
#include "process/supervisor/base/socket.h"
#include "process/supervisor/server/server.h"

/* The caller's files must not live as long as the server does. */
static void keep_only(const struct server *s)
{
	const int keep[] = { 2, s->listener, s->platform.fd,
			     s->platform.tapes.fd, s->front_gone };
	const unsigned int n = sizeof(keep) / sizeof(keep[0]);
	int low = 2;

	while (low >= 0) {
		int next = INT_MAX;

		for (unsigned int i = 0; i < n; i++)
			if (keep[i] > low && keep[i] < next)
				next = keep[i];
		if (next > low + 1)
			close_range((unsigned int)low + 1,
				    (unsigned int)next - 1, 0);
		low = next == INT_MAX ? -1 : next;
	}
}

pid_t launch_server(struct server *s)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(ends[1]);
		s->front_gone = ends[0];
		s->params.supervisor_pid = (uint32_t)getpid();
		keep_only(s);
		setsid();
		server_main(s);
	}
	/* the other end stays open for as long as this process lives */
	close(ends[0]);
	s->front_end = ends[1];
	return pid;
}

/*
 * What is sent to the job is the program's; once that has ended, `stop` can be
 * read.
 */
static void leave_signals_alone(const struct launch_original *orig)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigprocmask(SIG_SETMASK, &orig->mask, NULL);
}

_Noreturn static void run_follower(struct server *s,
				   const struct launch_original *orig,
				   int ready, int stop)
{
	int fd = socket_connect(s->params.socket);

	close(s->listener);
	close(s->front_end);
	leave_signals_alone(orig);
	if (fd < 0) {
		s->options->complain("cannot reach the run's server: %s",
				     strerror(-fd));
		_exit(OWN_FAILURE);
	}
	_exit(s->options->follow(fd, ready, stop) ? OWN_FAILURE : 0);
}

/* Until it follows, or has said why it does not: -EIO. */
static int await(pid_t pid, int ready)
{
	char byte;

	if (read(ready, &byte, 1) == 1)
		return 0;
	waitpid(pid, NULL, 0);
	return -EIO;
}

int launch_follower(struct server *s, const struct launch_original *orig,
		    struct follower *f)
{
	int ready[2], stop[2], r;

	*f = (struct follower){ .pid = -1 };
	if (!s->options->follow)
		return 0;
	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(stop, O_CLOEXEC) < 0)
		return -errno;
	f->pid = fork();
	if (f->pid == 0) {
		close(ready[0]);
		close(stop[1]);
		run_follower(s, orig, ready[1], stop[0]);
	}
	close(ready[1]);
	close(stop[0]);
	f->stop = stop[1];
	r = f->pid < 0 ? -errno : await(f->pid, ready[0]);
	close(ready[0]);
	return r;
}

void launch_follower_end(struct follower *f)
{
	if (f->pid < 0)
		return;
	close(f->stop);
	waitpid(f->pid, NULL, 0);
}

/* In the child: have the server seize us, as any exec of the program does. */
static int ask_for_injection(struct server *s, pid_t server,
			     const struct launch_original *orig)
{
	struct msg msg = { .type = MSG_EXEC };
	int fd = socket_connect(s->params.socket);
	int r;

	/* where Yama allows tracing of descendants only */
	prctl(PR_SET_PTRACER, server, 0, 0, 0);
	memcpy(msg.secret, s->params.secret, sizeof(msg.secret));
	memcpy(&msg.exec.mask, &orig->mask, sizeof(msg.exec.mask));
	msg.exec.tid = (int)syscall(SYS_gettid);
	if (fd < 0)
		return fd;
	r = socket_call(fd, &msg);
	if (r == -EPERM && msg.exec.tracer)
		s->options->complain(
			"this process is held by another tracer (pid %d), such "
			"as strace -f or gdb; start it without, then attach: "
			"strace -p PID, gdb -p PID",
			msg.exec.tracer);
	else if (r == -EPERM)
		s->options->complain(
			"ptrace is not permitted here; in a container add "
			"--cap-add=SYS_PTRACE, with Yama set "
			"kernel.yama.ptrace_scope to 0 or 1 (see swsgx check)");
	else if (r)
		s->options->complain("cannot reach the run's server: %s",
				     strerror(-r));
	return r;
}

const char *launch_hint(const char *program, int err)
{
	if (err == EACCES)
		return " (is it an executable file?)";
	if (err != ENOENT || access(program, F_OK) < 0)
		return "";
	if (strchr(program, '/'))
		return " (the file is there, the interpreter that it names "
		       "is not)";
	return " (it is not in PATH; the file in this directory is run with "
	       "./ before its name)";
}

_Noreturn static void run_program(struct server *s, pid_t server,
				  const struct launch_original *orig,
				  char **argv, pid_t front)
{
	int err;

	/* only the server has it: once that is gone, nobody listens */
	close(s->listener);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != front)
		_exit(OWN_FAILURE);
	if (ask_for_injection(s, server, orig))
		_exit(OWN_FAILURE);
	/* from here on the server sees to it: program_end() */
	prctl(PR_SET_PDEATHSIG, orig->death_signal, 0, 0, 0);
	sigaction(SIGCHLD, &orig->chld, NULL);
	aesm_set_environment(s->options);
	execvp(argv[0], argv);
	err = errno;
	s->options->complain("cannot run '%s': %s%s", argv[0], strerror(err),
			     launch_hint(argv[0], err));
	_exit(err == ENOENT ? NOT_FOUND : CANNOT_EXECUTE);
}

pid_t launch_program(struct server *s, pid_t server,
		     const struct launch_original *orig, char **argv)
{
	pid_t front = getpid(), pid = fork();

	if (pid == 0)
		run_program(s, server, orig, argv, front);
	return pid < 0 ? -errno : pid;
}
