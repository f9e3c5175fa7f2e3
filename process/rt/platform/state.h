/* SPDX-License-Identifier: BSD-3-Clause */
/* What the room of the platform keeps for the process. */
#ifndef SWSGX_PROCESS_RT_PLATFORM_STATE_H
#define SWSGX_PROCESS_RT_PLATFORM_STATE_H

#include <stdint.h>

/* struct process' `platform` */
struct process_platform {
	uint32_t attach_lock;
	uint64_t token_dev; /* st_dev of tokens, once attached */
};

#endif
