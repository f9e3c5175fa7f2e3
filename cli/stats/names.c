/* SPDX-License-Identifier: BSD-3-Clause */
/* What the counters are called, and how a time is written. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/stats/stats.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define NAMES(variable, from, to, kind) \
	_Static_assert(LENGTH(kind##_json) == (to) - (from) + 1, "all"); \
	_Static_assert(LENGTH(kind##_text) == (to) - (from) + 1, "all"); \
	const struct stats_names variable = { from, (to) - (from) + 1, \
					      kind##_json, kind##_text }

/* clang-format off */
static const char *const aex_json[] = {
	"interrupt", "de", "db", "bp", "ud", "gp", "pf", "other",
};
static const char *const aex_text[] = {
	"interrupt", "#DE", "#DB", "#BP", "#UD", "#GP", "#PF", "other",
};
static const char *const fault_json[] = { "epcm", "pf", "gp", "ud", "other" };
static const char *const fault_text[] = {
	"#PF by the EPCM", "#PF", "#GP", "#UD", "other",
};
static const char *const leaf_json[] = {
	"ereport", "egetkey", "eaccept", "emodpe", "eacceptcopy", "other",
};
static const char *const leaf_text[] = {
	"EREPORT", "EGETKEY", "EACCEPT", "EMODPE", "EACCEPTCOPY", "other",
};
/* clang-format on */

NAMES(stats_aex, SGX_STAT_AEX_INTERRUPT, SGX_STAT_AEX_OTHER, aex);
NAMES(stats_faults, SGX_STAT_FAULT_EPCM, SGX_STAT_FAULT_OTHER, fault);
NAMES(stats_leaves, SGX_STAT_EREPORT, SGX_STAT_LEAF_OTHER, leaf);

uint64_t stats_sum(const uint64_t count[SGX_STATS],
		   const struct stats_names *names)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < names->n; i++)
		sum += count[names->first + i];
	return sum;
}

void stats_time(char *text, size_t size, uint64_t ns)
{
	static const char *const units[] = { "us", "ms", "s" };
	unsigned int unit = 0;
	double n = (double)ns / 1e3;

	if (ns < 1000) {
		snprintf(text, size, "%" PRIu64 " ns", ns);
		return;
	}
	/* what would be rounded to 1000 is 1.00 of the next */
	for (; n >= 999.5 && unit < LENGTH(units) - 1; unit++)
		n /= 1e3;
	snprintf(text, size, "%.*f %s",
		 n < 9.995 ? 2 :
		 n < 99.95 ? 1 :
			     0,
		 n, units[unit]);
}

bool stats_may_be_bold(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && *term && strcmp(term, "dumb") &&
	       isatty(fileno(out));
}
