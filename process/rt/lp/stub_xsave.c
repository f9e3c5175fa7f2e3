/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stub of an instruction that depends on XCR0, in an enclave with a smaller
 * XFRM (cpu/patch.h).  A stub has no memory, register or flag of its own.  So
 * each step must be reversible: the old state follows from the new one.  That
 * works for the two masks that runtimes use, all ones and XFRM, since a known
 * value need not be kept.  With any other mask, an INT3 is executed.
 * SDM vol. 1 "Managing State Using the XSAVE Feature Set".
 */
#include "cpu/mem.h"
#include "process/rt/lp/stub_emit.h"

#define XSTATE_BV  512 /* offsets in the XSAVE area */
#define XCOMP_BV   520
#define MOD(modrm) ((modrm) >> 6)

/* The memory operand of the instruction at the site. */
struct operand {
	struct insn insn;
	uint8_t rm, sib;
	bool absolute; /* it has no base register, or RIP */
	int64_t displacement;
};

static void put(struct stub_emit *e, enum stub_phase phase, const char *bytes,
		unsigned int n)
{
	stub_put(e, phase, bytes, n);
}
#define PUT(e, phase, bytes) put(e, phase, bytes, sizeof(bytes) - 1)

static void put_lea(struct stub_emit *e, enum stub_phase phase,
		    const char opcode[3], int32_t by)
{
	uint8_t bytes[7];

	memcpy(bytes, opcode, 3);
	memcpy(bytes + 3, &by, 4);
	stub_put(e, phase, bytes, sizeof(bytes));
}
#define LEA_RAX "\x48\x8d\x80" /* lea by(%rax), %rax */
#define LEA_RCX "\x48\x8d\x89"

static void read_operand(const struct stub *s, struct operand *o)
{
	const uint8_t *byte = s->of.original;
	unsigned int at;
	int32_t disp = 0;

	insn_decode(&o->insn, byte, PATCH_BYTES);
	at = o->insn.modrm;
	o->rm = byte[at] & 7;
	o->sib = o->rm == 4 ? byte[at + 1] : 0;
	o->absolute = MOD(byte[at]) == 0 &&
		      (o->rm == 5 || (o->rm == 4 && (o->sib & 7) == 5));
	at += o->rm == 4 ? 2 : 1;
	if (MOD(byte[at - (o->rm == 4 ? 2 : 1)]) == 1)
		disp = byte[at] < 128 ? byte[at] : byte[at] - 256;
	else if (o->absolute || MOD(byte[o->insn.modrm]) == 2)
		memcpy(&disp, byte + at, sizeof(disp));
	o->displacement = disp;
}

static bool is_rip_relative(const struct operand *o)
{
	return o->absolute && o->rm == 5;
}

/* Does the address depend on RAX?  The stub changes RAX. */
static bool uses_rax(const struct operand *o)
{
	unsigned int base = o->rm == 4 ? o->sib & 7 : o->rm;
	bool index = o->rm == 4 && (o->sib >> 3 & 7) == 0 && !(o->insn.rex & 2);

	return index || (!o->absolute && base == 0 && !(o->insn.rex & 1));
}

static bool fits(int64_t value)
{
	return value == (int32_t)value;
}

/*
 * An instruction with the site's operand, plus `behind` bytes.  `opcode` comes
 * after 0F; with `immediate`, it is F7 /0 (TEST), without 0F.
 */
static void put_operand(struct stub_emit *e, enum stub_phase phase,
			const struct operand *o, uint8_t opcode, unsigned reg,
			int32_t behind, const uint32_t *immediate)
{
	uint8_t bytes[INSN_MAX + 4], *p = bytes;
	uint8_t rex = o->insn.rex & (immediate ? 0x43 : 0x4f);
	unsigned int more = immediate ? 4 : 0;
	int64_t disp = o->displacement + behind;

	if (o->insn.address32)
		*p++ = 0x67;
	if (o->insn.segment)
		*p++ = o->insn.segment;
	if (rex)
		*p++ = rex;
	if (!immediate)
		*p++ = 0x0f;
	*p++ = opcode;
	*p++ = (uint8_t)((o->absolute ? 0 : 0x80) | reg << 3 | o->rm);
	if (o->rm == 4)
		*p++ = o->sib;
	if (is_rip_relative(o))
		disp += (int64_t)(e->stub->site + o->insn.length) -
			(int64_t)(e->stub->code + e->n + (p - bytes) + 4 +
				  more);
	memcpy(p, &disp, 4);
	p += 4;
	memcpy(p, immediate, more);
	stub_put(e, phase, bytes, (unsigned int)(p - bytes) + more);
}

static void put_itself(struct stub_emit *e, enum stub_phase phase,
		       const struct operand *o)
{
	/* clang-format off */
	static const uint8_t reg[] = {
		[INSN_XSAVE] = 4, [INSN_XRSTOR] = 5, [INSN_XSAVEOPT] = 6,
		[INSN_XSAVEC] = 4,
	};
	/* clang-format on */
	uint8_t kind = o->insn.kind;

	put_operand(e, phase, o, kind == INSN_XSAVEC ? 0xc7 : 0xae, reg[kind],
		    0, NULL);
}

/*
 * XRSTOR of a component that XFRM lacks is #GP, which the INT3 raises.  EAX is
 * known to be all ones, so AX can hold the flags meanwhile.
 */
static void put_xrstor_checks(struct stub_emit *e, const struct operand *o)
{
	const uint32_t *drop = &e->stub->drop;

	/* clang-format off */
	PUT(e, STUB_SAME, "\x9f");			/* lahf */
	PUT(e, STUB_AX_LOST, "\x0f\x90\xc0");		/* seto %al */
	put_operand(e, STUB_AX_LOST, o, 0xf7, 0, XSTATE_BV, drop);
	PUT(e, STUB_FLAGS_IN_AX, "\x74\x01");		/* jz */
	PUT(e, STUB_FLAGS_IN_AX, "\xcc");
	put_operand(e, STUB_FLAGS_IN_AX, o, 0xf7, 0, XCOMP_BV, drop);
	PUT(e, STUB_FLAGS_IN_AX, "\x74\x01");		/* jz */
	PUT(e, STUB_FLAGS_IN_AX, "\xcc");
	PUT(e, STUB_FLAGS_IN_AX, "\x04\x7f");		/* add $0x7f, %al */
	PUT(e, STUB_FLAGS_ADDED, "\x9e");		/* sahf */
	PUT(e, STUB_AX_LOST, "\x66\xb8\xff\xff");	/* mov $-1, %ax */
	/* clang-format on */
}

/* A mask of XFRM needs no change; with any other one, the INT3. */
static void put_known(struct stub_emit *e, const struct operand *o)
{
	int32_t known = (int32_t)e->stub->known;

	PUT(e, STUB_SAME, "\x48\x91"); /* xchg %rax, %rcx */
	put_lea(e, STUB_SWAPPED, LEA_RCX, -known);
	PUT(e, STUB_SWAPPED_LESS, "\x67\xe3\x0a"); /* jecxz */
	put_lea(e, STUB_SWAPPED_LESS, LEA_RCX, known);
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
	put_lea(e, STUB_SWAPPED_LESS, LEA_RCX, known);
	PUT(e, STUB_SWAPPED, "\x48\x91");
	put_itself(e, STUB_SAME, o);
	stub_jump(e, STUB_DONE, e->stub->site + o->insn.length);
}

static void put_narrowed(struct stub_emit *e, const struct operand *o)
{
	int32_t drop = (int32_t)e->stub->drop;

	if (o->insn.kind == INSN_XRSTOR)
		put_xrstor_checks(e, o);
	put_lea(e, STUB_SAME, LEA_RAX, -drop);
	put_itself(e, STUB_NARROWED, o);
	put_lea(e, STUB_DONE_NARROWED, LEA_RAX, drop);
	stub_jump(e, STUB_DONE, e->stub->site + o->insn.length);
}

/* First the test for all ones; the code for other masks comes last. */
static void put_save(struct stub_emit *e)
{
	struct operand o;
	unsigned int from;

	read_operand(e->stub, &o);
	PUT(e, STUB_SAME, "\x48\x91");            /* xchg %rax, %rcx */
	PUT(e, STUB_SWAPPED, "\x48\xf7\xd1");     /* not %rcx */
	PUT(e, STUB_SWAPPED_NOT, "\x67\xe3\x0a"); /* jecxz */
	PUT(e, STUB_SWAPPED_NOT, "\x48\xf7\xd1");
	PUT(e, STUB_SWAPPED, "\x48\x91");
	from = e->n;
	PUT(e, STUB_SAME, "\xe9\0\0\0\0"); /* jmp: see below */
	PUT(e, STUB_SWAPPED_NOT, "\x48\xf7\xd1");
	PUT(e, STUB_SWAPPED, "\x48\x91");
	put_narrowed(e, &o);
	e->to[from + 1] = (uint8_t)(e->n - (from + 5));
	if (o.insn.kind == INSN_XRSTOR)
		PUT(e, STUB_SAME, "\xcc");
	else
		put_known(e, &o);
}

/* XFRM if ECX is 0.  EDX:EAX are free, since XGETBV writes them. */
static void put_xgetbv(struct stub_emit *e)
{
	uint8_t eax[5] = { 0xb8 };

	memcpy(eax + 1, &e->stub->known, 4);
	PUT(e, STUB_SAME, "\x67\xe3\x01"); /* jecxz */
	PUT(e, STUB_SAME, "\xcc");
	stub_put(e, STUB_SAME, eax, sizeof(eax));
	PUT(e, STUB_XGETBV, "\xba\0\0\0\0"); /* mov $0, %edx */
	stub_jump(e, STUB_XGETBV, e->stub->site + e->stub->of.size);
}

bool stub_xsave_fits(const struct stub *s)
{
	int64_t far = (int64_t)s->code - (int64_t)s->site;
	struct operand o;

	if (s->of.kind == INSN_XGETBV)
		return true;
	read_operand(s, &o);
	if (uses_rax(&o) || (is_rip_relative(&o) && o.insn.address32))
		return false;
	/* the stub's displacements differ from it by less than 4096 */
	return fits(o.displacement - 4096) && fits(o.displacement + 4096) &&
	       (!is_rip_relative(&o) || (fits(o.displacement - far - 4096) &&
					 fits(o.displacement - far + 4096)));
}

void stub_xsave(struct stub_emit *e)
{
	if (e->stub->of.kind == INSN_XGETBV)
		put_xgetbv(e);
	else
		put_save(e);
}
