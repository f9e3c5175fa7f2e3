/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/info/file.h. */
#include "cli/info/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/message.h"

#define FIRST_ROOM (64u << 10)

static int too_large(const char *path)
{
	complain("cannot read %s: larger than %llu MiB, and no enclave is",
		 path, FILE_SIZE_MAX >> 20);
	return -1;
}

/* The size that stat() gives may already be too large. */
static bool says_too_large(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       st.st_size > (off_t)FILE_SIZE_MAX;
}

/* Read into one byte more than stat() says, to find the end of the file. */
static size_t first_room(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size < (off_t)FIRST_ROOM ||
	    st.st_size >= (off_t)FILE_SIZE_MAX)
		return FIRST_ROOM;
	return (size_t)st.st_size + 1;
}

static int grow(struct file *file, size_t *room)
{
	uint8_t *bytes;

	if (file->bytes && file->size < *room)
		return 0;
	if (*room > FILE_SIZE_MAX)
		return -EFBIG;
	if (file->bytes)
		*room *= 2;
	bytes = realloc(file->bytes, *room);
	if (!bytes)
		return -ENOMEM;
	file->bytes = bytes;
	return 0;
}

static int read_all(struct file *file, int fd)
{
	size_t room = first_room(fd);
	ssize_t n;
	int error;

	do {
		error = grow(file, &room);
		if (error)
			return error;
		n = read(fd, file->bytes + file->size, room - file->size);
		if (n < 0)
			return -errno;
		file->size += (size_t)n;
	} while (n);
	return 0;
}

int file_read(struct file *file, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	*file = (struct file){ .path = path };
	if (fd < 0) {
		complain("cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	error = says_too_large(fd) ? -EFBIG : read_all(file, fd);
	close(fd);
	if (!error)
		return 0;
	file_free(file);
	if (error == -EFBIG)
		return too_large(path);
	complain("cannot read %s: %s", path, strerror(-error));
	return -1;
}

void file_free(struct file *file)
{
	free(file->bytes);
	file->bytes = NULL;
	file->size = 0;
}

const uint8_t *file_at(const struct file *file, uint64_t offset, uint64_t n)
{
	if (offset > file->size || n > file->size - offset)
		return NULL;
	return file->bytes + offset;
}

uint32_t get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}
