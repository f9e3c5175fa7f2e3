/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold of the EPCM and the processors between two leaves.
 * SDM "Enclave Page Cache Map (EPCM)", "EPC and Management of EPC Pages",
 * "Enclave Entry and Exiting".
 */
#include <string.h>

#include "cpu/hold.h"
#include "cpu/processors.h"
#include "cpu/secs.h"
#include "tests/fuzz/leaves.h"

static const struct epcm *entry(const struct leaves *l, uint64_t pa)
{
	must(pa >> SGX_PAGE_SHIFT < EPC_PAGES);
	return epcm_of(&l->cpu, pa);
}

static bool names_secs(const struct leaves *l, uint64_t pa)
{
	return entry(l, pa)->valid && entry(l, pa)->pt == PT_SECS;
}

/* Of a page that belongs to no enclave. */
static void check_ownerless(const struct epcm *e)
{
	must(e->enclavesecs == EPC_NONE && !e->enclaveaddress);
	must(!e->r && !e->w && !e->x);
	must(!e->pending && !e->modified && !e->pr && !e->blocked);
}

static void check_child(const struct leaves *l, const struct epcm *e)
{
	must(names_secs(l, e->enclavesecs));
	must(secs_holds(secs_at(&l->cpu, e->enclavesecs), e->enclaveaddress));
	must(!(e->enclaveaddress & ~SGX_PAGE_MASK));
	must(!(e->pending && e->modified));
	must(!(e->pr && (e->pending || e->modified)));
	must(!e->w || e->r);
	if (e->pt != PT_REG)
		must(!e->r && !e->w && !e->x);
}

static void check_entry(const struct leaves *l, const struct epcm *e)
{
	must(!e->lock && !e->sgx2_lock);
	if (!e->valid)
		return;
	switch (e->pt) {
	case PT_SECS:
	case PT_VA:
		check_ownerless(e);
		break;
	case PT_TCS:
	case PT_REG:
	case PT_TRIM:
		check_child(l, e);
		break;
	default:
		must(!"a page type that exists");
	}
}

static unsigned children(const struct leaves *l, uint64_t secs_pa)
{
	unsigned count = 0;

	for (unsigned n = 1; n < EPC_PAGES; n++) {
		const struct epcm *e = &l->cpu.epcm[n];

		count += e->valid && e->pt != PT_SECS &&
			 e->enclavesecs == secs_pa;
	}
	return count;
}

static bool somebody_inside(const struct leaves *l, uint64_t secs_pa)
{
	for (unsigned i = 0; i < LPS; i++) {
		if (l->lp[i].cr_enclave_mode &&
		    l->lp[i].cr_active_secs == secs_pa)
			return true;
	}
	return false;
}

/* Who is inside has a place, RUNNING there, and nobody else has one. */
static void check_place(const struct lp *lp)
{
	uint64_t inside;

	must(!lp->processor == !lp->cr_enclave_mode);
	if (!lp->processor)
		return;
	inside = processor_inside(lp->processor);
	must(processor_state(inside) == PROCESSOR_RUNNING);
	must(processor_epoch(inside) <=
	     secs_epoch(secs_hidden_at(lp->cpu, lp->cr_active_secs)));
	must(lp->processor->secs == lp->cr_active_secs);
	must(lp->processor->tcs == lp->cr_tcs_pa);
}

static void check_places(const struct leaves *l)
{
	unsigned inside = 0, taken = 0;

	for (unsigned i = 0; i < LPS; i++) {
		check_place(&l->lp[i]);
		inside += l->lp[i].cr_enclave_mode;
	}
	must(l->nr_processors <= LPS);
	for (unsigned i = 0; i < LPS; i++)
		taken += l->cpu.processors[i].who != 0;
	must(taken == inside);
}

static void check_secs(const struct leaves *l, uint64_t pa)
{
	const struct secs_hidden *hidden = secs_hidden_at(&l->cpu, pa);

	must(hidden->children == children(l, pa));
	must(!hidden->measurement_lock);
	must(hidden->epoch >= 1);
	must(secs_active(&l->cpu, pa) == somebody_inside(l, pa));
	must(!somebody_inside(l, pa) || secs_initialised(secs_at(&l->cpu, pa)));
}

static unsigned users_of_tcs(const struct leaves *l, uint64_t pa)
{
	unsigned count = 0;

	for (unsigned i = 0; i < LPS; i++)
		count += l->lp[i].cr_enclave_mode && l->lp[i].cr_tcs_pa == pa;
	return count;
}

static void check_tcs(const struct leaves *l, uint64_t pa)
{
	const struct sgx_tcs *tcs = epc_ptr(&l->cpu, pa);

	must(users_of_tcs(l, pa) == (tcs->state == TCS_ACTIVE));
}

/* Pages are held for as long as a processor needs them to leave. */
static void check_held(const struct leaves *l, uint64_t pa)
{
	bool needed = false;

	for (unsigned i = 0; i < LPS; i++) {
		const struct lp *lp = &l->lp[i];

		if (!lp->cr_enclave_mode)
			continue;
		needed |= lp->cr_tcs_pa == pa;
		needed |= (lp->cr_gpr_pa & SGX_PAGE_MASK) == pa;
		for (unsigned n = 0; n < XSAVE_MAX_PAGES; n++)
			needed |= lp->cr_xsave_pa[n] == pa;
	}
	must(epcm_held(&l->cpu, pa) == needed);
}

/* A page of the frame that an AEX would write to, which cannot fault. */
static void check_frame_page(const struct leaves *l, const struct lp *lp,
			     uint64_t pa)
{
	const struct epcm *e = entry(l, pa);

	must(e->valid && e->enclavesecs == lp->cr_active_secs);
	must(epcm_held(&l->cpu, pa));
	must(e->pt == PT_REG || (e->modified && e->pt == PT_TCS) ||
	     (e->modified && e->pt == PT_TRIM));
}

static void check_inside(const struct leaves *l, const struct lp *lp)
{
	const struct sgx_secs *secs;

	must(names_secs(l, lp->cr_active_secs));
	secs = secs_at(&l->cpu, lp->cr_active_secs);
	must(lp->cr_elrange_base == secs->baseaddr);
	must(lp->cr_elrange_size == secs->size);
	must(entry(l, lp->cr_tcs_pa)->valid);
	must(entry(l, lp->cr_tcs_pa)->enclavesecs == lp->cr_active_secs);
	check_frame_page(l, lp, lp->cr_gpr_pa & SGX_PAGE_MASK);
	check_frame_page(l, lp, lp->cr_xsave_pa[0] & SGX_PAGE_MASK);
}

void leaves_check(const struct leaves *l)
{
	for (unsigned n = 1; n < EPC_PAGES; n++) {
		const struct epcm *e = &l->cpu.epcm[n];

		check_entry(l, e);
		check_held(l, n * SGX_PAGE_SIZE);
		if (e->valid && e->pt == PT_SECS)
			check_secs(l, n * SGX_PAGE_SIZE);
		if (e->valid && e->pt == PT_TCS && !e->modified && !e->pending)
			check_tcs(l, n * SGX_PAGE_SIZE);
	}
	check_places(l);
	for (unsigned i = 0; i < LPS; i++) {
		if (l->lp[i].cr_enclave_mode)
			check_inside(l, &l->lp[i]);
	}
}

void leaves_save(const struct leaves *l, const struct lp *lp,
		 struct leaves_state *state)
{
	memcpy(state->epcm, l->cpu.epcm, sizeof(state->epcm));
	state->r = lp->r;
}

void leaves_check_fault(const struct leaves *l, const struct lp *lp,
			const struct leaves_state *before)
{
	const struct fault *fault = &lp->fault;

	must(!memcmp(before->epcm, l->cpu.epcm, sizeof(before->epcm)));
	must(!memcmp(&before->r, &lp->r, sizeof(before->r)));
	must(fault->vector == VECTOR_GP || fault->vector == VECTOR_PF ||
	     fault->vector == VECTOR_UD);
	if (fault->vector != VECTOR_PF)
		must(!fault->error_code && !fault->address);
	/* The EPCM is asked only of a page that the page tables allow. */
	if (fault->error_code & PF_SGX)
		must(fault->error_code & PF_PROT);
}

void leaves_check_only(const struct leaves *l,
		       const struct leaves_state *before, unsigned n)
{
	for (unsigned i = 0; i < EPC_PAGES; i++) {
		if (i != n)
			must(!memcmp(&before->epcm[i], &l->cpu.epcm[i],
				     sizeof(struct epcm)));
	}
}
