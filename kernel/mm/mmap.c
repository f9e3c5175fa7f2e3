/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mmap() of the device files, and the other mmap() and munmap() calls as far
 * as they replace such mappings.  After Linux 6.1 mm/mmap.c do_mmap(),
 * mmap_region(), do_mas_munmap(); sgx/driver.c sgx_mmap(),
 * sgx_get_unmapped_area().
 */
#include <asm-generic/fcntl.h>
#include <asm/errno.h>
#include <linux/mman.h>

#include "kernel/mm/encl_page.h"
#include "kernel/mm/mmap.h"
#include "kernel/mm/pte.h"
#include "kernel/mm/vma.h"

/* The flags that MAP_SHARED_VALIDATE knows; mm/mmap.c LEGACY_MAP_MASK. */
#define KNOWN_FLAGS \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | \
	 MAP_DENYWRITE | MAP_EXECUTABLE | MAP_UNINITIALIZED | MAP_GROWSDOWN | \
	 MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | \
	 MAP_STACK | MAP_HUGETLB | MAP_32BIT | MAP_HUGE_2MB | MAP_HUGE_1GB)

/* Reasons for refusals. */
#define TOO_LONG "the addresses end beyond those of a process"
#define OPENED   "the device is open with access mode %u (O_RDWR is 2)"

/* The arguments of one mmap() of a device file. */
struct request {
	struct sgx_encl *encl;
	uint64_t addr, len, off;
	int prot, flags, fd, accmode;
};

static int check_length(const struct sgx_mm *mm, struct request *req)
{
	if (!page_aligned(req->off))
		return sgx_refuse(mm, -EINVAL,
				  "the offset %x is not page "
				  "aligned",
				  req->off);
	/* ksys_mmap_pgoff(): only hugetlbfs has huge pages. */
	if (req->flags & MAP_HUGETLB)
		return sgx_refuse(mm, -EINVAL, "MAP_HUGETLB on a device");
	if (!req->len)
		return sgx_refuse(mm, -EINVAL, "the length is 0");
	req->len = page_align(req->len);
	if (!req->len)
		return sgx_refuse(mm, -ENOMEM, TOO_LONG);
	return 0;
}

/* get_unmapped_area(), as far as it can refuse. */
static int check_area(const struct sgx_mm *mm, const struct request *req)
{
	if (req->len > TASK_SIZE)
		return sgx_refuse(mm, -ENOMEM, TOO_LONG);
	if (req->encl->kind == SGX_FILE_ENCLAVE &&
	    (req->flags & MAP_TYPE) == MAP_PRIVATE)
		return sgx_refuse(mm, -EINVAL,
				  "MAP_PRIVATE: an enclave is "
				  "mapped MAP_SHARED");
	if (!(req->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		return 0;
	if (req->addr > TASK_SIZE - req->len)
		return sgx_refuse(mm, -ENOMEM, TOO_LONG);
	if (!page_aligned(req->addr))
		return sgx_refuse(mm, -EINVAL, "%x is not page aligned",
				  req->addr);
	return 0;
}

/* What the descriptor and the kind of mapping allow. */
static int check_file(const struct sgx_mm *mm, const struct request *req)
{
	int type = req->flags & MAP_TYPE;

	if (req->off >= -req->len)
		return sgx_refuse(mm, -EOVERFLOW,
				  "offset %x and length %x are "
				  "too large",
				  req->off, req->len);
	if (type == MAP_SHARED_VALIDATE &&
	    ((uint32_t)req->flags & ~KNOWN_FLAGS))
		return sgx_refuse(mm, -EOPNOTSUPP,
				  "MAP_SHARED_VALIDATE and "
				  "flags %x that a device has not",
				  (uint32_t)req->flags & ~KNOWN_FLAGS);
	if (type == MAP_SHARED || type == MAP_SHARED_VALIDATE) {
		if ((req->prot & PROT_WRITE) && req->accmode == O_RDONLY)
			return sgx_refuse(mm, -EACCES, OPENED,
					  (uint32_t)req->accmode);
	} else if (type != MAP_PRIVATE) {
		return sgx_refuse(mm, -EINVAL,
				  "flags %x are neither "
				  "MAP_SHARED nor MAP_PRIVATE",
				  (uint32_t)req->flags);
	}
	if (req->accmode == O_WRONLY)
		return sgx_refuse(mm, -EACCES, OPENED, (uint32_t)req->accmode);
	if (req->encl->kind != SGX_FILE_ENCLAVE)
		return sgx_refuse(mm, -ENODEV,
				  "/dev/sgx_provision has no "
				  "mmap");
	if (req->flags & MAP_GROWSDOWN)
		return sgx_refuse(mm, -EINVAL, "MAP_GROWSDOWN on a device");
	return 0;
}

/*
 * Reserve an address of the host's choice, or the fixed one; what was there is
 * gone.  The host makes its own checks (mmap_min_addr, limits of locked memory
 * and address space, overlap for MAP_FIXED_NOREPLACE).
 */
static int64_t reserve_area(struct sgx_mm *mm, const struct request *req)
{
	int keep = req->flags &
		   (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_LOCKED | MAP_32BIT);

	return mm->host->sys_mmap(req->addr, req->len, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
					  keep,
				  -1, 0);
}

static uint8_t may_prot(const struct request *req)
{
	if (req->accmode == O_RDONLY)
		return PROT_READ | PROT_EXEC;
	return PROT_READ | PROT_WRITE | PROT_EXEC;
}

/* sgx_mmap(): the driver's checks, after the old mapping is gone. */
static int driver_mmap(struct sgx_mm *mm, const struct request *req,
		       const struct sgx_vma *vma)
{
	int ret = sgx_encl_may_map(mm, req->encl, vma->start, vma->end,
				   vma->prot);

	if (!ret && !sgx_encl_in_reach(mm, req->encl))
		ret = sgx_refuse(mm, -ENOMEM, SGX_OUT_OF_REACH, mm->reach);
	if (!ret && sgx_mdwe_denies(mm, vma->prot, vma->prot))
		ret = sgx_refuse(mm, -EACCES,
				 "%p at once, which the program "
				 "gave up (PR_SET_MDWE)",
				 vma->prot);
	if (ret || sgx_vma_maps(mm, vma->encl))
		return ret;
	return sgx_vma_pin(mm, vma->encl, req->fd);
}

static int64_t mmap_region(struct sgx_mm *mm, const struct request *req)
{
	int64_t start = reserve_area(mm, req);
	struct sgx_vma vma = { .encl = req->encl->index };
	int ret;

	if (start < 0)
		return sgx_refuse(mm, start,
				  "the host's kernel refuses %x "
				  "bytes at %x",
				  req->len, req->addr);
	vma.start = (uint64_t)start;
	vma.end = vma.start + req->len;
	vma.prot = req->prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
	vma.mayprot = may_prot(req);
	sgx_vma_remove(mm, vma.start, vma.end);
	ret = driver_mmap(mm, req, &vma);
	if (ret) {
		/* Linux 6.1 does not restore what was replaced. */
		mm->host->sys_munmap(vma.start, req->len);
		return ret;
	}
	sgx_vma_insert(mm, &vma);
	ret = sgx_map_range(mm, sgx_find_vma(mm, vma.start), vma.start,
			    vma.end);
	if (ret) {
		mm->host->sys_munmap(vma.start, req->len);
		sgx_vma_remove(mm, vma.start, vma.end);
		return sgx_refuse(mm, ret,
				  "the host's kernel refuses to map "
				  "%x bytes at %x",
				  req->len, vma.start);
	}
	return start;
}

int64_t sgx_do_mmap(struct sgx_mm *mm, struct sgx_encl *encl, int accmode,
		    uint64_t addr, uint64_t len, int prot, int flags, int fd,
		    uint64_t off)
{
	struct request req = { encl, addr, len, off, prot, flags, fd, accmode };
	struct sgx_ticket ticket;
	int64_t ret;

	ret = check_length(mm, &req);
	if (ret)
		return ret;
	ticket = sgx_lock(&mm->lock);
	ret = sgx_vma_reserve(mm, 3);
	if (!ret)
		ret = check_area(mm, &req);
	/* This is checked before what the file allows. */
	if (!ret && (flags & MAP_FIXED_NOREPLACE) &&
	    sgx_vma_touches(mm, addr, addr + req.len))
		ret = sgx_refuse(mm, -EEXIST,
				 "MAP_FIXED_NOREPLACE: something "
				 "is mapped at %x",
				 addr);
	if (!ret)
		ret = check_file(mm, &req);
	if (!ret)
		ret = mmap_region(mm, &req);
	sgx_unlock(&mm->lock, ticket);
	return ret;
}

int64_t sgx_mmap_other(struct sgx_mm *mm, uint64_t addr, uint64_t len, int prot,
		       int flags, int fd, uint64_t off)
{
	bool replaces = (flags & MAP_FIXED) && !(flags & MAP_FIXED_NOREPLACE);
	struct sgx_ticket ticket;
	int64_t ret;

	if (!replaces || !page_aligned(addr) ||
	    !sgx_touches(mm, addr, page_align(len)))
		return mm->host->sys_mmap(addr, len, prot, flags, fd, off);
	ticket = sgx_lock(&mm->lock);
	ret = sgx_vma_reserve(mm, 2);
	if (!ret)
		ret = mm->host->sys_mmap(addr, len, prot, flags, fd, off);
	if (ret >= 0)
		sgx_vma_remove(mm, addr, addr + page_align(len));
	sgx_unlock(&mm->lock, ticket);
	return ret;
}

int64_t sgx_munmap(struct sgx_mm *mm, uint64_t addr, uint64_t len)
{
	struct sgx_ticket ticket;
	int64_t ret;

	if (!page_aligned(addr) || addr > TASK_SIZE || len > TASK_SIZE - addr ||
	    !sgx_touches(mm, addr, page_align(len)))
		return mm->host->sys_munmap(addr, len);
	ticket = sgx_lock(&mm->lock);
	ret = sgx_vma_reserve(mm, 2);
	if (!ret)
		ret = mm->host->sys_munmap(addr, len);
	if (!ret)
		sgx_vma_remove(mm, addr, addr + page_align(len));
	sgx_unlock(&mm->lock, ticket);
	return ret;
}
