/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key derivation: one function for each column of the SDM's table.
 * SDM "EGETKEY - Retrieves a Cryptographic Key", Operation, "Key Derivation".
 */
#include "cpu/keys.h"

#include "cpu/crypto/aes_cmac.h"
#include "cpu/mem.h"

/* SDM EGETKEY's TMP_KEYDEPENDENCIES.  What a key does not use is zero. */
struct key_dependencies {
	uint16_t keyname;
	uint16_t keypolicy;
	uint16_t isvsvn;
	uint16_t isvprodid;
	uint16_t configsvn;
	uint16_t zero;
	uint32_t miscselect;
	uint32_t miscmask;
	uint32_t zero2;
	uint64_t attributes, xfrm;
	uint64_t attributemask, xfrmmask;
	uint8_t isvfamilyid[16];
	uint8_t isvextprodid[16];
	uint8_t ownerepoch[16];
	uint8_t cpusvn[16];
	uint8_t mrenclave[32];
	uint8_t mrsigner[32];
	uint8_t configid[64];
	uint8_t keyid[32];
	uint8_t seal_key_fuses[32];
	uint8_t padding[RSA3072_PADDING_SIZE];
};
_Static_assert(sizeof(struct key_dependencies) == 664, "no hidden padding");

/* What an EGETKEY works on. */
struct key_context {
	const struct package *package;
	const struct sgx_secs *secs;
	const struct secs_hidden *hidden;
	const struct sgx_keyrequest *request;
};

#define COPY(to, from) \
	do { \
		_Static_assert(sizeof(to) == sizeof(from), "same field"); \
		memcpy(to, from, sizeof(to)); \
	} while (0)

/* DEVIATION DC7: the SDM does not say how; AES-CMAC over everything. */
static void derivekey(const struct package *package,
		      const struct key_dependencies *deps,
		      uint8_t key[SGX_KEY_SIZE])
{
	const uint8_t *root = package->root_provisioning_key;
	uint8_t derivation_key[16];

	aes_cmac(root, root + 16, 16, derivation_key);
	aes_cmac(derivation_key, deps, sizeof(*deps), key);
}

static void begin(struct key_dependencies *deps, enum sgx_key_name keyname)
{
	memset(deps, 0, sizeof(*deps));
	deps->keyname = keyname;
}

static void add_owner(struct key_dependencies *deps,
		      const struct package *package)
{
	COPY(deps->ownerepoch, package->owner_epoch);
	COPY(deps->seal_key_fuses, package->root_seal_key);
}

/* INIT and DEBUG always count. */
static void add_masked_attributes(struct key_dependencies *deps,
				  const struct key_context *ctx)
{
	const struct sgx_keyrequest *request = ctx->request;
	const uint64_t always = SGX_ATTR_INIT | SGX_ATTR_DEBUG;

	deps->attributes = (request->attributemask | always) &
			   ctx->secs->attributes;
	deps->xfrm = request->xfrmmask & ctx->secs->xfrm;
	deps->miscselect = request->miscmask & ctx->secs->miscselect;
}

static void add_masks(struct key_dependencies *deps,
		      const struct sgx_keyrequest *request)
{
	deps->attributemask = request->attributemask;
	deps->xfrmmask = request->xfrmmask;
	deps->miscmask = ~request->miscmask;
}

static void add_svns(struct key_dependencies *deps,
		     const struct sgx_keyrequest *request)
{
	COPY(deps->cpusvn, request->cpusvn);
	deps->isvsvn = request->isvsvn;
}

/* The identities that KEYPOLICY chooses, MRENCLAVE and MRSIGNER apart. */
static void add_policy(struct key_dependencies *deps,
		       const struct key_context *ctx)
{
	uint16_t policy = ctx->request->keypolicy;

	deps->keypolicy = policy;
	if (!(policy & KEYPOLICY_NOISVPRODID))
		deps->isvprodid = ctx->secs->isvprodid;
	if (policy & KEYPOLICY_CONFIGID) {
		COPY(deps->configid, ctx->secs->configid);
		deps->configsvn = ctx->request->configsvn;
	}
	if (policy & KEYPOLICY_ISVFAMILYID)
		COPY(deps->isvfamilyid, ctx->hidden->isvfamilyid);
	if (policy & KEYPOLICY_ISVEXTPRODID)
		COPY(deps->isvextprodid, ctx->hidden->isvextprodid);
}

bool cpusvn_acceptable(const struct package *package, const uint8_t cpusvn[16])
{
	size_t i;

	for (i = 0; i < sizeof(package->cpusvn); i++) {
		if (cpusvn[i] > package->cpusvn[i])
			return false;
	}
	return true;
}

static enum sgx_return_code check_svns(const struct key_context *ctx)
{
	if (!cpusvn_acceptable(ctx->package, ctx->request->cpusvn))
		return SGX_INVALID_CPUSVN;
	if (ctx->request->isvsvn > ctx->secs->isvsvn)
		return SGX_INVALID_ISVSVN;
	return SGX_SUCCESS;
}

/* The attribute that opens a key, then the SVNs. */
static enum sgx_return_code check_gated(const struct key_context *ctx,
					uint64_t attribute)
{
	if (!(ctx->secs->attributes & attribute))
		return SGX_INVALID_ATTRIBUTE;
	return check_svns(ctx);
}

static enum sgx_return_code einittoken(const struct key_context *ctx,
				       struct key_dependencies *deps)
{
	enum sgx_return_code code = check_gated(ctx, SGX_ATTR_EINITTOKENKEY);

	if (code != SGX_SUCCESS)
		return code;
	begin(deps, KEYNAME_EINITTOKEN);
	add_svns(deps, ctx->request);
	add_masked_attributes(deps, ctx);
	add_owner(deps, ctx->package);
	deps->isvprodid = ctx->secs->isvprodid;
	COPY(deps->mrsigner, ctx->secs->mrsigner);
	COPY(deps->keyid, ctx->request->keyid);
	COPY(deps->padding, ctx->hidden->padding);
	return SGX_SUCCESS;
}

static enum sgx_return_code provision(const struct key_context *ctx,
				      struct key_dependencies *deps)
{
	enum sgx_return_code code = check_gated(ctx, SGX_ATTR_PROVISIONKEY);

	if (code != SGX_SUCCESS)
		return code;
	/* Neither the owner epoch nor the fuses: the key names the device. */
	begin(deps, KEYNAME_PROVISION);
	add_svns(deps, ctx->request);
	add_masked_attributes(deps, ctx);
	add_masks(deps, ctx->request);
	deps->isvprodid = ctx->secs->isvprodid;
	COPY(deps->mrsigner, ctx->secs->mrsigner);
	COPY(deps->padding, ctx->hidden->padding);
	return SGX_SUCCESS;
}

static enum sgx_return_code provision_seal(const struct key_context *ctx,
					   struct key_dependencies *deps)
{
	enum sgx_return_code code = check_gated(ctx, SGX_ATTR_PROVISIONKEY);

	if (code != SGX_SUCCESS)
		return code;
	begin(deps, KEYNAME_PROVISION_SEAL);
	add_svns(deps, ctx->request);
	add_masked_attributes(deps, ctx);
	add_masks(deps, ctx->request);
	add_policy(deps, ctx);
	COPY(deps->mrsigner, ctx->secs->mrsigner);
	COPY(deps->seal_key_fuses, ctx->package->root_seal_key);
	COPY(deps->padding, ctx->hidden->padding);
	return SGX_SUCCESS;
}

/* The key by which this enclave checks reports that were made for it. */
static enum sgx_return_code report(const struct key_context *ctx,
				   struct key_dependencies *deps)
{
	begin(deps, KEYNAME_REPORT);
	deps->attributes = ctx->secs->attributes;
	deps->xfrm = ctx->secs->xfrm;
	deps->miscselect = ctx->secs->miscselect;
	deps->configsvn = ctx->secs->configsvn;
	COPY(deps->configid, ctx->secs->configid);
	COPY(deps->mrenclave, ctx->secs->mrenclave);
	COPY(deps->cpusvn, ctx->package->cpusvn);
	COPY(deps->keyid, ctx->request->keyid);
	add_owner(deps, ctx->package);
	rsa3072_padding(deps->padding);
	return SGX_SUCCESS;
}

static enum sgx_return_code seal(const struct key_context *ctx,
				 struct key_dependencies *deps)
{
	enum sgx_return_code code = check_svns(ctx);

	if (code != SGX_SUCCESS)
		return code;
	if (ctx->request->configsvn > ctx->secs->configsvn)
		return SGX_INVALID_ISVSVN;
	begin(deps, KEYNAME_SEAL);
	add_svns(deps, ctx->request);
	add_masked_attributes(deps, ctx);
	add_masks(deps, ctx->request);
	add_policy(deps, ctx);
	add_owner(deps, ctx->package);
	if (ctx->request->keypolicy & KEYPOLICY_MRENCLAVE)
		COPY(deps->mrenclave, ctx->secs->mrenclave);
	if (ctx->request->keypolicy & KEYPOLICY_MRSIGNER)
		COPY(deps->mrsigner, ctx->secs->mrsigner);
	COPY(deps->keyid, ctx->request->keyid);
	COPY(deps->padding, ctx->hidden->padding);
	return SGX_SUCCESS;
}

static enum sgx_return_code settle(const struct key_context *ctx,
				   struct key_dependencies *deps)
{
	switch (ctx->request->keyname) {
	case KEYNAME_EINITTOKEN:
		return einittoken(ctx, deps);
	case KEYNAME_PROVISION:
		return provision(ctx, deps);
	case KEYNAME_PROVISION_SEAL:
		return provision_seal(ctx, deps);
	case KEYNAME_REPORT:
		return report(ctx, deps);
	case KEYNAME_SEAL:
		return seal(ctx, deps);
	}
	return SGX_INVALID_KEYNAME;
}

enum sgx_return_code key_for_request(const struct package *package,
				     const struct sgx_secs *secs,
				     const struct secs_hidden *hidden,
				     const struct sgx_keyrequest *request,
				     uint8_t key[SGX_KEY_SIZE])
{
	const struct key_context ctx = { package, secs, hidden, request };
	struct key_dependencies deps;
	enum sgx_return_code code = settle(&ctx, &deps);

	if (code == SGX_SUCCESS)
		derivekey(package, &deps, key);
	return code;
}

void key_for_report(const struct package *package,
		    const struct sgx_targetinfo *target,
		    const uint8_t keyid[32], uint8_t key[SGX_KEY_SIZE])
{
	struct key_dependencies deps;

	begin(&deps, KEYNAME_REPORT);
	deps.attributes = target->attributes;
	deps.xfrm = target->xfrm;
	deps.miscselect = target->miscselect;
	deps.configsvn = target->configsvn;
	COPY(deps.configid, target->configid);
	COPY(deps.mrenclave, target->measurement);
	COPY(deps.cpusvn, package->cpusvn);
	memcpy(deps.keyid, keyid, sizeof(deps.keyid));
	add_owner(&deps, package);
	rsa3072_padding(deps.padding);
	derivekey(package, &deps, key);
}

void key_for_einittoken(const struct package *package,
			const struct sgx_einittoken *token,
			const uint64_t sgxlepubkeyhash[4],
			uint8_t key[SGX_KEY_SIZE])
{
	struct key_dependencies deps;

	begin(&deps, KEYNAME_EINITTOKEN);
	deps.isvprodid = token->isvprodidle;
	deps.isvsvn = token->isvsvnle;
	COPY(deps.cpusvn, token->cpusvnle);
	deps.attributes = token->maskedattributesle;
	deps.xfrm = token->maskedxfrmle;
	deps.miscselect = token->maskedmiscselectle;
	COPY(deps.keyid, token->keyid);
	memcpy(deps.mrsigner, sgxlepubkeyhash, sizeof(deps.mrsigner));
	add_owner(&deps, package);
	rsa3072_padding(deps.padding);
	derivekey(package, &deps, key);
}
