/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclave measurement: one or more 64-byte blocks for each build step.
 * SDM "MRENCLAVE"; "ECREATE", "EADD", "EEXTEND", Operation.
 */
#include "cpu/measure.h"

#include "cpu/mem.h"

#define TAG_ECREATE 0x0045544145524345ull /* "ECREATE" */
#define TAG_EADD    0x0000000044444145ull /* "EADD" */
#define TAG_EEXTEND 0x00444e4554584545ull /* "EEXTEND" */

#define SECINFO_MEASURED 48 /* bytes of SECINFO in EADD's block */

union measure_block {
	uint8_t bytes[64];
	struct {
		uint64_t tag;
		uint32_t ssaframesize;
		uint8_t size[8]; /* not aligned */
	} ecreate;
	struct {
		uint64_t tag, offset;
		uint8_t secinfo[SECINFO_MEASURED];
	} eadd;
	struct {
		uint64_t tag, offset;
	} eextend;
};
_Static_assert(sizeof(union measure_block) == 64, "one SHA-256 block");

static void measure(struct secs_hidden *hidden, const void *data, size_t n)
{
	sha256_add(&hidden->mrenclave_state, data, n);
	hidden->mrenclave_blocks += n / 64;
}

void measure_ecreate(const struct sgx_secs *secs, struct secs_hidden *hidden)
{
	union measure_block block;

	memset(&block, 0, sizeof(block));
	block.ecreate.tag = TAG_ECREATE;
	block.ecreate.ssaframesize = secs->ssaframesize;
	memcpy(block.ecreate.size, &secs->size, sizeof(secs->size));
	sha256_begin(&hidden->mrenclave_state);
	hidden->mrenclave_blocks = 0;
	measure(hidden, block.bytes, sizeof(block.bytes));
}

void measure_eadd(struct secs_hidden *hidden, uint64_t offset,
		  const struct sgx_secinfo *secinfo)
{
	union measure_block block;

	memset(&block, 0, sizeof(block));
	block.eadd.tag = TAG_EADD;
	block.eadd.offset = offset;
	memcpy(block.eadd.secinfo, secinfo, SECINFO_MEASURED);
	measure(hidden, block.bytes, sizeof(block.bytes));
}

void measure_eextend(struct secs_hidden *hidden, uint64_t offset,
		     const uint8_t chunk[EEXTEND_CHUNK])
{
	union measure_block block;

	memset(&block, 0, sizeof(block));
	block.eextend.tag = TAG_EEXTEND;
	block.eextend.offset = offset;
	measure(hidden, block.bytes, sizeof(block.bytes));
	measure(hidden, chunk, EEXTEND_CHUNK);
}

void measure_final(const struct secs_hidden *hidden, uint8_t mrenclave[32])
{
	sha256_end(&hidden->mrenclave_state, mrenclave);
}
