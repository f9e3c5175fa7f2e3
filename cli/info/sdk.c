/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signed enclaves of Intel's SGX SDK: a note "sgx_metadata" whose content is
 * one or more blocks of metadata, the newest first; each holds a SIGSTRUCT.
 * The SDK's common/inc/internal/metadata.h (metadata_t, version 1.3 to 13.3)
 * and psw/urts/parser/elfparser.cpp (get_meta_property) have the layout.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/info/formats.h"
#include "cli/info/sigstruct.h"
#include "cli/message.h"

#define NOTE_NAME "sgx_metadata"

#define METADATA_MAGIC 0x86a80294635d0e4cull
/* Offsets of fields, and the size that all versions have. */
#define MD_VERSION      8 /* u64: minor, major */
#define MD_SIZE         16
#define MD_TCS_POLICY   20
#define MD_SSAFRAMESIZE 24
#define MD_SIZE_ENCLAVE 40 /* u64 */
#define MD_SIGSTRUCT    64
#define MD_SIZE_MIN     (MD_SIGSTRUCT + sizeof(struct sgx_sigstruct))

static void report_metadata(struct report *report, const uint8_t *md)
{
	uint64_t version = get_le64(md + MD_VERSION);
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64, version >> 32,
		 version & UINT32_MAX);
	report_text(report, "metadata_version", "SDK metadata", text);
	report_size(report, "enclave_size", "ELRANGE",
		    get_le64(md + MD_SIZE_ENCLAVE));
	report_number(report, "ssaframesize", "SSAFRAMESIZE",
		      get_le32(md + MD_SSAFRAMESIZE));
	report_text(report, "tcs_policy", "TCS policy",
		    get_le32(md + MD_TCS_POLICY) & 1 ? "unbound" : "bound");
}

/* One block at `offset`, which ends at or before `end`; its size in *size. */
static int report_block(struct report *report, const struct file *file,
			uint64_t offset, uint64_t end, uint64_t *size)
{
	const uint8_t *md = file_at(file, offset, MD_SIZE_MIN);
	struct sgx_sigstruct sig;

	if (!md || end - offset < MD_SIZE_MIN) {
		complain("%s: metadata at offset 0x%" PRIx64 ": expected at "
			 "least %zu bytes, there are %" PRIu64,
			 file->path, offset, MD_SIZE_MIN,
			 (end < file->size ? end : file->size) - offset);
		return -1;
	}
	*size = get_le32(md + MD_SIZE);
	if (*size < MD_SIZE_MIN || *size > end - offset) {
		complain("%s: size of the metadata at offset 0x%" PRIx64
			 ": %" PRIu64 ", expected %zu to %" PRIu64,
			 file->path, offset + MD_SIZE, *size, MD_SIZE_MIN,
			 end - offset);
		return -1;
	}
	if (sigstruct_get(file, offset + MD_SIGSTRUCT,
			  "SIGSTRUCT of the "
			  "SDK's metadata",
			  &sig))
		return -1;
	sigstruct_report(report, offset + MD_SIGSTRUCT, &sig);
	report_metadata(report, md);
	return 0;
}

/* The note's content in *offset and *end. */
static int find_content(const struct file *file,
			const struct elf_section *section, uint64_t *offset,
			uint64_t *end)
{
	const size_t head = sizeof(Elf64_Nhdr) + sizeof(NOTE_NAME);
	const uint8_t *p = file_at(file, section->offset, head);
	Elf64_Nhdr note;

	if (!p) {
		complain("%s: section .note.sgxmeta at offset 0x%" PRIx64
			 ": expected a note, the file ends at 0x%zx",
			 file->path, section->offset, file->size);
		return -1;
	}
	memcpy(&note, p, sizeof(note));
	if (note.n_namesz != sizeof(NOTE_NAME) ||
	    memcmp(p + sizeof(note), NOTE_NAME, sizeof(NOTE_NAME)) != 0) {
		complain("%s: name of the note at offset 0x%" PRIx64
			 ": expected \"" NOTE_NAME "\"",
			 file->path, section->offset);
		return -1;
	}
	/* the SDK does not pad it, as notes are elsewhere */
	*offset = section->offset + head;
	*end = *offset + note.n_descsz;
	return 0;
}

int sdk_report(struct report *report, const struct file *file,
	       const struct elf_section *section)
{
	uint64_t offset, end, size;
	const uint8_t *magic;
	bool first = true;

	if (find_content(file, section, &offset, &end))
		return -1;
	report_text(report, "format", NULL, "intel-sdk");
	report_text(report, NULL, "format",
		    "signed enclave of Intel's SGX SDK (.note.sgxmeta)");
	for (; offset < end; offset += size, first = false) {
		magic = file_at(file, offset, 8);
		if (!magic || get_le64(magic) != METADATA_MAGIC)
			break;
		if (report_block(report, file, offset, end, &size))
			return -1;
	}
	if (!first)
		return 0;
	complain("%s: metadata at offset 0x%" PRIx64 ": expected it to begin "
		 "with 0x%llx; signed by sgx_sign?",
		 file->path, offset, METADATA_MAGIC);
	return -1;
}
