/* SPDX-License-Identifier: BSD-3-Clause */
/* See identity.h.  modify_ldt(2); SDM "Segment Selectors". */
#include "process/rt/lp/identity.h"

#include <asm/ldt.h>

#include "process/rt/base/params.h"
#include "process/rt/base/sys.h"
#include "process/rt/rt.h"

#define READ_LDT  0
#define WRITE_LDT 0x11

uint64_t rt_identity;
static uint64_t *by_entry; /* [n]: of the LDT's entry n */

/*
 * Whether it can be.  A child of fork() has its parent's LDT, and so its
 * answer, too.
 */
static uint32_t state;
enum { UNTRIED, BEING_TRIED, CAN_BE, CANNOT_BE };

void rt_identity_init(void *table)
{
	by_entry = (uint64_t *)table + 1;
	rt_identity = (uint64_t)by_entry - IDENTITY_RPL;
}

static uint16_t get_es(void)
{
	uint32_t es;

	__asm__ volatile("mov %%es, %0" : "=r"(es));
	return (uint16_t)es;
}

static void set_es(uint32_t es)
{
	__asm__ volatile("mov %0, %%es" : : "r"(es));
}

/* Flat as the kernel's own, so code that uses ES all the same still works. */
static long write_entry(uint32_t n)
{
	struct user_desc desc = {
		.entry_number = n,
		.limit = 0xfffff,
		.seg_32bit = 1,
		.limit_in_pages = 1,
		.useable = 1,
	};

	return sys3(__NR_modify_ldt, WRITE_LDT, &desc, sizeof(desc));
}

/* A program that has an LDT already shall keep it to itself. */
static bool ldt_is_empty(void)
{
	uint64_t first;

	return sys3(__NR_modify_ldt, READ_LDT, &first, sizeof(first)) == 0;
}

static bool can_be(void)
{
	uint32_t untried = __atomic_load_n(&state, __ATOMIC_SEQ_CST);

	if (untried != UNTRIED)
		return untried == CAN_BE;
	if (!__atomic_compare_exchange_n(&state, &untried, BEING_TRIED, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return untried == CAN_BE;
	untried = BEING_TRIED;
	__atomic_compare_exchange_n(&state, &untried,
				    rt_params.may_have_ldt && ldt_is_empty() ?
					    CAN_BE :
					    CANNOT_BE,
				    false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&state, __ATOMIC_SEQ_CST) == CAN_BE;
}

void rt_identity_take(struct thread *t)
{
	uint64_t slot = ((uint64_t)t - RT_SLOTS) >> RT_SLOT_SHIFT;
	uint32_t n = (uint32_t)slot + IDENTITY_FIRST;

	if (slot > IDENTITY_LAST - IDENTITY_FIRST || !can_be())
		return;
	if (by_entry[n] && get_es() == n * 8 + IDENTITY_RPL)
		return;
	if (!by_entry[n] && write_entry(n))
		return;
	__atomic_store_n(&by_entry[n], (uint64_t)t, __ATOMIC_SEQ_CST);
	set_es(n * 8 + IDENTITY_RPL);
	/* The program may have been quicker. */
	if (__atomic_load_n(&state, __ATOMIC_SEQ_CST) != CAN_BE)
		rt_identity_end();
}

bool rt_identity_is(const struct thread *t)
{
	uint16_t es = get_es();

	return es % 8 == IDENTITY_RPL && by_entry[es / 8] == (uint64_t)t;
}

/* Also where fork() has emptied the table, and ES is the parent's still. */
void rt_identity_drop(void)
{
	uint16_t es = get_es();

	if (__atomic_load_n(&state, __ATOMIC_SEQ_CST) == CAN_BE &&
	    es % 8 == IDENTITY_RPL && es / 8 >= IDENTITY_FIRST)
		set_es(0);
}

void rt_identity_end(void)
{
	rt_identity_drop();
	__atomic_store_n(&state, CANNOT_BE, __ATOMIC_SEQ_CST);
	for (uint32_t n = IDENTITY_FIRST; n <= IDENTITY_LAST; n++)
		__atomic_store_n(&by_entry[n], 0, __ATOMIC_SEQ_CST);
}
