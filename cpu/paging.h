/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Encryption of the pages that leave the EPC: AES-128-GCM with the package's
 * paging key.  The IV is a version, which EWB also puts into a slot of a
 * version array in the EPC.  So a page can be loaded once, and no older page
 * can be loaded in its place.
 *
 * Source: SDM "EWB", "ELDB/ELDU", Operation; "Version Array (VA)".
 */
#ifndef SWSGX_CPU_PAGING_H
#define SWSGX_CPU_PAGING_H

#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"

/*
 * Versions differ above their three low bits, because EDBGRD ignores those
 * when it looks whether a slot is in use.
 */
#define PAGING_VERSION_STEP 8

/*
 * The MAC header: what is authenticated beside the page.
 * DEVIATION DC21: the SDM names its fields; the places are ours.
 */
struct paging_header {
	uint64_t eid; /* of a child's enclave; else 0 */
	uint64_t linaddr;
	struct sgx_secinfo secinfo;
	uint8_t reserved[40]; /* PCMD's */
	uint8_t padding[8];
};
_Static_assert(sizeof(struct paging_header) == 128, "MAC header size");

/* A version that no page had before, and not 0. */
uint64_t paging_new_version(struct package *package);

/* Encrypt the page `from` to `to`, which may be the same. */
void paging_seal(const struct package *package, uint64_t version,
		 const struct paging_header *header, const void *from, void *to,
		 uint8_t mac[16]);

/* Decrypt it.  False: the MAC is wrong, and nothing has been written. */
bool paging_open(const struct package *package, uint64_t version,
		 const struct paging_header *header, const void *from, void *to,
		 const uint8_t mac[16]);

#endif
