/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/stats/stats.h.  The file may come from another version of swsgx. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/stats/stats.h"

static int slurp(int fd, void *data, size_t size)
{
	char *p = data;
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, p + done, size - done, (off_t)done);

		if (n < 0)
			return -errno;
		if (!n)
			return -EPROTO;
		done += (size_t)n;
	}
	return 0;
}

/* Do the numbers in it agree with its size? */
static bool is_whole(const struct stats_run *run, size_t size)
{
	if (size < sizeof(*run) || run->version != STATS_VERSION ||
	    run->size != size)
		return false;
	return sizeof(*run) +
		       (uint64_t)run->nr_threads * sizeof(struct stats_thread) +
		       (uint64_t)run->nr_enclaves *
			       sizeof(struct stats_enclave) ==
	       size;
}

int stats_read(int fd, struct stats *s)
{
	struct stats_run *run;
	struct stat st;
	int r;

	if (fd < 0)
		return -EPROTO;
	if (fstat(fd, &st))
		return -errno;
	run = calloc(1, (size_t)st.st_size + sizeof(*run));
	if (!run)
		return -ENOMEM;
	r = slurp(fd, run, (size_t)st.st_size);
	if (!r && !is_whole(run, (size_t)st.st_size))
		r = -EPROTO;
	if (r) {
		free(run);
		return r;
	}
	s->run = run;
	s->threads = (const void *)(run + 1);
	s->enclaves = (const void *)(s->threads + run->nr_threads);
	return 0;
}

void stats_free(struct stats *s)
{
	free((void *)(uintptr_t)s->run);
}

bool stats_any(const struct stats *s)
{
	const struct rt_counters *c = &s->run->counters;

	return s->run->nr_threads || s->run->nr_enclaves || c->ioctl ||
	       c->enclaves || c->eenter;
}
