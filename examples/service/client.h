/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client that believes nothing: it keeps its own account in step with what
 * it asks for, and compares every answer.
 */
#ifndef SWSGX_EXAMPLES_SERVICE_CLIENT_H
#define SWSGX_EXAMPLES_SERVICE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "examples/service/protocol.h"

struct client {
	const char *path; /* of the service's socket */
	unsigned timeout; /* seconds to wait for an answer */
	uint32_t id;
	int fd;                         /* -1: not connected */
	struct service_account account; /* as it must be */
	uint64_t *versions;             /* of all requests made */
	size_t nr_versions;
	uint64_t answers, repeats, reconnects, slowest_ns;
	bool gone; /* the service said so */
};

uint64_t client_now_ns(void);

/*
 * These return false when something is wrong, which standard error then
 * tells, or when the state is gone.
 */
bool client_connect(struct client *c); /* anew, if it is connected */
/* Where the account stands: all further answers are held against that. */
bool client_hello(struct client *c);
/* One request, and now and then the same once more. */
bool client_transact(struct client *c);

#endif
