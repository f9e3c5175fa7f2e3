/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zydis, asked for what matters here.  SDM vol. 3D "Intel SGX Interactions with
 * IA-32 and Intel 64 Architecture", "Illegal Instructions".
 */
#include "insn_model.h"

#include <Zydis/Zydis.h>

#include "cpu/decode.h"

static unsigned kind_of(const ZydisDecodedInstruction *z)
{
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_XSAVE:
	case ZYDIS_MNEMONIC_XSAVE64:
		return INSN_XSAVE;
	case ZYDIS_MNEMONIC_XRSTOR:
	case ZYDIS_MNEMONIC_XRSTOR64:
		return INSN_XRSTOR;
	case ZYDIS_MNEMONIC_XSAVEOPT:
	case ZYDIS_MNEMONIC_XSAVEOPT64:
		return INSN_XSAVEOPT;
	case ZYDIS_MNEMONIC_XSAVEC:
	case ZYDIS_MNEMONIC_XSAVEC64:
		return INSN_XSAVEC;
	case ZYDIS_MNEMONIC_XGETBV:
		return INSN_XGETBV;
	case ZYDIS_MNEMONIC_ENCLU:
		return z->length == 3 ? INSN_ENCLU : INSN_OTHER;
	default:
		return INSN_OTHER;
	}
}

/* The SDM's list, and UD2, which is #UD anywhere. */
static const ZydisMnemonic listed[] = {
	ZYDIS_MNEMONIC_CPUID,  ZYDIS_MNEMONIC_GETSEC,  ZYDIS_MNEMONIC_RDPMC,
	ZYDIS_MNEMONIC_SGDT,   ZYDIS_MNEMONIC_SIDT,    ZYDIS_MNEMONIC_SLDT,
	ZYDIS_MNEMONIC_STR,    ZYDIS_MNEMONIC_SMSW,    ZYDIS_MNEMONIC_VMCALL,
	ZYDIS_MNEMONIC_VMFUNC, ZYDIS_MNEMONIC_IN,      ZYDIS_MNEMONIC_INSB,
	ZYDIS_MNEMONIC_INSW,   ZYDIS_MNEMONIC_INSD,    ZYDIS_MNEMONIC_OUT,
	ZYDIS_MNEMONIC_OUTSB,  ZYDIS_MNEMONIC_OUTSW,   ZYDIS_MNEMONIC_OUTSD,
	ZYDIS_MNEMONIC_INT,    ZYDIS_MNEMONIC_IRET,    ZYDIS_MNEMONIC_IRETD,
	ZYDIS_MNEMONIC_IRETQ,  ZYDIS_MNEMONIC_LFS,     ZYDIS_MNEMONIC_LGS,
	ZYDIS_MNEMONIC_LSS,    ZYDIS_MNEMONIC_SYSCALL, ZYDIS_MNEMONIC_SYSENTER,
	ZYDIS_MNEMONIC_UD2,
};

static bool is_listed(ZydisMnemonic mnemonic)
{
	for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++)
		if (listed[i] == mnemonic)
			return true;
	return false;
}

static bool is_far(const ZydisDecodedInstruction *z)
{
	return (z->mnemonic == ZYDIS_MNEMONIC_CALL ||
		z->mnemonic == ZYDIS_MNEMONIC_JMP ||
		z->mnemonic == ZYDIS_MNEMONIC_RET) &&
	       z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
}

static bool loads_segment(const ZydisDecodedInstruction *z)
{
	if (z->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT)
		return z->mnemonic == ZYDIS_MNEMONIC_MOV && z->opcode == 0x8e;
	return z->opcode_map == ZYDIS_OPCODE_MAP_0F &&
	       z->mnemonic == ZYDIS_MNEMONIC_POP;
}

static bool reads_tsc(const ZydisDecodedInstruction *z)
{
	return z->mnemonic == ZYDIS_MNEMONIC_RDTSC ||
	       z->mnemonic == ZYDIS_MNEMONIC_RDTSCP;
}

bool insn_model(const uint8_t *byte, size_t n, struct insn_model *model)
{
	ZydisDecodedInstruction z;
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
			 ZYDIS_STACK_WIDTH_64);
	if (!ZYAN_SUCCESS(
		    ZydisDecoderDecodeInstruction(&decoder, NULL, byte, n, &z)))
		return false;
	*model = (struct insn_model){
		.length = z.length,
		.kind = kind_of(&z),
		.illegal = is_listed(z.mnemonic) || is_far(&z) ||
			   loads_segment(&z),
		.reads_tsc = reads_tsc(&z),
		.name = ZydisMnemonicGetString(z.mnemonic),
	};
	return true;
}
