/* SPDX-License-Identifier: BSD-3-Clause */
/* A tape: records come out as they went in, or are known to be lost. */
#include "tests/conform/conform.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "process/tape.h"

static uint8_t data[TAPE_SIZE];
static struct tape_head head;
static const struct tape tape = { &head, data };

struct record {
	struct tape_record r;
	uint64_t words[(TAPE_RECORD - sizeof(struct tape_record)) / 8];
};

static int reset(void **state)
{
	(void)state;
	memset(&head, 0, sizeof(head));
	memset(data, 0x5a, sizeof(data));
	return 0;
}

/* Each word of a record says which record it is. */
static void put(uint64_t n, unsigned int words)
{
	struct record r = { .r = { .kind = 7, .time = n } };

	r.r.size = (uint32_t)(sizeof(r.r) + words * 8);
	for (unsigned int i = 0; i < words; i++)
		r.words[i] = n;
	tape_put(&tape, &r.r);
}

static bool is_whole(const struct record *r)
{
	for (unsigned int i = 0; i < (r->r.size - sizeof(r->r)) / 8; i++)
		if (r->words[i] != r->r.time)
			return false;
	return r->r.kind == 7;
}

static void in_order(void **state)
{
	struct tape_place place = { 0, 1 };
	struct record r;
	uint64_t lost;

	(void)state;
	assert_false(tape_get(&tape, &place, &r, &lost));
	for (unsigned int n = 1; n <= 100; n++)
		put(n, n % 9);
	for (unsigned int n = 1; n <= 100; n++) {
		assert_true(tape_get(&tape, &place, &r, &lost));
		assert_int_equal(r.r.time, n);
		assert_int_equal(r.r.number, n);
		assert_int_equal(r.r.size, sizeof(r.r) + n % 9 * 8);
		assert_int_equal(lost, 0);
		assert_true(is_whole(&r));
	}
	assert_false(tape_get(&tape, &place, &r, &lost));
}

/* Longer than the ring, by records that do not divide it. */
static void wraps(void **state)
{
	struct tape_place place = { 0, 1 };
	struct record r;
	uint64_t lost;

	(void)state;
	for (unsigned int n = 1; n <= 3 * TAPE_SIZE / 104; n++) {
		put(n, 9);
		assert_true(tape_get(&tape, &place, &r, &lost));
		assert_int_equal(r.r.time, n);
		assert_true(is_whole(&r));
		assert_int_equal(lost, 0);
	}
}

/* The oldest give way, and are counted. */
static void laps(void **state)
{
	struct tape_place place = { 0, 1 }, none = { 0, 0 };
	unsigned int total = 3 * TAPE_SIZE / 104, n = 0;
	uint64_t lost, first = 0;
	struct record r;

	(void)state;
	for (unsigned int i = 1; i <= total; i++)
		put(i, 9);
	while (tape_get(&tape, &place, &r, &lost)) {
		if (!n++)
			first = lost;
		else
			assert_int_equal(lost, 0);
		assert_true(is_whole(&r));
	}
	assert_int_equal(first + n, total);
	assert_in_range(n, TAPE_SIZE / 104 - 2, TAPE_SIZE / 104);
	/* who has no place yet has lost nothing */
	assert_true(tape_get(&tape, &none, &r, &lost));
	assert_int_equal(lost, 0);
}

static void begins_at_the_end(void **state)
{
	struct tape_place place;
	struct record r;
	uint64_t lost;

	(void)state;
	put(1, 2);
	place = tape_end(&tape);
	assert_false(tape_get(&tape, &place, &r, &lost));
	put(2, 2);
	assert_true(tape_get(&tape, &place, &r, &lost));
	assert_int_equal(r.r.time, 2);
	assert_int_equal(lost, 0);
}

/* A program of the run may write anything: nobody loops or leaves the ring. */
static void scribbled(void **state)
{
	static const uint32_t sizes[] = { 0,         1, 39, 47, TAPE_RECORD + 8,
					  0xffffffff };
	struct record r;
	uint64_t lost;

	(void)state;
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tape_place place = { 0, 1 };

		reset(NULL);
		put(1, 2);
		memcpy(data, &sizes[i], sizeof(sizes[i]));
		assert_false(tape_get(&tape, &place, &r, &lost));
		put(2, 2);
		assert_true(tape_get(&tape, &place, &r, &lost));
		assert_int_equal(r.r.time, 2);
	}
	reset(NULL);
	head.head = UINT64_MAX - 7;
	head.tail = 3;
	for (unsigned int n = 0; n < 2 * TAPE_SIZE / 104; n++)
		put(n, 9);
	for (unsigned int n = 0; n < TAPE_SIZE; n++) {
		struct tape_place place = { n, n };

		if (!tape_get(&tape, &place, &r, &lost))
			break;
	}
}

static void *write_many(void *arg)
{
	(void)arg;
	for (unsigned int n = 1; n <= 300000; n++)
		put(n, n % 11);
	return NULL;
}

/* While somebody reads: no record is torn, none is counted wrong. */
static void at_once(void **state)
{
	struct tape_place place = { 0, 1 };
	uint64_t lost, all = 0, seen = 0;
	pthread_t writer;
	struct record r;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_many, NULL), 0);
	while (all < 300000) {
		if (!tape_get(&tape, &place, &r, &lost))
			continue;
		all += lost + 1;
		seen++;
		assert_int_equal(r.r.time, all);
		assert_int_equal(r.r.number, all);
		assert_true(is_whole(&r));
	}
	pthread_join(writer, NULL);
	assert_true(seen > 0);
}

static void owners(void **state)
{
	struct tape_file *file = calloc(1, sizeof(*file));

	(void)state;
	assert_non_null(file);
	for (uint32_t i = 0; i < TAPES; i++)
		assert_int_equal(tape_claim(file, 1ull << 32 | (i + 1)), i);
	assert_int_equal(file->nr_tapes, TAPES);
	assert_int_equal(tape_claim(file, 2ull << 32 | 1), -1);
	assert_int_equal(file->dropped, 1);
	/* its own again: another program of the same thread */
	assert_int_equal(tape_claim(file, 1ull << 32 | 6), 5);
	tape_release(file, 3);
	assert_int_equal(tape_claim(file, 2ull << 32 | 1), -1);
	tape_release(file, 1);
	assert_int_equal(tape_claim(file, 2ull << 32 | 1), 0);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(in_order, reset),
		cmocka_unit_test_setup(wraps, reset),
		cmocka_unit_test_setup(laps, reset),
		cmocka_unit_test_setup(begins_at_the_end, reset),
		cmocka_unit_test_setup(scribbled, reset),
		cmocka_unit_test_setup(at_once, reset),
		cmocka_unit_test_setup(owners, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
