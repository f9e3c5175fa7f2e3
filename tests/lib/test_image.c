/* SPDX-License-Identifier: BSD-3-Clause */
/* Loading an enclave's ELF: a good one (argv[1]), and spoilt copies of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "examples/lib/enclave.h"

static const char *good_path;
static uint8_t *good;
static size_t good_length;
static char path[] = "/tmp/test-image.XXXXXX";

static void write_copy(const uint8_t *data, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void refuse(const uint8_t *data, size_t n, const char *why)
{
	struct enclave_image image;

	write_copy(data, n);
	assert_int_equal(enclave_image_load(&image, path), -1);
	if (!strstr(enclave_error(), why) || !strstr(enclave_error(), path))
		fail_msg("\"%s\": expected \"%s\"", enclave_error(), why);
}

static void good_one(void **state)
{
	struct enclave_image image;
	const struct tcs *tcs;
	uint64_t entry;

	(void)state;
	assert_int_equal(enclave_image_load(&image, good_path), 0);
	assert_int_equal(image.nr_tcs, 2);
	assert_int_equal(image.ssaframesize, 1);
	assert_int_equal(image.size & (image.size - 1), 0);
	assert_true(image.size >= image.memory_length);
	assert_int_equal(image.segments[0].flags, SECINFO_TCS);
	assert_int_equal(image.segments[1].flags,
			 SECINFO_REG | SECINFO_R | SECINFO_X);
	assert_int_equal(enclave_image_symbol(&image, "trts_entry", &entry), 0);
	tcs = (const void *)image.memory;
	assert_int_equal(tcs[0].oentry, entry);
	assert_int_equal(tcs[1].oentry, entry);
	assert_int_equal(tcs[0].nssa, 2);
	assert_int_equal(tcs[0].ossa % ENCLAVE_PAGE, 0);
	assert_true(tcs[1].ossa >= tcs[0].ossa + 2 * ENCLAVE_PAGE);
	assert_true(tcs[1].ogsbase + ENCLAVE_PAGE <= image.memory_length);
	/* What trts_thread_index() will read. */
	assert_int_equal(image.memory[tcs[0].ogsbase], 0);
	assert_int_equal(image.memory[tcs[1].ogsbase], 1);
	assert_int_equal(enclave_image_symbol(&image, "nowhere", &entry), -1);
	enclave_image_free(&image);
}

#define EHDR(field) \
	offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)
/* Program header n; enclave.lds puts the headers right behind the ELF's. */
#define PHDR(n, field) \
	sizeof(Elf64_Ehdr) + (n) * sizeof(Elf64_Phdr) + \
		offsetof(Elf64_Phdr, field), \
		sizeof(((Elf64_Phdr *)0)->field)

static const struct {
	size_t offset, size;
	uint64_t value;
	const char *why;
} spoilt[] = {
	{ EHDR(e_ident[EI_MAG1]), 'X', "not an ELF file" },
	{ EHDR(e_ident[EI_CLASS]), ELFCLASS32, "e_machine" },
	{ EHDR(e_machine), EM_AARCH64, "e_machine" },
	{ EHDR(e_type), ET_REL, "e_type 1" },
	{ EHDR(e_phentsize), 32, "e_phentsize 32" },
	{ EHDR(e_phoff), 1ull << 40, "e_phoff" },
	{ EHDR(e_phoff), ~7ull, "e_phoff" },
	{ EHDR(e_phnum), 0xffff, "e_phnum" },
	{ EHDR(e_phnum), 1, "TCS, code and data" },
	{ PHDR(0, p_flags), PF_R | PF_X, "first PT_LOAD" },
	{ PHDR(0, p_type), PT_NOTE, "first PT_LOAD" },
	{ PHDR(0, p_vaddr), 0x1000, "p_vaddr: overlaps" },
	{ PHDR(0, p_memsz), 65 * 4096, "program header 1: p_vaddr: overlaps" },
	{ PHDR(1, p_vaddr), 0x2008, "p_vaddr 0x2008: expected a multiple" },
	{ PHDR(1, p_vaddr), 0, "p_vaddr: overlaps" },
	{ PHDR(1, p_filesz), 1ull << 20, "p_filesz exceeds p_memsz" },
	{ PHDR(1, p_offset), 1ull << 20, "outside the file" },
	{ PHDR(1, p_offset), ~0ull, "outside the file" },
	{ PHDR(1, p_memsz), 1ull << 40, "p_memsz" },
	{ PHDR(1, p_memsz), ~0ull, "p_memsz" },
	{ PHDR(1, p_flags), PF_W, "W without R" },
};

static void spoilt_ones(void **state)
{
	uint8_t *copy = malloc(good_length);
	size_t i;

	(void)state;
	assert_non_null(copy);
	for (i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		memcpy(copy, good, good_length);
		memcpy(copy + spoilt[i].offset, &spoilt[i].value,
		       spoilt[i].size);
		refuse(copy, good_length, spoilt[i].why);
	}
	free(copy);
}

static void truncated_ones(void **state)
{
	(void)state;
	refuse(good, 0, "not an ELF file");
	refuse(good, 63, "not an ELF file");
	refuse(good, 64, "e_phoff");
	refuse(good, 0x2000, "outside the file");
}

static void missing_one(void **state)
{
	struct enclave_image image;

	(void)state;
	assert_int_equal(enclave_image_load(&image, "/nonexistent.elf"), -1);
	assert_non_null(strstr(enclave_error(), "/nonexistent.elf"));
	assert_int_equal(enclave_image_load(&image, "/dev/null"), -1);
	assert_non_null(strstr(enclave_error(), "regular file"));
}

static int set_up(void **state)
{
	FILE *f = fopen(good_path, "r");
	int fd = mkstemp(path);

	(void)state;
	if (!f || fd < 0)
		return -1;
	close(fd);
	good = malloc(1 << 20);
	good_length = fread(good, 1, 1 << 20, f);
	return fclose(f);
}

static int tear_down(void **state)
{
	(void)state;
	free(good);
	return unlink(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_one),
		cmocka_unit_test(spoilt_ones),
		cmocka_unit_test(truncated_ones),
		cmocka_unit_test(missing_one),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test-lib-image ENCLAVE.elf\n");
		return 2;
	}
	good_path = argv[1];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
