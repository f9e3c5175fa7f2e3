/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patches in EPC pages; see patch.h.  A real processor has no such thing: it
 * switches XCR0 at EENTER.  A program cannot do that.
 */
#include "cpu/patch.h"

#include "cpu/decode.h"
#include "cpu/epcm.h"
#include "cpu/mem.h"
#include "cpu/scan.h"

#define INT3 0xcc
#define JMP  0xe9

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

/* Is this what the patch wrote over a site's i-th byte? */
static bool is_ours(const struct patch_site *site, unsigned int i, uint8_t byte)
{
	if (!i)
		return byte == INT3 || byte == JMP;
	return byte == (uint8_t)((uint32_t)site->displacement >> (8 * (i - 1)));
}

/*
 * Write `by` over `was`.  If the byte is another one, the enclave wrote it,
 * which it may since EMODPE: then it stays.
 */
static void replace(const struct cpu *cpu, uint64_t pa, uint8_t was, uint8_t by)
{
	uint8_t *at = epc_ptr(cpu, pa);

	__atomic_compare_exchange_n(at, &was, by, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_RELAXED);
}

static void write_site(const struct cpu *cpu, uint64_t pa,
		       const struct patch_site *site)
{
	replace(cpu, pa + site->at, site->original[0], INT3);
}

/*
 * Write the site's bytes after the first: the jump's displacement, or the
 * original ones.
 */
static void write_rest(const struct cpu *cpu, uint64_t pa,
		       const struct patch_site *site, bool jump)
{
	uint32_t bytes = (uint32_t)site->displacement;

	for (unsigned int i = 1; i < site->length; i++, bytes >>= 8) {
		uint8_t was = jump ? site->original[i] : (uint8_t)bytes;
		uint8_t by = jump ? (uint8_t)bytes : site->original[i];

		replace(cpu, pa + site->at + i, was, by);
	}
}

static void make_int3(const struct cpu *cpu, uint64_t pa,
		      struct patch_site *site)
{
	replace(cpu, pa + site->at, JMP, INT3);
	write_rest(cpu, pa, site, false);
	site->length = 1;
}

static void restore_site(const struct cpu *cpu, uint64_t pa,
			 struct patch_site *site)
{
	make_int3(cpu, pa, site);
	replace(cpu, pa + site->at, INT3, site->original[0]);
}

void patch_undo(const struct cpu *cpu, uint64_t pa)
{
	struct epcm *epcm = epcm_of(cpu, pa);
	struct patch_page *page = record_of(cpu, pa & SGX_PAGE_MASK);

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
 * This writes the bytes, and then reads W.  EMODPE sets W, and then undoes the
 * patch.  So at least one of the two sees what the other did.
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

/*
 * `copy` holds [from, from + n) of the site's page: put the site's original
 * bytes into it.
 */
static void show_site(const struct patch_site *site, uint32_t from,
		      uint8_t *copy, size_t n)
{
	for (unsigned int i = 0; i < site->length; i++) {
		uint64_t to = (uint64_t)site->at + i - from;

		if (site->at + i >= from && to < n &&
		    is_ours(site, i, copy[to]))
			copy[to] = site->original[i];
	}
}

void patch_original(const struct cpu *cpu, uint64_t pa, void *copy, size_t n)
{
	const struct patch_page *page = record_of(cpu, pa & SGX_PAGE_MASK);

	if (state_of(epcm_of(cpu, pa)) < PATCH_RECORDED)
		return;
	for (unsigned int i = 0; i < page->count; i++)
		show_site(&page->site[i], (uint32_t)(pa & ~SGX_PAGE_MASK), copy,
			  n);
}

/* Did a debugger set a breakpoint here?  Then the site is not used. */
static bool is_hidden(const struct patch_site *site)
{
	return site->original[0] == INT3;
}

/* If a write changed the instruction to another, this is no site any more. */
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
 * Note a debugger's byte in the record of each site that covers the offset.
 * True: it is the first byte of a site.  The page keeps the INT3 there; any
 * other byte the caller writes to the page as well.
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

/*
 * End the jumps whose five bytes a write touches.  The bytes after a short
 * instruction are part of its jump's displacement.
 */
static void jumps_end(const struct cpu *cpu, uint64_t page_pa, uint32_t offset,
		      uint32_t n)
{
	struct patch_page *page = record_of(cpu, page_pa);

	for (unsigned int i = 0; i < page->count; i++) {
		struct patch_site *site = &page->site[i];

		if (site->length > 1 && site->at < offset + n &&
		    offset < (uint32_t)site->at + PATCH_JUMP)
			make_int3(cpu, page_pa, site);
	}
}

void patch_write(const struct cpu *cpu, uint64_t pa, uint64_t value)
{
	uint64_t page_pa = pa & SGX_PAGE_MASK;
	struct patch_page *page = record_of(cpu, page_pa);
	uint8_t byte[sizeof(value)];

	/* who patched this page died at it; nobody has executed it yet */
	if (state_of(epcm_of(cpu, pa)) == PATCH_RECORDED)
		patch_undo(cpu, pa);
	if (state_of(epcm_of(cpu, pa)) < PATCH_RECORDED) {
		__atomic_store_n((uint64_t *)epc_ptr(cpu, pa), value,
				 __ATOMIC_RELAXED);
		return;
	}
	memcpy(byte, &value, sizeof(value));
	jumps_end(cpu, page_pa, (uint32_t)(pa - page_pa), sizeof(value));
	for (unsigned int i = 0; i < sizeof(value); i++)
		if (!write_byte(page, (uint32_t)(pa - page_pa) + i, byte[i]))
			__atomic_store_n((uint8_t *)epc_ptr(cpu, pa + i),
					 byte[i], __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < page->count; i++)
		if (page->site[i].length)
			drop_unless_same(cpu, page_pa, &page->site[i]);
}

/* Jumps -------------------------------------------------------------- */

bool patch_site_at(const struct cpu *cpu, uint64_t pa, unsigned int i,
		   struct patch_site *site)
{
	const struct patch_page *page = record_of(cpu, pa & SGX_PAGE_MASK);

	if (state_of(epcm_of(cpu, pa)) != PATCH_DONE || i >= page->count)
		return false;
	*site = page->site[i];
	return true;
}

static struct patch_site *site_of(const struct cpu *cpu, uint64_t pa)
{
	struct patch_page *page = record_of(cpu, pa & SGX_PAGE_MASK);

	if (state_of(epcm_of(cpu, pa)) != PATCH_DONE)
		return NULL;
	for (unsigned int i = 0; i < page->count; i++)
		if (page->site[i].length &&
		    page->site[i].at == (pa & ~SGX_PAGE_MASK))
			return &page->site[i];
	return NULL;
}

bool patch_enclu(const struct cpu *cpu, uint64_t pa, struct patch_site *site)
{
	const struct epcm *epcm = epcm_of(cpu, pa);
	uint64_t at = pa & ~SGX_PAGE_MASK, n = SGX_PAGE_SIZE - at;
	struct insn insn;

	if (!is_code(epcm) || epcm->w || state_of(epcm) == PATCH_RECORDED)
		return false;
	*site = (struct patch_site){ .at = (uint16_t)at, .length = 1 };
	n = n < PATCH_BYTES ? n : PATCH_BYTES;
	memcpy(site->original, epc_ptr(cpu, pa), n);
	patch_original(cpu, pa, site->original, n);
	if (!insn_decode(&insn, site->original, n) || insn.kind != INSN_ENCLU)
		return false;
	site->kind = insn.kind;
	site->size = insn.length;
	return true;
}

bool patch_add(const struct cpu *cpu, uint64_t pa,
	       const struct patch_site *site)
{
	struct patch_page *page = record_of(cpu, pa & SGX_PAGE_MASK);
	struct epcm *epcm = epcm_of(cpu, pa);
	bool first = state_of(epcm) < PATCH_RECORDED;

	if (!is_code(epcm) || epcm->w || state_of(epcm) == PATCH_RECORDED)
		return false;
	if (site_of(cpu, pa))
		return true;
	if (first)
		memset(page, 0, sizeof(*page));
	if (page->count == PATCH_SITES)
		return false;
	page->site[page->count] = *site;
	__atomic_store_n(&page->count, page->count + 1, __ATOMIC_SEQ_CST);
	if (first)
		set_state(epcm, PATCH_RECORDED);
	write_site(cpu, pa & SGX_PAGE_MASK, site);
	set_state(epcm, PATCH_DONE);
	if (__atomic_load_n(&epcm->flags, __ATOMIC_SEQ_CST) & SGX_SECINFO_W)
		patch_undo(cpu, pa);
	return true;
}

static unsigned int own_bytes(const struct patch_site *site)
{
	return site->size < PATCH_JUMP ? site->size : PATCH_JUMP;
}

bool patch_fixed_bytes(const struct patch_site *site, int32_t *displacement)
{
	uint32_t bytes = 0;

	for (unsigned int i = own_bytes(site); i < PATCH_JUMP; i++)
		bytes |= (uint32_t)site->original[i] << (8 * (i - 1));
	*displacement = (int32_t)bytes;
	return site->at + (uint64_t)PATCH_JUMP <= SGX_PAGE_SIZE;
}

/* No other site may lie in the five bytes, since those after it must stay. */
static bool is_alone(const struct patch_page *page,
		     const struct patch_site *site)
{
	for (unsigned int i = 0; i < page->count; i++) {
		const struct patch_site *other = &page->site[i];

		if (other->length && other->at != site->at &&
		    other->at < site->at + PATCH_JUMP &&
		    site->at < other->at + PATCH_JUMP)
			return false;
	}
	return true;
}

bool patch_jump_begin(const struct cpu *cpu, uint64_t pa, int32_t displacement)
{
	struct patch_site *site = site_of(cpu, pa);
	uint32_t mask;
	int32_t fixed;

	if (!site || site->length != 1 || is_hidden(site) ||
	    !patch_fixed_bytes(site, &fixed) ||
	    !is_alone(record_of(cpu, pa & SGX_PAGE_MASK), site))
		return false;
	mask = ~(uint32_t)((1ull << (8 * (own_bytes(site) - 1))) - 1);
	if (((uint32_t)displacement & mask) != (uint32_t)fixed)
		return false;
	site->displacement = displacement;
	__atomic_store_n(&site->length, own_bytes(site), __ATOMIC_SEQ_CST);
	write_rest(cpu, pa & SGX_PAGE_MASK, site, true);
	return true;
}

bool patch_jump_end(const struct cpu *cpu, uint64_t pa)
{
	struct patch_site *site = site_of(cpu, pa);

	if (!site || site->length == 1)
		return false;
	replace(cpu, pa, INT3, JMP);
	/* as in complete() */
	if (__atomic_load_n(&epcm_of(cpu, pa)->flags, __ATOMIC_SEQ_CST) &
	    SGX_SECINFO_W)
		patch_undo(cpu, pa);
	return true;
}

void patch_no_jump(const struct cpu *cpu, uint64_t pa)
{
	struct patch_site *site = site_of(cpu, pa);

	if (site)
		make_int3(cpu, pa & SGX_PAGE_MASK, site);
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
