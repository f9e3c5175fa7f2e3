/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turning patched sites into jumps to stubs.  A stub is code outside the
 * enclave, in the memory of one process.  All processes that map an enclave
 * share its pages, so jumps are made only while one process maps it.  A forked
 * child has copies of the older stubs.  If another process maps the enclave,
 * its jumps become INT3 again.
 */
#include "cpu/decode.h"
#include "cpu/patch.h"
#include "cpu/processors.h"
#include "cpu/secs.h"
#include "kernel/mm/vma.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/driver.h"
#include "kernel/sgx/encl.h"

struct jump {
	struct sgx_encl *encl;
	uint64_t page, addr; /* linear addresses */
	unsigned int i;      /* which site of the page */
	int32_t displacement;
	/* answers */
	struct patch_site site;
	uint64_t xfrm;
	bool ok;
};

static bool is_ended(const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->no_jumps, __ATOMIC_SEQ_CST);
}

static uint32_t nr_jumps(const struct sgx_encl *encl)
{
	return __atomic_load_n(&encl->nr_jumps, __ATOMIC_SEQ_CST);
}

static bool is_present(const struct sgx_mm *mm, uint64_t pa)
{
	return sgx_page_present(sgx_page_at(mm, pa));
}

static int look_locked(struct sgx_mm *mm, void *arg)
{
	struct jump *j = arg;
	uint64_t pa = sgx_encl_pa(j->encl, j->page);

	j->ok = is_present(mm, pa) && is_present(mm, j->encl->secs_pa) &&
		patch_site_at(&mm->cpu, pa, j->i, &j->site);
	if (j->ok)
		j->xfrm = secs_at(&mm->cpu, j->encl->secs_pa)->xfrm;
	return 0;
}

static int begin_locked(struct sgx_mm *mm, void *arg)
{
	struct jump *j = arg;
	uint64_t pa = sgx_encl_pa(j->encl, j->addr);

	j->ok = is_present(mm, pa & SGX_PAGE_MASK) && !is_ended(j->encl) &&
		patch_jump_begin(&mm->cpu, pa, j->displacement);
	return 0;
}

static int end_locked(struct sgx_mm *mm, void *arg)
{
	struct jump *j = arg;
	uint64_t pa = sgx_encl_pa(j->encl, j->addr);

	j->ok = is_present(mm, pa & SGX_PAGE_MASK) && !is_ended(j->encl) &&
		patch_jump_end(&mm->cpu, pa);
	return 0;
}

/* Interrupt the threads inside, so none executes code fetched before. */
static void fence(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	if (processors_inside(&mm->cpu, encl->secs_pa, UINT32_MAX))
		mm->host->ipi(encl->secs_pa, UINT32_MAX);
}

static bool make_jump(struct sgx_mm *mm, struct jump *j)
{
	uint64_t from = j->addr + PATCH_JUMP, to;

	to = mm->host->stub(j->encl, j->xfrm, j->addr, &j->site);
	if (!to || (int64_t)(to - from) != (int32_t)(to - from))
		return false;
	j->displacement = (int32_t)(to - from);
	fence(mm, j->encl);
	sgx_locked(mm, j->encl, begin_locked, j);
	if (!j->ok)
		return false;
	fence(mm, j->encl);
	sgx_locked(mm, j->encl, end_locked, j);
	return j->ok;
}

unsigned int sgx_patch_jumps(struct sgx_mm *mm, struct sgx_encl *encl,
			     uint64_t page)
{
	struct jump j = { .encl = encl, .page = page };
	unsigned int made = 0;

	if (!mm->host->stub || is_ended(encl) ||
	    sgx_encl_mapped_elsewhere(mm, encl))
		return 0;
	for (; j.i < PATCH_SITES; j.i++) {
		sgx_locked(mm, encl, look_locked, &j);
		if (!j.ok)
			break;
		j.addr = page + j.site.at;
		made += j.site.length == 1 && j.site.kind != INSN_ENCLU &&
			make_jump(mm, &j);
	}
	/*
	 * A process may have mapped it meanwhile.  It looked for jumps too
	 * early, or has yet to look.
	 */
	if (made && sgx_encl_mapped_elsewhere(mm, encl))
		sgx_patch_no_jumps(mm, encl);
	return made;
}

static bool is_jump(struct sgx_mm *mm, uint64_t addr)
{
	struct patch_site site;

	return sgx_patch_find(mm, addr, &site) == PATCH_SITE && site.length > 1;
}

static int enclu_locked(struct sgx_mm *mm, void *arg)
{
	struct jump *j = arg;
	uint64_t pa = sgx_encl_pa(j->encl, j->addr);

	j->ok = is_present(mm, pa & SGX_PAGE_MASK) &&
		patch_enclu(&mm->cpu, pa, &j->site);
	return 0;
}

static int add_locked(struct sgx_mm *mm, void *arg)
{
	struct jump *j = arg;
	uint64_t pa = sgx_encl_pa(j->encl, j->addr);

	j->ok = is_present(mm, pa & SGX_PAGE_MASK) && !is_ended(j->encl) &&
		patch_enclu(&mm->cpu, pa, &j->site) &&
		patch_add(&mm->cpu, pa, &j->site);
	return 0;
}

/* An ENCLU traps anyhow, so it becomes a jump or stays as it is. */
bool sgx_patch_enclu(struct sgx_mm *mm, uint64_t addr, uint32_t what)
{
	struct jump j = { .encl = sgx_patch_encl(mm, addr),
			  .addr = addr,
			  .xfrm = what };

	if (!j.encl || !mm->shared->package.patch || !mm->host->stub ||
	    is_ended(j.encl) || sgx_encl_mapped_elsewhere(mm, j.encl))
		return false;
	sgx_locked(mm, j.encl, enclu_locked, &j);
	if (!j.ok || is_jump(mm, addr) ||
	    !mm->host->stub(j.encl, what, addr, &j.site))
		return false;
	sgx_locked(mm, j.encl, add_locked, &j);
	if (!j.ok || !make_jump(mm, &j))
		return false;
	if (sgx_encl_mapped_elsewhere(mm, j.encl))
		sgx_patch_no_jumps(mm, j.encl);
	return true;
}

static int no_jump_locked(struct sgx_mm *mm, void *arg)
{
	struct jump *j = arg;
	uint64_t pa = sgx_encl_pa(j->encl, j->addr);

	if (is_present(mm, pa & SGX_PAGE_MASK))
		patch_no_jump(&mm->cpu, pa);
	return 0;
}

void sgx_patch_no_jump(struct sgx_mm *mm, uint64_t addr)
{
	struct jump j = { .encl = sgx_patch_encl(mm, addr), .addr = addr };

	if (!j.encl)
		return;
	sgx_locked(mm, j.encl, no_jump_locked, &j);
	fence(mm, j.encl);
}

/* End all jumps of one page. */
static int none_locked(struct sgx_mm *mm, void *arg)
{
	struct jump *j = arg;
	uint64_t pa = sgx_encl_pa(j->encl, j->page);
	struct patch_site site;

	if (!is_present(mm, pa))
		return 0;
	for (unsigned int i = 0; patch_site_at(&mm->cpu, pa, i, &site); i++)
		patch_no_jump(&mm->cpu, pa + site.at);
	return 0;
}

void sgx_patch_no_jumps(struct sgx_mm *mm, struct sgx_encl *encl)
{
	struct jump j = { .encl = encl };
	uint64_t end = encl->base + encl->size, pa;

	__atomic_store_n(&encl->no_jumps, 1, __ATOMIC_SEQ_CST);
	if (!nr_jumps(encl))
		return;
	for (j.page = sgx_encl_next_page(mm, encl, encl->base, end);
	     j.page < end;
	     j.page = sgx_encl_next_page(mm, encl, j.page + SGX_PAGE_SIZE,
					 end)) {
		pa = sgx_encl_pa(encl, j.page);
		if (epcm_of(&mm->cpu, pa)->patch >= PATCH_RECORDED)
			sgx_locked(mm, encl, none_locked, &j);
	}
	fence(mm, encl);
}

void sgx_patch_stub_made(struct sgx_encl *encl)
{
	__atomic_add_fetch(&encl->nr_jumps, 1, __ATOMIC_SEQ_CST);
}

void sgx_patch_others(struct sgx_mm *mm, struct sgx_encl *encl, uint32_t mine)
{
	if (nr_jumps(encl) != mine)
		sgx_patch_no_jumps(mm, encl);
}

static bool is_mapped(struct sgx_mm *mm, const struct sgx_encl *encl)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	bool mapped = sgx_vma_maps(mm, encl->index);

	sgx_unlock(&mm->lock, ticket);
	return mapped;
}

void sgx_patch_inherited(struct sgx_mm *mm,
			 uint32_t (*mine)(const struct sgx_encl *encl))
{
	struct sgx_encl *encl;

	for_each_encl(encl, mm->shared) {
		if (nr_jumps(encl) && is_mapped(mm, encl))
			sgx_patch_others(mm, encl, mine(encl));
	}
}
