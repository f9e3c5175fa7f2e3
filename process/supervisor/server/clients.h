/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's clients: who connects, and when there is no room for one. */
#ifndef SWSGX_PROCESS_SUPERVISOR_SERVER_CLIENTS_H
#define SWSGX_PROCESS_SUPERVISOR_SERVER_CLIENTS_H

#include <stdint.h>

struct server;

/* Watches the listener.  0 or -errno. */
int clients_init(struct server *s);

/* What the loop calls for a connection. */
void client_event(void *server, int fd, uint32_t events);

#endif
