/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One step of fuzz_leaves each: a leaf is chosen, its operands are made, one
 * of them may be spoiled, the leaf runs, and its own promises are checked.
 */
#ifndef SWSGX_TESTS_FUZZ_LEAVES_OPS_H
#define SWSGX_TESTS_FUZZ_LEAVES_OPS_H

#include "tests/fuzz/leaves.h"

/* leaves_encls.c */
void op_encls(struct leaves *l, struct input *in);

/* leaves_sequences.c */
/* A whole enclave of sensible pages, initialised if all goes well. */
void op_build(struct leaves *l, struct input *in);
void op_put_out(struct leaves *l, struct input *in);
void op_modify(struct leaves *l, struct input *in);

/* leaves_enclu.c */
void op_enclu(struct leaves *l, struct input *in);
/* The address of a page: of lp's enclave, if it is in one. */
uint64_t op_address(struct leaves *l, const struct lp *lp, struct input *in);

#endif
