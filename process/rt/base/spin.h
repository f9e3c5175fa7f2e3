/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lock between the threads of one process.  Only handlers hold it, and for a
 * short time, so a waiter never interrupts its holder.  A child of fork() frees
 * all of them (thread/thread.c).
 */
#ifndef SWSGX_PROCESS_RT_BASE_SPIN_H
#define SWSGX_PROCESS_RT_BASE_SPIN_H

#include "process/rt/base/sys.h"

static inline void spin_lock(uint32_t *lock)
{
	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE))
		sys0(__NR_sched_yield);
}

static inline void spin_unlock(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

#endif
