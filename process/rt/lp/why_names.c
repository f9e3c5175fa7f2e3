/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What errnos, ioctls, leaves, codes, vectors, page types and some instructions
 * are called.
 */
#include <asm/errno.h>
#include <asm/sgx.h>

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"
#include "process/rt/lp/instruction.h"
#include "process/rt/lp/why_names.h"

struct name {
	uint32_t number;
	const char *name;
};

/* clang-format off */
#define NAME(number)		{ (number), #number }
#define VECTOR(number)		{ VECTOR_##number, "#" #number }
#define NAMED(names)		(sizeof(names) / sizeof((names)[0]))
#define FIND(names, number)	find(names, NAMED(names), number)

static const struct name errnos[] = {
	NAME(EPERM), NAME(EINTR), NAME(EIO), NAME(EBADF), NAME(EAGAIN),
	NAME(ENOMEM), NAME(EACCES), NAME(EFAULT), NAME(EBUSY), NAME(EEXIST),
	NAME(ENODEV), NAME(EINVAL), NAME(EMFILE), NAME(ENOTTY),
	NAME(EOVERFLOW), NAME(EOPNOTSUPP), NAME(ETIME),
};

static const struct name ioctls[] = {
	NAME(SGX_IOC_ENCLAVE_CREATE),
	NAME(SGX_IOC_ENCLAVE_ADD_PAGES),
	NAME(SGX_IOC_ENCLAVE_INIT),
	NAME(SGX_IOC_ENCLAVE_PROVISION),
	NAME(SGX_IOC_VEPC_REMOVE_ALL),
	NAME(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS),
	NAME(SGX_IOC_ENCLAVE_MODIFY_TYPES),
	NAME(SGX_IOC_ENCLAVE_REMOVE_PAGES),
};

static const struct name codes[] = {
	NAME(SGX_INVALID_SIG_STRUCT), NAME(SGX_INVALID_ATTRIBUTE),
	NAME(SGX_BLKSTATE), NAME(SGX_INVALID_MEASUREMENT),
	NAME(SGX_NOTBLOCKABLE), NAME(SGX_PG_INVLD),
	NAME(SGX_EPC_PAGE_CONFLICT), NAME(SGX_INVALID_SIGNATURE),
	NAME(SGX_MAC_COMPARE_FAIL), NAME(SGX_PAGE_NOT_BLOCKED),
	NAME(SGX_NOT_TRACKED), NAME(SGX_VA_SLOT_OCCUPIED),
	NAME(SGX_CHILD_PRESENT), NAME(SGX_ENCLAVE_ACT),
	NAME(SGX_ENTRYEPOCH_LOCKED), NAME(SGX_INVALID_EINITTOKEN),
	NAME(SGX_PREV_TRK_INCMPL), NAME(SGX_PG_IS_SECS),
	NAME(SGX_PAGE_ATTRIBUTES_MISMATCH), NAME(SGX_PAGE_NOT_MODIFIABLE),
	NAME(SGX_PAGE_NOT_DEBUGGABLE), NAME(SGX_INVALID_CPUSVN),
	NAME(SGX_INVALID_ISVSVN), NAME(SGX_UNMASKED_EVENT),
	NAME(SGX_INVALID_KEYNAME),
};

static const struct name vectors[] = {
	VECTOR(DE), VECTOR(DB), VECTOR(BP), VECTOR(BR), VECTOR(UD),
	VECTOR(GP), VECTOR(PF), VECTOR(MF), VECTOR(AC), VECTOR(XM),
};

static const struct name page_types[] = {
	NAME(PT_SECS), NAME(PT_TCS), NAME(PT_REG), NAME(PT_VA), NAME(PT_TRIM),
	NAME(PT_SS_FIRST), NAME(PT_SS_REST),
};

/* By the leaf's number. */
static const char *const encls_leaves[] = {
	"ECREATE", "EADD", "EINIT", "EREMOVE", "EDBGRD", "EDBGWR", "EEXTEND",
	"ELDB", "ELDU", "EBLOCK", "EPA", "EWB", "ETRACK", "EAUG", "EMODPR",
	"EMODT",
};

static const char *const enclu_leaves[] = {
	"EREPORT", "EGETKEY", "EENTER", "ERESUME", "EEXIT", "EACCEPT",
	"EMODPE", "EACCEPTCOPY", "EVERIFYREPORT2", "EDECCSSA",
};
/* clang-format on */

static const char *find(const struct name *names, uint32_t n, uint32_t number)
{
	for (uint32_t i = 0; i < n; i++) {
		if (names[i].number == number)
			return names[i].name;
	}
	return NULL;
}

const char *why_errno(long number)
{
	return FIND(errnos, (uint32_t)(number < 0 ? -number : number));
}

const char *why_ioctl(uint32_t cmd)
{
	return FIND(ioctls, cmd);
}

const char *why_encls(uint32_t leaf)
{
	return leaf < NAMED(encls_leaves) ? encls_leaves[leaf] : NULL;
}

const char *why_enclu(uint32_t leaf)
{
	return leaf < NAMED(enclu_leaves) ? enclu_leaves[leaf] : NULL;
}

const char *why_code(uint32_t code)
{
	return FIND(codes, code);
}

const char *why_vector(uint8_t vector)
{
	return FIND(vectors, vector);
}

const char *why_page_type(uint64_t pt)
{
	return FIND(page_types, (uint32_t)pt);
}

/* clang-format off */
static const struct name two_byte[] = {
	{ 0x05, "SYSCALL" }, { 0x0b, "UD2" }, { 0x31, "RDTSC" },
	{ 0x33, "RDPMC" }, { 0x34, "SYSENTER" }, { 0xa2, "CPUID" },
};

static const struct name one_byte[] = {
	{ 0x6c, "INS" }, { 0x6d, "INS" }, { 0x6e, "OUTS" }, { 0x6f, "OUTS" },
	{ 0xcc, "INT3" }, { 0xcd, "INT n" }, { 0xe4, "IN" }, { 0xe5, "IN" },
	{ 0xe6, "OUT" }, { 0xe7, "OUT" }, { 0xec, "IN" }, { 0xed, "IN" },
	{ 0xee, "OUT" }, { 0xef, "OUT" }, { 0xf1, "INT1" },
};
/* clang-format on */

static bool is_prefix(uint8_t byte)
{
	return byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3 ||
	       (byte & 0xf0) == 0x40;
}

const char *why_instruction(const struct instruction *insn)
{
	const uint8_t *byte = insn->byte;

	while (byte < insn->byte + INSN_MAX - 3 && is_prefix(*byte))
		byte++;
	if (byte[0] != 0x0f)
		return FIND(one_byte, byte[0]);
	if (byte[1] == 0x01 && byte[2] == 0xf9)
		return "RDTSCP";
	return FIND(two_byte, byte[1]);
}
