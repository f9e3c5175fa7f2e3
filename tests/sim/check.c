/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold whenever a task gives way to another, and what when all have
 * gone.  What an enclave's access finds is looked at where it is made.
 */
#include <linux/mman.h>

#include "cpu/epcm.h"
#include "cpu/processors.h"
#include "kernel/platform/lock.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"
#include "process/rt/rt.h"
#include "tests/sim/sim.h"

static const struct epcm *entry(const struct encl_copy *encl, unsigned int page)
{
	const struct epcm *epcm =
		(const struct epcm *)(SIM_PLATFORM + PLATFORM_OFF_EPCM);

	return &epcm[(encl->epc_base >> SGX_PAGE_SHIFT) + page];
}

static bool is_usable(const struct epcm *epcm)
{
	return epcm->valid && epcm->pt == PT_REG && !epcm->blocked &&
	       !epcm->pending && !epcm->modified;
}

/* What the EPCM lets the enclave see is what it wrote. */
static void check_content(const struct encl_copy *encl, unsigned int e,
			  unsigned int page)
{
	const struct copy *copy = &encl->page[page];
	const uint64_t *words =
		(const uint64_t *)(SIM_PLATFORM + PLATFORM_OFF_EPC +
				   encl->epc_base + page * SGX_PAGE_SIZE);

	for (unsigned int i = 0; i < 4; i++)
		if (words[i * 128] != copy->word[i])
			sim_fail("enclave %u, page %u: the EPCM allows the "
				 "page, and it has not what was written",
				 e, page);
}

/* Does the thread run enclave code, with no interrupt before it? */
static bool runs_on(const struct task *k, uint64_t secs_pa)
{
	return k->state != TASK_NONE && k->state != TASK_DEAD &&
	       !world.proc[k->proc].dead && machine_inside(k) &&
	       !k->in_handler && !k->ipi && !k->usr &&
	       k->t->lp.cr_active_secs == secs_pa;
}

/* The tasks that do so in this enclave: a bit for each. */
static unsigned int all_that_run_on(const struct encl_copy *encl)
{
	unsigned int set = 0;

	for (unsigned int i = 1; i < SIM_TASKS; i++)
		if (runs_on(&tasks[i], encl->secs_pa))
			set |= 1u << i;
	return set;
}

/*
 * None of them goes on where real page tables allow a page that has left, or
 * more than an ioctl has left it since that returned.
 */
static void check_mapping(unsigned int who, unsigned int e, unsigned int page,
			  int allowed, const char *what)
{
	for (; who; who &= who - 1) {
		const struct task *k = &tasks[__builtin_ctz(who)];

		if (world.proc[k->proc].prot[e][page] & ~allowed)
			sim_fail("enclave %u, page %u has %s, and p%u.%u goes "
				 "on with it",
				 e, page, what, k->proc, k->n);
	}
}

/* What an AEX of the thread would write to is there. */
static void check_held(const struct encl_copy *encl, unsigned int e,
		       const struct task *k)
{
	const struct lp *lp = &k->t->lp;
	const struct epcm *epcm =
		(const struct epcm *)(SIM_PLATFORM + PLATFORM_OFF_EPCM);
	const uint64_t *held;

	if (k->state == TASK_NONE || k->state == TASK_DEAD ||
	    !machine_inside(k) || !lp->processor ||
	    lp->cr_active_secs != encl->secs_pa)
		return;
	held = lp->processor->held[lp->held];
	for (unsigned int i = 0; i < PROCESSOR_FRAME_PAGES; i++)
		if (held[i] && held[i] != EPC_NONE &&
		    !epcm[held[i] >> SGX_PAGE_SHIFT].valid)
			sim_fail("enclave %u, page %lu has left the EPC, and "
				 "p%u.%u needs it to leave",
				 e,
				 (unsigned long)(held[i] - encl->epc_base) >>
					 SGX_PAGE_SHIFT,
				 k->proc, k->n);
	if (!epcm[lp->processor->tcs >> SGX_PAGE_SHIFT].valid)
		sim_fail("enclave %u: the TCS of p%u.%u has left the EPC", e,
			 k->proc, k->n);
}

/*
 * Who holds a lock of everybody's can be made to let go of it; not in the
 * interrupt's own handler, which ends before he goes on.
 */
static void check_interruptible(const struct task *k)
{
	if (k->state != TASK_NONE && k->state != TASK_DEAD && k->blocked &&
	    !k->nested && k->t->section && k->t->section->lock)
		sim_fail("p%u.%u takes a lock that processes share while "
			 "interrupts are blocked",
			 k->proc, k->n);
}

static bool is_in_section_of(const struct task *k, const struct sgx_lock *lock)
{
	for (const struct sgx_section *s = k->t->section; s; s = s->outer)
		if (s->lock == lock)
			return true;
	return false;
}

/* Whoever is named by a lock knows of it, and gives it back. */
static void check_holder(const struct sgx_lock *lock, const char *whose)
{
	struct sgx_ticket ticket = sgx_lock_read(lock);
	const struct task *k;

	if (!sgx_ticket_held(ticket) || !sgx_ticket_process(ticket))
		return;
	for (k = &tasks[1]; k < &tasks[SIM_TASKS]; k++)
		if (k->state != TASK_NONE && k->state != TASK_DEAD &&
		    k->t->tid == sgx_ticket_thread(ticket) &&
		    world.proc[k->proc].rt->ipi.number ==
			    sgx_ticket_process(ticket) &&
		    !is_in_section_of(k, lock))
			sim_fail("p%u.%u holds the lock of %s, and is in no "
				 "section of it",
				 k->proc, k->n, whose);
}

/* Nobody is at it: what is counted is what is there. */
static void check_counts(const struct encl_copy *copy, unsigned int e)
{
	const struct sgx_encl *encl = &sim_shared->encls[e];
	const struct epcm *secs = entry(copy, 0) - 1;
	uint64_t n = 0;

	if (sgx_lock_is_held(&encl->lock) ||
	    sgx_lock_is_held(&sim_shared->lock))
		return;
	for (unsigned int page = 0; page < SIM_PAGES; page++)
		n += entry(copy, page)->valid;
	if (encl->secs_child_cnt != n)
		sim_fail("enclave %u counts %u pages in the EPC, and %lu are "
			 "there",
			 e, encl->secs_child_cnt, (unsigned long)n);
	if (encl->epc_pages != n + encl->nr_va + secs->valid)
		sim_fail("enclave %u is charged for %lu pages, and has %lu", e,
			 (unsigned long)encl->epc_pages,
			 (unsigned long)n + encl->nr_va + secs->valid);
}

static void check_encl(unsigned int e)
{
	const struct encl_copy *encl = &world.encl[e];
	unsigned int who = all_that_run_on(encl);

	for (unsigned int page = PAGE_CODE; page < SIM_PAGES; page++) {
		const struct copy *copy = &encl->page[page];
		const struct epcm *epcm = entry(encl, page);

		if (!copy->exists)
			continue;
		if (is_usable(epcm))
			check_content(encl, e, page);
		if (!epcm->valid)
			check_mapping(who, e, page, PROT_NONE, "left the EPC");
		else if (!copy->changing)
			check_mapping(who, e, page, copy->prot,
				      "been restricted");
	}
	for (unsigned int i = 1; i < SIM_TASKS; i++)
		check_held(encl, e, &tasks[i]);
	check_counts(encl, e);
	check_holder(&sim_shared->encls[e].lock, "an enclave");
}

/* The access is about to be made, by the real page tables. */
void check_access(unsigned int e, unsigned int page)
{
	const struct encl_copy *encl = &world.encl[e];

	if (encl->is_over)
		sim_fail("enclave %u, page %u: an access after the EPC was "
			 "lost",
			 e, page);
	if (!encl->lost && !entry(encl, page)->valid)
		sim_fail("enclave %u, page %u: an access to a page that has "
			 "left the EPC",
			 e, page);
}

void check_step(void)
{
	for (unsigned int i = 1; i < SIM_TASKS; i++)
		check_interruptible(&tasks[i]);
	check_holder(&sim_shared->lock, "the platform");
	for (unsigned int e = 0; e < sim_scenario->encls; e++)
		if (!world.encl[e].lost && sim_shared->encls[e].kind)
			check_encl(e);
}

void check_end(void)
{
	uint64_t total = sim_shared->epc_total_pages;

	for (unsigned int e = 0; e < SIM_ENCLS; e++)
		if (sim_shared->encls[e].kind)
			sim_fail("enclave %u has not been released", e);
	if (sim_shared->epc_free_pages != total)
		sim_fail("all have gone, and %ld of %lu EPC pages are free",
			 (long)sim_shared->epc_free_pages,
			 (unsigned long)total);
	for (unsigned int i = 0; i < sim_shared->nr_processors; i++)
		if (sim_shared->processors[i].who)
			sim_fail("all have gone, and processor %u is taken", i);
}
