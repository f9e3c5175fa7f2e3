/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts to threads of any process of the run.  The processes cannot send
 * them to each other: they may be of other users, or see other process ids.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PLATFORM_IPI_H
#define SWSGX_PROCESS_SUPERVISOR_PLATFORM_IPI_H

#include <stdint.h>

struct lives;
struct sgx_mm;

/* As sgx_interrupt(). */
void ipi_interrupt(struct sgx_mm *mm, uint64_t secs, uint32_t epoch);

/* struct host's preempt. */
int ipi_preempt(struct lives *lives, uint32_t number, uint32_t tid);

/* struct sgx_sender's fence. */
int ipi_fence(void);

#endif
