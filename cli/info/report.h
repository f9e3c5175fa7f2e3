/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `swsgx info` and `swsgx explain` found, gathered once for both forms of
 * output.  Each fact becomes a line of text and a member of a JSON object, so
 * both forms have the same facts.
 *
 * A report has parts, one after the other.  A fact goes to the part that was
 * begun last.  A key is for programs and stays the same from version to
 * version; a label is for people.  A fact without a key is only in the text, a
 * fact without a label only in JSON.
 */
#ifndef SWSGX_CLI_INFO_REPORT_H
#define SWSGX_CLI_INFO_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opaque; its functions end the program if memory runs out. */
struct report;

/* A named bit; tables end with a NULL name. */
struct bit_name {
	unsigned bit;
	const char *name;
};

/* `subject`: what it is about, a member `key`; NULL: its parts say that. */
struct report *report_new(const char *key, const char *subject);
void report_free(struct report *report);

/*
 * Begin a part.  report_part(): a member of the report, once per key.
 * report_item(): one more element of the array `key`.
 */
void report_part(struct report *report, const char *key, const char *title);
void report_item(struct report *report, const char *key, const char *title);

void report_text(struct report *report, const char *key, const char *label,
		 const char *text);
/* A longer text: for people it is wrapped, to the width of a terminal. */
void report_prose(struct report *report, const char *key, const char *label,
		  const char *text);
/* One more element of the array `key`: an object of "call" and "means". */
void report_case(struct report *report, const char *key, const char *call,
		 const char *means);
void report_number(struct report *report, const char *key, const char *label,
		   uint64_t n);
/* In JSON a string: "0x10". */
void report_hex(struct report *report, const char *key, const char *label,
		uint64_t n);
/* A size in bytes; for people also with a unit. */
void report_size(struct report *report, const char *key, const char *label,
		 uint64_t n);
void report_bytes(struct report *report, const char *key, const char *label,
		  const uint8_t *bytes, size_t n);
/* In the text: `text`, or yes or no if that is NULL. */
void report_truth(struct report *report, const char *key, const char *label,
		  bool truth, const char *text);
/* A number, and the names of the bits that are set. */
void report_bits(struct report *report, const char *key, const char *label,
		 uint64_t n, const struct bit_name *names);
/* A mask, and the names of the known bits that are not set in it. */
void report_mask(struct report *report, const char *key, const char *label,
		 uint64_t mask, const struct bit_name *names);

/* A problem of the current part: a sentence without a full stop. */
void report_problem(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Has any part a problem? */
bool report_has_problems(const struct report *report);

/* Print it on standard output, in one of the forms. */
void report_print_text(struct report *report);
void report_print_json(struct report *report);

#endif
