/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EINIT: one case for each check of SDM "EINIT", Operation, in order.  All
 * signatures are OpenSSL's, and the measurement is OpenSSL's too.
 */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

#include "cpu/keys.h"
#include "tests/unit/cpu/signer.h"

static struct sgx_secs *secs_of(struct machine *m)
{
	return secs_at(&m->cpu, m->secs_pa);
}

static int setup(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	create(m);
	add(m, OFF_DATA, REG_RW);
	prepare_einit(m);
	return 0;
}

static void not_initialised(struct machine *m)
{
	assert_false(secs_initialised(secs_of(m)));
	assert_int_equal(epcm_of(&m->cpu, m->secs_pa)->lock, 0);
	assert_int_equal(secs_hidden_at(&m->cpu, m->secs_pa)->measurement_lock,
			 0);
}

/* The operands are spoilt after signing. */
#define CODE(name, code, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		struct sgx_sigstruct *sig = &m->sigstruct; \
\
		(void)sig; \
		spoil; \
		check_code(m, encls(&m->lp), code); \
		not_initialised(m); \
	}

/* The signer says something else, and signs it. */
#define SIGNED(name, code, choose) \
	CODE(name, code, { \
		choose; \
		sigstruct_sign(sig); \
	})

#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
\
		spoil; \
		check_gp(m, encls(&m->lp)); \
		not_initialised(m); \
	}

GP(sigstruct_unaligned, m->lp.r.rbx += 2048)
/* Checked before what the SIGSTRUCT says. */
GP(secs_unaligned, (m->lp.r.rcx += 2048, m->sigstruct.exponent = 5))
GP(token_unaligned, m->lp.r.rdx += 256)

static void secs_not_epc(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

SIGNED(header, SGX_INVALID_SIG_STRUCT, sig->header[4]++)
SIGNED(header_tail, SGX_INVALID_SIG_STRUCT, sig->header[15]++)
SIGNED(header2, SGX_INVALID_SIG_STRUCT, sig->header2[15]++)
SIGNED(vendor, SGX_INVALID_SIG_STRUCT, sig->vendor = 1)
CODE(exponent, SGX_INVALID_SIG_STRUCT, sig->exponent = 65537)
SIGNED(reserved1, SGX_INVALID_SIG_STRUCT, sig->reserved1[83] = 1)
SIGNED(reserved2, SGX_INVALID_SIG_STRUCT, sig->reserved2[0] = 1)
SIGNED(reserved3, SGX_INVALID_SIG_STRUCT, sig->reserved3[15] = 1)
CODE(reserved4, SGX_INVALID_SIG_STRUCT, sig->reserved4[11] = 1)
SIGNED(cet, SGX_INVALID_SIG_STRUCT, sig->cet_attributes = 1)
SIGNED(cet_mask, SGX_INVALID_SIG_STRUCT, sig->cet_attributes_mask = 1)

CODE(signature_bit, SGX_INVALID_SIGNATURE, sig->signature[0] ^= 1)
CODE(signature_zero, SGX_INVALID_SIGNATURE, memset(sig->signature, 0, 384))
CODE(modulus_bit, SGX_INVALID_SIGNATURE, sig->modulus[100] ^= 1)
CODE(modulus_zero, SGX_INVALID_SIGNATURE, memset(sig->modulus, 0, 384))
CODE(q1_larger, SGX_INVALID_SIGNATURE, sig->q1[0]++)
CODE(q1_smaller, SGX_INVALID_SIGNATURE, sig->q1[0]--)
CODE(q1_top, SGX_INVALID_SIGNATURE, sig->q1[383] ^= 0x80)
CODE(q2_larger, SGX_INVALID_SIGNATURE, sig->q2[0]++)
CODE(q2_smaller, SGX_INVALID_SIGNATURE, sig->q2[0]--)
CODE(q_all_ones, SGX_INVALID_SIGNATURE, memset(sig->q2, 0xff, 384))
CODE(signed_head, SGX_INVALID_SIGNATURE, sig->date++)
CODE(signed_swdefined, SGX_INVALID_SIGNATURE, sig->swdefined++)
CODE(signed_body, SGX_INVALID_SIGNATURE, sig->miscselect++)
CODE(signed_tail, SGX_INVALID_SIGNATURE, sig->isvsvn++)

static void secs_locked(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_of(&m->cpu, m->secs_pa);

	assert_true(epcm_trylock_exclusive(epcm));
	check_gp(m, encls(&m->lp));
	epcm_unlock_exclusive(epcm);
	not_initialised(m);
}

static void secs_invalid(void **state)
{
	struct machine *m = *state;

	epcm_invalidate(epcm_of(&m->cpu, m->secs_pa));
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
}

static void secs_is_child(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = kernel_la(m, mapping_of(m, LA(OFF_DATA))->pa);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
}

SIGNED(familyid_without_kss, SGX_INVALID_SIG_STRUCT, sig->isvfamilyid[0] = 1)

static void measurement_locked(void **state)
{
	struct machine *m = *state;
	struct secs_hidden *hidden = secs_hidden_at(&m->cpu, m->secs_pa);

	assert_true(secs_trylock_measurement(hidden));
	check_gp(m, encls(&m->lp));
	secs_unlock_measurement(hidden);
}

static void twice(void **state)
{
	struct machine *m = *state;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	m->lp.r.rax = ENCLS_EINIT;
	check_gp(m, encls(&m->lp));
	assert_int_equal(epcm_of(&m->cpu, m->secs_pa)->lock, 0);
}

SIGNED(hash, SGX_INVALID_MEASUREMENT, sig->enclavehash[31] ^= 1)
CODE(one_page_more, SGX_INVALID_MEASUREMENT, {
	add(m, OFF_OUTPUT, REG_RW);
	m->lp.r.rax = ENCLS_EINIT;
	m->lp.r.rbx = operand(sig);
	m->lp.r.rcx = kernel_la(m, m->secs_pa);
})
SIGNED(attribute, SGX_INVALID_ATTRIBUTE, sig->attributes ^= SGX_ATTR_DEBUG)
SIGNED(xfrm, SGX_INVALID_ATTRIBUTE, sig->xfrm ^= XFEATURE_AVX)
SIGNED(miscselect, SGX_INVALID_ATTRIBUTE, sig->miscselect ^= 1)

static void not_under_mask(void **state)
{
	struct machine *m = *state;

	m->sigstruct.attributes = 0;
	m->sigstruct.attributemask = 0;
	m->sigstruct.xfrm = 0;
	m->sigstruct.xfrmmask = 0;
	m->sigstruct.miscselect = 0;
	m->sigstruct.miscmask = 0;
	sigstruct_sign(&m->sigstruct);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void einittokenkey_policy(void **state)
{
	struct machine *m = *state;

	m->attributes |= SGX_ATTR_EINITTOKENKEY;
	create(m);
	prepare_einit(m);
	m->lp.sgxlepubkeyhash[0]++;
	check_code(m, encls(&m->lp), SGX_INVALID_ATTRIBUTE);
	not_initialised(m);
	prepare_einit(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

CODE(no_token_other_signer, SGX_INVALID_EINITTOKEN, m->lp.sgxlepubkeyhash[3]++)

static void success(void **state)
{
	struct machine *m = *state;
	struct secs_hidden *hidden = secs_hidden_at(&m->cpu, m->secs_pa);
	struct sgx_secs *secs = secs_of(m);
	uint8_t mrsigner[32];

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_true(secs_initialised(secs));
	sigstruct_mrsigner(&m->sigstruct, mrsigner);
	assert_memory_equal(secs->mrsigner, mrsigner, 32);
	assert_memory_equal(secs->mrenclave, m->sigstruct.enclavehash, 32);
	assert_int_equal(secs->isvprodid, 0x1234);
	assert_int_equal(secs->isvsvn, 7);
	assert_int_equal(hidden->padding[1], 1);
	assert_int_equal(hidden->padding[332], 0);
	assert_int_equal(hidden->padding[351], 0x20);
	assert_int_equal(epcm_of(&m->cpu, m->secs_pa)->lock, 0);
}

static void vendor_intel(void **state)
{
	struct machine *m = *state;

	m->sigstruct.vendor = SIGSTRUCT_VENDOR_INTEL;
	sigstruct_sign(&m->sigstruct);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void kss(void **state)
{
	struct machine *m = *state;
	struct secs_hidden *hidden;

	m->attributes |= SGX_ATTR_KSS;
	create(m);
	prepare_einit(m);
	m->sigstruct.isvfamilyid[1] = 2;
	m->sigstruct.isvextprodid[3] = 4;
	sigstruct_sign(&m->sigstruct);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
	hidden = secs_hidden_at(&m->cpu, m->secs_pa);
	assert_int_equal(hidden->isvfamilyid[1], 2);
	assert_int_equal(hidden->isvextprodid[3], 4);
}

/* ISVEXTPRODID is not tested without KSS. */
static void extprodid_without_kss(void **state)
{
	struct machine *m = *state;

	m->sigstruct.isvextprodid[0] = 1;
	sigstruct_sign(&m->sigstruct);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

/* Tokens ---------------------------------------------------------------- */

static void mac_token(struct machine *m)
{
	uint8_t key[16];

	key_for_einittoken(&m->package, &m->token, m->lp.sgxlepubkeyhash, key);
	openssl_cmac(key, &m->token, 192, m->token.mac);
}

/* What a launch enclave of another signer would write for this enclave. */
static int setup_token(void **state)
{
	struct machine *m;

	setup(state);
	m = *state;
	m->lp.sgxlepubkeyhash[0] ^= 1;
	m->token.valid = 1;
	m->token.attributes = secs_of(m)->attributes;
	m->token.xfrm = secs_of(m)->xfrm;
	memcpy(m->token.mrenclave, m->sigstruct.enclavehash, 32);
	sigstruct_mrsigner(&m->sigstruct, m->token.mrsigner);
	memset(m->token.cpusvnle, 5, 16);
	m->token.isvsvnle = 1;
	m->token.keyid[0] = 1;
	mac_token(m);
	return 0;
}

#define TOKEN(name, code, spoil) \
	CODE(name, code, { \
		spoil; \
		mac_token(m); \
	})

TOKEN(token_debug, SGX_INVALID_EINITTOKEN, {
	m->token.maskedattributesle = SGX_ATTR_DEBUG;
	secs_of(m)->attributes &= ~SGX_ATTR_DEBUG;
	sig->attributemask = 0;
	sigstruct_sign(sig);
})
TOKEN(token_valid_reserved, SGX_INVALID_EINITTOKEN, m->token.valid = 3)
TOKEN(token_reserved1, SGX_INVALID_EINITTOKEN, m->token.reserved1[43] = 1)
TOKEN(token_reserved2, SGX_INVALID_EINITTOKEN, m->token.reserved2[0] = 1)
TOKEN(token_reserved3, SGX_INVALID_EINITTOKEN, m->token.reserved3[0] = 1)
TOKEN(token_reserved4, SGX_INVALID_EINITTOKEN, m->token.reserved4[22] = 1)
TOKEN(token_cet, SGX_INVALID_EINITTOKEN, m->token.cet_masked_attributes_le = 1)
TOKEN(token_cpusvn, SGX_INVALID_CPUSVN, m->token.cpusvnle[15] = 6)
CODE(token_mac, SGX_INVALID_EINITTOKEN, m->token.mac[0] ^= 1)
CODE(token_maced, SGX_INVALID_EINITTOKEN, m->token.xfrm ^= 4)
CODE(token_keyid, SGX_INVALID_EINITTOKEN, m->token.keyid[31] ^= 1)
CODE(token_isvsvn, SGX_INVALID_EINITTOKEN, m->token.isvsvnle++)
TOKEN(token_mrenclave, SGX_INVALID_MEASUREMENT, m->token.mrenclave[0] ^= 1)
TOKEN(token_mrsigner, SGX_INVALID_MEASUREMENT, m->token.mrsigner[31] ^= 1)
TOKEN(token_attributes, SGX_INVALID_ATTRIBUTE, m->token.attributes ^= 2)
TOKEN(token_xfrm, SGX_INVALID_ATTRIBUTE, m->token.xfrm ^= 4)

/* DEBUG in the token's mask is for an enclave that is DEBUG. */
static void token_debug_of_both(void **state)
{
	struct machine *m = *state;

	assert_true(secs_of(m)->attributes & SGX_ATTR_DEBUG);
	m->token.maskedattributesle = SGX_ATTR_DEBUG;
	mac_token(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void token_debug_of_neither(void **state)
{
	struct machine *m = *state;

	secs_of(m)->attributes &= ~SGX_ATTR_DEBUG;
	m->sigstruct.attributemask = 0;
	sigstruct_sign(&m->sigstruct);
	m->token.attributes = secs_of(m)->attributes;
	mac_token(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void token_good(void **state)
{
	struct machine *m = *state;

	check_code(m, encls(&m->lp), SGX_SUCCESS);
	assert_true(secs_initialised(secs_of(m)));
}

/* Each of them goes into the key, so the MAC holds for no other. */
static void token_key_inputs(void **state)
{
	struct machine *m = *state;
	struct sgx_einittoken *token = &m->token;

	token->isvprodidle ^= 1;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
	token->isvprodidle ^= 1;
	token->cpusvnle[0] ^= 1;
	m->lp.r.rax = ENCLS_EINIT;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
	token->cpusvnle[0] ^= 1;
	token->maskedattributesle ^= SGX_ATTR_KSS;
	m->lp.r.rax = ENCLS_EINIT;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
	token->maskedattributesle ^= SGX_ATTR_KSS;
	token->maskedxfrmle ^= 1;
	m->lp.r.rax = ENCLS_EINIT;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
	token->maskedxfrmle ^= 1;
	token->maskedmiscselectle ^= 1;
	m->lp.r.rax = ENCLS_EINIT;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
	token->maskedmiscselectle ^= 1;
	m->lp.sgxlepubkeyhash[1] ^= 1;
	m->lp.r.rax = ENCLS_EINIT;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
}

static void token_of_launch_signer(void **state)
{
	struct machine *m = *state;

	m->lp.sgxlepubkeyhash[0] ^= 1;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
	mac_token(m);
	m->lp.r.rax = ENCLS_EINIT;
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void again(struct machine *m)
{
	m->lp.r.rax = ENCLS_EINIT;
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order_of_faults(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm = epcm_of(&m->cpu, m->secs_pa);
	struct secs_hidden *hidden = secs_hidden_at(&m->cpu, m->secs_pa);

	m->sigstruct.enclavehash[0] ^= 1;
	sigstruct_sign(&m->sigstruct);
	assert_true(secs_trylock_measurement(hidden));
	check_gp(m, encls(&m->lp));
	m->sigstruct.isvfamilyid[0] = 1;
	sigstruct_sign(&m->sigstruct);
	check_code(m, encls(&m->lp), SGX_INVALID_SIG_STRUCT);
	epcm_invalidate(epcm);
	again(m);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_true(epcm_trylock_exclusive(epcm));
	check_gp(m, encls(&m->lp));
	m->sigstruct.signature[0] ^= 1;
	check_code(m, encls(&m->lp), SGX_INVALID_SIGNATURE);
	m->sigstruct.exponent = 5;
	again(m);
	check_code(m, encls(&m->lp), SGX_INVALID_SIG_STRUCT);
	again(m);
	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
	m->lp.r.rdx += 1;
	check_gp(m, encls(&m->lp));
}

static void order_of_codes(void **state)
{
	struct machine *m = *state;

	m->lp.sgxlepubkeyhash[0] ^= 1;
	m->sigstruct.xfrm ^= XFEATURE_AVX;
	sigstruct_sign(&m->sigstruct);
	check_code(m, encls(&m->lp), SGX_INVALID_ATTRIBUTE);
	again(m);
	m->sigstruct.enclavehash[0] ^= 1;
	sigstruct_sign(&m->sigstruct);
	check_code(m, encls(&m->lp), SGX_INVALID_MEASUREMENT);
}

static void order_of_token(void **state)
{
	struct machine *m = *state;

	m->token.attributes ^= 2;
	m->token.mrsigner[0] ^= 1;
	mac_token(m);
	check_code(m, encls(&m->lp), SGX_INVALID_MEASUREMENT);
	again(m);
	m->token.mac[0] ^= 1;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
	again(m);
	m->token.cpusvnle[0] = 6;
	check_code(m, encls(&m->lp), SGX_INVALID_CPUSVN);
	again(m);
	m->token.reserved1[0] = 1;
	check_code(m, encls(&m->lp), SGX_INVALID_EINITTOKEN);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)
#define K(f) cmocka_unit_test_setup_teardown(f, setup_token, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EINIT", "SDM \"EINIT - Initialize an Enclave for "
			 "Execution\", Operation"),
	ROW("RBX (SIGSTRUCT) is not page aligned", "#GP(0)",
	    T(sigstruct_unaligned)),
	ROW("RCX (SECS) is not page aligned", "#GP(0)", T(secs_unaligned)),
	ROW("RDX (EINITTOKEN) is not 512-byte aligned", "#GP(0)",
	    T(token_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(secs_not_epc)),
	ROW("SIGSTRUCT.HEADER or HEADER2 is not the constant",
	    "SGX_INVALID_SIG_STRUCT", T(header), T(header_tail), T(header2)),
	ROW("SIGSTRUCT.VENDOR is neither 0 nor 8086H", "SGX_INVALID_SIG_STRUCT",
	    T(vendor), T(vendor_intel)),
	ROW("SIGSTRUCT.EXPONENT is not 3", "SGX_INVALID_SIG_STRUCT",
	    T(exponent)),
	ROW("SIGSTRUCT has a reserved byte that is not 0",
	    "SGX_INVALID_SIG_STRUCT", T(reserved1), T(reserved2), T(reserved3),
	    T(reserved4)),
	ROW("SIGSTRUCT.CET_ATTRIBUTES or its mask, without CET",
	    "SGX_INVALID_SIG_STRUCT", T(cet), T(cet_mask)),
	DEVIATES("DC8", "an unmasked event is pending",
		 "not seen (SGX_UNMASKED_EVENT)"),
	ROW("the signature is not the signer's", "SGX_INVALID_SIGNATURE",
	    T(signature_bit), T(signature_zero), T(modulus_bit),
	    T(modulus_zero)),
	ROW("what is signed was changed", "SGX_INVALID_SIGNATURE",
	    T(signed_head), T(signed_swdefined), T(signed_body),
	    T(signed_tail)),
	DEVIATES("DC9", "Q1 or Q2 is wrong", "SGX_INVALID_SIGNATURE",
		 T(q1_larger), T(q1_smaller), T(q1_top), T(q2_larger),
		 T(q2_smaller), T(q_all_ones)),
	ROW("the SECS is in use by an exclusive leaf", "#GP(0)",
	    T(secs_locked)),
	ROW("the SECS is invalid, or no SECS", "#PF(RCX)", T(secs_invalid),
	    T(secs_is_child)),
	ROW("ISVFAMILYID without KSS", "SGX_INVALID_SIG_STRUCT",
	    T(familyid_without_kss)),
	ROW("ISVEXTPRODID without KSS", "is not tested",
	    T(extprodid_without_kss)),
	ROW("the measurement is in use by another leaf", "#GP(0)",
	    T(measurement_locked)),
	DEVIATES("DC11", "the enclave is initialised", "#GP(0), tested here",
		 T(twice)),
	ROW("ENCLAVEHASH is not the measurement", "SGX_INVALID_MEASUREMENT",
	    T(hash), T(one_page_more)),
	ROW("EINITTOKENKEY, and the signer is not IA32_SGXLEPUBKEYHASH's",
	    "SGX_INVALID_ATTRIBUTE", T(einittokenkey_policy)),
	ROW("ATTRIBUTES differ under ATTRIBUTEMASK", "SGX_INVALID_ATTRIBUTE",
	    T(attribute)),
	ROW("XFRM differs under ATTRIBUTEMASK", "SGX_INVALID_ATTRIBUTE",
	    T(xfrm)),
	ROW("MISCSELECT differs under MISCMASK", "SGX_INVALID_ATTRIBUTE",
	    T(miscselect)),
	ROW("they differ where the masks are clear", "is legal",
	    T(not_under_mask)),
	ROW("no valid token, and the signer is not IA32_SGXLEPUBKEYHASH's",
	    "SGX_INVALID_EINITTOKEN", T(no_token_other_signer)),
	ROW("token: MASKEDATTRIBUTESLE.DEBUG, enclave not DEBUG",
	    "SGX_INVALID_EINITTOKEN", K(token_debug)),
	ROW("token: VALID[31:1] or another reserved byte is not 0",
	    "SGX_INVALID_EINITTOKEN", K(token_valid_reserved),
	    K(token_reserved1), K(token_reserved2), K(token_reserved3),
	    K(token_reserved4), K(token_cet)),
	ROW("token: CPUSVNLE is beyond the processor's", "SGX_INVALID_CPUSVN",
	    K(token_cpusvn)),
	ROW("token: MAC is wrong", "SGX_INVALID_EINITTOKEN", K(token_mac),
	    K(token_maced), K(token_keyid), K(token_isvsvn),
	    K(token_key_inputs)),
	ROW("token: MRENCLAVE or MRSIGNER is another's",
	    "SGX_INVALID_MEASUREMENT", K(token_mrenclave), K(token_mrsigner)),
	DEVIATES("DC10", "token: ATTRIBUTES or XFRM is another's",
		 "SGX_INVALID_ATTRIBUTE", K(token_attributes), K(token_xfrm)),
	ROW("token: none of these, other signer", "initialised", K(token_good),
	    K(token_debug_of_both), K(token_debug_of_neither)),
	ROW("token: valid, signer is IA32_SGXLEPUBKEYHASH's",
	    "the token is tested", K(token_of_launch_signer)),
	ROW("two checks fail", "the first decides", T(order_of_faults),
	    T(order_of_codes), K(order_of_token)),
	ROW("none of these", "MRENCLAVE, MRSIGNER, ISV fields; INIT",
	    T(success), T(kss)),
};

CONFORM_MAIN(rows, NULL)
