/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exceptions in an enclave: EXITINFO of an SSA frame, and vectors as the vDSO
 * and REG_TRAPNO give them.  SDM "EXITINFO"; Linux 6.1 arch/x86/kernel/traps.c.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/explain/explain.h"
#include "cpu/sgx_arch.h"

/* clang-format off */
static const struct meaning vectors[] = {
	{ 0, "#DE", "a division by zero, or whose result does not fit; "
	  "SIGFPE outside of the vDSO", NULL },
	{ 1, "#DB", "a single step or a breakpoint of the debug registers; "
	  "SIGTRAP, never reported through the vDSO", NULL },
	{ 3, "#BP", "an INT3; SIGTRAP, never reported through the vDSO",
	  "an INT3 that you did not write is a debugger's breakpoint" },
	{ 5, "#BR", "BOUND or MPX found an index out of range; SIGSEGV", NULL },
	{ 6, "#UD", "an instruction that does not exist, or that an enclave "
	  "may not execute (CPUID, SYSCALL, RDTSC under some conditions, IN, "
	  "OUT, far jumps); SIGILL outside of the vDSO",
	  "`swsgx run -v` shows the instruction's bytes and place. "
	  "SDM \"Intel SGX Interactions with the rest of the architecture\" "
	  "has the list" },
	{ 13, "#GP", "a general protection fault: a leaf's operand is wrong "
	  "(alignment, a busy TCS, no SSA frame left), an address is not "
	  "canonical, a fetch left ELRANGE, or an SGX1 processor's EPCM "
	  "refused an access; SIGSEGV with SI_KERNEL and no address",
	  "`swsgx run -v` names the check" },
	{ 14, "#PF", "a page fault; SIGSEGV or SIGBUS outside of the vDSO",
	  "explain its error code, too" },
	{ 16, "#MF", "an unmasked exception of x87; SIGFPE", NULL },
	{ 17, "#AC", "a misaligned access while RFLAGS.AC is set; SIGBUS",
	  "RFLAGS.AC of the caller is in force inside as well" },
	{ 19, "#XM", "an unmasked exception of SSE or AVX; SIGFPE",
	  "MXCSR of the caller is in force inside as well" },
	{ 21, "#CP", "control-flow enforcement: a return or a branch went "
	  "where it may not", NULL },
	{ 0, NULL, NULL, NULL },
};

unsigned explain_exception(struct report *report, const struct question *q)
{
	return explain_row(report, q, "exception", "exception vector",
			   vectors);
}

static const struct meaning functions[] = {
	{ ENCLU_EENTER, "EENTER", "EENTER itself faulted; the enclave did not "
	  "run. With vector 14 and PF_SGX in the error code the enclave is "
	  "lost", "explain the vector and the error code, too" },
	{ ENCLU_ERESUME, "ERESUME", "an exception in the enclave, or ERESUME "
	  "itself faulted", "explain the vector and the error code, too" },
	{ ENCLU_EEXIT, "EEXIT", "the enclave left by itself; the exception "
	  "fields are those of an earlier time", NULL },
	{ 0, NULL, NULL, NULL },
};
/* clang-format on */

unsigned explain_function(struct report *report, const struct question *q)
{
	return explain_row(report, q, "vdso-function",
			   "function of struct sgx_enclave_run", functions);
}

#define VALID      (UINT64_C(1) << 31)
#define VECTOR     UINT64_C(0xff)
#define TYPE       UINT64_C(0x700)
#define TYPE_SHIFT 8

static const char *type_name(uint64_t type)
{
	if (type == 3)
		return "hardware exception";
	return type == 6 ? "software exception (INT3, INTO)" : "reserved type";
}

unsigned explain_exitinfo(struct report *report, const struct question *q)
{
	uint64_t n = q->number, type = (n & TYPE) >> TYPE_SHIFT;
	const struct question vector = { q->text, true, n & VECTOR };
	char title[128];

	if (!q->is_number || n & ~(VALID | VECTOR | TYPE) || !(n & VALID))
		return 0;
	snprintf(title, sizeof(title),
		 "EXITINFO of an SSA frame: vector %" PRIu64 ", %s", n & VECTOR,
		 type_name(type));
	explain_begin(report, q, "exitinfo", title);
	report_number(report, "vector", "vector", n & VECTOR);
	report_number(report, "exit_type", "exit type", type);
	report_truth(report, "valid", "valid", n & VALID, NULL);
	explain_means(report,
		      "the exception that made the thread leave; only "
		      "those that the SDM lists are reported here, #PF and #GP "
		      "only with MISCSELECT.EXINFO",
		      NULL);
	return 1 + explain_exception(report, &vector);
}
