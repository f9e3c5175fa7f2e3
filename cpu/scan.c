/* SPDX-License-Identifier: BSD-3-Clause */
/* Telling instructions from data; see scan.h. */
#include "cpu/scan.h"

#include "cpu/epcm.h"
#include "cpu/mem.h"

#define NEAR       24 /* starts nearer than this may be out of step */
#define MIN_STARTS 6  /* so many must decode up to the candidate */

/*
 * Decode from p on.  Returns where the instruction that covers `at` starts; -1:
 * the bytes do not decode that far.
 */
static int follow(const uint8_t *byte, size_t n, size_t p, size_t at)
{
	struct insn insn;
	size_t start = p;

	while (p <= at) {
		if (!insn_decode(&insn, byte + p, n - p))
			return -1;
		start = p;
		p += insn.length;
	}
	return (int)start;
}

/* Do the bytes from p on decode, up to an end of the flow or far enough? */
static bool goes_on(const uint8_t *byte, size_t n, size_t p)
{
	size_t end = p + SCAN_AFTER;
	struct insn insn;

	while (p < end && p < n) {
		if (!insn_decode(&insn, byte + p, n - p))
			return n - p < INSN_MAX; /* it may be cut off */
		if (insn.ends)
			return true;
		p += insn.length;
	}
	return true;
}

static bool is_target(const uint8_t *byte, size_t n, size_t start, size_t at,
		      struct insn *insn)
{
	return insn_decode(insn, byte + start, n - start) && insn->kind &&
	       start + insn->opcode == at;
}

int scan_sure(const uint8_t *byte, size_t n, size_t at, struct insn *insn)
{
	size_t first = at > SCAN_BEFORE ? at - SCAN_BEFORE : 0;
	unsigned int starts = 0, valid = 0, good = 0;
	int start, found = -1;

	for (size_t p = first; p + NEAR <= at; p++) {
		starts++;
		start = follow(byte, n, p, at);
		if (start < 0)
			continue;
		valid++;
		if (!is_target(byte, n, (size_t)start, at, insn))
			continue;
		if (found < 0)
			found = start;
		good += start == found;
	}
	if (valid < MIN_STARTS || valid * 4 < starts || good * 16 < valid * 15)
		return -1;
	if (!is_target(byte, n, (size_t)found, at, insn) ||
	    !goes_on(byte, n, (size_t)found + insn->length))
		return -1;
	return found;
}

/* A page and its neighbours, as code. */
struct code {
	const struct cpu *cpu;
	uint64_t pa;
	bool before, after; /* that neighbour can be read */
};

/* Read [from, from + n) of the page; `from` < 0 begins in the one before. */
static void read_code(const struct code *code, int from, uint8_t *to, int n)
{
	uint64_t pa;
	int run;

	for (; n; from += run, to += run, n -= run) {
		pa = code->pa + (uint64_t)(int64_t)from;
		run = (int)(SGX_PAGE_SIZE - (pa & ~SGX_PAGE_MASK));
		if (run > n)
			run = n;
		memcpy(to, epc_ptr(code->cpu, pa), (size_t)run);
		patch_original(code->cpu, pa, to, (size_t)run);
	}
}

static bool is_opcode(const uint8_t byte[3])
{
	unsigned int reg = byte[2] >> 3 & 7;

	if (byte[0] != 0x0f)
		return false;
	if (byte[1] == 0x01)
		return byte[2] == 0xd0;
	if (byte[2] >= 0xc0)
		return false;
	return (byte[1] == 0xae && reg >= 4 && reg <= 6) ||
	       (byte[1] == 0xc7 && reg == 4);
}

/* Can these last bytes of a page be the start of such an opcode? */
static bool may_be_opcode(const uint8_t *byte, size_t n)
{
	return byte[0] == 0x0f &&
	       (n < 2 || byte[1] == 0xae || byte[1] == 0xc7 || byte[1] == 1);
}

static void add_site(const struct code *code, struct patch_page *page, int at,
		     const struct insn *insn)
{
	struct patch_site *site = &page->site[page->count];

	if (page->count == PATCH_SITES || at < 0) {
		page->unsure++;
		return;
	}
	*site = (struct patch_site){
		.at = (uint16_t)at,
		.kind = insn->kind,
		.length = 1,
		.size = insn->length,
	};
	read_code(code, at, site->original, PATCH_BYTES);
	page->count++;
}

/*
 * There may be an opcode at `at`.  If a prefix of it lies in the page before,
 * it is a site of that page.
 */
static enum patch_result candidate(const struct code *code, int at,
				   struct patch_page *page)
{
	uint8_t byte[SCAN_BEFORE + SCAN_AFTER + INSN_MAX];
	int from = at - SCAN_BEFORE, to = at + SCAN_AFTER + INSN_MAX, start;
	struct insn insn;

	if (from < 0 && !code->before)
		from = 0;
	if (to > (int)SGX_PAGE_SIZE && !code->after)
		to = (int)SGX_PAGE_SIZE;
	read_code(code, from, byte, to - from);
	start = scan_sure(byte, (size_t)(to - from), (size_t)(at - from),
			  &insn);
	if (start < 0)
		page->unsure++;
	else if (from + start >= 0 && from + start < (int)SGX_PAGE_SIZE)
		add_site(code, page, from + start, &insn);
	return PATCH_OK;
}

/* Is the page at pa code of the same enclave, and next to page `of`? */
static bool is_neighbour(const struct cpu *cpu, uint64_t pa, uint64_t of)
{
	const struct epcm *epcm = epcm_of(cpu, pa);
	const struct epcm *own = epcm_of(cpu, of);

	return epcm_valid(epcm) && epcm->pt == PT_REG && epcm->x &&
	       !epcm->pending && !epcm->blocked &&
	       epcm->enclavesecs == own->enclavesecs &&
	       epcm->enclaveaddress - own->enclaveaddress == pa - of;
}

static void sweep(const struct code *code, struct patch_page *page)
{
	const uint8_t *byte = epc_ptr(code->cpu, code->pa);
	int end = (int)SGX_PAGE_SIZE + (code->after ? INSN_MAX : -2);
	uint8_t opcode[3];

	for (int at = 0; at < end; at++) {
		if (at < (int)SGX_PAGE_SIZE && byte[at] != 0x0f)
			continue;
		read_code(code, at, opcode, 3);
		if (is_opcode(opcode))
			candidate(code, at, page);
	}
}

/* Can the page's last bytes be the first ones of an instruction? */
static bool ends_in_one(const uint8_t *byte)
{
	size_t end = SGX_PAGE_SIZE;

	for (size_t at = end - 4; at < end; at++)
		if (may_be_opcode(byte + at, end - at) ||
		    (at > end - 4 && (byte[at] & 0xf0) == 0x40))
			return true;
	return false;
}

/* Say which neighbour must be read before the page can be judged. */
static enum patch_result edges(const struct code *code,
			       const struct patch_look *look)
{
	const uint8_t *byte = epc_ptr(code->cpu, code->pa);
	int end = (int)SGX_PAGE_SIZE;
	uint8_t opcode[3];

	if (!code->after && !look->none_after && ends_in_one(byte))
		return PATCH_WANTS_AFTER;
	for (int at = 0; at < end - 2; at++) {
		if (byte[at] != 0x0f)
			continue;
		read_code(code, at, opcode, 3);
		if (!is_opcode(opcode))
			continue;
		if (at < SCAN_BEFORE && !code->before && !look->none_before)
			return PATCH_WANTS_BEFORE;
		if (at + SCAN_AFTER >= end && !code->after && !look->none_after)
			return PATCH_WANTS_AFTER;
	}
	return PATCH_OK;
}

enum patch_result scan_page(const struct cpu *cpu, uint64_t pa,
			    const struct patch_look *look,
			    struct patch_page *page)
{
	struct code code = { .cpu = cpu, .pa = pa };
	enum patch_result result;

	memset(page, 0, sizeof(*page));
	code.before = is_neighbour(cpu, pa - SGX_PAGE_SIZE, pa);
	code.after = is_neighbour(cpu, pa + SGX_PAGE_SIZE, pa);
	result = edges(&code, look);
	if (result == PATCH_OK)
		sweep(&code, page);
	return result;
}
