/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See cli/platform.h.
 * SDM "Enumeration of Intel SGX Capabilities", "EGETKEY".
 */
#include "cli/platform.h"

#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/message.h"
#include "cli/platform_json.h"
#include "cli/size.h"

#define XFEATURE_MASK_FPSSE 3ull
#define CPUID1_ECX_OSXSAVE  (1u << 27)

void platform_entropy(void *buf, size_t n)
{
	uint8_t *p = buf;

	while (n) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			die("getrandom: %s; a container's seccomp profile "
			    "must allow it",
			    strerror(errno));
		p += got;
		n -= (size_t)got;
	}
}

static uint64_t host_xcr0(void)
{
	unsigned eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) ||
	    !(ecx & CPUID1_ECX_OSXSAVE))
		return XFEATURE_MASK_FPSSE;
	__asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
	return (uint64_t)edx << 32 | eax;
}

void platform_host_features(struct package_config *config)
{
	unsigned eax, ebx, ecx, edx;

	config->xcr0 = host_xcr0();
	memset(config->xfeature, 0, sizeof(config->xfeature));
	/* x87 and SSE, 0 and 1, lie in the legacy area and have no leaf. */
	for (unsigned i = 2; i < CPU_XFEATURES; i++) {
		if (!(config->xcr0 >> i & 1))
			continue;
		if (!__get_cpuid_count(0xd, i, &eax, &ebx, &ecx, &edx))
			continue;
		config->xfeature[i].size = eax;
		config->xfeature[i].offset = ebx;
	}
}

/* A processor fresh from the factory. */
static void draw_identity(struct package_config *config)
{
	platform_entropy(config->root_seal_key, sizeof(config->root_seal_key));
	platform_entropy(config->root_provisioning_key,
			 sizeof(config->root_provisioning_key));
	platform_entropy(config->owner_epoch, sizeof(config->owner_epoch));
	platform_entropy(config->cpusvn, sizeof(config->cpusvn));
}

static int make_directory(const char *dir)
{
	struct stat st;

	if (!*dir) {
		complain("--platform: expected a directory, got an empty name");
		return -1;
	}
	if (!mkdir(dir, 0700) || errno == EEXIST) {
		if (!stat(dir, &st) && S_ISDIR(st.st_mode))
			return 0;
		complain("%s: not a directory; a platform needs one of its "
			 "own",
			 dir);
		return -1;
	}
	complain("cannot make the directory %s: %s", dir, strerror(errno));
	return -1;
}

/* Read the platform in the directory, or make one as *config says. */
static int open_platform(const char *dir, struct package_config *config)
{
	char *path;
	int result;

	if (make_directory(dir))
		return -1;
	if (asprintf(&path, "%s/" PLATFORM_JSON_NAME, dir) < 0) {
		complain("out of memory");
		return -1;
	}
	result = platform_json_read(path, config);
	if (result == -ENOENT) {
		result = platform_json_create(dir, config);
		/* another run has made one meanwhile: use that */
		if (result == -EEXIST)
			result = platform_json_read(path, config);
		if (result == -ENOENT) {
			complain("%s was removed while it was made; try again",
				 path);
			result = -1;
		}
	}
	free(path);
	return result;
}

static int check_epc(uint64_t bytes)
{
	char text[24], least[24], most[24];

	if (bytes >= PLATFORM_EPC_MIN && bytes <= PLATFORM_EPC_MAX)
		return 0;
	size_format(bytes, text);
	size_format(PLATFORM_EPC_MIN, least);
	size_format(PLATFORM_EPC_MAX, most);
	complain("--epc: %s: expected %s to %s", text, least, most);
	return -1;
}

/* A processor does not change its generation. */
static int check_generation(const char *dir, enum platform_generation wanted,
			    const struct package_config *config)
{
	if (wanted == PLATFORM_ANY || config->sgx2 == (wanted == PLATFORM_SGX2))
		return 0;
	complain("--sgx%d: the platform in %s is one with SGX%d; drop the "
		 "option, or give another directory",
		 config->sgx2 ? 1 : 2, dir, config->sgx2 ? 2 : 1);
	return -1;
}

/* The memory limit of a container; UINT64_MAX: none.  cgroups(7), v2. */
static uint64_t memory_limit(void)
{
	unsigned long long limit = UINT64_MAX;
	FILE *f = fopen("/sys/fs/cgroup/memory.max", "re");

	if (!f)
		return UINT64_MAX;
	if (fscanf(f, "%llu", &limit) != 1) /* "max" */
		limit = UINT64_MAX;
	fclose(f);
	return limit;
}

static uint64_t default_epc(void)
{
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) *
			  (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t limit = memory_limit(), half;

	half = (memory < limit ? memory : limit) / 2;
	half -= half % PLATFORM_EPC_UNIT;
	if (half < PLATFORM_EPC_UNIT)
		return PLATFORM_EPC_UNIT;
	return half < PLATFORM_EPC_DEFAULT ? half : PLATFORM_EPC_DEFAULT;
}

int platform_load(const char *dir, const struct platform_options *options,
		  struct package_config *config)
{
	if (options->epc_bytes && check_epc(options->epc_bytes))
		return -1;
	memset(config, 0, sizeof(*config));
	config->epc_bytes = default_epc();
	config->sgx2 = options->generation != PLATFORM_SGX1;
	if (options->epc_bytes)
		config->epc_bytes = options->epc_bytes;
	draw_identity(config);
	if (dir && (open_platform(dir, config) ||
		    check_generation(dir, options->generation, config)))
		return -1;
	/* processors without SGX2 have no AEX-Notify */
	config->aexnotify = config->sgx2;
	if (options->epc_bytes)
		config->epc_bytes = options->epc_bytes;
	/* DEVIATION DL1: at reset no signer is the launch enclave's. */
	platform_entropy(config->sgxlepubkeyhash,
			 sizeof(config->sgxlepubkeyhash));
	platform_host_features(config);
	return 0;
}
