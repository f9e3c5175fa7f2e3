/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ADD_PAGES from files.  noexec.sh: FILE lies on a noexec mount, of which no
 * page may be taken, and FILE.covered, too, on which it mounts another file;
 * /proc/self/exe does not, nor does memory without a file.
 *
 * Source: Linux 6.1 sgx/ioctl.c __sgx_encl_add_page().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

static struct enclave e;
static uint64_t next_offset;

static int add_from(const void *src)
{
	static struct secinfo reg = { .flags = SECINFO_REG | SECINFO_R };
	struct sgx_enclave_add_pages add = {
		.src = (uint64_t)(uintptr_t)src,
		.offset = next_offset,
		.length = 4096,
		.secinfo = (uint64_t)(uintptr_t)&reg,
	};
	int ret = ioctl(e.fd, SGX_IOC_ENCLAVE_ADD_PAGES, &add);

	if (!ret)
		next_offset += 4096;
	return ret;
}

/* A page of the file; at `addr` if that is not NULL. */
static void *map_file(const char *path, void *addr)
{
	int fd = open(path, O_RDONLY);
	void *p = mmap(addr, 4096, PROT_READ,
		       MAP_PRIVATE | (addr ? MAP_FIXED : 0), fd, 0);

	if (fd < 0 || p == MAP_FAILED)
		check_fatal("%s: %s", path, strerror(errno));
	close(fd);
	return p;
}

static void files(const char *noexec)
{
	static uint8_t page[4096] __attribute__((aligned(4096)));
	void *fine = map_file("/proc/self/exe", NULL);
	void *bad = map_file(noexec, NULL);

	CHECK_ROW("SGX_IOC_ENCLAVE_ADD_PAGES",
		  "sgx/ioctl.c __sgx_encl_add_page()",
		  "the source is a file on a noexec mount", "EACCES");
	CHECK_EQ(add_from(page), 0);
	CHECK_FAILS(add_from(bad), EACCES);
	CHECK_EQ(add_from(fine), 0);
	CHECK_FAILS(add_from(bad), EACCES);
	/* One takes the place of the other. */
	map_file("/proc/self/exe", bad);
	CHECK_EQ(add_from(bad), 0);
	map_file(noexec, bad);
	CHECK_FAILS(add_from(bad), EACCES);
}

/* A page of a new file of that name, which is gone again. */
static void *map_removed(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	void *p;

	if (fd < 0 || ftruncate(fd, 4096))
		check_fatal("%s: %s", path, strerror(errno));
	close(fd);
	p = map_file(path, NULL);
	if (unlink(path))
		check_fatal("%s: %s", path, strerror(errno));
	return p;
}

/* Their paths lead nowhere, or to a file on another mount. */
static void files_without_path(const char *noexec)
{
	char removed[256], covered[256];
	int memory = memfd_create("memory", MFD_CLOEXEC);
	void *covered_page;

	snprintf(removed, sizeof(removed), "%s.removed", noexec);
	snprintf(covered, sizeof(covered), "%s.covered", noexec);
	check_section("files that their paths do not lead to");
	CHECK_FAILS(add_from(map_removed(removed)), EACCES);
	covered_page = map_file(covered, NULL);
	if (mount("/proc/self/exe", covered, NULL, MS_BIND, NULL))
		check_fatal("mount: %s", strerror(errno));
	CHECK_FAILS(add_from(covered_page), EACCES);
	CHECK(!umount(covered));
	CHECK_EQ(ftruncate(memory, 4096), 0);
	CHECK_EQ(add_from(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, memory, 0)),
		 0);
	CHECK_EQ(add_from(mmap(NULL, 4096, PROT_READ,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
		 0);
}

int main(int argc, char **argv)
{
	static struct parts parts;

	check_timeout(45);
	if (argc != 2)
		check_fatal("usage: noexec FILE");
	parts_prepare(&parts, NULL, NULL);
	parts_create(&parts, &e);
	files(argv[1]);
	files_without_path(argv[1]);
	check_all_rows();
	return check_result();
}
