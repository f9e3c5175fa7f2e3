/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EDBGRD, EDBGWR: a debugger's access to a debug enclave, eight bytes at a
 * time.
 * SDM "EDBGRD - Read From a Debug Enclave", "EDBGWR - Write to a Debug
 * Enclave", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/patch.h"
#include "cpu/secs.h"

/* DEVIATION DC25: without CET, a TCS ends after GSLIMIT. */
#define SGX_TCS_LIMIT	offsetof(struct sgx_tcs, ocetssa)

static bool debug_enclave(const struct lp *lp, const struct epcm *epcm)
{
	return secs_at(lp->cpu, epcm->enclavesecs)->attributes &
	       SGX_ATTR_DEBUG;
}

/* A debugger learns of a version array only which slots are in use. */
static uint64_t va_slot(uint64_t version)
{
	return version & ~7ull ? ~0ull : 0;
}

/* As software is shown it. */
static uint64_t shown(const struct epcm *epcm, uint64_t pa, uint64_t value)
{
	if (epcm->pt == PT_VA)
		return va_slot(value);
	if (epcm->pt == PT_TCS && !(pa & ~SGX_PAGE_MASK))
		return value & TCS_STATE ? TCS_ACTIVE : TCS_INACTIVE;
	return value;
}

static int edbgrd_locked(struct lp *lp, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(lp->cpu, pa);
	const uint64_t *data = epc_ptr(lp->cpu, pa);
	uint64_t value;

	if (!epcm_valid(epcm) || (epcm->pt != PT_REG && epcm->pt != PT_TCS &&
				  epcm->pt != PT_VA))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (epcm->pending || epcm->modified)
		return encls_return(lp, SGX_PAGE_NOT_DEBUGGABLE, NOT_MODIFIABLE,
				    epcm->enclaveaddress, epcm->pending,
				    epcm->modified);
	if (epcm->pt == PT_TCS && (pa & ~SGX_PAGE_MASK) >= SGX_TCS_LIMIT)
		return gp0(lp, "the TCS ends before %x", lp->r.rcx);
	if (epcm->pt != PT_VA && !debug_enclave(lp, epcm))
		return gp0(lp, "the enclave has no ATTRIBUTES.DEBUG");
	value = __atomic_load_n(data, __ATOMIC_RELAXED);
	patch_original(lp->cpu, pa, &value, sizeof(value));
	lp->r.rbx = shown(epcm, pa, value);
	return encls_return(lp, SGX_SUCCESS);
}

static int edbgwr_locked(struct lp *lp, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(lp->cpu, pa);

	if (!epcm_valid(epcm) || (epcm->pt != PT_REG && epcm->pt != PT_TCS))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (epcm->pending || epcm->modified)
		return encls_return(lp, SGX_PAGE_NOT_DEBUGGABLE, NOT_MODIFIABLE,
				    epcm->enclaveaddress, epcm->pending,
				    epcm->modified);
	if (epcm->pt == PT_TCS &&
	    (pa & ~SGX_PAGE_MASK) != offsetof(struct sgx_tcs, flags))
		return gp0(lp, "of a TCS only FLAGS is written, not %x",
			   lp->r.rcx);
	if (!debug_enclave(lp, epcm))
		return gp0(lp, "the enclave has no ATTRIBUTES.DEBUG");
	patch_write(lp->cpu, pa, lp->r.rbx);
	return encls_return(lp, SGX_SUCCESS);
}

static int edbg(struct lp *lp, int (*leaf)(struct lp *lp, uint64_t pa))
{
	struct epcm *epcm;
	uint64_t pa;
	int ret;

	if (!is_aligned(lp->r.rcx, sizeof(uint64_t)))
		return gp0(lp, "RCX %x is not aligned", lp->r.rcx);
	if (!epc_address(lp->cpu, lp->r.rcx, &pa))
		return encls_pf(lp, lp->r.rcx, NOT_IN_THE_EPC, lp->r.rcx);
	epcm = epcm_of(lp->cpu, pa);
	if (!epcm_trylock_shared(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	ret = leaf(lp, pa);
	epcm_unlock_shared(epcm);
	return ret;
}

int edbgrd(struct lp *lp)
{
	return edbg(lp, edbgrd_locked);
}

int edbgwr(struct lp *lp)
{
	return edbg(lp, edbgwr_locked);
}
