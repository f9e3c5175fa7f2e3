/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/supervisor/injection/text.h. */
#include "process/supervisor/injection/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_NS 100000ull /* the server has other things to do */
#define CERTAIN     (1ull << 53)

static const char *const events[] = { INJECTION_EVENT_NAMES };
static const char *const whens[] = { INJECTION_WHEN_NAMES };

static int find(const char *word, size_t length, const char *const *names,
		unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (strlen(names[i]) == length &&
		    !strncmp(names[i], word, length))
			return (int)i;
	return -1;
}

static int parse_number(const char *text, uint64_t *n)
{
	char *end;

	errno = 0;
	*n = strtoull(text, &end, 10);
	return !isdigit((unsigned char)*text) || *end || errno || !*n ? -1 : 0;
}

static int parse_duration(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
		{ "m", 60000000000 },
	};
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || errno)
		return -1;
	for (unsigned int i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (n > INT64_MAX / units[i].ns)
			return -1;
		*ns = n * units[i].ns;
		return *ns >= SHORTEST_NS ? 0 : -1;
	}
	return -1;
}

static int parse_probability(const char *text, uint64_t *n)
{
	char *end;
	double p;

	/* strtod() takes hexadecimal numbers, names and a sign, too. */
	if (strspn(text, "0123456789.") != strlen(text) || !*text)
		return -1;
	p = strtod(text, &end);
	if (*end || !(p > 0 && p <= 1))
		return -1;
	*n = (uint64_t)(p * (double)CERTAIN);
	return 0;
}

static int parse_value(struct sgx_injection *in, const char *text, char *why,
		       size_t size)
{
	const char *expected;
	int r;

	if (in->when == SGX_WHEN_RANDOM) {
		r = parse_probability(text, &in->n);
		expected = "a probability above 0 and up to 1, such as 0.01";
	} else if (in->when >= SGX_COUNTED) {
		r = parse_duration(text, &in->n);
		expected = "a time with us, ms, s or m behind it, 100us or "
			   "more, such as 20ms";
	} else {
		r = parse_number(text, &in->n);
		expected = "a whole number from 1 on";
	}
	if (r)
		snprintf(why, size, "'%s' after '%s=': expected %s", text,
			 whens[in->when], expected);
	return r;
}

static int parse_when(struct sgx_injection *in, const char *text, char *why,
		      size_t size)
{
	size_t length = strcspn(text, "=");
	int when = find(text, length, whens, SGX_WHENS);

	if (when < 0) {
		snprintf(why, size,
			 "unknown WHEN '%.*s'; expected eenter=N, eexit=N, "
			 "eresume=N, fault=N, ioctl=N, aesm=N, time=DURATION, "
			 "every=DURATION or random=PROBABILITY",
			 (int)length, text);
		return -1;
	}
	in->when = (uint32_t)when;
	if (text[length] == '=')
		return parse_value(in, text + length + 1, why, size);
	snprintf(why, size, "'%s' needs a value: %s=...", text, text);
	return -1;
}

int injection_parse(const char *text, struct sgx_injection *in, char *why,
		    size_t size)
{
	size_t length = strcspn(text, "@");
	int event = find(text, length, events, SGX_EVENTS);

	memset(in, 0, sizeof(*in));
	if (event < 0) {
		snprintf(why, size,
			 "unknown EVENT '%.*s'; expected epc-loss, migrate, "
			 "aex, evict, aesm-busy, aesm-uninitialized, "
			 "aesm-unavailable, aesm-gone or aesm-cut",
			 (int)length, text);
		return -1;
	}
	if (!text[length]) {
		snprintf(why, size,
			 "when?  Expected %s@WHEN, such as "
			 "%s@eenter=3",
			 text, text);
		return -1;
	}
	if (strlen(text) >= sizeof(in->text)) {
		snprintf(why, size, "too long");
		return -1;
	}
	in->event = (uint32_t)event;
	strcpy(in->text, text);
	return parse_when(in, text + length + 1, why, size);
}
