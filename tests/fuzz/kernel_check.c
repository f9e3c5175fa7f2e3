/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel layer's invariants; see the header. */
#define _GNU_SOURCE /* MREMAP_* */
#include "tests/fuzz/kernel_check.h"

#include "kernel/mm/vma.h"
#include "kernel/sgx/encl.h"

#define WINDOW_END (WINDOW + WINDOW_PAGES * SGX_PAGE_SIZE)

/* Ordinary memory all along? */
static bool ordinary(uint64_t addr, uint64_t len)
{
	for (uint64_t at = addr; at < addr + len; at += SGX_PAGE_SIZE) {
		if (at - WINDOW >= WINDOW_END - WINDOW ||
		    real_page(at)->kind != REAL_ANON)
			return false;
	}
	return true;
}

/* What the host does with ordinary memory: it moves, or is cut off. */
static int64_t host_mremap(uint64_t old, uint64_t old_len, uint64_t new_len,
			   int flags, uint64_t new_addr)
{
	uint64_t keep = old_len < new_len ? old_len : new_len;

	if (flags & MREMAP_FIXED)
		m.host.sys_munmap(new_addr, new_len);
	if (old_len > new_len)
		m.host.sys_munmap(old + new_len, old_len - new_len);
	if (!(flags & MREMAP_FIXED))
		return old_len < new_len ? -ENOMEM : (int64_t)old;
	for (uint64_t off = 0; off < keep; off += SGX_PAGE_SIZE)
		*real_page(new_addr + off) = *real_page(old + off);
	m.host.sys_munmap(old, keep);
	return new_addr;
}

int64_t kernel_mremap(struct sgx_mm *mm, uint64_t old, uint64_t old_len,
		      uint64_t new_len, int flags, uint64_t new_addr)
{
	int64_t ret;
	int outcome;

	if (!sgx_find_vma(mm, old) && !ordinary(old, old_len))
		return -EFAULT;
	outcome = sgx_mremap(mm, old, old_len, new_len, flags, new_addr, &ret);
	if (outcome < 0)
		return outcome;
	if (outcome)
		return ret;
	/* Overlap, and an address out of bounds: refused before anything. */
	if ((flags & MREMAP_FIXED) &&
	    ((new_addr & ~SGX_PAGE_MASK) || new_addr > TASK_SIZE - new_len ||
	     (old + old_len > new_addr && new_addr + new_len > old)))
		return -EINVAL;
	return host_mremap(old, old_len, new_len, flags, new_addr);
}

static void check_vma(const struct sgx_mm *mm, const struct sgx_vma *vma)
{
	must(page_aligned(vma->start) && page_aligned(vma->end));
	must(vma->start < vma->end && vma->end <= TASK_SIZE);
	must(vma->encl < mm->shared->nr_encls);
	must(mm->shared->encls[vma->encl].kind == SGX_FILE_ENCLAVE);
	must(!(vma->prot & ~vma->mayprot));
	must(!(vma->mayprot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)));
}

void kernel_check_vmas(const struct sgx_mm *mm)
{
	must(!sgx_lock_is_held(&mm->lock));
	must(!sgx_lock_is_held(&mm->shared->lock));
	must(mm->nr_vmas <= mm->max_vmas);
	for (uint32_t i = 0; i < mm->nr_vmas; i++) {
		check_vma(mm, &mm->vmas[i]);
		must(!i || mm->vmas[i - 1].end <= mm->vmas[i].start);
	}
	for (uint32_t i = 0; i < mm->shared->nr_encls; i++) {
		must(m.pins[i] == sgx_vma_maps(mm, i));
		must(!sgx_lock_is_held(&mm->shared->encls[i].ioctl_lock));
	}
}

static void check_real_page(struct sgx_mm *mm, uint64_t addr)
{
	const struct real_page *real = real_page(addr);
	const struct sgx_vma *vma = sgx_find_vma(mm, addr);
	const struct sgx_encl *encl;

	if (!vma) {
		must(real->kind == REAL_FREE || real->kind == REAL_ANON);
		return;
	}
	encl = &mm->shared->encls[vma->encl];
	if (real->kind != REAL_EPC) {
		must(real->prot == PROT_NONE);
		return;
	}
	must(addr - encl->base < encl->size);
	must(real->pa == sgx_encl_pa(encl, addr));
	must(!(real->prot & ~sgx_effective_prot(mm, vma, addr)));
}

void kernel_check_real(struct sgx_mm *mm)
{
	for (uint64_t addr = WINDOW; addr < WINDOW_END; addr += SGX_PAGE_SIZE) {
		/* Nothing there: quicker than to ask. */
		if (real_page(addr)->kind != REAL_FREE ||
		    (mm->nr_vmas && sgx_find_vma(mm, addr)))
			check_real_page(mm, addr);
	}
}

static void check_page(const struct sgx_mm *mm, const struct sgx_encl *encl,
		       uint64_t addr, bool lost)
{
	uint64_t pa = sgx_encl_pa(encl, addr);
	const struct epcm *epcm = epcm_of(&mm->cpu, pa);
	const struct sgx_encl_page *page = sgx_page_at(mm, pa);

	must(!(page->vm_max_prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)));
	must(!epcm->lock && !epcm->sgx2_lock);
	if (page->flags & SGX_PAGE_EVICTED) {
		must(!epcm->valid);
		return;
	}
	must(epcm->valid || lost);
	if (!epcm->valid)
		return;
	must(epcm->enclavesecs == encl->secs_pa);
	must(epcm->enclaveaddress == addr);
	must(epcm->pt == page->type);
	/* Blocked for good only if it is on its way out. */
	must(!epcm->blocked || (page->flags & SGX_PAGE_BEING_RECLAIMED));
}

/* The EPC pages that a created enclave has: its own, its SECS and VA pages. */
static uint64_t check_encl(struct sgx_mm *mm, const struct sgx_encl *encl,
			   bool lost)
{
	uint64_t end = encl->base + encl->size, pages = 0, resident = 0;
	uint64_t addr = sgx_encl_next_page(mm, encl, encl->base, end);
	bool secs = !(sgx_page_at(mm, encl->secs_pa)->flags & SGX_PAGE_EVICTED);

	for (; addr < end;
	     addr = sgx_encl_next_page(mm, encl, addr + SGX_PAGE_SIZE, end)) {
		check_page(mm, encl, addr, lost);
		pages++;
		resident += !(sgx_page_at(mm, sgx_encl_pa(encl, addr))->flags &
			      SGX_PAGE_EVICTED);
	}
	must(pages == encl->page_cnt);
	must(resident == encl->secs_child_cnt);
	must(secs || !resident);
	must(lost || epcm_of(&mm->cpu, encl->secs_pa)->valid == secs);
	return resident + secs;
}

void kernel_check_pages(struct sgx_mm *mm, bool lost)
{
	struct sgx_shared *shared = mm->shared;
	uint64_t charged = 0, expected;

	must(!shared->budget.changing);
	for (uint32_t i = 0; i < shared->nr_encls; i++) {
		const struct sgx_encl *encl = &shared->encls[i];

		if (encl->kind == SGX_FILE_NONE)
			continue;
		must(!sgx_lock_is_held(&encl->lock));
		must(sgx_journal_op(encl) == SGX_DOING_NOTHING);
		must(encl->nr_mms == (unsigned)m.pins[i]);
		expected = encl->nr_va;
		if (sgx_encl_flags(encl) & SGX_ENCL_CREATED)
			expected += check_encl(mm, encl, lost);
		must(encl->epc_pages == expected);
		charged += expected;
	}
	must(shared->epc_free_pages + charged == shared->epc_total_pages);
}

void kernel_check_end(struct sgx_mm *mm)
{
	struct sgx_shared *shared = mm->shared;

	must(!sgx_munmap(mm, SGX_PAGE_SIZE, TASK_SIZE - SGX_PAGE_SIZE));
	must(!mm->nr_vmas);
	kernel_check_vmas(mm);
	for (uint32_t i = 0; i < shared->nr_encls; i++) {
		struct sgx_encl *encl = &shared->encls[i];

		if (encl->kind != SGX_FILE_NONE)
			sgx_encl_release(mm, encl);
	}
	must(shared->epc_free_pages == shared->epc_total_pages);
}
