/* SPDX-License-Identifier: BSD-3-Clause */
/* call.S, for enter.c. */
#ifndef SWSGX_EXAMPLES_LIB_CALL_H
#define SWSGX_EXAMPLES_LIB_CALL_H

#include "examples/lib/enclave.h"

/* Call `vdso` with *regs, keep what the psABI protects, update *regs. */
int enclave_call_vdso(vdso_sgx_enter_enclave_t vdso, uint32_t function,
		      struct enclave_regs *regs, struct sgx_enclave_run *run);

#endif
