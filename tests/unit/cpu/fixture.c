/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "tests/unit/cpu/fixture.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "cpu/patch.h"
#include "cpu/xsave.h"
#include "tests/unit/cpu/signer.h"

#define XFRM_DEFAULT (XFEATURE_X87 | XFEATURE_SSE | XFEATURE_AVX)

void test_entropy(void *buf, size_t n)
{
	static uint8_t next = 1;
	uint8_t *p = buf;

	while (n--)
		*p++ = next++;
}

/* The components and places of a current Intel processor. */
void default_config(struct package_config *config)
{
	static const struct {
		unsigned i;
		uint32_t offset, size;
	} x[] = {
		{ 2, 576, 256 },    { 5, 1088, 64 }, { 6, 1152, 512 },
		{ 7, 1664, 1024 },  { 9, 2688, 8 },  { 17, 2752, 64 },
		{ 18, 2816, 8192 },
	};
	size_t i;

	memset(config, 0, sizeof(*config));
	config->epc_bytes = EPC_PAGES * SGX_PAGE_SIZE;
	config->sgx2 = true;
	config->aexnotify = true;
	config->xcr0 = 3;
	for (i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
		config->xcr0 |= 1ull << x[i].i;
		config->xfeature[x[i].i].offset = x[i].offset;
		config->xfeature[x[i].i].size = x[i].size;
	}
	memset(config->root_seal_key, 0x11, 32);
	memset(config->root_provisioning_key, 0x22, 32);
	memset(config->owner_epoch, 0x33, 16);
	memset(config->cpusvn, 0x05, 16);
}

static void *reserve(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

struct mapping *mapping_of(struct machine *m, uint64_t la)
{
	unsigned i;

	for (i = 0; i < m->nr_mappings; i++) {
		if (m->mappings[i].la == (la & SGX_PAGE_MASK))
			return &m->mappings[i];
	}
	return NULL;
}

static int walk(struct lp *lp, uint64_t la, unsigned access, uint64_t *pa)
{
	struct mapping *map = mapping_of(lp->walk_ctx, la);
	unsigned want = access & PF_WRITE ? WALK_W :
			access & PF_INSTR ? WALK_X :
					    WALK_R;

	if (map && map->prot & want) {
		*pa = map->pa == EPC_NONE ? EPC_NONE :
					    map->pa | (la & ~SGX_PAGE_MASK);
		return 0;
	}
	pf(lp, la, access, "the page table refuses %x", la);
	if (!map)
		lp->fault.error_code &= ~PF_PROT;
	return -1;
}

int machine_setup(void **state)
{
	struct machine *m = aligned_alloc(4096, (sizeof(*m) + 4095) & ~4095ul);
	struct package_config config;

	assert_non_null(m);
	memset(m, 0, sizeof(*m));
	default_config(&config);
	package_init(&m->package, &config, test_entropy);
	m->cpu.package = &m->package;
	m->cpu.epc = reserve(EPC_PAGES * SGX_PAGE_SIZE);
	m->cpu.epcm = reserve(EPC_PAGES * sizeof(struct epcm));
	m->cpu.processors =
		reserve(CPU_MAX_PROCESSORS * sizeof(struct processor));
	m->cpu.nr_processors = &m->nr_processors;
	m->cpu.patches = reserve(EPC_PAGES * sizeof(struct patch_page));
	m->cpu.entropy = test_entropy;
	m->next_pa = SGX_PAGE_SIZE;
	m->lp.cpu = &m->cpu;
	m->lp.walk = walk;
	m->lp.walk_ctx = m;
	m->lp.r.rflags = 0x202 | RFLAGS_STATUS;
	m->lp.xsave = m->xsave;
	m->lp.xsave_size = sizeof(m->xsave);
	m->lp.xsave_features = m->package.xfrm;
	m->attributes = SGX_ATTR_MODE64BIT | SGX_ATTR_DEBUG;
	m->xfrm = XFRM_DEFAULT;
	m->miscselect = SGX_MISC_EXINFO;
	m->ssaframesize = 1;
	m->nssa = 2;
	m->mrenclave = EVP_MD_CTX_new();
	*state = m;
	return 0;
}

int machine_setup_enclave(void **state)
{
	machine_setup(state);
	build_enclave(*state);
	return 0;
}

int machine_setup_entered(void **state)
{
	machine_setup_enclave(state);
	enter(*state);
	return 0;
}

int machine_teardown(void **state)
{
	struct machine *m = *state;

	munmap(m->cpu.epc, EPC_PAGES * SGX_PAGE_SIZE);
	munmap(m->cpu.epcm, EPC_PAGES * sizeof(struct epcm));
	munmap(m->cpu.processors,
	       CPU_MAX_PROCESSORS * sizeof(struct processor));
	EVP_MD_CTX_free(m->mrenclave);
	free(m);
	return 0;
}

uint64_t new_page(struct machine *m)
{
	uint64_t pa = m->next_pa;

	assert_true(pa < EPC_PAGES * SGX_PAGE_SIZE);
	m->next_pa += SGX_PAGE_SIZE;
	return pa;
}

uint64_t operand(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

uint64_t kernel_la(const struct machine *m, uint64_t pa)
{
	return operand(epc_ptr(&m->cpu, pa));
}

void map_page(struct machine *m, uint64_t la, uint64_t pa, unsigned prot)
{
	assert_true(m->nr_mappings < MAPPINGS);
	m->mappings[m->nr_mappings++] = (struct mapping){ la, pa, prot };
}

void unmap_page(struct machine *m, uint64_t la)
{
	mapping_of(m, la)->la = 1;
}

void *at(struct machine *m, uint64_t la)
{
	return epc_ptr(&m->cpu, mapping_of(m, la)->pa + (la & ~SGX_PAGE_MASK));
}

struct epcm *epcm_at(struct machine *m, uint64_t la)
{
	return epcm_of(&m->cpu, mapping_of(m, la)->pa);
}

bool held_at(struct machine *m, uint64_t la)
{
	return epcm_held(&m->cpu, mapping_of(m, la)->pa);
}

bool anybody_inside(const struct machine *m)
{
	return secs_active(&m->cpu, m->secs_pa);
}

static void set_operands(struct machine *m, uint32_t leaf, uint64_t rbx,
			 uint64_t rcx)
{
	m->lp.r.rax = leaf;
	m->lp.r.rbx = rbx;
	m->lp.r.rcx = rcx;
}

/* The enclave's page `offset` is at the EPC page that follows its SECS. */
struct sgx_secs *prepare_ecreate(struct machine *m)
{
	struct sgx_secs *secs = (struct sgx_secs *)m->source;

	memset(secs, 0, sizeof(*secs));
	secs->size = ENCLAVE_SIZE;
	secs->baseaddr = ENCLAVE_BASE;
	secs->ssaframesize = m->ssaframesize;
	secs->miscselect = m->miscselect;
	secs->attributes = m->attributes;
	secs->xfrm = m->xfrm;
	m->secinfo = (struct sgx_secinfo){ .flags = PT_FLAGS(PT_SECS) };
	m->pageinfo = (struct sgx_pageinfo){
		.srcpge = operand(m->source),
		.secinfo = operand(&m->secinfo),
	};
	m->secs_pa = new_page(m);
	set_operands(m, ENCLS_ECREATE, operand(&m->pageinfo),
		     kernel_la(m, m->secs_pa));
	return secs;
}

void prepare_eadd(struct machine *m, uint64_t offset, uint64_t secinfo_flags)
{
	memset(m->source, (int)(offset >> 12), sizeof(m->source));
	m->secinfo = (struct sgx_secinfo){ .flags = secinfo_flags };
	m->pageinfo = (struct sgx_pageinfo){
		.linaddr = LA(offset),
		.srcpge = operand(m->source),
		.secinfo = operand(&m->secinfo),
		.secs = kernel_la(m, m->secs_pa),
	};
	set_operands(m, ENCLS_EADD, operand(&m->pageinfo),
		     kernel_la(m, new_page(m)));
}

struct sgx_tcs *prepare_eadd_tcs(struct machine *m)
{
	struct sgx_tcs *tcs = (struct sgx_tcs *)m->source;

	prepare_eadd(m, OFF_TCS, PT_FLAGS(PT_TCS));
	memset(tcs, 0, sizeof(*tcs));
	tcs->flags = m->tcs_flags;
	tcs->ossa = OFF_SSA;
	tcs->nssa = m->nssa;
	tcs->oentry = OENTRY;
	tcs->ofsbase = OFSBASE;
	tcs->ogsbase = OGSBASE;
	tcs->fslimit = 0xfff;
	tcs->gslimit = 0xfff;
	return tcs;
}

void prepare_eextend(struct machine *m, uint64_t chunk_pa)
{
	set_operands(m, ENCLS_EEXTEND, kernel_la(m, m->secs_pa),
		     kernel_la(m, chunk_pa));
}

void prepare_einit(struct machine *m)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct sgx_sigstruct *sig = &m->sigstruct;

	sigstruct_begin(sig);
	sig->attributes = m->attributes;
	sig->attributemask = ~SGX_ATTR_INIT;
	sig->xfrm = m->xfrm;
	sig->xfrmmask = ~0ull;
	sig->miscselect = m->miscselect;
	sig->miscmask = ~0u;
	sig->isvprodid = 0x1234;
	sig->isvsvn = 7;
	assert_int_equal(EVP_MD_CTX_copy_ex(ctx, m->mrenclave), 1);
	assert_int_equal(EVP_DigestFinal_ex(ctx, sig->enclavehash, NULL), 1);
	EVP_MD_CTX_free(ctx);
	sigstruct_sign(sig);
	sigstruct_mrsigner(sig, (uint8_t *)m->lp.sgxlepubkeyhash);
	memset(&m->token, 0, sizeof(m->token));
	set_operands(m, ENCLS_EINIT, operand(sig), kernel_la(m, m->secs_pa));
	m->lp.r.rdx = operand(&m->token);
}

void prepare_eremove(struct machine *m, uint64_t pa)
{
	set_operands(m, ENCLS_EREMOVE, 0, kernel_la(m, pa));
}

/* The second opinion: SDM "MRENCLAVE", written down once more. */
static void hash_step(struct machine *m, const char *tag, const void *rest,
		      size_t n)
{
	uint8_t block[64] = { 0 };

	memcpy(block, tag, strlen(tag));
	memcpy(block + 8, rest, n);
	assert_int_equal(EVP_DigestUpdate(m->mrenclave, block, 64), 1);
}

void create(struct machine *m)
{
	struct sgx_secs *secs = prepare_ecreate(m);
	uint8_t rest[12];

	assert_int_equal(encls(&m->lp), 0);
	memcpy(rest, &secs->ssaframesize, 4);
	memcpy(rest + 4, &secs->size, 8);
	assert_int_equal(EVP_DigestInit(m->mrenclave, EVP_sha256()), 1);
	hash_step(m, "ECREATE", rest, sizeof(rest));
}

static void extend(struct machine *m, uint64_t offset, uint64_t pa)
{
	uint64_t chunk;

	for (chunk = 0; chunk < SGX_PAGE_SIZE; chunk += 256) {
		uint64_t at_offset = offset + chunk;

		prepare_eextend(m, pa + chunk);
		assert_int_equal(encls(&m->lp), 0);
		hash_step(m, "EEXTEND", &at_offset, 8);
		EVP_DigestUpdate(m->mrenclave, m->source + chunk, 256);
	}
}

/* EADD what is prepared, EEXTEND all of it, map it. */
static uint64_t add_prepared(struct machine *m, uint64_t offset)
{
	uint64_t pa = m->lp.r.rcx - operand(m->cpu.epc);
	uint8_t rest[56] = { 0 };

	assert_int_equal(encls(&m->lp), 0);
	memcpy(rest, &offset, 8);
	memcpy(rest + 8, &m->secinfo, 48);
	hash_step(m, "EADD", rest, sizeof(rest));
	extend(m, offset, pa);
	map_page(m, LA(offset), pa, WALK_RWX);
	return pa;
}

uint64_t add(struct machine *m, uint64_t offset, uint64_t secinfo_flags)
{
	prepare_eadd(m, offset, secinfo_flags);
	return add_prepared(m, offset);
}

void build(struct machine *m)
{
	uint32_t i;

	create(m);
	prepare_eadd_tcs(m);
	m->tcs_pa = add_prepared(m, OFF_TCS);
	for (i = 0; i < m->nssa * m->ssaframesize; i++)
		add(m, OFF_SSA + i * SGX_PAGE_SIZE, REG_RW);
	add(m, OFF_DATA, REG_RW);
	add(m, OFF_OUTPUT, REG_RW);
	add(m, OFF_RO, REG_R);
	add(m, OFF_CODE, REG_RX);
	add(m, OFF_EXECUTE, PT_FLAGS(PT_REG) | SGX_SECINFO_X);
}

void build_enclave(struct machine *m)
{
	build(m);
	prepare_einit(m);
	check_code(m, encls(&m->lp), SGX_SUCCESS);
}

static void prepare_entry(struct machine *m, uint32_t leaf)
{
	struct lp_regs *r = &m->lp.r;

	r->rax = leaf;
	r->rbx = LA(OFF_TCS);
	r->rcx = HOST_AEP;
	r->rip = HOST_RIP;
	r->rsp = HOST_RSP;
	r->rbp = HOST_RBP;
	r->fsbase = HOST_FSBASE;
	r->gsbase = HOST_GSBASE;
}

void prepare_eenter(struct machine *m)
{
	prepare_entry(m, ENCLU_EENTER);
}

void prepare_eresume(struct machine *m)
{
	prepare_entry(m, ENCLU_ERESUME);
}

void prepare_leaf(struct machine *m, uint32_t leaf, uint64_t rbx, uint64_t rcx,
		  uint64_t rdx)
{
	m->lp.r.rax = leaf;
	m->lp.r.rbx = rbx;
	m->lp.r.rcx = rcx;
	m->lp.r.rdx = rdx;
}

void enter(struct machine *m)
{
	prepare_eenter(m);
	assert_int_equal(enclu(&m->lp), 0);
	assert_true(m->lp.cr_enclave_mode);
}

void interrupt(struct machine *m)
{
	aex(&m->lp, NULL, NULL);
	assert_false(m->lp.cr_enclave_mode);
}

/* Each refusal notes a reason.  Forget it, so that the next one is seen. */
static void check_reason(struct machine *m)
{
	assert_non_null(m->lp.why.text);
	m->lp.why = (struct why){ .text = NULL };
}

void check_gp(struct machine *m, int ret)
{
	check_reason(m);
	assert_int_equal(ret, -1);
	assert_int_equal(m->lp.fault.vector, VECTOR_GP);
	assert_int_equal(m->lp.fault.error_code, 0);
	assert_int_equal(m->lp.fault.address, 0);
}

void check_pf(struct machine *m, int ret, uint64_t la, uint32_t code)
{
	check_reason(m);
	assert_int_equal(ret, -1);
	assert_int_equal(m->lp.fault.vector, VECTOR_PF);
	assert_int_equal(m->lp.fault.address, la);
	assert_int_equal(m->lp.fault.error_code, code);
}

void check_encls_pf(struct machine *m, int ret, uint64_t la)
{
	check_pf(m, ret, la, PF_PROT | PF_SGX);
}

void check_epcm_pf(struct machine *m, int ret, uint64_t la, unsigned access)
{
	check_pf(m, ret, la, PF_PROT | PF_USER | PF_SGX | access);
}

void check_code(struct machine *m, int ret, enum sgx_return_code code)
{
	assert_int_equal(ret, 0);
	assert_int_equal(m->lp.r.rax, code);
	assert_int_equal(m->lp.r.rflags & RFLAGS_STATUS,
			 code == SGX_SUCCESS ? 0 : RFLAGS_ZF);
	if (code != SGX_SUCCESS)
		check_reason(m);
}
