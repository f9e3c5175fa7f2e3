/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patches in EPC pages; see patch.h.  Not the processor's own: what it does
 * with XCR0 has no other way to be seen.
 */
#include "cpu/patch.h"

#include "cpu/decode.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/scan.h"

#define INT3	0xcc

static struct patch_page *record_of(const struct cpu *cpu, uint64_t pa)
{
	return &cpu->patches[pa >> SGX_PAGE_SHIFT];
}

static uint8_t state_of(const struct epcm *epcm)
{
	return __atomic_load_n(&epcm->patch, __ATOMIC_SEQ_CST);
}

static void set_state(struct epcm *epcm, enum patch_state state)
{
	__atomic_store_n(&epcm->patch, (uint8_t)state, __ATOMIC_SEQ_CST);
}

bool patch_wanted(const struct package *package, uint64_t xfrm)
{
	return package->patch && package->xcr0 != xfrm;
}

static bool is_code(const struct epcm *epcm)
{
	return epcm_valid(epcm) && epcm->pt == PT_REG && epcm->x &&
	       !epcm->pending && !epcm->modified && !epcm->blocked;
}

bool patch_due(const struct cpu *cpu, uint64_t pa)
{
	const struct epcm *epcm = epcm_of(cpu, pa);
	uint8_t state = state_of(epcm);

	return !epcm->w && (state == PATCH_UNSEEN || state == PATCH_RECORDED);
}

/* What stands where a site is now. */
static uint8_t patched_byte(const struct patch_site *site, unsigned int i)
{
	return i ? site->original[i] : INT3;
}

/* Unless the enclave has something else there, which may write since EMODPE. */
static void replace(const struct cpu *cpu, uint64_t pa,
		    const struct patch_site *site, uint8_t was, uint8_t by)
{
	uint8_t *at = epc_ptr(cpu, pa + site->at);

	__atomic_compare_exchange_n(at, &was, by, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_RELAXED);
}

static void write_site(const struct cpu *cpu, uint64_t pa,
		       const struct patch_site *site)
{
	replace(cpu, pa, site, site->original[0], INT3);
}

static void restore_site(const struct cpu *cpu, uint64_t pa,
			 const struct patch_site *site)
{
	replace(cpu, pa, site, INT3, site->original[0]);
}

void patch_undo(const struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);
	const struct patch_page *page = record_of(cpu, pa & SGX_PAGE_MASK);

	unsigned int n = state_of(epcm) < PATCH_RECORDED ? 0 : page->count;

	for (unsigned int i = 0; i < n; i++)
		if (page->site[i].length)
			restore_site(cpu, pa & SGX_PAGE_MASK, &page->site[i]);
	set_state(epcm, PATCH_UNSEEN);
}

static enum patch_result look_at(const struct cpu *cpu, uint64_t pa,
				 struct patch_look *look)
{
	struct epcm *epcm = epcm_of(cpu, pa);
	struct patch_page page;
	enum patch_result result;

	result = scan_page(cpu, pa, look, &page);
	if (result != PATCH_OK)
		return result;
	look->sites = page.count;
	look->unsure = page.unsure;
	if (!page.count) {
		set_state(epcm, PATCH_NONE);
		return PATCH_OK;
	}
	*record_of(cpu, pa) = page;
	set_state(epcm, PATCH_RECORDED);
	return PATCH_OK;
}

/*
 * EMODPE sets W, then undoes; here the bytes are written, then W is looked at.
 * So one of the two finds what the other did.
 */
static void complete(const struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);
	const struct patch_page *page = record_of(cpu, pa);

	if (state_of(epcm) != PATCH_RECORDED)
		return;
	for (unsigned int i = 0; i < page->count; i++)
		write_site(cpu, pa, &page->site[i]);
	set_state(epcm, PATCH_DONE);
	if (__atomic_load_n(&epcm->flags, __ATOMIC_SEQ_CST) & SGX_SECINFO_W)
		patch_undo(cpu, pa);
}

enum patch_result patch_apply(const struct cpu *cpu, uint64_t pa,
			      struct patch_look *look)
{
	struct epcm *epcm = epcm_of(cpu, pa);
	enum patch_result result = PATCH_OK;

	look->sites = look->unsure = 0;

	if (is_code(epcm) && patch_due(cpu, pa)) {
		if (state_of(epcm) == PATCH_UNSEEN)
			result = look_at(cpu, pa, look);
		if (result == PATCH_OK)
			complete(cpu, pa);
	}
	return result;
}

/* Bytes of a site that lie in [from, from + n) of its page go to copy. */
static void show_site(const struct patch_site *site, uint32_t from,
		      uint8_t *copy, size_t n)
{
	for (unsigned int i = 0; i < site->length; i++) {
		uint64_t to = (uint64_t)site->at + i - from;

		if (site->at + i >= from && to < n &&
		    copy[to] == patched_byte(site, i))
			copy[to] = site->original[i];
	}
}

void patch_original(const struct cpu *cpu, uint64_t pa, void *copy, size_t n)
{
	const struct patch_page *page = record_of(cpu, pa & SGX_PAGE_MASK);

	if (state_of(epcm_of(cpu, pa)) < PATCH_RECORDED)
		return;
	for (unsigned int i = 0; i < page->count; i++)
		show_site(&page->site[i], (uint32_t)(pa & ~SGX_PAGE_MASK),
			  copy, n);
}

/* Its first byte is what a debugger's breakpoint is. */
static bool is_hidden(const struct patch_site *site)
{
	return site->original[0] == INT3;
}

/* The site's instruction is no longer there: what is, shows. */
static void drop_unless_same(const struct cpu *cpu, uint64_t page_pa,
			     struct patch_site *site)
{
	struct insn insn;

	if (is_hidden(site) ||
	    (insn_decode(&insn, site->original, PATCH_BYTES) &&
	     insn.kind == site->kind))
		return;
	restore_site(cpu, page_pa, site);
	site->length = 0;
}

/*
 * True: the first byte of a site, which stays as it is.  Of the others, which
 * are as they were, `original` has a copy.
 */
static bool write_byte(struct patch_page *page, uint32_t offset, uint8_t byte)
{
	bool first = false;

	for (unsigned int i = 0; i < page->count; i++) {
		struct patch_site *site = &page->site[i];

		if (site->length && offset - site->at < PATCH_BYTES) {
			site->original[offset - site->at] = byte;
			first |= offset == site->at;
		}
	}
	return first;
}

void patch_write(const struct cpu *cpu, uint64_t pa, uint64_t value)
{
	uint64_t page_pa = pa & SGX_PAGE_MASK;
	struct patch_page *page = record_of(cpu, page_pa);
	uint8_t byte[sizeof(value)];

	/* whoever was at it died: nobody executes the page yet */
	if (state_of(epcm_of(cpu, pa)) == PATCH_RECORDED)
		patch_undo(cpu, pa);
	if (state_of(epcm_of(cpu, pa)) < PATCH_RECORDED) {
		__atomic_store_n((uint64_t *)epc_ptr(cpu, pa), value,
				 __ATOMIC_RELAXED);
		return;
	}
	memcpy(byte, &value, sizeof(value));
	for (unsigned int i = 0; i < sizeof(value); i++)
		if (!write_byte(page, (uint32_t)(pa - page_pa) + i, byte[i]))
			__atomic_store_n((uint8_t *)epc_ptr(cpu, pa + i),
					 byte[i], __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < page->count; i++)
		if (page->site[i].length)
			drop_unless_same(cpu, page_pa, &page->site[i]);
}

static enum patch_found find_site(const struct patch_page *page,
				  uint32_t offset, struct patch_site *site)
{
	for (unsigned int i = 0; i < page->count; i++) {
		*site = page->site[i];
		if (site->length && site->at == offset)
			return is_hidden(site) ? PATCH_NO_SITE : PATCH_SITE;
	}
	return PATCH_NO_SITE;
}

enum patch_found patch_find(const struct cpu *cpu, uint64_t pa,
			    struct patch_site *site)
{
	uint8_t state = state_of(epcm_of(cpu, pa));

	if (state >= PATCH_RECORDED)
		return find_site(record_of(cpu, pa & SGX_PAGE_MASK),
				 (uint32_t)(pa & ~SGX_PAGE_MASK), site);
	return patch_due(cpu, pa) ? PATCH_NOT_NOW : PATCH_NO_SITE;
}
