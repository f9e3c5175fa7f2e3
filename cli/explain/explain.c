/* SPDX-License-Identifier: BSD-3-Clause */
/* Common to all readers; see explain.h. */
#include "cli/explain/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

void explain_begin(struct report *report, const struct question *q,
		   const char *kind, const char *title)
{
	report_item(report, "meanings", title);
	report_text(report, "of", NULL, q->text);
	report_text(report, "kind", NULL, kind);
}

void explain_means(struct report *report, const char *means, const char *next)
{
	report_prose(report, "means", "means", means);
	if (next)
		report_prose(report, "next", "what to do", next);
}

static bool asks_for(const struct question *q, const struct meaning *row)
{
	return q->is_number ? q->number == row->value :
			      !strcasecmp(q->text, row->name);
}

unsigned explain_row(struct report *report, const struct question *q,
		     const char *kind, const char *what,
		     const struct meaning *rows)
{
	char title[128];

	for (; rows->name; rows++) {
		if (!asks_for(q, rows))
			continue;
		snprintf(title, sizeof(title), "%s: %s, 0x%" PRIx64, what,
			 rows->name, rows->value);
		explain_begin(report, q, kind, title);
		report_text(report, "name", NULL, rows->name);
		report_hex(report, "value", NULL, rows->value);
		explain_means(report, rows->means, rows->next);
		return 1;
	}
	return 0;
}
