/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole files, in and out. */
#ifndef SWSGX_EXAMPLES_LIB_FILE_H
#define SWSGX_EXAMPLES_LIB_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* The file's bytes, malloc()ed; NULL on error (errno, enclave_error()). */
void *file_read(const char *path, size_t *length);

/*
 * Replace the file, or leave it as it was: temporary file, fsync, rename,
 * fsync of the directory.  When this returned 0, the new content survives a
 * crash.  -1 on error.
 */
int file_replace(const char *path, const void *data, size_t length,
		 mode_t mode);

/* `name` in the folder of the running program.  -1: too long. */
int file_beside_program(char *path, size_t size, const char *name);
/* An enclave's signature: its path with .sig for .elf.  -1: no .elf, or long */
int file_signature_of(char *sig, size_t size, const char *elf);

#endif
