/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/size.h. */
#include "cli/size.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"

static const char units[] = "KMGT";

/* The shift of a unit's letter; -1 when the text is no unit. */
static int unit_shift(const char *text)
{
	const char *unit;

	if (!*text)
		return 0;
	unit = strchr(units, toupper((unsigned char)*text));
	if (!unit || text[1])
		return -1;
	return 10 * (int)(unit - units + 1);
}

const char *size_parse(const char *text, uint64_t *bytes)
{
	unsigned long long number;
	char *end;
	int shift;

	/* strtoull() accepts a sign and blanks, but a size has none */
	if (!isdigit((unsigned char)*text))
		return "expected " SIZE_EXPECTED;
	errno = 0;
	number = strtoull(text, &end, 10);
	shift = unit_shift(end);
	if (shift < 0)
		return "expected " SIZE_EXPECTED;
	if (errno == ERANGE || number > UINT64_MAX >> shift)
		return "too large: it does not fit in 64 bits";
	number <<= shift;
	if (!number)
		return "expected " SIZE_EXPECTED;
	if (number % SGX_PAGE_SIZE)
		return "expected a multiple of the page size, 4096 bytes";
	*bytes = number;
	return NULL;
}

void size_format(uint64_t bytes, char text[24])
{
	const char *unit = units;
	char suffix[2] = "";

	while (bytes && bytes % 1024 == 0 && *unit) {
		bytes /= 1024;
		suffix[0] = *unit++;
	}
	snprintf(text, 24, "%" PRIu64 "%s", bytes, suffix);
}
