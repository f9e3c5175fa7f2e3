/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints the trace that `swsgx run --trace` is to write of it, line by line and
 * made by its own means; traced.sh compares the two.  Behind `~` stands what
 * the program cannot know: a reason of swsgx's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define PAGE 4096ul

int ioctl(int fd, unsigned long cmd, ...);

static struct parts parts;

static void hex(const uint8_t *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && !bytes[i])
		i++;
	if (i == n) {
		putchar('0');
		return;
	}
	for (i = 0; i < n; i++)
		printf("%02x", bytes[i]);
}

static const char *attributes(uint64_t a)
{
	if (a & ~(ATTRIBUTE_MODE64BIT | ATTRIBUTE_DEBUG | ATTRIBUTE_KSS))
		return "?";
	switch (a) {
	case ATTRIBUTE_MODE64BIT:
		return "MODE64BIT";
	case ATTRIBUTE_MODE64BIT | ATTRIBUTE_DEBUG:
		return "DEBUG|MODE64BIT";
	case ATTRIBUTE_MODE64BIT | ATTRIBUTE_DEBUG | ATTRIBUTE_KSS:
		return "DEBUG|MODE64BIT|KSS";
	default:
		return "0";
	}
}

static const char *xfrm(uint64_t x)
{
	return x == 3 ? "X87|SSE" : x == 7 ? "X87|SSE|AVX" : "?";
}

static const char *misc(uint32_t m)
{
	return m ? "EXINFO" : "0";
}

static const char *page_flags(uint64_t flags)
{
	switch (flags) {
	case SECINFO_TCS:
		return "PT_TCS";
	case SECINFO_REG | SECINFO_R:
		return "PT_REG|R";
	case SECINFO_REG | SECINFO_R | SECINFO_W:
		return "PT_REG|R|W";
	case SECINFO_REG | SECINFO_R | SECINFO_X:
		return "PT_REG|R|X";
	default:
		return "?";
	}
}

static void expect_result(long r)
{
	if (r < 0)
		printf(") = -1 %s~\n", strerrorname_np(errno));
	else
		printf(") = %ld", r);
}

static void expect_create(const struct secs *s)
{
	printf("SGX_IOC_ENCLAVE_CREATE, {src={size=0x%" PRIx64
	       ", baseaddr=0x%" PRIx64 ", ssaframesize=%u, miscselect=%s, "
	       "attributes=%s, xfrm=%s, configid=",
	       s->size, s->base, s->ssaframesize, misc(s->miscselect),
	       attributes(s->attributes), xfrm(s->xfrm));
	hex(s->config_id, sizeof(s->config_id));
	printf(", configsvn=%u}}", s->config_svn);
}

static void expect_add(const struct sgx_enclave_add_pages *a)
{
	printf("SGX_IOC_ENCLAVE_ADD_PAGES, {src=0x%llx, offset=0x%llx, "
	       "length=0x%llx, secinfo={%s}, flags=%s, count=0x%llx}",
	       a->src, a->offset, a->length,
	       page_flags(*(const uint64_t *)(uintptr_t)a->secinfo),
	       a->flags ? "SGX_PAGE_MEASURE" : "0", a->count);
}

static void expect_init(const struct sigstruct *s)
{
	uint8_t mrsigner[32];

	enclave_mrsigner(s, mrsigner);
	printf("SGX_IOC_ENCLAVE_INIT, {sigstruct={vendor=0x%x, date=%08x, "
	       "swdefined=0x%x, exponent=%u, miscselect=%s, miscmask=0x%x, "
	       "attributes=%s, attributemask=0x%" PRIx64 ", xfrm=%s, "
	       "xfrmmask=0x%" PRIx64 ", mrenclave=",
	       s->vendor, s->date, s->swdefined, s->exponent,
	       misc(s->miscselect), s->miscmask, attributes(s->attributes),
	       s->attributes_mask, xfrm(s->xfrm), s->xfrm_mask);
	hex(s->mrenclave, 32);
	printf(", mrsigner=");
	hex(mrsigner, 32);
	printf(", isvfamilyid=");
	hex(s->isvfamilyid, 16);
	printf(", isvextprodid=");
	hex(s->isvextprodid, 16);
	printf(", isvprodid=%u, isvsvn=%u}}", s->isvprodid, s->isvsvn);
}

static void expect_change(const char *name, const uint64_t a[5],
			  const char *what, const char *value)
{
	printf("%s, {offset=0x%" PRIx64 ", length=0x%" PRIx64 ", %s=%s, "
	       "result=%" PRIu64 ", count=0x%" PRIx64 "}",
	       name, a[0], a[1], what, value, a[3], a[4]);
}

static const char *rwx(uint64_t p)
{
	static const char *const texts[] = { "---", "r--", "-w-", "rw-",
					     "--x", "r-x", "-wx", "rwx" };

	return texts[p & 7];
}

static void expect_argument(unsigned long cmd, void *arg)
{
	const uint64_t *a = arg;

	switch (cmd) {
	case SGX_IOC_ENCLAVE_CREATE:
		expect_create((const struct secs *)a[0]);
		break;
	case SGX_IOC_ENCLAVE_ADD_PAGES:
		expect_add(arg);
		break;
	case SGX_IOC_ENCLAVE_INIT:
		expect_init((const struct sigstruct *)a[0]);
		break;
	case SGX_IOC_ENCLAVE_PROVISION:
		printf("SGX_IOC_ENCLAVE_PROVISION, {fd=%d}", (int)a[0]);
		break;
	case SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS:
		expect_change("SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS", a,
			      "permissions", rwx(a[2]));
		break;
	case SGX_IOC_ENCLAVE_MODIFY_TYPES:
		expect_change("SGX_IOC_ENCLAVE_MODIFY_TYPES", a, "page_type",
			      a[2] == 1 ? "PT_TCS" : "PT_TRIM");
		break;
	case SGX_IOC_ENCLAVE_REMOVE_PAGES:
		printf("SGX_IOC_ENCLAVE_REMOVE_PAGES, {offset=0x%" PRIx64
		       ", length=0x%" PRIx64 ", count=0x%" PRIx64 "}",
		       a[0], a[1], a[2]);
		break;
	default:
		printf("0x%lx, 0x%lx", cmd, (unsigned long)arg);
	}
}

/* The one of this program and of the library that it is linked with. */
int ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	void *arg;
	long r;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	r = syscall(SYS_ioctl, fd, cmd, arg);
	printf("ioctl(%d, ", fd);
	expect_argument(cmd, arg);
	expect_result(r);
	if (!r && cmd == SGX_IOC_ENCLAVE_INIT) {
		printf(" MRENCLAVE=");
		hex(parts.sig.mrenclave, 32);
	}
	if (r >= 0)
		putchar('\n');
	return (int)r;
}

/* Likewise; those of the enclave's file. */
void *mmap(void *addr, size_t length, int prot, int flags, int fd,
	   __off_t offset)
{
	static const char *const texts[] = {
		"PROT_NONE",  "PROT_READ",
		"PROT_WRITE", "PROT_READ|PROT_WRITE",
		"PROT_EXEC",  "PROT_READ|PROT_EXEC"
	};
	void *p = (void *)syscall(SYS_mmap, addr, length, prot, flags, fd,
				  offset);

	if (fd >= 0 && flags == (MAP_SHARED | MAP_FIXED))
		printf("mmap(%p, 0x%zx, %s, MAP_SHARED|MAP_FIXED) = %p\n", addr,
		       length, texts[prot], p);
	return p;
}

static void expect_enter(const struct enclave *e, unsigned int tcs)
{
	uint64_t entry;

	enclave_image_symbol(&parts.image, "trts_entry", &entry);
	printf("EENTER tcs=0x%" PRIx64 "+0x%" PRIx64 " aep=VDSO "
	       "cssa=0 -> 0x%" PRIx64 "+0x%" PRIx64 "\n",
	       e->base, tcs * PAGE, e->base, entry);
}

static void expect_exit(void)
{
	printf("EEXIT rip=IN -> VDSO\n");
}

static void provision(const struct enclave *e)
{
	int fd = open("/dev/sgx_provision", O_RDONLY | O_CLOEXEC);

	printf("open(\"/dev/sgx_provision\", O_RDONLY|O_CLOEXEC) = %d\n", fd);
	ioctl(e->fd, SGX_IOC_ENCLAVE_PROVISION,
	      &(struct sgx_enclave_provision){ .fd = (uint64_t)fd });
	ioctl(e->fd, SGX_IOC_ENCLAVE_PROVISION,
	      &(struct sgx_enclave_provision){ .fd = 0 });
	close(fd);
}

static void refused(void)
{
	struct parts other = parts;
	struct enclave e;
	struct secs secs;

	printf("open(\"/dev/sgx_enclave\", O_RDWR|O_CLOEXEC) = 3\n");
	parts_begin(&parts, &e, &secs);
	secs.size = 3 * PAGE;
	CHECK_FAILS(enclave_create(&e, &secs), EINVAL);
	secs.size = e.size;
	CHECK_EQ(enclave_create(&e, &secs), 0);
	parts_add_all(&parts, &e);
	provision(&e);
	other.sig.mrenclave[0] ^= 1;
	parts_sign(&other);
	CHECK_FAILS(enclave_init(&e, &other.sig), EPERM);
	CHECK_FAILS(ioctl(e.fd, 0xa47f, NULL), ENOTTY);
	enclave_destroy(&e);
}

static void build(struct enclave *e)
{
	printf("open(\"/dev/sgx_enclave\", O_RDWR|O_CLOEXEC) = 3\n");
	parts_build(&parts, e);
}

static void edmm(const struct enclave *e, uint64_t page)
{
	struct sgx_enclave_restrict_permissions r = { .offset = page,
						      .length = PAGE,
						      .permissions = 1 };
	struct sgx_enclave_modify_types m = { .offset = page,
					      .length = PAGE,
					      .page_type = 4 };
	struct sgx_enclave_remove_pages d = { .offset = page, .length = PAGE };

	CHECK_EQ(ioctl(e->fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &r), 0);
	CHECK_FAILS(ioctl(e->fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &d), EPERM);
	CHECK_EQ(ioctl(e->fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &m), 0);
}

static void enter(const struct enclave *e, struct request *request)
{
	expect_enter(e, 0);
	CHECK_EQ(victim_enter(e, 0, request).vector, 0);
}

static void key(const struct enclave *e)
{
	static struct request r = { .op = OP_EGETKEY };

	r.keyrequest = (struct keyrequest){ .keyname = 4,
					    .keypolicy = 3,
					    .attributemask = 2,
					    .xfrmmask = 0x10,
					    .miscmask = 5,
					    .keyid = { 0xab } };
	enter(e, &r);
	printf("EGETKEY {SEAL_KEY, policy=MRENCLAVE|MRSIGNER, isvsvn=0, "
	       "cpusvn=0, attributemask=DEBUG, xfrmmask=0x10, keyid=ab"
	       "00000000000000000000000000000000000000000000000000000000000000"
	       ", miscmask=0x5, configsvn=0} = 0\n");
	expect_exit();
	r.keyrequest.keyname = 9;
	r.keyrequest.isvsvn = 7;
	enter(e, &r);
	printf("EGETKEY {9, policy=MRENCLAVE|MRSIGNER, isvsvn=7, "
	       "cpusvn=0, attributemask=DEBUG, xfrmmask=0x10, keyid=ab"
	       "00000000000000000000000000000000000000000000000000000000000000"
	       ", miscmask=0x5, configsvn=0} = SGX_INVALID_KEYNAME~\n");
	expect_exit();
}

static void report(const struct enclave *e)
{
	static struct request r = { .op = OP_EREPORT };

	memset(r.target.mrenclave, 0x5a, 32);
	r.target.attributes = 4;
	r.target.xfrm = 3;
	r.target.miscselect = 1;
	r.target.config_svn = 12;
	r.target.config_id[0] = 0xc0;
	enter(e, &r);
	printf("EREPORT {mrenclave=");
	hex(r.target.mrenclave, 32);
	printf(", attributes=MODE64BIT, xfrm=X87|SSE, miscselect=EXINFO, "
	       "configsvn=12, configid=");
	hex(r.target.config_id, 64);
	printf("} = 0\n");
	expect_exit();
}

static void accept(const struct enclave *e, uint64_t page)
{
	struct request r = { .op = OP_EACCEPT,
			     .addr = e->base + page,
			     .flags = 0x410 }; /* PT_TRIM, MODIFIED */

	enter(e, &r);
	printf("EACCEPT page=0x%" PRIx64 "+0x%" PRIx64
	       " {PT_TRIM|MODIFIED} = 0\n",
	       e->base, page);
	expect_exit();
	enter(e, &r);
	printf("EACCEPT page=0x%" PRIx64 "+0x%" PRIx64
	       " {PT_TRIM|MODIFIED} = SGX_PAGE_ATTRIBUTES_MISMATCH~\n",
	       e->base, page);
	expect_exit();
}

static void faults(const struct enclave *e)
{
	struct request write = { .op = OP_TCS_WRITE }, ud2 = { .op = OP_UD2 };

	expect_enter(e, 1);
	CHECK_EQ(victim_enter(e, 1, &write).vector, 14);
	printf("#PF write 0x%" PRIx64 "+0x1008 err=0x8007 "
	       "PRESENT|WRITE|USER|SGX rip=IN: vma rw- pte rw- epcm tcs --- -> "
	       "SIGSEGV SEGV_ACCERR~\n",
	       e->base);
	printf("AEX #PF err=0x8007 PRESENT|WRITE|USER|SGX rip=IN "
	       "tcs=0x%" PRIx64 "+0x1000 -> aep=VDSO\n",
	       e->base);
	printf("vDSO exception #PF err=0x8007 PRESENT|WRITE|USER|SGX "
	       "addr=0x%" PRIx64 " -> VDSO\n",
	       e->base + PAGE);
	expect_enter(e, 2);
	CHECK_EQ(victim_enter(e, 2, &ud2).vector, 6);
	printf("AEX #UD rip=IN tcs=0x%" PRIx64 "+0x2000 -> aep=VDSO~\n",
	       e->base);
	printf("vDSO exception #UD addr=0x0 -> VDSO\n");
}

static void mappings(const struct enclave *e)
{
	void *tcs = (void *)(uintptr_t)e->tcs[0];

	CHECK_FAILS(mprotect(tcs, PAGE, PROT_READ | PROT_EXEC), EACCES);
	printf("mprotect(0x%" PRIx64 ", 0x1000, PROT_READ|PROT_EXEC) = "
	       "-1 EACCES~\n",
	       e->tcs[0]);
	CHECK_EQ(mprotect(tcs, PAGE, PROT_READ | PROT_WRITE), 0);
	printf("mprotect(0x%" PRIx64 ", 0x1000, PROT_READ|PROT_WRITE) = 0\n",
	       e->tcs[0]);
}

int main(void)
{
	const struct enclave_options options = { .miscselect =
							 MISCSELECT_EXINFO,
						 .debug = true,
						 .isvprodid = 17,
						 .isvsvn = 4 };
	struct request nop = { .op = OP_NOP };
	struct enclave e = ENCLAVE_NONE;
	uint64_t page = 0;

	check_timeout(45);
	parts_prepare(&parts, &options, NULL);
	refused();
	build(&e);
	enter(&e, &nop);
	expect_exit();
	mappings(&e);
	key(&e);
	report(&e);
	enclave_image_symbol(&parts.image, "secrets", &page);
	page &= ~(PAGE - 1);
	edmm(&e, page);
	accept(&e, page);
	faults(&e);
	enclave_destroy(&e);
	fflush(stdout);
	return check_result();
}
