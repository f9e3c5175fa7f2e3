/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key of the tests' signers: RSA-3072, e = 3, made anew for each run.  If
 * SWSGX_TEST_KEY names a file it is read from there, or put there by the first
 * who asks: making one takes longer than most tests.
 */
#ifndef SWSGX_TESTS_UNIT_KEY_H
#define SWSGX_TESTS_UNIT_KEY_H

#include <openssl/evp.h>

/* The process's key; it stays the caller's to use until the end. */
EVP_PKEY *test_key(void);

#endif
