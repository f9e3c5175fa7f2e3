/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MRENCLAVE: a SHA-256 over the build steps, kept in the SECS' hidden part
 * from ECREATE to EINIT.  Callers hold the measurement lock.
 *
 * Source: SDM "MRENCLAVE"; the Operation sections of ECREATE, EADD, EEXTEND.
 */
#ifndef SWSGX_CPU_MEASURE_H
#define SWSGX_CPU_MEASURE_H

#include "cpu/secs.h"

#define EEXTEND_CHUNK 256

void measure_ecreate(const struct sgx_secs *secs, struct secs_hidden *hidden);
/* offset: of the page in the enclave; secinfo: as EADD has settled it. */
void measure_eadd(struct secs_hidden *hidden, uint64_t offset,
		  const struct sgx_secinfo *secinfo);
void measure_eextend(struct secs_hidden *hidden, uint64_t offset,
		     const uint8_t chunk[EEXTEND_CHUNK]);
/* MRENCLAVE as EINIT finalises it.  Changes nothing. */
void measure_final(const struct secs_hidden *hidden, uint8_t mrenclave[32]);

#endif
