/* SPDX-License-Identifier: BSD-3-Clause */
/* Sealed state on disk. */
#include "examples/ledger/store.h"

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

static int take_lock(struct store *store, const char *dir)
{
	char path[sizeof(store->path)];

	snprintf(path, sizeof(path), "%s/lock", dir);
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return enclave_fail_errno("%s", path);
	if (flock(store->lock, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			enclave_fail(EBUSY,
				     "%s: another process has this "
				     "ledger open",
				     dir);
		else
			enclave_fail_errno("%s: lock", path);
		close(store->lock);
		return -1;
	}
	return 0;
}

int store_open(struct store *store, const char *dir)
{
	store->lock = -1;
	if (snprintf(store->path, sizeof(store->path), "%s/ledger.sealed",
		     dir) >= (int)sizeof(store->path))
		return enclave_fail(ENAMETOOLONG, "%s: path too long", dir);
	if (mkdir(dir, 0700) && errno != EEXIST)
		return enclave_fail_errno("%s", dir);
	return take_lock(store, dir);
}

void store_close(struct store *store)
{
	if (store->lock >= 0)
		close(store->lock);
	store->lock = -1;
}

int store_read(const struct store *store, struct ledger_sealed *sealed)
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
				    "%s: %zu bytes: expected a sealed "
				    "ledger of %zu",
				    store->path, length, sizeof(*sealed));
	return 1;
}

int store_write(const struct store *store, const struct ledger_sealed *sealed)
{
	return file_replace(store->path, sealed, sizeof(*sealed), 0600);
}
