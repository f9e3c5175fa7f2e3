/* SPDX-License-Identifier: BSD-3-Clause */
/* proc(5). */
#include <stddef.h>

#include "process/rt/base/string.h"
#include "process/rt/host/proc.h"

#define VM_FLAGS     "VmFlags:"
#define PERMS_LENGTH 5 /* "rwxp " */

static const char *hex(const char *s, uint64_t *value)
{
	*value = 0;
	for (; (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'f'); s++)
		*value = *value << 4 |
			 (uint64_t)(*s <= '9' ? *s - '0' : *s - 'a' + 10);
	return s;
}

static const char *decimal(const char *s, uint64_t *value)
{
	*value = 0;
	for (; *s >= '0' && *s <= '9'; s++)
		*value = *value * 10 + (uint64_t)(*s - '0');
	return s;
}

static const char *skip(const char *s, char c)
{
	while (*s == c)
		s++;
	return s;
}

/* What follows it in s, or NULL. */
static const char *behind(const char *s, const char *start)
{
	while (*start)
		if (*s++ != *start++)
			return NULL;
	return s;
}

static uint64_t device(uint64_t major, uint64_t minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffull) << 12;
}

/* "start-end rwxp offset major:minor inode   path" */
bool proc_mapping(const char *line, struct mapping *m)
{
	uint64_t offset, major, minor;
	const char *s = hex(line, &m->start);

	if (s == line || *s != '-')
		return false;
	s = hex(s + 1, &m->end);
	if (*s != ' ' || rt_strlen(s + 1) < PERMS_LENGTH)
		return false;
	for (unsigned int i = 0; i < sizeof(m->perms); i++)
		m->perms[i] = s[1 + i];
	s = hex(s + 1 + PERMS_LENGTH, &offset);
	s = hex(s + (*s == ' '), &major);
	s = hex(s + (*s == ':'), &minor);
	s = decimal(s + (*s == ' '), &m->ino);
	while (*s && *s != '/')
		s++;
	m->dev = device(major, minor);
	m->path = s;
	return true;
}

bool proc_mayexec(const char *line, bool *mayexec)
{
	const char *s = behind(line, VM_FLAGS);

	if (!s)
		return false;
	*mayexec = false;
	for (; *s; s++)
		if (s[0] == ' ' && s[1] == 'm' && s[2] == 'e')
			*mayexec = true;
	return true;
}

/* The second field is a name in parentheses, which may have any character. */
static const char *behind_name(const char *text)
{
	unsigned long n = rt_strlen(text);

	while (n && text[n - 1] != ')')
		n--;
	return text + n;
}

bool proc_stat(const char *text, uint64_t field[STAT_FIELDS])
{
	const char *s = behind_name(text);

	for (unsigned int i = STAT_STATE; i < STAT_FIELDS; i++) {
		s = skip(s, ' ');
		if (!*s)
			return false;
		s = decimal(s, &field[i]);
		while (*s && *s != ' ')
			s++;
	}
	return true;
}

bool proc_status(const char *text, const char *label, uint64_t *value)
{
	for (const char *s = text; *s; s++) {
		const char *end = s == text || s[-1] == '\n' ?
					  behind(s, label) :
					  NULL;

		if (!end)
			continue;
		hex(skip(skip(end, '\t'), ' '), value);
		return true;
	}
	return false;
}

uint32_t proc_mem(const char *path)
{
	const char *s = behind(path, "/proc/"), *task;
	uint64_t pid, tid;

	if (!s)
		return 0;
	s = decimal(s, &pid);
	task = behind(s, "/task/");
	if (task)
		s = decimal(task, &tid);
	return rt_streq(s, "/mem") ? (uint32_t)pid : 0;
}

char *proc_number(char *to, uint32_t n)
{
	char digits[12];
	int k = 0;

	do {
		digits[k++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (k)
		*to++ = digits[--k];
	*to = 0;
	return to;
}
