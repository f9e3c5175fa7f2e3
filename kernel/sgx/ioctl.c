/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ioctls of /dev/sgx_enclave.  Each has a file of its own, ioctl_*.c; here
 * are PROVISION, and what they share.  After Linux 6.1 sgx/ioctl.c.  Programs
 * see the order of the checks and the errors, so they are the same.
 */
#include <asm/sgx.h>

#include "cpu/mem.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/ioctl.h"

int sgx_check_building(const struct call *c)
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
		return refuse(c->lp, -EINVAL,
			      "offset %x is no multiple of "
			      "the page size",
			      offset);
	if (!length || !is_aligned(length, SGX_PAGE_SIZE))
		return refuse(c->lp, -EINVAL,
			      "length %x is no multiple of "
			      "the page size, or 0",
			      length);
	if (offset + length < offset ||
	    offset + length - SGX_PAGE_SIZE >= c->encl->size)
		return refuse(c->lp, -EINVAL,
			      "offset %x and length %x leave "
			      "the enclave, whose size is %x",
			      offset, length, c->encl->size);
	return 0;
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

int sgx_ioctl_grow(const struct call *c, uint64_t slots)
{
	struct growth g = { c->encl, slots };
	int ret, room = 0;

	/* The number never shrinks while the enclave lives: no lock needed. */
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
	return refuse(c->lp, room, EPC_IS_FULL, c->mm->shared->epc_total_pages);
}

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
 * Nobody waits: a second caller is refused.  Unless the first one was killed,
 * which the server may hear of later than the second one did.
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
		return refuse(lp, -ENOTTY,
			      "the descriptor is not one of "
			      "/dev/sgx_enclave");
	if (!sgx_encl_in_reach(mm, encl))
		return refuse(lp, -ENOMEM, SGX_OUT_OF_REACH, mm->reach);
	/* DEVIATION DK7: a vfork child that is killed here keeps the lock. */
	if (!begin(mm, encl, &ticket))
		return refuse(lp, -EBUSY,
			      "another ioctl on this enclave is "
			      "under way");
	ret = sgx_ioctl_one(&c, cmd, file_kind);
	sgx_unlock(&encl->ioctl_lock, ticket);
	return ret;
}
