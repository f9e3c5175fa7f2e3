/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SWSGX_PROCESS_SUPERVISOR_BASE_LDT_H
#define SWSGX_PROCESS_SUPERVISOR_BASE_LDT_H

#include <stdbool.h>

/*
 * Does the host have modify_ldt(2), and may it be called?  A child tries it,
 * since a filter from outside may kill who does.
 */
bool ldt_can_be_used(void);

#endif
