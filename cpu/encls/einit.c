/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EINIT: check signature, measurement and launch policy; open the enclave.
 * SDM "EINIT - Initialize an Enclave for Execution", Operation.
 * DEVIATION DC8: no event is ever found pending (SGX_UNMASKED_EVENT).
 */
#include "cpu/crypto/aes_cmac.h"
#include "cpu/encls/encls.h"
#include "cpu/guard.h"
#include "cpu/keys.h"
#include "cpu/measure.h"
#include "cpu/mem.h"

#define EINITTOKEN_ALIGNMENT 512
#define RSA_EXPONENT         3

/* Private copies of the operands: software may change its own meanwhile. */
struct einit {
	struct sgx_sigstruct sig;
	uint64_t token; /* linear address of EINITTOKEN */
	uint64_t secs_pa;
	uint8_t mrsigner[32];
	uint8_t mrenclave[32];
};

static bool sigstruct_reserved_zero(const struct sgx_sigstruct *sig)
{
	return mem_is_zero(sig->reserved1, sizeof(sig->reserved1)) &&
	       mem_is_zero(sig->reserved2, sizeof(sig->reserved2)) &&
	       mem_is_zero(sig->reserved3, sizeof(sig->reserved3)) &&
	       mem_is_zero(sig->reserved4, sizeof(sig->reserved4)) &&
	       !sig->cet_attributes && !sig->cet_attributes_mask;
}

static bool sigstruct_legal(struct lp *lp, const struct sgx_sigstruct *sig)
{
	static const uint8_t header[] = SIGSTRUCT_HEADER;
	static const uint8_t header2[] = SIGSTRUCT_HEADER2;

	if (memcmp(sig->header, header, sizeof(header)) != 0 ||
	    memcmp(sig->header2, header2, sizeof(header2)) != 0)
		return refuse(lp, false,
			      "SIGSTRUCT.HEADER or HEADER2 is not "
			      "that of a SIGSTRUCT");
	if (sig->vendor && sig->vendor != SIGSTRUCT_VENDOR_INTEL)
		return refuse(lp, false,
			      "SIGSTRUCT.VENDOR is %x, neither 0 "
			      "nor 0x8086",
			      sig->vendor);
	if (sig->exponent != RSA_EXPONENT)
		return refuse(lp, false, "SIGSTRUCT.EXPONENT is %u, not 3",
			      sig->exponent);
	if (!sigstruct_reserved_zero(sig))
		return refuse(lp, false,
			      "reserved fields of SIGSTRUCT are not "
			      "zero");
	return true;
}

/*
 * The SHA-256 of two stretches.  Not inlined, nor is check_launch(): struct
 * einit fills a stack frame by itself.
 */
static __attribute__((noinline)) void digest_of(const void *a, size_t a_size,
						const void *b, size_t b_size,
						uint8_t digest[32])
{
	struct sha256 sha256;

	sha256_begin(&sha256);
	sha256_add(&sha256, a, a_size);
	sha256_add(&sha256, b, b_size);
	sha256_end(&sha256, digest);
}

/* DEVIATION DC9: wrong Q1 or Q2 is SGX_INVALID_SIGNATURE. */
static bool signature_good(const struct sgx_sigstruct *sig)
{
	const struct rsa3072_signature rsa = {
		.modulus = sig->modulus,
		.signature = sig->signature,
		.q1 = sig->q1,
		.q2 = sig->q2,
	};
	uint8_t digest[32];

	digest_of(sig, SIGSTRUCT_SIGNED1_SIZE,
		  (const uint8_t *)sig + SIGSTRUCT_SIGNED2,
		  SIGSTRUCT_SIGNED2_SIZE, digest);
	return rsa3072_verify(&rsa, digest);
}

/* The first eight bytes of a hash, as people write it: for a reason. */
static uint64_t hash_start(const void *hash)
{
	uint64_t start;

	memcpy(&start, hash, sizeof(start));
	return __builtin_bswap64(start);
}

static bool is_launch_enclave_signer(const struct lp *lp,
				     const uint8_t mrsigner[32])
{
	return !memcmp(mrsigner, lp->sgxlepubkeyhash, 32);
}

/* What the signature says of the enclave, against what was built. */
static enum sgx_return_code check_sigstruct(struct lp *lp,
					    const struct einit *op)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, op->secs_pa);
	const struct sgx_sigstruct *sig = &op->sig;

	if (memcmp(sig->enclavehash, op->mrenclave, 32) != 0)
		return refuse(lp, SGX_INVALID_MEASUREMENT,
			      "MRENCLAVE is %h, SIGSTRUCT.ENCLAVEHASH %h",
			      hash_start(op->mrenclave),
			      hash_start(sig->enclavehash));
	if (secs->attributes & SGX_ATTR_EINITTOKENKEY &&
	    !is_launch_enclave_signer(lp, op->mrsigner))
		return refuse(lp, SGX_INVALID_ATTRIBUTE,
			      "EINITTOKENKEY is for "
			      "the launch enclave: MRSIGNER is %h, "
			      "IA32_SGXLEPUBKEYHASH %h",
			      hash_start(op->mrsigner),
			      hash_start(lp->sgxlepubkeyhash));
	if ((secs->attributes ^ sig->attributes) & sig->attributemask)
		return refuse(lp, SGX_INVALID_ATTRIBUTE,
			      "ATTRIBUTES are %x, "
			      "SIGSTRUCT wants %x of those in its mask %x"
			      " (DEBUG is 0x2)",
			      secs->attributes, sig->attributes,
			      sig->attributemask);
	if ((secs->xfrm ^ sig->xfrm) & sig->xfrmmask)
		return refuse(lp, SGX_INVALID_ATTRIBUTE,
			      "XFRM is %x, "
			      "SIGSTRUCT wants %x of what is in its mask %x",
			      secs->xfrm, sig->xfrm, sig->xfrmmask);
	if ((secs->miscselect ^ sig->miscselect) & sig->miscmask)
		return refuse(lp, SGX_INVALID_ATTRIBUTE,
			      "MISCSELECT is %x, "
			      "SIGSTRUCT wants %x of what is in its mask %x",
			      secs->miscselect, sig->miscselect, sig->miscmask);
	return SGX_SUCCESS;
}

static bool token_reserved_zero(const struct sgx_einittoken *token)
{
	return !(token->valid & ~1u) &&
	       mem_is_zero(token->reserved1, sizeof(token->reserved1)) &&
	       mem_is_zero(token->reserved2, sizeof(token->reserved2)) &&
	       mem_is_zero(token->reserved3, sizeof(token->reserved3)) &&
	       mem_is_zero(token->reserved4, sizeof(token->reserved4)) &&
	       !token->cet_masked_attributes_le;
}

static bool token_authentic(const struct lp *lp,
			    const struct sgx_einittoken *token)
{
	uint8_t key[SGX_KEY_SIZE], mac[SGX_KEY_SIZE];

	key_for_einittoken(lp->cpu->package, token, lp->sgxlepubkeyhash, key);
	aes_cmac(key, token, EINITTOKEN_MACED_SIZE, mac);
	return !memcmp(mac, token->mac, sizeof(mac));
}

/* EINITTOKEN: the launch enclave's permission to run this enclave. */
static enum sgx_return_code check_token(struct lp *lp, const struct einit *op,
					const struct sgx_einittoken *token)
{
	const struct sgx_secs *secs = secs_at(lp->cpu, op->secs_pa);

	if (token->maskedattributesle & SGX_ATTR_DEBUG &&
	    !(secs->attributes & SGX_ATTR_DEBUG))
		return refuse(lp, SGX_INVALID_EINITTOKEN,
			      "EINITTOKEN is of a "
			      "debug launch enclave, ATTRIBUTES %x have no "
			      "DEBUG",
			      secs->attributes);
	if (!token_reserved_zero(token))
		return refuse(lp, SGX_INVALID_EINITTOKEN,
			      "reserved fields of EINITTOKEN are not zero");
	if (!cpusvn_acceptable(lp->cpu->package, token->cpusvnle))
		return refuse(lp, SGX_INVALID_CPUSVN,
			      "EINITTOKEN.CPUSVNLE is "
			      "newer than the processor");
	if (!token_authentic(lp, token))
		return refuse(lp, SGX_INVALID_EINITTOKEN,
			      "EINITTOKEN.MAC is "
			      "not from this platform's launch enclave");
	if (memcmp(token->mrenclave, op->mrenclave, 32) != 0 ||
	    memcmp(token->mrsigner, op->mrsigner, 32) != 0)
		return refuse(lp, SGX_INVALID_MEASUREMENT,
			      "EINITTOKEN is for "
			      "MRENCLAVE %h, this one is %h, or for another "
			      "MRSIGNER than %h",
			      hash_start(token->mrenclave),
			      hash_start(op->mrenclave),
			      hash_start(op->mrsigner));
	/* DEVIATION DC10: the SDM's name for this code has no number. */
	if (token->attributes != secs->attributes || token->xfrm != secs->xfrm)
		return refuse(lp, SGX_INVALID_ATTRIBUTE,
			      "EINITTOKEN is for "
			      "ATTRIBUTES %x and XFRM %x, not for %x",
			      token->attributes, token->xfrm, secs->attributes);
	return SGX_SUCCESS;
}

static __attribute__((noinline)) enum sgx_return_code check_launch(
	struct lp *lp, const struct einit *op)
{
	struct sgx_einittoken token;

	memcpy(&token, encls_operand(op->token), sizeof(token));
	if (token.valid & 1)
		return check_token(lp, op, &token);
	if (!is_launch_enclave_signer(lp, op->mrsigner))
		return refuse(lp, SGX_INVALID_EINITTOKEN,
			      "without EINITTOKEN "
			      "MRSIGNER %h must be IA32_SGXLEPUBKEYHASH %h",
			      hash_start(op->mrsigner),
			      hash_start(lp->sgxlepubkeyhash));
	return SGX_SUCCESS;
}

static void commit(struct cpu *cpu, const struct einit *op)
{
	struct sgx_secs *secs = secs_at(cpu, op->secs_pa);
	struct secs_hidden *hidden = secs_hidden_at(cpu, op->secs_pa);

	memcpy(secs->mrenclave, op->mrenclave, sizeof(secs->mrenclave));
	memcpy(secs->mrsigner, op->mrsigner, sizeof(secs->mrsigner));
	secs->isvprodid = op->sig.isvprodid;
	secs->isvsvn = op->sig.isvsvn;
	memcpy(hidden->isvextprodid, op->sig.isvextprodid,
	       sizeof(hidden->isvextprodid));
	memcpy(hidden->isvfamilyid, op->sig.isvfamilyid,
	       sizeof(hidden->isvfamilyid));
	rsa3072_padding(hidden->padding);
	__atomic_fetch_or(&secs->attributes, SGX_ATTR_INIT, __ATOMIC_RELEASE);
}

/*
 *   #GP(0)	RBX or RCX is not aligned to a page, or RDX to 512 bytes
 *   #PF(RCX)	RCX is not in the EPC
 *   SGX_INVALID_SIG_STRUCT	SIGSTRUCT is not legal
 *   SGX_INVALID_SIGNATURE	its signature is wrong
 *   #GP(0)	another leaf uses the SECS exclusively
 *   #PF(RCX)	the page is no SECS
 *   SGX_INVALID_SIG_STRUCT	ISVFAMILYID without KSS
 *   #GP(0)	another leaf is measuring, or EINIT has been done
 *   SGX_INVALID_MEASUREMENT,
 *   SGX_INVALID_ATTRIBUTE	SIGSTRUCT is of another enclave
 *   SGX_INVALID_EINITTOKEN, SGX_INVALID_CPUSVN, SGX_INVALID_MEASUREMENT,
 *   SGX_INVALID_ATTRIBUTE	launch policy refuses
 */
int einit(struct lp *lp)
{
	const struct sgx_secs *secs;
	enum sgx_return_code code;
	struct einit op;

	if (!is_aligned(lp->r.rbx, SGX_PAGE_SIZE) ||
	    !is_aligned(lp->r.rcx, SGX_PAGE_SIZE))
		return gp0(lp, "SIGSTRUCT %x or SECS %x is not page aligned",
			   lp->r.rbx, lp->r.rcx);
	if (!is_aligned(lp->r.rdx, EINITTOKEN_ALIGNMENT))
		return gp0(lp, "EINITTOKEN %x is not aligned", lp->r.rdx);
	if (!epc_address(lp->cpu, lp->r.rcx, &op.secs_pa))
		return encls_pf(lp, lp->r.rcx, NOT_IN_THE_EPC, lp->r.rcx);
	memcpy(&op.sig, encls_operand(lp->r.rbx), sizeof(op.sig));
	op.token = lp->r.rdx;
	if (!sigstruct_legal(lp, &op.sig))
		return encls_return(lp, SGX_INVALID_SIG_STRUCT);
	if (!signature_good(&op.sig))
		return encls_return(lp, SGX_INVALID_SIGNATURE,
				    "SIGNATURE, Q1 "
				    "or Q2 does not match SIGSTRUCT's MODULUS "
				    "and fields (changed after signing?)");
	digest_of(op.sig.modulus, sizeof(op.sig.modulus), NULL, 0, op.mrsigner);

	struct epcm *epcm GUARD(shared) = take_shared(lp->cpu, op.secs_pa);

	if (!epcm)
		return gp0(lp, EPC_PAGE_CONFLICT, op.secs_pa);
	if (!epcm_is_secs(epcm))
		return encls_pf(lp, lp->r.rcx, NO_SECS, lp->r.rcx);
	secs = secs_at(lp->cpu, op.secs_pa);
	if (!(secs->attributes & SGX_ATTR_KSS) &&
	    !mem_is_zero(op.sig.isvfamilyid, sizeof(op.sig.isvfamilyid)))
		return encls_return(lp, SGX_INVALID_SIG_STRUCT,
				    "SIGSTRUCT has "
				    "ISVFAMILYID, ATTRIBUTES %x have no KSS",
				    secs->attributes);

	struct secs_hidden *hidden GUARD(measurement) =
		take_measurement(lp->cpu, op.secs_pa);

	if (!hidden)
		return gp0(lp, MEASUREMENT_CONFLICT);
	/* DEVIATION DC11: the place of this check is not stated. */
	if (secs_initialised(secs))
		return gp0(lp, "EINIT has been done already");
	measure_final(hidden, op.mrenclave);
	code = check_sigstruct(lp, &op);
	if (code == SGX_SUCCESS)
		code = check_launch(lp, &op);
	if (code == SGX_SUCCESS)
		commit(lp->cpu, &op);
	return encls_return(lp, code);
}
