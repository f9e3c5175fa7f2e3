/* SPDX-License-Identifier: BSD-3-Clause */
/* A platform, its test root in a directory, and reports made on it. */
#ifndef SWSGX_TESTS_UNIT_ATTEST_FIXTURE_H
#define SWSGX_TESTS_UNIT_ATTEST_FIXTURE_H

#include "attest/quote/quoter.h"

extern struct package package;
extern struct quoter quoter;
extern char said[512]; /* the last complaint */

/* For conform_main(). */
int fixture_setup(void **state);

/* As EREPORT makes it in an enclave, for the quoting enclave. */
void fixture_report(struct sgx_report *report);

#endif
