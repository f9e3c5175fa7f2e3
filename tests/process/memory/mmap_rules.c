/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may be mapped of an enclave, and what mprotect(2), mremap(2) and
 * madvise(2) may do to it.
 *
 * Source: Linux 6.1 sgx/driver.c sgx_mmap(), sgx/encl.c sgx_encl_may_map().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define RW  (PROT_READ | PROT_WRITE)
#define RX  (PROT_READ | PROT_EXEC)
#define RWX (RW | PROT_EXEC)

static struct parts parts;
static struct enclave e;

static void *at(uint64_t offset)
{
	return (void *)(uintptr_t)(e.base + offset);
}

static uint64_t segment_with(uint64_t type, int prot)
{
	for (unsigned i = 0; i < parts.image.nr_segments; i++) {
		const struct enclave_segment *s = &parts.image.segments[i];

		if ((s->flags & 0xff00) == type && s->prot == prot)
			return s->offset;
	}
	check_fatal("the enclave has no such segment");
}

static void *map(uint64_t offset, uint64_t length, int prot)
{
	return mmap(at(offset), length, prot, MAP_SHARED | MAP_FIXED, e.fd, 0);
}

#define MAP_FAILS(call, error) \
	do { \
		void *got = (call); \
		CHECK_FAILS(got == MAP_FAILED ? -1 : 0, error); \
	} while (0)
#define MAP_WORKS(call) CHECK((call) != MAP_FAILED)

static void before_create(void)
{
	int fd = open("/dev/sgx_enclave", O_RDWR);
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_EXEC, RW, RWX };
	void *p;

	check_section("before CREATE");
	CHECK_ROW("mmap", "sgx/encl.c sgx_encl_may_map()", "before CREATE",
		  "any range, any permission");
	for (unsigned i = 0; i < 5; i++) {
		p = mmap(NULL, 4096, prots[i], MAP_SHARED, fd, 0);
		MAP_WORKS(p);
		CHECK_EQ(munmap(p, 4096), 0);
	}
	MAP_FAILS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0), EINVAL);
	MAP_FAILS(mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0), EINVAL);
	MAP_FAILS(mmap((void *)0x10001, 4096, PROT_READ, MAP_SHARED | MAP_FIXED,
		       fd, 0),
		  EINVAL);
	p = mmap(NULL, 8192, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MAP_FAILS(mmap(p, 4096, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd,
		       0),
		  EEXIST);
	((char *)p)[0] = 5;
	CHECK_EQ(((char *)p)[0], 5);
	munmap(p, 8192);
	close(fd);
	MAP_FAILS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), EBADF);
}

static void read_only_descriptor(void)
{
	int fd = open("/dev/sgx_enclave", O_RDONLY);
	int write_only = open("/dev/sgx_enclave", O_WRONLY);
	void *p;

	check_section("descriptor's access mode");
	CHECK_ROW("mmap", "mm/mmap.c do_mmap()",
		  "PROT_WRITE, the descriptor is read only", "EACCES");
	p = mmap(NULL, 4096, RX, MAP_SHARED, fd, 0);
	MAP_WORKS(p);
	CHECK_FAILS(mprotect(p, 4096, RW), EACCES);
	munmap(p, 4096);
	MAP_FAILS(mmap(NULL, 4096, RW, MAP_SHARED, fd, 0), EACCES);
	MAP_FAILS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, write_only, 0),
		  EACCES);
	close(fd);
	close(write_only);
}

/* A page's SECINFO is the most that a mapping of it may have. */
static void page_maxima(void)
{
	uint64_t tcs = 0, text = segment_with(SECINFO_REG, RX);
	uint64_t rodata = segment_with(SECINFO_REG, PROT_READ);
	uint64_t data = segment_with(SECINFO_REG, RW);

	check_section("page maxima");
	CHECK_ROW("mmap, mprotect", "sgx/encl.c sgx_encl_may_map()",
		  "more than a page's maximum", "EACCES");
	MAP_FAILS(map(text, 4096, RWX), EACCES);
	MAP_FAILS(map(text, 4096, RW), EACCES);
	MAP_FAILS(map(rodata, 4096, RW), EACCES);
	MAP_FAILS(map(rodata, 4096, RX), EACCES);
	MAP_FAILS(map(data, 4096, RWX), EACCES);
	MAP_FAILS(map(tcs, 4096, RWX), EACCES);
	MAP_WORKS(map(text, 4096, PROT_READ));
	CHECK_FAILS(mprotect(at(text), 4096, RWX), EACCES);
	CHECK_EQ(mprotect(at(text), 4096, RX), 0);
	CHECK_EQ(mprotect(at(text), 4096, PROT_EXEC), 0);
	CHECK_EQ(mprotect(at(text), 4096, PROT_NONE), 0);
	CHECK_FAILS(mprotect(at(text), 4096, PROT_WRITE), EACCES);
	MAP_WORKS(map(data, 4096, PROT_NONE));
	CHECK_EQ(mprotect(at(data), 4096, RW), 0);
	CHECK_FAILS(mprotect(at(data), 4096, RX), EACCES);
	MAP_WORKS(map(rodata, 4096, PROT_READ));
	MAP_WORKS(map(tcs, 4096, RW));
	if (enclave_map(&e, &parts.image))
		check_fatal("%s", enclave_error());
}

static void personality_with_exec(void)
{
	uint64_t data = segment_with(SECINFO_REG, RW);
	int was = personality(0xffffffff);

	check_section("READ_IMPLIES_EXEC");
	personality((unsigned)was | READ_IMPLIES_EXEC);
	CHECK_FAILS(mprotect(at(data), 4096, PROT_READ), EACCES);
	CHECK_FAILS(mprotect(at(data), 4096, PROT_NONE), EACCES);
	personality((unsigned)was);
	CHECK_EQ(mprotect(at(data), 4096, RW), 0);
}

static void outside_elrange(void)
{
	uint64_t text = segment_with(SECINFO_REG, RX);
	/* What lies right behind ELRANGE may be taken. */
	void *free = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	munmap(free, 4096);
	check_section("outside ELRANGE");
	CHECK_ROW("mmap", "sgx/encl.c sgx_encl_may_map()",
		  "outside ELRANGE, after INIT", "EACCES");
	MAP_FAILS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, e.fd, 0), EACCES);
	MAP_FAILS(mmap(free, 4096, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE,
		       e.fd, 0),
		  EACCES);
	MAP_WORKS(mmap(at(e.size - 4096), 4096, RWX, MAP_SHARED | MAP_FIXED,
		       e.fd, 0));
	/* The offset means nothing: the address chooses the page. */
	MAP_WORKS(
		mmap(at(text), 4096, RX, MAP_SHARED | MAP_FIXED, e.fd, 0x7000));
}

static bool works(void)
{
	struct request r = { .op = OP_BASES };

	return victim_call(&e, 1, BY_ENCLU, &r) && r.value == 1;
}

static void ranges_of_mprotect(void)
{
	uint64_t data = segment_with(SECINFO_REG, RW);
	void *hole = mmap(NULL, 3 * 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);

	check_section("mprotect ranges");
	CHECK_ROW("mprotect", "mm/mprotect.c do_mprotect_pkey()",
		  "unaligned, unknown bits, gaps", "EINVAL, ENOMEM");
	CHECK_FAILS(mprotect(at(data + 1), 4096, RW), EINVAL);
	CHECK_EQ(mprotect(at(data), 0, RW), 0);
	CHECK_FAILS(mprotect(at(data), 4096, 0x40), EINVAL);
	munmap((char *)hole + 4096, 4096);
	CHECK_FAILS(mprotect(hole, 3 * 4096, PROT_READ), ENOMEM);
	munmap(hole, 3 * 4096);
	CHECK(works());
}

static void advice(void)
{
	uint64_t data = segment_with(SECINFO_REG, RW);

	check_section("madvise and mremap");
	CHECK_ROW("madvise, mremap", "mm/madvise.c, mm/mremap.c",
		  "advice that VM_PFNMAP forbids, growing", "EINVAL, EFAULT");
	CHECK_FAILS(madvise(at(data), 4096, MADV_DONTNEED), EINVAL);
	CHECK_FAILS(madvise(at(data), 4096, MADV_FREE), EINVAL);
	CHECK_FAILS(madvise(at(data), 4096, MADV_DODUMP), EINVAL);
	CHECK_FAILS(madvise(at(data), 4096, MADV_DOFORK), EINVAL);
	CHECK_FAILS(madvise(at(data), 4096, MADV_WIPEONFORK), EINVAL);
	CHECK(mremap(at(data), 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQ(errno, EFAULT);
	CHECK_EQ(mlock(at(data), 4096), 0);
	CHECK(works());
}

static void listed_in_maps(void)
{
	char line[512], want[64];
	FILE *maps = fopen("/proc/self/maps", "r");
	bool found = false;

	check_section("/proc/self/maps");
	snprintf(want, sizeof(want), "%llx-", (unsigned long long)e.base);
	while (maps && fgets(line, sizeof(line), maps))
		if (!strncmp(line, want, strlen(want)))
			found = true;
	CHECK(found);
	fclose(maps);
}

/* VmFlags of what the enclave's data is mapped by. */
static void not_in_core_dumps(void)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	uint64_t data = (uintptr_t)at(segment_with(SECINFO_REG, RW));
	unsigned long long from, to;
	bool mine = false, dumped = true;
	char line[512];

	check_section("VM_DONTDUMP");
	CHECK_ROW("mmap", "sgx/driver.c sgx_mmap()", "a core dump",
		  "has nothing of the enclave");
	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%llx-%llx ", &from, &to) == 2)
			mine = from <= data && data < to;
		else if (mine && !strncmp(line, "VmFlags:", 8))
			dumped = !strstr(line, " dd");
	}
	CHECK(!dumped);
	fclose(smaps);
}

/* Linux cannot pin enclave memory: EFAULT.  Here it is as by any read(). */
static void direct_io(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_DIRECT | O_CLOEXEC);
	ssize_t n;

	check_section("O_DIRECT");
	CHECK_DEVIATES("read, write, lseek", "mm/gup.c check_vma_flags()",
		       "O_DIRECT to enclave memory", "as without O_DIRECT",
		       "DP27");
	if (fd < 0)
		return;
	n = pread(fd, at(segment_with(SECINFO_REG, RW)), 4096, 0);
	CHECK(n == 4096 || (n == -1 && errno == EFAULT));
	close(fd);
}

/* What replaces an enclave's mapping is ordinary memory from then on. */
static void replaced(void)
{
	uint64_t data = segment_with(SECINFO_REG, RW);
	char *p = mmap(at(data), 4096, RW,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	check_section("replaced by MAP_FIXED");
	CHECK_ROW("mmap", "mm/mmap.c mmap_region()",
		  "MAP_FIXED over the enclave", "ordinary memory");
	CHECK(p == at(data));
	CHECK_EQ(p[0], 0);
	p[0] = 9;
	CHECK_EQ(p[0], 9);
	CHECK_EQ(munmap(p, 4096), 0);
	MAP_WORKS(map(data, 4096, RW));
	CHECK(works());
}

int main(void)
{
	check_timeout(40);
	before_create();
	read_only_descriptor();
	parts_prepare(&parts, NULL, NULL);
	parts_build(&parts, &e);
	CHECK(works());
	page_maxima();
	CHECK(works());
	outside_elrange();
	personality_with_exec();
	ranges_of_mprotect();
	advice();
	listed_in_maps();
	not_in_core_dumps();
	direct_io();
	replaced();
	enclave_destroy(&e);
	check_all_rows();
	return check_result();
}
