/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loss of the EPC (S3, S4, a VM on another host): the processor drops every
 * EPCM entry, and the key of what was written out.  Linux 6.1 has no code for
 * it: the fault path is all that a kernel or a program sees of it.
 */
#include "kernel/machine/loss.h"
#include "cpu/epcm.h"
#include "kernel/machine/smp.h"
#include "kernel/mm/encl_page.h"
#include "kernel/mm/pte.h"
#include "kernel/platform/section.h"

static uint64_t invalidate_page(struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);

	if (!__atomic_load_n(&epcm->valid, __ATOMIC_ACQUIRE))
		return 0;
	epcm_invalidate(epcm);
	return 1;
}

/* The SECS first: without it no leaf adds another page. */
static uint64_t invalidate_encl(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	uint64_t end = encl->base + encl->size;
	uint64_t n = invalidate_page(&mm->cpu, encl->secs_pa), addr;

	for (uint32_t i = 1; i <= encl->nr_va; i++)
		n += invalidate_page(&mm->cpu,
				     encl->secs_pa - i * SGX_PAGE_SIZE);
	for_each_encl_page(addr, mm, encl, encl->base, end)
		n += invalidate_page(&mm->cpu, sgx_encl_pa(encl, addr));
	return n;
}

struct invalidation {
	struct sgx_encl *encl;
	uint64_t pages;
};

/* Locked, so that no leaf is working on one of its pages. */
static int invalidate_locked(struct sgx_mm *mm, void *arg)
{
	struct invalidation *i = arg;
	const struct sgx_encl *encl = i->encl;

	if (encl->kind == SGX_FILE_ENCLAVE &&
	    (sgx_encl_flags(encl) & SGX_ENCL_CREATED))
		i->pages += invalidate_encl(mm, encl);
	return 0;
}

void sgx_invalidate_all(struct sgx_mm *mm, uint64_t *enclaves, uint64_t *pages)
{
	struct sgx_shared *shared = mm->shared;
	struct sgx_encl *encl;

	*enclaves = 0;
	*pages = 0;
	package_lose_power(&shared->package, mm->cpu.entropy);
	for_each_encl(encl, shared) {
		struct invalidation one = { .encl = encl };

		if (encl->kind != SGX_FILE_ENCLAVE)
			continue;
		sgx_locked(mm, encl, invalidate_locked, &one);
		/* an enclave that was lost before does not count again */
		*enclaves += one.pages != 0;
		*pages += one.pages;
	}
}

void sgx_loss_begin(struct sgx_mm *mm, struct sgx_loss *loss)
{
	*loss = (struct sgx_loss){ 0 };
	/* The gate first: a thread that sees the new leave_seq waits there. */
	__atomic_fetch_or(&mm->shared->loss_seq, 1, __ATOMIC_SEQ_CST);
	loss->threads = sgx_expel(mm);
}

void sgx_loss_migrate(struct sgx_mm *mm, const uint8_t *cpusvn)
{
	package_replace(&mm->shared->package, cpusvn, mm->cpu.entropy);
}

void sgx_loss_end(struct sgx_mm *mm, struct sgx_loss *loss)
{
	sgx_invalidate_all(mm, &loss->enclaves, &loss->pages);
	sgx_resync_others(mm);
	sgx_loss_over(mm->shared);
}

bool sgx_losing(const struct sgx_shared *shared)
{
	return __atomic_load_n(&shared->loss_seq, __ATOMIC_SEQ_CST) & 1;
}

void sgx_loss_over(struct sgx_shared *shared)
{
	uint32_t seq = __atomic_load_n(&shared->loss_seq, __ATOMIC_SEQ_CST);

	if (seq & 1)
		__atomic_compare_exchange_n(&shared->loss_seq, &seq, seq + 1,
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
}
