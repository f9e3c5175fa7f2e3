/* SPDX-License-Identifier: BSD-3-Clause */
/* The last failure, in words, one for each thread. */
#include "examples/lib/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "examples/lib/enclave.h"

static _Thread_local char message[ENCLAVE_ERROR_SIZE];

const char *enclave_error(void)
{
	return message;
}

int enclave_fail(int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	errno = error;
	return -1;
}

int enclave_fail_errno(const char *format, ...)
{
	int error = errno;
	size_t n;
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	n = strlen(message);
	snprintf(message + n, sizeof(message) - n, ": %s", strerror(error));
	errno = error;
	return -1;
}
