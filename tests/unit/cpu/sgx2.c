/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/cpu/sgx2.h"

int machine_setup_sgx2(void **state)
{
	struct machine *m;

	machine_setup(state);
	m = *state;
	m->package.sgx2 = true;
	build_enclave(m);
	return 0;
}

int machine_setup_sgx2_entered(void **state)
{
	machine_setup_sgx2(state);
	enter(*state);
	return 0;
}

struct secs_hidden *hidden_of(struct machine *m)
{
	return secs_hidden_at(&m->cpu, m->secs_pa);
}

uint64_t pa_of(struct machine *m, uint64_t la)
{
	return mapping_of(m, la)->pa;
}

uint64_t secinfo_of(const struct epcm *epcm)
{
	return PT_FLAGS(epcm->pt) | epcm->r * SGX_SECINFO_R |
	       epcm->w * SGX_SECINFO_W | epcm->x * SGX_SECINFO_X |
	       epcm->pending * SGX_SECINFO_PENDING |
	       epcm->modified * SGX_SECINFO_MODIFIED |
	       epcm->pr * SGX_SECINFO_PR;
}

void prepare_rcx(struct machine *m, enum encls_leaf leaf, uint64_t pa)
{
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS;
	m->lp.r.rax = leaf;
	m->lp.r.rcx = kernel_la(m, pa);
}

void prepare_epa(struct machine *m, uint64_t pa)
{
	prepare_rcx(m, ENCLS_EPA, pa);
	m->lp.r.rbx = PT_VA;
}

void prepare_ewb(struct machine *m, struct paged *paged, uint64_t pa,
		 uint64_t slot_pa)
{
	memset(paged, 0xcc, sizeof(*paged));
	paged->pageinfo = (struct sgx_pageinfo){
		.srcpge = operand(paged->page),
		.secinfo = operand(&paged->pcmd),
	};
	prepare_rcx(m, ENCLS_EWB, pa);
	m->lp.r.rbx = operand(&paged->pageinfo);
	m->lp.r.rdx = kernel_la(m, slot_pa);
}

void prepare_eld(struct machine *m, enum encls_leaf leaf, struct paged *paged,
		 uint64_t pa, uint64_t slot_pa, uint64_t la, uint64_t secs_pa)
{
	paged->pageinfo = (struct sgx_pageinfo){
		.linaddr = la,
		.srcpge = operand(paged->page),
		.secinfo = operand(&paged->pcmd),
		.secs = secs_pa == EPC_NONE ? 0 : kernel_la(m, secs_pa),
	};
	prepare_rcx(m, leaf, pa);
	m->lp.r.rbx = operand(&paged->pageinfo);
	m->lp.r.rdx = kernel_la(m, slot_pa);
}

void prepare_eaug(struct machine *m, uint64_t offset)
{
	m->pageinfo = (struct sgx_pageinfo){
		.linaddr = LA(offset),
		.secs = kernel_la(m, m->secs_pa),
	};
	prepare_rcx(m, ENCLS_EAUG, new_page(m));
	m->lp.r.rbx = operand(&m->pageinfo);
}

void prepare_emod(struct machine *m, enum encls_leaf leaf, uint64_t la,
		  uint64_t secinfo_flags)
{
	m->secinfo = (struct sgx_secinfo){ .flags = secinfo_flags };
	prepare_rcx(m, leaf, pa_of(m, la));
	m->lp.r.rbx = operand(&m->secinfo);
}

void misalign_rbx(struct machine *m, size_t size)
{
	static _Alignas(128) uint8_t copy[256];

	memcpy(copy + size / 2, (void *)(uintptr_t)m->lp.r.rbx, size);
	m->lp.r.rbx = operand(copy + size / 2);
}

uint64_t new_va(struct machine *m)
{
	uint64_t pa = new_page(m);

	prepare_epa(m, pa);
	assert_int_equal(encls(&m->lp), 0);
	return pa;
}

void block(struct machine *m, uint64_t pa)
{
	prepare_rcx(m, ENCLS_EBLOCK, pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

void track(struct machine *m)
{
	prepare_rcx(m, ENCLS_ETRACK, m->secs_pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

void evict(struct machine *m, struct paged *paged, uint64_t pa,
	   uint64_t slot_pa)
{
	block(m, pa);
	track(m);
	prepare_ewb(m, paged, pa, slot_pa);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

uint64_t augment(struct machine *m, uint64_t offset)
{
	uint64_t pa;

	prepare_eaug(m, offset);
	pa = m->lp.r.rcx - operand(m->cpu.epc);
	assert_int_equal(encls(&m->lp), 0);
	map_page(m, LA(offset), pa, WALK_RWX);
	return pa;
}

void modify(struct machine *m, enum encls_leaf leaf, uint64_t la,
	    uint64_t secinfo_flags)
{
	prepare_emod(m, leaf, la, secinfo_flags);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static struct {
	lp_walk_fn walk;
	uint64_t la, blocked, code;
} meanwhile;

static int walk_and_block(struct lp *lp, uint64_t la, unsigned access,
			  uint64_t *pa)
{
	struct machine *m = lp->walk_ctx;
	struct lp other = { .cpu = &m->cpu };

	if ((la & SGX_PAGE_MASK) == meanwhile.la) {
		other.r.rax = ENCLS_EBLOCK;
		other.r.rcx = kernel_la(m, pa_of(m, meanwhile.blocked));
		assert_int_equal(encls(&other), 0);
		meanwhile.code = other.r.rax;
	}
	return meanwhile.walk(lp, la, access, pa);
}

void block_meanwhile(struct machine *m, uint64_t la, uint64_t blocked)
{
	meanwhile.walk = m->lp.walk;
	meanwhile.la = la;
	meanwhile.blocked = blocked;
	meanwhile.code = ~0ull;
	m->lp.walk = walk_and_block;
}

uint64_t meanwhile_code(void)
{
	return meanwhile.code;
}

struct sgx_secinfo *set_secinfo(struct machine *m, uint64_t flags)
{
	struct sgx_secinfo *secinfo = at(m, LA(OFF_DATA));

	*secinfo = (struct sgx_secinfo){ .flags = flags };
	return secinfo;
}

static uint64_t kept_la;
static struct epcm kept_epcm;
static uint8_t kept_page[SGX_PAGE_SIZE];

/* But for the locks. */
static struct epcm unlocked(const struct epcm *epcm)
{
	struct epcm copy = *epcm;

	copy.lock = copy.sgx2_lock = 0;
	return copy;
}

void keep_page(struct machine *m, uint64_t la)
{
	kept_la = la;
	kept_epcm = unlocked(epcm_at(m, la));
	memcpy(kept_page, at(m, la), sizeof(kept_page));
}

void check_kept(struct machine *m)
{
	struct epcm now = unlocked(epcm_at(m, kept_la));

	assert_memory_equal(&now, &kept_epcm, sizeof(now));
	assert_memory_equal(at(m, kept_la), kept_page, sizeof(kept_page));
	check_unlocked(m);
}

void check_read_page(struct machine *m, uint64_t la)
{
	struct epcm *epcm = epcm_at(m, la), good = *epcm;

	for (int i = 0; i < 9; i++) {
		*epcm = good;
		epcm->valid = i != 0;
		epcm->r = i != 1;
		epcm->pending = i == 2;
		epcm->modified = i == 3;
		epcm->blocked = i == 4;
		if (i == 5)
			epcm->pt = PT_TCS;
		if (i == 6)
			epcm->pt = PT_TRIM;
		if (i == 7)
			epcm->enclavesecs += SGX_PAGE_SIZE;
		if (i == 8)
			epcm->enclaveaddress += SGX_PAGE_SIZE;
		check_epcm_pf(m, enclu(&m->lp), la, 0);
	}
	check_unlocked(m);
}

void check_cf(const struct machine *m, int ret, enum sgx_return_code code)
{
	assert_int_equal(ret, 0);
	assert_int_equal(m->lp.r.rax, code);
	assert_int_equal(m->lp.r.rflags & RFLAGS_STATUS, RFLAGS_CF);
}

void check_unlocked(const struct machine *m)
{
	uint64_t pa;

	for (pa = SGX_PAGE_SIZE; pa < m->next_pa; pa += SGX_PAGE_SIZE) {
		assert_int_equal(epcm_of(&m->cpu, pa)->lock, 0);
		assert_int_equal(epcm_of(&m->cpu, pa)->sgx2_lock, 0);
	}
}
