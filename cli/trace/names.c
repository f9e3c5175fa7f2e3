/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/trace/names.h. */
#include "cli/trace/names.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"
#include "process/rt/lp/why_names.h"

void put_flags(FILE *out, uint64_t value, const struct flag *flags,
	       const char *none)
{
	const char *before = "";

	if (!value)
		fputs(none, out);
	for (; flags->bit; flags++) {
		if (!(value & flags->bit))
			continue;
		fprintf(out, "%s%s", before, flags->name);
		before = "|";
		value &= ~flags->bit;
	}
	if (value)
		fprintf(out, "%s0x%" PRIx64, before, value);
}

void put_bytes(FILE *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%02x", bytes[i]);
}

void put_id(FILE *out, const uint8_t *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && !bytes[i])
		i++;
	if (i == n)
		fputc('0', out);
	else
		put_bytes(out, bytes, n);
}

void put_rwx(FILE *out, uint64_t prot)
{
	fprintf(out, "%c%c%c", prot & 1 ? 'r' : '-', prot & 2 ? 'w' : '-',
		prot & 4 ? 'x' : '-');
}

void put_attributes(FILE *out, uint64_t attributes)
{
	static const struct flag flags[] = {
		{ SGX_ATTR_INIT, "INIT" },
		{ SGX_ATTR_DEBUG, "DEBUG" },
		{ SGX_ATTR_MODE64BIT, "MODE64BIT" },
		{ SGX_ATTR_PROVISIONKEY, "PROVISIONKEY" },
		{ SGX_ATTR_EINITTOKENKEY, "EINITTOKENKEY" },
		{ SGX_ATTR_CET, "CET" },
		{ SGX_ATTR_KSS, "KSS" },
		{ SGX_ATTR_AEXNOTIFY, "AEXNOTIFY" },
		{ 0, NULL },
	};

	put_flags(out, attributes, flags, "0");
}

void put_xfrm(FILE *out, uint64_t xfrm)
{
	static const struct flag flags[] = {
		{ 1u << 0, "X87" },       { 1u << 1, "SSE" },
		{ 1u << 2, "AVX" },       { 1u << 3, "BNDREGS" },
		{ 1u << 4, "BNDCSR" },    { 1u << 5, "OPMASK" },
		{ 1u << 6, "ZMM_HI256" }, { 1u << 7, "HI16_ZMM" },
		{ 1u << 9, "PKRU" },      { 1u << 17, "TILECFG" },
		{ 1u << 18, "TILEDATA" }, { 0, NULL },
	};

	put_flags(out, xfrm, flags, "0");
}

void put_miscselect(FILE *out, uint64_t miscselect)
{
	static const struct flag flags[] = { { 1, "EXINFO" },
					     { 2, "CPINFO" },
					     { 0, NULL } };

	put_flags(out, miscselect, flags, "0");
}

void put_page_type(FILE *out, uint64_t type)
{
	const char *name = why_page_type(type);

	if (name)
		fputs(name, out);
	else
		fprintf(out, "%" PRIu64, type);
}

void put_secinfo(FILE *out, uint64_t flags)
{
	static const struct flag names[] = {
		{ SGX_SECINFO_R, "R" },
		{ SGX_SECINFO_W, "W" },
		{ SGX_SECINFO_X, "X" },
		{ SGX_SECINFO_PENDING, "PENDING" },
		{ SGX_SECINFO_MODIFIED, "MODIFIED" },
		{ SGX_SECINFO_PR, "PR" },
		{ 0, NULL },
	};
	uint64_t rest = flags & ~SGX_SECINFO_PAGE_TYPE_MASK;

	put_page_type(out, (flags & SGX_SECINFO_PAGE_TYPE_MASK) >>
				   SGX_SECINFO_PAGE_TYPE_SHIFT);
	if (rest)
		fputc('|', out);
	put_flags(out, rest, names, "");
}

void put_error_code(FILE *out, uint32_t code)
{
	static const struct flag flags[] = {
		{ PF_PROT, "PRESENT" }, { PF_WRITE, "WRITE" },
		{ PF_USER, "USER" },    { PF_RSVD, "RSVD" },
		{ PF_INSTR, "INSTR" },  { PF_PK, "PK" },
		{ PF_SGX, "SGX" },      { 0, NULL },
	};

	fprintf(out, "err=0x%x ", code);
	put_flags(out, code, flags, "0");
}

void put_code(FILE *out, uint64_t code)
{
	const char *name = why_code((uint32_t)code);

	if (name && code <= UINT32_MAX)
		fputs(name, out);
	else
		fprintf(out, "%" PRIu64, code);
}

void put_errno(FILE *out, int64_t result)
{
	const char *name = NULL;

	if (result < 0 && result >= -4095) {
		name = result == -512 ? "ERESTARTSYS" :
					strerrorname_np((int)-result);
		fputs("-1 ", out);
		if (name)
			fputs(name, out);
		else
			fprintf(out, "%" PRId64, -result);
	} else {
		fprintf(out, "%" PRId64, result);
	}
}

static const struct {
	int sig, code;
	const char *name;
} codes[] = {
	{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" },
	{ SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR" },
	{ SIGSEGV, SEGV_PKUERR, "SEGV_PKUERR" },
	{ SIGSEGV, SI_KERNEL, "SI_KERNEL" },
	{ SIGBUS, BUS_ADRALN, "BUS_ADRALN" },
	{ SIGBUS, BUS_ADRERR, "BUS_ADRERR" },
	{ SIGILL, ILL_ILLOPC, "ILL_ILLOPC" },
	{ SIGILL, ILL_ILLOPN, "ILL_ILLOPN" },
	{ SIGFPE, FPE_INTDIV, "FPE_INTDIV" },
	{ SIGFPE, FPE_FLTINV, "FPE_FLTINV" },
	{ SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT" },
	{ SIGTRAP, TRAP_TRACE, "TRAP_TRACE" },
	{ SIGTRAP, SI_KERNEL, "SI_KERNEL" },
};

void put_signal(FILE *out, int sig, int code)
{
	const char *name = sigabbrev_np(sig);

	if (name)
		fprintf(out, "SIG%s ", name);
	else
		fprintf(out, "signal %d ", sig);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].sig != sig || codes[i].code != code)
			continue;
		fputs(codes[i].name, out);
		return;
	}
	fprintf(out, "si_code=%d", code);
}
