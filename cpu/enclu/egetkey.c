/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EGETKEY: SDM "EGETKEY - Retrieves a Cryptographic Key", Operation.  Which
 * key depends on what is in cpu/keys.c.
 */
#include "cpu/enclu/enclu.h"

#include "cpu/access_control.h"
#include "cpu/keys.h"
#include "cpu/mem.h"

#define KEYREQUEST_ALIGNMENT 512

/* Without CET the mask of its attributes is reserved. */
static bool request_legal(const struct sgx_keyrequest *request,
			  const struct sgx_secs *secs)
{
	if (!mem_is_zero(request->reserved2, sizeof(request->reserved2)) ||
	    request->reserved1 || request->cet_attributes_mask ||
	    request->keypolicy & KEYPOLICY_RESERVED_MASK)
		return false;
	if (secs->attributes & SGX_ATTR_KSS)
		return true;
	return !(request->keypolicy & KEYPOLICY_KSS_MASK) &&
	       !request->configsvn;
}

static void note_code(struct lp *lp, enum sgx_return_code code,
		      const struct sgx_keyrequest *request,
		      const struct sgx_secs *secs)
{
	if (code == SGX_INVALID_CPUSVN)
		because(lp, "KEYREQUEST.CPUSVN is newer than the processor");
	else if (code == SGX_INVALID_ISVSVN)
		because(lp, "KEYREQUEST.ISVSVN is %u, the enclave's is %u",
			request->isvsvn, secs->isvsvn);
	else if (code == SGX_INVALID_ATTRIBUTE)
		because(lp, "ATTRIBUTES %x do not allow the key of KEYNAME %u",
			secs->attributes, request->keyname);
	else
		because(lp, "there is no key of KEYNAME %u", request->keyname);
}

int egetkey(struct lp *lp)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, lp->cr_active_secs);
	uint64_t request_pa, output_pa;
	struct sgx_keyrequest request;
	enum sgx_return_code code;
	uint8_t key[SGX_KEY_SIZE];

	if (enclave_operand(lp, lp->r.rbx, KEYREQUEST_ALIGNMENT, 0,
			    &request_pa))
		return -1;
	if (enclave_operand(lp, lp->r.rcx, SGX_KEY_SIZE, PF_WRITE, &output_pa))
		return -1;
	memcpy(&request, epc_ptr(lp->cpu, request_pa), sizeof(request));
	if (!request_legal(&request, secs))
		return gp0(lp,
			   "KEYREQUEST has reserved fields, or KEYPOLICY "
			   "%x or CONFIGSVN %u that need ATTRIBUTES.KSS (%x)",
			   request.keypolicy, request.configsvn,
			   secs->attributes);
	code = key_for_request(lp->cpu->package, secs,
			       secs_hidden_at(lp->cpu, lp->cr_active_secs),
			       &request, key);
	if (code == SGX_SUCCESS)
		memcpy(epc_ptr(lp->cpu, output_pa), key, sizeof(key));
	else
		note_code(lp, code, &request, secs);
	return enclu_return(lp, code);
}
