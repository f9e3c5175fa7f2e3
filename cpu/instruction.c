/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instructions that are #UD in an enclave.  Outside they raise something else,
 * or do what they do, and an enclave's code runs in that mode here.
 * SDM vol. 3D "Intel SGX Interactions with IA-32 and Intel 64 Architecture",
 * "Illegal Instructions"; vol. 2 "Opcode Map".
 *
 * DEVIATION DP20: those that the host executes are not noticed.
 */
#include "cpu/instruction.h"

#include "cpu/cpu.h"

static bool is_legacy_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
	case 0x66:
	case 0x67:
	case 0xf0:
	case 0xf2:
	case 0xf3:
		return true;
	}
	return false;
}

/* Those that ENCLU ignores; any other makes it #UD. */
static bool is_enclu_prefix(uint8_t byte)
{
	return byte != 0x66 && byte != 0xf0 && byte != 0xf2 && byte != 0xf3 &&
	       is_legacy_prefix(byte);
}

/* One that is not right before the opcode has no effect, and is legal. */
static bool is_rex(uint8_t byte)
{
	return (byte & 0xf0) == 0x40;
}

unsigned int instruction_prefixes(const struct instruction *insn)
{
	unsigned int i = 0;

	while (i < insn->length &&
	       (is_legacy_prefix(insn->byte[i]) || is_rex(insn->byte[i])))
		i++;
	return i;
}

int instruction_is_enclu(const struct instruction *insn)
{
	const uint8_t *byte = insn->byte;
	unsigned int i = 0;

	while (i < insn->length &&
	       (is_enclu_prefix(byte[i]) || is_rex(byte[i])))
		i++;
	if (i + 3 > insn->length || byte[i] != 0x0f || byte[i + 1] != 0x01 ||
	    byte[i + 2] != 0xd7)
		return -1;
	return (int)i;
}

/* Opcodes after 0F, with ModRM, which is 0 where it could not be read. */
static bool is_illegal_0f(uint8_t opcode, uint8_t modrm, bool is_read)
{
	unsigned int reg = modrm >> 3 & 7;

	switch (opcode) {
	case 0x00: /* SLDT, STR */
		return is_read && reg <= 1;
	case 0x01: /* VMCALL, VMFUNC, SGDT, SIDT, SMSW */
		if (modrm == 0xc1 || modrm == 0xd4 || reg == 4)
			return true;
		return is_read && modrm < 0xc0 && reg <= 1;
	/* clang-format off */
	case 0x05: case 0x34:			/* SYSCALL, SYSENTER */
	case 0x0b:	/* UD2: #GP if a hypervisor could not fetch it */
	case 0x33: case 0x37:			/* RDPMC, GETSEC */
	case 0xa1: case 0xa9:			/* POP FS, POP GS */
	case 0xa2:				/* CPUID */
	case 0xb2: case 0xb4: case 0xb5:	/* LSS, LFS, LGS */
		/* clang-format on */
		return true;
	}
	return false;
}

static bool is_illegal_opcode(uint8_t opcode, uint8_t modrm)
{
	unsigned int reg = modrm >> 3 & 7;

	switch (opcode) {
	/* clang-format off */
	case 0x6c: case 0x6d: case 0x6e: case 0x6f:	/* INS, OUTS */
	case 0xe4: case 0xe5: case 0xe6: case 0xe7:	/* IN, OUT */
	case 0xec: case 0xed: case 0xee: case 0xef:
	case 0x8e:			/* MOV to a segment register */
	case 0xca: case 0xcb: case 0xcf:	/* RETF, IRET */
	case 0xcd:				/* INT n */
		/* clang-format on */
		return true;
	case 0xff: /* far CALL, far JMP */
		return (reg == 3 || reg == 5) && modrm < 0xc0;
	}
	return false;
}

/* RDTSC, RDTSCP: illegal in an enclave on processors without SGX2. */
static bool reads_tsc(uint8_t opcode, uint8_t modrm)
{
	return opcode == 0x31 || (opcode == 0x01 && modrm == 0xf9);
}

bool instruction_is_illegal(const struct package *package,
			    const struct instruction *insn)
{
	const uint8_t *byte = insn->byte;
	unsigned int i = instruction_prefixes(insn);

	if (i >= insn->length)
		return false;
	if (byte[i] != 0x0f)
		return is_illegal_opcode(byte[i], byte[i + 1]);
	return is_illegal_0f(byte[i + 1], byte[i + 2], i + 2 < insn->length) ||
	       (!package->sgx2 && reads_tsc(byte[i + 1], byte[i + 2]));
}
