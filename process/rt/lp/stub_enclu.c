/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stubs of an ENCLU, which continue in plain.S.  They may overwrite
 * registers whose values are known: RAX, which is the leaf; for EEXIT to the
 * vDSO also RBX, the address after its ENCLU.  If a value is another one, an
 * INT3 is executed.  XCHG, LEA, BSWAP, MOV and JRCXZ keep the flags.
 */
#include "cpu/mem.h"
#include "process/rt/base/params.h"
#include "process/rt/lp/identity.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/stub_emit.h"

static void put(struct stub_emit *e, enum stub_phase phase, const char *bytes,
		unsigned int n)
{
	stub_put(e, phase, bytes, n);
}
#define PUT(e, phase, bytes) put(e, phase, bytes, sizeof(bytes) - 1)

static void put_quad(struct stub_emit *e, enum stub_phase phase,
		     const char *opcode, unsigned int n, uint64_t value)
{
	uint8_t bytes[16];

	memcpy(bytes, opcode, n);
	memcpy(bytes + n, &value, sizeof(value));
	stub_put(e, phase, bytes, n + (unsigned int)sizeof(value));
}

void stub_to_vdso(struct stub_emit *e)
{
	PUT(e, STUB_SAME, "\x48\x91");                 /* xchg %rax, %rcx */
	PUT(e, STUB_SWAPPED, "\x48\x8d\x49\xfc");      /* lea -4(%rcx), %rcx */
	PUT(e, STUB_SWAPPED_LESS, "\xe3\x07");         /* jrcxz */
	PUT(e, STUB_SWAPPED_LESS, "\x48\x8d\x49\x04"); /* lea 4(%rcx), %rcx */
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
	/* RCX = RBX - the address after the vDSO's ENCLU */
	put_quad(e, STUB_SWAPPED_LESS, "\x48\xb9", 2, -rt_plain_out_to());
	PUT(e, STUB_SWAPPED_LOST, "\x48\x8d\x0c\x0b");
	PUT(e, STUB_SWAPPED_LOST, "\xe3\x08");       /* jrcxz */
	PUT(e, STUB_SWAPPED_LOST, "\xb9\x04\0\0\0"); /* mov $4, %ecx */
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
	put_quad(e, STUB_SWAPPED_LOST, "\xff\x25\0\0\0\0", 6,
		 (uint64_t)rt_plain_out_start); /* jmp *0(%rip) */
}

/* LEA by(%rcx), %rcx; `half`: to %ecx, which clears the upper half. */
static void put_lea(struct stub_emit *e, bool half, uint32_t by)
{
	uint8_t bytes[7] = { 0x48, 0x8d, 0x89 };

	memcpy(bytes + 3, &by, sizeof(by));
	stub_put(e, STUB_SWAPPED_LOST, bytes + half, sizeof(bytes) - half);
}

/* The halves of the table's address; the upper one in BSWAP's byte order. */
static uint32_t table_low(void)
{
	return (uint32_t)rt_identity;
}

static uint32_t table_high(void)
{
	return __builtin_bswap32((uint32_t)(rt_identity >> 32));
}

/* Adding ES to the lower half must not carry into the upper one. */
bool stub_leaf_fits(void)
{
	return table_low() <= UINT32_MAX - UINT16_MAX;
}

/*
 * RCX = the slot of the thread that has this ES, or 0.  Only RCX is free, and
 * LEA adds 32 bits.  So LEA sets the upper half between two BSWAPs, where it is
 * the lower one.
 */
static void put_identity(struct stub_emit *e)
{
	PUT(e, STUB_SWAPPED_LOST, "\x8c\xc1"); /* mov %es, %ecx */
	put_lea(e, true, table_low());
	PUT(e, STUB_SWAPPED_LOST, "\x48\x0f\xc9"); /* bswap %rcx */
	/* in two steps, since LEA's displacement is signed */
	put_lea(e, false, table_high() / 2);
	put_lea(e, false, table_high() - table_high() / 2);
	PUT(e, STUB_SWAPPED_LOST, "\x48\x0f\xc9");
	PUT(e, STUB_SWAPPED_LOST, "\x48\x8b\x09"); /* mov (%rcx), %rcx */
}

/* MOV %rax to regs[1], which is RCX, in struct plain of the slot at RCX. */
static void put_keep(struct stub_emit *e)
{
	const uint32_t at = PLAIN_AT + PLAIN_RCX;
	uint8_t bytes[7] = { 0x48, 0x89, 0x81 };

	memcpy(bytes + 3, &at, sizeof(at));
	stub_put(e, STUB_SWAPPED_LOST, bytes, sizeof(bytes));
}

void stub_leaf(struct stub_emit *e)
{
	const uint8_t leaf = (uint8_t)e->stub->known;
	const uint8_t less[] = { 0x48, 0x8d, 0x49, (uint8_t)-leaf };
	const uint8_t more[] = { 0x48, 0x8d, 0x49, leaf };
	const uint8_t load[] = { 0xb9, leaf, 0, 0, 0 };

	PUT(e, STUB_SAME, "\x48\x91"); /* xchg %rax, %rcx */
	stub_put(e, STUB_SWAPPED, less, sizeof(less));
	PUT(e, STUB_SWAPPED_LESS, "\xe3\x07"); /* jrcxz */
	stub_put(e, STUB_SWAPPED_LESS, more, sizeof(more));
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
	put_identity(e);
	PUT(e, STUB_SWAPPED_LOST, "\xe3\x1f"); /* jrcxz */
	put_keep(e);
	put_quad(e, STUB_SWAPPED_LOST, "\x48\xb8", 2, /* mov, %rax */
		 (uint64_t)e->stub);
	put_quad(e, STUB_KEPT, "\xff\x25\0\0\0\0", 6, /* jmp *0(%rip) */
		 (uint64_t)rt_plain_leaf_start);
	stub_put(e, STUB_SWAPPED_LOST, load, sizeof(load));
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
}
