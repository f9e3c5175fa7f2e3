/* SPDX-License-Identifier: BSD-3-Clause */
/* The modelled host: fills *host with functions that work on `m`. */
#ifndef SWSGX_TESTS_UNIT_KERNEL_HOST_H
#define SWSGX_TESTS_UNIT_KERNEL_HOST_H

#include "kernel/host.h"

void host_init(struct host *host);

#endif
