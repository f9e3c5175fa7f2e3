/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EDBGRD, EDBGWR: a debugger's access to a debug enclave, eight bytes at a
 * time.
 * SDM "EDBGRD - Read From a Debug Enclave", "EDBGWR - Write to a Debug
 * Enclave", Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/mem.h"
#include "cpu/patch.h"
#include "cpu/tcs.h"

/* DEVIATION DC25: without CET, a TCS ends after GSLIMIT. */
#define SGX_TCS_LIMIT offsetof(struct sgx_tcs, ocetssa)

static bool debug_enclave(const struct lp *lp, const struct epcm *epcm)
{
	return secs_at(lp->cpu, epcm->enclavesecs)->attributes & SGX_ATTR_DEBUG;
}

/* A debugger learns of a version array only which slots are in use. */
static uint64_t va_slot(uint64_t version)
{
	return version & ~7ull ? ~0ull : 0;
}

/* The value as EDBGRD shows it. */
static uint64_t shown(const struct epcm *epcm, uint64_t pa, uint64_t value)
{
	if (epcm->pt == PT_VA)
		return va_slot(value);
	if (epcm->pt == PT_TCS && !(pa & ~SGX_PAGE_MASK))
		return value & TCS_STATE ? TCS_ACTIVE : TCS_INACTIVE;
	return value;
}

/* An aligned address in the EPC at RCX. */
static int check_operand(struct lp *lp, uint64_t *pa)
{
	if (!is_aligned(lp->r.rcx, sizeof(uint64_t)))
		return gp0(lp, "RCX %x is not aligned", lp->r.rcx);
	if (!epc_address(lp->cpu, lp->r.rcx, pa))
		return encls_pf(lp, lp->r.rcx, NOT_IN_THE_EPC, lp->r.rcx);
	return 0;
}

/*
 *   #GP(0)	RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	another leaf uses the page exclusively
 *   #PF(RCX)	the page is neither PT_REG, PT_TCS nor PT_VA
 *   SGX_PAGE_NOT_DEBUGGABLE	the page is PENDING or MODIFIED
 *   #GP(0)	behind the fields of a TCS, or the enclave is not for debugging
 */
int edbgrd(struct lp *lp)
{
	uint64_t pa, value;

	if (check_operand(lp, &pa))
		return -1;

	struct epcm *epcm GUARD(shared) = take_shared(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (!epcm_valid(epcm) ||
	    (epcm->pt != PT_REG && epcm->pt != PT_TCS && epcm->pt != PT_VA))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (epcm->pending || epcm->modified)
		return encls_return(lp, SGX_PAGE_NOT_DEBUGGABLE, NOT_MODIFIABLE,
				    epcm->enclaveaddress, epcm->pending,
				    epcm->modified);
	if (epcm->pt == PT_TCS && (pa & ~SGX_PAGE_MASK) >= SGX_TCS_LIMIT)
		return gp0(lp, "the TCS ends before %x", lp->r.rcx);
	if (epcm->pt != PT_VA && !debug_enclave(lp, epcm))
		return gp0(lp, "the enclave has no ATTRIBUTES.DEBUG");
	value = __atomic_load_n((uint64_t *)epc_ptr(lp->cpu, pa),
				__ATOMIC_RELAXED);
	patch_original(lp->cpu, pa, &value, sizeof(value));
	lp->r.rbx = shown(epcm, pa, value);
	return encls_return(lp, SGX_SUCCESS);
}

/*
 *   #GP(0)	RCX is not aligned
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	another leaf uses the page exclusively
 *   #PF(RCX)	the page is neither PT_REG nor PT_TCS
 *   SGX_PAGE_NOT_DEBUGGABLE	the page is PENDING or MODIFIED
 *   #GP(0)	not TCS.FLAGS of a TCS, or the enclave is not for debugging
 */
int edbgwr(struct lp *lp)
{
	uint64_t pa;

	if (check_operand(lp, &pa))
		return -1;

	struct epcm *epcm GUARD(shared) = take_shared(lp->cpu, pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, pa);
	if (!epcm_valid(epcm) || (epcm->pt != PT_REG && epcm->pt != PT_TCS))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (epcm->pending || epcm->modified)
		return encls_return(lp, SGX_PAGE_NOT_DEBUGGABLE, NOT_MODIFIABLE,
				    epcm->enclaveaddress, epcm->pending,
				    epcm->modified);
	if (epcm->pt == PT_TCS &&
	    (pa & ~SGX_PAGE_MASK) != offsetof(struct sgx_tcs, flags))
		return gp0(lp, "only FLAGS of a TCS can be written, not %x",
			   lp->r.rcx);
	if (!debug_enclave(lp, epcm))
		return gp0(lp, "the enclave has no ATTRIBUTES.DEBUG");
	patch_write(lp->cpu, pa, lp->r.rbx);
	return encls_return(lp, SGX_SUCCESS);
}
