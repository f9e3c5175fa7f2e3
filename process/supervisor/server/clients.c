/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/server/clients.h. */
#include "process/supervisor/server/clients.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/supervisor/base/loop.h"
#include "process/supervisor/server/requests.h"
#include "process/supervisor/server/server.h"

static int spare; /* a descriptor to be given up for a client */
static bool said; /* that clients are turned away */

static int open_spare(void)
{
	return open("/", O_PATH | O_CLOEXEC);
}

/*
 * No descriptor is left.  A client that is turned away fails at once.  A client
 * that is left waiting would wait for ever, and would keep the listener
 * readable.
 */
static void turn_away(const struct server *s)
{
	close(spare);
	close(accept4(s->listener, NULL, NULL, SOCK_CLOEXEC));
	spare = open_spare();
	if (!said)
		s->options->complain("a process is turned away: the server has "
				     "no file descriptor left; raise ulimit "
				     "-n");
	said = true;
}

static void accept_client(void *arg, int listener, uint32_t events)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			turn_away(arg);
	} else if (loop_watch(fd, client_event, arg)) {
		close(fd);
	}
}

void client_event(void *arg, int fd, uint32_t events)
{
	struct server *s = arg;

	(void)events;
	if (server_request(s, fd))
		return;
	knock_forget(&s->knock, fd);
	tracees_forget(&s->tracees, fd);
	tapes_forget(&s->platform.tapes, fd);
	loop_close(fd);
}

int clients_init(struct server *s)
{
	spare = open_spare();
	if (spare < 0)
		return -errno;
	return loop_watch(s->listener, accept_client, s);
}
