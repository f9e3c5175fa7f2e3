/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLU, the instruction: the front end's checks, then the leaf.  Those of the
 * operating mode (CPL, CR0, paging) always hold where this runs.
 * SDM "ENCLU - Execute an Enclave User Function of Specified Leaf Number".
 */
#include "cpu/enclu/enclu.h"

#include "cpu/entry.h"
#include "cpu/sgx_arch.h"

static bool supported(const struct package *package, uint32_t leaf)
{
	if (leaf == ENCLU_EDECCSSA)
		return package->aexnotify;
	return leaf <= ENCLU_EEXIT;
}

static bool enters(uint32_t leaf)
{
	return leaf == ENCLU_EENTER || leaf == ENCLU_ERESUME;
}

/* The leaves after which the program goes on behind the instruction. */
static int data_leaf(struct lp *lp, uint32_t leaf)
{
	int ret;

	if (leaf == ENCLU_EREPORT)
		ret = ereport(lp);
	else if (leaf == ENCLU_EGETKEY)
		ret = egetkey(lp);
	else
		ret = edeccssa(lp);
	if (!ret)
		lp->r.rip += ENCLU_SIZE;
	return ret;
}

int enclu(struct lp *lp)
{
	uint32_t leaf = (uint32_t)lp->r.rax;

	if (!supported(lp->cpu->package, leaf))
		return gp0(lp);
	if (enters(leaf) == lp->cr_enclave_mode)
		return gp0(lp);
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
