/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's loop: clients, tracees, and the end of the run.  It sleeps when
 * nobody asks for anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "process/supervisor/server.h"

#define REAP_EVERY_MS	1000
#define LINGER_CHECK_MS 1000

void server_watch(struct server *s, int fd)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP,
				 .data.fd = fd };

	epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e);
}

/* To be given up for one that is needed more. */
static int open_spare(void)
{
	return open("/", O_PATH | O_CLOEXEC);
}

/*
 * No descriptor is left.  Who is turned away fails at once; who is not taken in
 * waits for ever, and keeps the listener readable.
 */
static void turn_away(struct server *s)
{
	close(s->spare);
	close(accept4(s->listener, NULL, NULL, SOCK_CLOEXEC));
	s->spare = open_spare();
	if (!s->turned_away)
		s->options->complain("a process is turned away: the server has "
				     "no file descriptor left; raise ulimit "
				     "-n");
	s->turned_away = true;
}

static void accept_client(struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		server_watch(s, fd);
	else if (errno == EMFILE || errno == ENFILE)
		turn_away(s);
}

static void client(struct server *s, int fd)
{
	if (server_request(s, fd))
		return;
	knock_forget(s, fd);
	close(fd);		/* leaves the epoll set with it */
}

static void drain_signals(struct server *s, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		;
	tracees_wait(s);
}

/* `swsgx run` has returned: hold none of its files open. */
static void let_go_of_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
}

uint64_t server_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* How long may it sleep? */
static int timeout(const struct server *s, bool lingering)
{
	if (lingering)
		return LINGER_CHECK_MS;
	return s->tokens ? REAP_EVERY_MS : -1;
}

static int prepare(struct server *s)
{
	struct rlimit files;
	sigset_t set;
	int signals;

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	server_watch(s, s->listener);
	server_watch(s, s->front_gone);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->spare = open_spare();
	if (s->epoll < 0 || signals < 0 || s->spare < 0) {
		s->options->complain("cannot serve the run: %s%s",
				     strerror(errno), errno == EMFILE ?
				     "; raise ulimit -n" : "");
		exit(1);
	}
	return signals;
}

/* Once the front is gone: serve on only while somebody may ask. */
static void leave_if_idle(struct server *s)
{
	if (s->tracees || s->knock >= 0)
		return;
	if (s->nobody_knocks ||
	    processes_each(s, PROCESS_OF_RUN, NULL, NULL) == 0)
		exit(0);
}

/* What nobody asks for, every now and then. */
static void housekeeping(struct server *s, bool lingering)
{
	s->housekept = server_now();
	tokens_reap(s);
	if (lingering)
		leave_if_idle(s);
}

/* Not only when it is quiet: an injection may keep the server busy for ever. */
static bool housekeeping_is_due(const struct server *s)
{
	return server_now() - s->housekept >= REAP_EVERY_MS * 1000000ull;
}

_Noreturn void server_main(struct server *s)
{
	int signals = prepare(s);
	bool lingering = false;
	struct epoll_event e;

	server_watch(s, signals);
	injections_start(s);
	for (;;) {
		int n = epoll_wait(s->epoll, &e, 1, timeout(s, lingering));

		if (housekeeping_is_due(s))
			housekeeping(s, lingering);
		if (n <= 0) {
			continue;
		} else if (e.data.fd == s->listener) {
			accept_client(s);
		} else if (e.data.fd == signals) {
			drain_signals(s, signals);
		} else if (e.data.fd == s->front_gone) {
			close(s->front_gone);
			program_end(s);
			injections_totals(s);
			leave_if_idle(s);
			lingering = true;
			let_go_of_terminal();
		} else if (!knock_event(s, &e) &&
			   !injections_timer(s, e.data.fd) &&
			   !life_event(s, e.data.fd)) {
			client(s, e.data.fd);
		}
	}
}
