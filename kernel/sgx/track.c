/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Putting a change of the EPCM into force: translations that are older must go,
 * in this address space and in others, and threads inside must leave once.
 * After Linux 6.1 sgx/main.c sgx_ipi_cb(), sgx/ioctl.c sgx_enclave_etrack();
 * SDM "ETRACK", "EPC and Management of EPC Pages".
 */
#include <asm/errno.h>

#include "cpu/secs.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/vma.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"
#include "kernel/sgx/encls.h"

#define ETRACK_TRIES 1000

static void narrow_vma(struct sgx_mm *mm, const struct sgx_vma *vma,
		       uint64_t start, uint64_t end)
{
	if (start < vma->start)
		start = vma->start;
	if (end > vma->end)
		end = vma->end;
	if (start < end)
		sgx_protect_range(mm, vma, start, end);
}

void sgx_encl_narrow(struct sgx_mm *mm, const struct sgx_encl *encl,
		     uint64_t start, uint64_t end)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	const struct sgx_vma *vma;

	for_each_vma_in(vma, mm, start, end) {
		if (vma->encl == encl->index)
			narrow_vma(mm, vma, start, end);
	}
	sgx_unlock(&mm->lock, ticket);
}

bool sgx_encl_mapped_elsewhere(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	uint32_t n = __atomic_load_n(&encl->nr_mms, __ATOMIC_SEQ_CST);
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	uint32_t here = sgx_vma_maps(mm, encl->index);

	sgx_unlock(&mm->lock, ticket);
	return n > here;
}

/* If the SECS is not resident, no thread is inside. */
static bool is_resident(const struct sgx_mm *mm, const struct sgx_encl *encl)
{
	return sgx_page_present(sgx_page_at(mm, encl->secs_pa));
}

bool sgx_encl_ipi(struct sgx_mm *mm, struct sgx_encl *encl)
{
	uint32_t epoch;

	if (!is_resident(mm, encl))
		return true;
	epoch = secs_epoch(secs_hidden_at(&mm->cpu, encl->secs_pa)) - 1;
	if (!processors_inside(&mm->cpu, encl->secs_pa, epoch))
		return true;
	mm->host->ipi(encl->secs_pa, epoch);
	return !processors_inside(&mm->cpu, encl->secs_pa, epoch);
}

/* Without a resident SECS the enclave has no page and no thread inside. */
static int etrack_locked(struct sgx_mm *mm, void *arg)
{
	const struct sgx_encl *encl = arg;
	struct lp lp = { .cpu = &mm->cpu };

	return is_resident(mm, encl) ?
		       __etrack(&lp, epc_ptr(&mm->cpu, encl->secs_pa)) :
		       0;
}

/*
 * A tracking cycle that another caller began must end before ours can begin.
 * The ipi ends it, whoever sends it.  The other caller may be stopped in the
 * middle of its ioctl.  Threads of other processes are out of reach if the
 * server is gone: then it is not known that the change is in force.
 */
int sgx_enclave_etrack(struct sgx_mm *mm, struct sgx_encl *encl)
{
	int ret = SGX_PREV_TRK_INCMPL;
	bool all_left = false;

	if (sgx_encl_mapped_elsewhere(mm, encl))
		sgx_resync_others(mm);
	for (int i = 0; i < ETRACK_TRIES && ret == SGX_PREV_TRK_INCMPL; i++) {
		ret = sgx_locked(mm, encl, etrack_locked, encl);
		all_left = sgx_encl_ipi(mm, encl);
	}
	return ret || !all_left ? -EFAULT : 0;
}
