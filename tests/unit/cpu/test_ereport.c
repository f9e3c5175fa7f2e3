/* SPDX-License-Identifier: BSD-3-Clause */
/* EREPORT: SDM "EREPORT", Operation, in order; the MAC checked by OpenSSL. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"
#include "tests/unit/cpu/signer.h"

static struct sgx_targetinfo *target_of(struct machine *m)
{
	return at(m, LA(OFF_DATA));
}

static struct sgx_report *report_of(struct machine *m)
{
	return at(m, LA(OFF_OUTPUT));
}

/* A report of this enclave for itself. */
static int setup(void **state)
{
	struct machine *m;
	struct sgx_targetinfo *target;
	const struct sgx_secs *secs;

	machine_setup_entered(state);
	m = *state;
	secs = secs_at(&m->cpu, m->secs_pa);
	target = target_of(m);
	memset(target, 0, sizeof(*target));
	memcpy(target->measurement, secs->mrenclave, 32);
	target->attributes = secs->attributes;
	target->xfrm = secs->xfrm;
	target->miscselect = secs->miscselect;
	memset(at(m, LA(OFF_DATA + 512)), 0xd7, 64);
	memset(report_of(m), 0xee, 512);
	prepare_leaf(m, ENCLU_EREPORT, LA(OFF_DATA), LA(OFF_DATA + 512),
		     LA(OFF_OUTPUT));
	m->lp.r.rip = LA(OFF_CODE);
	return 0;
}

static void nothing_written(struct machine *m)
{
	assert_int_equal(report_of(m)->cpusvn[0], 0xee);
	assert_int_equal(m->lp.r.rip, LA(OFF_CODE));
}

#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
\
		spoil; \
		check_gp(m, enclu(&m->lp)); \
		nothing_written(m); \
	}

#define PF(name, la, access, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
\
		spoil; \
		check_epcm_pf(m, enclu(&m->lp), la, access); \
		nothing_written(m); \
	}

#define OUTSIDE (ENCLAVE_BASE + ENCLAVE_SIZE)

GP(target_unaligned, m->lp.r.rbx += 256)
GP(target_outside, m->lp.r.rbx = OUTSIDE)
PF(target_not_epc, LA(OFF_DATA), 0, mapping_of(m, LA(OFF_DATA))->pa = EPC_NONE)
PF(target_invalid, LA(OFF_DATA), 0, epcm_at(m, LA(OFF_DATA))->valid = 0)
PF(target_blocked, LA(OFF_DATA), 0, epcm_at(m, LA(OFF_DATA))->blocked = 1)
PF(target_is_tcs, LA(OFF_TCS), 0, m->lp.r.rbx = LA(OFF_TCS))
PF(target_of_other, LA(OFF_DATA), 0, epcm_at(m, LA(OFF_DATA))->enclavesecs++)
PF(target_pending, LA(OFF_DATA), 0, epcm_at(m, LA(OFF_DATA))->pending = 1)
PF(target_modified, LA(OFF_DATA), 0, epcm_at(m, LA(OFF_DATA))->modified = 1)
PF(target_elsewhere, LA(OFF_DATA), 0,
   epcm_at(m, LA(OFF_DATA))->enclaveaddress += 4096)
PF(target_unreadable, LA(OFF_EXECUTE), 0, m->lp.r.rbx = LA(OFF_EXECUTE))
GP(target_reserved1, target_of(m)->reserved1 = 1)
GP(target_reserved2, target_of(m)->reserved2[7] = 1)
GP(target_reserved3, target_of(m)->reserved3[383] = 1)
GP(target_cet, target_of(m)->cet_attributes = 1)
GP(data_unaligned, m->lp.r.rcx += 64)
GP(data_outside, m->lp.r.rcx = OUTSIDE)
PF(data_unreadable, LA(OFF_EXECUTE), 0, m->lp.r.rcx = LA(OFF_EXECUTE))
GP(output_unaligned, m->lp.r.rdx += 256)
GP(output_outside, m->lp.r.rdx = OUTSIDE)
PF(output_read_only, LA(OFF_RO), PF_WRITE, m->lp.r.rdx = LA(OFF_RO))

static void walk_refuses(void **state)
{
	struct machine *m = *state;

	mapping_of(m, LA(OFF_OUTPUT))->prot = WALK_R;
	check_pf(m, enclu(&m->lp), LA(OFF_OUTPUT),
		 PF_USER | PF_WRITE | PF_PROT);
	m->lp.r.rbx = LA(OFF_HOLE);
	check_pf(m, enclu(&m->lp), LA(OFF_HOLE), PF_USER);
}

static void body(void **state)
{
	struct machine *m = *state;
	const struct sgx_secs *secs = secs_at(&m->cpu, m->secs_pa);
	const struct sgx_report *report = report_of(m);
	uint64_t rflags = m->lp.r.rflags;
	uint8_t data[64];

	assert_int_equal(enclu(&m->lp), 0);
	assert_int_equal(m->lp.r.rip, LA(OFF_CODE) + 3);
	assert_int_equal(m->lp.r.rax, ENCLU_EREPORT);
	assert_int_equal(m->lp.r.rflags, rflags);
	memset(data, 0xd7, sizeof(data));
	assert_memory_equal(report->reportdata, data, 64);
	assert_memory_equal(report->mrenclave, secs->mrenclave, 32);
	assert_memory_equal(report->mrsigner, secs->mrsigner, 32);
	assert_memory_equal(report->cpusvn, m->package.cpusvn, 16);
	assert_memory_equal(report->keyid, m->package.cr_report_keyid, 32);
	assert_int_equal(report->attributes, secs->attributes);
	assert_int_equal(report->xfrm, secs->xfrm);
	assert_int_equal(report->miscselect, secs->miscselect);
	assert_int_equal(report->isvprodid, 0x1234);
	assert_int_equal(report->isvsvn, 7);
	/* 432 bytes are written, no more. */
	assert_int_equal(((const uint8_t *)report)[432], 0xee);
}

/* The fields that come with KSS. */
static void body_kss(void **state)
{
	struct machine *m = *state;
	struct secs_hidden *hidden = secs_hidden_at(&m->cpu, m->secs_pa);
	struct sgx_secs *secs = secs_at(&m->cpu, m->secs_pa);
	const struct sgx_report *report = report_of(m);

	test_entropy(hidden->isvfamilyid, 16);
	test_entropy(hidden->isvextprodid, 16);
	test_entropy(secs->configid, 64);
	secs->configsvn = 0x4321;
	assert_int_equal(enclu(&m->lp), 0);
	assert_memory_equal(report->isvfamilyid, hidden->isvfamilyid, 16);
	assert_memory_equal(report->isvextprodid, hidden->isvextprodid, 16);
	assert_memory_equal(report->configid, secs->configid, 64);
	assert_int_equal(report->configsvn, 0x4321);
}

/* The target's view: EGETKEY(REPORT) with the report's KEYID. */
static bool verifies(struct machine *m)
{
	struct sgx_report report = *report_of(m);
	struct sgx_keyrequest *request = at(m, LA(OFF_DATA + 1024));
	uint8_t mac[16];

	memset(request, 0, sizeof(*request));
	request->keyname = KEYNAME_REPORT;
	memcpy(request->keyid, report.keyid, 32);
	prepare_leaf(m, ENCLU_EGETKEY, LA(OFF_DATA + 1024),
		     LA(OFF_OUTPUT + 1024), 0);
	check_code(m, enclu(&m->lp), SGX_SUCCESS);
	openssl_cmac(at(m, LA(OFF_OUTPUT + 1024)), &report, 384, mac);
	return !memcmp(mac, report.mac, 16);
}

static void mac(void **state)
{
	struct machine *m = *state;

	assert_int_equal(enclu(&m->lp), 0);
	assert_true(verifies(m));
	report_of(m)->reportdata[0] ^= 1;
	assert_false(verifies(m));
}

/* A report for any other target does not verify here. */
#define OTHER(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		struct sgx_targetinfo *target = target_of(m); \
\
		spoil; \
		assert_int_equal(enclu(&m->lp), 0); \
		assert_false(verifies(m)); \
	}

OTHER(other_measurement, target->measurement[31] ^= 1)
OTHER(other_attributes, target->attributes ^= SGX_ATTR_DEBUG)
OTHER(other_xfrm, target->xfrm ^= XFEATURE_AVX)
OTHER(other_miscselect, target->miscselect ^= 1)
OTHER(other_configid, target->configid[0] ^= 1)
OTHER(other_configsvn, target->configsvn ^= 1)

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
		check_epcm_pf(m, enclu(&m->lp), la, access);
	}
	*epcm = good;
	mapping_of(m, la)->pa = EPC_NONE;
	check_epcm_pf(m, enclu(&m->lp), la, access);
	mapping_of(m, la)->pa = pa;
}

/* A page apart from TARGETINFO's. */
static void data_page(void **state)
{
	struct machine *m = *state;

	m->lp.r.rcx = LA(OFF_RO);
	unusable(m, LA(OFF_RO), 0);
	assert_int_equal(enclu(&m->lp), 0);
}

static void output_page(void **state)
{
	struct machine *m = *state;

	unusable(m, LA(OFF_OUTPUT), PF_WRITE);
	nothing_written(m);
	assert_int_equal(enclu(&m->lp), 0);
}

/* Each step makes an earlier check fail as well, and that one decides. */
static void order(void **state)
{
	struct machine *m = *state;

	m->lp.r.rdx++;
	check_gp(m, enclu(&m->lp));
	m->lp.r.rcx = LA(OFF_EXECUTE);
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_EXECUTE), 0);
	target_of(m)->reserved1 = 1;
	check_gp(m, enclu(&m->lp));
	epcm_at(m, LA(OFF_DATA))->valid = 0;
	check_epcm_pf(m, enclu(&m->lp), LA(OFF_DATA), 0);
	m->lp.r.rbx++;
	check_gp(m, enclu(&m->lp));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EREPORT", "SDM \"EREPORT - Create a Cryptographic Report of "
			   "the Enclave\", Operation"),
	ROW("RBX (TARGETINFO) is not 512-byte aligned", "#GP(0)",
	    T(target_unaligned)),
	ROW("RBX is outside ELRANGE", "#GP(0)", T(target_outside)),
	ROW("the page tables refuse RBX", "their #PF", T(walk_refuses)),
	ROW("RBX is not in the EPC", "#PF(RBX)", T(target_not_epc)),
	ROW("RBX: invalid", "#PF(RBX)", T(target_invalid)),
	ROW("RBX: BLOCKED", "#PF(RBX)", T(target_blocked)),
	ROW("RBX: not REG", "#PF(RBX)", T(target_is_tcs)),
	ROW("RBX: another enclave's", "#PF(RBX)", T(target_of_other)),
	ROW("RBX: PENDING or MODIFIED", "#PF(RBX)", T(target_pending),
	    T(target_modified)),
	ROW("RBX: another address", "#PF(RBX)", T(target_elsewhere)),
	ROW("RBX: without R", "#PF(RBX)", T(target_unreadable)),
	ROW("TARGETINFO has a reserved byte that is not 0", "#GP(0)",
	    T(target_reserved1), T(target_reserved2), T(target_reserved3)),
	ROW("TARGETINFO.CET_ATTRIBUTES without CET", "#GP(0)", T(target_cet)),
	ROW("RCX (REPORTDATA) is not 128-byte aligned", "#GP(0)",
	    T(data_unaligned)),
	ROW("RCX is outside ELRANGE", "#GP(0)", T(data_outside)),
	ROW("RCX: as RBX", "#PF(RCX)", T(data_unreadable), T(data_page)),
	ROW("RDX (output) is not 512-byte aligned", "#GP(0)",
	    T(output_unaligned)),
	ROW("RDX is outside ELRANGE", "#GP(0)", T(output_outside)),
	ROW("RDX: as RBX, and W", "#PF(RDX), of a write", T(output_read_only),
	    T(output_page), T(walk_refuses)),
	ROW("two checks fail", "the first decides", T(order)),
	ROW("none of these", "432 bytes from SECS, CPUSVN, REPORTDATA, KEYID",
	    T(body), T(body_kss)),
	ROW("MAC", "CMAC under the target's report key", T(mac)),
	ROW("TARGETINFO is not the target's", "the target's key does not fit",
	    T(other_measurement), T(other_attributes), T(other_xfrm),
	    T(other_miscselect), T(other_configid), T(other_configsvn)),
};

CONFORM_MAIN(rows, NULL)
