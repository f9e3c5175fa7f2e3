/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SWSGX_PROCESS_SUPERVISOR_BASE_TRY_H
#define SWSGX_PROCESS_SUPERVISOR_BASE_TRY_H

#include <stdbool.h>

/*
 * Whether the host can do something that may kill who tries it: try() does it
 * in a child, and ends that with status 0 if it can.
 */
bool can_in_child(void (*try)(void));

#endif
