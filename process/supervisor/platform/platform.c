/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/platform/platform.h; and what the kernel layer asks
 * of its machine when it runs in the server.
 */
#include "process/supervisor/platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/sgx/driver.h"
#include "process/supervisor/base/loop.h"
#include "process/supervisor/platform/ipi.h"

static int copy_none(void *to, uint64_t from, size_t n)
{
	(void)to;
	(void)from;
	(void)n;
	return -EFAULT;
}

/* The hooks below have no argument to find it by. */
static struct platform *platform;

static void discard(uint64_t offset, uint64_t len)
{
	/* gives the pages back to the host; a failure costs only memory */
	(void)fallocate(platform->fd,
			FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)offset, (off_t)len);
}

static void ipi(uint64_t secs, uint32_t epoch)
{
	ipi_interrupt(&platform->mm, secs, epoch);
}

static int preempt(uint32_t process, uint32_t thread)
{
	return ipi_preempt(&platform->lives, process, thread);
}

/* Nobody takes a section over from the server: it neither dies nor stops. */
static struct sgx_section **section(void)
{
	static struct sgx_section *innermost;

	return &innermost;
}

static void reap(void)
{
	tokens_reap(&platform->tokens);
}

static void cond_resched(void)
{
	sched_yield();
}

static bool signal_pending(void)
{
	return false;
}

static void paged(enum sgx_paged how, const struct sgx_encl *encl,
		  uint64_t addr)
{
	tapes_paging(&platform->tapes, how, encl, addr);
}

static void ended(uint32_t process)
{
	tape_release(platform->tapes.file, process);
}

static void *alloc_pages(size_t bytes)
{
	return calloc(1, bytes);
}

static void free_pages(void *p, size_t bytes)
{
	(void)bytes;
	free(p);
}

/*
 * The server frees enclaves and writes their pages out; it has no program and
 * maps nothing for one.
 */
static const struct host server_host = {
	.preempt = preempt,
	.section = section,
	.reap = reap,
	.copy_from_user = copy_none,
	.signal_pending = signal_pending,
	.ipi = ipi,
	.cond_resched = cond_resched,
	.ktime_get_ns = loop_now,
	.discard = discard,
	.paged = paged,
	.alloc_pages = alloc_pages,
	.free_pages = free_pages,
};

static long map(uint64_t addr, uint64_t len, int prot, int flags, int fd,
		uint64_t off)
{
	void *p = mmap((void *)addr, len, prot, flags, fd, (off_t)off);

	return p == MAP_FAILED ? -errno : (long)p;
}

static void unmap(uint64_t addr, uint64_t len)
{
	munmap((void *)addr, len);
}

/* The limit is swsgx's own, which its programs then have, too. */
static int map_memory(struct platform *p)
{
	struct place_host h = { map, unmap, NULL, UINT64_MAX };
	struct sgx_part parts[SGX_PARTS];
	struct rlimit limit;
	int r;

	if (!getrlimit(RLIMIT_AS, &limit))
		h.limit = limit.rlim_cur;
	r = place_platform(&h, p->fd, &p->place);
	if (r)
		return r;
	p->memory = (void *)p->place.base;
	for (unsigned int n = place_parts(&p->place, parts); n--;)
		(void)madvise((uint8_t *)p->memory + parts[n].offset,
			      parts[n].len, MADV_DONTDUMP);
	return 0;
}

static int create_memory(struct platform *p)
{
	p->fd = memfd_create("swsgx-platform", MFD_CLOEXEC);
	if (p->fd < 0 || ftruncate(p->fd, (off_t)PLATFORM_FILE_SIZE) < 0)
		return -errno;
	return map_memory(p);
}

int platform_create(struct platform *p, const struct package_config *config,
		    void (*entropy)(void *buf, size_t n))
{
	int r = create_memory(p);

	if (r)
		return r;
	platform = p;
	p->entropy = entropy;
	lives_init(&p->lives, &p->mm);
	p->lives.ended = ended;
	tokens_init(&p->tokens, &p->mm);
	sgx_platform_init(p->memory, config, entropy);
	sgx_platform_limit(p->memory, p->place.reach);
	r = sgx_mm_init(&p->mm, p->memory, &server_host, entropy);
	return r ? r : tapes_create(&p->tapes, p->memory);
}

void platform_leave(struct platform *p)
{
	struct sgx_part parts[SGX_PARTS];

	for (unsigned int n = place_parts(&p->place, parts); n--;)
		munmap((uint8_t *)p->memory + parts[n].offset, parts[n].len);
	close(p->fd);
	tapes_leave(&p->tapes);
}
