/* SPDX-License-Identifier: BSD-3-Clause */
/* How the library's own files report a failure; users call enclave_error(). */
#ifndef SWSGX_EXAMPLES_LIB_ERROR_H
#define SWSGX_EXAMPLES_LIB_ERROR_H

/* Set the message and errno; returns -1.  `return enclave_fail(EINVAL, ...)` */
int enclave_fail(int error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same with the text of errno after the message. */
int enclave_fail_errno(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif
