/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The test enclave's parts, for victims that build it step by step, or wrong.
 */
#ifndef SWSGX_TESTS_PROCESS_BUILD_STEPS_H
#define SWSGX_TESTS_PROCESS_BUILD_STEPS_H

#include "examples/lib/enclave.h"

struct parts {
	struct enclave_image image;
	const struct enclave_key *key;
	struct sigstruct sig;
	struct enclave_options options;
};

/*
 * Load, measure and sign; ends the program if that fails.  key NULL: the
 * victims' common one.
 */
void parts_prepare(struct parts *parts, const struct enclave_options *options,
		   const struct enclave_key *key);
/* Sign again, after options or parts->sig's body have changed. */
void parts_sign(struct parts *parts);

/*
 * Sign the image with more behind it, in an ELRANGE of this size: more(m)
 * measures what is added after the image.
 */
void parts_sign_more(struct parts *parts, uint64_t size,
		     void (*more)(struct enclave_measure *m));

/* Open and reserve; *secs is then what ECREATE needs. */
void parts_begin(const struct parts *parts, struct enclave *e,
		 struct secs *secs);
/* Open, reserve, create; the same and all pages. */
void parts_create(const struct parts *parts, struct enclave *e);
void parts_add_all(const struct parts *parts, struct enclave *e);
/*
 * How many enclaves can be created before ENOMEM, each of the image's size.
 * They are gone afterwards.  A SECS is not paged out before EINIT, so this is
 * the room that the EPC has.
 */
unsigned parts_create_until_full(const struct parts *parts);
/* Everything; ends the program if it fails. */
void parts_build(const struct parts *parts, struct enclave *e);

#endif
