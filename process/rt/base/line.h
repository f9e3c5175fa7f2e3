/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log.c: a line in the making, cut where it gets too long.  line_begin() puts
 * "swsgx: " first; line_say() writes it to stderr, by one write(2).
 */
#ifndef SWSGX_PROCESS_RT_BASE_LINE_H
#define SWSGX_PROCESS_RT_BASE_LINE_H

#include <stdint.h>

#define LINE_SIZE 768

struct line {
	char text[LINE_SIZE];
	unsigned int used;
};

void line_begin(struct line *l);
void line_char(struct line *l, char c);
void line_string(struct line *l, const char *s);
void line_number(struct line *l, uint64_t v, unsigned int base);
void line_hex(struct line *l, uint64_t v); /* 0x and the number */
void line_say(struct line *l);

#endif
