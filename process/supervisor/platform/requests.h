/* SPDX-License-Identifier: BSD-3-Clause */
/* What the runtimes ask about the platform they share. */
#ifndef SWSGX_PROCESS_SUPERVISOR_PLATFORM_REQUESTS_H
#define SWSGX_PROCESS_SUPERVISOR_PLATFORM_REQUESTS_H

#include <stdbool.h>

struct msg;
struct platform;

/* Do it, and fill in the answer.  False: the message is another module's. */
bool platform_request(struct platform *p, struct msg *msg);

#endif
