/* SPDX-License-Identifier: BSD-3-Clause */
/* Code that depends on XCR0: what is patched, and who sees it. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

#include "cpu/decode.h"
#include "cpu/patch.h"
#include "cpu/scan.h"

#define INT3    0xcc
#define LA_CODE 0x100000ull
#define SITE    0x300u /* where the first site is */

/* mov [rbp-8], rdi; mov rax, [rbp-8]; lea; test; je; add; cmp; jne */
static const uint8_t filler[] = {
	0x48, 0x89, 0x7d, 0xf8, 0x48, 0x8b, 0x45, 0xf8, 0x48, 0x8d,
	0x4c, 0x90, 0x10, 0x48, 0x85, 0xc0, 0x74, 0x06, 0x48, 0x83,
	0xc0, 0x01, 0x39, 0xd8, 0x75, 0xe6, 0x31, 0xd2,
};
static const uint8_t xsavec[] = { 0x0f, 0xc7, 0x26 };
static const uint8_t xrstor64[] = { 0x48, 0x0f, 0xae, 0x6c, 0x24, 0x40 };
static const uint8_t xgetbv[] = { 0x0f, 0x01, 0xd0 };

struct code {
	struct machine *m;
	uint64_t pa; /* three pages; the one in the middle */
	uint8_t *byte;
	uint8_t made[SGX_PAGE_SIZE];
};

static void fill(uint8_t *page)
{
	size_t n;

	for (size_t at = 0; at < SGX_PAGE_SIZE; at += n) {
		n = sizeof(filler);
		if (n > SGX_PAGE_SIZE - at)
			n = SGX_PAGE_SIZE - at;
		memcpy(page + at, filler, n);
	}
}

static void enter_page(struct machine *m, uint64_t pa, unsigned flags)
{
	memset(epcm_of(&m->cpu, pa), 0, sizeof(struct epcm));
	epcm_set(epcm_of(&m->cpu, pa), PT_REG, flags, SGX_PAGE_SIZE,
		 LA_CODE + (pa & 0xffff));
}

static struct code code_of(struct machine *m)
{
	struct code c = { .m = m };
	uint64_t first = 100 * SGX_PAGE_SIZE;

	for (unsigned i = 0; i < 3; i++) {
		fill(epc_ptr(&m->cpu, first + i * SGX_PAGE_SIZE));
		enter_page(m, first + i * SGX_PAGE_SIZE,
			   SGX_SECINFO_R | SGX_SECINFO_X);
	}
	c.pa = first + SGX_PAGE_SIZE;
	c.byte = epc_ptr(&m->cpu, c.pa);
	return c;
}

/* Between two runs of the filler, so that all about it is in step. */
static void put(struct code *c, unsigned at, const uint8_t *insn, size_t n)
{
	unsigned start = at / sizeof(filler) * sizeof(filler);

	memset(c->byte + start, 0x90, sizeof(filler));
	memcpy(c->byte + start, insn, n);
}

static unsigned start_of(unsigned at)
{
	return at / sizeof(filler) * sizeof(filler);
}

/* XSAVEC, XRSTOR64, XGETBV */
static struct code three(struct machine *m)
{
	struct code c = code_of(m);

	put(&c, SITE, xsavec, sizeof(xsavec));
	put(&c, SITE + 0x100, xrstor64, sizeof(xrstor64));
	put(&c, SITE + 0x200, xgetbv, sizeof(xgetbv));
	memcpy(c.made, c.byte, sizeof(c.made));
	return c;
}

static unsigned apply(struct code *c)
{
	struct patch_look look = { .none_before = false };

	assert_int_equal(patch_apply(&c->m->cpu, c->pa, &look), PATCH_OK);
	return look.sites;
}

static void found(void **state)
{
	struct code c = three(*state);
	static const uint8_t kinds[] = { INSN_XSAVEC, INSN_XRSTOR,
					 INSN_XGETBV };
	struct patch_site site;
	unsigned changed = 0;

	assert_true(patch_due(&c.m->cpu, c.pa));
	assert_int_equal(apply(&c), 3);
	assert_false(patch_due(&c.m->cpu, c.pa));
	for (unsigned i = 0; i < 3; i++) {
		unsigned at = start_of(SITE + 0x100 * i);

		assert_int_equal(c.byte[at], INT3);
		assert_int_equal(patch_find(&c.m->cpu, c.pa + at, &site),
				 PATCH_SITE);
		assert_int_equal(site.kind, kinds[i]);
		assert_memory_equal(site.original, c.made + at, PATCH_BYTES);
	}
	for (unsigned i = 0; i < SGX_PAGE_SIZE; i++)
		changed += c.byte[i] != c.made[i];
	assert_int_equal(changed, 3);
	assert_int_equal(patch_find(&c.m->cpu, c.pa, &site), PATCH_NO_SITE);
	/* once is enough */
	assert_int_equal(apply(&c), 0);
}

static void undone(void **state)
{
	struct code c = three(*state);

	apply(&c);
	patch_undo(&c.m->cpu, c.pa);
	assert_memory_equal(c.byte, c.made, SGX_PAGE_SIZE);
	assert_true(patch_due(&c.m->cpu, c.pa));
	patch_undo(&c.m->cpu, c.pa);
	assert_memory_equal(c.byte, c.made, SGX_PAGE_SIZE);
	assert_int_equal(apply(&c), 3);
}

/* A copy of any part of the page is of what was measured. */
static void original(void **state)
{
	struct code c = three(*state);
	uint8_t copy[SGX_PAGE_SIZE];

	apply(&c);
	memcpy(copy, c.byte, sizeof(copy));
	patch_original(&c.m->cpu, c.pa, copy, sizeof(copy));
	assert_memory_equal(copy, c.made, sizeof(copy));
	for (unsigned at = 0; at < SGX_PAGE_SIZE; at += 8) {
		memcpy(copy, c.byte + at, 8);
		patch_original(&c.m->cpu, c.pa + at, copy, 8);
		assert_memory_equal(copy, c.made + at, 8);
	}
}

/* A thread that dies leaves the record, and part of the bytes. */
static void half_done(void **state)
{
	struct code c = three(*state);

	for (unsigned done = 0; done < 8; done++) {
		memcpy(c.byte, c.made, sizeof(c.made));
		epcm_of(&c.m->cpu, c.pa)->patch = PATCH_UNSEEN;
		apply(&c);
		memcpy(c.byte, c.made, sizeof(c.made));
		for (unsigned i = 0; i < 3; i++)
			if (done >> i & 1)
				c.byte[start_of(SITE + 0x100 * i)] = INT3;
		epcm_of(&c.m->cpu, c.pa)->patch = PATCH_RECORDED;
		if (done & 1) {
			patch_undo(&c.m->cpu, c.pa);
			assert_memory_equal(c.byte, c.made, SGX_PAGE_SIZE);
			continue;
		}
		assert_true(patch_due(&c.m->cpu, c.pa));
		apply(&c);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(c.byte[start_of(SITE + 0x100 * i)],
					 INT3);
		assert_false(patch_due(&c.m->cpu, c.pa));
	}
}

static void writable(void **state)
{
	struct code c = three(*state);

	enter_page(c.m, c.pa, SGX_SECINFO_R | SGX_SECINFO_W | SGX_SECINFO_X);
	assert_false(patch_due(&c.m->cpu, c.pa));
	assert_int_equal(apply(&c), 0);
	assert_memory_equal(c.byte, c.made, SGX_PAGE_SIZE);
}

/* A word at a time, as EDBGWR writes. */
static void write_byte(struct code *c, unsigned at, uint8_t byte)
{
	uint8_t word[8];
	uint64_t value;

	memcpy(word, c->byte + (at & ~7u), 8);
	patch_original(&c->m->cpu, c->pa + (at & ~7u), word, 8);
	word[at & 7] = byte;
	memcpy(&value, word, 8);
	patch_write(&c->m->cpu, c->pa + (at & ~7u), value);
}

static void debugged(void **state)
{
	struct code c = three(*state);
	unsigned at = start_of(SITE);
	struct patch_site site;

	apply(&c);
	write_byte(&c, at, INT3); /* a breakpoint, and its end */
	assert_int_equal(patch_find(&c.m->cpu, c.pa + at, &site),
			 PATCH_NO_SITE);
	assert_int_equal(c.byte[at], INT3);
	write_byte(&c, at, 0x0f);
	assert_int_equal(patch_find(&c.m->cpu, c.pa + at, &site), PATCH_SITE);
	assert_int_equal(c.byte[at], INT3);
	/* a neighbour */
	write_byte(&c, at + sizeof(xsavec), 0xf8);
	assert_int_equal(patch_find(&c.m->cpu, c.pa + at, &site), PATCH_SITE);
	assert_int_equal(c.byte[at + sizeof(xsavec)], 0xf8);
	/* another instruction: it shows */
	write_byte(&c, at + 1, 0x1f);
	assert_int_equal(patch_find(&c.m->cpu, c.pa + at, &site),
			 PATCH_NO_SITE);
	assert_int_equal(c.byte[at], 0x0f);
	assert_int_equal(c.byte[at + 1], 0x1f);
}

static void neighbours(void **state)
{
	struct code c = code_of(*state);
	struct patch_look look = { .none_before = false };
	unsigned last = SGX_PAGE_SIZE - 2;

	put(&c, 0x20, xsavec, sizeof(xsavec));
	epcm_invalidate(epcm_of(&c.m->cpu, c.pa - SGX_PAGE_SIZE));
	assert_int_equal(patch_apply(&c.m->cpu, c.pa, &look),
			 PATCH_WANTS_BEFORE);
	assert_int_equal(epcm_of(&c.m->cpu, c.pa)->patch, PATCH_UNSEEN);
	epcm_of(&c.m->cpu, c.pa - SGX_PAGE_SIZE)->valid = 1;
	assert_int_equal(patch_apply(&c.m->cpu, c.pa, &look), PATCH_OK);
	assert_int_equal(look.sites, 1);

	/* half of it lies in the page behind */
	c = code_of(*state);
	memset(c.byte + last - 26, 0x90, 26);
	memcpy(c.byte + last, xrstor64, 2);
	memcpy(c.byte + SGX_PAGE_SIZE, xrstor64 + 2, sizeof(xrstor64) - 2);
	memset(c.byte + SGX_PAGE_SIZE + 4, 0x90, 24);
	epcm_invalidate(epcm_of(&c.m->cpu, c.pa + SGX_PAGE_SIZE));
	assert_int_equal(patch_apply(&c.m->cpu, c.pa, &look),
			 PATCH_WANTS_AFTER);
	epcm_of(&c.m->cpu, c.pa + SGX_PAGE_SIZE)->valid = 1;
	assert_int_equal(patch_apply(&c.m->cpu, c.pa, &look), PATCH_OK);
	assert_int_equal(look.sites, 1);
	assert_int_equal(c.byte[last], INT3);
	/* and is none of that one */
	c.pa += SGX_PAGE_SIZE;
	look.none_after = true;
	assert_int_equal(patch_apply(&c.m->cpu, c.pa, &look), PATCH_OK);
	assert_int_equal(look.sites, 0);
}

static void too_many(void **state)
{
	struct code c = code_of(*state);
	struct patch_look look = { .none_before = false };

	for (unsigned i = 0; i < PATCH_SITES + 3; i++)
		put(&c, 0x100 + i * 0x80, xgetbv, sizeof(xgetbv));
	assert_int_equal(patch_apply(&c.m->cpu, c.pa, &look), PATCH_OK);
	assert_int_equal(look.sites, PATCH_SITES);
	assert_int_equal(look.unsure, 3);
}

/* Jumps -------------------------------------------------------------- */

#define JMP 0xe9

static uint64_t nth(const struct code *c, unsigned i)
{
	return c->pa + start_of(SITE + 0x100 * i);
}

static bool jump_to(struct code *c, unsigned i, int32_t displacement)
{
	return patch_jump_begin(&c->m->cpu, nth(c, i), displacement) &&
	       patch_jump_end(&c->m->cpu, nth(c, i));
}

static int32_t displacement_at(const struct code *c, unsigned i)
{
	int32_t value;

	memcpy(&value, epc_ptr(&c->m->cpu, nth(c, i) + 1), sizeof(value));
	return value;
}

static void as_made(struct code *c)
{
	uint8_t copy[SGX_PAGE_SIZE];

	memcpy(copy, c->byte, sizeof(copy));
	patch_original(&c->m->cpu, c->pa, copy, sizeof(copy));
	assert_memory_equal(copy, c->made, sizeof(copy));
}

/* XRSTOR64 has six bytes: all of the displacement is its own. */
static void jump(void **state)
{
	struct code c = three(*state);
	struct patch_site site;

	apply(&c);
	assert_true(patch_jump_begin(&c.m->cpu, nth(&c, 1), -0x12345678));
	assert_int_equal(*(uint8_t *)epc_ptr(&c.m->cpu, nth(&c, 1)), INT3);
	as_made(&c);
	assert_true(patch_jump_end(&c.m->cpu, nth(&c, 1)));
	assert_int_equal(*(uint8_t *)epc_ptr(&c.m->cpu, nth(&c, 1)), JMP);
	assert_int_equal(displacement_at(&c, 1), -0x12345678);
	as_made(&c);
	assert_int_equal(patch_find(&c.m->cpu, nth(&c, 1), &site), PATCH_SITE);
	assert_memory_equal(site.original, xrstor64, sizeof(xrstor64));
	assert_int_equal(site.size, sizeof(xrstor64));
	assert_false(jump_to(&c, 1, 0x1000));
	patch_no_jump(&c.m->cpu, nth(&c, 1));
	assert_int_equal(*(uint8_t *)epc_ptr(&c.m->cpu, nth(&c, 1)), INT3);
	as_made(&c);
	assert_true(jump_to(&c, 1, 0x1000));
	assert_int_equal(displacement_at(&c, 1), 0x1000);
}

/* XGETBV has three: what follows says the rest, and stays. */
static void jump_of_three(void **state)
{
	struct code c = three(*state);
	struct patch_site site;
	int32_t fixed;

	apply(&c);
	assert_true(patch_site_at(&c.m->cpu, c.pa, 2, &site));
	assert_true(patch_fixed_bytes(&site, &fixed));
	assert_int_equal(fixed, (int32_t)0x90900000);
	assert_false(jump_to(&c, 2, 0x1000));
	assert_true(jump_to(&c, 2, fixed | 0x1234));
	assert_int_equal(displacement_at(&c, 2), fixed | 0x1234);
	as_made(&c);
	assert_memory_equal(c.byte + start_of(SITE + 0x200) + 3,
			    c.made + start_of(SITE + 0x200) + 3, 64);
}

/* Whoever was at it died after `steps` of it; or the page leaves later. */
static void jump_undone(void **state)
{
	for (unsigned steps = 1; steps <= 2; steps++) {
		struct code c = three(*state);

		apply(&c);
		assert_true(patch_jump_begin(&c.m->cpu, nth(&c, 1), 0x777));
		if (steps == 2)
			assert_true(patch_jump_end(&c.m->cpu, nth(&c, 1)));
		patch_undo(&c.m->cpu, c.pa);
		assert_memory_equal(c.byte, c.made, SGX_PAGE_SIZE);
		assert_int_equal(apply(&c), 3);
	}
}

/* A debugger's, on it or on what the displacement ends in. */
static void jump_written(void **state)
{
	static const unsigned offsets[] = { 0, 2, 3, 4 };
	uint64_t value, at;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		struct code c = three(*state);

		apply(&c);
		assert_true(jump_to(&c, 2, (int32_t)0x90900020));
		at = nth(&c, 2) + offsets[i];
		memcpy(&value, c.made + (at - c.pa), sizeof(value));
		value = (value & ~0xffull) | INT3;
		patch_write(&c.m->cpu, at, value);
		memcpy(c.made + (at - c.pa), &value, sizeof(value));
		assert_int_not_equal(*(uint8_t *)epc_ptr(&c.m->cpu, nth(&c, 2)),
				     JMP);
		as_made(&c);
	}
}

static const uint8_t enclu_bytes[] = { 0x0f, 0x01, 0xd7 };

static bool add_enclu(struct code *c, uint64_t pa)
{
	struct patch_site site;

	return patch_enclu(&c->m->cpu, pa, &site) &&
	       patch_add(&c->m->cpu, pa, &site);
}

/* In a page that has been looked at, or whose enclave needs no looking. */
static void an_enclu(void **state)
{
	struct patch_site site;

	for (unsigned looked = 0; looked < 2; looked++) {
		struct code c = three(*state);
		uint64_t at = nth(&c, 3), writable;

		put(&c, SITE + 0x300, enclu_bytes, sizeof(enclu_bytes));
		memcpy(c.made, c.byte, sizeof(c.made));
		if (looked)
			apply(&c);
		assert_false(add_enclu(&c, at + 1));
		assert_false(add_enclu(&c, nth(&c, 2)));
		assert_true(add_enclu(&c, at));
		assert_true(add_enclu(&c, at));
		assert_int_equal(*(uint8_t *)epc_ptr(&c.m->cpu, at), INT3);
		assert_int_equal(patch_find(&c.m->cpu, at, &site), PATCH_SITE);
		assert_int_equal(site.kind, INSN_ENCLU);
		assert_int_equal(patch_site_at(&c.m->cpu, c.pa, looked ? 3 : 0,
					       &site),
				 true);
		assert_true(jump_to(&c, 3, (int32_t)0x90900004));
		as_made(&c);
		patch_undo(&c.m->cpu, c.pa);
		assert_memory_equal(c.byte, c.made, SGX_PAGE_SIZE);
		writable = SGX_SECINFO_R | SGX_SECINFO_W | SGX_SECINFO_X;
		enter_page(c.m, c.pa, (unsigned)writable);
		assert_false(add_enclu(&c, at));
	}
}

/* Two that overlap, one that goes over the page's end, one that is gone. */
static void no_jump(void **state)
{
	static const uint8_t two[] = { 0x0f, 0x01, 0xd0, 0x0f, 0x01, 0xd0 };
	unsigned last = SGX_PAGE_SIZE - 4;
	struct code c = code_of(*state);
	int32_t fixed;
	struct patch_site site;

	put(&c, SITE, two, sizeof(two));
	memcpy(c.byte + last, xgetbv, sizeof(xgetbv));
	memcpy(c.made, c.byte, sizeof(c.made));
	assert_int_equal(apply(&c), 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(patch_site_at(&c.m->cpu, c.pa, i, &site));
		assert_int_equal(patch_fixed_bytes(&site, &fixed), i != 2);
		assert_false(
			patch_jump_begin(&c.m->cpu, c.pa + site.at, fixed));
	}
	assert_false(patch_site_at(&c.m->cpu, c.pa, 3, &site));
	as_made(&c);
	patch_undo(&c.m->cpu, c.pa);
	assert_false(patch_jump_begin(&c.m->cpu, nth(&c, 0), 0));
	assert_memory_equal(c.byte, c.made, SGX_PAGE_SIZE);
}

/* A page that is not code, now, is neither looked at nor written to. */
static void only_code(void **state)
{
	for (unsigned i = 0; i < 6; i++) {
		struct code c = three(*state);
		struct epcm *epcm = epcm_of(&c.m->cpu, c.pa);
		struct patch_site site;
		uint64_t at = nth(&c, 3);

		put(&c, SITE + 0x300, enclu_bytes, sizeof(enclu_bytes));
		memcpy(c.made, c.byte, sizeof(c.made));
		assert_true(patch_enclu(&c.m->cpu, at, &site));
		epcm->valid = i != 0;
		epcm->pt = i == 1 ? PT_TRIM : PT_REG;
		epcm->x = i != 2;
		epcm->pending = i == 3;
		epcm->modified = i == 4;
		epcm->blocked = i == 5;
		assert_int_equal(apply(&c), 0);
		assert_false(patch_add(&c.m->cpu, at, &site));
		assert_false(patch_enclu(&c.m->cpu, at, &site));
		assert_memory_equal(c.byte, c.made, SGX_PAGE_SIZE);
	}
}

/* Whoever patched it died at it: others complete or undo that first. */
static void half_done_has_no_sites(void **state)
{
	struct code c = three(*state);
	struct epcm *epcm = epcm_of(&c.m->cpu, c.pa);
	uint64_t at = nth(&c, 3);
	struct patch_site site, enclu;

	put(&c, SITE + 0x300, enclu_bytes, sizeof(enclu_bytes));
	apply(&c);
	assert_true(patch_enclu(&c.m->cpu, at, &enclu));
	epcm->patch = PATCH_RECORDED;
	assert_false(patch_site_at(&c.m->cpu, c.pa, 0, &site));
	assert_false(patch_jump_begin(&c.m->cpu, nth(&c, 1), 0x100));
	assert_false(patch_enclu(&c.m->cpu, at, &site));
	assert_false(patch_add(&c.m->cpu, at, &enclu));
	assert_int_equal(*(uint8_t *)epc_ptr(&c.m->cpu, at), 0x0f);
	epcm->patch = PATCH_DONE;
	assert_true(patch_add(&c.m->cpu, at, &enclu));
	patch_undo(&c.m->cpu, c.pa);
	assert_false(patch_site_at(&c.m->cpu, c.pa, 0, &site));
	assert_false(patch_jump_begin(&c.m->cpu, nth(&c, 1), 0x100));
	/* may be written meanwhile */
	epcm->w = 1;
	assert_false(patch_enclu(&c.m->cpu, at, &site));
	assert_false(patch_add(&c.m->cpu, at, &enclu));
}

static void enclu_in_a_full_page(void **state)
{
	struct code c = code_of(*state);
	struct patch_site site;

	for (unsigned i = 0; i < PATCH_SITES; i++)
		put(&c, 0x100 + i * 0x80, xgetbv, sizeof(xgetbv));
	put(&c, 0xe00, enclu_bytes, sizeof(enclu_bytes));
	assert_int_equal(apply(&c), PATCH_SITES);
	assert_true(patch_enclu(&c.m->cpu, c.pa + start_of(0xe00), &site));
	assert_false(patch_add(&c.m->cpu, c.pa + start_of(0xe00), &site));
	assert_int_equal(c.byte[start_of(0xe00)], 0x0f);
}

/* The five bytes end where the page does, or where the next site begins. */
static void jumps_that_just_fit(void **state)
{
	struct code c = code_of(*state);
	unsigned last = SGX_PAGE_SIZE - PATCH_JUMP;
	struct patch_site site;
	int32_t fixed;

	memset(c.byte + start_of(SITE), 0x90, sizeof(filler));
	memcpy(c.byte + start_of(SITE), xgetbv, sizeof(xgetbv));
	memcpy(c.byte + start_of(SITE) + PATCH_JUMP, xgetbv, sizeof(xgetbv));
	memset(c.byte + last - 20, 0x90, 25);
	memcpy(c.byte + last, xgetbv, sizeof(xgetbv));
	assert_int_equal(apply(&c), 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(patch_site_at(&c.m->cpu, c.pa, i, &site));
		assert_true(patch_fixed_bytes(&site, &fixed));
		assert_true(patch_jump_begin(&c.m->cpu, c.pa + site.at, fixed));
		assert_true(patch_jump_end(&c.m->cpu, c.pa + site.at));
	}
}

/* A site that is gone keeps no other from becoming a jump. */
static void a_vacant_site_is_no_neighbour(void **state)
{
	static const uint8_t two[] = { 0x0f, 0x01, 0xd0, 0x0f, 0x01, 0xd0 };
	struct code c = code_of(*state);
	unsigned at = start_of(SITE);
	struct patch_site site;
	int32_t fixed;

	put(&c, SITE, two, sizeof(two));
	assert_int_equal(apply(&c), 2);
	write_byte(&c, at + 1, 0x1f);
	assert_true(patch_site_at(&c.m->cpu, c.pa, 1, &site));
	assert_true(patch_fixed_bytes(&site, &fixed));
	assert_true(patch_jump_begin(&c.m->cpu, c.pa + site.at, fixed));
}

/* Not on a debugger's breakpoint, nor without the first step. */
static void steps_of_a_jump(void **state)
{
	struct code c = three(*state);
	uint8_t *byte = epc_ptr(&c.m->cpu, nth(&c, 1));

	apply(&c);
	assert_false(patch_jump_end(&c.m->cpu, nth(&c, 1)));
	assert_int_equal(*byte, INT3);
	assert_false(patch_jump_end(&c.m->cpu, nth(&c, 3)));
	write_byte(&c, start_of(SITE + 0x100), INT3);
	assert_false(patch_jump_begin(&c.m->cpu, nth(&c, 1), 0x100));
	write_byte(&c, start_of(SITE + 0x100), xrstor64[0]);
	assert_true(patch_jump_begin(&c.m->cpu, nth(&c, 1), 0x100));
}

static uint64_t random64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Random bytes, in which these stand; and an operand that has them. */
static void data(void **state)
{
	static const uint8_t mov[] = { 0x48, 0xb8, 0x48, 0x0f, 0xae,
				       0x27, 0x0f, 0xc7, 0x26, 0x90 };
	struct code c = code_of(*state);
	struct patch_look look = { .none_before = true, .none_after = true };

	for (unsigned tries = 0; tries < 200; tries++) {
		for (unsigned at = 0; at < SGX_PAGE_SIZE; at += 8) {
			uint64_t x = random64();

			memcpy(c.byte + at, &x, 8);
		}
		for (unsigned at = 200; at < 4000; at += 200)
			memcpy(c.byte + at, xrstor64, sizeof(xrstor64));
		enter_page(c.m, c.pa, SGX_SECINFO_R | SGX_SECINFO_X);
		assert_int_equal(patch_apply(&c.m->cpu, c.pa, &look), PATCH_OK);
		assert_int_equal(look.sites, 0);
		assert_true(look.unsure >= 15);
	}
	c = code_of(*state);
	put(&c, SITE, mov, sizeof(mov));
	assert_int_equal(apply(&c), 0);
}

/* XCR0 of hosts that this one need not be. */
static void wanted(void **state)
{
	static const struct {
		uint64_t xcr0, xfrm;
		bool wanted;
	} rows[] = {
		/* clang-format off */
		{ 0x600e7, 0x600e7, false }, { 0x600e7, 0xe7, true },
		{ 0x602e7, 0xe7, true }, { 0x2e7, 0xe7, true },
		{ 0x2e7, 0x2e7, false }, { 0xe7, 0xe7, false },
		{ 0xe7, 7, true }, { 7, 3, true }, { 3, 3, false },
		/* clang-format on */
	};
	struct machine *m = *state;
	struct package_config config;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		default_config(&config);
		config.xcr0 = rows[i].xcr0;
		config.patch = true;
		package_init(&m->package, &config, test_entropy);
		assert_int_equal(patch_wanted(&m->package, rows[i].xfrm),
				 rows[i].wanted);
		m->package.patch = false;
		assert_false(patch_wanted(&m->package, rows[i].xfrm));
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("XCR0 in an enclave", "SDM \"Processor Extended States\""),
	ROW("code that goes by XCR0, XFRM less than that", "is found", T(found),
	    T(neighbours), T(wanted)),
	DEVIATES("DC33", "data, writable pages, the 21st in a page",
		 "left as they are", T(data), T(writable), T(too_many)),
	ROW("what the leaves read of it", "as it was made", T(original),
	    T(undone)),
	ROW("a debugger's breakpoint on it", "is one", T(debugged)),
	ROW("it becomes a jump, or what was one is read",
	    "only its own bytes "
	    "change, and all see what was made",
	    T(jump), T(jump_of_three)),
	ROW("a jump that is undone, in whatever state", "is what was made",
	    T(jump_undone), T(jump_written)),
	ROW("ENCLU that has been executed", "may become a jump, too",
	    T(an_enclu)),
	TESTS(T(half_done), T(no_jump), T(only_code), T(half_done_has_no_sites),
	      T(enclu_in_a_full_page), T(jumps_that_just_fit),
	      T(a_vacant_site_is_no_neighbour), T(steps_of_a_jump)),
};

CONFORM_MAIN(rows, NULL)
