/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/aesm/environment.h.  DCAP ql/sgx_dcap_ql_wrapper.cpp
 */
#include "process/supervisor/aesm/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY  "libsgx_quote_ex.so.1"
#define VARIABLE "SGX_AESM_ADDR"

static bool is_in(const char *folder, size_t n)
{
	char path[4096];

	return n &&
	       snprintf(path, sizeof(path), "%.*s/" LIBRARY, (int)n, folder) <
		       (int)sizeof(path) &&
	       !access(path, R_OK);
}

/* Folders with a colon between each two. */
static bool is_in_any(const char *folders)
{
	while (folders && *folders) {
		size_t n = strcspn(folders, ":");

		if (is_in(folders, n))
			return true;
		folders += n + (folders[n] == ':');
	}
	return false;
}

void aesm_set_environment(const struct run_options *options)
{
	static const char usual[] = "/usr/lib/x86_64-linux-gnu:"
				    "/lib/x86_64-linux-gnu:/usr/lib64:/lib64:"
				    "/usr/local/lib:/usr/lib:/lib";

	if (getenv(VARIABLE) ||
	    (!is_in_any(getenv("LD_LIBRARY_PATH")) && !is_in_any(usual)))
		return;
	setenv(VARIABLE, "1", 1);
	if (options->verbose)
		options->complain(VARIABLE "=1 is set, by which libsgx_dcap_ql "
					   "asks AESM for quotes");
}
