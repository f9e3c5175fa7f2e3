/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front: the program's parent.  `swsgx run` shows a shell what it would see
 * of the program: exit status, death by signal, stops.  The program gets what
 * is sent to `swsgx run`.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/supervisor/base/socket.h"
#include "process/supervisor/launch.h"
#include "process/supervisor/server/server.h"
#include "process/supervisor/supervisor.h"

/* Stop as the program did, so that the shell sees a stopped job. */
static void stop_too(pid_t program)
{
	raise(SIGSTOP);
	/* the shell has continued this process, and perhaps not the program */
	kill(program, SIGCONT);
}

/*
 * A signal to the front alone is meant for the program.  The program is of the
 * same process group, so it has got itself what the terminal sends.
 */
static void pass_signal(pid_t program, const siginfo_t *info)
{
	if (info->si_signo == SIGCHLD || info->si_code == SI_KERNEL)
		return;
	if (info->si_signo == SIGCONT)
		return;
	if (info->si_code == SI_QUEUE) {
		union sigval value = info->si_value;

		sigqueue(program, info->si_signo, value);
		return;
	}
	kill(program, info->si_signo);
}

/* Until the program has ended; its wait status. */
static int attend(pid_t program)
{
	sigset_t all;
	siginfo_t info;
	int status;

	sigfillset(&all);
	for (;;) {
		pid_t pid = waitpid(program, &status, WNOHANG | WUNTRACED);

		if (pid == program && WIFSTOPPED(status)) {
			stop_too(program);
			continue;
		}
		if (pid == program)
			return status;
		if (pid < 0 && errno == ECHILD)
			return OWN_FAILURE << 8;
		if (sigwaitinfo(&all, &info) > 0)
			pass_signal(program, &info);
	}
}

/* End by the signal that ended the program, without a second core dump. */
static int end_like(int status)
{
	const struct rlimit none = { 0, 0 };
	sigset_t set;
	int sig;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	sig = WTERMSIG(status);
	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + sig;
}

static void show_stats(const struct server *s, int fd)
{
	struct msg msg = { .type = MSG_STATS };
	int file = -1, r = socket_fetch(fd, &msg, &file);

	if (r)
		s->options->complain("the run's server has no statistics: %s",
				     strerror(-r));
	else
		s->options->stats(file);
	if (file >= 0)
		close(file);
}

/*
 * The server says what was injected before anybody sees that the run is over.
 * False: the program did not run, because the runtime could not be put into it.
 */
static bool finish(const struct server *s, pid_t program)
{
	const struct timeval patience = { .tv_sec = 3 };
	struct msg msg = { .type = MSG_FINISH, .exec.tid = program };
	int fd = socket_connect(s->params.socket), r;

	if (fd < 0)
		return true;
	memcpy(msg.secret, s->params.secret, sizeof(msg.secret));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	r = socket_call(fd, &msg);
	if (r != -ENOEXEC && s->options->stats)
		show_stats(s, fd);
	close(fd);
	return r != -ENOEXEC;
}

static int run(struct server *s, const struct launch_original *orig,
	       char **argv)
{
	pid_t server, program = -1;
	struct follower follower;
	int status;
	bool ran;

	server = launch_server(s);
	/* it has said why it cannot follow */
	if (server >= 0 && launch_follower(s, orig, &follower))
		return OWN_FAILURE;
	if (server >= 0)
		program = launch_program(s, server, orig, argv);
	if (server < 0 || program < 0) {
		s->options->complain("cannot start: %s",
				     strerror(server < 0 ? -server : -program));
		return OWN_FAILURE;
	}
	/* the front is no part of the run: it must not look like one */
	close(s->listener);
	platform_leave(&s->platform);
	status = attend(program);
	ran = finish(s, program);
	launch_follower_end(&follower);
	return ran ? end_like(status) : OWN_FAILURE;
}

int supervisor_run(const struct run_options *options, char **argv)
{
	static struct server server;
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct launch_original orig;
	sigset_t all;

	server.options = options;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &orig.mask);
	sigaction(SIGCHLD, &dfl, &orig.chld);
	prctl(PR_GET_PDEATHSIG, &orig.death_signal, 0, 0, 0);
	return server_setup(&server) ? OWN_FAILURE : run(&server, &orig, argv);
}
