/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Address space that the program has reserved and does not use.  Sanitizers
 * leave no room: what they do not want to be used they map, inaccessible.
 * proc(5), /proc/PID/maps.
 */
#include <linux/fcntl.h>

#include "process/rt/base/sys.h"
#include "process/rt/host/host.h"

#define CHUNK	1024

/* A line of the file, as far as it has been read. */
struct mapping {
	uint64_t number[2];	/* start, end */
	unsigned int field;	/* two numbers, permissions, what is left */
	unsigned int column;	/* in the permissions */
	bool inaccessible;
};

static uint64_t digit(char c)
{
	return (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* True: the permissions have been read. */
static bool take(struct mapping *l, char c)
{
	static const char none[] = "---p";

	if (c == '\n') {
		*l = (struct mapping){ .inaccessible = true };
	} else if (l->field < 2) {
		if (c == '-' || c == ' ')
			l->field++;
		else
			l->number[l->field] = l->number[l->field] << 4 |
					      digit(c);
	} else if (l->field == 2) {
		l->inaccessible &= c == none[l->column++];
		l->field += l->column == sizeof(none) - 1;
		return l->field == 3;
	}
	return false;
}

static uint64_t search(int fd, uint64_t size)
{
	struct mapping l = { .inaccessible = true };
	char text[CHUNK];
	long n;

	while ((n = sys3(__NR_read, fd, text, sizeof(text))) > 0) {
		for (long i = 0; i < n; i++)
			if (take(&l, text[i]) && l.inaccessible &&
			    l.number[1] - l.number[0] >= size)
				return l.number[0];
	}
	return 0;
}

uint64_t rt_find_reserved(uint64_t size)
{
	long fd = sys4(__NR_openat, AT_FDCWD, "/proc/self/maps",
		       O_RDONLY | O_CLOEXEC, 0);
	uint64_t start;

	if (fd < 0)
		return 0;
	start = search((int)fd, size);
	sys1(__NR_close, fd);
	return start;
}
