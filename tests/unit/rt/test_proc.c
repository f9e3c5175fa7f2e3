/* SPDX-License-Identifier: BSD-3-Clause */
/* The parsers of /proc: proc(5). */
#include "tests/conform/conform.h"

#include <stdio.h>
#include <string.h>

#include "process/rt/host/proc.h"

static void mapping(void **state)
{
	struct mapping m;

	(void)state;
	assert_true(proc_mapping("7f0123456000-7f01234a0000 r-xp 0001f000 "
				 "08:02 1835094                    "
				 "/usr/lib/a b/libc.so.6",
				 &m));
	assert_int_equal(m.start, 0x7f0123456000);
	assert_int_equal(m.end, 0x7f01234a0000);
	assert_memory_equal(m.perms, "r-xp", 4);
	assert_int_equal(m.dev, 0x802);
	assert_int_equal(m.ino, 1835094);
	assert_string_equal(m.path, "/usr/lib/a b/libc.so.6");
}

/* As glibc's makedev(): minors beyond 8 bits lie above the major. */
static void device_numbers(void **state)
{
	struct mapping m;

	(void)state;
	assert_true(proc_mapping("9-a ---p 0 103:12345 7 /x", &m));
	assert_int_equal(m.start, 9);
	assert_int_equal(m.end, 10);
	assert_int_equal(m.dev, 0x45ull | 0x103ull << 8 | 0x12300ull << 12);
	assert_int_equal(m.ino, 7);
}

static void mapping_without_file(void **state)
{
	struct mapping m;

	(void)state;
	assert_true(proc_mapping("fff0-ffff rw-p 00000000 00:00 0 ", &m));
	assert_string_equal(m.path, "");
	assert_true(proc_mapping("1-2 ---p 00000000 00:00 0    [heap]", &m));
	assert_string_equal(m.path, "");
	assert_memory_equal(m.perms, "---p", 4);
	/* shortest that it takes for one */
	assert_true(proc_mapping("1-2 ---p ", &m));
	assert_int_equal(m.ino, 0);
}

static void no_mapping(void **state)
{
	struct mapping m;

	(void)state;
	assert_false(proc_mapping("", &m));
	assert_false(proc_mapping("-", &m));
	assert_false(proc_mapping("-2 ---p 00000000 00:00 0", &m));
	assert_false(proc_mapping("Size:      4 kB", &m));
	assert_false(proc_mapping("VmFlags: rd ex mr mw me", &m));
	assert_false(proc_mapping("12", &m));
	assert_false(proc_mapping("12x13 r-xp 00000000 00:00 0 ", &m));
	assert_false(proc_mapping("12-13", &m));
	assert_false(proc_mapping("12-13 r-x", &m));
	assert_false(proc_mapping("12-13 r-xp", &m));
	assert_false(proc_mapping("12-13xr-xp 0", &m));
}

static void mayexec(void **state)
{
	bool may = false;

	(void)state;
	assert_true(proc_mayexec("VmFlags: rd ex mr mw me dw sd", &may));
	assert_true(may);
	assert_true(proc_mayexec("VmFlags: rd mr mw dw sd", &may));
	assert_false(may);
	assert_true(proc_mayexec("VmFlags: me", &may));
	assert_true(may);
	assert_true(proc_mayexec("VmFlags: mew", &may));
	assert_true(may);
	assert_true(proc_mayexec("VmFlags:me m e", &may));
	assert_false(may);
	assert_true(proc_mayexec("VmFlags:", &may));
	assert_false(may);
	assert_false(proc_mayexec("VmFlags", &may));
	assert_false(proc_mayexec("THPeligible:    0 me", &may));
	assert_false(proc_mayexec("", &may));
}

/* Field i is 1000 + i; the first ones are not numbers, and negative. */
static void stat_text(char *text, const char *name, int last)
{
	text += sprintf(text, "12345 (%s) S", name);
	for (int i = STAT_STATE + 1; i <= last; i++)
		text += sprintf(text, i == 5 ? " -%d" : " %d", 1000 + i);
	strcpy(text, "\n");
}

static void stat_fields(void **state)
{
	static const char *const names[] = { "cat", "a b", "a) S 99 (b", ")",
					     "" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t field[STAT_FIELDS] = { 0 };
		char text[512];

		stat_text(text, names[i], 52);
		assert_true(proc_stat(text, field));
		assert_int_equal(field[STAT_STATE], 0);
		assert_int_equal(field[5], 0);
		for (unsigned int k = 6; k < STAT_FIELDS; k++)
			assert_int_equal(field[k], 1000 + k);
	}
}

static void stat_is_short(void **state)
{
	uint64_t field[STAT_FIELDS];
	char text[512];

	(void)state;
	assert_false(proc_stat("", field));
	assert_false(proc_stat("1 (x)", field));
	stat_text(text, "x", STAT_FIELDS - 1);
	*strrchr(text, '\n') = 0;
	assert_true(proc_stat(text, field));
	*strrchr(text, ' ') = 0;
	assert_false(proc_stat(text, field));
}

static void status(void **state)
{
	static const char text[] = "Name:\tSigCgt:\t1\nSigIgn:\t00ff\n"
				   "SigCgt:\t00000001800fa2ed\nx:\t \n";
	uint64_t value = 0;

	(void)state;
	assert_true(proc_status(text, "SigCgt:", &value));
	assert_int_equal(value, 0x1800fa2ed);
	assert_true(proc_status(text, "SigIgn:", &value));
	assert_int_equal(value, 0xff);
	assert_true(proc_status("a: 9", "a:", &value));
	assert_int_equal(value, 9);
	assert_true(proc_status(text, "x:", &value));
	assert_int_equal(value, 0);
	assert_false(proc_status(text, "SigBlk:", &value));
	assert_false(proc_status(text, "igIgn:", &value));
	assert_false(proc_status("", "a", &value));
}

static void mem(void **state)
{
	(void)state;
	assert_int_equal(proc_mem("/proc/4711/mem"), 4711);
	assert_int_equal(proc_mem("/proc/4711/task/4712/mem"), 4711);
	assert_int_equal(proc_mem("/proc/self/mem"), 0);
	assert_int_equal(proc_mem("/proc/4711/maps"), 0);
	assert_int_equal(proc_mem("/proc/4711/mem2"), 0);
	assert_int_equal(proc_mem("/proc/4711"), 0);
	assert_int_equal(proc_mem("/proc/4711/task/4712"), 0);
	assert_int_equal(proc_mem("/root/4711/mem"), 0);
	assert_int_equal(proc_mem(""), 0);
}

static void number(void **state)
{
	static const uint32_t numbers[] = { 0, 9, 10, 4711, 4294967295u };
	static const char *const texts[] = { "0", "9", "10", "4711",
					     "4294967295" };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char text[16];

		memset(text, 'x', sizeof(text));
		assert_ptr_equal(proc_number(text, numbers[i]),
				 text + strlen(texts[i]));
		assert_string_equal(text, texts[i]);
	}
}

static const struct conform rows[] = {
	TESTS(cmocka_unit_test(mapping), cmocka_unit_test(device_numbers),
	      cmocka_unit_test(mapping_without_file),
	      cmocka_unit_test(no_mapping), cmocka_unit_test(mayexec),
	      cmocka_unit_test(stat_fields), cmocka_unit_test(stat_is_short),
	      cmocka_unit_test(status), cmocka_unit_test(mem),
	      cmocka_unit_test(number)),
};

CONFORM_MAIN(rows, NULL)
