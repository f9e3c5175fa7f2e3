/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text EVENT@WHEN of `swsgx run --inject` and libswsgx, with the words of
 * kernel/platform/injection.h.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_INJECTION_TEXT_H
#define SWSGX_PROCESS_SUPERVISOR_INJECTION_TEXT_H

#include <stddef.h>

#include "kernel/platform/injection.h"

/* By enum sgx_event, by enum sgx_when. */
#define INJECTION_EVENT_NAMES \
	"epc-loss", "migrate", "aex", "evict", "aesm-busy", \
		"aesm-uninitialized", "aesm-unavailable", "aesm-gone", \
		"aesm-cut"
#define INJECTION_WHEN_NAMES \
	"eenter", "eexit", "eresume", "fault", "ioctl", "aesm", "time", \
		"every", "random"

/*
 * Fill in *in.  0; or -1, and why[] says what is wrong and what was expected.
 */
int injection_parse(const char *text, struct sgx_injection *in, char *why,
		    size_t size);

#endif
