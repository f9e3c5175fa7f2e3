/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EEXTEND: measure 256 bytes of a page that EADD has added.
 * SDM "EEXTEND - Extend Uninitialized Enclave Measurement by 256 Bytes",
 * Operation.
 */
#include "cpu/encls/encls.h"
#include "cpu/epcm.h"
#include "cpu/measure.h"
#include "cpu/mem.h"

static int extend(struct lp *lp, uint64_t chunk_pa, uint64_t secs_pa)
{
	const struct epcm *epcm = epcm_of(lp->cpu, chunk_pa);
	const struct sgx_secs *secs = secs_at(lp->cpu, secs_pa);
	uint64_t offset;

	if (secs_initialised(secs))
		return gp0(lp, "EINIT has been done already");
	offset = epcm->enclaveaddress - secs->baseaddr +
		 (chunk_pa & ~SGX_PAGE_MASK);
	measure_eextend(secs_hidden_at(lp->cpu, secs_pa), offset,
			epc_ptr(lp->cpu, chunk_pa));
	return 0;
}

static int eextend_locked(struct lp *lp, uint64_t chunk_pa, uint64_t secs_pa)
{
	const struct epcm *epcm = epcm_of(lp->cpu, chunk_pa);
	struct secs_hidden *hidden = secs_hidden_at(lp->cpu, secs_pa);
	int ret;

	if (!epcm_valid(epcm) || (epcm->pt != PT_REG && epcm->pt != PT_TCS))
		return encls_pf(lp, lp->r.rcx, NO_PAGE, lp->r.rcx);
	if (epcm->enclavesecs != secs_pa)
		return gp0(lp, "the page is that of another enclave");
	if (!secs_trylock_measurement(hidden))
		return gp0(lp, MEASUREMENT_CONFLICT);
	ret = extend(lp, chunk_pa, secs_pa);
	secs_unlock_measurement(hidden);
	return ret;
}

int eextend(struct lp *lp)
{
	uint64_t chunk_pa, secs_pa;
	struct epcm *epcm;
	int ret;

	if (!is_aligned(lp->r.rbx, SGX_PAGE_SIZE))
		return gp0(lp, "SECS %x is not page aligned", lp->r.rbx);
	if (!epc_address(lp->cpu, lp->r.rbx, &secs_pa))
		return encls_pf(lp, lp->r.rbx, NOT_IN_THE_EPC, lp->r.rbx);
	if (!is_aligned(lp->r.rcx, EEXTEND_CHUNK))
		return gp0(lp, "RCX %x is not aligned to 256 bytes", lp->r.rcx);
	if (!epc_address(lp->cpu, lp->r.rcx, &chunk_pa))
		return encls_pf(lp, lp->r.rcx, NOT_IN_THE_EPC, lp->r.rcx);
	epcm = epcm_of(lp->cpu, chunk_pa);
	if (!epcm_trylock_shared(epcm))
		return gp0(lp, EPC_PAGE_CONFLICT, chunk_pa);
	ret = eextend_locked(lp, chunk_pa, secs_pa);
	epcm_unlock_shared(epcm);
	return ret;
}
