/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sealing, for inside an enclave: encrypting for this signer's enclaves on
 * this platform.
 *
 * The key comes from the processor (EGETKEY, SEAL, by MRSIGNER), so a later
 * version of the enclave can open what an earlier one sealed; an enclave of
 * another signer, or on another machine, gets another key.  The processor does
 * not notice when an old copy is put back: that takes a number in the state,
 * and someone outside who remembers the last one.
 *
 * Source: SDM "EGETKEY", "Sealing".
 */
#ifndef SWSGX_EXAMPLES_LIB_TRTS_SEAL_H
#define SWSGX_EXAMPLES_LIB_TRTS_SEAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * What lies before the ciphertext, in the clear and authenticated: which key
 * to ask EGETKEY for.
 */
struct seal_header {
	uint8_t magic[8]; /* whose state this is */
	uint8_t cpusvn[16];
	uint8_t keyid[32]; /* random: every seal has a key of its own */
	uint16_t isvsvn;
	uint8_t reserved[6];
};
_Static_assert(sizeof(struct seal_header) == 64, "as on disk");

enum seal_status {
	SEAL_OK = 0,
	SEAL_BROKEN,     /* altered, or of another platform or signer */
	SEAL_NO_ENTROPY, /* RDRAND gave nothing */
	SEAL_NO_KEY,     /* EGETKEY refused */
};

/* Fills in *header, sealed[n] and tag. */
enum seal_status seal(struct seal_header *header, const char magic[8],
		      const void *state, void *sealed, size_t n,
		      uint8_t tag[16]);
/* state[n] is untouched unless this returns SEAL_OK. */
enum seal_status unseal(const struct seal_header *header, const char magic[8],
			const void *sealed, void *state, size_t n,
			const uint8_t tag[16]);

#endif
