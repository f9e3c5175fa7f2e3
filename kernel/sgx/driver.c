/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * /dev/sgx_enclave and /dev/sgx_provision: open() and mmap().
 * After Linux 6.1 sgx/driver.c sgx_open(), sgx_mmap().  The file that the
 * program gets is a token; its inode number leads back to the object.
 */
#include <asm/errno.h>
#include <linux/mman.h>

#include "cpu/mem.h"
#include "kernel/mm/mmap.h"
#include "kernel/mm/vma.h"
#include "kernel/platform/section.h"
#include "kernel/sgx/encl.h"

/* A free slot, or SGX_MAX_ENCLAVES. */
static uint32_t free_slot(const struct sgx_shared *shared)
{
	uint32_t i;

	for (i = 0; i < SGX_MAX_ENCLAVES; i++) {
		if (shared->encls[i].kind == SGX_FILE_NONE)
			break;
	}
	return i;
}

static void open_slot(struct sgx_shared *shared, uint32_t index,
		      enum sgx_file_kind kind, uint64_t token_ino)
{
	struct sgx_encl *encl = &shared->encls[index];

	/* Not the lock: a thread that reclaims may be looking at the slot. */
	memset(&encl->base, 0, sizeof(*encl) - offsetof(struct sgx_encl, base));
	encl->flags = 0;
	encl->index = index;
	encl->token_ino = token_ino;
	if (index >= shared->nr_encls)
		__atomic_store_n(&shared->nr_encls, index + 1,
				 __ATOMIC_RELEASE);
	__atomic_store_n(&encl->kind, kind, __ATOMIC_RELEASE);
}

struct opening {
	enum sgx_file_kind kind;
	uint64_t token_ino;
	uint32_t index;
};

static int open_locked(struct sgx_mm *mm, void *arg)
{
	struct opening *o = arg;

	o->index = free_slot(mm->shared);
	if (o->index == SGX_MAX_ENCLAVES)
		return -ENOMEM;
	open_slot(mm->shared, o->index, o->kind, o->token_ino);
	return 0;
}

int sgx_open(struct sgx_mm *mm, enum sgx_file_kind kind, uint64_t token_ino)
{
	struct opening o = { .kind = kind, .token_ino = token_ino };
	int ret = sgx_locked_shared(mm, open_locked, &o);

	return ret ? ret : (int)o.index;
}

struct sgx_encl *sgx_encl_of_token(struct sgx_shared *shared, uint64_t ino)
{
	struct sgx_encl *encl;

	for_each_encl(encl, shared) {
		if (__atomic_load_n(&encl->kind, __ATOMIC_ACQUIRE) !=
			    SGX_FILE_NONE &&
		    encl->token_ino == ino)
			return encl;
	}
	return NULL;
}

int64_t sgx_mmap_file(struct sgx_mm *mm, struct sgx_encl *encl, int accmode,
		      uint64_t addr, uint64_t len, int prot, int flags, int fd,
		      uint64_t off)
{
	if (prot & PROT_EXEC)
		sgx_patch_range(mm, encl, addr, addr + page_align(len));
	return sgx_do_mmap(mm, encl, accmode, addr, len, prot, flags, fd, off);
}
