/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What nettle's archive wants of a libc: for its assertions and its choice of
 * code at start.  Nothing of it lies on a path that cpu/ takes later.
 */
#include <stddef.h>

#include "process/rt/base/log.h"
#include "process/rt/base/string.h"

char *getenv(const char *name);
char *secure_getenv(const char *name);
size_t strlen(const char *s);
char *strchr(const char *s, int c);
size_t fwrite(const void *p, size_t size, size_t n, void *stream);
int __fprintf_chk(void *stream, int flag, const char *format, ...);
_Noreturn void __assert_fail(const char *what, const char *file,
			     unsigned int line, const char *function);
_Noreturn void __stack_chk_fail(void);

void *stderr;

/* nettle asks for overrides of its choice of code: there are none. */
char *getenv(const char *name)
{
	(void)name;
	return NULL;
}

char *secure_getenv(const char *name)
{
	return getenv(name);
}

size_t strlen(const char *s)
{
	return rt_strlen(s);
}

char *strchr(const char *s, int c)
{
	for (; *s; s++)
		if (*s == (char)c)
			return (char *)s;
	return c ? NULL : (char *)s;
}

/* Reports of its choice, which only an override would ask for. */
size_t fwrite(const void *p, size_t size, size_t n, void *stream)
{
	(void)p;
	(void)size;
	(void)stream;
	return n;
}

int __fprintf_chk(void *stream, int flag, const char *format, ...)
{
	(void)stream;
	(void)flag;
	(void)format;
	return 0;
}

void __assert_fail(const char *what, const char *file, unsigned int line,
		   const char *function)
{
	(void)function;
	rt_panic("bug: nettle: %s:%u: %s", file, line, what);
}

void __stack_chk_fail(void)
{
	rt_panic("bug: nettle: stack overrun");
}
