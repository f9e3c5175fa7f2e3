/* SPDX-License-Identifier: BSD-3-Clause */
/* What the room of the abort page keeps for each thread. */
#ifndef SWSGX_PROCESS_RT_ABORT_PAGE_STATE_H
#define SWSGX_PROCESS_RT_ABORT_PAGE_STATE_H

#include <stdbool.h>

/* struct thread's `abort_page` */
struct thread_abort_page {
	bool has_area; /* its area is mapped */
};

#endif
