/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC is lost while the user handler of __vdso_sgx_enter_enclave() runs:
 * the EENTER that it asks for then faults, and the handler is called again
 * with that.  Linux: <asm/sgx.h> sgx_enclave_user_handler_t.
 */
#include <stddef.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"
#include "tests/soak/scene.h"

#define ENTRIES 20    /* by one call of the vDSO's function */
#define SPINS   20000 /* the handler's own work */

static struct request request;
static unsigned entries;

static void prepare(void)
{
	request = (struct request){ .op = OP_NOP };
}

/* Returns what the handler is to return. */
__attribute__((used)) static int after_exit(const struct sgx_enclave_run *run)
{
	volatile unsigned i;

	if (run->function != ENCLU_EEXIT)
		return 0;
	CHECK_EQ(request.done, OP_DONE);
	scene_rounds++;
	if (++entries == ENTRIES)
		return 0;
	for (i = 0; i < SPINS; i++)
		;
	prepare();
	return ENCLU_EENTER;
}

/*
 * Enters with the registers that the handler returns with, so RDI is to be the
 * request again, which C cannot promise.
 */
int handler(long rdi, long rsi, long rdx, long rsp, long r8, long r9,
	    struct sgx_enclave_run *run);
__asm__(".text\n"
	"handler:\n"
	"	mov	8(%rsp), %rdi\n"
	"	sub	$8, %rsp\n"
	"	call	after_exit\n"
	"	add	$8, %rsp\n"
	"	lea	request(%rip), %rdi\n"
	"	ret\n");

static bool call(const struct enclave *e)
{
	struct sgx_enclave_run run = {
		.tcs = e->tcs[0],
		.user_handler = (uint64_t)(uintptr_t)handler,
	};
	struct enclave_regs regs = { .rdi = (uint64_t)(uintptr_t)&request };
	struct enclave_exit exit;

	prepare();
	entries = 0;
	CHECK_EQ(enclave_vdso_enter(&run, ENCLU_EENTER, &regs), 0);
	if (run.function == ENCLU_EEXIT)
		return CHECK_EQ(entries, ENTRIES);
	exit = (struct enclave_exit){
		.function = run.function,
		.vector = run.exception_vector,
		.error_code = run.exception_error_code,
	};
	if (!scene_is_loss(&exit))
		return false;
	if (run.function == ENCLU_ERESUME)
		scene_hit(INSIDE);
	else
		scene_hit(entries ? IN_HANDLER : AT_EENTER);
	return false;
}

void scene_handler(void)
{
	struct enclave e;

	while (scene_build(&e)) {
		while (scene_goes_on() && call(&e))
			;
		enclave_destroy(&e);
	}
}
