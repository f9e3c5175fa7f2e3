/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EVENT@WHEN, as `swsgx run --inject` and libswsgx have it: the words of
 * kernel/machine/schedule.h.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_SCHEDULE_H
#define SWSGX_PROCESS_SUPERVISOR_SCHEDULE_H

#include <stddef.h>

#include "kernel/machine/schedule.h"

/* By enum sgx_event, by enum sgx_when. */
#define SCHEDULE_EVENT_NAMES	"epc-loss", "migrate", "aex", "evict"
#define SCHEDULE_WHEN_NAMES						\
	"eenter", "eexit", "eresume", "fault", "ioctl", "time", "every", \
	"random"

/*
 * Fill in *rule.  0; or -1, and why[] says in words what is wrong and what was
 * expected.
 */
int schedule_parse(const char *text, struct sgx_rule *rule, char *why,
		   size_t size);

#endif
