/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC is lost while pages are added.
 * Linux: sgx_ioc_enclave_add_pages().
 */
#include "tests/soak/scene.h"

void scene_add_pages(void)
{
	struct enclave e;

	while (scene_goes_on()) {
		if (scene_try_pages(&e))
			enclave_destroy(&e);
		scene_rounds++;
	}
}
