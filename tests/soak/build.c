/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One enclave after the other: an enclave that became one works, or is lost,
 * and is nothing in between.  Linux: sgx_encl_release().
 */
#include "tests/soak/scene.h"

void scene_build_many(void)
{
	struct enclave e;

	while (scene_goes_on()) {
		if (!scene_try_build(&e))
			continue;
		scene_compute(&e, 0);
		enclave_destroy(&e);
	}
}
