/* SPDX-License-Identifier: BSD-3-Clause */
/* Entering through the vDSO, from C. */
#include <errno.h>
#include <string.h>

#include "examples/lib/call.h"
#include "examples/lib/enclave.h"

int enclave_vdso_enter(struct sgx_enclave_run *run, uint32_t function,
		       struct enclave_regs *regs)
{
	static vdso_sgx_enter_enclave_t found;
	vdso_sgx_enter_enclave_t vdso = __atomic_load_n(&found,
							__ATOMIC_RELAXED);

	if (!vdso) {
		vdso = enclave_vdso();
		__atomic_store_n(&found, vdso, __ATOMIC_RELAXED);
	}
	if (!vdso)
		return -ENOSYS;
	return enclave_call_vdso(vdso, function, regs, run);
}

int enclave_enter_function(const struct enclave *e, unsigned tcs,
			   uint32_t function, uint64_t arg,
			   struct enclave_exit *exit)
{
	struct sgx_enclave_run run = { .tcs = e->tcs[tcs] };
	struct enclave_regs regs = { .rdi = arg };
	int ret = enclave_vdso_enter(&run, function, &regs);

	memset(exit, 0, sizeof(*exit));
	exit->function = run.function;
	if (run.function == ENCLU_EEXIT) {
		exit->result = regs.rdi;
	} else {
		exit->vector = run.exception_vector;
		exit->error_code = run.exception_error_code;
		exit->addr = run.exception_addr;
	}
	return ret;
}
