/* SPDX-License-Identifier: BSD-3-Clause */
/* A pool of threads that answer clients' packets.  See protocol.h. */
#ifndef SWSGX_EXAMPLES_SERVICE_SERVER_H
#define SWSGX_EXAMPLES_SERVICE_SERVER_H

#include "examples/service/lifeline.h"

struct server {
	struct lifeline *l;
	const char *path;          /* of the socket */
	int epoll, listener, stop; /* stop: an eventfd */
	uint64_t answers;
};

/*
 * Listens on the Unix socket `path`, which it makes; `path` must
 * stay where it is.  0, or -1 with
 * enclave_error().
 */
int server_open(struct server *s, struct lifeline *l, const char *path);
/* Runs `threads` threads until server_stop(), or until the enclave is gone. */
int server_run(struct server *s, unsigned threads);
/* Safe in a signal handler. */
void server_stop(const struct server *s);
void server_close(struct server *s);

#endif
