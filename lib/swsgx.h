/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libswsgx: a test's own code makes events happen to the SGX platform that it
 * runs on under `swsgx run`.  See swsgx(3).
 *
 * Each function returns 0 (or what it says), or a negative errno.  Without
 * swsgx, on real hardware too, it only returns -ENODEV.  Any thread may call
 * them, and signal handlers, but not code inside an enclave.  They do not
 * change errno.
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
 * Lose the EPC.  When this returns, the threads that were inside an enclave
 * have left it, and no enclave of the run can be entered any more.
 */
int swsgx_lose_epc(void);

/*
 * The same, and the platform becomes another one, so sealed data does not open
 * any more.  cpusvn: 16 bytes for the new platform; NULL: as before.
 */
int swsgx_migrate(const uint8_t *cpusvn);

/*
 * Write pages of enclaves in [addr, addr + len) out of the EPC, as far as that
 * is possible.  -EFAULT: no enclave is mapped there.
 */
int swsgx_evict(const void *addr, size_t len);

/*
 * Make EVENT happen once at WHEN, counted from now: "epc-loss@eenter=1" means
 * the next EENTER.  The words are those of --inject in swsgx-run(1), without
 * every= and random=.  -EINVAL: it is no such text; -ENOSPC: 64 are pending.
 */
int swsgx_next_fault(const char *event_at_when);

/*
 * Counted over all processes of the run since it started.  Set `size` to
 * sizeof(struct swsgx_counters) before the call.  New versions add fields at
 * the end: fields that the structure has no room for are left out, fields that
 * swsgx does not know are 0.
 */
struct swsgx_counters {
	uint64_t size;
	uint64_t eenter, eexit, eresume; /* executed, faults included */
	uint64_t aex;
	uint64_t fault; /* exceptions that programs were told of */
	uint64_t ioctl; /* on enclaves */
	uint64_t ewb, eldu, eaug;
	uint64_t epc_losses, migrations, interrupts, evictions;
	/* At present: */
	uint64_t epc_pages, epc_free; /* the EPC's size, in pages */
	uint64_t enclaves;
	uint64_t threads; /* inside an enclave */
};
int swsgx_counters(struct swsgx_counters *counters);

#ifdef __cplusplus
}
#endif

#endif
