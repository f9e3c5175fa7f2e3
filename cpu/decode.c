/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instruction lengths; see decode.h.
 * SDM vol. 2 "Instruction Format", "Opcode Map".
 */
#include "cpu/decode.h"

#include "cpu/mem.h"

/*
 * A letter for each opcode says what follows it:
 *	.  nothing		x  programs do not use this opcode
 *	m  ModRM		b z w  an immediate: 8; 16 or 32; 16 bits
 *	B Z  ModRM and b, z	v  as z, but 64 bits with REX.W
 *	j J  a branch by 8, 32 bits
 *	f F  ModRM; TEST (reg is 0 or 1) has b, z as well
 */
/* clang-format off */
static const char one_byte[257] =
	"mmmmbzxxmmmmbzx0" "mmmmbzxxmmmmbzxx"
	"mmmmbzxxmmmmbzpx" "mmmmbzxxmmmmbzpx"
	"rrrrrrrrrrrrrrrr" "................"
	"xxEmppppzZbBxxxx" "jjjjjjjjjjjjjjjj"
	"BZxBmmmmmmmmxmxm" "..........x....."
	"xxxx....bz......" "bbbbbbbbvvvvvvvv"
	"BBw.VVBZx.xx.xxx" "mmmmxxxxxmxmxmxx"
	"xxxjxxxxJJxjxxxx" "pxppx.fF..xx..mm";

static const char two_byte[257] =
	"x1xxx.xxxxx.xmxx" "mmmmmmmmmmmmmmmm"
	"xxxxxxxxmmmmmmmm" "x.xxxxxx8xAxxxxx"
	"mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm"
	"mmmmmmmmmmmmmmmm" "BBBBmmm.xxxxmmmm"
	"JJJJJJJJJJJJJJJJ" "mmmmmmmmmmmmmmmm"
	"xx.mBmxxxxxmBmGm" "mmxmxxmmmxBmmmmm"
	"mmBmBBBG........" "mmmmmmmmmmmmmmmm"
	"mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmx";
/* clang-format on */

struct reader {
	const uint8_t *byte;
	size_t n, at;
	bool operand16, wide, rep, lock;
};

static uint8_t next(struct reader *r)
{
	uint8_t byte = r->at < r->n ? r->byte[r->at] : 0;

	r->at++;
	return byte;
}

static uint8_t peek(const struct reader *r)
{
	return r->at < r->n ? r->byte[r->at] : 0;
}

static bool prefix(struct reader *r, struct insn *insn, uint8_t byte)
{
	switch (byte) {
	case 0x64:
	case 0x65:
		insn->segment = byte;
		return true;
	case 0x2e:
	case 0x3e:
		return true;
	case 0x66:
		r->operand16 = true;
		return true;
	case 0x67:
		insn->address32 = true;
		return true;
	case 0xf0:
		r->lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		r->rep = true;
		return true;
	}
	return false;
}

static void prefixes(struct reader *r, struct insn *insn)
{
	while (r->at < r->n && prefix(r, insn, peek(r)))
		r->at++;
	if ((peek(r) & 0xf0) == 0x40) {
		insn->rex = next(r);
		r->wide = insn->rex & 8;
	}
}

/* ModRM, SIB, displacement. */
static uint8_t modrm(struct reader *r, struct insn *insn)
{
	uint8_t byte, mod, rm;

	insn->modrm = (uint8_t)r->at;
	byte = next(r);
	mod = byte >> 6;
	rm = byte & 7;
	if (mod == 3)
		return byte;
	if (rm == 4 && (next(r) & 7) == 5 && mod == 0)
		r->at += 4;
	if ((mod == 0 && rm == 5) || mod == 2)
		r->at += 4;
	else if (mod == 1)
		r->at += 1;
	return byte;
}

static unsigned int reg_of(uint8_t modrm_byte)
{
	return modrm_byte >> 3 & 7;
}

static void immediate_z(struct reader *r)
{
	r->at += r->operand16 && !r->wide ? 2 : 4;
}

/* Skip what the letter stands for.  False: this is no instruction. */
static bool operands(struct reader *r, struct insn *insn, char how)
{
	switch (how) {
	case '.':
		return true;
	case 'm':
		modrm(r, insn);
		return true;
	case 'B':
		modrm(r, insn);
		r->at += 1;
		return true;
	case 'Z':
		modrm(r, insn);
		immediate_z(r);
		return true;
	case 'b':
	case 'j':
		r->at += 1;
		return true;
	case 'z':
		immediate_z(r);
		return true;
	case 'w':
		r->at += 2;
		return true;
	case 'J':
		r->at += 4;
		return true;
	case 'v':
		r->at += r->wide ? 8 : r->operand16 ? 2 : 4;
		return true;
	case 'f':
	case 'F':
		if (reg_of(modrm(r, insn)) > 1)
			return true;
		if (how == 'f')
			r->at += 1;
		else
			immediate_z(r);
		return true;
	}
	return false;
}

/* 0F 01: XGETBV, XEND, XTEST, ENCLU, RDPKRU, WRPKRU, RDTSCP */
static bool group_7(struct reader *r, struct insn *insn)
{
	insn->modrm = (uint8_t)r->at;
	switch (next(r)) {
	case 0xd0:
		if (!r->operand16 && !r->rep && !r->lock)
			insn->kind = INSN_XGETBV;
		return true;
	case 0xd7:
		if (insn->opcode == 0)
			insn->kind = INSN_ENCLU;
		return true;
	case 0xd5:
	case 0xd6:
	case 0xee:
	case 0xef:
	case 0xf9:
		return true;
	}
	return false;
}

/* 0F AE: group 15, 0F C7: group 9 */
static bool xsave_group(struct reader *r, struct insn *insn, uint8_t opcode)
{
	static const uint8_t kinds[8] = {
		[4] = INSN_XSAVE,
		[5] = INSN_XRSTOR,
		[6] = INSN_XSAVEOPT,
	};
	uint8_t byte = modrm(r, insn);

	if (byte >= 0xc0 || r->operand16 || r->rep)
		return true;
	if (opcode == 0xae)
		insn->kind = kinds[reg_of(byte)];
	else if (reg_of(byte) == 4)
		insn->kind = INSN_XSAVEC;
	return !insn->kind || !r->lock;
}

static bool escape_0f(struct reader *r, struct insn *insn)
{
	uint8_t opcode = next(r);
	char how = two_byte[opcode];

	insn->ends = opcode == 0x0b; /* UD2 */
	switch (how) {
	case '1':
		return group_7(r, insn);
	case 'G':
		return xsave_group(r, insn, opcode);
	case '8':
		r->at++;
		return operands(r, insn, 'm');
	case 'A':
		r->at++;
		return operands(r, insn, 'B');
	}
	return operands(r, insn, how);
}

/* Does an opcode of VEX or EVEX have an immediate? */
static bool vector_immediate(unsigned int map, uint8_t opcode)
{
	return map == 3 || (map == 1 && (two_byte[opcode] == 'B'));
}

/* VEX and EVEX encode only those opcodes of map 0F that have ModRM. */
static bool vector_opcode(char how)
{
	return how == 'm' || how == 'B' || how == 'G';
}

static bool vector(struct reader *r, struct insn *insn, unsigned int map)
{
	uint8_t opcode = next(r);

	if (map == 1 && opcode == 0x77) /* VZEROUPPER */
		return true;
	if (map == 1 && !vector_opcode(two_byte[opcode]))
		return false;
	return map &&
	       operands(r, insn, vector_immediate(map, opcode) ? 'B' : 'm');
}

static bool vex(struct reader *r, struct insn *insn, uint8_t opcode)
{
	unsigned int map = 1;

	if (insn->rex || r->operand16 || r->rep || r->lock)
		return false;
	if (opcode == 0xc4)
		map = next(r) & 0x1f;
	next(r);
	return map <= 3 && vector(r, insn, map);
}

static bool evex(struct reader *r, struct insn *insn)
{
	uint8_t p0 = next(r), p1 = next(r);
	unsigned int map = p0 & 7;

	next(r);
	if (insn->rex || r->operand16 || r->rep || r->lock || (p0 & 8) ||
	    !(p1 & 4) || map == 4 || map == 7)
		return false;
	return vector(r, insn, map);
}

/* In some groups, programs use only part of the instructions. */
static bool group_legal(uint8_t opcode, uint8_t modrm_byte)
{
	switch (opcode) {
	case 0x8f:
	case 0xc6:
	case 0xc7: /* POP; MOV */
		return reg_of(modrm_byte) == 0;
	case 0xfe:
		return reg_of(modrm_byte) <= 1;
	case 0xff: /* far CALL, far JMP */
		return reg_of(modrm_byte) != 7 && reg_of(modrm_byte) != 3 &&
		       reg_of(modrm_byte) != 5;
	case 0x8d: /* LEA */
		return modrm_byte < 0xc0;
	}
	return true;
}

/* RET, INT3, JMP */
static bool ends(uint8_t opcode, uint8_t modrm_byte)
{
	return opcode == 0xc2 || opcode == 0xc3 || opcode == 0xcc ||
	       opcode == 0xe9 || opcode == 0xeb ||
	       (opcode == 0xff && reg_of(modrm_byte) == 4);
}

static bool opcode(struct reader *r, struct insn *insn)
{
	uint8_t byte, after;

	insn->opcode = (uint8_t)r->at;
	byte = next(r);
	switch (one_byte[byte]) {
	case '0':
		return escape_0f(r, insn);
	case 'V':
		return vex(r, insn, byte);
	case 'E':
		return evex(r, insn);
	}
	after = peek(r);
	insn->ends = ends(byte, after);
	return group_legal(byte, after) && operands(r, insn, one_byte[byte]);
}

bool insn_decode(struct insn *insn, const uint8_t *byte, size_t n)
{
	struct reader r = { .byte = byte, .n = n < INSN_MAX ? n : INSN_MAX };

	memset(insn, 0, sizeof(*insn));
	prefixes(&r, insn);
	if (!opcode(&r, insn) || r.at > r.n)
		return false;
	insn->length = (uint8_t)r.at;
	return true;
}
