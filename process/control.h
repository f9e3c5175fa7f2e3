/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program asks of the runtime it lives on, through libswsgx: an ioctl()
 * on no descriptor (-1).  Without swsgx, on real hardware too, the kernel
 * answers it with EBADF and looks no further.
 */
#ifndef SWSGX_PROCESS_CONTROL_H
#define SWSGX_PROCESS_CONTROL_H

#include <stdint.h>

#define RT_CONTROL   0xc000a4e0u /* type 0xA4, as SGX_IOC_ENCLAVE_* */
#define RT_KNOCK     0x0000a4e1u /* the runtime's: host/knock.c */
#define RT_SPEC_SIZE 40

enum rt_control_call {
	RT_CONTROL_PRESENT,
	RT_CONTROL_LOSE_EPC,
	RT_CONTROL_MIGRATE,
	RT_CONTROL_EVICT,
	RT_CONTROL_COUNTERS,
	RT_CONTROL_NEXT_FAULT,
};

/* Over the whole run, from its start, but for the last four: at present. */
struct rt_counters {
	uint64_t eenter, eexit, eresume, aex, fault, ioctl;
	uint64_t ewb, eldu, eaug;
	uint64_t epc_losses, migrations, interrupts, evictions;
	uint64_t epc_pages, epc_free, enclaves, threads;
};

struct rt_control {
	uint32_t call;       /* enum rt_control_call */
	uint32_t has_cpusvn; /* MIGRATE */
	uint8_t cpusvn[16];
	uint64_t addr, len;          /* EVICT */
	char spec[RT_SPEC_SIZE];     /* NEXT_FAULT: EVENT@WHEN */
	struct rt_counters counters; /* COUNTERS: the answer */
};

#endif
