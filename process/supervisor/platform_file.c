/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform's memory: one sparse memory file with the package, the EPCM,
 * the kernel's tables and the EPC (kernel/sgx.h has the layout).  It dies with
 * the run, as the EPC's content does when the power goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/supervisor/server.h"

static int copy_none(void *to, uint64_t from, size_t n)
{
	(void)to;
	(void)from;
	(void)n;
	return -EFAULT;
}

/* A hook has no argument to find it by. */
static struct server *server;

static void discard(uint64_t offset, uint64_t len)
{
	/* gives the pages back to the host; a failure costs only memory */
	(void)fallocate(server->platform_fd,
			FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)offset, (off_t)len);
}

static void ipi(uint64_t secs, uint32_t epoch)
{
	platform_interrupt(server, secs, epoch);
}

static int preempt(uint32_t process, uint32_t thread)
{
	return platform_preempt(server, process, thread);
}

/* Nobody takes anything away from the server: it does not die, nor stop. */
static struct sgx_section **section(void)
{
	static struct sgx_section *innermost;

	return &innermost;
}

static void reap(void)
{
	tokens_reap(server);
}

static void cond_resched(void)
{
	sched_yield();
}

static bool signal_pending(void)
{
	return false;
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
	.ktime_get_ns = server_now,
	.discard = discard,
	.alloc_pages = alloc_pages,
	.free_pages = free_pages,
};

int platform_file_create(struct server *s)
{
	struct stat st;

	server = s;
	s->platform_fd = memfd_create("swsgx-platform", MFD_CLOEXEC);
	if (s->platform_fd < 0 ||
	    ftruncate(s->platform_fd, (off_t)PLATFORM_FILE_SIZE) < 0 ||
	    fstat(s->platform_fd, &st) < 0)
		return -errno;
	s->platform_ino = st.st_ino;
	s->platform = mmap(NULL, PLATFORM_FILE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_NORESERVE, s->platform_fd, 0);
	if (s->platform == MAP_FAILED)
		return -errno;
	(void)madvise(s->platform, PLATFORM_FILE_SIZE, MADV_DONTDUMP);
	sgx_platform_init(s->platform, &s->options->package,
			  s->options->entropy);
	return sgx_mm_init(&s->mm, s->platform, &server_host,
			   s->options->entropy);
}
