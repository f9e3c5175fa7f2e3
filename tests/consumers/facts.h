/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A consumer's test is a table of facts: what that program asks of a host,
 * asked in the way it does.  Each fact is one test of the TAP output; what
 * failed in it stands before its line.
 */
#ifndef SWSGX_TESTS_CONSUMERS_FACTS_H
#define SWSGX_TESTS_CONSUMERS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "examples/lib/enclave.h"
#include "tests/consumers/ask.h"
#include "tests/process/fixture/check.h"

struct fact {
	const char *says;
	/* Asks, with the macros of check.h; or why it cannot be asked here. */
	const char *(*ask)(void);
};

/*
 * Run the tables, of which NULL is the last, each up to an entry that says
 * nothing.  The value is the exit status.
 */
int facts_run(const struct fact *const tables[]);

/* They are rows of docs/CONFORMANCE.md, by the number of their test. */
void facts_print_rows(const char *program, const char *source, const char *file,
		      const struct fact *const tables[]);
#define FACTS_ROWS(program, source, name, tables) \
	void check_table(void) \
	{ \
		facts_print_rows(program, source, \
				 "tests/consumers/consumer-" name, tables); \
	}

/* What main() was given: PROGRAM ENCLAVE.elf KEY.pem [SWSGX]. */
void facts_begin(int argc, char **argv);

/* Why XSAVE goes by XCR0 here, or NULL: it goes by XFRM. */
const char *facts_xcr0(void);

/* Lose the EPC, as a suspend does.  NULL, or why that cannot be done here. */
const char *facts_lose_epc(void);

/* The enclave, changed where the consumer has it otherwise. */
struct plan {
	uint64_t shift; /* of the image in ELRANGE */
	uint64_t size;  /* of ELRANGE; 0: what the image needs */
	/* Pages behind it, RW, whose content is not measured. */
	uint64_t heap, heap_length;
	struct enclave_options options;
};

/* The image as planned, and its signature; ends the program on failure. */
void plan_prepare(const struct plan *plan, struct enclave_image *image,
		  struct sigstruct *sig);
/* All in the usual way; ends the program on failure. */
void plan_build(const struct plan *plan, struct enclave *e);

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};
struct cpuid cpuid_of(uint32_t leaf, uint32_t subleaf);
uint64_t xgetbv0(void);

/* Ask through the vDSO; ends well only by EEXIT. */
bool ask_vdso(const struct enclave *e, unsigned tcs, struct ask *ask);

#endif
