/* SPDX-License-Identifier: BSD-3-Clause */
/* The signing key, as key.c and sigstruct.c share it. */
#ifndef SWSGX_EXAMPLES_LIB_KEY_H
#define SWSGX_EXAMPLES_LIB_KEY_H

#include <openssl/evp.h>

#define KEY_BITS     3072
#define KEY_BYTES    (KEY_BITS / 8)
#define KEY_EXPONENT 3

struct enclave_key {
	EVP_PKEY *pkey;
};

#endif
