/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC is lost around EINIT; an enclave that became one works, or is lost,
 * and is nothing in between.  Linux: sgx_encl_init().
 */
#include "tests/soak/scene.h"

void scene_init(void)
{
	struct enclave e;

	while (scene_goes_on()) {
		if (!scene_try_build(&e))
			continue;
		scene_compute(&e, 0);
		enclave_destroy(&e);
	}
}
