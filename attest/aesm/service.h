/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AESM, the service that gives quotes, as it answers on a platform with
 * provisioned ECDSA attestation and without EPID.  One message in, one out;
 * sockets are another's (process/supervisor/aesm/).
 */
#ifndef SWSGX_ATTEST_AESM_SERVICE_H
#define SWSGX_ATTEST_AESM_SERVICE_H

#include "attest/aesm/message.h"
#include "attest/quote/quoter.h"

#define AESM_KEY_ID_SIZE 256
/* A quote is padded to the client's buffer, as AESM does, up to this. */
#define AESM_PADDED_MAX 65536
#define AESM_ANSWER_MAX (AESM_PADDED_MAX + 2048)

struct aesm {
	struct quoter quoter;
	bool quoted; /* the first quote has been told of */
	/* Of the next answer, once: a refusal, or the quote lacks its end. */
	enum aesm_error fault;
	bool cut;
};

/*
 * The size of the answer; 0: there is none, and AESM closes the connection.
 */
size_t aesm_answer(struct aesm *aesm, const uint8_t *request, size_t n,
		   uint8_t answer[AESM_ANSWER_MAX]);

#endif
