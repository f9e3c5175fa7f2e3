/* SPDX-License-Identifier: BSD-3-Clause */
/* Which events are shown: a list of names with commas. */
#include <string.h>

#include "cli/message.h"
#include "cli/options.h"
#include "cli/trace/trace.h"

#define KNOWN "ioctl, leaf, fault, paging, signal, all"

static const char *const names[] = { "ioctl",  "leaf", "fault", "paging",
				     "signal", "all",  NULL };

static int one(const char *option, const char *word, size_t length,
	       uint32_t *classes)
{
	char name[32];
	const char *near;

	for (unsigned int i = 0; names[i]; i++) {
		if (strlen(names[i]) != length ||
		    strncmp(names[i], word, length) != 0)
			continue;
		*classes |= strcmp(names[i], "all") ? 1u << i : TAPE_CLASS_ALL;
		return 0;
	}
	snprintf(name, sizeof(name), "%.*s", (int)length, word);
	near = nearest_name(name, names);
	if (near)
		complain("--%s: no event is called '%s'; did you mean %s?  "
			 "There are " KNOWN,
			 option, name, near);
	else
		complain("--%s: no event is called '%s'; there are " KNOWN,
			 option, name);
	return -1;
}

int trace_filter(const char *option, const char *text, uint32_t *classes)
{
	*classes = 0;
	for (;;) {
		size_t length = strcspn(text, ",");

		if (one(option, text, length, classes))
			return -1;
		if (!text[length])
			return 0;
		text += length + 1;
	}
}
