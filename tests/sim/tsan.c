/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The run time library of -fsanitize=thread, our own: the compiler calls it
 * before each plain access and instead of each atomic one.  An access to
 * memory that others share is a place where others may come in between.
 */
#include "tests/sim/sim.h"

void __tsan_init(void);
void __tsan_read_range(void *p, size_t n);
void __tsan_write_range(void *p, size_t n);
void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

void __tsan_init(void)
{
}

#define READ(name) \
	void name(void *p); \
	void name(void *p) \
	{ \
		if (sim_is_shared(p)) \
			SIM_POINT(); \
	}
#define WRITE(name, n) \
	void name(void *p); \
	void name(void *p) \
	{ \
		if (sim_is_shared(p)) { \
			SIM_POINT(); \
			memory_dirty(p, n); \
		} \
	}

READ(__tsan_read1)
READ(__tsan_read2)
READ(__tsan_read4)
READ(__tsan_read8)
READ(__tsan_read16)
READ(__tsan_unaligned_read2)
READ(__tsan_unaligned_read4)
READ(__tsan_unaligned_read8)
READ(__tsan_unaligned_read16)
WRITE(__tsan_write1, 1)
WRITE(__tsan_write2, 2)
WRITE(__tsan_write4, 4)
WRITE(__tsan_write8, 8)
WRITE(__tsan_write16, 16)
WRITE(__tsan_unaligned_write2, 2)
WRITE(__tsan_unaligned_write4, 4)
WRITE(__tsan_unaligned_write8, 8)
WRITE(__tsan_unaligned_write16, 16)

void __tsan_read_range(void *p, size_t n)
{
	if (n && sim_is_shared(p))
		SIM_POINT();
}

void __tsan_write_range(void *p, size_t n)
{
	if (n && sim_is_shared(p)) {
		SIM_POINT();
		memory_dirty(p, n);
	}
}

/* One step at a time: memory is in order. */
void __tsan_atomic_thread_fence(int order)
{
	(void)order;
}

void __tsan_atomic_signal_fence(int order)
{
	(void)order;
}

/* One of the task's own memory is one that its signals' handlers look at. */
static inline void access_to(const volatile void *p, size_t n, const void *pc)
{
	sim_point(pc);
	if (sim_is_shared(p))
		memory_dirty(p, n);
}

#define BEFORE(p) access_to(p, sizeof(*(p)), __builtin_return_address(0))

#define RMW(bits, op, type) \
	type __tsan_atomic##bits##_##op(volatile type *p, type v, int o); \
	type __tsan_atomic##bits##_##op(volatile type *p, type v, int o) \
	{ \
		(void)o; \
		BEFORE(p); \
		return __atomic_##op(p, v, __ATOMIC_RELAXED); \
	}

#define CAS(bits, kind, type) \
	int __tsan_atomic##bits##_compare_exchange_##kind(volatile type *p, \
							  type *e, type v, \
							  int o, int f); \
	int __tsan_atomic##bits##_compare_exchange_##kind(volatile type *p, \
							  type *e, type v, \
							  int o, int f) \
	{ \
		(void)o; \
		(void)f; \
		BEFORE(p); \
		return __atomic_compare_exchange_n(p, e, v, false, \
						   __ATOMIC_RELAXED, \
						   __ATOMIC_RELAXED); \
	}

#define ATOMIC(bits, type) \
	type __tsan_atomic##bits##_load(const volatile type *p, int o); \
	void __tsan_atomic##bits##_store(volatile type *p, type v, int o); \
	type __tsan_atomic##bits##_load(const volatile type *p, int o) \
	{ \
		(void)o; \
		SIM_POINT(); \
		return *p; \
	} \
	void __tsan_atomic##bits##_store(volatile type *p, type v, int o) \
	{ \
		(void)o; \
		BEFORE(p); \
		*p = v; \
	} \
	RMW(bits, fetch_add, type) \
	RMW(bits, fetch_sub, type) \
	RMW(bits, fetch_and, type) \
	RMW(bits, fetch_or, type) \
	RMW(bits, fetch_xor, type) \
	CAS(bits, strong, type) \
	CAS(bits, weak, type) \
	type __tsan_atomic##bits##_exchange(volatile type *p, type v, int o); \
	type __tsan_atomic##bits##_exchange(volatile type *p, type v, int o) \
	{ \
		(void)o; \
		BEFORE(p); \
		return __atomic_exchange_n(p, v, __ATOMIC_RELAXED); \
	}

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
