/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loss of the EPC.  Linux 6.1 has no code for it: the processor drops
 * every EPCM entry (S3, S4, a VM on another host) and the key of what was
 * written out, and the fault path is all that a kernel or a program sees of it.
 */
#include "cpu/epcm.h"
#include "kernel/encl.h"
#include "kernel/lock.h"

static uint64_t invalidate_page(struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);

	if (!__atomic_load_n(&epcm->valid, __ATOMIC_ACQUIRE))
		return 0;
	epcm_invalidate(epcm);
	return 1;
}

/* A leaf that works with the page finds it whole, up to its end. */
static void wait_for_leaves(const struct cpu *cpu, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(cpu, pa);
	uint32_t patience = SGX_LOCK_PATIENCE >> 4;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (__atomic_load_n(&epcm->lock, __ATOMIC_SEQ_CST) && --patience)
		__builtin_ia32_pause();
}

/* The SECS first: without it no leaf adds a page behind our back. */
static uint64_t invalidate_encl(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	uint64_t end = encl->base + encl->size;
	uint64_t n = invalidate_page(&mm->cpu, encl->secs_pa), addr;

	/* Once: who was killed in a leaf holds its lock for ever. */
	if (n)
		wait_for_leaves(&mm->cpu, encl->secs_pa);
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
	uint32_t nr = __atomic_load_n(&shared->nr_encls, __ATOMIC_ACQUIRE);
	uint64_t n;

	*enclaves = 0;
	*pages = 0;
	package_lose_power(&shared->package, mm->cpu.entropy);
	for (uint32_t i = 0; i < nr; i++) {
		const struct sgx_encl *encl = &shared->encls[i];

		if (encl->kind != SGX_FILE_ENCLAVE ||
		    !(sgx_encl_flags(encl) & SGX_ENCL_CREATED))
			continue;
		n = invalidate_encl(mm, encl);
		/* one that was lost before has nothing left to lose */
		*enclaves += n != 0;
		*pages += n;
	}
}

void sgx_loss_begin(struct sgx_mm *mm, struct sgx_ipi *ipi,
		    struct sgx_loss *loss)
{
	*loss = (struct sgx_loss){ 0 };
	/* The gate first: who looks after that at ipi_seq waits before it. */
	__atomic_fetch_or(&mm->shared->loss_seq, 1, __ATOMIC_SEQ_CST);
	ipi->kind = SGX_IPI_LEAVE;
	ipi->secs = EPC_NONE;
	sgx_ipi_begin(mm->shared, ipi);
	loss->threads = sgx_ipi_send(mm, ipi);
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
