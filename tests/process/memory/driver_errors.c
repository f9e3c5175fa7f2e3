/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver refuses, and how: each ioctl with bad pointers, in the wrong
 * state, with absurd values; partial progress; PROVISION's rules.
 *
 * Source: Linux 6.1 sgx/ioctl.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/process/fixture/build_steps.h"
#include "tests/process/fixture/check.h"
#include "tests/process/fixture/victim.h"

#define NOWHERE 0x1000ull
#define KERNEL  0xffff800000001000ull

static struct parts parts;
static uint8_t pages[8 * 4096] __attribute__((aligned(4096)));

static int call_create(int fd, uint64_t src)
{
	struct sgx_enclave_create create = { .src = src };

	return ioctl(fd, SGX_IOC_ENCLAVE_CREATE, &create);
}

static int call_add(int fd, struct sgx_enclave_add_pages *add)
{
	return ioctl(fd, SGX_IOC_ENCLAVE_ADD_PAGES, add);
}

static int call_init(int fd, uint64_t sigstruct)
{
	struct sgx_enclave_init init = { .sigstruct = sigstruct };

	return ioctl(fd, SGX_IOC_ENCLAVE_INIT, &init);
}

static struct secinfo reg = { .flags = SECINFO_REG | SECINFO_R | SECINFO_W };

static struct sgx_enclave_add_pages add_of(uint64_t offset, uint64_t length)
{
	return (struct sgx_enclave_add_pages){
		.src = (uint64_t)(uintptr_t)pages,
		.offset = offset,
		.length = length,
		.secinfo = (uint64_t)(uintptr_t)&reg,
		.count = 0x5555,
	};
}

static void bad_pointers(void)
{
	static const uint64_t bad[] = { 0, NOWHERE, KERNEL };
	struct sgx_enclave_add_pages add;
	struct enclave e;
	struct secs secs;

	check_section("bad pointers");
	CHECK_ROW("ioctl", "sgx/ioctl.c",
		  "pointers to nothing, or to the kernel", "EFAULT");
	parts_begin(&parts, &e, &secs);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_CREATE, bad[i]),
			    EFAULT);
		CHECK_FAILS(call_create(e.fd, bad[i]), EFAULT);
		CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_PROVISION, bad[i]),
			    EFAULT);
	}
	CHECK_EQ(enclave_create(&e, &secs), 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_ADD_PAGES, bad[i]),
			    EFAULT);
		add = add_of(0, 4096);
		add.src = bad[i];
		CHECK_FAILS(call_add(e.fd, &add), EFAULT);
		CHECK_EQ(add.count, 0);
		add = add_of(0, 4096);
		add.secinfo = bad[i];
		CHECK_FAILS(call_add(e.fd, &add), EFAULT);
		CHECK_EQ(add.count, 0x5555);
		CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_INIT, bad[i]), EFAULT);
		CHECK_FAILS(call_init(e.fd, bad[i]), EFAULT);
	}
	enclave_destroy(&e);
}

static void wrong_state(void)
{
	struct sgx_enclave_add_pages add = add_of(0, 4096);
	struct enclave e;
	struct secs secs;

	check_section("wrong state");
	CHECK_ROW("ioctl", "sgx/ioctl.c", "before or after its time", "EINVAL");
	parts_begin(&parts, &e, &secs);
	CHECK_FAILS(call_add(e.fd, &add), EINVAL);
	CHECK_FAILS(call_init(e.fd, NOWHERE), EINVAL);
	CHECK_EQ(enclave_create(&e, &secs), 0);
	CHECK_FAILS(call_create(e.fd, (uintptr_t)&secs), EINVAL);
	parts_add_all(&parts, &e);
	CHECK_EQ(enclave_init(&e, &parts.sig), 0);
	CHECK_FAILS(call_add(e.fd, &add), EINVAL);
	CHECK_FAILS(call_init(e.fd, (uintptr_t)&parts.sig), EINVAL);
	CHECK_FAILS(call_create(e.fd, (uintptr_t)&secs), EINVAL);
	enclave_destroy(&e);
}

static void refused_secs(const char *name, const struct secs *secs, int error)
{
	int fd = open("/dev/sgx_enclave", O_RDWR);

	check_section(name);
	CHECK_FAILS(call_create(fd, (uintptr_t)secs), error);
	close(fd);
}

#define REFUSED(change, error) \
	do { \
		struct secs bad_secs = good; \
		bad_secs.change; \
		refused_secs(#change, &bad_secs, error); \
	} while (0)

static void absurd_secs(void)
{
	struct enclave e;
	struct secs good;

	parts_begin(&parts, &e, &good);
	REFUSED(size = 0, EINVAL);
	REFUSED(size = good.size - 4096, EINVAL);
	REFUSED(size = 4096, EIO);
	REFUSED(base += 4096, EIO);
	REFUSED(base = 1ull << 47, EIO);
	REFUSED(ssaframesize = 0, EIO);
	REFUSED(miscselect = 0x100, EIO);
	REFUSED(xfrm = 1, EIO);
	REFUSED(xfrm = 3 | 1ull << 62, EIO);
	REFUSED(attributes |= 1ull << 0, EIO);
	REFUSED(attributes |= 1ull << 3, EIO);
	REFUSED(attributes |= 1ull << 40, EIO);
	REFUSED(reserved1[10] = 1, EIO);
	REFUSED(reserved2[0] = 1, EIO);
	REFUSED(reserved4[3000] = 1, EIO);
	REFUSED(config_id[0] = 1, EIO);
	REFUSED(config_svn = 1, EIO);
	check_section("after a refusal");
	CHECK_ROW("SGX_IOC_ENCLAVE_CREATE", "sgx/ioctl.c sgx_encl_create()",
		  "a SECS that cannot be", "EINVAL or EIO, can be tried again");
	good.base += 4096;
	CHECK_FAILS(call_create(e.fd, (uintptr_t)&good), EIO);
	good.base -= 4096;
	CHECK_EQ(call_create(e.fd, (uintptr_t)&good), 0);
	enclave_destroy(&e);
}

static void refused_add(int fd, struct sgx_enclave_add_pages add, int error)
{
	CHECK_FAILS(call_add(fd, &add), error);
	CHECK_EQ(add.count, 0x5555);
}

static void bad_ranges(void)
{
	struct sgx_enclave_add_pages add;
	struct enclave e;

	check_section("ADD_PAGES ranges");
	parts_create(&parts, &e);
	refused_add(e.fd, add_of(1, 4096), EINVAL);
	refused_add(e.fd, add_of(0, 0), EINVAL);
	refused_add(e.fd, add_of(0, 4095), EINVAL);
	refused_add(e.fd, add_of(e.size, 4096), EINVAL);
	refused_add(e.fd, add_of(e.size - 4096, 8192), EINVAL);
	refused_add(e.fd, add_of(-4096ull, 8192), EINVAL);
	add = add_of(0, 4096);
	add.src++;
	refused_add(e.fd, add, EINVAL);
	enclave_destroy(&e);
}

static void bad_secinfo(void)
{
	static const uint64_t bad[] = {
		SECINFO_REG | SECINFO_W,
		SECINFO_TCS | SECINFO_R,
		SECINFO_TCS | SECINFO_R | SECINFO_W,
		SECINFO_TRIM,
		SECINFO_REG | SECINFO_R | SECINFO_PENDING,
		SECINFO_REG | SECINFO_R | SECINFO_MODIFIED,
		SECINFO_REG | SECINFO_R | SECINFO_PR,
		SECINFO_R | SECINFO_W,
		SECINFO_REG | SECINFO_R | 1ull << 32,
	};
	struct secinfo secinfo;
	struct enclave e;

	check_section("SECINFO");
	parts_create(&parts, &e);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]) + 1; i++) {
		struct sgx_enclave_add_pages add = add_of(0, 4096);

		memset(&secinfo, 0, sizeof(secinfo));
		if (i < sizeof(bad) / sizeof(bad[0]))
			secinfo.flags = bad[i];
		else
			secinfo = reg, secinfo.reserved[55] = 1;
		add.secinfo = (uint64_t)(uintptr_t)&secinfo;
		refused_add(e.fd, add, EINVAL);
	}
	enclave_destroy(&e);
}

/* A page of the range exists already: those before it stay added. */
static void partial_progress(void)
{
	struct sgx_enclave_add_pages add = add_of(3 * 4096, 4096);
	struct enclave e;
	uint8_t *source;

	check_section("partial progress");
	CHECK_ROW("SGX_IOC_ENCLAVE_ADD_PAGES",
		  "sgx/ioctl.c sgx_ioc_enclave_add_pages()",
		  "a page that is there, a source that ends",
		  "EBUSY, EFAULT; count says how far");
	parts_create(&parts, &e);
	CHECK_EQ(call_add(e.fd, &add), 0);
	CHECK_EQ(add.count, 4096);
	CHECK_FAILS(call_add(e.fd, &add), EBUSY);
	CHECK_EQ(add.count, 0);
	add = add_of(0, 8 * 4096);
	CHECK_FAILS(call_add(e.fd, &add), EBUSY);
	CHECK_EQ(add.count, 3 * 4096);

	/* The source ends within the range. */
	source = mmap(NULL, 4 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	CHECK_EQ(mprotect(source + 2 * 4096, 4096, PROT_NONE), 0);
	add = add_of(8 * 4096, 4 * 4096);
	add.src = (uint64_t)(uintptr_t)source;
	CHECK_FAILS(call_add(e.fd, &add), EFAULT);
	CHECK_EQ(add.count, 2 * 4096);
	munmap(source, 4 * 4096);
	enclave_destroy(&e);
}

static void bad_tcs(void)
{
	static struct secinfo tcs = { .flags = SECINFO_TCS };
	struct sgx_enclave_add_pages add = add_of(0, 4096);
	struct enclave e;

	check_section("a TCS that EADD refuses");
	parts_create(&parts, &e);
	add.secinfo = (uint64_t)(uintptr_t)&tcs;
	memset(pages, 0, 4096);
	((struct tcs *)pages)->nssa = 1;
	pages[100] = 1;
	CHECK_FAILS(call_add(e.fd, &add), EIO);
	CHECK_EQ(add.count, 0);
	pages[100] = 0;
	CHECK_EQ(call_add(e.fd, &add), 0);
	CHECK_EQ(add.count, 4096);
	enclave_destroy(&e);
}

/* The enclave as it should be, less `skipped` bytes of its last segment. */
static void built(struct enclave *e, uint64_t skipped)
{
	const struct enclave_image *image = &parts.image;
	unsigned last = image->nr_segments - 1;
	const struct enclave_segment *s = &image->segments[last];

	parts_create(&parts, e);
	for (unsigned i = 0; i < last; i++)
		CHECK_EQ(enclave_add_segment(e, image, i), 0);
	CHECK_EQ(enclave_add_pages(e, s->offset, image->memory + s->offset,
				   s->length - skipped, s->flags, true, NULL),
		 0);
}

static void init_refused(const char *name, const struct sigstruct *sig,
			 int error)
{
	struct enclave e;

	check_section(name);
	built(&e, 0);
	CHECK_FAILS(call_init(e.fd, (uintptr_t)sig), error);
	/* It may be tried again. */
	CHECK_EQ(call_init(e.fd, (uintptr_t)&parts.sig), 0);
	enclave_destroy(&e);
}

static void wrong_signatures(void)
{
	struct parts other = parts;
	struct sigstruct sig = parts.sig;
	struct enclave e;

	sig.signature[17] ^= 1;
	init_refused("signature", &sig, EPERM);
	sig = parts.sig;
	sig.q1[3] ^= 1;
	init_refused("Q1", &sig, EPERM);
	sig = parts.sig;
	sig.date ^= 1;
	init_refused("signed field altered", &sig, EPERM);
	sig = parts.sig;
	sig.vendor = 1;
	init_refused("vendor", &sig, EINVAL);

	other.sig.mrenclave[0] ^= 1;
	parts_sign(&other);
	init_refused("MRENCLAVE", &other.sig, EPERM);
	other.sig = parts.sig;
	other.sig.attributes |= ATTRIBUTE_DEBUG;
	other.sig.attributes_mask |= ATTRIBUTE_DEBUG;
	parts_sign(&other);
	init_refused("ATTRIBUTES", &other.sig, EPERM);

	check_section("a page is missing");
	CHECK_ROW("SGX_IOC_ENCLAVE_INIT", "sgx/ioctl.c sgx_encl_init()",
		  "a SIGSTRUCT that EINIT refuses", "EPERM");
	built(&e, 4096);
	CHECK_FAILS(call_init(e.fd, (uintptr_t)&parts.sig), EPERM);
	enclave_destroy(&e);
}

static int call_provision(int fd, int64_t provision)
{
	struct sgx_enclave_provision arg = { .fd = (uint64_t)provision };

	return ioctl(fd, SGX_IOC_ENCLAVE_PROVISION, &arg);
}

/* Build with ATTRIBUTE `bit`; at step `when` PROVISION is called. */
static int init_with(uint64_t bit, int when)
{
	struct enclave_options options = { .attributes = bit };
	struct parts own;
	struct enclave e;
	struct secs secs;
	int device = open("/dev/sgx_provision", O_RDONLY), ret, error;

	own = parts;
	enclave_sigstruct_fill(&own.sig, &options, parts.sig.mrenclave);
	parts_sign(&own);
	parts_begin(&own, &e, &secs);
	if (when == 0)
		CHECK_EQ(call_provision(e.fd, device), 0);
	CHECK_EQ(enclave_create(&e, &secs), 0);
	if (when == 1)
		CHECK_EQ(call_provision(e.fd, device), 0);
	parts_add_all(&own, &e);
	ret = call_init(e.fd, (uintptr_t)&own.sig);
	error = errno;
	close(device);
	enclave_destroy(&e);
	errno = error;
	return ret;
}

static void provision_rules(void)
{
	int enclave_fd = open("/dev/sgx_enclave", O_RDWR);
	int null = open("/dev/null", O_RDWR);
	int provision = open("/dev/sgx_provision", O_RDONLY);

	check_section("PROVISION");
	CHECK_ROW("SGX_IOC_ENCLAVE_PROVISION", "sgx/main.c sgx_set_attribute()",
		  "before CREATE, before and after INIT",
		  "lost, allowed, without effect");
	CHECK_FAILS(call_provision(enclave_fd, -1), EINVAL);
	CHECK_FAILS(call_provision(enclave_fd, null), EINVAL);
	CHECK_FAILS(call_provision(enclave_fd, enclave_fd), EINVAL);
	CHECK_FAILS(call_provision(enclave_fd, 999), EINVAL);
	CHECK_EQ(call_provision(enclave_fd, provision), 0);
	CHECK_EQ(call_provision(enclave_fd, (1ll << 32) | provision), 0);
	close(provision);
	close(null);
	close(enclave_fd);
	CHECK_FAILS(init_with(ATTRIBUTE_PROVISIONKEY, -1), EACCES);
	CHECK_FAILS(init_with(ATTRIBUTE_PROVISIONKEY, 0), EACCES);
	CHECK_EQ(init_with(ATTRIBUTE_PROVISIONKEY, 1), 0);
	CHECK_FAILS(init_with(ATTRIBUTE_EINITTOKENKEY, 1), EACCES);
}

static void sgx2_before_init(void)
{
	struct sgx_enclave_remove_pages remove = { .length = 4096 };
	struct sgx_enclave_modify_types modify = { .length = 4096,
						   .page_type = 4 };
	struct enclave e;

	check_section("SGX2 calls before INIT");
	parts_create(&parts, &e);
	if (ioctl(e.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &remove) == -1 &&
	    (errno == ENODEV || errno == ENOTTY)) {
		enclave_destroy(&e);
		return;
	}
	CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_REMOVE_PAGES, &remove), EINVAL);
	CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, &modify), EINVAL);
	CHECK_FAILS(ioctl(e.fd, SGX_IOC_ENCLAVE_MODIFY_TYPES, NOWHERE), EINVAL);
	enclave_destroy(&e);
}

static int adding_fd;
static uint8_t *big;
static atomic_bool added;

static void *add_much(void *unused)
{
	struct sgx_enclave_add_pages add = add_of(0, 32 << 20);

	(void)unused;
	add.src = (uint64_t)(uintptr_t)big;
	add.flags = SGX_PAGE_MEASURE;
	while (add.length) {
		/* The other thread's probe may have been in the way. */
		if (call_add(adding_fd, &add)) {
			if (!CHECK_EQ(errno, EBUSY))
				break;
			continue;
		}
		add.src += add.count;
		add.offset += add.count;
		add.length -= add.count;
	}
	added = true;
	return NULL;
}

/* While one ioctl works, another on the same enclave is turned away. */
static void busy(void)
{
	struct enclave e;
	struct secs secs;
	pthread_t thread;
	unsigned refused = 0;
	char unused = 0;

	check_section("EBUSY");
	CHECK_ROW("ioctl", "sgx/ioctl.c sgx_ioctl()",
		  "while another thread's is under way", "EBUSY");
	parts_begin(&parts, &e, &secs);
	enclave_destroy(&e);
	if (enclave_open(&e) || enclave_reserve(&e, 64 << 20))
		check_fatal("%s", enclave_error());
	secs.base = e.base;
	secs.size = e.size;
	CHECK_EQ(enclave_create(&e, &secs), 0);
	big = mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	adding_fd = e.fd;
	CHECK_EQ(pthread_create(&thread, NULL, add_much, NULL), 0);
	while (!added) {
		if (ioctl(e.fd, 0xa4fe, &unused) == -1 && errno == EBUSY)
			refused++;
		else
			CHECK_EQ(errno, ENOTTY);
	}
	pthread_join(thread, NULL);
	CHECK(refused > 0);
	munmap(big, 32 << 20);
	enclave_destroy(&e);
}

int main(void)
{
	check_timeout(45);
	parts_prepare(&parts, NULL, NULL);
	bad_pointers();
	wrong_state();
	absurd_secs();
	bad_ranges();
	bad_secinfo();
	partial_progress();
	bad_tcs();
	wrong_signatures();
	provision_rules();
	sgx2_before_init();
	busy();
	check_all_rows();
	return check_result();
}
