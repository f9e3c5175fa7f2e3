/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave that writes where it is told, and can be helped over a write
 * that faulted: entered again, it makes the interrupted thread skip it.
 * Source: SDM "Enclave Exiting Events", "GPRSGX Region".
 */
#include "examples/demo/probe.h"
#include "examples/lib/trts.h"

static uint64_t own_page[512] __attribute__((aligned(4096)));

/* Writes value to *addr.  Returns 1; or 0 if sent to probe_skip. */
uint64_t probe_write(uint64_t addr, uint64_t value) TRTS_HIDDEN;
extern const uint8_t probe_skip[] TRTS_HIDDEN;

__asm__(".text\n"
	"	.type probe_write, @function\n"
	"probe_write:\n"
	"	mov	%rsi, (%rdi)\n"
	"	mov	$1, %eax\n"
	"	ret\n"
	"probe_skip:\n"
	"	xor	%eax, %eax\n"
	"	ret\n"
	"	.size probe_write, . - probe_write\n"
	"	.hidden probe_write, probe_skip\n"
	"	.global probe_write, probe_skip\n");

uint64_t enclave_main(void *arg)
{
	struct probe *out = arg;
	struct probe probe;

	if (!trts_is_outside(arg, sizeof(probe)))
		return 1;
	__builtin_memcpy(&probe, arg, sizeof(probe));
	probe.page = (uint64_t)(uintptr_t)own_page;
	if (!probe.addr)
		probe.addr = probe.page;
	out->page = probe.page;
	out->completed = probe_write(probe.addr, probe.value);
	return 0;
}

/* EENTER while interrupted: let ERESUME go on behind the write. */
uint64_t enclave_exception(void *arg, struct gprsgx *frame, unsigned cssa)
{
	(void)arg;
	(void)cssa;
	if (frame->rip != (uint64_t)(uintptr_t)probe_write)
		return 1;
	frame->rip = (uint64_t)(uintptr_t)probe_skip;
	return 0;
}
