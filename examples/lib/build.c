/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An enclave's life, by /dev/sgx_enclave.
 * Source: Linux, Documentation/arch/x86/sgx.rst and <asm/sgx.h>.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "examples/lib/enclave.h"
#include "examples/lib/error.h"

#define DEVICE "/dev/sgx_enclave"

int enclave_open(struct enclave *e)
{
	e->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (e->fd < 0)
		return enclave_fail_errno("open %s", DEVICE);
	return 0;
}

/* ELRANGE must be aligned to its size: take twice as much, and trim. */
int enclave_reserve(struct enclave *e, uint64_t size)
{
	uint8_t *area = mmap(NULL, 2 * size, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0);
	uint64_t start = (uint64_t)(uintptr_t)area;
	uint64_t base = (start + size - 1) & ~(size - 1);

	if (area == MAP_FAILED)
		return enclave_fail_errno("reserve %llu bytes for the enclave",
					  (unsigned long long)size);
	if (base > start)
		munmap(area, base - start);
	if (start + size > base)
		munmap((void *)(uintptr_t)(base + size), start + size - base);
	e->base = base;
	e->size = size;
	return 0;
}

void enclave_secs_fill(struct secs *secs, const struct enclave *e,
		       const struct enclave_image *image,
		       const struct sigstruct *sig)
{
	memset(secs, 0, sizeof(*secs));
	secs->size = e->size;
	secs->base = e->base;
	secs->ssaframesize = image->ssaframesize;
	secs->miscselect = sig->miscselect;
	secs->attributes = sig->attributes;
	secs->xfrm = sig->xfrm;
}

int enclave_create(struct enclave *e, const struct secs *secs)
{
	struct sgx_enclave_create create = {
		.src = (uint64_t)(uintptr_t)secs,
	};

	if (ioctl(e->fd, SGX_IOC_ENCLAVE_CREATE, &create))
		return enclave_fail_errno("SGX_IOC_ENCLAVE_CREATE");
	return 0;
}

int enclave_add_pages(struct enclave *e, uint64_t offset, const void *source,
		      uint64_t length, uint64_t secinfo_flags, bool measure,
		      uint64_t *added)
{
	struct secinfo secinfo = { .flags = secinfo_flags };
	struct sgx_enclave_add_pages add = {
		.src = (uint64_t)(uintptr_t)source,
		.offset = offset,
		.length = length,
		.secinfo = (uint64_t)(uintptr_t)&secinfo,
		.flags = measure ? SGX_PAGE_MEASURE : 0,
	};
	uint64_t done = 0;
	int ret;

	do {
		add.count = 0;
		ret = ioctl(e->fd, SGX_IOC_ENCLAVE_ADD_PAGES, &add);
		done += add.count;
		add.src += add.count;
		add.offset += add.count;
		add.length -= add.count;
	} while ((ret == 0 && add.length) || (ret && errno == EINTR));
	if (added)
		*added = done;
	if (ret)
		return enclave_fail_errno("SGX_IOC_ENCLAVE_ADD_PAGES at "
					  "offset 0x%llx",
					  add.offset);
	return 0;
}

int enclave_add_segment(struct enclave *e, const struct enclave_image *image,
			unsigned segment)
{
	const struct enclave_segment *s = &image->segments[segment];

	return enclave_add_pages(e, s->offset, image->memory + s->offset,
				 s->length, s->flags, true, NULL);
}

int enclave_init(struct enclave *e, const struct sigstruct *sig)
{
	struct sgx_enclave_init init = {
		.sigstruct = (uint64_t)(uintptr_t)sig,
	};
	int ret;

	do {
		ret = ioctl(e->fd, SGX_IOC_ENCLAVE_INIT, &init);
	} while (ret < 0 && errno == EINTR);
	if (ret > 0)
		return enclave_fail(EPERM, "SGX_IOC_ENCLAVE_INIT: SGX error %d",
				    ret);
	if (ret)
		return enclave_fail_errno("SGX_IOC_ENCLAVE_INIT");
	return 0;
}

int enclave_map(struct enclave *e, const struct enclave_image *image)
{
	unsigned i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct enclave_segment *s = &image->segments[i];
		void *at = (void *)(uintptr_t)(e->base + s->offset);

		if (mmap(at, s->length, s->prot, MAP_SHARED | MAP_FIXED, e->fd,
			 0) != at)
			return enclave_fail_errno("mmap of segment %u", i);
	}
	e->nr_tcs = image->nr_tcs;
	for (i = 0; i < image->nr_tcs; i++)
		e->tcs[i] = e->base + i * ENCLAVE_PAGE;
	return 0;
}

static int add_all(struct enclave *e, const struct enclave_image *image)
{
	unsigned i;

	for (i = 0; i < image->nr_segments; i++)
		if (enclave_add_segment(e, image, i))
			return -1;
	return 0;
}

static int build(struct enclave *e, const struct enclave_image *image,
		 const struct sigstruct *sig,
		 const struct enclave_options *options)
{
	struct secs secs;

	if (enclave_open(e) || enclave_reserve(e, image->size))
		return -1;
	enclave_secs_fill(&secs, e, image, sig);
	if (options) {
		memcpy(secs.config_id, options->config_id,
		       sizeof(secs.config_id));
		secs.config_svn = options->config_svn;
	}
	if (enclave_create(e, &secs) || add_all(e, image) ||
	    enclave_init(e, sig) || enclave_map(e, image))
		return -1;
	return 0;
}

static int build_or_nothing(struct enclave *e,
			    const struct enclave_image *image,
			    const struct sigstruct *sig,
			    const struct enclave_options *options)
{
	int error;

	*e = (struct enclave)ENCLAVE_NONE;
	if (build(e, image, sig, options)) {
		error = errno;
		enclave_destroy(e);
		errno = error;
		return -1;
	}
	return 0;
}

int enclave_build(struct enclave *e, const struct enclave_image *image,
		  const struct sigstruct *sig)
{
	return build_or_nothing(e, image, sig, NULL);
}

/* Key generation takes a second or so: once for each process. */
static struct enclave_key *process_key;

static void make_process_key(void)
{
	process_key = enclave_key_generate();
}

static const struct enclave_key *default_key(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_process_key);
	return process_key;
}

int enclave_load(struct enclave *e, const char *path,
		 const struct enclave_key *key,
		 const struct enclave_options *options)
{
	struct enclave_image image;
	struct sigstruct sig;
	uint8_t mrenclave[32];
	int ret = -1, error;

	*e = (struct enclave)ENCLAVE_NONE;
	if (!key)
		key = default_key();
	if (!key || enclave_image_load(&image, path))
		return -1;
	if (!enclave_measure_image(&image, mrenclave)) {
		enclave_sigstruct_fill(&sig, options, mrenclave);
		if (!enclave_sigstruct_sign(&sig, key))
			ret = build_or_nothing(e, &image, &sig, options);
	}
	error = errno;
	enclave_image_free(&image);
	errno = error;
	return ret;
}

void enclave_destroy(struct enclave *e)
{
	if (e->size)
		munmap((void *)(uintptr_t)e->base, e->size);
	if (e->fd >= 0)
		close(e->fd);
	*e = (struct enclave)ENCLAVE_NONE;
}
