/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/info/report.h. */
#include "cli/info/report.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "cli/size.h"

#define LABEL_WIDTH 16
#define LINE_WIDTH  79
#define NAMES_SIZE  512

struct report {
	json_object *root;
	json_object *part; /* within root; facts go there */
	FILE *out;         /* writes to text */
	char *text;
	size_t text_size;
	bool problems;
};

/* ---- the report and its parts --------------------------------------- */

struct report *report_new(const char *key, const char *subject)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report)
		report->out = open_memstream(&report->text, &report->text_size);
	if (!report || !report->out)
		die("out of memory");
	report->root = json_object_new_object();
	report->part = report->root;
	report_text(report, "version", NULL, SWSGX_VERSION);
	if (subject) {
		report_text(report, key, NULL, subject);
		fprintf(report->out, "%s\n", subject);
	}
	return report;
}

void report_free(struct report *report)
{
	fclose(report->out);
	free(report->text);
	json_object_put(report->root);
	free(report);
}

void report_part(struct report *report, const char *key, const char *title)
{
	report->part = json_object_new_object();
	json_object_object_add(report->root, key, report->part);
	fprintf(report->out, "\n%s\n", title);
}

void report_item(struct report *report, const char *key, const char *title)
{
	json_object *array;

	if (!json_object_object_get_ex(report->root, key, &array)) {
		array = json_object_new_array();
		json_object_object_add(report->root, key, array);
	}
	report->part = json_object_new_object();
	json_object_array_add(array, report->part);
	fprintf(report->out, "\n%s\n", title);
}

/* ---- facts ----------------------------------------------------------- */

static void add(struct report *report, const char *key, json_object *value)
{
	if (key)
		json_object_object_add(report->part, key, value);
	else
		json_object_put(value);
}

static void line(struct report *report, const char *label, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

static void line(struct report *report, const char *label, const char *format,
		 ...)
{
	va_list args;

	if (!label)
		return;
	fprintf(report->out, "  %-*s ", LABEL_WIDTH, label);
	va_start(args, format);
	vfprintf(report->out, format, args);
	va_end(args);
	fputc('\n', report->out);
}

void report_text(struct report *report, const char *key, const char *label,
		 const char *text)
{
	add(report, key, json_object_new_string(text));
	line(report, label, "%s", text);
}

/* `text`, which starts at column `indent`, in lines of LINE_WIDTH. */
static void wrap(FILE *out, const char *text, size_t indent)
{
	size_t column = indent;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > indent && column + 1 + word > LINE_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)word, text);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void report_prose(struct report *report, const char *key, const char *label,
		  const char *text)
{
	add(report, key, json_object_new_string(text));
	fprintf(report->out, "  %-*s ", LABEL_WIDTH, label);
	wrap(report->out, text, LABEL_WIDTH + 3);
}

static json_object *array_of(struct report *report, const char *key)
{
	json_object *array;

	if (!json_object_object_get_ex(report->part, key, &array)) {
		array = json_object_new_array();
		json_object_object_add(report->part, key, array);
	}
	return array;
}

void report_case(struct report *report, const char *key, const char *call,
		 const char *means)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "call", json_object_new_string(call));
	json_object_object_add(object, "means", json_object_new_string(means));
	json_object_array_add(array_of(report, key), object);
	fprintf(report->out, "  %s:\n%*s", call, LABEL_WIDTH + 3, "");
	wrap(report->out, means, LABEL_WIDTH + 3);
}

void report_number(struct report *report, const char *key, const char *label,
		   uint64_t n)
{
	add(report, key, json_object_new_uint64(n));
	line(report, label, "%" PRIu64, n);
}

static json_object *hex_json(uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, n);
	return json_object_new_string(text);
}

void report_hex(struct report *report, const char *key, const char *label,
		uint64_t n)
{
	add(report, key, hex_json(n));
	line(report, label, "0x%" PRIx64, n);
}

void report_size(struct report *report, const char *key, const char *label,
		 uint64_t n)
{
	char text[24];

	size_format(n, text);
	add(report, key, json_object_new_uint64(n));
	if (n < 1024)
		line(report, label, "%" PRIu64, n);
	else
		line(report, label, "%" PRIu64 " (%s)", n, text);
}

void report_bytes(struct report *report, const char *key, const char *label,
		  const uint8_t *bytes, size_t n)
{
	char text[2 * 64 + 1] = "";

	for (size_t i = 0; i < n && i < 64; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	report_text(report, key, label, text);
}

void report_truth(struct report *report, const char *key, const char *label,
		  bool truth, const char *text)
{
	add(report, key, json_object_new_boolean(truth));
	line(report, label, "%s", text ? text : truth ? "yes" : "no");
}

/* ---- named bits ------------------------------------------------------ */

static const char *name_of(unsigned bit, const struct bit_name *names)
{
	for (; names->name; names++)
		if (names->bit == bit)
			return names->name;
	return NULL;
}

/*
 * The names of the bits set in n, separated by spaces; "bit N" for the others
 * if `unknown`.  Into *array too, unless it is NULL.
 */
static void list_bits(uint64_t n, const struct bit_name *names, bool unknown,
		      char text[NAMES_SIZE], json_object *array)
{
	int used = 0;

	text[0] = 0;
	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = name_of(bit, names);
		char number[16];

		if (!(n >> bit & 1) || (!name && !unknown))
			continue;
		snprintf(number, sizeof(number), "bit-%u", bit);
		name = name ? name : number;
		if (used < NAMES_SIZE)
			used += snprintf(text + used,
					 (size_t)(NAMES_SIZE - used), " %s",
					 name);
		json_object_array_add(array, json_object_new_string(name));
	}
}

void report_bits(struct report *report, const char *key, const char *label,
		 uint64_t n, const struct bit_name *names)
{
	json_object *object = json_object_new_object();
	json_object *array = json_object_new_array();
	char text[NAMES_SIZE];

	list_bits(n, names, true, text, array);
	json_object_object_add(object, "value", hex_json(n));
	json_object_object_add(object, "bits", array);
	add(report, key, object);
	line(report, label, "0x%" PRIx64 "%s", n, text);
}

void report_mask(struct report *report, const char *key, const char *label,
		 uint64_t mask, const struct bit_name *names)
{
	json_object *object = json_object_new_object();
	json_object *array = json_object_new_array();
	char text[NAMES_SIZE];

	list_bits(~mask, names, false, text, array);
	json_object_object_add(object, "value", hex_json(mask));
	json_object_object_add(object, "free", array);
	add(report, key, object);
	line(report, label, "0x%" PRIx64 "%s%s", mask,
	     *text ? "  left free:" : "", text);
}

/* ---- problems -------------------------------------------------------- */

void report_problem(struct report *report, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_object_array_add(array_of(report, "problems"),
			      json_object_new_string(text));
	line(report, "PROBLEM", "%s", text);
	report->problems = true;
}

bool report_has_problems(const struct report *report)
{
	return report->problems;
}

/* ---- output ---------------------------------------------------------- */

void report_print_text(struct report *report)
{
	fflush(report->out);
	fputs(report->text, stdout);
}

void report_print_json(struct report *report)
{
	json_object_object_add(report->root, "ok",
			       json_object_new_boolean(!report->problems));
	puts(json_object_to_json_string_ext(
		report->root, JSON_C_TO_STRING_PRETTY |
				      JSON_C_TO_STRING_SPACED |
				      JSON_C_TO_STRING_NOSLASHESCAPE));
}
