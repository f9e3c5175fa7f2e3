/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLU, the instruction: the front end's checks, then the leaf.  Those of the
 * operating mode (CPL, CR0, paging) always hold where this runs.
 * SDM "ENCLU - Execute an Enclave User Function of Specified Leaf Number".
 */
#include "cpu/enclu/enclu.h"

#include "cpu/entry.h"

static bool supported(const struct package *package, uint32_t leaf)
{
	switch (leaf) {
	case ENCLU_EACCEPT:
	case ENCLU_EMODPE:
	case ENCLU_EACCEPTCOPY:
		return package->sgx2;
	case ENCLU_EDECCSSA:
		return package->aexnotify;
	}
	return leaf <= ENCLU_EEXIT;
}

static bool enters(uint32_t leaf)
{
	return leaf == ENCLU_EENTER || leaf == ENCLU_ERESUME;
}

static int execute_data_leaf(struct lp *lp, uint32_t leaf)
{
	switch (leaf) {
	case ENCLU_EREPORT:
		return ereport(lp);
	case ENCLU_EGETKEY:
		return egetkey(lp);
	case ENCLU_EACCEPT:
		return eaccept(lp);
	case ENCLU_EMODPE:
		return emodpe(lp);
	case ENCLU_EACCEPTCOPY:
		return eacceptcopy(lp);
	}
	return edeccssa(lp);
}

static void advance_rip(struct lp *lp)
{
	lp->r.rip += ENCLU_SIZE;
	lp->pending_db = lp->r.rflags & RFLAGS_TF;
}

/* The leaves after which the program goes on behind the instruction. */
static int data_leaf(struct lp *lp, uint32_t leaf)
{
	int ret = execute_data_leaf(lp, leaf);

	if (!ret)
		advance_rip(lp);
	return ret;
}

int enclu_retire(struct lp *lp, enum sgx_return_code code)
{
	lp->r.rflags &= ~RFLAGS_STATUS;
	if (code != SGX_SUCCESS)
		lp->r.rflags |= RFLAGS_ZF;
	lp->r.rax = code;
	return 0;
}

void enclu_done(struct lp *lp)
{
	enclu_return(lp, SGX_SUCCESS);
	advance_rip(lp);
}

int enclu(struct lp *lp)
{
	uint32_t leaf = (uint32_t)lp->r.rax;

	lp->pending_db = false;
	if (!supported(lp->cpu->package, leaf))
		return gp0(lp, "this processor has no leaf %u", leaf);
	if (enters(leaf) == lp->cr_enclave_mode)
		return gp0(lp,
			   "leaf %u: EENTER (2) and ERESUME (3) are for "
			   "outside an enclave, the others for inside",
			   leaf);
	switch (leaf) {
	case ENCLU_EENTER:
		return eenter(lp);
	case ENCLU_ERESUME:
		return eresume(lp);
	case ENCLU_EEXIT:
		return eexit(lp);
	}
	return data_leaf(lp, leaf);
}
