/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of a file, without memory for all of it. */
#include <linux/fcntl.h>

#include "process/rt/base/sys.h"
#include "process/rt/host/lines.h"

#define CHUNK 1024

struct reader {
	char text[RT_LINE_MAX];
	unsigned int length;
};

/* True: c ends a line, which is in r->text. */
static bool ends(struct reader *r, char c)
{
	if (c != '\n') {
		if (r->length < sizeof(r->text) - 1)
			r->text[r->length++] = c;
		return false;
	}
	r->text[r->length] = 0;
	r->length = 0;
	return true;
}

static bool read_lines(int fd, bool (*line)(const char *text, void *arg),
		       void *arg)
{
	struct reader r = { .length = 0 };
	char chunk[CHUNK];
	long n;

	while ((n = sys3(__NR_read, fd, chunk, sizeof(chunk))) > 0) {
		for (long i = 0; i < n; i++)
			if (ends(&r, chunk[i]) && line(r.text, arg))
				return true;
	}
	return false;
}

bool rt_read_lines(const char *path, bool (*line)(const char *text, void *arg),
		   void *arg)
{
	long fd = sys4(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	bool found;

	if (fd < 0)
		return false;
	found = read_lines((int)fd, line, arg);
	sys1(__NR_close, fd);
	return found;
}
