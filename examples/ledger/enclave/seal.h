/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sealing: encrypting for this signer's enclaves on this platform.
 *
 * The key comes from the processor (EGETKEY, SEAL, by MRSIGNER), so a later
 * version of the enclave can open what an earlier one sealed; an enclave of
 * another signer, or on another machine, gets another key.  The processor does
 * not notice when an old file is put back; the entry number in the state lets
 * someone who remembers the last one do so.
 *
 * Source: SDM "EGETKEY", "Sealing".
 */
#ifndef SWSGX_EXAMPLES_LEDGER_ENCLAVE_SEAL_H
#define SWSGX_EXAMPLES_LEDGER_ENCLAVE_SEAL_H

#include "examples/ledger/protocol.h"

enum ledger_status seal(struct ledger_sealed *sealed,
			const uint8_t state[LEDGER_STATE]);
enum ledger_status unseal(const struct ledger_sealed *sealed,
			  uint8_t state[LEDGER_STATE]);

#endif
