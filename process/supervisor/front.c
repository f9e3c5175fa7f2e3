/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front: the program's parent.  What a shell sees of the program, it sees
 * of `swsgx run`: exit status, death by signal, stops.  What is sent to `swsgx
 * run`, the program gets.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/inject/inject.h"
#include "process/supervisor/server.h"

#define OWN_FAILURE	125
#define CANNOT_EXECUTE	126
#define NOT_FOUND	127

/* The state that the program is to start with, not ours. */
struct original {
	sigset_t mask;
	struct sigaction chld;
	int death_signal;		/* PR_SET_PDEATHSIG */
};

static int make_listener(struct server *s)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	uint64_t unique;
	size_t len;
	int fd;

	s->options->entropy(&unique, sizeof(unique));
	s->options->entropy(s->params.secret, sizeof(s->params.secret));
	snprintf(s->params.socket, sizeof(s->params.socket),
		 "swsgx-%d-%016llx", (int)getpid(), (unsigned long long)unique);
	len = strlen(s->params.socket);
	memcpy(un.sun_path + 1, s->params.socket, len);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&un,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			     len)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return -errno;
	return fd;
}

static void make_params(struct server *s)
{
	struct package *p = &s->params.package;

	s->params.verbose = s->options->verbose;
	s->params.strict = s->options->strict;
	*p = s->mm.shared->package;
	/* programs are shown what CPUID shows, and no keys */
	memset(p->root_seal_key, 0, sizeof(p->root_seal_key));
	memset(p->root_provisioning_key, 0, sizeof(p->root_provisioning_key));
	memset(p->cr_base_pk, 0, sizeof(p->cr_base_pk));
}

/* The caller's files must not live as long as the server does. */
static void keep_only(const struct server *s)
{
	const int keep[] = { 2, s->listener, s->platform_fd, s->front_gone };
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

static pid_t start_server(struct server *s, int *hold)
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
	close(ends[0]);
	*hold = ends[1];
	return pid;
}

static int connect_to_server(const struct server *s)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(s->params.socket);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path + 1, s->params.socket, len);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&un,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				len)) < 0)
		return -errno;
	return fd;
}

/* In the child: have the server seize us, as any exec of the program does. */
static int ask_for_injection(struct server *s, pid_t server,
			     const struct original *orig)
{
	struct msg msg = { .type = MSG_EXEC };
	int fd = connect_to_server(s);
	int r;

	/* where Yama allows tracing of descendants only */
	prctl(PR_SET_PTRACER, server, 0, 0, 0);
	memcpy(msg.secret, s->params.secret, sizeof(msg.secret));
	memcpy(&msg.exec.mask, &orig->mask, sizeof(msg.exec.mask));
	msg.exec.tid = (int)syscall(SYS_gettid);
	if (fd < 0)
		return fd;
	r = supervisor_call(fd, &msg);
	if (r == -EPERM && msg.exec.tracer)
		s->options->complain(
			"this process is held by another tracer (pid %d), such "
			"as strace -f or gdb; start it without, then attach: "
			"strace -p PID, gdb -p PID", msg.exec.tracer);
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

_Noreturn static void start_program(struct server *s, pid_t server,
				    const struct original *orig, char **argv)
{
	int err;

	/* the server's alone: if it is gone, nobody else seems to listen */
	close(s->listener);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != s->front)
		_exit(OWN_FAILURE);
	if (ask_for_injection(s, server, orig))
		_exit(OWN_FAILURE);
	/* from here on the server sees to it: program_end() */
	prctl(PR_SET_PDEATHSIG, orig->death_signal, 0, 0, 0);
	sigaction(SIGCHLD, &orig->chld, NULL);
	execvp(argv[0], argv);
	err = errno;
	s->options->complain("cannot run '%s': %s%s", argv[0], strerror(err),
			     err == EACCES ? " (is it an executable file?)"
					   : "");
	_exit(err == ENOENT ? NOT_FOUND : CANNOT_EXECUTE);
}

/* Stop as the program did, so that the shell sees a stopped job. */
static void stop_too(pid_t program)
{

	raise(SIGSTOP);
	/* continued, by the shell; the program too, unless it only meant us */
	kill(program, SIGCONT);
}

/*
 * A signal to the front alone is meant for the program.  What the terminal
 * sends, the program has got itself, being of the same process group.
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

/*
 * Before anybody sees that the run is over, what was injected is said.  False
 * if the program was none because the runtime could not be put into it.
 */
static bool finish(const struct server *s, pid_t program)
{
	const struct timeval patience = { .tv_sec = 3 };
	struct msg msg = { .type = MSG_FINISH, .exec.tid = program };
	int fd = connect_to_server(s), r;

	if (fd < 0)
		return true;
	memcpy(msg.secret, s->params.secret, sizeof(msg.secret));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	r = supervisor_call(fd, &msg);
	close(fd);
	return r != -ENOEXEC;
}

/* The way to CPUID that was asked for, or -ENOTSUP. */
static int choose_cpuid(struct server *s)
{
	bool wanted = s->options->cpuid == RUN_CPUID_FAULT;

	switch (s->options->cpuid) {
	case RUN_CPUID_OFF:
		s->params.cpuid = RT_CPUID_OFF;
		return 0;
	case RUN_CPUID_REWRITE:
		s->params.cpuid = RT_CPUID_REWRITE;
		return 0;
	default:
		break;
	}
	s->params.cpuid = cpuid_can_fault() ? RT_CPUID_FAULT
					    : RT_CPUID_REWRITE;
	if (!wanted || s->params.cpuid == RT_CPUID_FAULT)
		return 0;
	s->options->complain("this host cannot make CPUID fault; leave out "
			     "--cpuid, and it is rewritten");
	return -ENOTSUP;
}

static int set_up(struct server *s)
{
	int r = choose_cpuid(s);

	if (r)
		return r;
	r = platform_file_create(s);
	if (r) {
		s->options->complain("cannot make the platform's memory: %s; "
				     "swsgx check says what is in the way",
				     strerror(-r));
		return r;
	}
	injections_init(s);
	make_params(s);
	s->listener = make_listener(s);
	if (s->listener < 0) {
		s->options->complain("cannot make the run's socket: %s",
				     strerror(-s->listener));
		return s->listener;
	}
	return 0;
}

int supervisor_run(const struct run_options *options, char **argv)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct server s = { .options = options,
			    .front = getpid(),
			    .knock = -1,
			    .program = -1 };
	struct original orig;
	sigset_t all;
	pid_t server, program;
	int hold = -1, status;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &orig.mask);
	sigaction(SIGCHLD, &dfl, &orig.chld);
	prctl(PR_GET_PDEATHSIG, &orig.death_signal, 0, 0, 0);
	if (set_up(&s))
		return OWN_FAILURE;
	server = start_server(&s, &hold);
	if (server < 0) {
		options->complain("cannot start: %s", strerror(-server));
		return OWN_FAILURE;
	}
	program = fork();
	if (program == 0)
		start_program(&s, server, &orig, argv);
	if (program < 0) {
		options->complain("cannot start: %s", strerror(errno));
		return OWN_FAILURE;
	}
	/* the front is no part of the run: it must not look like one */
	close(s.listener);
	munmap(s.platform, PLATFORM_FILE_SIZE);
	close(s.platform_fd);
	status = attend(program);
	return finish(&s, program) ? end_like(status) : OWN_FAILURE;
}
