/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stub of an ENCLU, which continues in plain.S.  It may overwrite a
 * register whose value is known: RAX, which is the leaf.  If it is another one,
 * an INT3 is executed.  XCHG, LEA, BSWAP, MOV, JMP and JRCXZ keep the flags.
 */
#include "cpu/mem.h"
#include "cpu/sgx_arch.h"
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

/* JMP *0(%rip), the address behind it: aligned, because AC may be set. */
static void put_jump(struct stub_emit *e, enum stub_phase phase, const void *to)
{
	while ((e->n + 6) % sizeof(to))
		PUT(e, phase, "\x90");
	put_quad(e, phase, "\xff\x25\0\0\0\0", 6, (uint64_t)to);
}

/* JRCXZ, to where land() is called with the answer. */
static unsigned int put_jrcxz(struct stub_emit *e)
{
	PUT(e, STUB_SWAPPED_LOST, "\xe3\0");
	return e->n;
}

static void land(struct stub_emit *e, unsigned int from)
{
	e->to[from - 1] = (uint8_t)(e->n - from);
}

/* EEXIT to behind the vDSO's ENCLU, and nobody known by ES.  RCX is free. */
static void put_asking(struct stub_emit *e)
{
	unsigned int to_vdso, other;

	put_quad(e, STUB_SWAPPED_LOST, "\x48\xb9", 2, -rt_plain_out_to());
	PUT(e, STUB_SWAPPED_LOST, "\x48\x8d\x0c\x0b"); /* lea, %rcx */
	to_vdso = put_jrcxz(e);
	PUT(e, STUB_SWAPPED_LOST, "\xeb\0"); /* jmp */
	other = e->n;
	land(e, to_vdso);
	put_jump(e, STUB_SWAPPED_LOST, rt_plain_out_asks);
	land(e, other);
}

void stub_leaf(struct stub_emit *e)
{
	const uint8_t leaf = (uint8_t)e->stub->known;
	const uint8_t less[] = { 0x48, 0x8d, 0x49, (uint8_t)-leaf };
	const uint8_t more[] = { 0x48, 0x8d, 0x49, leaf };
	const uint8_t load[] = { 0xb9, leaf, 0, 0, 0 };
	unsigned int nobody;

	PUT(e, STUB_SAME, "\x48\x91"); /* xchg %rax, %rcx */
	stub_put(e, STUB_SWAPPED, less, sizeof(less));
	PUT(e, STUB_SWAPPED_LESS, "\xe3\x07"); /* jrcxz */
	stub_put(e, STUB_SWAPPED_LESS, more, sizeof(more));
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
	put_identity(e);
	nobody = put_jrcxz(e);
	put_keep(e);
	put_quad(e, STUB_SWAPPED_LOST, "\x48\xb8", 2, /* mov, %rax */
		 (uint64_t)e->stub);
	put_jump(e, STUB_KEPT, rt_plain_leaf_start);
	land(e, nobody);
	if (leaf == ENCLU_EEXIT)
		put_asking(e);
	stub_put(e, STUB_SWAPPED_LOST, load, sizeof(load));
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
}
