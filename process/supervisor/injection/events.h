/* SPDX-License-Identifier: BSD-3-Clause */
/* The events that can be injected, as they happen to the platform. */
#ifndef SWSGX_PROCESS_SUPERVISOR_INJECTION_EVENTS_H
#define SWSGX_PROCESS_SUPERVISOR_INJECTION_EVENTS_H

#include <stdbool.h>

struct msg;
struct platform;

/* False: it names an event, injection or enclave that there is not. */
bool event_is_valid(const struct platform *p, const struct msg *msg);

/* Make it happen, and say in msg->event what was hit. */
void event_make(struct platform *p, struct msg *msg);

#endif
