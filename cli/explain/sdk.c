/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sgx_status_t of Intel's SDK, as far as a host can be its cause: what its
 * runtime makes of a fault or an errno, and what that was.
 */
#include "cli/explain/explain.h"

#define VERBOSE "`swsgx run -v` shows the call or the exception behind it"

/* clang-format off */
static const struct meaning statuses[] = {
	{ 0x0001, "SGX_ERROR_UNEXPECTED", "a call of the driver gave an errno "
	  "that the SDK does not expect, often EIO, or a service failed",
	  VERBOSE },
	{ 0x0002, "SGX_ERROR_INVALID_PARAMETER", "an argument of the SDK's "
	  "call is wrong", NULL },
	{ 0x0003, "SGX_ERROR_OUT_OF_MEMORY", "no memory, inside or outside",
	  "a larger HeapMaxSize in the enclave's configuration" },
	{ 0x0004, "SGX_ERROR_ENCLAVE_LOST", "EENTER faulted: the EPC was lost, "
	  "or the enclave is used in a child of fork()",
	  "destroy the enclave and create it again: `swsgx suspend` tests "
	  "that" },
	{ 0x1001, "SGX_ERROR_INVALID_FUNCTION", "the enclave has no ECALL of "
	  "that number", "host and enclave are of different builds" },
	{ 0x1003, "SGX_ERROR_OUT_OF_TCS", "all TCSs are in use",
	  "a larger TCSNum, or fewer threads" },
	{ 0x1006, "SGX_ERROR_ENCLAVE_CRASHED", "an exception inside that no "
	  "handler took, abort(), or a failed check in the enclave; every "
	  "later ECALL gives it, too", VERBOSE },
	{ 0x1007, "SGX_ERROR_ECALL_NOT_ALLOWED", "the ECALL is private, or "
	  "not in the OCALL's allow list", NULL },
	{ 0x1008, "SGX_ERROR_OCALL_NOT_ALLOWED", "OCALLs are not allowed "
	  "here, as in an exception handler", NULL },
	{ 0x1009, "SGX_ERROR_STACK_OVERRUN", "the enclave's stack is used up",
	  "a larger StackMaxSize" },
	{ 0x2001, "SGX_ERROR_INVALID_ENCLAVE", "the file is no signed enclave",
	  "`swsgx info FILE`" },
	{ 0x2003, "SGX_ERROR_INVALID_SIGNATURE", "INIT gave EPERM: the "
	  "signature or the measurement is wrong", "`swsgx info FILE`" },
	{ 0x2004, "SGX_ERROR_NDEBUG_ENCLAVE", "the enclave was signed without "
	  "DEBUG and is created with it", "SGX_DEBUG_FLAG 0, or sign for "
	  "debugging" },
	{ 0x2005, "SGX_ERROR_OUT_OF_EPC", "the driver gave ENOMEM",
	  "a larger --epc" },
	{ 0x2006, "SGX_ERROR_NO_DEVICE", "CPUID shows no SGX, or there is no "
	  "device", "run it with `swsgx run --`; `swsgx check`" },
	{ 0x2007, "SGX_ERROR_MEMORY_MAP_CONFLICT", "the address space has no "
	  "room where the enclave must be", NULL },
	{ 0x200e, "SGX_ERROR_MODE_INCOMPATIBLE", "the enclave is for another "
	  "mode: simulation and hardware, 32 and 64 bit",
	  "build with SGX_MODE=HW" },
	{ 0x2010, "SGX_ERROR_INVALID_MISC", "SIGSTRUCT asks for MISCSELECT "
	  "bits that the platform has not", "`swsgx info FILE`" },
	{ 0x3001, "SGX_ERROR_MAC_MISMATCH", "sealed data does not verify: it "
	  "was changed, or sealed on another platform or by another enclave",
	  "`swsgx run --platform DIR` keeps a platform" },
	{ 0x3002, "SGX_ERROR_INVALID_ATTRIBUTE", "ATTRIBUTES or XFRM are not "
	  "what the platform or the signer allows", VERBOSE },
	{ 0x3003, "SGX_ERROR_INVALID_CPUSVN", "sealed on another platform",
	  "`swsgx run --platform DIR` keeps a platform" },
	{ 0x3004, "SGX_ERROR_INVALID_ISVSVN", "sealed by a newer version of "
	  "the enclave", NULL },
	{ 0x4001, "SGX_ERROR_SERVICE_UNAVAILABLE", "AESM does not answer: "
	  "swsgx has no quoting service", NULL },
	{ 0, NULL, NULL, NULL },
};
/* clang-format on */

unsigned explain_sdk(struct report *report, const struct question *q)
{
	return explain_row(report, q, "intel-sdk", "status of Intel's SDK",
			   statuses);
}
