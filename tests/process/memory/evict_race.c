/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages of an enclave are written out, and loaded again, while a thread
 * executes ENCLU in it, and is itself often put off in the midst of that.
 * Nothing of it shows: what the runtime reads of an instruction that trapped is
 * the instruction, not what lies there while the page is encrypted; and a leaf
 * that has met the paging now and then is not refused for that.
 *
 * Source: Linux 6.1 sgx/main.c sgx_encl_ewb(), and what it waits for.
 */
#include <time.h>

#include "lib/swsgx.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define SECONDS 8
#define LEAST   50 /* pages that must have come back by then */

int main(void)
{
	struct swsgx_counters counted = { .size = sizeof(counted) };
	time_t end = time(NULL) + SECONDS;
	struct enclave_exit exit;
	struct enclave enclave;

	check_timeout(50);
	victim_build(&enclave);
	while (!check_failures() && time(NULL) < end) {
		struct request r = { .op = OP_EGETKEY };

		exit = victim_enter(&enclave, 0, &r);
		CHECK_EQ(exit.function, ENCLU_EEXIT);
		CHECK_EQ(r.done, OP_DONE);
	}
	enclave_destroy(&enclave);
	/* Was there anything to find?  This program has one enclave only. */
	CHECK_EQ(swsgx_counters(&counted), 0);
	CHECK(counted.eldu >= LEAST);
	return check_result();
}
