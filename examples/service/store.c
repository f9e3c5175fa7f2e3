/* SPDX-License-Identifier: BSD-3-Clause */
/* Sealed state and counter on disk. */
#include "examples/service/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "examples/lib/error.h"
#include "examples/lib/file.h"

/* `name` in dir, open; -1 with enclave_error(). */
static int open_in(const char *dir, const char *name)
{
	char path[sizeof(((struct store *)0)->path)];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		enclave_fail_errno("%s", path);
	return fd;
}

int store_open(struct store *store, const char *dir)
{
	memset(store, 0, sizeof(*store));
	store->lock = store->counter_fd = -1;
	pthread_mutex_init(&store->mutex, NULL);
	if (snprintf(store->path, sizeof(store->path), "%s/service.sealed",
		     dir) >= (int)sizeof(store->path))
		return enclave_fail(ENAMETOOLONG, "%s: path too long", dir);
	if (mkdir(dir, 0700) && errno != EEXIST)
		return enclave_fail_errno("%s", dir);
	store->lock = open_in(dir, "lock");
	if (store->lock < 0)
		return -1;
	if (flock(store->lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ?
			       enclave_fail(EBUSY,
					    "%s: another process has "
					    "this service open",
					    dir) :
			       enclave_fail_errno("%s: lock", dir);
	store->counter_fd = open_in(dir, "counter");
	return store->counter_fd < 0 ? -1 : 0;
}

void store_close(struct store *store)
{
	if (store->lock >= 0)
		close(store->lock);
	if (store->counter_fd >= 0)
		close(store->counter_fd);
	store->lock = store->counter_fd = -1;
	pthread_mutex_destroy(&store->mutex);
}

static int read_sealed(struct store *store, struct service_sealed *sealed)
{
	size_t length;
	void *data;

	if (access(store->path, F_OK) && errno == ENOENT)
		return 0;
	data = file_read(store->path, &length);
	if (!data)
		return -1;
	if (length == sizeof(*sealed))
		memcpy(sealed, data, sizeof(*sealed));
	free(data);
	if (length != sizeof(*sealed))
		return enclave_fail(EINVAL,
				    "%s: %zu bytes: expected sealed "
				    "state of %zu",
				    store->path, length, sizeof(*sealed));
	return 1;
}

int store_read(struct store *store, struct service_call *call)
{
	ssize_t n = pread(store->counter_fd, &call->counter,
			  sizeof(call->counter), 0);

	if (n < 0)
		return enclave_fail_errno("%s: counter", store->path);
	if (n < (ssize_t)sizeof(call->counter))
		call->counter = 0;
	return read_sealed(store, &call->sealed);
}

/*
 * State first, then the counter: a crash between the two leaves a state that
 * is newer than the counter, which is as good as equal.  The other way round
 * it would leave a state that is refused.
 */
static int write_both(struct store *store, const struct service_call *call)
{
	uint64_t version = call->version;

	if (file_replace(store->path, &call->sealed, sizeof(call->sealed),
			 0600))
		return -1;
	if (pwrite(store->counter_fd, &version, sizeof(version), 0) !=
		    sizeof(version) ||
	    fdatasync(store->counter_fd))
		return enclave_fail_errno("%s: counter", store->path);
	store->version = version;
	store->written = true;
	return 0;
}

int store_commit(struct store *store, const struct service_call *call)
{
	int ret = 0;

	pthread_mutex_lock(&store->mutex);
	/* A thread that was inside later has sealed this request, too. */
	if (!store->written || call->version > store->version)
		ret = write_both(store, call);
	pthread_mutex_unlock(&store->mutex);
	return ret;
}
