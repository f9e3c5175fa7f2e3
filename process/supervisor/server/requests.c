/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/server/requests.h.  A client may be any program of the
 * run, and may send anything.
 */
#include "process/supervisor/server/requests.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/supervisor/base/socket.h"
#include "process/supervisor/cpuid/rewrite.h"
#include "process/supervisor/platform/requests.h"
#include "process/supervisor/platform/stat.h"
#include "process/supervisor/platform/stats.h"
#include "process/supervisor/server/clients.h"
#include "process/supervisor/server/server.h"

/* The runtime shows the run's secret; a person's command, the same user. */
static bool may_ask(const struct server *s, int fd, const struct msg *msg)
{
	struct ucred peer;

	if (memcmp(msg->secret, s->params.secret, sizeof(msg->secret)) == 0)
		return true;
	return !knock_is_guest(&s->knock, fd) && !socket_peer(fd, &peer) &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

/* If the client has gone meanwhile, nobody needs the answer. */
static void answer(int fd, struct msg *msg, int pass)
{
	memset(msg->secret, 0, sizeof(msg->secret));
	(void)socket_send(fd, msg, pass);
}

static void do_attach(struct server *s, int fd, struct msg *msg)
{
	pid_t pid = knock_peer(&s->knock, fd);

	msg->attach.pid = (uint32_t)pid;
	msg->attach.number = lives_number(&s->platform.lives, pid);
	answer(fd, msg, s->platform.fd);
}

static void do_open(struct server *s, int fd, struct msg *msg)
{
	int token = -1;

	if (msg->open.kind != SGX_FILE_ENCLAVE &&
	    msg->open.kind != SGX_FILE_PROVISION)
		msg->error = -EINVAL;
	else
		msg->error = tokens_open(&s->platform.tokens, msg->open.kind,
					 msg->open.flags & 3, &token);
	answer(fd, msg, token);
	if (token >= 0)
		close(token);
}

/* A runtime asks for the file; a reader wants records in it, too. */
static void do_tape(struct server *s, int fd, struct msg *msg)
{
	struct tapes *tapes = &s->platform.tapes;

	if (msg->tape.classes)
		msg->error = tapes_follow(tapes, fd, msg->tape.classes);
	answer(fd, msg, msg->error ? -1 : tapes->fd);
}

static void do_stats(struct server *s, int fd, struct msg *msg)
{
	int file;

	if (msg->stats.clock)
		stats_start_clock(&s->platform);
	file = stats_snapshot(&s->platform);
	msg->error = file < 0 ? file : 0;
	answer(fd, msg, file);
	if (file >= 0)
		close(file);
}

static int do_injection(struct server *s, const struct msg *msg)
{
	if (!memchr(msg->spec, 0, sizeof(msg->spec)))
		return -EINVAL;
	return injections_next(&s->injections, msg->spec);
}

/* The front's program has ended, perhaps because it could not be injected. */
static int do_finish(struct server *s, const struct msg *msg)
{
	injections_totals(&s->injections);
	return msg->exec.tid == s->tracees.not_injected ? -ENOEXEC : 0;
}

static void handle(struct server *s, int fd, struct msg *msg, int passed)
{
	switch (msg->type) {
	case MSG_EXEC:
		program_met(&s->program, knock_peer(&s->knock, fd));
		msg->error = tracees_seize(&s->tracees, fd, msg);
		break;
	case MSG_EXEC_FAILED:
		tracees_release(&s->tracees, fd);
		break;
	case MSG_TRACEE_EXEC:
		msg->error = tracees_inject(&s->tracees, fd, msg);
		break;
	case MSG_OPEN:
		do_open(s, fd, msg);
		return;
	case MSG_ATTACH:
		do_attach(s, fd, msg);
		return;
	case MSG_TAPE:
		do_tape(s, fd, msg);
		return;
	case MSG_EVENT:
		msg->error = injections_event(&s->injections, msg);
		break;
	case MSG_STAT:
		stat_fill(&s->platform, &msg->stat);
		break;
	case MSG_STATS:
		do_stats(s, fd, msg);
		return;
	case MSG_REWRITE:
		msg->error = rewrite_instruction(&msg->rewrite);
		break;
	case MSG_INJECTION:
		msg->error = do_injection(s, msg);
		break;
	case MSG_FINISH:
		msg->error = do_finish(s, msg);
		break;
	case MSG_CPUID_SITES:
		msg->error = cpuid_sites(&s->cpuid_files, passed, msg);
		break;
	default:
		if (!platform_request(&s->platform, msg))
			msg->error = -EINVAL;
	}
	answer(fd, msg, -1);
	/* the kernel is busy with the first program's execve() */
	if (msg->type == MSG_EXEC && !msg->error && !s->params.nr_known &&
	    s->params.cpuid == RT_CPUID_REWRITE)
		cpuid_read_linker(&s->cpuid_files);
}

bool server_request(struct server *s, int fd)
{
	struct msg msg;
	int passed;
	int r = socket_receive(fd, &msg, &passed);
	bool good;

	if (r == -EAGAIN || r == -EINTR)
		return true;
	good = !r && may_ask(s, fd, &msg);
	msg.error = 0;
	if (good)
		handle(s, fd, &msg, passed);
	if (passed >= 0)
		close(passed);
	return good;
}

static int knock_exec(void *server, const struct knock_exec *exec)
{
	struct server *s = server;

	if (memcmp(exec->secret, s->params.secret, sizeof(exec->secret)))
		return -EPERM;
	program_met(&s->program, exec->pid);
	return tracees_knock(&s->tracees, exec);
}

static void knock_handed(void *server, const struct knock_exec *exec, int fd)
{
	struct server *s = server;

	tracees_handed(&s->tracees, exec, fd);
}

const struct knock_fns server_knock_fns = {
	.serve = client_event,
	.exec = knock_exec,
	.handed = knock_handed,
};
