/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scan for CPUID on files that may be anything: the input as it is, or an
 * ELF file that is mostly right, with code, symbols and frames, then spoiled.
 */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process/supervisor/cpuid/scan.h"
#include "tests/fuzz/input.h"

#define BASE     0x400000u
#define SIZE     8192u
#define CODE     0x400u
#define FRAMES   0xc00u
#define SYMBOLS  0x1400u
#define NAMES    0x1c00u
#define SECTIONS 0x1d00u
#define HEADERS  4u

static int file = -1;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	file = memfd_create("scanned", MFD_CLOEXEC);
	return 0;
}

/* A number that is often a bound, and sometimes anything. */
static uint64_t take_number(struct input *in)
{
	switch (take_below(in, 8)) {
	case 0:
		return take(in, 8);
	case 1:
		return take(in, 4);
	case 2:
		return SIZE - take8(in);
	default:
		return take(in, 2) % SIZE;
	}
}

/* Some bytes become others. */
static void spoil(struct input *in, uint8_t *p, size_t size)
{
	for (unsigned n = take_below(in, 24); n && in->n; n--)
		p[take(in, 2) % size] = take8(in);
}

/* A function or two with CPUID, and what .eh_frame says of them. */
static void make_code(struct input *in, uint8_t *p)
{
	/* clang-format off */
	static const uint8_t code[] = {
		0x74, 0x03,			/* je 1f */
		0x0f, 0xa2, 0xc3,		/* cpuid; ret */
		0x48, 0x0f, 0xa2,		/* 1: rex.w cpuid */
		0xb8, 0x0f, 0xa2, 0x11, 0x22,	/* mov $..., %eax */
		0xeb, 0xf3,			/* jmp back to cpuid */
		0x0f, 0x05, 0x0f, 0xa2, 0xc3,	/* syscall; cpuid; ret */
	};
	static const uint8_t frames[] = {
		/* the header: a pointer, relative to itself */
		1, 0x1b, 0xff, 0xff, 4, 0, 0, 0,
		/* CIE: version 1, "zR" with addresses of 4 bytes */
		0x10, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1,
		0x1b, 0, 0, 0,
		/* FDE */
		0x10, 0, 0, 0, 0x18, 0, 0, 0, 0xdc, 0xf7, 0xff, 0xff, 20, 0,
		0, 0, 0, 0, 0, 0,
		0, 0, 0, 0,
	};
	/* clang-format on */

	memcpy(p + CODE, code, sizeof(code));
	memcpy(p + FRAMES, frames, sizeof(frames));
	for (size_t i = 0, n = take8(in); i < n && in->n; i++)
		p[CODE + sizeof(code) + i] = take8(in);
	spoil(in, p + CODE, 48);
	spoil(in, p + FRAMES, 80);
}

static void make_headers(struct input *in, uint8_t *p)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)p;
	Elf64_Phdr *ph = (Elf64_Phdr *)(h + 1);

	*h = (Elf64_Ehdr){ .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
					ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			   .e_type = take8(in) & 1 ? ET_DYN : ET_EXEC,
			   .e_machine = EM_X86_64,
			   .e_entry = BASE + take(in, 2) % SIZE,
			   .e_phoff = sizeof(*h),
			   .e_phentsize = sizeof(*ph),
			   .e_phnum = (uint16_t)(1 + take_below(in, HEADERS)),
			   .e_shoff = SECTIONS,
			   .e_shentsize = sizeof(Elf64_Shdr),
			   .e_shnum = (uint16_t)take_below(in, 4),
			   .e_shstrndx = (uint16_t)take_below(in, 4) };
	ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
			      .p_flags = PF_R | PF_X,
			      .p_vaddr = BASE,
			      .p_filesz = SIZE };
	ph[1] = (Elf64_Phdr){ .p_type = PT_GNU_EH_FRAME,
			      .p_vaddr = BASE + FRAMES };
	for (unsigned i = 2; i < HEADERS; i++)
		ph[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
				      .p_flags = PF_X,
				      .p_vaddr = take_number(in),
				      .p_offset = take_number(in),
				      .p_filesz = take_number(in) };
}

static void make_sections(struct input *in, uint8_t *p)
{
	static const char names[] = "\0.eh_frame\0.symtab";
	Elf64_Shdr *s = (Elf64_Shdr *)(p + SECTIONS);
	Elf64_Sym *sym = (Elf64_Sym *)(p + SYMBOLS);

	memcpy(p + NAMES, names, sizeof(names));
	s[0] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
			     .sh_offset = SYMBOLS,
			     .sh_size = 8 * sizeof(*sym) };
	s[1] = (Elf64_Shdr){ .sh_name = 1,
			     .sh_addr = BASE + FRAMES,
			     .sh_type = SHT_PROGBITS };
	s[2] = (Elf64_Shdr){ .sh_offset = NAMES, .sh_size = sizeof(names) };
	s[3] = (Elf64_Shdr){ .sh_name = (uint32_t)take_number(in),
			     .sh_type = take8(in) % 16,
			     .sh_offset = take_number(in),
			     .sh_size = take_number(in) };
	for (unsigned i = 0; i < 8; i++)
		sym[i] = (Elf64_Sym){ .st_info = STT_FUNC,
				      .st_shndx = 1,
				      .st_value = BASE + CODE + take8(in) % 64,
				      .st_size = take_number(in) };
}

static void make_elf(struct input *in)
{
	static uint8_t bytes[SIZE];

	memset(bytes, 0, sizeof(bytes));
	make_headers(in, bytes);
	make_sections(in, bytes);
	make_code(in, bytes);
	spoil(in, bytes, sizeof(bytes));
	must(ftruncate(file, 0) == 0);
	must(pwrite(file, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes));
}

/* What is found is there, once, and in order. */
static void check(const struct cpuid_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++) {
		const struct cpuid_candidate *c = &scan->candidate[i];
		uint8_t insn[2];

		must(i == 0 || c[-1].offset <= c->offset);
		must(pread(file, insn, 2, (off_t)c->offset) == 2);
		must(insn[0] == 0x0f && insn[1] == 0xa2);
		must(c->verdict <= CPUID_SITE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct cpuid_scan scan;

	if (take8(&in) % 8) {
		make_elf(&in);
	} else {
		must(ftruncate(file, 0) == 0);
		must(pwrite(file, in.p, in.n, 0) == (ssize_t)in.n);
	}
	cpuid_scan(file, &scan);
	check(&scan);
	free(scan.candidate);
	return 0;
}
