/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Can this process hold a platform's memory?  It lies in one sparse memfd of
 * some 16 TiB, and an enclave's mapping is a duplicate of a part of it.
 * memfd_create(2), mremap(2) with an old_size of 0.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/check/probe.h"
#include "kernel/sgx.h"

#define MAP_COUNT_USUAL	65530l

/* Copy code into the page and call it there. */
static int call_code(struct probe_child *child, void *page)
{
	static const uint8_t code[] = {
		0xb8, 0x2a, 0x00, 0x00, 0x00,	/* mov $42, %eax */
		0xc3,				/* ret */
	};
	int (*function)(void);

	memcpy(page, code, sizeof(code));
	child->step = "mprotect with PROT_EXEC";
	if (mprotect(page, SGX_PAGE_SIZE, PROT_READ | PROT_EXEC))
		return errno;
	child->step = "running code in a memfd";
	memcpy(&function, &page, sizeof(function));
	return function() == 42 ? 0 : ENOEXEC;
}

static int try_platform_file(struct probe_child *child)
{
	uint8_t *whole, *page;
	int fd;

	child->step = "memfd_create";
	fd = memfd_create("swsgx-check", MFD_CLOEXEC);
	if (fd < 0)
		return errno;
	child->step = "ftruncate to 16 TiB";
	if (ftruncate(fd, (off_t)PLATFORM_FILE_SIZE))
		return errno;
	child->step = "mmap of 16 TiB";
	whole = mmap(NULL, PLATFORM_FILE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (whole == MAP_FAILED)
		return errno;
	child->step = "mremap to a duplicate";
	page = mremap(whole + PLATFORM_OFF_EPC, 0, SGX_PAGE_SIZE,
		      MREMAP_MAYMOVE);
	if (page == MAP_FAILED)
		return errno;
	whole[PLATFORM_OFF_EPC + 100] = 0x5a;
	child->step = "the duplicate shows other memory";
	if (page[100] != 0x5a)
		return EIO;
	return call_code(child, page);
}

void probe_platform_file(struct probe_result *result)
{
	if (probe_try(result, try_platform_file)) {
		probe_found(result, "%" PRIu64 " TiB memfd mapped, duplicated, "
			    "executed", (uint64_t)(PLATFORM_FILE_SIZE >> 40));
		return;
	}
	if (probe_own_status("Seccomp:") > 0)
		probe_cure(result, PROBE_CURE_PROFILE "memfd_create(2), "
			   "mmap(2), mremap(2) and mprotect(2); and no limit "
			   "on address space (ulimit -v)");
	else
		probe_cure(result, "no limit on address space and file size "
			   "(ulimit -v, ulimit -f), and no security module "
			   "that forbids executable shared memory");
}

void probe_address_space(struct probe_result *result)
{
	struct rlimit limit;

	getrlimit(RLIMIT_AS, &limit);
	result->ok = limit.rlim_cur == RLIM_INFINITY ||
		     limit.rlim_cur > PLATFORM_FILE_SIZE;
	if (limit.rlim_cur == RLIM_INFINITY)
		probe_found(result, "unlimited");
	else
		probe_found(result, "%" PRIu64 " KiB",
			    (uint64_t)limit.rlim_cur >> 10);
	probe_cure(result, "ulimit -v unlimited");
}

void probe_map_count(struct probe_result *result)
{
	long count;

	if (!probe_read_number("/proc/sys/vm/max_map_count", &count)) {
		result->ok = true;
		probe_found(result, "vm.max_map_count cannot be read");
		return;
	}
	result->ok = count >= MAP_COUNT_USUAL;
	probe_found(result, "vm.max_map_count %ld", count);
	probe_cure(result, "sysctl vm.max_map_count=%ld", MAP_COUNT_USUAL);
}
