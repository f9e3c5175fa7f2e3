/* SPDX-License-Identifier: BSD-3-Clause */
/* One client's requests, and what it checks. */
#include "examples/service/client.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REPEAT_EVERY    5 /* a request is sent again, as if unanswered */
#define RECONNECT_EVERY 100

uint64_t client_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static bool complain(struct client *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool complain(struct client *c, const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(stderr, "service-client: client %u, request %" PRIu64 ": %s\n",
		c->id, c->account.number, text);
	return false;
}

bool client_connect(struct client *c)
{
	struct timeval timeout = { .tv_sec = c->timeout };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (c->fd >= 0)
		close(c->fd);
	strncpy(addr.sun_path, c->path, sizeof(addr.sun_path) - 1);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (c->fd < 0 ||
	    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) ||
	    connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)))
		return complain(c, "%s: %s", c->path, strerror(errno));
	return true;
}

static bool ask(struct client *c, const struct service_request *request,
		struct service_answer *answer)
{
	uint64_t start = client_now_ns(), took;
	ssize_t n;

	if (send(c->fd, request, sizeof(*request), MSG_NOSIGNAL) < 0)
		return complain(c, "send: %s", strerror(errno));
	do {
		n = recv(c->fd, answer, sizeof(*answer), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return complain(c, "no answer: %s", strerror(errno));
	if (n != sizeof(*answer))
		return complain(c, "an answer of %zd bytes", n);
	took = client_now_ns() - start;
	if (took > c->slowest_ns)
		c->slowest_ns = took;
	__atomic_add_fetch(&c->answers, 1, __ATOMIC_RELAXED);
	if (answer->status == SERVICE_GONE)
		c->gone = true;
	return !c->gone;
}

bool client_hello(struct client *c)
{
	struct service_request request = { .op = SERVICE_HELLO,
					   .client = c->id };
	struct service_answer answer;

	if (!ask(c, &request, &answer))
		return false;
	if (answer.status != SERVICE_OK || answer.client != c->id)
		return complain(c, "hello: status %u, client %u", answer.status,
				answer.client);
	c->account = answer.account;
	return true;
}

/* The account after this request, by this program's own arithmetic. */
static void account(struct service_account *a, uint64_t amount)
{
	uint64_t text[6];

	a->number++;
	a->balance += amount;
	memcpy(text, a->receipt, 32);
	text[4] = a->number;
	text[5] = amount;
	SHA256((const unsigned char *)text, sizeof(text), a->receipt);
}

static bool check(struct client *c, const struct service_answer *answer)
{
	const struct service_account *is = &answer->account;
	const struct service_account *must = &c->account;

	if (answer->status != SERVICE_OK && answer->status != SERVICE_REPEATED)
		return complain(c, "status %u", answer->status);
	if (answer->client != c->id || is->number != must->number)
		return complain(c, "the answer is client %u's, to %" PRIu64,
				answer->client, is->number);
	if (is->balance != must->balance)
		return complain(c, "balance %" PRIu64 ", expected %" PRIu64,
				is->balance, must->balance);
	if (memcmp(is->receipt, must->receipt, sizeof(must->receipt)))
		return complain(c, "wrong receipt");
	return true;
}

static bool remember(struct client *c, uint64_t version)
{
	if (version <= c->account.version)
		return complain(c, "version %" PRIu64 " after %" PRIu64,
				version, c->account.version);
	c->account.version = version;
	if (!(c->nr_versions & (c->nr_versions - 1))) {
		size_t room = c->nr_versions ? 2 * c->nr_versions : 1;

		c->versions = realloc(c->versions, room * sizeof(uint64_t));
		if (!c->versions)
			return complain(c, "out of memory");
	}
	c->versions[c->nr_versions++] = version;
	return true;
}

/* A second time, as if the answer had not arrived: the same answer. */
static bool repeat(struct client *c, const struct service_request *request)
{
	struct service_answer answer;

	c->repeats++;
	if (!ask(c, request, &answer) || !check(c, &answer))
		return false;
	if (answer.status != SERVICE_REPEATED ||
	    answer.account.version != c->account.version)
		return complain(c, "made twice");
	return true;
}

bool client_transact(struct client *c)
{
	struct service_request request = {
		.op = SERVICE_ADD,
		.client = c->id,
		.number = c->account.number + 1,
		.amount = (c->account.number * 2654435761u + c->id) % 1000,
	};
	struct service_answer answer;

	account(&c->account, request.amount);
	if (!ask(c, &request, &answer) || !check(c, &answer) ||
	    !remember(c, answer.account.version))
		return false;
	if (request.number % REPEAT_EVERY == 0 && !repeat(c, &request))
		return false;
	if (request.number % RECONNECT_EVERY)
		return true;
	c->reconnects++;
	return client_connect(c) && repeat(c, &request);
}
