/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/info/formats.h. */
#include "cli/info/formats.h"

#include <elf.h>
#include <string.h>

#include "cli/info/sigstruct.h"
#include "cli/message.h"

static int raw_report(struct report *report, const struct file *file)
{
	struct sgx_sigstruct sig;

	if (sigstruct_get(file, 0, "SIGSTRUCT", &sig))
		return -1;
	report_text(report, "format", NULL, "sigstruct");
	report_text(report, NULL, "format", "SIGSTRUCT");
	sigstruct_report(report, 0, &sig);
	return 0;
}

/* The next SIGSTRUCT at or after *offset, by its headers.  False: none. */
static bool find_embedded(const struct file *file, uint64_t *offset)
{
	static const uint8_t header[] = SIGSTRUCT_HEADER;
	const uint8_t *found, *p;

	while ((p = file_at(file, *offset, sizeof(header)))) {
		found = memmem(p, file->size - *offset, header, sizeof(header));
		if (!found)
			return false;
		*offset = (uint64_t)(found - file->bytes);
		if (sigstruct_begins(file, *offset))
			return true;
		*offset += 1;
	}
	return false;
}

/* A program that contains its enclave, or a format that swsgx does not know. */
static int embedded_report(struct report *report, const struct file *file)
{
	struct sgx_sigstruct sig;
	uint64_t offset = 0;

	report_text(report, "format", NULL, "embedded");
	report_text(report, NULL, "format",
		    "not known, but there is a SIGSTRUCT in it");
	while (find_embedded(file, &offset)) {
		if (sigstruct_get(file, offset, "SIGSTRUCT", &sig))
			return -1;
		sigstruct_report(report, offset, &sig);
		offset += sizeof(sig);
	}
	return 0;
}

static int nothing_found(const struct file *file)
{
	if (elf_begins(file))
		complain("%s: no signed enclave: an ELF file with neither "
			 ".note.sgxmeta (Intel's SDK) nor .oeinfo (Open "
			 "Enclave) nor a SIGSTRUCT; if its SIGSTRUCT is a file "
			 "of its own (.sig), look at that",
			 file->path);
	else if (elf_is_other_kind(file))
		complain("%s: no signed enclave: EI_CLASS and EI_DATA at "
			 "offset 0x4 are %u and %u, expected 2 and 1 (64-bit "
			 "ELF), and no SIGSTRUCT is in it",
			 file->path, file->bytes[EI_CLASS],
			 file->bytes[EI_DATA]);
	else if (!file->size)
		complain("%s: no enclave: the file is empty", file->path);
	else
		complain("%s: no enclave: neither ELF, nor SGXS (ECREATE at "
			 "offset 0), nor a SIGSTRUCT (HEADER 0x06 at offset 0, "
			 "%zu bytes; the file has %zu)",
			 file->path, sizeof(struct sgx_sigstruct), file->size);
	return -1;
}

/* Does it begin as a SIGSTRUCT does, and is it no larger? */
static bool is_raw(const struct file *file)
{
	static const uint8_t header[] = SIGSTRUCT_HEADER;
	const uint8_t *p = file_at(file, 0, sizeof(header));

	return file->size == sizeof(struct sgx_sigstruct) ||
	       (p && file->size < sizeof(struct sgx_sigstruct) &&
		!memcmp(p, header, sizeof(header)));
}

int format_report(struct report *report, const struct file *file)
{
	struct elf_section section;
	uint64_t offset = 0;

	if (elf_check(file))
		return -1;
	if (elf_find_section(file, ".note.sgxmeta", &section))
		return sdk_report(report, file, &section);
	if (elf_find_section(file, ".oeinfo", &section))
		return open_enclave_report(report, file, &section);
	if (is_raw(file))
		return raw_report(report, file);
	if (sgxs_begins(file))
		return sgxs_report(report, file);
	if (find_embedded(file, &offset))
		return embedded_report(report, file);
	return nothing_found(file);
}
