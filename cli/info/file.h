/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that `swsgx info` decodes, whole in memory.  Its content cannot be
 * trusted, so every offset is followed by file_at().
 */
#ifndef SWSGX_CLI_INFO_FILE_H
#define SWSGX_CLI_INFO_FILE_H

#include <stddef.h>
#include <stdint.h>

/* No enclave is larger.  Without a limit /dev/zero would be read for ever. */
#define FILE_SIZE_MAX (1ull << 31)

struct file {
	const char *path; /* as the user named it */
	uint8_t *bytes;
	size_t size;
};

/* 0, or -1 after a complaint.  Free it by file_free(). */
int file_read(struct file *file, const char *path);
void file_free(struct file *file);

/* The n bytes at this offset, not aligned; NULL if they are not all there. */
const uint8_t *file_at(const struct file *file, uint64_t offset, uint64_t n);

/* Little-endian numbers, at any alignment. */
uint32_t get_le32(const uint8_t *p);
uint64_t get_le64(const uint8_t *p);

#endif
