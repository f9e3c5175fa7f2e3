/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A call into the enclave, in the two ways there are, and what became of it.
 *
 * By the vDSO: __vdso_sgx_enter_enclave() returns, and says in its structure
 * that the processor refused.  By signal: an ENCLU of the program's own, as
 * older SDKs have it, where the refusal is a SIGSEGV.  A program needs only one
 * of them; this one shows both.
 */
#ifndef SWSGX_EXAMPLES_SERVICE_ENTRY_H
#define SWSGX_EXAMPLES_SERVICE_ENTRY_H

#include "examples/lib/enclave.h"

enum way { BY_VDSO, BY_SIGNAL };

enum outcome {
	DONE,   /* the enclave returned, with 0 */
	LOST,   /* the enclave's memory is gone: build another */
	FAILED, /* anything else, in enclave_error() */
};

/* Once for each process, before BY_SIGNAL.  0, or -1 with enclave_error(). */
int entry_catch_signals(void);

/* `tcs`: nobody else's.  *how (out) if LOST: where the processor said so. */
enum outcome entry_call(const struct enclave *e, unsigned tcs, enum way way,
			void *call, struct enclave_exit *how);

#endif
