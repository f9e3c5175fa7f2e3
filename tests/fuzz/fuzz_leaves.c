/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random sequences of ENCLS and ENCLU leaves, with operands that are mostly
 * sensible and sometimes spoiled, and everything that must hold checked after
 * each.  The steps are in leaves_encls.c, leaves_enclu.c, leaves_sequences.c.
 */
#include "tests/fuzz/leaves_ops.h"
#include "tests/fuzz/signer.h"

#define MAX_STEPS 200

static struct leaves machine;

/* The page tables: any page of an ELRANGE to any page of the EPC, or none. */
static void op_map(struct leaves *l, struct input *in)
{
	unsigned slot = take_below(in, SLOTS);
	unsigned page = take_below(in, SLOT_PAGES);

	l->pte[slot][page].prot = take8(in) & 7;
	l->pte[slot][page].pa = take_below(in, EPC_PAGES) * SGX_PAGE_SIZE;
}

/* An enclave writes where it may, its own SSA frames included. */
static void op_store(struct leaves *l, struct input *in)
{
	/* MXCSR, XSTATE_BV and what follows; GPRSGX from RFLAGS on. */
	static const uint16_t likely[] = { 24,   512,  520,  528,  576,  4040,
					   4048, 4072, 4080, 4088, 3912, 0 };
	struct lp *lp = &l->lp[take_below(in, LPS)];
	uint64_t la = op_address(l, lp, in);
	unsigned at = take(in, 2);
	uint64_t value = take(in, at & 0x2000 ? 1 : 8);

	if (at & 0x1000)
		la += likely[at % (sizeof(likely) / sizeof(likely[0]))];
	else
		la += at % SGX_PAGE_SIZE;
	leaves_store(l, lp, la, &value, sizeof(value));
}

static void op_aex(struct leaves *l, struct input *in)
{
	static const uint8_t vectors[] = { VECTOR_DE, VECTOR_DB, VECTOR_BP,
					   VECTOR_UD, VECTOR_GP, VECTOR_PF,
					   VECTOR_MF, VECTOR_XM };
	struct lp *lp = &l->lp[take_below(in, LPS)];
	unsigned which = take8(in);
	struct fault event = {
		.vector = vectors[which % sizeof(vectors)],
		.error_code = take(in, 2),
		.address = take(in, 8),
	};
	uint64_t cr2;

	if (!lp->cr_enclave_mode)
		return;
	if (event.vector == VECTOR_BP && !lp->cr_dbgoptin)
		event.vector = VECTOR_UD;
	aex(lp, which & 0x80 ? NULL : &event, &cr2);
	must(!lp->cr_enclave_mode);
	must((uint32_t)lp->r.rax == ENCLU_ERESUME);
}

/* What the processor allows, the real page tables may allow, and no more. */
static void op_access(struct leaves *l, struct input *in)
{
	struct lp *lp = &l->lp[take_below(in, LPS)];
	uint64_t la = op_address(l, lp, in) + take(in, 2) % SGX_PAGE_SIZE;
	static const unsigned access[] = { 0, PF_WRITE, PF_INSTR };
	unsigned which = take_below(in, 3), allowed;
	const struct leaves_pte *pte = leaves_pte(l, la);

	if (!lp->cr_enclave_mode || !pte ||
	    la - lp->cr_elrange_base >= lp->cr_elrange_size)
		return;
	allowed = pte->prot && pte->pa != EPC_NONE ?
			  epcm_allows(&l->cpu, pte->pa, la) & pte->prot :
			  0;
	if (enclave_access(lp, la, access[which]))
		return;
	must(allowed & 1u << which);
	must(epcm_of(&l->cpu, pte->pa)->enclavesecs == lp->cr_active_secs);
}

/* An interrupt that nobody sees: out and in again, in the newest epoch. */
static void op_retrack(struct leaves *l, struct input *in)
{
	struct lp *lp = &l->lp[take_below(in, LPS)];

	if (lp->cr_enclave_mode)
		lp_retrack(lp);
}

/* The processor loses its EPC (S3); who was inside is thrown out. */
static void op_lose(struct leaves *l)
{
	for (unsigned n = 1; n < EPC_PAGES; n++)
		l->cpu.epcm[n].valid = 0;
	for (unsigned i = 0; i < LPS; i++) {
		if (l->lp[i].cr_enclave_mode)
			aex(&l->lp[i], NULL, NULL);
	}
}

static void step(struct leaves *l, struct input *in)
{
	unsigned op = take_below(in, 32);

	switch (op) {
	case 0:
		op_build(l, in);
		break;
	case 1:
		op_map(l, in);
		break;
	case 2:
	case 3:
		op_store(l, in);
		break;
	case 4:
		op_aex(l, in);
		break;
	case 5:
		op_access(l, in);
		break;
	case 6:
		if (!take_below(in, 4))
			op_lose(l);
		break;
	case 7:
	case 8:
		op_put_out(l, in);
		break;
	case 9:
		op_modify(l, in);
		break;
	case 10:
		op_retrack(l, in);
		break;
	default:
		if (op < 20)
			op_encls(l, in);
		else
			op_enclu(l, in);
	}
	leaves_check(l);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	signer_init();
	leaves_init(&machine);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	leaves_reset(&machine);
	for (unsigned i = 0; i < MAX_STEPS && in.n; i++)
		step(&machine, &in);
	return 0;
}
