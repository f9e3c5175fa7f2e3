/* SPDX-License-Identifier: BSD-3-Clause */
/* The enclave that the benchmarks enter. */
#include "bench/request.h"
#include "bench/work.h"
#include "examples/lib/trts.h"

/* Each leaf by one ENCLU. */
static uint64_t reports(uint64_t rounds)
{
	static struct targetinfo target __attribute__((aligned(512)));
	static struct reportdata data __attribute__((aligned(128)));
	static struct report report __attribute__((aligned(512)));

	while (rounds--)
		ereport(&target, &data, &report);
	return report.mac[0];
}

static uint64_t keys(uint64_t rounds)
{
	static struct keyrequest request __attribute__((aligned(512)));
	static uint8_t key[16] __attribute__((aligned(16)));
	uint64_t wrong = 0;

	request.keyname = KEYNAME_SEAL;
	request.keypolicy = KEYPOLICY_MRENCLAVE;
	while (rounds--)
		wrong |= egetkey(&request, key);
	return wrong;
}

/* Pages that EAUG adds when EACCEPT faults. */
static uint64_t accept(uint64_t at, uint64_t pages)
{
	static struct secinfo secinfo __attribute__((aligned(64)));
	uint64_t wrong = 0;

	secinfo.flags = SECINFO_REG | SECINFO_R | SECINFO_W | SECINFO_PENDING;
	for (uint64_t i = 0; i < pages; i++)
		wrong |= eaccept(&secinfo, (void *)(at + i * 4096));
	for (uint64_t i = 0; i < pages; i++)
		*(volatile uint8_t *)(at + i * 4096) = 1;
	return wrong;
}

uint64_t enclave_main(void *arg)
{
	const volatile struct request *request = arg;
	uint32_t operation;

	if (!arg)
		return 0;
	if (!trts_is_outside(arg, sizeof(*request)))
		return UINT64_MAX;
	operation = request->operation;
	if (operation == OP_EREPORT)
		return reports(request->rounds);
	if (operation == OP_EGETKEY)
		return keys(request->rounds);
	if (operation == OP_ACCEPT)
		return accept(request->at, request->rounds);
	return work(trts_heap, operation, request->rounds);
}
