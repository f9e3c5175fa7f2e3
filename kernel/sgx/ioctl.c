/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ioctls of /dev/sgx_enclave.  After Linux 6.1 sgx/ioctl.c: the order of
 * the checks and the errors are what programs see, so they are the same.
 */
#include <asm/sgx.h>

#include "cpu/crypto/sha256.h"
#include "cpu/mem.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/vma.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encls.h"
#include "kernel/sgx/ioctl.h"

/* What INIT allows by itself.  DEVIATION DK11: AEXNOTIFY, as since 6.2. */
#define UNPRIVILEGED_ATTRIBUTES                                          \
	(SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT | SGX_ATTR_KSS |            \
	 SGX_ATTR_AEXNOTIFY)

#define EEXTEND_SIZE	256u	/* bytes that one EEXTEND measures */

/* Reasons for ENOMEM. */
#define EPC_IS_FULL	"the EPC, %u pages, is full of what cannot leave it"
#define NO_MEMORY	"this process gets no more memory"

static void *secs_ptr(const struct call *c)
{
	return epc_ptr(&c->mm->cpu, c->encl->secs_pa);
}

/* CREATE ------------------------------------------------------------- */

static int ecreate(const struct call *c, struct sgx_secs *secs)
{
	struct sgx_secinfo secinfo __attribute__((aligned(64))) = { 0 };
	struct sgx_pageinfo pginfo __attribute__((aligned(32))) = {
		.srcpge = (uintptr_t)secs,
		.secinfo = (uintptr_t)&secinfo,
	};

	return __ecreate(c->lp, &pginfo, secs_ptr(c)) ? -EIO : 0;
}

/* Room for what ECREATE will not refuse: it knows no larger enclave. */
static uint64_t elrange_size(const struct call *c, const struct sgx_secs *secs)
{
	unsigned log2 = c->mm->shared->package.size_log2_64;

	return log2 < 64 && secs->size >> log2 ? 0 : secs->size;
}

/* Linux makes a backing file of this size and a bit more for PCMD. */
static bool backing_too_large(uint64_t size)
{
	uint64_t len = size + SGX_PAGE_SIZE;

	return len + (len >> 5) > INT64_MAX;
}

struct growth {
	struct sgx_encl *encl;
	uint64_t slots;
};

static int grow_locked(struct sgx_mm *mm, void *arg)
{
	const struct growth *g = arg;

	return sgx_encl_grow(mm, g->encl, g->slots);
}

/* Version arrays for so many pages, waiting for room if need be. */
static int grow(const struct call *c, uint64_t slots)
{
	struct growth g = { c->encl, slots };
	int ret, room = 0;

	/* There are never fewer while the enclave lives: no lock to look. */
	if (sgx_encl_slots(c->encl) >= slots)
		return 0;
	do {
		ret = sgx_locked(c->mm, c->encl, grow_locked, &g);
		if (!ret)
			return 0;
		if (ret != -EBUSY)
			return refuse(c->lp, ret, "EPA: no version array");
		if (c->mm->host->signal_pending())
			return -ERESTARTSYS;
		room = sgx_make_room(c->mm);
	} while (!room);
	return refuse(c->lp, room, EPC_IS_FULL,
		      c->mm->shared->epc_total_pages);
}

/* The SECS page is charged. */
static int create_at(const struct call *c, struct sgx_secs *secs)
{
	int ret = sgx_epc_reserve(c->mm, c->encl,
				  elrange_size(c, secs));

	if (ret)
		return refuse(c->lp, ret, "no address space of the EPC is left "
			      "for an ELRANGE of %x bytes", secs->size);
	/* What was there before may have been a page that was written out. */
	sgx_page_at(c->mm, c->encl->secs_pa)->flags = 0;
	ret = grow(c, 1);
	if (!ret)
		ret = ecreate(c, secs);
	if (ret) {
		sgx_encl_free_va(c->mm, c->encl);
		sgx_epc_release(c->mm, c->encl);
	}
	return ret;
}

static void created(const struct call *c, const struct sgx_secs *secs)
{
	struct sgx_encl *encl = c->encl;
	uint32_t flags = SGX_ENCL_CREATED;

	if (secs->attributes & SGX_ATTR_DEBUG)
		flags |= SGX_ENCL_DEBUG;
	encl->base = secs->baseaddr;
	encl->attributes = secs->attributes;
	encl->patch = patch_wanted(&c->mm->shared->package, secs->xfrm);
	encl->nr_jumps = encl->no_jumps = 0;
	encl->attributes_mask = UNPRIVILEGED_ATTRIBUTES;
	__atomic_fetch_or(&encl->flags, flags, __ATOMIC_RELEASE);
}

static int sgx_encl_create(const struct call *c, struct sgx_secs *secs)
{
	int ret;

	if (!secs->size || (secs->size & (secs->size - 1)))
		return refuse(c->lp, -EINVAL,
			      "SECS.SIZE %x is no power of two", secs->size);
	ret = sgx_alloc_epc_page(c->mm, c->encl);
	if (ret)
		return refuse(c->lp, ret, EPC_IS_FULL,
			      c->mm->shared->epc_total_pages);
	if (backing_too_large(secs->size))
		ret = refuse(c->lp, -EINVAL, "no file is large enough to back "
			     "SECS.SIZE %x", secs->size);
	else
		ret = create_at(c, secs);
	if (ret) {
		sgx_free_epc_page(c->mm, c->encl);
		return ret;
	}
	created(c, secs);
	sgx_map_created(c->mm, c->encl);
	return 0;
}

static int sgx_ioc_enclave_create(const struct call *c)
{
	struct sgx_enclave_create create;
	struct sgx_secs *secs;
	int ret;

	if (sgx_encl_flags(c->encl) & SGX_ENCL_CREATED)
		return refuse(c->lp, -EINVAL, "the enclave is created already");
	if (get_user(c, &create, c->arg, sizeof(create)))
		return -EFAULT;
	secs = c->mm->host->alloc_pages(SGX_PAGE_SIZE);
	if (!secs)
		return refuse(c->lp, -ENOMEM, NO_MEMORY);
	ret = get_user(c, secs, create.src, sizeof(*secs));
	if (!ret)
		ret = sgx_encl_create(c, secs);
	c->mm->host->free_pages(secs, SGX_PAGE_SIZE);
	return ret;
}

/* ADD_PAGES ---------------------------------------------------------- */

/* What the pages of one call have in common. */
struct add {
	struct sgx_secinfo secinfo __attribute__((aligned(64)));
	uint8_t *page;		/* the kernel's copy of the source page */
	uint64_t mayexec_end;	/* below: the source was found executable */
	uint64_t flags;
};

static int sgx_check_building(const struct call *c)
{
	uint32_t flags = sgx_encl_flags(c->encl);

	if (!(flags & SGX_ENCL_CREATED))
		return refuse(c->lp, -EINVAL, "there was no CREATE yet");
	if (flags & SGX_ENCL_INITIALIZED)
		return refuse(c->lp, -EINVAL, "INIT has been done already");
	return 0;
}

int sgx_validate_offset_length(const struct call *c, uint64_t offset,
			       uint64_t length)
{
	if (!is_aligned(offset, SGX_PAGE_SIZE))
		return refuse(c->lp, -EINVAL, "offset %x is no multiple of "
			      "the page size", offset);
	if (!length || !is_aligned(length, SGX_PAGE_SIZE))
		return refuse(c->lp, -EINVAL, "length %x is no multiple of "
			      "the page size, or 0", length);
	if (offset + length < offset ||
	    offset + length - SGX_PAGE_SIZE >= c->encl->size)
		return refuse(c->lp, -EINVAL, "offset %x and length %x leave "
			      "the enclave, whose size is %x",
			      offset, length, c->encl->size);
	return 0;
}

static int sgx_validate_secinfo(struct lp *lp,
				const struct sgx_secinfo *secinfo)
{
	const uint64_t known = SGX_SECINFO_PERMISSION_MASK |
			       SGX_SECINFO_PAGE_TYPE_MASK;
	uint64_t perm = secinfo->flags & SGX_SECINFO_PERMISSION_MASK;
	unsigned pt = secinfo_pt(secinfo);

	if (pt != PT_REG && pt != PT_TCS)
		return refuse(lp, -EINVAL, "SECINFO's page type is %t, neither "
			      "PT_REG nor PT_TCS", pt);
	if ((perm & SGX_SECINFO_W) && !(perm & SGX_SECINFO_R))
		return refuse(lp, -EINVAL, "SECINFO's permissions are %p: W "
			      "needs R", perm);
	if (pt == PT_TCS && perm)
		return refuse(lp, -EINVAL, "SECINFO's permissions of a TCS are "
			      "%p, not 0", perm);
	if (secinfo->flags & ~known)
		return refuse(lp, -EINVAL, "SECINFO.FLAGS are %x: bits %x are "
			      "not the program's", secinfo->flags,
			      secinfo->flags & ~known);
	if (!mem_is_zero(secinfo->reserved, sizeof(secinfo->reserved)))
		return refuse(lp, -EINVAL,
			      "reserved fields of SECINFO are not zero");
	return 0;
}

/* The most that the page may ever be mapped with. */
static unsigned vm_max_prot(const struct sgx_secinfo *secinfo)
{
	/* Software reads and writes a TCS, though the EPCM lets nobody. */
	if (secinfo_pt(secinfo) == PT_TCS)
		return SGX_SECINFO_R | SGX_SECINFO_W;
	return secinfo->flags & SGX_SECINFO_PERMISSION_MASK;
}

/*
 * The source page, copied.  Its mapping must be one that may be executed.  The
 * host finds that out by reading a file, so it is asked at the first page and
 * every 2 MiB.  DEVIATION DK6: Linux asks for each page.
 */
static int get_source(const struct call *c, struct add *add, uint64_t src)
{
	int ret;

	if (src >= add->mayexec_end) {
		ret = c->mm->host->source_mayexec(src);
		if (ret)
			return refuse(c->lp, ret, "the source page %x is "
				      "mapped from a noexec mount, or not at "
				      "all", src);
		add->mayexec_end = (src | (SGX_CHUNK_SIZE - 1)) + 1;
	}
	/* Enclave memory cannot be pinned. */
	if (sgx_touches(c->mm, src, SGX_PAGE_SIZE))
		return refuse(c->lp, -EFAULT, "the source page %x is enclave "
			      "memory itself", src);
	return get_user(c, add->page, src, SGX_PAGE_SIZE);
}

/* Of no effect but on time, wherever p points. */
static void prefetch(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i += 64)
		__builtin_prefetch(p + i);
}

/* While this page is hashed, the next is on its way through the caches. */
static int sgx_encl_extend(const struct call *c, uint64_t src, uint64_t pa)
{
	const uint8_t *next_src = (uint8_t *)(uintptr_t)src + SGX_PAGE_SIZE;
	uint8_t *page = epc_ptr(&c->mm->cpu, pa);

	for (uint64_t off = 0; off < SGX_PAGE_SIZE; off += EEXTEND_SIZE) {
		if (__eextend(c->lp, secs_ptr(c), page + off))
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
		.secs = (uintptr_t)secs_ptr(c),
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

/* The page's EPC page is charged. */
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
		return refuse(c->lp, -EBUSY, "the enclave has a page at offset "
			      "%x (%x) already", offset, addr);
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
	/* With the SECS, and with this page. */
	ret = grow(c, c->encl->page_cnt + 2);
	if (!ret)
		ret = add_page_at(c, add, src, offset);
	if (ret)
		sgx_free_epc_page(c->mm, c->encl);
	return ret;
}

/*
 * Memory for many pages at once costs the host less than a page fault for each.
 * As many as that is worth it, because it is in vain if the call fails.
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
	if (sgx_check_building(c))
		return -EINVAL;
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

static int sgx_ioc_enclave_add_pages(const struct call *c)
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

/* INIT --------------------------------------------------------------- */

/* What the SIGSTRUCT asks for must be something this processor has. */
static int check_sigstruct(const struct call *c,
			   const struct sgx_sigstruct *sig)
{
	const struct package *package = &c->mm->shared->package;

	uint64_t attributes = sig->attributes & sig->attributemask;
	uint64_t xfrm = sig->xfrm & sig->xfrmmask;

	if (c->encl->attributes & ~c->encl->attributes_mask)
		return refuse(c->lp, -EACCES, "ATTRIBUTES are %x, allowed are "
			      "%x (PROVISIONKEY, 0x10, by the ioctl PROVISION)",
			      c->encl->attributes, c->encl->attributes_mask);
	if (attributes & ~package->attributes)
		return refuse(c->lp, -EINVAL, "SIGSTRUCT asks for ATTRIBUTES "
			      "%x, this platform has %x (bits %x are missing)",
			      attributes, package->attributes,
			      attributes & ~package->attributes);
	if (sig->miscselect & sig->miscmask & ~package->miscselect)
		return refuse(c->lp, -EINVAL, "SIGSTRUCT asks for MISCSELECT "
			      "%x, this platform has %x",
			      sig->miscselect & sig->miscmask,
			      package->miscselect);
	if (xfrm & ~package->xfrm)
		return refuse(c->lp, -EINVAL, "SIGSTRUCT asks for XFRM %x, "
			      "this platform has %x (bits %x are missing)",
			      xfrm, package->xfrm, xfrm & ~package->xfrm);
	return 0;
}

/*
 * Launch control is the kernel's, and it launches everybody: the MSRs are set
 * to whoever signed.
 */
static void sgx_update_lepubkeyhash(struct lp *lp,
				    const struct sgx_sigstruct *sig)
{
	struct sha256 sha256;

	sha256_begin(&sha256);
	sha256_add(&sha256, sig->modulus, sizeof(sig->modulus));
	sha256_end(&sha256, (uint8_t *)lp->sgxlepubkeyhash);
}

static int sgx_encl_init(const struct call *c, struct sgx_sigstruct *sig,
			 struct sgx_einittoken *token)
{
	int ret = check_sigstruct(c, sig);

	if (ret)
		return ret;
	sgx_update_lepubkeyhash(c->lp, sig);
	ret = __einit(c->lp, sig, token, secs_ptr(c));
	if (encls_faulted(ret))
		return -EIO;
	if (ret)
		return -EPERM;
	__atomic_fetch_or(&c->encl->flags, SGX_ENCL_INITIALIZED,
			  __ATOMIC_RELEASE);
	return 0;
}

static int sgx_ioc_enclave_init(const struct call *c)
{
	struct sgx_enclave_init arg;
	uint8_t *page;
	int ret;

	if (sgx_check_building(c))
		return -EINVAL;
	if (get_user(c, &arg, c->arg, sizeof(arg)))
		return -EFAULT;
	page = c->mm->host->alloc_pages(SGX_PAGE_SIZE);
	if (!page)
		return refuse(c->lp, -ENOMEM, NO_MEMORY);
	/* SIGSTRUCT is page aligned, the token 512 bytes; one page has both. */
	memset(page, 0, SGX_PAGE_SIZE);
	ret = get_user(c, page, arg.sigstruct, sizeof(struct sgx_sigstruct));
	if (!ret) {
		struct sgx_sigstruct *sig = (void *)page;

		if (sig->vendor && sig->vendor != SIGSTRUCT_VENDOR_INTEL)
			ret = refuse(c->lp, -EINVAL, "SIGSTRUCT.VENDOR is %x, "
				     "neither 0 nor 0x8086", sig->vendor);
		else
			ret = sgx_encl_init(c, sig,
					    (void *)(page + SGX_PAGE_SIZE / 2));
	}
	c->mm->host->free_pages(page, SGX_PAGE_SIZE);
	return ret;
}

/* PROVISION ---------------------------------------------------------- */

static int sgx_ioc_enclave_provision(const struct call *c,
				     enum sgx_file_kind (*file_kind)(int fd))
{
	struct sgx_enclave_provision arg;

	if (get_user(c, &arg, c->arg, sizeof(arg)))
		return -EFAULT;
	if (file_kind((int)arg.fd) != SGX_FILE_PROVISION)
		return refuse(c->lp, -EINVAL,
			      "descriptor %u is no /dev/sgx_provision",
			      (uint32_t)arg.fd);
	c->encl->attributes_mask |= SGX_ATTR_PROVISIONKEY;
	return 0;
}

static int64_t sgx_ioctl_one(const struct call *c, uint32_t cmd,
			     enum sgx_file_kind (*file_kind)(int fd))
{
	switch (cmd) {
	case SGX_IOC_ENCLAVE_CREATE:
		return sgx_ioc_enclave_create(c);
	case SGX_IOC_ENCLAVE_ADD_PAGES:
		return sgx_ioc_enclave_add_pages(c);
	case SGX_IOC_ENCLAVE_INIT:
		return sgx_ioc_enclave_init(c);
	case SGX_IOC_ENCLAVE_PROVISION:
		return sgx_ioc_enclave_provision(c, file_kind);
	case SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS:
		return sgx_ioc_enclave_restrict_permissions(c);
	case SGX_IOC_ENCLAVE_MODIFY_TYPES:
		return sgx_ioc_enclave_modify_types(c);
	case SGX_IOC_ENCLAVE_REMOVE_PAGES:
		return sgx_ioc_enclave_remove_pages(c);
	default:
		return refuse(c->lp, -ENOTTY, "the driver has no ioctl %x",
			      cmd);
	}
}

/*
 * Not for waiting: the second caller is turned away.  But not because of one
 * who was killed, which the server may hear of later than the caller did.
 */
static bool begin(struct sgx_mm *mm, struct sgx_encl *encl,
		  struct sgx_ticket *ticket)
{
	uint64_t id = sgx_current_id(mm);
	struct sgx_ticket seen;

	if (sgx_trylock_by(&encl->ioctl_lock, id, ticket))
		return true;
	seen = sgx_lock_read(&encl->ioctl_lock);
	if (!sgx_ticket_process(seen) ||
	    sgx_ticket_process(seen) == sgx_current(mm))
		return false;
	mm->host->reap();
	return sgx_trylock_by(&encl->ioctl_lock, id, ticket);
}

int64_t sgx_ioctl(struct sgx_mm *mm, struct sgx_encl *encl, struct lp *lp,
		  uint32_t cmd, uint64_t arg,
		  enum sgx_file_kind (*file_kind)(int fd))
{
	const struct call c = { mm, encl, lp, arg };
	struct sgx_ticket ticket;
	int64_t ret;

	/* /dev/sgx_provision knows open and close only. */
	if (encl->kind != SGX_FILE_ENCLAVE)
		return refuse(lp, -ENOTTY, "the descriptor is not one of "
			      "/dev/sgx_enclave");
	/* DEVIATION DK7: a vfork child that is killed in it leaves it so. */
	if (!begin(mm, encl, &ticket))
		return refuse(lp, -EBUSY, "another ioctl on this enclave is "
			      "under way");
	ret = sgx_ioctl_one(&c, cmd, file_kind);
	sgx_unlock(&encl->ioctl_lock, ticket);
	return ret;
}
