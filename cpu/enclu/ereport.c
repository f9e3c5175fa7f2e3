/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EREPORT: a statement of what this enclave is, with a MAC that the enclave it
 * is meant for can check, on this platform.
 * SDM "EREPORT - Create a Cryptographic Report of the Enclave", Operation.
 */
#include "cpu/enclu/enclu.h"

#include "cpu/access_control.h"
#include "cpu/crypto/aes_cmac.h"
#include "cpu/keys.h"
#include "cpu/mem.h"

#define TARGETINFO_ALIGNMENT 512
#define REPORTDATA_ALIGNMENT 128
#define REPORT_ALIGNMENT     512

static bool targetinfo_reserved_zero(const struct sgx_targetinfo *target)
{
	return mem_is_zero(target->reserved2, sizeof(target->reserved2)) &&
	       mem_is_zero(target->reserved3, sizeof(target->reserved3)) &&
	       !target->reserved1 && !target->cet_attributes;
}

static void fill(const struct lp *lp, struct sgx_report *report)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, lp->cr_active_secs);
	const struct secs_hidden *hidden = secs_hidden_at(lp->cpu,
							  lp->cr_active_secs);
	const struct package *package = lp->cpu->package;

	memcpy(report->cpusvn, package->cpusvn, sizeof(report->cpusvn));
	report->miscselect = secs->miscselect;
	memcpy(report->isvextprodid, hidden->isvextprodid, 16);
	report->attributes = secs->attributes;
	report->xfrm = secs->xfrm;
	memcpy(report->mrenclave, secs->mrenclave, 32);
	memcpy(report->mrsigner, secs->mrsigner, 32);
	memcpy(report->configid, secs->configid, 64);
	report->isvprodid = secs->isvprodid;
	report->isvsvn = secs->isvsvn;
	report->configsvn = secs->configsvn;
	memcpy(report->isvfamilyid, hidden->isvfamilyid, 16);
	memcpy(report->keyid, package->cr_report_keyid, 32);
}

static void authenticate(const struct lp *lp,
			 const struct sgx_targetinfo *target,
			 struct sgx_report *report)
{
	uint8_t key[SGX_KEY_SIZE];

	key_for_report(lp->cpu->package, target, report->keyid, key);
	aes_cmac(key, report, REPORT_MACED_SIZE, report->mac);
}

int ereport(struct lp *lp)
{
	uint64_t target_pa, data_pa, output_pa;
	struct sgx_targetinfo target;
	struct sgx_report report;

	if (enclave_operand(lp, lp->r.rbx, TARGETINFO_ALIGNMENT, 0, &target_pa))
		return -1;
	memcpy(&target, epc_ptr(lp->cpu, target_pa), sizeof(target));
	if (!targetinfo_reserved_zero(&target))
		return gp0(lp, "reserved fields of TARGETINFO are not zero");
	if (enclave_operand(lp, lp->r.rcx, REPORTDATA_ALIGNMENT, 0, &data_pa))
		return -1;
	if (enclave_operand(lp, lp->r.rdx, REPORT_ALIGNMENT, PF_WRITE,
			    &output_pa))
		return -1;
	memset(&report, 0, sizeof(report));
	fill(lp, &report);
	memcpy(report.reportdata, epc_ptr(lp->cpu, data_pa), 64);
	authenticate(lp, &target, &report);
	memcpy(epc_ptr(lp->cpu, output_pa), &report, sizeof(report));
	return 0;
}
