/* SPDX-License-Identifier: BSD-3-Clause */
/* Killed while pages are evicted or loaded.  See killed.h. */
#include "cpu/epcm.h"
#include "cpu/secs.h"
#include "kernel/sgx/encl.h"
#include "killed.h"
#include "tests/conform/conform.h"

static bool evict_page(void)
{
	return sgx_evict(&m.mm, m.encl, PAGE(5), PAGE(6)) == 1;
}

static void all_but_one_left(void)
{
	sgx_evict(&m.mm, m.encl, PAGE(0), PAGE(5));
	sgx_evict(&m.mm, m.encl, PAGE(6), PAGE(7));
}

static void page_left(void)
{
	evict(PAGE(5));
}

static void all_left(void)
{
	all_but_one_left();
	page_left();
}

static bool load_page(void)
{
	return killed_fault_at(PAGE(5)) && sgx_page_present(page_at(PAGE(5)));
}

/* A thread of another process evicts the page. */
static struct lp holder;

static void somebody_is_inside(void)
{
	holder = m.lp;
	holder.processor = NULL;
	holder.owner = 9ull << 32 | 90 << 2;
	holder.who = sgx_who(4712, 90);
	enter_by_leaf(&holder, PAGE(0));
}

static bool evict_what_is_held(void)
{
	return !sgx_evict(&m.mm, m.encl, PAGE(0), PAGE(1)) &&
	       !epcm_at(PAGE(0))->blocked;
}

/* After a half-made EBLOCK, the next thread asks again who holds the page. */
static void can_leave(void)
{
	CHECK(!epcm_at(PAGE(0))->blocked);
	exit_by_leaf(&holder);
	killed_goes_on();
}

/* A blocked page does not look as if it had been blocked for long. */
static void is_stamped(void)
{
	const struct epcm *epcm = epcm_at(PAGE(5));

	/* At most one ETRACK has been since. */
	if (epcm->valid && epcm->blocked)
		CHECK(epcm->epoch &&
		      epcm->epoch + 1 >=
			      secs_epoch(secs_hidden_at(&m.mm.cpu,
							m.encl->secs_pa)));
	killed_goes_on();
}

OP(eblock, NULL, evict_page, is_stamped)
OP(ewb, NULL, evict_page, killed_goes_on)
OP(ewb_of_the_last, all_but_one_left, evict_page, killed_goes_on)
OP(eblock_of_what_is_held, somebody_is_inside, evict_what_is_held, can_leave)
OP(eldu, page_left, load_page, killed_goes_on)
OP(eldu_of_the_secs, all_left, load_page, killed_goes_on)

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("a process is killed while pages leave, or come",
		"kernel/exit.c do_exit()"),
	DEVIATES("DK7", "at any instruction of the kernel's",
		 "what it was at is finished, or undone", T(eblock),
		 T(eblock_of_what_is_held), T(ewb), T(ewb_of_the_last), T(eldu),
		 T(eldu_of_the_secs)),
};

CONFORM_MAIN(rows, NULL)
