/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/trace/image.h.  elf(5). */
#include "cli/trace/image.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "cli/info/elf.h"
#include "cli/info/sigstruct.h"

static bool is_wanted(const Elf64_Sym *sym)
{
	unsigned int type = ELF64_ST_TYPE(sym->st_info);

	return sym->st_shndx != SHN_UNDEF && sym->st_shndx != SHN_ABS &&
	       sym->st_name &&
	       (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE);
}

/* A string that ends within its section, or NULL. */
static const char *string_at(const struct file *file,
			     const struct elf_section *strings, uint32_t at)
{
	const uint8_t *p = file_at(file, strings->offset, strings->size);

	if (!p || at >= strings->size ||
	    !memchr(p + at, 0, strings->size - at) || !p[at])
		return NULL;
	return (const char *)p + at;
}

static int compare(const void *a, const void *b)
{
	const struct image_symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* of two names for a place the one that says how long it is */
	return x->size < y->size ? -1 : x->size > y->size;
}

static int take(struct image *image, const struct elf_section *table,
		const struct elf_section *strings)
{
	const uint8_t *p = file_at(&image->file, table->offset, table->size);
	size_t n = p ? table->size / sizeof(Elf64_Sym) : 0;

	image->symbols = calloc(n + 1, sizeof(*image->symbols));
	if (!image->symbols)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *name;
		Elf64_Sym sym;

		memcpy(&sym, p + i * sizeof(sym), sizeof(sym));
		name = is_wanted(&sym) ?
			       string_at(&image->file, strings, sym.st_name) :
			       NULL;
		if (name)
			image->symbols[image->nr++] = (struct image_symbol){
				sym.st_value, sym.st_size, name
			};
	}
	qsort(image->symbols, image->nr, sizeof(*image->symbols), compare);
	return 0;
}

int image_symbols(struct image *image)
{
	struct elf_section table, strings;

	if (elf_find_section(&image->file, ".symtab", &table) &&
	    elf_find_section(&image->file, ".strtab", &strings))
		return take(image, &table, &strings);
	if (elf_find_section(&image->file, ".dynsym", &table) &&
	    elf_find_section(&image->file, ".dynstr", &strings))
		return take(image, &table, &strings);
	return 0;
}

const struct image_symbol *image_find(const struct image *image,
				      uint64_t offset)
{
	const struct image_symbol *best = NULL;
	uint64_t address = offset - image->offset;
	size_t low = 0, high = image->nr;

	if (offset < image->offset)
		return NULL;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (image->symbols[mid].start <= address) {
			best = &image->symbols[mid];
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	/* one without a size reaches to the next */
	if (best && best->size && address - best->start >= best->size)
		return NULL;
	return best;
}

/* The next SIGSTRUCT at or behind *offset. */
static bool next_sigstruct(const struct file *file, uint64_t *offset,
			   struct sgx_sigstruct *sig)
{
	static const uint8_t header[] = SIGSTRUCT_HEADER;

	while (*offset < file->size) {
		const uint8_t *p = memmem(file->bytes + *offset,
					  file->size - *offset, header,
					  sizeof(header));

		if (!p)
			return false;
		*offset = (uint64_t)(p - file->bytes);
		if (sigstruct_begins(file, *offset)) {
			memcpy(sig, p, sizeof(*sig));
			return true;
		}
		*offset += 1;
	}
	return false;
}

bool image_is_signed(const struct image *image)
{
	struct sgx_sigstruct sig;
	uint64_t offset = 0;

	return next_sigstruct(&image->file, &offset, &sig);
}

bool image_is_of(const struct image *image, const uint8_t mrenclave[32])
{
	struct sgx_sigstruct sig;

	for (uint64_t at = 0; next_sigstruct(&image->file, &at, &sig); at++)
		if (!memcmp(sig.enclavehash, mrenclave, 32))
			return true;
	return false;
}
