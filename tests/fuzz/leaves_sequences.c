/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a sensible kernel does with several leaves in a row, so that a fuzzer
 * need not find each by chance: build an enclave; put a page out (SDM "EPC and
 * Management of EPC Pages"); change a page's type.  None of the steps needs to
 * succeed.
 */
#include "tests/fuzz/leaves_encls.h"
#include "tests/fuzz/leaves_ops.h"

static void add_page(struct leaves *l, uint64_t secs_pa, unsigned page,
		     uint64_t flags)
{
	struct encls e = { .page = leaves_free_page(l) };

	encls_prepare_eadd(l, &e, secs_pa, page, flags);
	encls_run(l, &e);
}

static uint64_t build_flags(unsigned page)
{
	if (page < PAGE_SSA)
		return PT_FLAGS(PT_TCS);
	return PT_FLAGS(PT_REG) | (page < PAGE_CODE ? 3 : 5);
}

void op_build(struct leaves *l, struct input *in)
{
	unsigned slot = take_below(in, SLOTS), first = take8(in);
	struct encls e = { .page = leaves_free_page(l) };
	uint64_t secs_pa = e.page * SGX_PAGE_SIZE;

	/* Sometimes a TCS is not quite right. */
	if (first >> 7) {
		l->tcs_quirk.at = take_below(in, 88);
		l->tcs_quirk.bits = take8(in);
	}
	encls_prepare_ecreate(l, &e, slot, first & 0x7f);
	encls_run(l, &e);
	if (l->cpu.epcm[e.page].valid && l->cpu.epcm[e.page].pt == PT_SECS) {
		for (unsigned page = 0; page < PAGE_END; page++)
			add_page(l, secs_pa, page, build_flags(page));
		encls_prepare_einit(l, &e, secs_pa);
		encls_run(l, &e);
	}
	l->tcs_quirk.bits = 0;
}

static void one(struct leaves *l, uint32_t leaf, unsigned page)
{
	struct encls e = { .leaf = leaf, .page = page };

	encls_prepare(l, &e);
	encls_run(l, &e);
}

/* Everybody leaves, and either comes back at once or does not. */
static void interrupt_all(struct leaves *l, bool stay)
{
	for (unsigned i = 0; i < LPS; i++) {
		if (!l->lp[i].cr_enclave_mode)
			continue;
		if (stay)
			lp_retrack(&l->lp[i]);
		else
			aex(&l->lp[i], NULL, NULL);
	}
}

/* how: bit 7 an interrupt, bit 6 that is not seen. */
static void track(struct leaves *l, unsigned page, unsigned how)
{
	unsigned secs = l->cpu.epcm[page].enclavesecs >> SGX_PAGE_SHIFT;

	if (secs)
		one(l, ENCLS_ETRACK, secs);
	if (how & 0x80)
		interrupt_all(l, how & 0x40);
}

/* EBLOCK, ETRACK, an interrupt perhaps, EWB. */
void op_put_out(struct leaves *l, struct input *in)
{
	struct encls e = { .leaf = ENCLS_EWB };
	unsigned how = take8(in);

	e.page = how % EPC_PAGES;
	one(l, ENCLS_EBLOCK, e.page);
	track(l, e.page, how);
	encls_prepare(l, &e);
	encls_prepare_ewb(l, &e, in);
	encls_run(l, &e);
}

/* EMODT or EMODPR, ETRACK, an interrupt perhaps: ready for EACCEPT. */
void op_modify(struct leaves *l, struct input *in)
{
	unsigned how = take8(in), what = take8(in);
	struct encls e = { .leaf = what & 1 ? ENCLS_EMODPR : ENCLS_EMODT };

	e.page = how % EPC_PAGES;
	encls_prepare(l, &e);
	e.secinfo->flags = what & 1 ? (what >> 1 & 7) :
				      PT_FLAGS(what & 2 ? PT_TRIM : PT_TCS);
	l->kernel.r.rbx = (uint64_t)(uintptr_t)e.secinfo;
	encls_run(l, &e);
	track(l, e.page, how);
}
