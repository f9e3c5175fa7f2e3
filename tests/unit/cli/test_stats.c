/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cli/stats from inside: how times are written, many threads, no clock, and
 * files that are damaged or of another version, which must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/stats/stats.h"

#define MANY 25

static struct {
	struct stats_run run;
	struct stats_thread threads[MANY];
	struct stats_enclave enclaves[MANY];
} all;

/* So many threads and enclaves, the later ones with more entries. */
static struct stats make(unsigned int threads, unsigned int enclaves)
{
	memset(&all, 0, sizeof(all));
	all.run.version = STATS_VERSION;
	all.run.nr_threads = threads;
	all.run.nr_enclaves = enclaves;
	all.run.age = all.run.clock_age = 5000000000;
	for (unsigned int i = 0; i < threads; i++) {
		all.threads[i].pid = 1000;
		all.threads[i].tid = 1000 + i;
		all.threads[i].count[SGX_STAT_EENTER] = i;
	}
	for (unsigned int i = 0; i < enclaves; i++)
		all.enclaves[i].is.pages.eid = i + 1;
	return (struct stats){ &all.run, all.threads, all.enclaves };
}

static char *text_of(const struct stats *s, bool json)
{
	static char text[1 << 16];
	FILE *f = fmemopen(text, sizeof(text), "w");

	if (json)
		stats_json(s, f, true);
	else
		stats_text(s, f, false);
	assert_int_equal(fclose(f), 0);
	return strdup(text);
}

static void times(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0 ns" },           { 999, "999 ns" },
		{ 1000, "1.00 us" },     { 9994, "9.99 us" },
		{ 9996, "10.0 us" },     { 99940, "99.9 us" },
		{ 99960, "100 us" },     { 999400, "999 us" },
		{ 999600, "1.00 ms" },   { 12345678, "12.3 ms" },
		{ 999600000, "1.00 s" }, { 3600000000000, "3600 s" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stats_time(text, sizeof(text), rows[i].ns);
		assert_string_equal(text, rows[i].text);
	}
}

static void who_entered_most_comes_first(void **state)
{
	struct stats s = make(3, 0);
	char *text = text_of(&s, false);
	const char *first = strstr(text, " 1002 "),
		   *last = strstr(text, " 1001 ");

	(void)state;
	assert_non_null(first);
	assert_non_null(last);
	assert_true(first < last);
	assert_null(strstr(text, "Enclaves"));
	assert_null(strstr(text, "more"));
	free(text);
}

static unsigned int times_in(const char *text, const char *what)
{
	unsigned int n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static void too_many_to_show(void **state)
{
	struct stats s = make(MANY, MANY);
	char *text = text_of(&s, false), *json = text_of(&s, true);

	(void)state;
	assert_int_equal(times_in(text, "and 5 more (--json shows all)"), 2);
	/* that with the fewest entries is left out; of enclaves the oldest */
	assert_int_equal(times_in(text, " 1000  1000 "), 0);
	assert_int_equal(times_in(json, "\"tid\":1000,"), 1);
	free(text);
	free(json);
}

static void without_a_clock(void **state)
{
	struct stats s = make(1, 1);
	json_object *object, *ns;
	char *text;

	(void)state;
	all.run.clock_age = 0;
	text = text_of(&s, false);
	assert_non_null(strstr(text, "times inside are not taken"));
	free(text);
	text = text_of(&s, true);
	object = json_tokener_parse(text);
	assert_non_null(object);
	assert_true(json_object_object_get_ex(object, "inside_ns", &ns));
	assert_null(ns);
	json_object_put(object);
	free(text);
}

static int file_of(size_t size)
{
	int fd = memfd_create("stats", MFD_CLOEXEC);
	const size_t head = offsetof(typeof(all), threads);

	assert_true(fd >= 0);
	if (size > head) {
		assert_int_equal(write(fd, &all, head), head);
		assert_int_equal(ftruncate(fd, (off_t)size), 0);
	} else {
		assert_int_equal(write(fd, &all, size), size);
	}
	return fd;
}

static int read_file(size_t size)
{
	struct stats s;
	int fd = file_of(size), r = stats_read(fd, &s);

	close(fd);
	if (!r)
		stats_free(&s);
	return r;
}

static void damaged_files(void **state)
{
	const size_t head = sizeof(struct stats_run);
	const size_t whole = head + 2 * sizeof(struct stats_thread) +
			     sizeof(struct stats_enclave);

	(void)state;
	make(2, 1);
	all.run.size = (uint32_t)whole;
	assert_int_equal(read_file(whole), 0);
	assert_int_equal(read_file(whole - 8), -EPROTO);
	assert_int_equal(read_file(whole + 8), -EPROTO);
	assert_int_equal(read_file(head - 1), -EPROTO);
	assert_int_equal(read_file(0), -EPROTO);
	all.run.nr_threads = UINT32_MAX;
	assert_int_equal(read_file(whole), -EPROTO);
	all.run.nr_threads = 2;
	all.run.version++;
	assert_int_equal(read_file(whole), -EPROTO);
	assert_int_equal(stats_read(-1, &(struct stats){ 0 }), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(who_entered_most_comes_first),
		cmocka_unit_test(too_many_to_show),
		cmocka_unit_test(without_a_clock),
		cmocka_unit_test(damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
