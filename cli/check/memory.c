/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Probes of `swsgx check`: a platform's memory.  It lies in one sparse memfd of
 * some 37 TiB, and an enclave's mapping is a duplicate of a part of it.
 * memfd_create(2), mremap(2) with an old_size of 0.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/check/probe.h"
#include "kernel/platform/layout.h"

#define MAP_COUNT_USUAL 65530l
#define LIMIT_USUAL     (1ull << 30)  /* room for a small enclave */
#define SHORT           (64ull << 20) /* of the EPC, under a limit */

/* Copy code into the page and call it there. */
static int call_code(struct probe_child *child, void *page)
{
	static const uint8_t code[] = {
		0xb8, 0x2a, 0x00, 0x00, 0x00, /* mov $42, %eax */
		0xc3,                         /* ret */
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

static uint64_t address_space(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_AS, &limit) ? UINT64_MAX : limit.rlim_cur;
}

static bool is_short(void)
{
	return address_space() / 2 < PLATFORM_FILE_SIZE;
}

/* Where the EPC begins in a mapping of the file: of all, if there is room. */
static uint8_t *map_epc(int fd)
{
	uint64_t from = is_short() ? PLATFORM_OFF_EPC : 0;
	uint64_t len = is_short() ? SHORT : PLATFORM_FILE_SIZE;
	uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_NORESERVE, fd, (off_t)from);

	return p == MAP_FAILED ? NULL : p + PLATFORM_OFF_EPC - from;
}

static int try_platform_file(struct probe_child *child)
{
	uint8_t *epc, *page;
	int fd;

	child->step = "memfd_create";
	fd = memfd_create("swsgx-check", MFD_CLOEXEC);
	if (fd < 0)
		return errno;
	child->step = "ftruncate to 37 TiB";
	if (ftruncate(fd, (off_t)PLATFORM_FILE_SIZE))
		return errno;
	child->step = is_short() ? "mmap of 64 MiB" : "mmap of 37 TiB";
	epc = map_epc(fd);
	if (!epc)
		return errno;
	child->step = "mremap to a duplicate";
	page = mremap(epc, 0, SGX_PAGE_SIZE, MREMAP_MAYMOVE);
	if (page == MAP_FAILED)
		return errno;
	epc[100] = 0x5a;
	child->step = "the duplicate shows other memory";
	if (page[100] != 0x5a)
		return EIO;
	return call_code(child, page);
}

void probe_platform_file(struct probe_result *result)
{
	if (probe_try(result, try_platform_file)) {
		probe_found(result,
			    "%" PRIu64 " TiB memfd mapped%s, "
			    "duplicated, executed",
			    (uint64_t)(PLATFORM_FILE_SIZE >> 40),
			    is_short() ? " in part" : "");
		return;
	}
	if (probe_own_status("Seccomp:") > 0)
		probe_cure(result, PROBE_CURE_PROFILE
			   "memfd_create(2), "
			   "mmap(2), mremap(2) and mprotect(2); and no limit "
			   "on address space (ulimit -v)");
	else
		probe_cure(result,
			   "no limit on address space and file size "
			   "(ulimit -v, ulimit -f), and no security module "
			   "that forbids executable shared memory");
}

void probe_address_space(struct probe_result *result)
{
	result->ok = address_space() >= LIMIT_USUAL;
	if (address_space() == RLIM_INFINITY)
		probe_found(result, "unlimited");
	else
		probe_found(result, "%" PRIu64 " KiB%s", address_space() >> 10,
			    is_short() ? ": enclaves' ELRANGEs have half" : "");
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
