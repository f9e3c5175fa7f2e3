/* SPDX-License-Identifier: BSD-3-Clause */
/* EADD: one case for each check of SDM "EADD", Operation, in order. */
#include "tests/conform/conform.h"
#include "tests/unit/cpu/fixture.h"

static struct epcm *target_epcm(struct machine *m)
{
	return epcm_of(&m->cpu, m->lp.r.rcx - operand(m->cpu.epc));
}

/* One thing is wrong: #GP, no page, no child, no lock kept. */
static void refused(struct machine *m)
{
	struct secs_hidden *hidden = secs_hidden_at(&m->cpu, m->secs_pa);

	check_gp(m, encls(&m->lp));
	assert_int_equal(hidden->children, 0);
	assert_int_equal(hidden->mrenclave_blocks, 1);
	assert_int_equal(hidden->measurement_lock, 0);
	assert_int_equal(epcm_of(&m->cpu, m->secs_pa)->lock, 0);
}

#define GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
\
		create(m); \
		prepare_eadd(m, OFF_DATA, REG_RW); \
		spoil; \
		refused(m); \
	}

#define TCS_GP(name, spoil) \
	static void name(void **state) \
	{ \
		struct machine *m = *state; \
		struct sgx_tcs *tcs; \
\
		create(m); \
		tcs = prepare_eadd_tcs(m); \
		spoil; \
		refused(m); \
	}

GP(pageinfo_unaligned, m->lp.r.rbx += 16)
GP(page_unaligned, m->lp.r.rcx += 16)
GP(source_unaligned, m->pageinfo.srcpge += 16)
/* Checked before the page's state. */
GP(secs_unaligned, (m->pageinfo.secs += 16, target_epcm(m)->valid = 1))
GP(linaddr_unaligned, m->pageinfo.linaddr += 16)
/* Checked before the SECS. */
GP(secinfo_unaligned,
   (m->pageinfo.secinfo += 16, m->pageinfo.secs = operand(m->source)))
GP(secinfo_flag_reserved, m->secinfo.flags |= 1ull << 7)
GP(secinfo_flag_high, m->secinfo.flags |= 1ull << 63)
GP(secinfo_reserved, m->secinfo.reserved[0] = 1)
GP(type_secs, m->secinfo.flags = PT_FLAGS(PT_SECS))
GP(type_va, m->secinfo.flags = PT_FLAGS(PT_VA))
GP(type_trim, m->secinfo.flags = PT_FLAGS(PT_TRIM))
GP(type_shadow_stack, m->secinfo.flags = PT_FLAGS(PT_SS_FIRST) | 3)
GP(type_unknown, m->secinfo.flags = PT_FLAGS(255))
GP(write_without_read, m->secinfo.flags = PT_FLAGS(PT_REG) | SGX_SECINFO_W)
GP(below_elrange, m->pageinfo.linaddr = ENCLAVE_BASE - SGX_PAGE_SIZE)
GP(above_elrange, m->pageinfo.linaddr = ENCLAVE_BASE + ENCLAVE_SIZE)
TCS_GP(tcs_reserved_first, tcs->reserved[0] = 1)
TCS_GP(tcs_reserved_last, tcs->reserved[4007] = 1)
TCS_GP(tcs_ocetssa, tcs->ocetssa = 0x1000)
TCS_GP(tcs_prevssp, tcs->prevssp = 0x1000)

static void page_not_epc(void **state)
{
	struct machine *m = *state;

	create(m);
	prepare_eadd(m, OFF_DATA, REG_RW);
	m->lp.r.rcx = operand(m->source);
	check_encls_pf(m, encls(&m->lp), operand(m->source));
}

static void secs_not_epc(void **state)
{
	struct machine *m = *state;

	create(m);
	prepare_eadd(m, OFF_DATA, REG_RW);
	m->pageinfo.secs = operand(m->cpu.epc) - SGX_PAGE_SIZE;
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
}

static void page_locked(void **state)
{
	struct machine *m = *state;

	create(m);
	prepare_eadd(m, OFF_DATA, REG_RW);
	assert_true(epcm_trylock_shared(target_epcm(m)));
	refused(m);
}

static void page_in_use(void **state)
{
	struct machine *m = *state;

	create(m);
	add(m, OFF_DATA, REG_RW);
	prepare_eadd(m, OFF_OUTPUT, REG_RW);
	m->lp.r.rcx = kernel_la(m, mapping_of(m, LA(OFF_DATA))->pa);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	assert_int_equal(target_epcm(m)->lock, 0);
}

static void secs_locked(void **state)
{
	struct machine *m = *state;
	struct epcm *secs_epcm;

	create(m);
	secs_epcm = epcm_of(&m->cpu, m->secs_pa);
	prepare_eadd(m, OFF_DATA, REG_RW);
	assert_true(epcm_trylock_exclusive(secs_epcm));
	check_gp(m, encls(&m->lp));
	epcm_unlock_exclusive(secs_epcm);
	assert_int_equal(encls(&m->lp), 0);
}

static void secs_invalid(void **state)
{
	struct machine *m = *state;

	create(m);
	prepare_eadd(m, OFF_DATA, REG_RW);
	epcm_invalidate(epcm_of(&m->cpu, m->secs_pa));
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
}

static void secs_is_child(void **state)
{
	struct machine *m = *state;
	uint64_t child;

	create(m);
	child = add(m, OFF_DATA, REG_RW);
	prepare_eadd(m, OFF_OUTPUT, REG_RW);
	m->pageinfo.secs = kernel_la(m, child);
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
}

static void measurement_locked(void **state)
{
	struct machine *m = *state;
	struct secs_hidden *hidden;

	create(m);
	hidden = secs_hidden_at(&m->cpu, m->secs_pa);
	prepare_eadd(m, OFF_DATA, REG_RW);
	assert_true(secs_trylock_measurement(hidden));
	check_gp(m, encls(&m->lp));
	secs_unlock_measurement(hidden);
	assert_int_equal(encls(&m->lp), 0);
}

static void initialised(void **state)
{
	struct machine *m = *state;

	build_enclave(m);
	prepare_eadd(m, OFF_HOLE, REG_RW);
	check_gp(m, encls(&m->lp));
	assert_false(epcm_valid(target_epcm(m)));
}

static void tcs_limits_32bit(void **state)
{
	struct machine *m = *state;
	struct sgx_secs *secs = prepare_ecreate(m);
	struct sgx_tcs *tcs;

	secs->attributes = 0;
	secs->baseaddr = 0x10000000;
	assert_int_equal(encls(&m->lp), 0);
	tcs = prepare_eadd_tcs(m);
	m->pageinfo.linaddr = 0x10000000;
	tcs->fslimit = 0xffe;
	refused(m);
	tcs->fslimit = 0x1fff;
	tcs->gslimit = 0;
	refused(m);
	tcs->gslimit = 0xfff;
	assert_int_equal(encls(&m->lp), 0);
}

/* In 64-bit mode there are no limits to check. */
static void tcs_limits_64bit(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs;

	create(m);
	tcs = prepare_eadd_tcs(m);
	tcs->fslimit = tcs->gslimit = 0;
	assert_int_equal(encls(&m->lp), 0);
}

/* A TCS' permissions are none, whatever SECINFO asks for. */
static void tcs_write_without_read(void **state)
{
	struct machine *m = *state;

	create(m);
	prepare_eadd_tcs(m);
	m->secinfo.flags |= SGX_SECINFO_W;
	assert_int_equal(encls(&m->lp), 0);
	assert_int_equal(target_epcm(m)->w, 0);
}

static void success(void **state)
{
	struct machine *m = *state;
	struct epcm *epcm;

	create(m);
	prepare_eadd(m, OFF_DATA, REG_RW);
	epcm = target_epcm(m);
	memset(epcm, 0xff, sizeof(*epcm));
	epcm->valid = epcm->lock = 0;
	assert_int_equal(encls(&m->lp), 0);
	assert_int_equal(m->lp.r.rax, ENCLS_EADD);
	assert_true(epcm_valid(epcm));
	assert_int_equal(epcm->pt, PT_REG);
	assert_int_equal(epcm->r, 1);
	assert_int_equal(epcm->w, 1);
	assert_int_equal(epcm->x, 0);
	assert_int_equal(epcm->blocked | epcm->pending | epcm->modified, 0);
	assert_int_equal(epcm->pr, 0);
	assert_int_equal(epcm->lock, 0);
	assert_int_equal(epcm->enclavesecs, m->secs_pa);
	assert_int_equal(epcm->enclaveaddress, LA(OFF_DATA));
	assert_memory_equal((void *)(uintptr_t)m->lp.r.rcx, m->source, 4096);
	assert_int_equal(secs_hidden_at(&m->cpu, m->secs_pa)->children, 1);
}

/* SECINFO's PENDING, MODIFIED and PR do not reach the EPCM. */
static void secinfo_state_ignored(void **state)
{
	struct machine *m = *state;

	create(m);
	prepare_eadd(m, OFF_DATA,
		     REG_RW | SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED |
			     SGX_SECINFO_PR);
	assert_int_equal(encls(&m->lp), 0);
	assert_int_equal(target_epcm(m)->pending, 0);
	assert_int_equal(target_epcm(m)->modified, 0);
	assert_int_equal(target_epcm(m)->pr, 0);
}

static void tcs_settled(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs;

	create(m);
	tcs = prepare_eadd_tcs(m);
	m->secinfo.flags |= SGX_SECINFO_R | SGX_SECINFO_W | SGX_SECINFO_X;
	tcs->flags = TCS_DBGOPTIN | TCS_AEXNOTIFY;
	tcs->cssa = 1;
	tcs->aep = 0x1234;
	tcs->state = TCS_ACTIVE;
	assert_int_equal(encls(&m->lp), 0);
	tcs = (struct sgx_tcs *)(uintptr_t)m->lp.r.rcx;
	assert_int_equal(tcs->flags, TCS_AEXNOTIFY);
	assert_int_equal(tcs->cssa, 0);
	assert_int_equal(tcs->aep, 0);
	assert_int_equal(tcs->state, TCS_INACTIVE);
	assert_int_equal(tcs->oentry, OENTRY);
	assert_int_equal(target_epcm(m)->pt, PT_TCS);
	assert_int_equal(target_epcm(m)->r | target_epcm(m)->w |
				 target_epcm(m)->x,
			 0);
}

static void tcs_flags_not_tested(void **state)
{
	struct machine *m = *state;
	struct sgx_tcs *tcs;

	create(m);
	tcs = prepare_eadd_tcs(m);
	tcs->flags = 1ull << 63 | 1u << 2;
	assert_int_equal(encls(&m->lp), 0);
	tcs = (struct sgx_tcs *)(uintptr_t)m->lp.r.rcx;
	assert_int_equal(tcs->flags, 1ull << 63 | 1u << 2);
}

/* The first and the last page of ELRANGE are in it. */
static void elrange_ends(void **state)
{
	struct machine *m = *state;

	create(m);
	prepare_eadd(m, 0, REG_RW);
	assert_int_equal(encls(&m->lp), 0);
	prepare_eadd(m, ENCLAVE_SIZE - SGX_PAGE_SIZE, REG_RW);
	assert_int_equal(encls(&m->lp), 0);
}

/* SECINFO, the locks, the SECS, then the page's content. */
static void order_of_page(void **state)
{
	struct machine *m = *state;
	struct secs_hidden *hidden;
	struct sgx_tcs *tcs;

	create(m);
	hidden = secs_hidden_at(&m->cpu, m->secs_pa);
	tcs = prepare_eadd_tcs(m);
	assert_true(secs_trylock_measurement(hidden));
	epcm_invalidate(epcm_of(&m->cpu, m->secs_pa));
	tcs->reserved[0] = 1;
	m->pageinfo.linaddr = 0;
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
	assert_true(epcm_trylock_exclusive(epcm_of(&m->cpu, m->secs_pa)));
	check_gp(m, encls(&m->lp));
	target_epcm(m)->valid = 1;
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->pageinfo.secs = operand(m->source);
	check_encls_pf(m, encls(&m->lp), m->pageinfo.secs);
}

/* Both are wrong: the page's state is tested before the SECS'. */
static void order(void **state)
{
	struct machine *m = *state;

	create(m);
	add(m, OFF_DATA, REG_RW);
	prepare_eadd(m, OFF_OUTPUT, REG_RW);
	m->lp.r.rcx = m->pageinfo.secs;
	m->pageinfo.secs = kernel_la(m, mapping_of(m, LA(OFF_DATA))->pa);
	check_encls_pf(m, encls(&m->lp), m->lp.r.rcx);
	m->secinfo.flags = PT_FLAGS(PT_VA);
	check_gp(m, encls(&m->lp));
}

#define T(f) cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

static const struct conform rows[] = {
	SUBJECT("EADD", "SDM \"EADD - Add a Page to an Uninitialized "
			"Enclave\", Operation"),
	ROW("RBX (PAGEINFO) is not 32-byte aligned", "#GP(0)",
	    T(pageinfo_unaligned)),
	ROW("RCX is not page aligned", "#GP(0)", T(page_unaligned)),
	ROW("RCX is no EPC page", "#PF(RCX)", T(page_not_epc)),
	ROW("PAGEINFO.SRCPGE is not page aligned", "#GP(0)",
	    T(source_unaligned)),
	ROW("PAGEINFO.SECS is not page aligned", "#GP(0)", T(secs_unaligned)),
	ROW("PAGEINFO.LINADDR is not page aligned", "#GP(0)",
	    T(linaddr_unaligned)),
	ROW("PAGEINFO.SECINFO is not 64-byte aligned", "#GP(0)",
	    T(secinfo_unaligned)),
	ROW("PAGEINFO.SECS is no EPC page", "#PF(SECS)", T(secs_not_epc)),
	ROW("SECINFO has reserved bits or bytes set", "#GP(0)",
	    T(secinfo_flag_reserved), T(secinfo_flag_high),
	    T(secinfo_reserved)),
	ROW("SECINFO.PT is neither REG nor TCS", "#GP(0)", T(type_secs),
	    T(type_va), T(type_trim), T(type_unknown)),
	ROW("SECINFO.PT is a shadow stack's, without CET", "#GP(0)",
	    T(type_shadow_stack)),
	DEVIATES("DC4", "SECINFO.PENDING, MODIFIED or PR is set",
		 "measured, without effect", T(secinfo_state_ignored)),
	ROW("the page is in use by another leaf", "#GP(0)", T(page_locked)),
	ROW("the page is valid", "#PF(RCX)", T(page_in_use)),
	ROW("the SECS is in use by an exclusive leaf", "#GP(0)",
	    T(secs_locked)),
	ROW("the SECS is invalid, or no SECS", "#PF(SECS)", T(secs_invalid),
	    T(secs_is_child)),
	ROW("TCS: a reserved byte is not 0", "#GP(0)", T(tcs_reserved_first),
	    T(tcs_reserved_last)),
	ROW("TCS: OCETSSA or PREVSSP without CET", "#GP(0)", T(tcs_ocetssa),
	    T(tcs_prevssp)),
	DEVIATES("DC5", "TCS: FLAGS has reserved bits set",
		 "added; EENTER refuses it", T(tcs_flags_not_tested)),
	ROW("TCS, 32-bit: FSLIMIT or GSLIMIT does not end in FFFH", "#GP(0)",
	    T(tcs_limits_32bit), T(tcs_limits_64bit)),
	ROW("REG: W without R", "#GP(0)", T(write_without_read),
	    T(tcs_write_without_read)),
	ROW("LINADDR is outside ELRANGE", "#GP(0)", T(below_elrange),
	    T(above_elrange), T(elrange_ends)),
	ROW("the measurement is in use by another leaf", "#GP(0)",
	    T(measurement_locked)),
	ROW("the enclave is initialised", "#GP(0)", T(initialised)),
	ROW("two checks fail", "the first decides", T(order), T(order_of_page)),
	ROW("none of these, REG", "a page as SECINFO says, measured",
	    T(success)),
	ROW("none of these, TCS",
	    "no R, W, X; DBGOPTIN, CSSA, AEP, STATE cleared", T(tcs_settled)),
};

CONFORM_MAIN(rows, NULL)
