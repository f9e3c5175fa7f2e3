/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patching the code of enclaves whose XFRM is less than the host's XCR0, before
 * it is executed (cpu/patch.h).  A page that was not examined has no real
 * permission to execute (pte.c), so its first execution faults, and that fault
 * patches it.  A new executable mapping patches its pages in advance.  If XFRM
 * is XCR0, nothing is patched.
 */
#include <asm/errno.h>

#include "cpu/patch.h"
#include "kernel/mm/vma.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/driver.h"
#include "kernel/sgx/encl.h"

#define AROUND    0x10000ull /* bytes examined in one fault */
#define MAX_WAITS 64         /* for a neighbour, in one fault */
#define MAX_TRIES 4

/* Is there a page at addr, and is it code? */
static bool is_code(struct sgx_mm *mm, const struct sgx_encl *encl,
		    uint64_t addr)
{
	struct sgx_encl_page *page;
	const struct epcm *epcm;
	uint64_t pa;

	if (addr - encl->base >= encl->size)
		return false;
	page = sgx_encl_find_page(mm, encl, addr, &pa);
	epcm = epcm_of(&mm->cpu, pa);
	/* the entry of an evicted page still has its old type and rights */
	return page && epcm->pt == PT_REG && epcm->x && !epcm->pending;
}

struct work {
	struct sgx_encl *encl;
	uint64_t addr;
	bool wanted;   /* a thread executes there */
	uint64_t busy; /* EPC address of the page to wait for */
	struct patch_look look;
};

/*
 * The page at addr needs this neighbour.  The neighbour is loaded only if a
 * thread executes here.  Otherwise the page is left for its own fault.
 * Returns 0: try again.
 */
static int neighbour(struct sgx_mm *mm, struct work *w, uint64_t addr,
		     bool *none)
{
	int ret;

	if (!is_code(mm, w->encl, addr)) {
		*none = true;
		return 0;
	}
	if (!w->wanted)
		return -EFAULT;
	w->busy = sgx_encl_pa(w->encl, addr);
	ret = sgx_encl_load_page(mm, w->encl, w->busy);
	if (!ret)
		sgx_page_mark_young(sgx_page_at(mm, w->busy));
	return ret;
}

/* The body of a section: it may begin again from its start. */
static int patch_locked(struct sgx_mm *mm, void *arg)
{
	struct work *w = arg;
	int ret = 0;

	for (int i = 0; i < MAX_TRIES && !ret; i++) {
		switch (patch_apply(&mm->cpu, sgx_encl_pa(w->encl, w->addr),
				    &w->look)) {
		case PATCH_WANTS_BEFORE:
			ret = neighbour(mm, w, w->addr - SGX_PAGE_SIZE,
					&w->look.none_before);
			break;
		case PATCH_WANTS_AFTER:
			ret = neighbour(mm, w, w->addr + SGX_PAGE_SIZE,
					&w->look.none_after);
			break;
		default:
			return 0;
		}
	}
	return ret;
}

static void patch_page(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t addr,
		       bool wanted)
{
	struct work w = { .encl = encl, .addr = addr, .wanted = wanted };
	unsigned int jumps = 0;

	for (int i = 0; i < MAX_WAITS; i++) {
		if (sgx_locked(mm, encl, patch_locked, &w) != -EBUSY ||
		    sgx_encl_wait(mm, encl, w.busy))
			break;
	}
	if (w.look.sites)
		jumps = sgx_patch_jumps(mm, encl, addr);
	if ((w.look.sites || w.look.unsure) && mm->host->patched)
		mm->host->patched(addr, w.look.sites, jumps, w.look.unsure);
}

/* Patch the present pages around `at`.  `executes`: a thread executes there. */
static void patch_around(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t at,
			 bool executes)
{
	uint64_t addr = at & ~(AROUND - 1), end = addr + AROUND;

	if (!sgx_encl_clip(encl, &addr, &end))
		return;
	for (; addr < end; addr += SGX_PAGE_SIZE) {
		struct sgx_encl_page *page;
		uint64_t pa;

		page = sgx_encl_find_page(mm, encl, addr, &pa);
		if (page && sgx_page_present(page) && patch_due(&mm->cpu, pa))
			patch_page(mm, encl, addr, executes && addr == at);
	}
}

struct sgx_encl *sgx_patch_encl(struct sgx_mm *mm, uint64_t addr)
{
	struct sgx_ticket ticket = sgx_lock(&mm->lock);
	const struct sgx_vma *vma = sgx_find_vma(mm, addr);
	struct sgx_encl *encl = vma ? sgx_vma_encl(mm, vma) : NULL;

	sgx_unlock(&mm->lock, ticket);
	return encl && addr - encl->base < encl->size ? encl : NULL;
}

void sgx_patch_range(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t start,
		     uint64_t end)
{
	if (!encl->patch || !(sgx_encl_flags(encl) & SGX_ENCL_INITIALIZED) ||
	    !sgx_encl_clip(encl, &start, &end))
		return;
	start = sgx_encl_next_page(mm, encl, start, end);
	while (start < end) {
		patch_around(mm, encl, start, false);
		start = (start & ~(AROUND - 1)) + AROUND;
		start = sgx_encl_next_page(mm, encl, start, end);
	}
}

void sgx_patch(struct sgx_mm *mm, uint64_t addr)
{
	struct sgx_encl *encl = sgx_patch_encl(mm, addr);

	if (encl && encl->patch)
		patch_around(mm, encl, addr & SGX_PAGE_MASK, true);
}

enum patch_found sgx_patch_find(struct sgx_mm *mm, uint64_t addr,
				struct patch_site *site)
{
	struct sgx_encl *encl = sgx_patch_encl(mm, addr);
	enum patch_found found;

	if (!encl)
		return PATCH_NO_SITE;
	found = patch_find(&mm->cpu, sgx_encl_pa(encl, addr), site);
	/* if the enclave is not patched (any more), do not wait for one */
	return found == PATCH_NOT_NOW && !encl->patch ? PATCH_NO_SITE : found;
}

void sgx_patch_give_up(struct sgx_mm *mm, uint64_t addr)
{
	struct sgx_encl *encl = sgx_patch_encl(mm, addr);

	if (!encl)
		return;
	__atomic_store_n(&encl->patch, 0, __ATOMIC_SEQ_CST);
	patch_undo(&mm->cpu, sgx_encl_pa(encl, addr));
}
