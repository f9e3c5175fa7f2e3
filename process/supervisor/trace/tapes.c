/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/trace/tapes.h. */
#include "process/supervisor/trace/tapes.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kernel/machine/stat.h"
#include "kernel/platform/layout.h"
#include "process/ctl.h"
#include "process/tape_records.h"

#define OWN 0 /* the server's */

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void *map(const struct tapes *tapes, size_t size, uint64_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, tapes->fd,
		    (off_t)offset);
}

int tapes_create(struct tapes *tapes, struct sgx_shared *shared)
{
	memset(tapes, 0, sizeof(*tapes));
	tapes->shared = shared;
	tapes->fd = memfd_create("swsgx-tapes", MFD_CLOEXEC);
	if (tapes->fd < 0 || ftruncate(tapes->fd, TAPE_FILE_SIZE) < 0)
		return -errno;
	tapes->file = map(tapes, TAPE_FILE_HEAD, 0);
	tapes->own.data = map(tapes, TAPE_SIZE, TAPE_AT(OWN));
	if (tapes->file == MAP_FAILED || tapes->own.data == MAP_FAILED)
		return -errno;
	tapes->own.head = &tapes->file->heads[OWN];
	*tapes->file = (struct tape_file){
		.magic = TAPE_MAGIC,
		.version = TAPE_VERSION,
		.size_of_record = sizeof(struct tape_record),
		.start = now(CLOCK_MONOTONIC),
		.start_real = now(CLOCK_REALTIME),
		.nr_tapes = 1,
	};
	tapes->own.head->owner = UINT64_MAX;
	return 0;
}

void tapes_leave(struct tapes *tapes)
{
	munmap(tapes->file, TAPE_FILE_HEAD);
	munmap(tapes->own.data, TAPE_SIZE);
	close(tapes->fd);
}

/* What anybody wants. */
static void set_classes(const struct tapes *tapes)
{
	uint32_t classes = 0;

	for (unsigned int i = 0; i < tapes->readers; i++)
		classes |= tapes->reader[i].classes;
	sgx_trace_set(tapes->shared, classes);
}

int tapes_follow(struct tapes *tapes, int fd, uint32_t classes)
{
	if (classes & ~TAPE_CLASS_ALL)
		return -EINVAL;
	if (tapes->readers == TAPES_READERS)
		return -EBUSY;
	tapes->reader[tapes->readers].fd = fd;
	tapes->reader[tapes->readers++].classes = classes;
	set_classes(tapes);
	return 0;
}

void tapes_forget(struct tapes *tapes, int fd)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < tapes->readers; i++)
		if (tapes->reader[i].fd != fd)
			tapes->reader[n++] = tapes->reader[i];
	if (n == tapes->readers)
		return;
	tapes->readers = n;
	set_classes(tapes);
}

static void put(const struct tapes *tapes, struct tape_record *r,
		enum tape_kind kind, size_t size)
{
	_Static_assert(sizeof(struct tape_event) % 8 == 0 &&
			       sizeof(struct tape_paging) % 8 == 0,
		       "sizes of records");
	r->kind = (uint16_t)kind;
	r->size = (uint32_t)size;
	r->time = now(CLOCK_MONOTONIC);
	r->pid = r->tid = 0;
	tape_put(&tapes->own, r);
}

static bool wanted(const struct tapes *tapes)
{
	return sgx_trace(tapes->shared) & TAPE_CLASS_PAGING;
}

void tapes_paging(struct tapes *tapes, enum sgx_paged how,
		  const struct sgx_encl *encl, uint64_t addr)
{
	struct tape_paging r = { .op = how, .address = addr };
	struct sgx_encl_facts facts;

	if (!wanted(tapes))
		return;
	sgx_encl_facts(tapes->shared, encl, &facts);
	r.encl = facts.index;
	r.enclave = (struct tape_enclave){ facts.base, facts.size };
	r.epc_free = facts.epc_free;
	r.epc_total = facts.epc_total;
	put(tapes, &r.r, TAPE_PAGING, sizeof(r));
}

void tapes_event(struct tapes *tapes, const struct msg *msg,
		 const struct sgx_injection *in)
{
	struct tape_event r = { .r.flags = TAPE_INJECTED,
				.event = msg->event.event,
				.origin = msg->event.origin,
				.n = msg->event.n,
				.enclaves = msg->event.enclaves,
				.pages = msg->event.pages,
				.threads = msg->event.threads };

	_Static_assert(sizeof(r.text) == sizeof(in->text), "has room");
	if (in)
		memcpy(r.text, in->text, sizeof(r.text));
	if (wanted(tapes))
		put(tapes, &r.r, TAPE_EVENT, sizeof(r));
}
