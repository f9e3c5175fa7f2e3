/* SPDX-License-Identifier: BSD-3-Clause */
/* A PCCS on the loopback interface, until a signal ends it. */
#ifndef SWSGX_CLI_COLLATERAL_SERVE_H
#define SWSGX_CLI_COLLATERAL_SERVE_H

#include <stdint.h>

#include "cli/collateral/pccs.h"

/*
 * Port 0: any that is free.  Prints the URL on standard output when it can be
 * asked.  0 after SIGINT or SIGTERM; -1 after a complaint.
 */
int serve(const struct pccs *pccs, uint16_t port);

#endif
