/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime as a file, which new images map.  It is made when it is first
 * wanted.  memfd_create(2); fcntl(2), F_ADD_SEALS: nobody can change it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/inject/inject.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int blob_file = -1;
static struct stat identity;

/* The list that follows the runtime is mapped from it, too. */
static int make(void)
{
	const ssize_t len = rt_blob_end - rt_blob;
	int fd = memfd_create("swsgx-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (!ftruncate(fd, RT_CODE_SPAN) &&
	    pwrite(fd, rt_blob, (size_t)len, 0) == len &&
	    !fcntl(fd, F_ADD_SEALS, SEALS) && !fstat(fd, &identity))
		return fd;
	close(fd);
	return -1;
}

int inject_blob_file(void)
{
	static bool tried;

	if (!tried)
		blob_file = make();
	tried = true;
	return blob_file;
}

bool inject_has_blob_file(pid_t pid, int fd)
{
	char path[64];
	struct stat st;

	if (fd < 0 || blob_file < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	return !stat(path, &st) && st.st_dev == identity.st_dev &&
	       st.st_ino == identity.st_ino;
}
