/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ENCLU, by programs and enclaves.  The operands of a leaf inside lie in the
 * enclave's own pages, where the enclave writes them first, if it may.
 */
#include <string.h>

#include "tests/fuzz/leaves_ops.h"

uint64_t op_address(struct leaves *l, const struct lp *lp, struct input *in)
{
	unsigned page = take8(in);
	uint64_t base = SLOT_BASE(page >> 4 & 1);

	(void)l;
	if (lp->cr_enclave_mode && page < 0xc0)
		base = lp->cr_elrange_base;
	return base + (page & 0xf) * SGX_PAGE_SIZE;
}

/* A page of data in a built enclave: what an operand wants to be in. */
static uint64_t data_page(const struct lp *lp, unsigned n)
{
	return lp->cr_elrange_base + (8 + n) * SGX_PAGE_SIZE;
}

static void entry(struct leaves *l, struct lp *lp, struct input *in)
{
	lp->r.rbx = op_address(l, lp, in) & ~(take8(in) & 0x80 ? 0ull : 0xe000);
	lp->r.rcx = 0x401000;
	lp->r.rsp = 0x7ffe0000;
	lp->r.fsbase = 0x1111000;
	lp->r.gsbase = 0x2222000;
}

static void egetkey_request(struct leaves *l, struct lp *lp, struct input *in)
{
	struct sgx_keyrequest request;

	memset(&request, 0, sizeof(request));
	request.keyname = take_below(in, 6);
	request.keypolicy = take(in, 2) & 0x3f;
	request.isvsvn = take8(in);
	memset(request.cpusvn, 4 + take8(in) % 4, sizeof(request.cpusvn));
	leaves_store(l, lp, data_page(lp, 0), &request, sizeof(request));
	lp->r.rbx = data_page(lp, 0);
	lp->r.rcx = data_page(lp, 1);
}

static void ereport_request(struct lp *lp)
{
	lp->r.rbx = data_page(lp, 0);
	lp->r.rcx = data_page(lp, 0) + 512;
	lp->r.rdx = data_page(lp, 1);
}

/* A page of the enclave that waits for EACCEPT, from EPC page n on. */
static const struct epcm *waiting_page(const struct leaves *l,
				       const struct lp *lp, unsigned n)
{
	for (unsigned i = 0; i < EPC_PAGES; i++) {
		const struct epcm *e = &l->cpu.epcm[(n + i) % EPC_PAGES];

		if (e->valid && e->enclavesecs == lp->cr_active_secs &&
		    (e->pending || e->modified || e->pr))
			return e;
	}
	return NULL;
}

static uint64_t secinfo_of(const struct epcm *e)
{
	return e->r * SGX_SECINFO_R | e->w * SGX_SECINFO_W |
	       e->x * SGX_SECINFO_X | e->pending * SGX_SECINFO_PENDING |
	       e->modified * SGX_SECINFO_MODIFIED | e->pr * SGX_SECINFO_PR |
	       (uint64_t)e->pt << SGX_SECINFO_PAGE_TYPE_SHIFT;
}

/* EACCEPT, EMODPE, EACCEPTCOPY: SECINFO, page, page. */
static void page_request(struct leaves *l, struct lp *lp, struct input *in)
{
	static const uint64_t likely[] = {
		0x20b, /* REG RW PENDING */
		0x411, /* never: TRIM MODIFIED with R */
		0x410, /* TRIM MODIFIED */
		0x110, /* TCS MODIFIED */
		0x221, /* REG R PR */
		0x223, /* REG RW PR */
		0x207, /* REG RWX */
		0x203, /* REG RW */
	};
	unsigned how = take8(in);
	struct sgx_secinfo secinfo = { .flags = likely[how & 7] };
	const struct epcm *e = waiting_page(l, lp, how & 0x1f);

	lp->r.rbx = data_page(lp, 2);
	lp->r.rcx = op_address(l, lp, in);
	lp->r.rdx = data_page(lp, 1);
	if (e && how & 0x80) {
		lp->r.rcx = e->enclaveaddress;
		if (lp->r.rax == ENCLU_EACCEPT)
			secinfo.flags = secinfo_of(e);
	}
	leaves_store(l, lp, data_page(lp, 2), &secinfo, sizeof(secinfo));
}

static void prepare(struct leaves *l, struct lp *lp, struct input *in)
{
	switch ((uint32_t)lp->r.rax) {
	case ENCLU_EENTER:
	case ENCLU_ERESUME:
		entry(l, lp, in);
		break;
	case ENCLU_EEXIT:
		lp->r.rbx = 0x400003;
		break;
	case ENCLU_EREPORT:
		ereport_request(lp);
		break;
	case ENCLU_EGETKEY:
		egetkey_request(l, lp, in);
		break;
	case ENCLU_EACCEPT:
	case ENCLU_EMODPE:
	case ENCLU_EACCEPTCOPY:
		page_request(l, lp, in);
		break;
	}
}

static void spoil(struct lp *lp, struct input *in)
{
	uint64_t *r[] = { &lp->r.rax, &lp->r.rbx, &lp->r.rcx, &lp->r.rdx };
	unsigned which = take_below(in, 8);

	*r[which % 4] ^= which & 4 ? take(in, 8) : take(in, 2);
}

/* Of a page that a leaf inside has changed: still this enclave's own. */
static void check_change(const struct leaves *l, const struct lp *lp,
			 const struct leaves_state *before)
{
	for (unsigned n = 1; n < EPC_PAGES; n++) {
		const struct epcm *e = &l->cpu.epcm[n];

		if (!memcmp(e, &before->epcm[n], sizeof(*e)))
			continue;
		must(before->epcm[n].valid && e->valid);
		must(e->enclavesecs == lp->cr_active_secs);
		must(e->enclavesecs == before->epcm[n].enclavesecs);
		must(e->pt == before->epcm[n].pt);
		must(!e->pending && !e->modified);
	}
}

static void check_entered(const struct lp *lp, bool was_inside, uint32_t leaf)
{
	bool enters = leaf == ENCLU_EENTER || leaf == ENCLU_ERESUME;

	if (enters)
		must(!was_inside && lp->cr_enclave_mode);
	else
		must(was_inside &&
		     lp->cr_enclave_mode == (leaf != ENCLU_EEXIT));
	if (leaf == ENCLU_EEXIT)
		must(lp->r.fsbase == 0x1111000 && lp->r.gsbase == 0x2222000);
}

void op_enclu(struct leaves *l, struct input *in)
{
	unsigned first = take8(in);
	struct lp *lp = &l->lp[(first >> 4 & 3) % LPS];
	bool inside = lp->cr_enclave_mode;
	struct leaves_state before;
	uint32_t leaf;

	lp->r.rax = (first & 0xf) % 10;
	/* Mostly one that may be used where the thread is. */
	if (!inside && !(first & 0x40))
		lp->r.rax = ENCLU_EENTER + (first & 1);
	prepare(l, lp, in);
	if (first & 0x80)
		spoil(lp, in);
	leaf = (uint32_t)lp->r.rax;
	leaves_save(l, lp, &before);
	if (enclu(lp)) {
		leaves_check_fault(l, lp, &before);
		return;
	}
	check_entered(lp, inside, leaf);
	check_change(l, lp, &before);
}
