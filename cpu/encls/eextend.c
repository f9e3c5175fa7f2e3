/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EEXTEND: measure 256 bytes of a page that EADD has added.
 * SDM "EEXTEND - Extend Uninitialized Enclave Measurement by 256 Bytes",
 * Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/measure.h"
#include "cpu/mem.h"

/*
 *   #GP(0)	RBX is not aligned to a page
 *   #PF(RBX)	RBX is not in the EPC
 *   #GP(0)	RCX is not aligned to 256 bytes
 *   #PF(RCX)	RCX is not in the EPC
 *   #GP(0)	another leaf uses the page exclusively
 *   #PF(RCX)	the page is neither PT_REG nor PT_TCS
 *   #GP(0)	RBX is not the page's own SECS
 *   #GP(0)	another leaf is measuring, or EINIT has been done
 */
int eextend(struct lp *lp)
{
	const struct sgx_secs *secs;
	uint64_t chunk_pa, secs_pa;

	if (!is_aligned(lp->r.rbx, SGX_PAGE_SIZE))
		return gp0(lp, "SECS %x is not page aligned", lp->r.rbx);
	if (!epc_address(lp->cpu, lp->r.rbx, &secs_pa))
		return encls_pf(lp, lp->r.rbx, NOT_IN_THE_EPC, lp->r.rbx);
	if (!is_aligned(lp->r.rcx, EEXTEND_CHUNK))
		return gp0(lp, "RCX %x is not aligned to 256 bytes", lp->r.rcx);
	if (!epc_address(lp->cpu, lp->r.rcx, &chunk_pa))
		return encls_pf(lp, lp->r.rcx, NOT_IN_THE_EPC, lp->r.rcx);

	struct epcm *epcm GUARD(shared) = take_shared(lp->cpu, chunk_pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, chunk_pa);
	if (!epcm_valid(epcm) || (epcm->pt != PT_REG && epcm->pt != PT_TCS))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (epcm->enclavesecs != secs_pa)
		return gp0(lp, "the page belongs to another enclave");

	struct secs_hidden *hidden GUARD(measurement) =
		take_measurement(lp->cpu, secs_pa);

	if (!hidden)
		return gp0(lp, MEASUREMENT_CONFLICT);
	secs = secs_at(lp->cpu, secs_pa);
	if (secs_initialised(secs))
		return gp0(lp, "EINIT has been done already");
	measure_eextend(hidden,
			epcm->enclaveaddress - secs->baseaddr +
				(chunk_pa & ~SGX_PAGE_MASK),
			epc_ptr(lp->cpu, chunk_pa));
	return 0;
}
