/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EGETKEY: the checks of SDM "EGETKEY", Operation, and its table of key
 * dependencies: for each key, what changes it and what does not.
 */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

static struct sgx_keyrequest *request_of(struct machine *m)
{
	return at(m, LA(OFF_DATA));
}

static struct sgx_secs *secs_of(struct machine *m)
{
	return secs_at(&m->cpu, m->secs_pa);
}

static struct secs_hidden *hidden_of(struct machine *m)
{
	return secs_hidden_at(&m->cpu, m->secs_pa);
}

static const uint8_t untouched[16] = {
	0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
	0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
};

static int setup(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	m->attributes |= SGX_ATTR_KSS | SGX_ATTR_PROVISIONKEY |
			 SGX_ATTR_EINITTOKENKEY;
	build_enclave(m);
	enter(m);
	memset(request_of(m), 0, sizeof(struct sgx_keyrequest));
	request_of(m)->keyname = KEYNAME_SEAL;
	memcpy(at(m, LA(OFF_OUTPUT)), untouched, 16);
	prepare_leaf(m, ENCLU_EGETKEY, LA(OFF_DATA), LA(OFF_OUTPUT), 0);
	return 0;
}

static int run(struct machine *m)
{
	m->lp.r.rax = ENCLU_EGETKEY;
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS;
	return enclu(&m->lp);
}

#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		struct sgx_keyrequest *request = request_of(m); \
\
		(void)request; \
		spoil; \
		check_gp(m, run(m)); \
		assert_memory_equal(at(m, LA(OFF_OUTPUT)), untouched, 16); \
	}

#define CODE(name, code, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		struct sgx_keyrequest *request = request_of(m); \
\
		spoil; \
		check_code(m, run(m), code); \
		assert_memory_equal(at(m, LA(OFF_OUTPUT)), untouched, 16); \
	}

#define NO(attribute) (secs_of(m)->attributes &= ~(attribute))

GP(request_unaligned, m->lp.r.rbx += 256)
GP(request_outside, m->lp.r.rbx = ENCLAVE_BASE - 4096)
GP(output_unaligned, m->lp.r.rcx += 8)
GP(output_outside, m->lp.r.rcx = ENCLAVE_BASE + ENCLAVE_SIZE)
GP(reserved1, request->reserved1 = 1)
GP(reserved2, request->reserved2[433] = 1)
GP(cet_mask, request->cet_attributes_mask = 1)
GP(policy_reserved, request->keypolicy = 1u << 6)
GP(policy_reserved_high, request->keypolicy = 1u << 15)
GP(no_kss_noisvprodid, (NO(SGX_ATTR_KSS), request->keypolicy = 1 << 2))
GP(no_kss_configid, (NO(SGX_ATTR_KSS), request->keypolicy = 1 << 3))
GP(no_kss_familyid, (NO(SGX_ATTR_KSS), request->keypolicy = 1 << 4))
GP(no_kss_extprodid, (NO(SGX_ATTR_KSS), request->keypolicy = 1 << 5))
GP(no_kss_configsvn, (NO(SGX_ATTR_KSS), request->configsvn = 1))

CODE(einittoken_gate, SGX_INVALID_ATTRIBUTE,
     (NO(SGX_ATTR_EINITTOKENKEY), request->keyname = KEYNAME_EINITTOKEN))
CODE(provision_gate, SGX_INVALID_ATTRIBUTE,
     (NO(SGX_ATTR_PROVISIONKEY), request->keyname = KEYNAME_PROVISION))
CODE(provision_seal_gate, SGX_INVALID_ATTRIBUTE,
     (NO(SGX_ATTR_PROVISIONKEY), request->keyname = KEYNAME_PROVISION_SEAL))
CODE(gate_before_svn, SGX_INVALID_ATTRIBUTE,
     (NO(SGX_ATTR_PROVISIONKEY), request->keyname = KEYNAME_PROVISION,
      request->isvsvn = 8))
CODE(cpusvn_newer, SGX_INVALID_CPUSVN, request->cpusvn[0] = 6)
CODE(cpusvn_component_newer, SGX_INVALID_CPUSVN, request->cpusvn[15] = 6)
CODE(isvsvn_newer, SGX_INVALID_ISVSVN, request->isvsvn = 8)
CODE(configsvn_newer, SGX_INVALID_ISVSVN, request->configsvn = 1)
CODE(keyname_unknown, SGX_INVALID_KEYNAME, request->keyname = 5)

static void svns_of_every_key(void **state)
{
	struct machine *m = *state;
	static const uint16_t names[] = {
		KEYNAME_EINITTOKEN,
		KEYNAME_PROVISION,
		KEYNAME_PROVISION_SEAL,
		KEYNAME_SEAL,
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		request_of(m)->keyname = names[i];
		request_of(m)->cpusvn[3] = 6;
		check_code(m, run(m), SGX_INVALID_CPUSVN);
		request_of(m)->cpusvn[3] = 0;
		request_of(m)->isvsvn = 8;
		check_code(m, run(m), SGX_INVALID_ISVSVN);
		request_of(m)->isvsvn = 7;
		check_code(m, run(m), SGX_SUCCESS);
	}
	/* The report key checks none of them. */
	request_of(m)->keyname = KEYNAME_REPORT;
	request_of(m)->isvsvn = 8;
	request_of(m)->cpusvn[0] = 6;
	check_code(m, run(m), SGX_SUCCESS);
}

static void operands(void **state)
{
	struct machine *m = *state;

	epcm_at(m, LA(OFF_DATA))->valid = 0;
	check_epcm_pf(m, run(m), LA(OFF_DATA), 0);
	epcm_at(m, LA(OFF_DATA))->valid = 1;
	m->lp.r.rcx = LA(OFF_RO);
	check_epcm_pf(m, run(m), LA(OFF_RO), PF_WRITE);
	m->lp.r.rcx = LA(OFF_OUTPUT);
	check_code(m, run(m), SGX_SUCCESS);
}

static void rip_moves(void **state)
{
	struct machine *m = *state;
	uint64_t rip = m->lp.r.rip;

	check_code(m, run(m), SGX_SUCCESS);
	assert_int_equal(m->lp.r.rip, rip + 3);
	request_of(m)->keyname = 9;
	check_code(m, run(m), SGX_INVALID_KEYNAME);
	assert_int_equal(m->lp.r.rip, rip + 6);
}

/* Dependencies ---------------------------------------------------------- */

/* clang-format off */
enum input {
	CPUSVN, ISVSVN, ISVPRODID, FAMILYID, EXTPRODID, MRENCLAVE, MRSIGNER,
	CONFIGID, CONFIGSVN_SECS, CONFIGSVN_REQUEST, ATTRIBUTES_MASKED,
	ATTRIBUTES_UNMASKED, DEBUG_ATTRIBUTE, XFRM_UNMASKED, ATTRIBUTEMASK,
	XFRMMASK, MISC_UNMASKED, MISCMASK, KEYID, OWNER_EPOCH, SEAL_FUSES,
	ROOT_KEY, PADDING, CURRENT_CPUSVN, INPUTS
};

static void change(struct machine *m, enum input input)
{
	struct sgx_keyrequest *request = request_of(m);
	struct sgx_secs *secs = secs_of(m);

	switch (input) {
	case CPUSVN: request->cpusvn[9]++; break;
	case ISVSVN: request->isvsvn++; break;
	case ISVPRODID: secs->isvprodid++; break;
	case FAMILYID: hidden_of(m)->isvfamilyid[15]++; break;
	case EXTPRODID: hidden_of(m)->isvextprodid[15]++; break;
	case MRENCLAVE: secs->mrenclave[31]++; break;
	case MRSIGNER: secs->mrsigner[31]++; break;
	case CONFIGID: secs->configid[63]++; break;
	case CONFIGSVN_SECS: secs->configsvn++; break;
	case CONFIGSVN_REQUEST: request->configsvn++; break;
	/* The request masks out ATTRIBUTES but for AEXNOTIFY. */
	case ATTRIBUTES_MASKED: secs->attributes ^= SGX_ATTR_MODE64BIT; break;
	case ATTRIBUTES_UNMASKED: secs->attributes ^= SGX_ATTR_AEXNOTIFY; break;
	case DEBUG_ATTRIBUTE: secs->attributes ^= SGX_ATTR_DEBUG; break;
	case XFRM_UNMASKED: secs->xfrm ^= XFEATURE_AVX; break;
	/* Bits of which the enclave has none: only the mask changes. */
	case ATTRIBUTEMASK: request->attributemask ^= 1ull << 40; break;
	case XFRMMASK: request->xfrmmask ^= 1ull << 40; break;
	case MISC_UNMASKED: secs->miscselect ^= 1; break;
	case MISCMASK: request->miscmask ^= 1u << 20; break;
	case KEYID: request->keyid[31]++; break;
	case OWNER_EPOCH: m->package.owner_epoch[15]++; break;
	case SEAL_FUSES: m->package.root_seal_key[31]++; break;
	case ROOT_KEY: m->package.root_provisioning_key[31]++; break;
	case PADDING: hidden_of(m)->padding[351]++; break;
	case CURRENT_CPUSVN: m->package.cpusvn[0]++; break;
	case INPUTS: break;
	}
}
/* clang-format on */

static void get(struct machine *m, uint8_t key[16])
{
	check_code(m, run(m), SGX_SUCCESS);
	memcpy(key, at(m, LA(OFF_OUTPUT)), 16);
}

#define BIT(input) (1u << (input))

/* Exactly the inputs in `expected` change the key. */
static void check_inputs(struct machine *m, unsigned keyname, unsigned policy,
			 uint32_t expected)
{
	struct package package = m->package;
	struct sgx_secs secs = *secs_of(m);
	struct sgx_keyrequest *request = request_of(m);
	uint8_t before[16], after[16];
	unsigned i;

	for (i = 0; i < INPUTS; i++) {
		*secs_of(m) = secs;
		m->package = package;
		secs_of(m)->configsvn = 5;
		memset(request, 0, sizeof(*request));
		request->keyname = keyname;
		request->keypolicy = policy;
		request->attributemask = SGX_ATTR_AEXNOTIFY;
		request->xfrmmask = ~0ull >> 1;
		request->miscmask = 1;
		get(m, before);
		change(m, i);
		get(m, after);
		if (!memcmp(before, after, 16) != !(expected & BIT(i)))
			fail_msg("key %u policy %u input %u", keyname, policy,
				 i);
	}
	*secs_of(m) = secs;
	m->package = package;
}

#define MASKED \
	(BIT(ATTRIBUTES_UNMASKED) | BIT(DEBUG_ATTRIBUTE) | \
	 BIT(XFRM_UNMASKED) | BIT(MISC_UNMASKED) | BIT(CPUSVN) | BIT(ISVSVN) | \
	 BIT(ROOT_KEY))
#define MASKS (BIT(ATTRIBUTEMASK) | BIT(XFRMMASK) | BIT(MISCMASK))
#define OWNER (BIT(OWNER_EPOCH) | BIT(SEAL_FUSES))

static void einittoken_inputs(void **state)
{
	check_inputs(*state, KEYNAME_EINITTOKEN, 0x3f,
		     MASKED | OWNER | BIT(ISVPRODID) | BIT(MRSIGNER) |
			     BIT(KEYID) | BIT(PADDING));
}

static void provision_inputs(void **state)
{
	check_inputs(*state, KEYNAME_PROVISION, 0x3f,
		     MASKED | MASKS | BIT(ISVPRODID) | BIT(MRSIGNER) |
			     BIT(PADDING));
}

#define PROVISION_SEAL \
	(MASKED | MASKS | BIT(MRSIGNER) | BIT(SEAL_FUSES) | BIT(PADDING))

static void provision_seal_inputs(void **state)
{
	check_inputs(*state, KEYNAME_PROVISION_SEAL, 0,
		     PROVISION_SEAL | BIT(ISVPRODID));
	check_inputs(*state, KEYNAME_PROVISION_SEAL, 0x3f,
		     PROVISION_SEAL | BIT(CONFIGID) | BIT(CONFIGSVN_REQUEST) |
			     BIT(FAMILYID) | BIT(EXTPRODID));
}

static void report_inputs(void **state)
{
	check_inputs(*state, KEYNAME_REPORT, 0x3f,
		     OWNER | BIT(ROOT_KEY) | BIT(MRENCLAVE) | BIT(CONFIGID) |
			     BIT(CONFIGSVN_SECS) | BIT(ATTRIBUTES_MASKED) |
			     BIT(ATTRIBUTES_UNMASKED) | BIT(DEBUG_ATTRIBUTE) |
			     BIT(XFRM_UNMASKED) | BIT(MISC_UNMASKED) |
			     BIT(KEYID) | BIT(CURRENT_CPUSVN));
}

#define SEAL (MASKED | MASKS | OWNER | BIT(KEYID) | BIT(PADDING))

static void seal_inputs(void **state)
{
	check_inputs(*state, KEYNAME_SEAL, 0, SEAL | BIT(ISVPRODID));
	check_inputs(*state, KEYNAME_SEAL, KEYPOLICY_MRENCLAVE,
		     SEAL | BIT(ISVPRODID) | BIT(MRENCLAVE));
	check_inputs(*state, KEYNAME_SEAL, KEYPOLICY_MRSIGNER,
		     SEAL | BIT(ISVPRODID) | BIT(MRSIGNER));
	check_inputs(*state, KEYNAME_SEAL, KEYPOLICY_NOISVPRODID, SEAL);
	check_inputs(*state, KEYNAME_SEAL, KEYPOLICY_CONFIGID,
		     SEAL | BIT(ISVPRODID) | BIT(CONFIGID) |
			     BIT(CONFIGSVN_REQUEST));
	check_inputs(*state, KEYNAME_SEAL, KEYPOLICY_ISVFAMILYID,
		     SEAL | BIT(ISVPRODID) | BIT(FAMILYID));
	check_inputs(*state, KEYNAME_SEAL, KEYPOLICY_ISVEXTPRODID,
		     SEAL | BIT(ISVPRODID) | BIT(EXTPRODID));
}

/* Names and policies are dependencies themselves. */
static void keys_differ(void **state)
{
	struct machine *m = *state;
	uint8_t keys[9][16];
	unsigned i, j, n = 0;

	for (i = 0; i < 5; i++, n++) {
		request_of(m)->keyname = i;
		get(m, keys[n]);
	}
	for (i = 1; i < 5; i++, n++) {
		request_of(m)->keypolicy = i;
		get(m, keys[n]);
	}
	for (i = 0; i < n; i++) {
		for (j = 0; j < i; j++)
			assert_memory_not_equal(keys[i], keys[j], 16);
	}
}

/* Another processor in its place: every key is another. */
static void another_platform(void **state)
{
	struct machine *m = *state;
	uint8_t before[16], after[16], svn[16] = { 1 };

	get(m, before);
	package_replace(&m->package, NULL, test_entropy);
	get(m, after);
	assert_memory_not_equal(before, after, 16);
	memcpy(before, m->package.cpusvn, 16);
	package_replace(&m->package, svn, test_entropy);
	assert_memory_equal(m->package.cpusvn, svn, 16);
	assert_memory_not_equal(m->package.cpusvn, before, 16);
}

/* What a page may not be that a leaf reads or writes: #PF at la. */
static void unusable(struct machine *m, uint64_t la, unsigned access)
{
	struct epcm *epcm = epcm_at(m, la), good = *epcm;
	uint64_t pa = mapping_of(m, la)->pa;
	int i;

	for (i = 0; i < 8; i++) {
		*epcm = good;
		epcm->valid = i != 0;
		epcm->blocked = i == 1;
		epcm->pending = i == 2;
		epcm->modified = i == 3;
		if (i == 4)
			epcm->pt = PT_TRIM;
		if (i == 5)
			epcm->enclavesecs += SGX_PAGE_SIZE;
		if (i == 6)
			epcm->enclaveaddress += SGX_PAGE_SIZE;
		if (i == 7 && access)
			epcm->w = 0;
		else if (i == 7)
			epcm->r = 0;
		check_epcm_pf(m, run(m), la, access);
	}
	*epcm = good;
	mapping_of(m, la)->pa = EPC_NONE;
	check_epcm_pf(m, run(m), la, access);
	mapping_of(m, la)->pa = pa;
}

static void request_page(void **state)
{
	struct machine *m = *state;

	unusable(m, LA(OFF_DATA), 0);
	check_code(m, run(m), SGX_SUCCESS);
}

static void output_page(void **state)
{
	struct machine *m = *state;

	unusable(m, LA(OFF_OUTPUT), PF_WRITE);
	assert_memory_equal(at(m, LA(OFF_OUTPUT)), untouched, 16);
	check_code(m, run(m), SGX_SUCCESS);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;

	request_of(m)->isvsvn = 8;
	request_of(m)->configsvn = 1;
	request_of(m)->cpusvn[0] = 6;
	check_code(m, run(m), SGX_INVALID_CPUSVN);
	request_of(m)->keyname = 5;
	request_of(m)->keypolicy = 1u << 6;
	check_gp(m, run(m));
	m->lp.r.rcx = LA(OFF_RO);
	check_epcm_pf(m, run(m), LA(OFF_RO), PF_WRITE);
	epcm_at(m, LA(OFF_DATA))->valid = 0;
	check_epcm_pf(m, run(m), LA(OFF_DATA), 0);
	m->lp.r.rbx++;
	check_gp(m, run(m));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EGETKEY", "SDM \"EGETKEY - Retrieves a Cryptographic Key\", "
			   "Operation"),
	ROW("RBX (KEYREQUEST) is not 512-byte aligned", "#GP(0)",
	    T(request_unaligned)),
	ROW("RBX is outside ELRANGE", "#GP(0)", T(request_outside)),
	ROW("RBX: not in the EPC, invalid, BLOCKED, not REG, another's, "
	    "PENDING, MODIFIED, elsewhere, without R",
	    "#PF(RBX)", T(operands), T(request_page)),
	ROW("RCX (output) is not 16-byte aligned", "#GP(0)",
	    T(output_unaligned)),
	ROW("RCX is outside ELRANGE", "#GP(0)", T(output_outside)),
	ROW("RCX: as RBX, and W", "#PF(RCX), of a write", T(operands),
	    T(output_page)),
	ROW("KEYREQUEST has a reserved byte that is not 0", "#GP(0)",
	    T(reserved1), T(reserved2)),
	ROW("CET_ATTRIBUTES_MASK without CET", "#GP(0)", T(cet_mask)),
	ROW("KEYPOLICY[15:6] is not 0", "#GP(0)", T(policy_reserved),
	    T(policy_reserved_high)),
	ROW("KEYPOLICY[5:2] without KSS", "#GP(0)", T(no_kss_noisvprodid),
	    T(no_kss_configid), T(no_kss_familyid), T(no_kss_extprodid)),
	ROW("CONFIGSVN without KSS", "#GP(0)", T(no_kss_configsvn)),
	ROW("EINITTOKEN key without EINITTOKENKEY", "SGX_INVALID_ATTRIBUTE",
	    T(einittoken_gate)),
	ROW("PROVISION key without PROVISIONKEY", "SGX_INVALID_ATTRIBUTE",
	    T(provision_gate)),
	ROW("PROVISION_SEAL key without PROVISIONKEY", "SGX_INVALID_ATTRIBUTE",
	    T(provision_seal_gate)),
	ROW("a component of CPUSVN is beyond the processor's",
	    "SGX_INVALID_CPUSVN", T(cpusvn_newer), T(cpusvn_component_newer),
	    T(svns_of_every_key)),
	ROW("ISVSVN is beyond the enclave's", "SGX_INVALID_ISVSVN",
	    T(isvsvn_newer), T(svns_of_every_key)),
	ROW("SEAL key: CONFIGSVN is beyond the enclave's", "SGX_INVALID_ISVSVN",
	    T(configsvn_newer)),
	ROW("REPORT key: any of these", "does not matter",
	    T(svns_of_every_key)),
	ROW("KEYNAME is unknown", "SGX_INVALID_KEYNAME", T(keyname_unknown)),
	ROW("two checks fail", "the first decides", T(order),
	    T(gate_before_svn)),
	ROW("none of these, or an error code", "RIP is behind ENCLU",
	    T(rip_moves)),
	CITE("SDM \"EGETKEY\", table \"Key Derivation\""),
	DEVIATES("DC7", "derivation", "CMAC over all the dependencies"),
	ROW("EINITTOKEN key", "what changes it, what does not",
	    T(einittoken_inputs)),
	ROW("PROVISION key", "what changes it, what does not",
	    T(provision_inputs)),
	ROW("PROVISION_SEAL key", "what changes it, what does not",
	    T(provision_seal_inputs)),
	ROW("REPORT key", "what changes it, what does not", T(report_inputs)),
	ROW("SEAL key", "what changes it, what does not", T(seal_inputs)),
	ROW("keys of different names", "differ", T(keys_differ)),
	ROW("equal inputs on another platform", "another key",
	    T(another_platform)),
	SUBJECT("ENCLU", "SDM \"ENCLU\", \"Flags Affected\" of each leaf"),
	ROW("a leaf gives a code",
	    "in RAX; ZF, but not for 0; CF, PF, AF, OF "
	    "and SF 0",
	    T(keyname_unknown), T(rip_moves)),
};

CONFORM_MAIN(rows, NULL)
