/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole files, in and out.  rename(2) is what makes the replacement atomic. */
#include "examples/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "examples/lib/error.h"

#define FILE_MAX (1l << 30)

static int read_all(int fd, char *data, size_t length)
{
	while (length) {
		ssize_t n = read(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO; /* shorter than fstat said */
			return -1;
		}
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

static void *read_fd(int fd, const char *path, size_t *length)
{
	struct stat st;
	char *data;

	if (fstat(fd, &st)) {
		enclave_fail_errno("%s", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		enclave_fail(EINVAL,
			     "%s: expected a regular file of at most "
			     "%ld bytes",
			     path, FILE_MAX);
		return NULL;
	}
	*length = (size_t)st.st_size;
	data = malloc(*length + 1);
	if (!data || read_all(fd, data, *length)) {
		enclave_fail_errno("%s: read", path);
		free(data);
		return NULL;
	}
	return data;
}

void *file_read(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data;
	int error;

	if (fd < 0) {
		enclave_fail_errno("%s", path);
		return NULL;
	}
	data = read_fd(fd, path, length);
	error = errno;
	close(fd);
	errno = error;
	return data;
}

static int fsync_directory_of(const char *path)
{
	char copy[PATH_MAX];
	int fd, ret;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = fsync(fd);
	close(fd);
	return ret;
}

static int write_file(const char *path, const void *data, size_t length,
		      mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0)
		return -1;
	if (write_all(fd, data, length) || fsync(fd)) {
		close(fd);
		return -1;
	}
	return close(fd);
}

int file_replace(const char *path, const void *data, size_t length, mode_t mode)
{
	char tmp[PATH_MAX];
	int error;

	if (snprintf(tmp, sizeof(tmp), "%s.%ld.tmp", path, (long)getpid()) >=
	    (int)sizeof(tmp))
		return enclave_fail(ENAMETOOLONG, "%s: path too long", path);
	if (write_file(tmp, data, length, mode) || rename(tmp, path) ||
	    fsync_directory_of(path)) {
		enclave_fail_errno("%s: write", path);
		error = errno;
		unlink(tmp);
		errno = error;
		return -1;
	}
	return 0;
}

int file_beside_program(char *path, size_t size, const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return -1;
	self[n] = '\0';
	return snprintf(path, size, "%s/%s", dirname(self), name) >= (int)size ?
		       -1 :
		       0;
}

int file_signature_of(char *sig, size_t size, const char *elf)
{
	size_t n = strlen(elf);

	if (n < 4 || strcmp(elf + n - 4, ".elf") || n >= size)
		return -1;
	memcpy(sig, elf, n + 1);
	memcpy(sig + n - 4, ".sig", 4);
	return 0;
}
