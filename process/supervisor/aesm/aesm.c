/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/aesm/aesm.h.  A message is a u32, its length, and that
 * many bytes; a connection has one request and one answer.  linux-sgx psw/ae/
 * aesm_service, SocketTransporter.cpp.  A client may be any program of the
 * host, and may send anything, or nothing.
 */
#include "process/supervisor/aesm/aesm.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "process/ctl.h"
#include "process/supervisor/base/loop.h"
#include "process/supervisor/injection/injections.h"
#include "process/supervisor/platform/platform.h"

#define MESSAGE_MAX   131072
#define CLIENTS_MAX   128
#define PATIENCE_NS   15000000000ull /* as long as the SDK's client has */
#define PART_MAX      4096           /* of a message, at one read */
#define LENGTH_SIZE   sizeof(uint32_t)
#define LISTEN_QUEUED 1024

struct aesm_client {
	struct aesm_client *next;
	struct aesm_server *server;
	int fd;
	uint64_t since;
	size_t have;    /* of the length and the message */
	uint8_t *bytes; /* so far, the length included */
};

static void end_client(struct aesm_client *c)
{
	struct aesm_client **at = &c->server->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->server->nr_clients--;
	loop_close(c->fd);
	free(c->bytes);
	free(c);
}

static uint32_t message_size(const struct aesm_client *c)
{
	uint32_t n;

	memcpy(&n, c->bytes, sizeof(n));
	return n;
}

/* How much more is wanted: 0 if the message is whole. */
static size_t missing(const struct aesm_client *c)
{
	if (c->have < LENGTH_SIZE)
		return LENGTH_SIZE - c->have;
	return LENGTH_SIZE + message_size(c) - c->have;
}

/* Memory grows with what has come, not with what is announced. */
static ssize_t receive(struct aesm_client *c)
{
	size_t n = missing(c);
	uint8_t *more;
	ssize_t got;

	if (n > PART_MAX)
		n = PART_MAX;
	more = realloc(c->bytes, c->have + n);
	if (!more)
		return 0;
	c->bytes = more;
	got = recv(c->fd, more + c->have, n, MSG_DONTWAIT);
	if (got > 0)
		c->have += (size_t)got;
	return got;
}

/* What was injected meanwhile.  True: there is to be no answer. */
static bool is_to_vanish(struct aesm_server *s)
{
	struct platform *p = s->injections->platform;
	uint32_t fault;

	injections_count(s->injections, SGX_WHEN_AESM);
	fault = p->aesm_fault;
	p->aesm_fault = 0;
	if (fault == SGX_EVENT_AESM_BUSY)
		s->aesm.fault = AESM_BUSY;
	else if (fault == SGX_EVENT_AESM_UNINITIALIZED)
		s->aesm.fault = AESM_ATT_KEY_NOT_INITIALIZED;
	else if (fault == SGX_EVENT_AESM_UNAVAILABLE)
		s->aesm.fault = AESM_SERVICE_UNAVAILABLE;
	else if (fault == SGX_EVENT_AESM_CUT)
		s->aesm.cut = true;
	return fault == SGX_EVENT_AESM_GONE;
}

/*
 * An answer has room in the socket's buffer; a client that has made it too
 * small gets no more than there is room for.
 */
static void answer(struct aesm_client *c)
{
	static uint8_t bytes[LENGTH_SIZE + AESM_ANSWER_MAX];
	uint32_t n;

	if (is_to_vanish(c->server))
		return;
	n = (uint32_t)aesm_answer(&c->server->aesm, c->bytes + LENGTH_SIZE,
				  message_size(c), bytes + LENGTH_SIZE);

	if (!n)
		return;
	memcpy(bytes, &n, sizeof(n));
	(void)send(c->fd, bytes, LENGTH_SIZE + n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static struct aesm_client *find(struct aesm_server *s, int fd)
{
	struct aesm_client *c = s->clients;

	while (c && c->fd != fd)
		c = c->next;
	return c;
}

/* Whatever can be read; the loop comes again for the rest. */
static void client_event(void *arg, int fd, uint32_t events)
{
	struct aesm_client *c = find(arg, fd);
	ssize_t got;

	(void)events;
	if (!c)
		return;
	got = receive(c);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0 && c->have >= LENGTH_SIZE &&
	    message_size(c) <= MESSAGE_MAX) {
		if (missing(c))
			return;
		answer(c);
	} else if (got > 0 && c->have < LENGTH_SIZE) {
		return;
	}
	end_client(c);
}

/* Who has asked for nothing for the longest time gives way. */
static void make_room(struct aesm_server *s)
{
	struct aesm_client *c = s->clients;

	if (s->nr_clients < CLIENTS_MAX)
		return;
	while (c->next)
		c = c->next;
	end_client(c);
}

static void welcome(struct aesm_server *s, int fd)
{
	struct aesm_client *c = calloc(1, sizeof(*c));

	make_room(s);
	if (!c || loop_watch(fd, client_event, s)) {
		free(c);
		close(fd);
		return;
	}
	*c = (struct aesm_client){
		.next = s->clients, .server = s, .fd = fd, .since = loop_now()
	};
	s->clients = c;
	s->nr_clients++;
}

static void listener_event(void *arg, int listener, uint32_t events)
{
	struct aesm_server *s = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0)
		welcome(s, fd);
}

static int open_listener(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int n = snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "%s%s",
			 RT_AESM_PREFIX, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd >= 0 &&
	    !bind(fd, (const struct sockaddr *)&un,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			      (size_t)n)) &&
	    !listen(fd, LISTEN_QUEUED))
		return fd;
	r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

int aesm_init(struct aesm_server *s, const char *name,
	      struct injections *injections)
{
	const struct run_options *options = injections->options;

	*s = (struct aesm_server){ .injections = injections,
				   .listener = open_listener(name) };
	quoter_init(&s->aesm.quoter, injections->platform->mm.cpu.package,
		    options->test_root, options->complain);
	return s->listener < 0 ? s->listener :
				 loop_watch(s->listener, listener_event, s);
}

void aesm_poll(struct aesm_server *s)
{
	struct aesm_client *c = s->clients, *next;
	uint64_t now = loop_now();

	for (; c; c = next) {
		next = c->next;
		if (now - c->since > PATIENCE_NS)
			end_client(c);
	}
}
