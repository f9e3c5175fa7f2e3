/* SPDX-License-Identifier: BSD-3-Clause */
/* The collateral of the test root as files, in the shapes that verifiers take.
 */
#ifndef SWSGX_CLI_COLLATERAL_EXPORT_H
#define SWSGX_CLI_COLLATERAL_EXPORT_H

#include "attest/pki/collateral.h"

/* Makes the directory if it is not there.  0, or -1 after a complaint. */
int export_collateral(const char *dir, const struct pki *pki,
		      const struct collateral *c);

#endif
