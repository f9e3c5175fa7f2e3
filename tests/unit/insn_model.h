/* SPDX-License-Identifier: BSD-3-Clause */
/* What a whole decoder says of an instruction: the model of the small one. */
#ifndef SWSGX_TESTS_UNIT_INSN_MODEL_H
#define SWSGX_TESTS_UNIT_INSN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct insn_model {
	unsigned int length;
	unsigned int kind; /* enum insn_kind */
	bool illegal;      /* in an enclave, on a processor with SGX2 */
	bool reads_tsc;    /* illegal without SGX2 */
	const char *name;
};

/* False: no instruction, or not all of it is in the n bytes. */
bool insn_model(const uint8_t *byte, size_t n, struct insn_model *model);

#endif
