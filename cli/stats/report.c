/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/stats/report.h. */
#include "cli/stats/report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cli/message.h"
#include "cli/stats/stats.h"

static FILE *out; /* NULL: standard error */
static const char *name;

static bool is_json(const char *file)
{
	size_t n = strlen(file);

	return n >= 5 && !strcmp(file + n - 5, ".json");
}

int stats_report_open(const char *file)
{
	if (!file)
		return 0;
	name = file;
	out = fopen(file, "we");
	if (out)
		return 0;
	complain("--stats: cannot write %s: %s", file, strerror(errno));
	return -1;
}

static void close_file(void)
{
	bool failed = ferror(out) != 0;
	int err = failed ? EIO : 0;

	errno = 0;
	if (fclose(out)) {
		failed = true;
		err = errno;
	}
	if (failed)
		complain("--stats: %s is not complete: %s", name,
			 strerror(err));
}

static void put(const struct stats *s)
{
	if (name && is_json(name))
		stats_json(s, out, true);
	else if (!name && !stats_any(s))
		complain("--stats: the program used no SGX");
	else
		stats_text(s, out ? out : stderr,
			   stats_may_be_bold(out ? out : stderr));
}

void stats_report(int fd)
{
	struct stats s;
	int r = stats_read(fd, &s);

	if (r) {
		complain("--stats: cannot read them: %s", strerror(-r));
		return;
	}
	put(&s);
	stats_free(&s);
	if (out)
		close_file();
}
