/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The package at power-on: what it enumerates, its fuses, and the registers
 * that are drawn anew at every start.
 * SDM "Enumerating Intel SGX Capabilities", "Key Derivation".
 */
#include "cpu/mem.h"
#include "cpu/paging.h"
#include "cpu/sgx_arch.h"
#include "cpu/xsave.h"

/* Largest enclaves, as CPUID.12H.0:EDX gives them: less than 2 to the n. */
#define SIZE_LOG2_NOT64 31
#define SIZE_LOG2_64    56 /* as server processors have it */

/*
 * A component can be enabled if an SSA frame's XSAVE area can hold it.
 * DEVIATION DC30: offsets of XSAVE's standard format are the host's.
 */
static void init_xfeatures(struct package *package,
			   const struct package_config *config)
{
	uint32_t offset, size;
	int i;

	package->xcr0 = config->xcr0;
	package->patch = config->patch;
	package->xfrm = XFEATURE_X87 | XFEATURE_SSE;
	for (i = 2; i < CPU_XFEATURES; i++) {
		offset = config->xfeature[i].offset;
		size = config->xfeature[i].size;
		if (!(config->xcr0 >> i & 1) || !size ||
		    offset < XSAVE_MIN_SIZE ||
		    offset > XSAVE_MAX_PAGES * SGX_PAGE_SIZE - size)
			continue;
		package->xfeature[i].offset = offset;
		package->xfeature[i].size = size;
		package->xfrm |= 1ull << i;
	}
}

/* DEVIATION DC27: KSS and EXINFO are there without SGX2, too. */
static void init_enumeration(struct package *package,
			     const struct package_config *config)
{
	package->sgx2 = config->sgx2;
	package->aexnotify = config->aexnotify;
	package->kss = true;
	package->size_log2_not64 = SIZE_LOG2_NOT64;
	package->size_log2_64 = SIZE_LOG2_64;
	package->miscselect = SGX_MISC_EXINFO;
	package->attributes = SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT |
			      SGX_ATTR_PROVISIONKEY | SGX_ATTR_EINITTOKENKEY |
			      SGX_ATTR_KSS;
	if (config->aexnotify)
		package->attributes |= SGX_ATTR_AEXNOTIFY;
	package->epc_bytes = config->epc_bytes;
}

static void init_fuses(struct package *package,
		       const struct package_config *config)
{
	memcpy(package->root_seal_key, config->root_seal_key,
	       sizeof(package->root_seal_key));
	memcpy(package->root_provisioning_key, config->root_provisioning_key,
	       sizeof(package->root_provisioning_key));
	memcpy(package->owner_epoch, config->owner_epoch,
	       sizeof(package->owner_epoch));
	memcpy(package->cpusvn, config->cpusvn, sizeof(package->cpusvn));
	memcpy(package->sgxlepubkeyhash, config->sgxlepubkeyhash,
	       sizeof(package->sgxlepubkeyhash));
}

static void draw_registers(struct package *package,
			   void (*entropy)(void *buf, size_t n))
{
	entropy(package->cr_report_keyid, sizeof(package->cr_report_keyid));
	entropy(package->cr_base_pk, sizeof(package->cr_base_pk));
}

void package_init(struct package *package, const struct package_config *config,
		  void (*entropy)(void *buf, size_t n))
{
	memset(package, 0, sizeof(*package));
	init_enumeration(package, config);
	init_xfeatures(package, config);
	init_fuses(package, config);
	draw_registers(package, entropy);
	/* Zero means "no enclave" and "empty slot" in the paging leaves. */
	package->cr_next_eid = 1;
	package->cr_paging_version = PAGING_VERSION_STEP;
}

void package_lose_power(struct package *package,
			void (*entropy)(void *buf, size_t n))
{
	draw_registers(package, entropy);
}

void package_replace(struct package *package, const uint8_t *cpusvn,
		     void (*entropy)(void *buf, size_t n))
{
	entropy(package->root_seal_key, sizeof(package->root_seal_key));
	entropy(package->root_provisioning_key,
		sizeof(package->root_provisioning_key));
	entropy(package->owner_epoch, sizeof(package->owner_epoch));
	if (cpusvn)
		memcpy(package->cpusvn, cpusvn, sizeof(package->cpusvn));
}
