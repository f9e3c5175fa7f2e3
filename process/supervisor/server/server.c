/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's loop, and the end of the run.  The server sleeps until a
 * descriptor can be read.
 */
#include "process/supervisor/server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "kernel/sgx/driver.h"
#include "process/supervisor/base/loop.h"
#include "process/supervisor/program/processes.h"
#include "process/supervisor/server/clients.h"
#include "process/supervisor/server/requests.h"

#define REAP_EVERY_MS   1000
#define LINGER_CHECK_MS 1000

static void signal_event(void *arg, int fd, uint32_t events)
{
	struct server *s = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(fd, &info, sizeof(info)) == sizeof(info))
		;
	tracees_wait(&s->tracees);
}

static int watch_signals(struct server *s)
{
	sigset_t set;
	int fd;

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : loop_watch(fd, signal_event, s);
}

/* `swsgx run` has returned: hold none of its files open. */
static void let_go_of_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
}

/* Once the front is gone: serve on only while somebody may ask. */
static void leave_if_idle(struct server *s)
{
	if (s->tracees.first || s->knock.listener >= 0)
		return;
	if (s->knock.all_gone || !processes_any())
		exit(0);
}

static void front_event(void *arg, int fd, uint32_t events)
{
	struct server *s = arg;

	(void)events;
	loop_close(fd);
	program_end(&s->program);
	injections_totals(&s->injections);
	leave_if_idle(s);
	s->lingers = true;
	let_go_of_terminal();
}

static void allow_all_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static int prepare(struct server *s)
{
	int r = loop_init();

	allow_all_files();
	if (!r)
		r = clients_init(s);
	if (!r)
		r = loop_watch(s->front_gone, front_event, s);
	if (!r)
		r = aesm_init(&s->aesm, s->params.socket, &s->injections);
	return r ? r : watch_signals(s);
}

static void init_modules(struct server *s)
{
	cpuid_files_init(&s->cpuid_files, s->options);
	knock_init(&s->knock, &server_knock_fns, s);
	s->program.pidfd = -1;
	s->tracees = (struct tracees){ .options = s->options,
				       .params = &s->params,
				       .lives = &s->platform.lives,
				       .knock = &s->knock,
				       .files = &s->cpuid_files };
}

/* How long may it sleep? */
static int timeout(const struct server *s)
{
	if (s->lingers)
		return LINGER_CHECK_MS;
	return s->platform.tokens.newest || s->aesm.nr_clients ? REAP_EVERY_MS :
								 -1;
}

/*
 * Work that no client asks for, once in a second, also while the server is
 * busy: an injection may keep it busy for ever.
 */
static void keep_house(struct server *s)
{
	static uint64_t last;
	uint64_t now = loop_now();

	if (now - last < REAP_EVERY_MS * 1000000ull)
		return;
	last = now;
	tokens_reap(&s->platform.tokens);
	sgx_give_back(&s->platform.mm);
	aesm_poll(&s->aesm);
	if (s->lingers)
		leave_if_idle(s);
}

_Noreturn void server_main(struct server *s)
{
	int r;

	init_modules(s);
	r = prepare(s);
	if (r) {
		s->options->complain("cannot serve the run: %s%s", strerror(-r),
				     r == -EMFILE ? "; raise ulimit -n" : "");
		exit(1);
	}
	injections_start(&s->injections);
	for (;;) {
		loop_wait(timeout(s));
		keep_house(s);
	}
}
