/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an enclave costs in memory: builds it, touches all of it, and holds it
 * until standard input ends, so that run.py can look at the platform's file.
 * Bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

/* A line of /proc/self/status, in bytes. */
static double status(const char *field)
{
	FILE *file = fopen("/proc/self/status", "r");
	uint64_t kib = 0;
	char line[256];
	size_t n = strlen(field);

	if (!file)
		bench_fail("/proc/self/status");
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, field, n) && line[n] == ':')
			sscanf(line + n + 1, "%" SCNu64, &kib);
	}
	fclose(file);
	return (double)kib * 1024;
}

/* What the program holds of the enclave: what is mapped of its pages. */
static uint64_t pages_of(const struct enclave *e)
{
	FILE *file = fopen("/proc/self/maps", "r");
	uint64_t start, end, total = 0;
	char line[512];

	if (!file)
		bench_fail("/proc/self/maps");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*c%*c%*c", &start,
			   &end) == 2 &&
		    start >= e->base && end <= e->base + e->size &&
		    !strstr(line, "---"))
			total += end - start;
	}
	fclose(file);
	return total;
}

int main(void)
{
	struct request touch = { .operation = OP_TOUCH, .rounds = 1 };
	struct enclave enclave;
	double before = status("VmHWM");
	char byte;

	bench_load(&enclave);
	bench_call(&enclave, &touch);
	bench_print("memory-enclave", (double)pages_of(&enclave));
	bench_print("memory-hwm", status("VmHWM") - before);
	bench_print("memory-shmem", status("RssShmem"));
	bench_print("memory-ready", 1);
	while (read(0, &byte, 1) > 0)
		;
	enclave_destroy(&enclave);
	return 0;
}
