/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients ask of the server, one packet each way. */
#ifndef SWSGX_PROCESS_SUPERVISOR_SERVER_REQUESTS_H
#define SWSGX_PROCESS_SUPERVISOR_SERVER_REQUESTS_H

#include <stdbool.h>

struct knock_fns;
struct server;

/* Serve one packet of a connection.  False: close it. */
bool server_request(struct server *s, int fd);

/* What comes by a knock; `arg` is the server. */
extern const struct knock_fns server_knock_fns;

#endif
