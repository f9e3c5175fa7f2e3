/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loss of the EPC.  Linux 6.1 has no code for it: the processor drops
 * every EPCM entry (S3, S4, a VM on another host) and the key of what was
 * written out, and the fault path is all that a kernel or a program sees of it.
 */
#include "cpu/epcm.h"
#include "kernel/encl.h"

static uint64_t invalidate_page(struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);

	if (!__atomic_load_n(&epcm->valid, __ATOMIC_ACQUIRE))
		return 0;
	epcm_invalidate(epcm);
	return 1;
}

static uint64_t invalidate_encl(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	uint64_t end = encl->base + encl->size;
	uint64_t n = invalidate_page(&mm->cpu, encl->secs_pa), addr;

	for (uint32_t i = 1; i <= encl->nr_va; i++)
		n += invalidate_page(&mm->cpu,
				     encl->secs_pa - i * SGX_PAGE_SIZE);
	addr = sgx_encl_next_page(mm, encl, encl->base, end);
	for (; addr < end;
	     addr = sgx_encl_next_page(mm, encl, addr + SGX_PAGE_SIZE, end))
		n += invalidate_page(&mm->cpu, sgx_encl_pa(encl, addr));
	return n;
}

void sgx_invalidate_all(struct sgx_mm *mm, uint64_t *enclaves, uint64_t *pages)
{
	struct sgx_shared *shared = mm->shared;
	uint32_t n = __atomic_load_n(&shared->nr_encls, __ATOMIC_ACQUIRE);

	*enclaves = 0;
	*pages = 0;
	package_lose_power(&shared->package, mm->cpu.entropy);
	for (uint32_t i = 0; i < n; i++) {
		const struct sgx_encl *encl = &shared->encls[i];

		if (encl->kind != SGX_FILE_ENCLAVE ||
		    !(sgx_encl_flags(encl) & SGX_ENCL_CREATED))
			continue;
		++*enclaves;
		*pages += invalidate_encl(mm, encl);
	}
}
