/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SGXS, Fortanix's stream of what is measured.  It has records of 64 bytes as
 * the SDM defines them ("ECREATE", "EADD", "EEXTEND").  256 bytes of data
 * follow EEXTEND, and UNMEASRD, whose data is loaded but not measured.
 * Fortanix's intel-sgx/sgxs/src/sgxs.rs has the format.
 */
#include <inttypes.h>
#include <nettle/sha2.h>
#include <string.h>

#include "cli/info/formats.h"
#include "cli/info/sigstruct.h"
#include "cli/message.h"
#include "cpu/cpu.h"

#define RECORD 64
#define CHUNK  256

struct stream {
	const struct file *file;
	uint64_t at; /* of the record being read */
	struct sha256_ctx sha256;
	uint64_t size; /* of ELRANGE, from ECREATE */
	uint32_t ssaframesize;
	uint64_t page; /* the last EADD's offset */
	uint64_t pages, tcs;
	uint64_t measured, unmeasured; /* chunks */
	uint8_t mrenclave[32];
};

static bool has_tag(const uint8_t *record, const char tag[8])
{
	return !memcmp(record, tag, 8);
}

static int bad(const struct stream *s, const char *what, unsigned at,
	       const char *expected)
{
	complain("%s: %s at offset 0x%" PRIx64 ": expected %s", s->file->path,
		 what, s->at + at, expected);
	return -1;
}

/* The file must have only what the processor would measure. */
static int check_zeros(const struct stream *s, const uint8_t *record,
		       unsigned from)
{
	for (unsigned i = from; i < RECORD; i++)
		if (record[i])
			return bad(s, "reserved byte", i, "zero");
	return 0;
}

static int read_ecreate(struct stream *s, const uint8_t *record)
{
	s->ssaframesize = get_le32(record + 8);
	s->size = get_le64(record + 12);
	if (!s->ssaframesize)
		return bad(s, "SSAFRAMESIZE", 8, "1 or more");
	if (s->size < 2 * SGX_PAGE_SIZE || s->size & (s->size - 1))
		return bad(s, "size of the enclave", 12,
			   "a power of two, 8192 or more");
	return check_zeros(s, record, 20);
}

static int read_eadd(struct stream *s, const uint8_t *record)
{
	struct sgx_secinfo secinfo = { .flags = get_le64(record + 16) };
	unsigned type = secinfo_pt(&secinfo);

	s->page = get_le64(record + 8);
	if (s->page % SGX_PAGE_SIZE || s->page >= s->size)
		return bad(s, "offset of EADD", 8, "a page within the enclave");
	if (type != PT_TCS && type != PT_REG)
		return bad(s, "page type of EADD", 17, "1 (TCS) or 2 (REG)");
	s->pages++;
	s->tcs += type == PT_TCS;
	return check_zeros(s, record, 24);
}

static int read_chunk(struct stream *s, const uint8_t *record)
{
	uint64_t offset = get_le64(record + 8);

	if (!s->pages || offset % CHUNK || offset < s->page ||
	    offset - s->page >= SGX_PAGE_SIZE)
		return bad(s, "offset of the chunk", 8,
			   "256 bytes of the page added last");
	if (!file_at(s->file, s->at + RECORD, CHUNK))
		return bad(s, "content of the chunk", RECORD,
			   "256 bytes, the file ends before");
	return check_zeros(s, record, 16);
}

/* Read the record at s->at, and move behind it. */
static int read_record(struct stream *s)
{
	const uint8_t *record = file_at(s->file, s->at, RECORD);
	bool measured = true;
	size_t n = RECORD;
	int error;

	if (!record)
		return bad(s, "record", 0, "64 bytes, the file ends before");
	if (has_tag(record, "EADD\0\0\0\0")) {
		error = read_eadd(s, record);
	} else if (has_tag(record, "EEXTEND\0") ||
		   has_tag(record, "UNMEASRD")) {
		measured = record[0] == 'E';
		n += CHUNK;
		error = read_chunk(s, record);
		*(measured ? &s->measured : &s->unmeasured) += 1;
	} else if (s->at == 0 && has_tag(record, "ECREATE\0")) {
		error = read_ecreate(s, record);
	} else {
		return bad(s, "tag", 0,
			   s->at ? "EADD, EEXTEND or UNMEASRD" :
				   "ECREATE with the size of the enclave");
	}
	if (error)
		return error;
	if (measured)
		sha256_update(&s->sha256, n, record);
	s->at += n;
	return 0;
}

static int measure(struct stream *s)
{
	sha256_init(&s->sha256);
	while (s->at < s->file->size)
		if (read_record(s))
			return -1;
	sha256_digest(&s->sha256, sizeof(s->mrenclave), s->mrenclave);
	return 0;
}

static void report_stream(struct report *report, const struct stream *s)
{
	report_text(report, "format", NULL, "sgxs");
	report_text(report, NULL, "format",
		    "SGXS, a measured enclave without signature");
	report_part(report, "stream", "As its stream is loaded");
	report_bytes(report, "mrenclave", "MRENCLAVE", s->mrenclave, 32);
	report_size(report, "enclave_size", "ELRANGE", s->size);
	report_number(report, "ssaframesize", "SSAFRAMESIZE", s->ssaframesize);
	report_number(report, "pages", "pages", s->pages);
	report_number(report, "tcs", "TCS", s->tcs);
	report_size(report, "measured_bytes", "measured", s->measured * CHUNK);
	report_size(report, "unmeasured_bytes", "not measured",
		    s->unmeasured * CHUNK);
}

bool sgxs_begins(const struct file *file)
{
	const uint8_t *p = file_at(file, 0, 8);

	return p && (has_tag(p, "ECREATE\0") || has_tag(p, "UNSIZED\0"));
}

int sgxs_report(struct report *report, const struct file *file)
{
	struct stream s = { .file = file };

	if (measure(&s))
		return -1;
	report_stream(report, &s);
	return 0;
}

int sgxs_report_signed(struct report *report, const struct file *file,
		       const struct file *sigstruct)
{
	struct stream s = { .file = file };
	struct sgx_sigstruct sig;
	bool same;

	if (measure(&s) || sigstruct_get(sigstruct, 0, "the SIGSTRUCT", &sig))
		return -1;
	report_stream(report, &s);
	sigstruct_report(report, 0, &sig);
	report_text(report, "file", "from", sigstruct->path);
	same = !memcmp(s.mrenclave, sig.enclavehash, sizeof(s.mrenclave));
	report_truth(report, "measurement_agrees", "measurement", same,
		     same ? "agrees with the stream" : "another enclave's");
	if (!same)
		report_problem(report, "MRENCLAVE is not that of the stream "
				       "(SGX_INVALID_MEASUREMENT)");
	return 0;
}
