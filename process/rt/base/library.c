/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What nettle's archive needs of libc, for assertions and for choosing its code
 * at start.  cpu/ calls nothing of this later.
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

/* nettle reads overrides of its choice from the environment: none. */
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

/* It reports its choice only if an override asks for that. */
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
