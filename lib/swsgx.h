/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libswsgx: what a test's own code can have happen to the SGX platform that it
 * runs on under `swsgx run`.  See swsgx(3).
 *
 * Each function returns 0 (or what it says), or a negative errno.  Without
 * swsgx, on real hardware too, they do nothing but return -ENODEV.  They may be
 * called from any thread, and from signal handlers, but not from inside an
 * enclave.  errno is left alone.
 */
#ifndef SWSGX_LIB_SWSGX_H
#define SWSGX_LIB_SWSGX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 1 under swsgx, else 0. */
int swsgx_present(void);

/*
 * The EPC is lost, now: when this returns, threads that were inside an enclave
 * have left it, and every enclave of the run is gone.
 */
int swsgx_lose_epc(void);

/*
 * The same, and the platform is another one: sealed data does not open any
 * more.  cpusvn: the new platform's, 16 bytes; NULL: as before.
 */
int swsgx_migrate(const uint8_t *cpusvn);

/*
 * Pages of enclaves in [addr, addr + len) are written out of the EPC, as far as
 * they can leave.  -EFAULT: no enclave is mapped there.
 */
int swsgx_evict(const void *addr, size_t len);

/*
 * Have EVENT happen once at WHEN, counted from now: "epc-loss@eenter=1" is the
 * next EENTER.  As swsgx-run(1) has it for --inject, but for every= and
 * random=.  -EINVAL: it is no such text; -ENOSPC: 64 are pending already.
 */
int swsgx_next_fault(const char *event_at_when);

/*
 * Counted over all processes of the run since it started.  New fields come at
 * the end: set `size` to sizeof(struct swsgx_counters) before the call; what
 * the caller's structure has no room for is left out, what swsgx does not know
 * is 0.
 */
struct swsgx_counters {
	uint64_t size;
	uint64_t eenter, eexit, eresume;	/* executed, faults included */
	uint64_t aex;
	uint64_t fault;		/* exceptions that programs were told of */
	uint64_t ioctl;		/* on enclaves */
	uint64_t ewb, eldu, eaug;
	uint64_t epc_losses, migrations, interrupts, evictions;
	/* At present: */
	uint64_t epc_pages, epc_free;	/* the EPC's size, in pages */
	uint64_t enclaves;
	uint64_t threads;		/* inside an enclave */
};
int swsgx_counters(struct swsgx_counters *counters);

#ifdef __cplusplus
}
#endif

#endif
