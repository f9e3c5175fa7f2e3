/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SGX_IOC_ENCLAVE_ADD_PAGES.  After Linux 6.1 sgx/ioctl.c
 * sgx_ioc_enclave_add_pages(), sgx_encl_add_page().
 */
#include <asm/sgx.h>

#include "cpu/mem.h"
#include "kernel/mm/vma.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encls.h"
#include "kernel/sgx/ioctl.h"

#define EEXTEND_SIZE 256u /* bytes that one EEXTEND measures */

/* What the pages of one call have in common. */
struct add {
	struct sgx_secinfo secinfo __attribute__((aligned(64)));
	uint8_t *page;        /* the kernel's copy of the source page */
	uint64_t mayexec_end; /* up to here the source may be executed */
	uint64_t flags;
};

static int sgx_validate_secinfo(struct lp *lp,
				const struct sgx_secinfo *secinfo)
{
	const uint64_t known = SGX_SECINFO_PERMISSION_MASK |
			       SGX_SECINFO_PAGE_TYPE_MASK;
	uint64_t perm = secinfo->flags & SGX_SECINFO_PERMISSION_MASK;
	unsigned pt = secinfo_pt(secinfo);

	if (pt != PT_REG && pt != PT_TCS)
		return refuse(lp, -EINVAL,
			      "SECINFO's page type is %t, neither "
			      "PT_REG nor PT_TCS",
			      pt);
	if ((perm & SGX_SECINFO_W) && !(perm & SGX_SECINFO_R))
		return refuse(lp, -EINVAL,
			      "SECINFO's permissions are %p: W "
			      "needs R",
			      perm);
	if (pt == PT_TCS && perm)
		return refuse(lp, -EINVAL,
			      "SECINFO's permissions of a TCS are "
			      "%p, not 0",
			      perm);
	if (secinfo->flags & ~known)
		return refuse(lp, -EINVAL,
			      "SECINFO.FLAGS are %x: bits %x are "
			      "not the program's",
			      secinfo->flags, secinfo->flags & ~known);
	if (!mem_is_zero(secinfo->reserved, sizeof(secinfo->reserved)))
		return refuse(lp, -EINVAL,
			      "reserved fields of SECINFO are not zero");
	return 0;
}

/* The most that the page can ever be mapped with. */
static unsigned vm_max_prot(const struct sgx_secinfo *secinfo)
{
	/* Mappings of a TCS are RW, though the EPCM allows no access. */
	if (secinfo_pt(secinfo) == PT_TCS)
		return SGX_SECINFO_R | SGX_SECINFO_W;
	return secinfo->flags & SGX_SECINFO_PERMISSION_MASK;
}

/*
 * Copy the source page.  Its mapping must be one that may be executed.  The
 * host reads a file to find that out, so it is asked at the first page and then
 * every 2 MiB.  DEVIATION DK6: Linux asks for each page.
 */
static int get_source(const struct call *c, struct add *add, uint64_t src)
{
	int ret;

	if (src >= add->mayexec_end) {
		ret = c->mm->host->source_mayexec(src);
		if (ret)
			return refuse(c->lp, ret,
				      "the source page %x is "
				      "mapped from a noexec mount, or not at "
				      "all",
				      src);
		add->mayexec_end = (src | (SGX_CHUNK_SIZE - 1)) + 1;
	}
	/* Enclave memory cannot be pinned. */
	if (sgx_touches(c->mm, src, SGX_PAGE_SIZE))
		return refuse(c->lp, -EFAULT,
			      "the source page %x is enclave "
			      "memory itself",
			      src);
	return get_user(c, add->page, src, SGX_PAGE_SIZE);
}

/* It only saves time, and p may point anywhere. */
static void prefetch(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 64)
		__builtin_prefetch(p + i);
}

/* While this page is hashed, the next one is fetched into the caches. */
static int sgx_encl_extend(const struct call *c, uint64_t src, uint64_t pa)
{
	const uint8_t *next_src = (uint8_t *)(uintptr_t)src + SGX_PAGE_SIZE;
	uint8_t *page = epc_ptr(&c->mm->cpu, pa);

	for (uint64_t off = 0; off < SGX_PAGE_SIZE; off += EEXTEND_SIZE) {
		if (__eextend(c->lp, sgx_ioctl_secs(c), page + off))
			return -EIO;
		prefetch(next_src + off, EEXTEND_SIZE);
		prefetch(page + SGX_PAGE_SIZE + off, EEXTEND_SIZE);
	}
	return 0;
}

static int eadd(const struct call *c, struct add *add, uint64_t offset,
		uint64_t pa)
{
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = add->secinfo;
	struct sgx_pageinfo pginfo __attribute__((aligned(32))) = {
		.linaddr = c->encl->base + offset,
		.srcpge = (uintptr_t)add->page,
		.secinfo = (uintptr_t)&secinfo,
		.secs = (uintptr_t)sgx_ioctl_secs(c),
	};

	return __eadd(c->lp, &pginfo, epc_ptr(&c->mm->cpu, pa)) ? -EIO : 0;
}

/* EADD and EEXTEND; the page exists afterwards.  encl->lock is held. */
static int make_page(const struct call *c, struct add *add, uint64_t src,
		     uint64_t offset, uint64_t pa)
{
	int ret;

	sgx_journal_eadd(c->mm, c->encl, pa);
	ret = eadd(c, add, offset, pa);
	if (ret)
		return ret;
	if (add->flags & SGX_PAGE_MEASURE)
		ret = sgx_encl_extend(c, src, pa);
	if (ret) {
		__eremove(c->lp, epc_ptr(&c->mm->cpu, pa));
		return ret;
	}
	sgx_encl_insert_page(c->mm, c->encl, pa, secinfo_pt(&add->secinfo),
			     vm_max_prot(&add->secinfo));
	return 0;
}

/* One page to add; its EPC page is charged. */
struct making {
	const struct call *c;
	struct add *add;
	uint64_t src, offset, pa;
};

static int make_page_locked(struct sgx_mm *mm, void *arg)
{
	const struct making *p = arg;

	(void)mm;
	return make_page(p->c, p->add, p->src, p->offset, p->pa);
}

static int add_page_at(const struct call *c, struct add *add, uint64_t src,
		       uint64_t offset)
{
	struct making p = { c, add, src, offset, 0 };
	uint64_t addr = c->encl->base + offset;
	int ret;

	if (sgx_encl_find_page(c->mm, c->encl, addr, &p.pa))
		return refuse(c->lp, -EBUSY,
			      "the enclave has a page at offset "
			      "%x (%x) already",
			      offset, addr);
	ret = get_source(c, add, src);
	if (ret)
		return ret;
	return sgx_locked(c->mm, c->encl, make_page_locked, &p);
}

static int sgx_encl_add_page(const struct call *c, struct add *add,
			     uint64_t src, uint64_t offset)
{
	int ret = sgx_alloc_epc_page(c->mm, c->encl);

	if (ret)
		return refuse(c->lp, ret, EPC_IS_FULL,
			      c->mm->shared->epc_total_pages);
	/* Slots for the SECS and for this page, too. */
	ret = sgx_ioctl_grow(c, c->encl->page_cnt + 2);
	if (!ret)
		ret = add_page_at(c, add, src, offset);
	if (ret)
		sgx_free_epc_page(c->mm, c->encl);
	return ret;
}

/*
 * Memory for many pages at once costs the host less than a page fault for each.
 * No more than 2 MiB, because the work is lost if the call fails.
 */
static void populate(const struct call *c, uint64_t offset, uint64_t left)
{
	uint64_t pa = c->encl->epc_base + offset;
	uint64_t len = SGX_CHUNK_SIZE - offset % SGX_CHUNK_SIZE;

	c->mm->host->populate(PLATFORM_OFF_EPC + pa, len < left ? len : left);
}

/* All the pages, until one fails or a signal comes; *count in bytes. */
static int add_pages(const struct call *c, struct add *add,
		     const struct sgx_enclave_add_pages *arg, uint64_t *count)
{
	uint64_t done;
	int ret = 0;

	for (done = 0; done < arg->length; done += SGX_PAGE_SIZE) {
		if (c->mm->host->signal_pending()) {
			ret = done ? 0 : -ERESTARTSYS;
			break;
		}
		if (!done || (arg->offset + done) % SGX_CHUNK_SIZE == 0)
			populate(c, arg->offset + done, arg->length - done);
		ret = sgx_encl_add_page(c, add, arg->src + done,
					arg->offset + done);
		if (ret)
			break;
	}
	*count = done;
	return ret;
}

static int check_add_pages(const struct call *c,
			   struct sgx_enclave_add_pages *arg,
			   struct sgx_secinfo *secinfo)
{
	int ret = sgx_check_building(c);

	if (ret)
		return ret;
	if (get_user(c, arg, c->arg, sizeof(*arg)))
		return -EFAULT;
	if (!is_aligned(arg->src, SGX_PAGE_SIZE))
		return refuse(c->lp, -EINVAL, "src %x is not page aligned",
			      arg->src);
	if (sgx_validate_offset_length(c, arg->offset, arg->length))
		return -EINVAL;
	if (get_user(c, secinfo, arg->secinfo, sizeof(*secinfo)))
		return -EFAULT;
	return sgx_validate_secinfo(c->lp, secinfo);
}

int sgx_ioc_enclave_add_pages(const struct call *c)
{
	struct sgx_enclave_add_pages arg;
	struct add add = { 0 };
	int ret = check_add_pages(c, &arg, &add.secinfo);

	if (ret)
		return ret;
	add.flags = arg.flags;
	add.page = c->mm->host->alloc_pages(SGX_PAGE_SIZE);
	if (!add.page)
		return refuse(c->lp, -ENOMEM, NO_MEMORY);
	arg.count = 0;
	ret = add_pages(c, &add, &arg, (uint64_t *)&arg.count);
	c->mm->host->free_pages(add.page, SGX_PAGE_SIZE);
	return put_user(c, &arg, sizeof(arg)) ? -EFAULT : ret;
}
