/* SPDX-License-Identifier: BSD-3-Clause */
/* See code.h. */
#include "code.h"

#include "cpu/epcm.h"
#include "cpu/patch.h"

#define INT3 0xcc

/* mov [rbp-8], rdi; mov rax, [rbp-8]; lea; test; je; add; cmp; jne; xor */
static const uint8_t filler[] = {
	0x48, 0x89, 0x7d, 0xf8, 0x48, 0x8b, 0x45, 0xf8, 0x48, 0x8d,
	0x4c, 0x90, 0x10, 0x48, 0x85, 0xc0, 0x74, 0x06, 0x48, 0x83,
	0xc0, 0x01, 0x39, 0xd8, 0x75, 0xe6, 0x31, 0xd2,
};
static const uint8_t xsavec[] = { 0x0f, 0xc7, 0x26 };
static const uint8_t xrstor64[] = { 0x48, 0x0f, 0xae, 0x6c, 0x24, 0x40 };
static const uint8_t xgetbv[] = { 0x0f, 0x01, 0xd0 };

/* It replaces one run of the filler, so the code around it stays in step. */
unsigned code_site(unsigned i)
{
	return (30 + i * 10) * (unsigned)sizeof(filler);
}

static void put(uint8_t *page, unsigned i, const uint8_t *insn, size_t n)
{
	memset(page + code_site(i), 0x90, sizeof(filler));
	memcpy(page + code_site(i), insn, n);
}

void code_make(uint8_t *page)
{
	for (size_t at = 0; at < SGX_PAGE_SIZE; at++)
		page[at] = filler[at % sizeof(filler)];
	put(page, 0, xsavec, sizeof(xsavec));
	put(page, 1, xrstor64, sizeof(xrstor64));
	put(page, 2, xgetbv, sizeof(xgetbv));
}

void code_put(uint64_t addr)
{
	m.encl->patch = 1;
	code_make(epc_at(addr));
	epcm_at(addr)->patch = PATCH_UNSEEN;
	sgx_resync(&m.mm);
}

unsigned code_patched(uint64_t addr)
{
	uint8_t made[SGX_PAGE_SIZE];
	unsigned n = 0;

	code_make(made);
	for (unsigned i = 0; i < CODE_SITES; i++) {
		if (epc_at(addr)[code_site(i)] != INT3)
			continue;
		made[code_site(i)] = INT3;
		n++;
	}
	assert_memory_equal(epc_at(addr), made, sizeof(made));
	return n;
}
