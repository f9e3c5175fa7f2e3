/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Version arrays: EPC pages that hold the versions of pages written out, 512
 * each, so that no old copy of a page can be loaded.  There are as many as the
 * enclave's pages can need.  They are never written out themselves.
 * After Linux 6.1 sgx/encl.c sgx_alloc_va_slot(), sgx/ioctl.c sgx_encl_grow();
 * SDM "Version Array (VA)".
 */
#include <asm/errno.h>

#include "cpu/mem.h"
#include "kernel/sgx/encl.h"
#include "kernel/sgx/encls.h"

#define SLOTS SGX_VA_SLOT_COUNT
#define WORDS (SLOTS / 64)

/*
 * Which slots of an array are in use.  It lies where the PCMD of the array
 * would be if arrays were written out.
 */
struct sgx_va_page {
	uint64_t used[WORDS];
};
_Static_assert(sizeof(struct sgx_va_page) <= sizeof(struct sgx_pcmd),
	       "the map fits into the place of a PCMD");

/* Arrays lie below the SECS, the first next to it. */
static uint64_t va_pa(const struct sgx_encl *encl, uint32_t va)
{
	return encl->secs_pa - (va + 1ull) * SGX_PAGE_SIZE;
}

static struct sgx_va_page *va_page(const struct sgx_mm *mm,
				   const struct sgx_encl *encl, uint32_t va)
{
	return (void *)&mm->pcmd[va_pa(encl, va) >> SGX_PAGE_SHIFT];
}

static int add_va(struct sgx_mm *mm, struct sgx_encl *encl)
{
	struct lp lp = { .cpu = &mm->cpu };
	int ret = sgx_take_epc_page(mm, encl);

	if (ret)
		return ret;
	if (__epa(&lp, epc_ptr(&mm->cpu, va_pa(encl, encl->nr_va)))) {
		sgx_free_epc_page(mm, encl);
		return -EIO;
	}
	memset(va_page(mm, encl, encl->nr_va), 0, sizeof(struct sgx_va_page));
	encl->va_hint = encl->nr_va++;
	return 0;
}

int sgx_encl_grow(struct sgx_mm *mm, struct sgx_encl *encl, uint64_t slots)
{
	int ret = 0;

	while (!ret && sgx_encl_slots(encl) < slots)
		ret = add_va(mm, encl);
	return ret;
}

void sgx_encl_free_va(struct sgx_mm *mm, struct sgx_encl *encl)
{
	struct lp lp = { .cpu = &mm->cpu };

	for (; encl->nr_va; encl->nr_va--) {
		__eremove(&lp, epc_ptr(&mm->cpu, va_pa(encl, encl->nr_va - 1)));
		sgx_free_epc_page(mm, encl);
	}
}

/* A slot of this array, or SLOTS. */
static uint32_t take_slot(struct sgx_va_page *page)
{
	for (uint32_t i = 0; i < WORDS; i++) {
		uint32_t bit;

		if (!~page->used[i])
			continue;
		bit = (uint32_t)__builtin_ctzll(~page->used[i]);
		page->used[i] |= 1ull << bit;
		return i * 64 + bit;
	}
	return SLOTS;
}

uint32_t sgx_alloc_va_slot(struct sgx_mm *mm, struct sgx_encl *encl)
{
	uint32_t va = encl->va_hint, slot;

	for (;;) {
		slot = take_slot(va_page(mm, encl, va));
		if (slot < SLOTS)
			break;
		va = (va + 1) % encl->nr_va;
	}
	encl->va_hint = va;
	return va * SLOTS + slot;
}

void sgx_free_va_slot(struct sgx_mm *mm, struct sgx_encl *encl, uint32_t slot)
{
	struct sgx_va_page *page = va_page(mm, encl, slot / SLOTS);

	page->used[slot % SLOTS / 64] &= ~(1ull << slot % 64);
	encl->va_hint = slot / SLOTS;
}

void sgx_clear_va_slots(struct sgx_mm *mm, struct sgx_encl *encl)
{
	for (uint32_t i = 0; i < encl->nr_va; i++)
		memset(va_page(mm, encl, i), 0, sizeof(struct sgx_va_page));
}

void sgx_take_va_slot(struct sgx_mm *mm, struct sgx_encl *encl, uint32_t slot)
{
	struct sgx_va_page *page = va_page(mm, encl, slot / SLOTS);

	page->used[slot % SLOTS / 64] |= 1ull << slot % 64;
}

void *sgx_va_slot(const struct sgx_mm *mm, const struct sgx_encl *encl,
		  uint32_t slot)
{
	return (uint64_t *)epc_ptr(&mm->cpu, va_pa(encl, slot / SLOTS)) +
	       slot % SLOTS;
}
