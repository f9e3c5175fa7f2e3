/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls on the devices: open(), ioctl(), mmap(), mprotect().  asm/sgx.h. */
#include <asm/sgx.h>
#include <fcntl.h>
#include <inttypes.h>
#include <nettle/sha2.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "cli/trace/names.h"
#include "cli/trace/trace.h"
#include "cpu/sgx_arch.h"
#include "kernel/platform/layout.h"
#include "process/rt/lp/why_names.h"

void trace_open(struct trace *t, const struct tape_open *r)
{
	static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR",
					     "O_ACCMODE" };
	static const struct flag flags[] = {
		{ O_CLOEXEC, "O_CLOEXEC" },   { O_NONBLOCK, "O_NONBLOCK" },
		{ O_NOFOLLOW, "O_NOFOLLOW" }, { O_DIRECTORY, "O_DIRECTORY" },
		{ O_CREAT, "O_CREAT" },       { O_EXCL, "O_EXCL" },
		{ O_TRUNC, "O_TRUNC" },       { 0, NULL }
	};
	/* the kernel's own on x86-64, which libc hides */
	uint32_t rest = r->flags & ~(uint32_t)(O_ACCMODE | 0100000);

	fprintf(t->out, "open(\"/dev/sgx_%s\", %s",
		r->kind == SGX_FILE_PROVISION ? "provision" : "enclave",
		modes[r->flags & O_ACCMODE]);
	if (rest)
		fputc('|', t->out);
	put_flags(t->out, rest, flags, "");
	fputs(") = ", t->out);
	put_errno(t->out, r->result);
}

static void put_secs(FILE *out, const uint8_t *data, size_t n)
{
	static struct sgx_secs s;

	memset(&s, 0, sizeof(s));
	memcpy(&s, data, n < sizeof(s) ? n : sizeof(s));
	fprintf(out,
		"{size=0x%" PRIx64 ", baseaddr=0x%" PRIx64
		", ssaframesize=%u, miscselect=",
		s.size, s.baseaddr, s.ssaframesize);
	put_miscselect(out, s.miscselect);
	fputs(", attributes=", out);
	put_attributes(out, s.attributes);
	fputs(", xfrm=", out);
	put_xfrm(out, s.xfrm);
	if (s.cet_attributes || s.cet_leg_bitmap_offset)
		fprintf(out,
			", cet_attributes=0x%x, "
			"cet_leg_bitmap_offset=0x%" PRIx64,
			s.cet_attributes, s.cet_leg_bitmap_offset);
	fputs(", configid=", out);
	put_id(out, s.configid, sizeof(s.configid));
	fprintf(out, ", configsvn=%u}", s.configsvn);
}

static void put_mrsigner(FILE *out, const struct sgx_sigstruct *s)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha256;

	sha256_init(&sha256);
	sha256_update(&sha256, sizeof(s->modulus), s->modulus);
	sha256_digest(&sha256, sizeof(digest), digest);
	put_bytes(out, digest, sizeof(digest));
}

static void put_masks(FILE *out, const struct sgx_sigstruct *s)
{
	fputs(", miscselect=", out);
	put_miscselect(out, s->miscselect);
	fprintf(out, ", miscmask=0x%x, attributes=", s->miscmask);
	put_attributes(out, s->attributes);
	fprintf(out, ", attributemask=0x%" PRIx64 ", xfrm=", s->attributemask);
	put_xfrm(out, s->xfrm);
	fprintf(out, ", xfrmmask=0x%" PRIx64, s->xfrmmask);
}

static void put_sigstruct(FILE *out, const uint8_t *data, size_t n)
{
	struct sgx_sigstruct s;

	if (n != sizeof(s))
		return;
	memcpy(&s, data, n);
	fprintf(out, "{vendor=0x%x, date=%08x, swdefined=0x%x, exponent=%u",
		s.vendor, s.date, s.swdefined, s.exponent);
	put_masks(out, &s);
	fputs(", mrenclave=", out);
	put_bytes(out, s.enclavehash, sizeof(s.enclavehash));
	fputs(", mrsigner=", out);
	put_mrsigner(out, &s);
	fputs(", isvfamilyid=", out);
	put_id(out, s.isvfamilyid, sizeof(s.isvfamilyid));
	fputs(", isvextprodid=", out);
	put_id(out, s.isvextprodid, sizeof(s.isvextprodid));
	fprintf(out, ", isvprodid=%u, isvsvn=%u}", s.isvprodid, s.isvsvn);
}

static void put_range(FILE *out, uint64_t offset, uint64_t length)
{
	fprintf(out, "offset=0x%" PRIx64 ", length=0x%" PRIx64, offset, length);
}

static void put_pointer(FILE *out, const char *name, uint64_t pointer,
			const uint8_t *data, size_t n,
			void (*put)(FILE *out, const uint8_t *data, size_t n))
{
	fprintf(out, "%s=", name);
	if (data && n)
		put(out, data, n);
	else
		fprintf(out, "0x%" PRIx64, pointer);
}

static void put_secinfo_data(FILE *out, const uint8_t *data, size_t n)
{
	uint64_t flags;

	if (n < sizeof(flags))
		return;
	memcpy(&flags, data, sizeof(flags));
	fputc('{', out);
	put_secinfo(out, flags);
	fputc('}', out);
}

static void put_add_pages(FILE *out, const uint8_t *arg, const uint8_t *data,
			  size_t n)
{
	static const struct flag flags[] = {
		{ SGX_PAGE_MEASURE, "SGX_PAGE_MEASURE" }, { 0, NULL }
	};
	struct sgx_enclave_add_pages a;

	memcpy(&a, arg, sizeof(a));
	fprintf(out, "src=0x%" PRIx64 ", ", (uint64_t)a.src);
	put_range(out, a.offset, a.length);
	put_pointer(out, ", secinfo", a.secinfo, data, n, put_secinfo_data);
	fputs(", flags=", out);
	put_flags(out, a.flags, flags, "0");
	fprintf(out, ", count=0x%" PRIx64, (uint64_t)a.count);
}

/* RESTRICT_PERMISSIONS and MODIFY_TYPES differ in one field. */
static void put_change(FILE *out, uint32_t cmd, const uint8_t *arg)
{
	struct sgx_enclave_restrict_permissions a;

	memcpy(&a, arg, sizeof(a));
	put_range(out, a.offset, a.length);
	if (cmd == SGX_IOC_ENCLAVE_MODIFY_TYPES) {
		fputs(", page_type=", out);
		put_page_type(out, a.permissions);
	} else {
		fputs(", permissions=", out);
		if (a.permissions > 7)
			fprintf(out, "0x%" PRIx64, (uint64_t)a.permissions);
		else
			put_rwx(out, a.permissions);
	}
	fputs(", result=", out);
	put_code(out, a.result);
	fprintf(out, ", count=0x%" PRIx64, (uint64_t)a.count);
}

static void put_argument(FILE *out, uint32_t cmd, const uint8_t *arg,
			 const uint8_t *data, size_t n)
{
	struct sgx_enclave_remove_pages remove;
	uint64_t first;

	memcpy(&first, arg, sizeof(first));
	switch (cmd) {
	case SGX_IOC_ENCLAVE_CREATE:
		put_pointer(out, "src", first, data, n, put_secs);
		break;
	case SGX_IOC_ENCLAVE_ADD_PAGES:
		put_add_pages(out, arg, data, n);
		break;
	case SGX_IOC_ENCLAVE_INIT:
		put_pointer(out, "sigstruct", first, data, n, put_sigstruct);
		break;
	case SGX_IOC_ENCLAVE_PROVISION:
		fprintf(out, "fd=%d", (int)first);
		break;
	case SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS:
	case SGX_IOC_ENCLAVE_MODIFY_TYPES:
		put_change(out, cmd, arg);
		break;
	default: /* REMOVE_PAGES */
		memcpy(&remove, arg, sizeof(remove));
		put_range(out, remove.offset, remove.length);
		fprintf(out, ", count=0x%" PRIx64, (uint64_t)remove.count);
	}
}

void trace_ioctl(struct trace *t, const struct tape_ioctl *r)
{
	const char *name = why_ioctl(r->cmd);
	size_t used = sizeof(*r);
	const uint8_t *arg = trace_behind(&r->r, used, r->arg_size);
	const uint8_t *data = trace_behind(&r->r, used + r->arg_size,
					   r->data_size);

	fprintf(t->out, "ioctl(%d, ", r->fd);
	if (name)
		fprintf(t->out, "%s, ", name);
	else
		fprintf(t->out, "0x%x, ", r->cmd);
	if (name && arg && r->arg_size >= 8 &&
	    r->arg_size == _IOC_SIZE(r->cmd)) {
		fputc('{', t->out);
		put_argument(t->out, r->cmd, arg, data, r->data_size);
		fputc('}', t->out);
	} else {
		fprintf(t->out, "0x%" PRIx64, r->arg);
	}
	fputs(") = ", t->out);
	put_errno(t->out, r->result);
	if (r->cmd == SGX_IOC_ENCLAVE_INIT && !r->result) {
		fputs(" MRENCLAVE=", t->out);
		put_bytes(t->out, r->mrenclave, sizeof(r->mrenclave));
	}
	trace_reason(t, &r->r, used + r->arg_size + r->data_size, r->text_size);
}

static void put_prot(FILE *out, uint64_t prot)
{
	static const struct flag flags[] = { { PROT_READ, "PROT_READ" },
					     { PROT_WRITE, "PROT_WRITE" },
					     { PROT_EXEC, "PROT_EXEC" },
					     { 0, NULL } };

	put_flags(out, prot, flags, "PROT_NONE");
}

static void put_map_flags(FILE *out, uint64_t value)
{
	static const struct flag flags[] = {
		{ MAP_SHARED, "MAP_SHARED" },
		{ MAP_PRIVATE, "MAP_PRIVATE" },
		{ MAP_FIXED, "MAP_FIXED" },
		{ MAP_ANONYMOUS, "MAP_ANONYMOUS" },
		{ MAP_NORESERVE, "MAP_NORESERVE" },
		{ MAP_POPULATE, "MAP_POPULATE" },
		{ MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE" },
		{ 0, NULL },
	};

	put_flags(out, value, flags, "0");
}

void trace_memory(struct trace *t, const struct tape_memory *r)
{
	bool refused = r->result < 0 && r->result >= -4095;

	fputs(r->nr == SYS_mmap     ? "mmap(" :
	      r->nr == SYS_mprotect ? "mprotect(" :
				      "pkey_mprotect(",
	      t->out);
	if (r->nr == SYS_mmap && !r->address)
		fputs("NULL", t->out);
	else
		fprintf(t->out, "0x%" PRIx64, r->address);
	fprintf(t->out, ", 0x%" PRIx64 ", ", r->length);
	put_prot(t->out, r->prot);
	if (r->nr == SYS_mmap) {
		fputs(", ", t->out);
		put_map_flags(t->out, r->flags);
	}
	fputs(") = ", t->out);
	if (r->nr == SYS_mmap && !refused)
		fprintf(t->out, "0x%" PRIx64, (uint64_t)r->result);
	else
		put_errno(t->out, r->result);
	trace_reason(t, &r->r, sizeof(*r), r->text_size);
}
