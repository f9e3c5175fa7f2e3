/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every state of a page in which the EPCM refuses, as a table: a test for each
 * row, with reads, writes and fetches, on processors with SGX2 (#PF with
 * PF_SGX) and without (#GP).  Linux's signal, the SSA after the AEX, and the
 * answer to the vDSO's caller must agree.
 * SDM "Page-based Access Control", "EXITINFO", "EXINFO".
 */
#include <signal.h>

#include "kernel/vdso/vdso.h"
#include "sgx2.h"
#include "tests/conform/conform.h"
#include "vdso_offsets.h"

#define VICTIM PAGE(5) /* RWX, mapped RWX */
#define OFFSET 0x123
#define READ   1u
#define WRITE  2u
#define FETCH  4u
#define ALL    (READ | WRITE | FETCH)
#define VDSO   0x7fff0000000ull

/* A state, and the accesses that it refuses. */
struct row {
	unsigned accesses;
	void (*make)(struct epcm *epcm);
};

static void not_readable(struct epcm *epcm)
{
	epcm->r = 0;
}

static void not_writable(struct epcm *epcm)
{
	epcm->w = 0;
}

static void not_executable(struct epcm *epcm)
{
	epcm->x = 0;
}

static void pending(struct epcm *epcm)
{
	epcm->pending = 1;
}

static void modified(struct epcm *epcm)
{
	epcm->modified = 1;
}

static void blocked(struct epcm *epcm)
{
	epcm->blocked = 1;
}

static void trimmed(struct epcm *epcm)
{
	epcm->pt = PT_TRIM;
}

static void tcs(struct epcm *epcm)
{
	epcm->pt = PT_TCS;
}

static void secs(struct epcm *epcm)
{
	epcm->pt = PT_SECS;
}

static void version_array(struct epcm *epcm)
{
	epcm->pt = PT_VA;
}

static void other_enclave(struct epcm *epcm)
{
	epcm->enclavesecs += SGX_PAGE_SIZE;
}

static void other_address(struct epcm *epcm)
{
	epcm->enclaveaddress += SGX_PAGE_SIZE;
}

static void invalid(struct epcm *epcm)
{
	epcm->valid = 0;
}

/* Give the enclave's SSA frames EXINFO. */
static void with_exinfo(struct sgx_sigstruct *sig)
{
	sig->miscselect = SGX_MISC_EXINFO;
}

static int setup(void **state)
{
	struct sgx_secs s = standard_secs();

	(void)state; /* it has the row */
	machine_setup(&(void *){ NULL });
	s.miscselect = SGX_MISC_EXINFO;
	assert_int_equal(create_with(&s), 0);
	standard_pages();
	assert_int_equal(init_with(with_exinfo), 0);
	assert_int_equal(map_fixed(PAGE(0), 4096, RW), PAGE(0));
	assert_int_equal(map_fixed(PAGE(2), 2 * 4096, RW), PAGE(2));
	assert_int_equal(map_fixed(VICTIM, 4096, RWX), VICTIM);
	return 0;
}

/* Linux reports the fault by a signal, or through the vDSO instead. */
static void check_told(const struct ksignal *sig, uint8_t vector, uint32_t code)
{
	bool pf = vector == VECTOR_PF;

	assert_int_equal(sig->sig, SIGSEGV);
	assert_int_equal(sig->code, pf ? SEGV_ACCERR : SI_KERNEL);
	assert_int_equal(sig->addr, pf ? VICTIM : 0);
	assert_int_equal(sig->cr2, pf ? VICTIM : 0);
	assert_int_equal(sig->trapnr, vector);
	assert_int_equal(sig->error_code, code);
}

static const struct sgx_gprsgx *gpr(void)
{
	return (const void *)(epc_at(PAGE(3)) - sizeof(struct sgx_gprsgx));
}

static void check_frame(uint8_t vector, uint32_t code)
{
	const struct sgx_exinfo *exinfo = (const void *)gpr();

	exinfo--;
	assert_int_equal(gpr()->exitinfo,
			 EXITINFO_VALID | EXITINFO_TYPE_HARDWARE | vector);
	assert_int_equal(exinfo->errcd, code);
	assert_int_equal(exinfo->maddr,
			 vector == VECTOR_PF ? VICTIM + OFFSET : 0);
}

static void check_vdso(const struct ksignal *sig)
{
	assert_int_equal(m.lp.r.rip, USER_BASE);
	m.lp.r.rip = VDSO + VDSO_SGX_ENCLU;
	assert_true(fixup_vdso_exception(&m.lp, VDSO, sig->trapnr,
					 sig->error_code, sig->cr2));
	assert_int_equal(m.lp.r.rax, ENCLU_ERESUME);
	assert_int_equal(m.lp.r.rdi, sig->trapnr);
	assert_int_equal(m.lp.r.rsi, sig->error_code);
	assert_int_equal(m.lp.r.rdx, sig->cr2);
}

/* The page has been repaired: ERESUME continues the thread. */
static void resume(void)
{
	m.lp.r.rax = ENCLU_ERESUME;
	m.lp.r.rbx = PAGE(0);
	m.lp.r.rcx = USER_BASE;
	assert_int_equal(execute_enclu(&m.lp), 0);
	assert_true(m.lp.cr_enclave_mode);
}

/* `p`: PF_PROT if the host's tables had the page.  It must not matter. */
static void refused(const struct row *row, uint32_t type, uint32_t p)
{
	bool sgx2 = m.shared->package.sgx2;
	uint8_t vector = sgx2 ? VECTOR_PF : VECTOR_GP;
	uint32_t code = sgx2 ? type | PF_USER | PF_PROT | PF_SGX : 0;
	struct epcm *epcm = epcm_at(VICTIM), good = *epcm;
	struct ksignal sig;
	struct fault event;

	row->make(epcm);
	assert_int_equal(machine_page_fault(type | p | PF_USER, VICTIM + OFFSET,
					    &sig),
			 FAULT_SIGNAL);
	check_told(&sig, vector, code);
	event = m.lp.fault;
	aex(&m.lp, &event, NULL);
	check_frame(vector, code);
	check_vdso(&sig);
	*epcm = good;
	resume();
}

static void allowed(uint32_t type)
{
	struct ksignal sig;

	assert_int_equal(machine_page_fault(type | PF_USER, VICTIM + OFFSET,
					    &sig),
			 FAULT_RETRY);
}

static void every_access(const struct row *row)
{
	static const uint32_t types[] = { 0, PF_WRITE, PF_INSTR };
	struct epcm *epcm = epcm_at(VICTIM), good = *epcm;

	for (unsigned i = 0; i < 3; i++) {
		if (row->accesses & 1u << i) {
			refused(row, types[i], 0);
			refused(row, types[i], PF_PROT);
		} else {
			row->make(epcm);
			allowed(types[i]);
			*epcm = good;
		}
		allowed(types[i]);
	}
}

static void row_holds(void **state)
{
	const struct row *row = *state;

	enter_by_leaf(&m.lp, PAGE(0));
	for (int sgx2 = 0; sgx2 < 2; sgx2++) {
		m.shared->package.sgx2 = sgx2;
		every_access(row);
	}
}

#define REFUSES(check_, accesses_, make_) \
	ROW(check_, "#PF with P and PF_SGX, or without SGX2 #GP: SIGSEGV", \
	    { .name = #make_, \
	      .test_func = row_holds, \
	      .setup_func = setup, \
	      .teardown_func = machine_teardown, \
	      .initial_state = &(struct row){ accesses_, make_ } })

static const struct conform rows[] = {
	SUBJECT("the EPCM refuses what the page tables allow",
		"SDM \"Page-based Access Control\"; arch/x86/mm/fault.c "
		"access_error()"),
	REFUSES("a read, not R", READ, not_readable),
	REFUSES("a write, not W", WRITE, not_writable),
	REFUSES("a fetch, not X", FETCH, not_executable),
	REFUSES("PENDING", ALL, pending),
	REFUSES("MODIFIED", ALL, modified),
	REFUSES("BLOCKED", ALL, blocked),
	REFUSES("a trimmed page", ALL, trimmed),
	REFUSES("a TCS", ALL, tcs),
	REFUSES("a SECS", ALL, secs),
	REFUSES("a version array", ALL, version_array),
	REFUSES("a page of another enclave", ALL, other_enclave),
	REFUSES("a page that belongs at another address", ALL, other_address),
	REFUSES("an invalid page: the EPC was lost", ALL, invalid),
};

CONFORM_MAIN(rows, NULL)
