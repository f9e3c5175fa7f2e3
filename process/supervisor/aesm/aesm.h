/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The run's AESM: a socket on which programs ask for quotes.  Their runtimes
 * connect it where they name AESM's own (process/rt/syscall/aesm.c).  What is
 * answered is attest/aesm/'s.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_AESM_AESM_H
#define SWSGX_PROCESS_SUPERVISOR_AESM_AESM_H

#include "attest/aesm/service.h"
#include "process/supervisor/base/options.h"

struct aesm_client;
struct injections;

struct aesm_server {
	struct aesm aesm;
	struct injections *injections;
	int listener;
	struct aesm_client *clients;
	unsigned int nr_clients;
};

/* `name`: of the run's own socket.  0 or -errno. */
int aesm_init(struct aesm_server *s, const char *name,
	      struct injections *injections);

/* Once in a second, while there are clients: ends those that are too slow. */
void aesm_poll(struct aesm_server *s);

#endif
