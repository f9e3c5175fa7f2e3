/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of places in enclaves, by the symbols of the ELF file that an enclave
 * was built from: one that the user names, or one that the program has mapped
 * or open as it initialises the enclave, if it is signed for that MRENCLAVE.
 */
#ifndef SWSGX_CLI_TRACE_SYMBOLS_H
#define SWSGX_CLI_TRACE_SYMBOLS_H

#include <stdint.h>
#include <stdio.h>

#include "process/tape_records.h"

struct symbols;

/*
 * `spec`: FILE or FILE@OFFSET, where address 0 of the file lies in the enclave;
 * NULL: files are looked for.  NULL after a complaint.  It lives as long as the
 * process.
 */
struct symbols *symbols_new(const char *spec);

/* A call that may have made an enclave. */
void symbols_ioctl(struct symbols *s, const struct tape_ioctl *r);

/* " <name+offset>" of a place in the enclave at base, if it has a name. */
void symbols_put(struct symbols *s, FILE *out, uint32_t pid, uint64_t base,
		 uint64_t offset);

#endif
