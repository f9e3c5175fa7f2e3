/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enclaves of Open Enclave: section .oeinfo holds the properties, whose last
 * two members are the SIGSTRUCT and an end marker.  Its
 * include/openenclave/bits/properties.h and bits/sgx/sgxproperties.h have the
 * layout; members before the SIGSTRUCT differ from version to version.
 */
#include <inttypes.h>

#include "cli/info/formats.h"
#include "cli/info/sigstruct.h"
#include "cli/message.h"

#define OE_TYPE_SGX    2
#define OE_HEADER_SIZE 32 /* size, type, and three numbers */
#define OE_HEAP_PAGES  8
#define OE_STACK_PAGES 16
#define OE_TCS         24
#define OE_END_MARKER  8
#define OE_SIZE_MIN \
	(OE_HEADER_SIZE + sizeof(struct sgx_sigstruct) + OE_END_MARKER)

static int check_header(const struct file *file, uint64_t offset,
			const uint8_t *oe)
{
	uint32_t size = get_le32(oe), type = get_le32(oe + 4);

	if (size < OE_SIZE_MIN || size > 2 * OE_SIZE_MIN) {
		complain("%s: size of Open Enclave's properties at offset "
			 "0x%" PRIx64 ": %u, expected %zu to %zu",
			 file->path, offset, size, OE_SIZE_MIN,
			 2 * OE_SIZE_MIN);
		return -1;
	}
	if (type == OE_TYPE_SGX)
		return 0;
	complain("%s: type of the enclave at offset 0x%" PRIx64 ": %u, "
		 "expected %u (SGX)",
		 file->path, offset + 4, type, OE_TYPE_SGX);
	return -1;
}

int open_enclave_report(struct report *report, const struct file *file,
			const struct elf_section *section)
{
	const uint8_t *oe = file_at(file, section->offset, OE_HEADER_SIZE);
	struct sgx_sigstruct sig;
	uint64_t at;

	if (!oe) {
		complain("%s: section .oeinfo at offset 0x%" PRIx64
			 ": expected properties of %zu bytes or more, the file "
			 "ends at 0x%zx",
			 file->path, section->offset, OE_SIZE_MIN, file->size);
		return -1;
	}
	if (check_header(file, section->offset, oe))
		return -1;
	at = section->offset + get_le32(oe) - OE_END_MARKER - sizeof(sig);
	if (sigstruct_get(file, at, "SIGSTRUCT of .oeinfo", &sig))
		return -1;
	report_text(report, "format", NULL, "open-enclave");
	report_text(report, NULL, "format",
		    "signed enclave of Open Enclave (.oeinfo)");
	sigstruct_report(report, at, &sig);
	report_number(report, "heap_pages", "heap pages",
		      get_le64(oe + OE_HEAP_PAGES));
	report_number(report, "stack_pages", "stack pages",
		      get_le64(oe + OE_STACK_PAGES));
	report_number(report, "tcs", "TCS", get_le64(oe + OE_TCS));
	return 0;
}
