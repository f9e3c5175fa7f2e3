/* SPDX-License-Identifier: BSD-3-Clause */
/* The address space, page by page; see the header. */
#define _GNU_SOURCE
#include "tests/fuzz/mm_model.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define R PROT_READ
#define W PROT_WRITE
#define X PROT_EXEC

/* The most a page may be mapped with, and what its EPCM entry allows. */
static const struct {
	int most, epcm;
} standard[] = {
	{ R | W, 0 }, /* TCS */
	{ R, R },         { R | W, R | W },         { R | W, R | W },
	{ R | X, R | X }, { R | W | X, R | W | X }, { X, X },
};
#define STANDARD_PAGES (sizeof(standard) / sizeof(standard[0]))

static bool in_elrange(const struct model *model, unsigned page)
{
	return page >= model->base && page < model->base + model->size;
}

/* Number of the enclave's page mapped here, or -1 where it has none. */
static int enclave_page(const struct model *model, unsigned page)
{
	unsigned n = page - model->base;

	if (!model->added || model->page[page].encl || !in_elrange(model, page))
		return -1;
	return n < STANDARD_PAGES ? (int)n : -1;
}

static bool is_ours(const struct model *model, unsigned page)
{
	return model->page[page].kind == MODEL_ENCLAVE;
}

static void split(struct model *model, unsigned page)
{
	if (page < MODEL_PAGES && is_ours(model, page))
		model->page[page].first = true;
}

static void clear(struct model *model, unsigned page, unsigned n,
		  enum model_kind kind)
{
	split(model, page + n);
	for (unsigned i = page; i < page + n; i++)
		model->page[i] = (struct model_page){ .kind = kind };
}

/* The page behind the mapping that holds `page`. */
static unsigned mapping_end(const struct model *model, unsigned page)
{
	do
		page++;
	while (page < MODEL_PAGES && is_ours(model, page) &&
	       !model->page[page].first);
	return page;
}

static int may_map(const struct model *model, unsigned encl, unsigned page,
		   unsigned n, int prot)
{
	if (encl != 0)
		return 0;
	if (model->initialized &&
	    (page < model->base || page + n > model->base + model->size))
		return -EACCES;
	for (unsigned i = 0; i < STANDARD_PAGES && model->added; i++) {
		if (model->base + i >= page && model->base + i < page + n &&
		    (prot & ~standard[i].most))
			return -EACCES;
	}
	return 0;
}

int model_mmap(struct model *model, unsigned page, unsigned n, int prot,
	       unsigned encl, int accmode)
{
	int ret;

	if ((accmode == O_RDONLY && (prot & W)) || accmode == O_WRONLY)
		return -EACCES;
	clear(model, page, n, MODEL_FREE);
	ret = may_map(model, encl, page, n, prot);
	if (ret)
		return ret;
	for (unsigned i = page; i < page + n; i++)
		model->page[i] = (struct model_page){
			.kind = MODEL_ENCLAVE,
			.first = i == page,
			.encl = encl,
			.prot = prot,
			.mayprot = accmode == O_RDONLY ? R | X : R | W | X,
		};
	return 0;
}

void model_mmap_other(struct model *model, unsigned page, unsigned n)
{
	clear(model, page, n, MODEL_ORDINARY);
}

void model_munmap(struct model *model, unsigned page, unsigned n)
{
	clear(model, page, n, MODEL_FREE);
}

/* [page, end) is part of one mapping. */
static int mprotect_mapping(struct model *model, unsigned page, unsigned end,
			    int prot)
{
	const struct model_page *p = &model->page[page];
	int ret;

	if (prot & ~p->mayprot)
		return -EACCES;
	ret = may_map(model, p->encl, page, end - page, prot);
	if (ret)
		return ret;
	split(model, page);
	split(model, end);
	for (; page < end; page++)
		model->page[page].prot = prot;
	return 0;
}

int model_mprotect(struct model *model, unsigned page, unsigned n, int prot)
{
	unsigned end = page + n, stop;
	int ret = 0;

	while (page < end && !ret) {
		stop = page + 1;
		if (is_ours(model, page)) {
			stop = mapping_end(model, page);
			stop = stop < end ? stop : end;
			ret = mprotect_mapping(model, page, stop, prot);
		} else if (model->page[page].kind == MODEL_FREE) {
			ret = -ENOMEM;
		}
		page = stop;
	}
	return ret;
}

static bool overlap(unsigned a, unsigned a_n, unsigned b, unsigned b_n)
{
	return a < b + b_n && b < a + a_n;
}

/* Ours are moved whole, or not at all, and never grow. */
static int check_ours(const struct model *model, unsigned from, unsigned from_n,
		      unsigned to_n, int flags)
{
	if (flags & MREMAP_DONTUNMAP)
		return -EINVAL;
	if (from + from_n > mapping_end(model, from) || to_n > from_n)
		return -EFAULT;
	return 0;
}

static void move(struct model *model, unsigned from, unsigned n, unsigned to)
{
	struct model_page moved[MODEL_PAGES];

	memcpy(moved, &model->page[from], n * sizeof(moved[0]));
	clear(model, from, n, MODEL_FREE);
	memcpy(&model->page[to], moved, n * sizeof(moved[0]));
	split(model, to);
}

static int mremap_to(struct model *model, unsigned from, unsigned from_n,
		     unsigned to_n, int flags, unsigned to)
{
	int ret;

	if (flags & MREMAP_FIXED) {
		if (overlap(from, from_n, to, to_n))
			return -EINVAL;
		clear(model, to, to_n, MODEL_FREE);
	}
	if (from_n > to_n) {
		clear(model, from + to_n, from_n - to_n, MODEL_FREE);
		from_n = to_n;
	}
	/* Of no length, and within what was emptied for it. */
	if (model->page[from].kind == MODEL_FREE)
		return -EFAULT;
	if (is_ours(model, from)) {
		ret = check_ours(model, from, from_n, to_n, flags);
		if (ret)
			return ret;
	}
	move(model, from, from_n, to);
	return (int)to;
}

int model_mremap(struct model *model, unsigned from, unsigned from_n,
		 unsigned to_n, int flags, unsigned to)
{
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) &&
	    (!(flags & MREMAP_MAYMOVE) || from_n != to_n))
		return -EINVAL;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(model, from, from_n, to_n, flags, to);
	if (from_n < to_n)
		return is_ours(model, from) ? -EFAULT : -ENOMEM;
	if (from_n > to_n)
		clear(model, from + to_n, from_n - to_n, MODEL_FREE);
	return (int)from;
}

static int advice_allowed(const struct model_page *p, int advice)
{
	static const uint8_t harmless[] = {
		MADV_NORMAL,      MADV_RANDOM,     MADV_SEQUENTIAL,
		MADV_WILLNEED,    MADV_DONTFORK,   MADV_MERGEABLE,
		MADV_UNMERGEABLE, MADV_HUGEPAGE,   MADV_NOHUGEPAGE,
		MADV_DONTDUMP,    MADV_KEEPONFORK,
	};

	if (advice == MADV_REMOVE)
		return p->prot & W ? -ENODEV : -EACCES;
	for (unsigned i = 0; i < sizeof(harmless); i++) {
		if (advice == harmless[i])
			return 0;
	}
	return -EINVAL;
}

int model_madvise(struct model *model, unsigned page, unsigned n, int advice)
{
	int ret = 0;

	for (unsigned i = page; i < page + n && !ret; i++) {
		if (is_ours(model, i))
			ret = advice_allowed(&model->page[i], advice);
	}
	if (ret || advice != MADV_DONTFORK)
		return ret;
	split(model, page);
	split(model, page + n);
	for (unsigned i = page; i < page + n; i++)
		model->page[i].dontfork = is_ours(model, i);
	return 0;
}

void model_fork(struct model *model)
{
	for (unsigned i = 0; i < MODEL_PAGES; i++) {
		if (is_ours(model, i) && model->page[i].dontfork)
			clear(model, i, 1, MODEL_FREE);
	}
}

/* On x86 what is accessible at all can be read. */
static int readable(int prot)
{
	return prot ? prot | R : 0;
}

int model_effective(const struct model *model, unsigned page)
{
	int n = enclave_page(model, page);
	int prot = model->page[page].prot;

	if (!is_ours(model, page) || n < 0 || model->lost ||
	    (prot & ~standard[n].most))
		return 0;
	return readable(prot) & standard[n].epcm;
}

enum model_fault model_fault(const struct model *model, unsigned page,
			     int access, bool inside)
{
	int n = enclave_page(model, page), prot = model->page[page].prot;

	if (inside && access == X && !in_elrange(model, page))
		return MODEL_GP;
	if (!is_ours(model, page))
		return MODEL_NOT_OURS;
	if (!prot || (access == W && !(prot & W)))
		return MODEL_SIGSEGV;
	if (n < 0 || (prot & ~standard[n].most))
		return MODEL_SIGBUS;
	if (!(readable(prot) & access))
		return MODEL_SIGSEGV;
	if (!inside)
		return MODEL_ABORT_PAGE;
	if (model->lost || !(standard[n].epcm & access))
		return MODEL_SIGSEGV_SGX;
	return MODEL_RETRY;
}
