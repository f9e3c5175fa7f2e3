/* SPDX-License-Identifier: BSD-3-Clause */
/* The processor of fuzz_leaves: memory, page tables, stores. */
#define _GNU_SOURCE
#include "tests/fuzz/leaves.h"

#include <string.h>
#include <sys/mman.h>

#include "cpu/epcm.h"
#include "cpu/patch.h"
#include "cpu/processors.h"
#include "tests/fuzz/signer.h"

static void entropy(void *buf, size_t n)
{
	static uint8_t next = 1;

	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = next++;
}

static void *reserve(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	must(p != MAP_FAILED);
	madvise(p, n, MADV_DONTDUMP);
	madvise(p, n, MADV_NOHUGEPAGE);
	return p;
}

static int walk(struct lp *lp, uint64_t la, unsigned access, uint64_t *pa)
{
	const struct leaves_pte *pte = leaves_pte(lp->walk_ctx, la);
	unsigned want = access & PF_WRITE ? 2 : access & PF_INSTR ? 4 : 1;

	if (pte && pte->prot & want) {
		*pa = pte->pa == EPC_NONE ? EPC_NONE :
					    pte->pa | (la & ~SGX_PAGE_MASK);
		return 0;
	}
	pf(lp, la, access);
	if (!pte || !pte->prot)
		lp->fault.error_code &= ~PF_PROT;
	return -1;
}

/* The extended state of a current processor, AMX included. */
static void init_package(struct leaves *l)
{
	static const struct {
		unsigned i;
		uint32_t offset, size;
	} x[] = { { 2, 576, 256 },   { 5, 1088, 64 }, { 6, 1152, 512 },
		  { 7, 1664, 1024 }, { 9, 2688, 8 },  { 17, 2752, 64 },
		  { 18, 2816, 8192 } };
	struct package_config config = {
		.epc_bytes = EPC_PAGES * SGX_PAGE_SIZE,
		.sgx2 = true,
		.aexnotify = true,
		.xcr0 = 3,
	};

	for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
		config.xcr0 |= 1ull << x[i].i;
		config.xfeature[x[i].i].offset = x[i].offset;
		config.xfeature[x[i].i].size = x[i].size;
	}
	memset(config.cpusvn, 0x05, sizeof(config.cpusvn));
	package_init(&l->package, &config, entropy);
}

void leaves_init(struct leaves *l)
{
	memset(l, 0, sizeof(*l));
	/* All of it: a leaf may be given any address in the EPC. */
	l->cpu.epc = reserve(EPC_SPAN);
	l->cpu.patches = reserve((EPC_SPAN >> SGX_PAGE_SHIFT) *
				 sizeof(struct patch_page));
	l->cpu.epcm =
		reserve((EPC_SPAN >> SGX_PAGE_SHIFT) * sizeof(struct epcm));
	l->cpu.processors =
		reserve(CPU_MAX_PROCESSORS * sizeof(struct processor));
	l->cpu.nr_processors = &l->nr_processors;
	l->cpu.package = &l->package;
	l->cpu.entropy = entropy;
	l->arena = reserve(sizeof(*l->arena));
	init_package(l);
	signer_mrsigner(l->mrsigner);
}

static void reset_lp(struct leaves *l, struct lp *lp)
{
	memset(lp, 0, sizeof(*lp));
	lp->cpu = &l->cpu;
	lp->walk = walk;
	lp->walk_ctx = l;
	lp->r.rflags = 0x202;
	lp->r.rip = 0x400000;
}

void leaves_reset(struct leaves *l)
{
	/* What was not valid was not written to, but for a leaf that failed. */
	for (unsigned n = 0; n < EPC_PAGES; n++) {
		struct epcm *epcm = &l->cpu.epcm[n];

		if (epcm->valid || epcm->enclaveaddress || epcm->enclavesecs)
			memset(epc_ptr(&l->cpu, n * SGX_PAGE_SIZE), 0,
			       SGX_PAGE_SIZE);
		memset(epcm, 0, sizeof(*epcm));
	}
	memset(l->pte, 0, sizeof(l->pte));
	memset(l->arena, 0, sizeof(*l->arena));
	for (unsigned i = 0; i < BLOBS; i++)
		l->blob[i].used = false;
	memset(l->cpu.processors, 0,
	       l->nr_processors * sizeof(struct processor));
	l->nr_processors = 0;
	reset_lp(l, &l->kernel);
	for (unsigned i = 0; i < LPS; i++) {
		reset_lp(l, &l->lp[i]);
		memset(l->xsave[i], 0, sizeof(l->xsave[i]));
		l->lp[i].xsave = l->xsave[i];
		l->lp[i].xsave_size = sizeof(l->xsave[i]);
		l->lp[i].xsave_features = l->package.xfrm;
	}
}

struct leaves_pte *leaves_pte(struct leaves *l, uint64_t la)
{
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		if (la - SLOT_BASE(slot) < SLOT_SIZE)
			return &l->pte[slot][(la - SLOT_BASE(slot)) >>
					     SGX_PAGE_SHIFT];
	}
	return NULL;
}

unsigned leaves_free_page(const struct leaves *l)
{
	unsigned n = 1;

	while (n < EPC_PAGES - 1 && l->cpu.epcm[n].valid)
		n++;
	return n;
}

uint64_t leaves_epc(const struct leaves *l, unsigned n)
{
	return (uint64_t)(uintptr_t)epc_ptr(&l->cpu, n * SGX_PAGE_SIZE);
}

bool leaves_store(struct leaves *l, struct lp *lp, uint64_t la,
		  const void *from, size_t n)
{
	uint64_t pa;

	if (!lp->cr_enclave_mode ||
	    la - lp->cr_elrange_base >= lp->cr_elrange_size ||
	    (la & ~SGX_PAGE_MASK) + n > SGX_PAGE_SIZE)
		return false;
	if (enclave_access(lp, la, PF_WRITE) || walk(lp, la, PF_WRITE, &pa))
		return false;
	/* Never into what only the processor may write. */
	must(epcm_of(&l->cpu, pa)->pt == PT_REG);
	memcpy(epc_ptr(&l->cpu, pa), from, n);
	return true;
}
