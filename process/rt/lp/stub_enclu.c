/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stub of an ENCLU in an enclave.  EEXIT to behind the vDSO's ENCLU goes on
 * in plain.S, where it is done without a trap; all else comes to an INT3.  To
 * be told from the rest it must have RAX 4 and RBX that address: what is known
 * need not be kept.  XCHG, LEA and JRCXZ leave the flags.
 */
#include "cpu/mem.h"
#include "process/rt/base/params.h"
#include "process/rt/lp/plain.h"
#include "process/rt/lp/stub_emit.h"

static void put(struct stub_emit *e, enum stub_phase phase, const char *bytes,
		unsigned int n)
{
	stub_put(e, phase, bytes, n);
}
#define PUT(e, phase, bytes) put(e, phase, bytes, sizeof(bytes) - 1)

static void put_quad(struct stub_emit *e, enum stub_phase phase,
		     const char *opcode, unsigned int n, uint64_t value)
{
	uint8_t bytes[16];

	memcpy(bytes, opcode, n);
	memcpy(bytes + n, &value, sizeof(value));
	stub_put(e, phase, bytes, n + (unsigned int)sizeof(value));
}

void stub_enclu(struct stub_emit *e)
{
	PUT(e, STUB_SAME, "\x48\x91");                 /* xchg %rax, %rcx */
	PUT(e, STUB_SWAPPED, "\x48\x8d\x49\xfc");      /* lea -4(%rcx), %rcx */
	PUT(e, STUB_SWAPPED_LESS, "\xe3\x07");         /* jrcxz */
	PUT(e, STUB_SWAPPED_LESS, "\x48\x8d\x49\x04"); /* lea 4(%rcx), %rcx */
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
	/* RCX = RBX - the address */
	put_quad(e, STUB_SWAPPED_LESS, "\x48\xb9", 2, -rt_plain_out_to());
	PUT(e, STUB_SWAPPED_LOST, "\x48\x8d\x0c\x0b");
	PUT(e, STUB_SWAPPED_LOST, "\xe3\x08");       /* jrcxz */
	PUT(e, STUB_SWAPPED_LOST, "\xb9\x04\0\0\0"); /* mov $4, %ecx */
	PUT(e, STUB_SWAPPED, "\x48\x91");
	PUT(e, STUB_SAME, "\xcc");
	put_quad(e, STUB_SWAPPED_LOST, "\xff\x25\0\0\0\0", 6,
		 (uint64_t)rt_plain_out_start); /* jmp *0(%rip) */
}
