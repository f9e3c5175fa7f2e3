/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLS, by a kernel of changing mood.  Leaves that the processor does not
 * have yet are asked for as well: they must fault and change nothing.
 */
#include <string.h>

#include "cpu/crypto/aes_cmac.h"
#include "cpu/keys.h"
#include "cpu/measure.h"
#include "cpu/secs.h"
#include "tests/fuzz/leaves_encls.h"
#include "tests/fuzz/leaves_ops.h"
#include "tests/fuzz/signer.h"

#define SECINFO_AT 64
#define PCMD_AT    128

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

void encls_prepare(struct leaves *l, struct encls *e)
{
	e->pageinfo = (void *)l->arena->head;
	e->secinfo = (void *)(l->arena->head + SECINFO_AT);
	e->blob = NULL;
	memset(l->arena->head, 0, PCMD_AT + PCMD_SIZE);
	l->kernel.r.rax = e->leaf;
	l->kernel.r.rbx = address(e->pageinfo);
	l->kernel.r.rcx = leaves_epc(l, e->page);
}

static uint64_t some_secs(const struct leaves *l, struct input *in)
{
	unsigned want = take8(in), n = want % EPC_PAGES;

	/* Mostly one that is a SECS. */
	for (unsigned i = 0; want & 0x80 ? 0 : i < EPC_PAGES; i++) {
		const struct epcm *e = &l->cpu.epcm[(n + i) % EPC_PAGES];

		if (e->valid && e->pt == PT_SECS)
			return (n + i) % EPC_PAGES * SGX_PAGE_SIZE;
	}
	return n * SGX_PAGE_SIZE;
}

static uint64_t xfrm_of(unsigned choice)
{
	static const uint64_t xfrm[] = { 3, 7, 0xe7, 0x207, 0x60003, 0x2, 0xf };

	return xfrm[choice % (sizeof(xfrm) / sizeof(xfrm[0]))];
}

static void fill_secs(struct leaves *l, unsigned slot, unsigned variant)
{
	struct sgx_secs *secs = (void *)l->arena->source;

	memset(secs, 0, sizeof(*secs));
	secs->size = SLOT_SIZE;
	secs->baseaddr = SLOT_BASE(slot);
	secs->xfrm = xfrm_of(variant & 7);
	secs->ssaframesize = secs->xfrm == 0x60003 ? 3 : 1;
	secs->miscselect = variant >> 3 & 1;
	secs->attributes = SGX_ATTR_MODE64BIT;
	if (variant & 0x10)
		secs->attributes |= SGX_ATTR_DEBUG;
	if (variant & 0x20)
		secs->attributes |= SGX_ATTR_AEXNOTIFY;
	if (variant & 0x40)
		secs->attributes |= SGX_ATTR_KSS | SGX_ATTR_PROVISIONKEY;
}

void encls_prepare_ecreate(struct leaves *l, struct encls *e, unsigned slot,
			   unsigned variant)
{
	e->leaf = ENCLS_ECREATE;
	encls_prepare(l, e);
	fill_secs(l, slot, variant);
	e->pageinfo->srcpge = address(l->arena->source);
	e->pageinfo->secinfo = address(e->secinfo);
}

static void fill_tcs(struct leaves *l, unsigned page, bool notify)
{
	struct sgx_tcs *tcs = (void *)l->arena->source;

	memset(tcs, 0, sizeof(*tcs));
	tcs->flags = notify ? TCS_AEXNOTIFY : 0;
	tcs->ossa = (PAGE_SSA + page % 2 * 3) * SGX_PAGE_SIZE;
	tcs->nssa = 2;
	tcs->oentry = PAGE_CODE * SGX_PAGE_SIZE;
	tcs->fslimit = 0xfff;
	tcs->gslimit = 0xfff;
	((uint8_t *)tcs)[l->tcs_quirk.at] ^= l->tcs_quirk.bits;
}

/* EADD of page number `page` of the enclave at secs_pa. */
void encls_prepare_eadd(struct leaves *l, struct encls *e, uint64_t secs_pa,
			unsigned page, uint64_t flags)
{
	const struct sgx_secs *secs = secs_at(&l->cpu, secs_pa);

	e->leaf = ENCLS_EADD;
	encls_prepare(l, e);
	if (flags >> SGX_SECINFO_PAGE_TYPE_SHIFT == PT_TCS)
		fill_tcs(l, page, secs->attributes & SGX_ATTR_AEXNOTIFY);
	else
		memset(l->arena->source, (int)page, SGX_PAGE_SIZE);
	e->secinfo->flags = flags;
	e->pageinfo->linaddr = secs->baseaddr + page * SGX_PAGE_SIZE;
	e->pageinfo->srcpge = address(l->arena->source);
	e->pageinfo->secinfo = address(e->secinfo);
	e->pageinfo->secs = leaves_epc(l, secs_pa >> SGX_PAGE_SHIFT);
}

void encls_prepare_einit(struct leaves *l, struct encls *e, uint64_t secs_pa)
{
	const struct sgx_secs *secs = secs_at(&l->cpu, secs_pa);
	const struct epcm *epcm = epcm_of(&l->cpu, secs_pa);
	struct sgx_sigstruct *sig = &l->arena->sigstruct;

	e->leaf = ENCLS_EINIT;
	e->page = secs_pa >> SGX_PAGE_SHIFT;
	encls_prepare(l, e);
	signer_begin(sig);
	sig->attributemask = ~SGX_ATTR_INIT;
	sig->xfrmmask = ~0ull;
	sig->attributes = secs->attributes;
	sig->xfrm = secs->xfrm;
	sig->isvsvn = 7;
	if (epcm->valid && epcm->pt == PT_SECS)
		measure_final(secs_hidden_at(&l->cpu, secs_pa),
			      sig->enclavehash);
	signer_sign(sig);
	memset(&l->arena->token, 0, sizeof(l->arena->token));
	memcpy(l->kernel.sgxlepubkeyhash, l->mrsigner, sizeof(l->mrsigner));
	l->kernel.r.rbx = address(sig);
	l->kernel.r.rdx = address(&l->arena->token);
}

/* RDX: a slot of a VA page, if there is one. */
static void choose_va(struct leaves *l, struct input *in, unsigned *page,
		      unsigned *slot)
{
	*page = take_below(in, EPC_PAGES);
	*slot = take_below(in, 4);
	for (unsigned i = 0; i < EPC_PAGES; i++) {
		unsigned n = (*page + i) % EPC_PAGES;

		if (l->cpu.epcm[n].valid && l->cpu.epcm[n].pt == PT_VA) {
			*page = n;
			break;
		}
	}
	l->kernel.r.rdx = leaves_epc(l, *page) + *slot * 8;
}

void encls_prepare_ewb(struct leaves *l, struct encls *e, struct input *in)
{
	struct leaves_blob *pending = &l->pending;

	/* The blob stays what it is until a page has really been put out. */
	e->blob = &l->blob[take_below(in, BLOBS)];
	choose_va(l, in, &pending->va_page, &pending->va_slot);
	e->pageinfo->srcpge = address(l->arena->output);
	e->pageinfo->secinfo = address(l->arena->head + PCMD_AT);
}

/* What EWB is about to put out, whatever RCX has become. */
static void note_victim(struct leaves *l)
{
	unsigned page = (l->kernel.r.rcx - leaves_epc(l, 0)) >> SGX_PAGE_SHIFT;

	if (page >= EPC_PAGES)
		return;
	memcpy(l->pending.plain, epc_ptr(&l->cpu, page * SGX_PAGE_SIZE),
	       SGX_PAGE_SIZE);
	l->pending.secs_pa = l->cpu.epcm[page].enclavesecs;
}

static void prepare_eld(struct leaves *l, struct encls *e, struct input *in)
{
	struct leaves_blob *blob = &l->blob[take_below(in, BLOBS)];
	unsigned page, slot;

	choose_va(l, in, &page, &slot);
	if (blob->used)
		l->kernel.r.rdx = leaves_epc(l, blob->va_page) +
				  blob->va_slot * 8;
	e->blob = blob;
	memcpy(l->arena->source, blob->source, SGX_PAGE_SIZE);
	memcpy(l->arena->head + PCMD_AT, blob->pcmd, PCMD_SIZE);
	e->pageinfo->linaddr = blob->linaddr;
	e->pageinfo->srcpge = address(l->arena->source);
	e->pageinfo->secinfo = address(l->arena->head + PCMD_AT);
	if (blob->secs_pa)
		e->pageinfo->secs = leaves_epc(l,
					       blob->secs_pa >> SGX_PAGE_SHIFT);
}

static void prepare_eaug(struct leaves *l, struct encls *e, struct input *in)
{
	uint64_t secs_pa = some_secs(l, in);

	encls_prepare_eadd(l, e, secs_pa, take_below(in, SLOT_PAGES),
			   PT_FLAGS(PT_REG));
	e->leaf = ENCLS_EAUG;
	l->kernel.r.rax = e->leaf;
	e->pageinfo->srcpge = 0;
	e->pageinfo->secinfo = 0;
}

static void prepare_emod(struct leaves *l, struct encls *e, struct input *in)
{
	static const unsigned pt[] = { PT_TRIM, PT_TCS, PT_REG, PT_VA };

	e->secinfo->flags = e->leaf == ENCLS_EMODPR ?
				    take8(in) & 7 :
				    PT_FLAGS(pt[take_below(in, 4)]);
	l->kernel.r.rbx = address(e->secinfo);
}

static void spoil_byte(void *start, size_t size, struct input *in)
{
	size_t at = take(in, 2) % size;

	((uint8_t *)start)[at] ^= take8(in);
}

/* A launch token as a launch enclave would make it. */
static void fill_token(struct leaves *l, uint64_t secs_pa)
{
	const struct sgx_secs *secs = secs_at(&l->cpu, secs_pa);
	struct sgx_einittoken *token = &l->arena->token;
	uint8_t key[SGX_KEY_SIZE];

	token->valid = 1;
	token->attributes = secs->attributes;
	token->xfrm = secs->xfrm;
	memcpy(token->mrenclave, l->arena->sigstruct.enclavehash, 32);
	memcpy(token->mrsigner, l->mrsigner, 32);
	memcpy(token->cpusvnle, l->package.cpusvn, sizeof(token->cpusvnle));
	key_for_einittoken(&l->package, token, l->kernel.sgxlepubkeyhash, key);
	aes_cmac(key, token, EINITTOKEN_MACED_SIZE, token->mac);
}

/* Signed, but not what was built; or launched by a token. */
static void vary_einit(struct leaves *l, const struct encls *e,
		       struct input *in)
{
	unsigned how = take8(in);

	if (how & 1) {
		spoil_byte((uint8_t *)&l->arena->sigstruct + SIGSTRUCT_SIGNED2,
			   SIGSTRUCT_SIGNED2_SIZE, in);
		signer_sign(&l->arena->sigstruct);
	}
	if (how & 2)
		l->kernel.sgxlepubkeyhash[0] ^= 1;
	if (how & 4)
		fill_token(l, e->page * SGX_PAGE_SIZE);
}

static uint64_t page_flags(struct input *in)
{
	unsigned choice = take8(in);

	if (choice % 5 == 0)
		return PT_FLAGS(PT_TCS);
	return PT_FLAGS(PT_REG) | (choice & 0x40 ? choice & 7 : 3);
}

static void prepare_leaf(struct leaves *l, struct encls *e, struct input *in)
{
	encls_prepare(l, e);
	switch (e->leaf) {
	case ENCLS_ECREATE:
		encls_prepare_ecreate(l, e, take_below(in, SLOTS), take8(in));
		break;
	case ENCLS_EADD: {
		uint64_t secs_pa = some_secs(l, in);
		unsigned page = take_below(in, SLOT_PAGES);

		encls_prepare_eadd(l, e, secs_pa, page, page_flags(in));
		break;
	}
	case ENCLS_EINIT:
		encls_prepare_einit(l, e, some_secs(l, in));
		vary_einit(l, e, in);
		break;
	case ENCLS_EEXTEND:
		l->kernel.r.rbx = leaves_epc(l, some_secs(l, in) >>
							SGX_PAGE_SHIFT);
		l->kernel.r.rcx += take_below(in, 16) * 256;
		break;
	case ENCLS_EDBGRD:
	case ENCLS_EDBGWR:
		l->kernel.r.rcx += take(in, 2) % SGX_PAGE_SIZE & ~7ul;
		break;
	case ENCLS_EPA:
		l->kernel.r.rbx = PT_VA;
		break;
	case ENCLS_EWB:
		encls_prepare_ewb(l, e, in);
		break;
	case ENCLS_ELDB:
	case ENCLS_ELDU:
		prepare_eld(l, e, in);
		break;
	case ENCLS_EAUG:
		prepare_eaug(l, e, in);
		break;
	case ENCLS_EMODPR:
	case ENCLS_EMODT:
		prepare_emod(l, e, in);
		break;
	}
}

/* Pointers to memory must stay such that may be read: their low bits only. */
static void spoil_pageinfo(struct leaves *l, struct encls *e, struct input *in)
{
	uint64_t *member = (uint64_t *)e->pageinfo + take_below(in, 4);
	uint64_t bits = take(in, 8);

	if (member == &e->pageinfo->srcpge || member == &e->pageinfo->secinfo)
		bits &= ~SGX_PAGE_MASK;
	else if (member == &e->pageinfo->secs)
		bits &= EPC_PAGES * SGX_PAGE_SIZE - 1;
	if (!*member && member != &e->pageinfo->linaddr &&
	    member != &e->pageinfo->secs)
		*member = address(l->arena->source);
	else
		*member ^= bits;
}

/* Where RBX points to memory, only its alignment may suffer. */
static uint64_t rbx_bits(uint32_t leaf)
{
	switch (leaf) {
	case ENCLS_EINIT:
		return ~SGX_PAGE_MASK;
	case ENCLS_EMODPR:
	case ENCLS_EMODT:
		return sizeof(struct sgx_secinfo) - 1;
	case ENCLS_EPA:
	case ENCLS_EDBGWR:
		return UINT64_MAX;
	case ENCLS_EEXTEND:
		return EPC_PAGES * SGX_PAGE_SIZE - 1;
	default:
		return sizeof(struct sgx_pageinfo) - 1;
	}
}

static void spoil(struct leaves *l, struct encls *e, struct input *in)
{
	switch (take_below(in, 8)) {
	case 0:
		l->kernel.r.rbx ^= take(in, 8) & rbx_bits(e->leaf);
		break;
	case 1:
		l->kernel.r.rcx ^= take(in, 2);
		break;
	case 2:
		l->kernel.r.rcx = take(in, 8) | 1ull << 63;
		break;
	case 3:
		if (e->leaf == ENCLS_EINIT)
			spoil_byte(&l->arena->token, 304, in);
		else
			l->kernel.r.rdx ^= take(in, 2) & 0x7fff;
		break;
	case 4:
		spoil_pageinfo(l, e, in);
		break;
	case 5:
		spoil_byte(l->arena->source, SGX_PAGE_SIZE, in);
		break;
	case 6:
		spoil_byte(l->arena->head + SECINFO_AT,
			   PCMD_AT + PCMD_SIZE - SECINFO_AT, in);
		break;
	default:
		spoil_byte(&l->arena->sigstruct, sizeof(struct sgx_sigstruct),
			   in);
	}
}

/* No leaf, or a leaf by the lower half of RAX, which is all that counts. */
static void spoil_leaf(struct leaves *l, struct encls *e, struct input *in)
{
	uint64_t rax = take(in, 5);

	if (rax & 1)
		e->leaf = rax | 0x80;
	l->kernel.r.rax = (rax & ~0xffffffffull) | e->leaf;
}

/* The kernel maps what it has made, where it belongs. */
static void map_new_page(struct leaves *l, unsigned page)
{
	const struct epcm *epcm = &l->cpu.epcm[page];
	struct leaves_pte *pte = leaves_pte(l, epcm->enclaveaddress);

	if (epcm->valid && pte)
		*pte = (struct leaves_pte){ page * SGX_PAGE_SIZE, 7 };
}

static void check_evicted(struct leaves *l, struct encls *e)
{
	struct leaves_blob *blob = e->blob;

	must(!l->cpu.epcm[e->page].valid);
	*blob = l->pending;
	memcpy(blob->source, l->arena->output, SGX_PAGE_SIZE);
	memcpy(blob->pcmd, l->arena->head + PCMD_AT, PCMD_SIZE);
	blob->linaddr = e->pageinfo->linaddr;
	blob->used = true;
	blob->loaded = false;
}

/* What was loaded is what was written out, bit for bit, and only once. */
static void check_loaded(const struct leaves *l, const struct encls *e)
{
	struct leaves_blob *blob = e->blob;

	must(blob->used && !blob->loaded);
	must(e->pageinfo->linaddr == blob->linaddr);
	must(!memcmp(blob->source, l->arena->source, SGX_PAGE_SIZE));
	must(!memcmp(blob->pcmd, l->arena->head + PCMD_AT,
		     sizeof(struct sgx_secinfo)));
	if (l->cpu.epcm[e->page].pt == PT_REG)
		must(!memcmp(blob->plain,
			     epc_ptr(&l->cpu, e->page * SGX_PAGE_SIZE),
			     SGX_PAGE_SIZE));
	blob->loaded = true;
}

static void check_initialised(const struct leaves *l, const struct encls *e)
{
	const struct sgx_secs *secs = secs_at(&l->cpu, e->page * SGX_PAGE_SIZE);

	must(secs_initialised(secs));
	must(!memcmp(secs->mrsigner, l->mrsigner, sizeof(l->mrsigner)));
	must(!memcmp(secs->mrenclave, l->arena->sigstruct.enclavehash, 32));
}

/* The leaf retired, without an error code. */
static void succeeded(struct leaves *l, struct encls *e)
{
	switch (e->leaf) {
	case ENCLS_EINIT:
		check_initialised(l, e);
		break;
	case ENCLS_EWB:
		check_evicted(l, e);
		break;
	case ENCLS_ELDB:
	case ENCLS_ELDU:
		check_loaded(l, e);
		map_new_page(l, e->page);
		break;
	case ENCLS_EADD:
	case ENCLS_EAUG:
		map_new_page(l, e->page);
		break;
	}
}

static bool gives_code(uint32_t leaf)
{
	return leaf != ENCLS_ECREATE && leaf != ENCLS_EADD &&
	       leaf != ENCLS_EEXTEND && leaf != ENCLS_EPA && leaf != ENCLS_EAUG;
}

void encls_run(struct leaves *l, struct encls *e)
{
	struct lp *lp = &l->kernel;
	struct leaves_state before;

	if (e->leaf == ENCLS_EWB)
		note_victim(l);
	leaves_save(l, lp, &before);
	if (encls(lp)) {
		leaves_check_fault(l, lp, &before);
		return;
	}
	e->page = (lp->r.rcx - leaves_epc(l, 0)) >> SGX_PAGE_SHIFT;
	must(e->page && e->page < EPC_PAGES);
	leaves_check_only(l, &before, e->page);
	/* EWB into a slot in use complains, and has done it all the same. */
	if (!gives_code(e->leaf) || !lp->r.rax ||
	    (e->leaf == ENCLS_EWB && lp->r.rax == SGX_VA_SLOT_OCCUPIED))
		succeeded(l, e);
}

void op_encls(struct leaves *l, struct input *in)
{
	unsigned first = take8(in);
	struct encls e = { .leaf = first & 0xf,
			   .page = take_below(in, EPC_PAGES) };
	bool makes = e.leaf == ENCLS_ECREATE || e.leaf == ENCLS_EADD ||
		     e.leaf == ENCLS_EPA || e.leaf == ENCLS_EAUG ||
		     e.leaf == ENCLS_ELDU || e.leaf == ENCLS_ELDB;

	if (makes && first & 0x10)
		e.page = leaves_free_page(l);
	prepare_leaf(l, &e, in);
	if (first & 0x80)
		spoil(l, &e, in);
	if (first & 0x40 && first & 0x20)
		spoil_leaf(l, &e, in);
	encls_run(l, &e);
}
