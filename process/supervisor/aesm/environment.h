/* SPDX-License-Identifier: BSD-3-Clause */
/* What Intel's libsgx_dcap_ql must find in a program's environment. */
#ifndef SWSGX_PROCESS_SUPERVISOR_AESM_ENVIRONMENT_H
#define SWSGX_PROCESS_SUPERVISOR_AESM_ENVIRONMENT_H

#include "process/supervisor/base/options.h"

/*
 * With SGX_AESM_ADDR libsgx_dcap_ql asks AESM, by libsgx_quote_ex.  So it is
 * set where that library is and the user has not set it.
 */
void aesm_set_environment(const struct run_options *options);

#endif
