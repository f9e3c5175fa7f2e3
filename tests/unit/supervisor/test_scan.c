/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scan for CPUID on files that are made to cost time or memory: it ends
 * soon, and finds what there is to be found.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/supervisor/cpuid/scan.h"

#define SECONDS 30u /* of the processor: far more than it takes */
#define BASE    0x400000ull
#define CODE    0x1000ull /* offset in the file */

/* A file with one executable segment; nothing else yet. */
static int file_with(const uint8_t *code, size_t size, Elf64_Ehdr *h)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);
	const Elf64_Phdr p = { .p_type = PT_LOAD,
			       .p_flags = PF_R | PF_X,
			       .p_offset = CODE,
			       .p_vaddr = BASE,
			       .p_filesz = size };

	*h = (Elf64_Ehdr){ .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
					ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			   .e_type = ET_EXEC,
			   .e_machine = EM_X86_64,
			   .e_phoff = sizeof(*h),
			   .e_phentsize = sizeof(p),
			   .e_phnum = 1,
			   .e_shentsize = sizeof(Elf64_Shdr) };
	assert_int_equal(pwrite(fd, h, sizeof(*h), 0), sizeof(*h));
	assert_int_equal(pwrite(fd, &p, sizeof(p), sizeof(*h)), sizeof(p));
	assert_int_equal(pwrite(fd, code, size, CODE), size);
	return fd;
}

static void set_header(int fd, const Elf64_Ehdr *h)
{
	assert_int_equal(pwrite(fd, h, sizeof(*h), 0), sizeof(*h));
}

/* n times the same function. */
static void add_symbols(int fd, Elf64_Ehdr *h, size_t size, unsigned int n)
{
	const Elf64_Sym one = { .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
				.st_shndx = 1,
				.st_value = BASE,
				.st_size = size };
	off_t at = (off_t)(CODE + size);
	const Elf64_Shdr section = { .sh_type = SHT_SYMTAB,
				     .sh_offset = (Elf64_Off)at +
						  sizeof(section),
				     .sh_size = n * sizeof(one) };
	Elf64_Sym *all = calloc(n, sizeof(one));

	for (unsigned int i = 0; i < n; i++)
		all[i] = one;
	assert_int_equal(pwrite(fd, &section, sizeof(section), at),
			 sizeof(section));
	assert_int_equal(pwrite(fd, all, n * sizeof(one),
				at + (off_t)sizeof(section)),
			 n * sizeof(one));
	free(all);
	h->e_shoff = (Elf64_Off)at;
	h->e_shnum = 1;
	set_header(fd, h);
}

/* SIGPROF ends the test if the scan takes longer. */
static void limit(unsigned int seconds)
{
	const struct itimerval t = { .it_value.tv_sec = seconds };

	setitimer(ITIMER_PROF, &t, NULL);
}

static unsigned int sites(int fd)
{
	struct cpuid_scan scan;
	unsigned int n = 0;

	limit(SECONDS);
	cpuid_scan(fd, &scan);
	limit(0);
	for (size_t i = 0; i < scan.count; i++)
		n += scan.candidate[i].verdict == CPUID_SITE;
	free(scan.candidate);
	close(fd);
	return n;
}

static void a_small_file(void **state)
{
	static const uint8_t code[] = { 0x0f, 0xa2, 0xc3 };
	Elf64_Ehdr h;
	int fd = file_with(code, sizeof(code), &h);

	(void)state;
	add_symbols(fd, &h, sizeof(code), 1);
	assert_int_equal(sites(fd), 1);
}

/* Each function is as large as may be, and there are very many. */
static void functions_that_overlap(void **state)
{
	size_t size = CPUID_MAX_FUNCTION;
	uint8_t *code = malloc(size);
	Elf64_Ehdr h;
	int fd;

	(void)state;
	memset(code, 0x90, size);
	memcpy(code + size - 3, "\x0f\xa2\xc3", 3);
	fd = file_with(code, size, &h);
	add_symbols(fd, &h, size, 100000);
	assert_int_equal(sites(fd), 1);
	free(code);
}

/*
 * Control comes to each jump from the one behind it: JMP to the last one,
 * which jumps back to the one before it, and so on down to CPUID.
 */
static void a_chain_of_jumps_backwards(void **state)
{
	size_t n = CPUID_MAX_FUNCTION / 5 - 4, size = 5 + 3 + 5 * n;
	uint8_t *code = calloc(1, size), *p = code;
	Elf64_Ehdr h;
	int32_t by;
	int fd;

	(void)state;
	by = (int32_t)(3 + 5 * (n - 1));
	*p = 0xe9;
	memcpy(p + 1, &by, sizeof(by));
	memcpy(p + 5, "\x0f\xa2\xc3", 3);
	for (size_t i = 0; i < n; i++) {
		p = code + 8 + 5 * i;
		by = i ? -10 : -8;
		*p = 0xe9;
		memcpy(p + 1, &by, sizeof(by));
	}
	fd = file_with(code, size, &h);
	add_symbols(fd, &h, size, 1);
	assert_int_equal(sites(fd), 1);
	free(code);
}

/* Each program header claims the same 16 MiB of code. */
static void segments_that_are_one(void **state)
{
	static const uint8_t code[] = { 0x0f, 0xa2, 0xc3 };
	const struct rlimit limit = { 12ul << 30, RLIM_INFINITY };
	unsigned int n = 60000;
	Elf64_Phdr *p = calloc(n, sizeof(*p));
	struct rlimit before;
	Elf64_Ehdr h;
	int fd = file_with(code, sizeof(code), &h);

	(void)state;
	for (unsigned int i = 0; i < n; i++)
		p[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
				     .p_flags = PF_X,
				     .p_vaddr = BASE + i,
				     .p_filesz = 16u << 20 };
	assert_int_equal(ftruncate(fd, 17 << 20), 0);
	h.e_phoff = 1 << 20;
	h.e_phnum = (uint16_t)n;
	set_header(fd, &h);
	assert_int_equal(pwrite(fd, p, n * sizeof(*p), 1 << 20),
			 n * sizeof(*p));
	free(p);
	getrlimit(RLIMIT_AS, &before);
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_AS, &limit);
#else
	(void)limit;
#endif
	(void)sites(fd);
	setrlimit(RLIMIT_AS, &before);
}

static void what_is_no_elf_file(void **state)
{
	int fd = memfd_create("none", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(sites(dup(fd)), 0);
	assert_int_equal(write(fd, "\177ELF", 4), 4);
	assert_int_equal(sites(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_file),
		cmocka_unit_test(functions_that_overlap),
		cmocka_unit_test(a_chain_of_jumps_backwards),
		cmocka_unit_test(segments_that_are_one),
		cmocka_unit_test(what_is_no_elf_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
