/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The quoting enclave of a platform, played by hosted code: it checks a report
 * as Intel's does, and signs what it says by a key that the test root
 * certifies.
 */
#ifndef SWSGX_ATTEST_QUOTE_QUOTER_H
#define SWSGX_ATTEST_QUOTE_QUOTER_H

#include <stdbool.h>

#include "attest/pki/pki.h"
#include "attest/quote/layout.h"
#include "cpu/cpu.h"
#include "cpu/sgx_arch.h"

/* What a client may send along, and gets back with the report filled in. */
struct qe_report_info {
	uint8_t nonce[16];
	struct sgx_targetinfo target;
	struct sgx_report report;
};
_Static_assert(sizeof(struct qe_report_info) == 960, "no padding");

enum quote_error {
	QUOTE_DONE,
	QUOTE_BAD_REPORT, /* its MAC is wrong, or it is not for us */
	QUOTE_NO_KEYS,    /* no certificates; said */
	QUOTE_NO_ROOM,
};

struct quoter {
	const struct package *package;
	const char *directory; /* pki_directory()'s, or NULL */
	pki_complain complain;

	bool open; /* what follows is there */
	struct pki pki;
	/* Of the platform that the package was when they were made. */
	uint8_t platform[16];
	EVP_PKEY *pck_key, *key;
	char *chain;
};

void quoter_init(struct quoter *q, const struct package *package,
		 const char *directory, pki_complain complain);
void quoter_close(struct quoter *q);

/* Makes the keys, if that has not been done.  0, or -1 after a complaint. */
int quoter_prepare(struct quoter *q);

/* After quoter_prepare(): SHA-256 of the attestation key and the auth data. */
int quoter_key_id(const struct quoter *q, uint8_t id[32]);
/* How large a quote is. */
size_t quoter_size(const struct quoter *q);

/*
 * A quote of quoter_size() bytes for the report.  `info` may be NULL; else its
 * report is made.
 */
enum quote_error quoter_quote(struct quoter *q, const struct sgx_report *report,
			      struct qe_report_info *info, uint8_t *quote,
			      size_t room);

#endif
