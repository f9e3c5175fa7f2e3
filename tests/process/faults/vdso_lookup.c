/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vDSO as programs look it up: by the dynamic segment and DT_HASH, by the
 * section headers, and through ld.so; they all find one function.  The clock
 * functions that it also has must work, alone and across threads.
 *
 * Source: vdso(7), elf(5).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

#define NAME "__vdso_sgx_enter_enclave"

static const uint8_t *image;

static const Elf64_Ehdr *header(void)
{
	return (const Elf64_Ehdr *)image;
}

static const Elf64_Phdr *segment(uint32_t type)
{
	const Elf64_Phdr *ph = (const void *)(image + header()->e_phoff);

	for (unsigned i = 0; i < header()->e_phnum; i++)
		if (ph[i].p_type == type)
			return &ph[i];
	return NULL;
}

/* As Linux's selftest does: the segment's file offset, nothing relocated. */
static const void *dynamic_entry(int64_t tag)
{
	const Elf64_Phdr *ph = segment(PT_DYNAMIC);
	const Elf64_Dyn *d;

	if (!ph)
		return NULL;
	for (d = (const void *)(image + ph->p_offset); d->d_tag; d++)
		if (d->d_tag == tag)
			return image + d->d_un.d_ptr;
	return NULL;
}

static uint32_t elf_hash(const char *name)
{
	uint32_t h = 0;

	for (; *name; name++) {
		h = (h << 4) + (uint8_t)*name;
		h ^= (h >> 24) & 0xf0;
		h &= 0x0fffffff;
	}
	return h;
}

static const void *by_hash(const char *name)
{
	const uint32_t *hash = dynamic_entry(DT_HASH);
	const Elf64_Sym *symbols = dynamic_entry(DT_SYMTAB);
	const char *strings = dynamic_entry(DT_STRTAB);
	uint32_t i;

	if (!CHECK(hash && symbols && strings))
		return NULL;
	for (i = hash[2 + elf_hash(name) % hash[0]]; i;
	     i = hash[2 + hash[0] + i])
		if (!strcmp(strings + symbols[i].st_name, name))
			return image + symbols[i].st_value;
	return NULL;
}

static const void *by_sections(const char *name)
{
	const Elf64_Shdr *sh = (const void *)(image + header()->e_shoff);

	if (!CHECK(header()->e_shnum > 0))
		return NULL;
	for (unsigned i = 0; i < header()->e_shnum; i++) {
		const Elf64_Sym *s = (const void *)(image + sh[i].sh_offset);
		const char *strings;

		if (sh[i].sh_type != SHT_DYNSYM)
			continue;
		strings = (const char *)image + sh[sh[i].sh_link].sh_offset;
		for (uint64_t n = sh[i].sh_size / sizeof(*s); n--; s++)
			if (!strcmp(strings + s->st_name, name)) {
				CHECK_EQ(ELF64_ST_TYPE(s->st_info), STT_FUNC);
				return image + s->st_value;
			}
	}
	return NULL;
}

static void *open_vdso(void)
{
	return dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
}

static void one_function(void)
{
	const void *hash = by_hash(NAME), *sections = by_sections(NAME);
	void *handle = open_vdso();

	check_section("looking up " NAME);
	CHECK(hash != NULL);
	CHECK(sections == hash);
	if (CHECK(handle != NULL)) {
		CHECK(dlsym(handle, NAME) == hash);
		CHECK(dlvsym(handle, NAME, "LINUX_2.6") == hash);
		CHECK(dlvsym(handle, NAME, "LINUX_9.9") == NULL);
	}
	CHECK(by_hash("__vdso_no_such_function") == NULL);
}

/* What the vDSO gives must lie between two system calls. */
static void clock_agrees(clockid_t id, int (*get)(clockid_t, struct timespec *))
{
	struct timespec before, now, after;

	CHECK_EQ(syscall(SYS_clock_gettime, id, &before), 0);
	CHECK_EQ(get(id, &now), 0);
	CHECK_EQ(syscall(SYS_clock_gettime, id, &after), 0);
	CHECK(now.tv_nsec >= 0 && now.tv_nsec < 1000000000);
	CHECK(now.tv_sec > before.tv_sec ||
	      (now.tv_sec == before.tv_sec && now.tv_nsec >= before.tv_nsec));
	CHECK(now.tv_sec < after.tv_sec ||
	      (now.tv_sec == after.tv_sec && now.tv_nsec <= after.tv_nsec));
}

static void monotonic(int (*get)(clockid_t, struct timespec *))
{
	struct timespec last = { 0 }, now;

	for (int i = 0; i < 100000; i++) {
		if (get(CLOCK_MONOTONIC, &now) || now.tv_sec < last.tv_sec ||
		    (now.tv_sec == last.tv_sec && now.tv_nsec < last.tv_nsec)) {
			CHECK(!"monotonic");
			return;
		}
		last = now;
	}
}

static void clocks(void)
{
	void *found = (void *)by_hash("__vdso_clock_gettime");
	int (*get)(clockid_t, struct timespec *);

	check_section("clocks");
	clock_agrees(CLOCK_MONOTONIC, clock_gettime);
	clock_agrees(CLOCK_BOOTTIME, clock_gettime);
	monotonic(clock_gettime);
	if (!CHECK(found != NULL))
		return;
	get = (int (*)(clockid_t, struct timespec *))found;
	clock_agrees(CLOCK_MONOTONIC, get);
	clock_agrees(CLOCK_REALTIME, get);
	monotonic(get);
	CHECK(get(9999, &(struct timespec){ 0 }) != 0);
}

static void other_functions(void)
{
	int (*day)(struct timeval *, void *) =
		(int (*)(struct timeval *, void *))(uintptr_t)by_hash(
			"__vdso_gettimeofday");
	time_t (*seconds)(time_t *) =
		(time_t(*)(time_t *))(uintptr_t)by_hash("__vdso_time");
	struct timespec resolution;
	struct timeval tv = { 0 };
	time_t now = time(NULL);

	check_section("other functions");
	CHECK_EQ(clock_getres(CLOCK_MONOTONIC, &resolution), 0);
	CHECK(sched_getcpu() >= 0);
	if (CHECK(day != NULL)) {
		CHECK_EQ(day(&tv, NULL), 0);
		CHECK(tv.tv_sec >= now && tv.tv_sec <= now + 30);
	}
	if (CHECK(seconds != NULL))
		CHECK(seconds(NULL) >= now);
}

/* The image is listed among the loaded objects, once. */
static int count_vdso(struct dl_phdr_info *info, size_t size, void *count)
{
	(void)size;
	if (info->dlpi_addr == (uintptr_t)image)
		++*(int *)count;
	return 0;
}

static void loaded_once(void)
{
	int count = 0;

	check_section("loaded objects");
	dl_iterate_phdr(count_vdso, &count);
	CHECK_EQ(count, 1);
}

int main(void)
{
	check_timeout(30);
	image = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
	if (!image)
		check_skip("no vDSO");
	CHECK(!memcmp(image, ELFMAG, SELFMAG));
	CHECK_EQ(header()->e_type, ET_DYN);
	CHECK_EQ(header()->e_machine, EM_X86_64);
	loaded_once();
	clocks();
	other_functions();
	one_function();
	return check_result();
}
