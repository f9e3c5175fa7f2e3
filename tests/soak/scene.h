/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scenes: programs that do one thing for a while, over and over, while the
 * EPC is lost every few milliseconds, and count where they were hit.  That a
 * loss is met is no failure; whatever is not as Linux and the SDM have it is.
 * They are victims (tests/process/fixture/check.h), and would pass without
 * swsgx too.
 */
#ifndef SWSGX_TESTS_SOAK_SCENE_H
#define SWSGX_TESTS_SOAK_SCENE_H

#include <stdbool.h>

#include "tests/process/fixture/build_steps.h"

/* Where the EPC was when it was lost, by what the program saw of it. */
enum place {
	AT_CREATE,
	AT_ADD_PAGES,
	AT_INIT,
	AT_EENTER,
	INSIDE,
	IN_HANDLER,
	IN_CHILD,
	NR_PLACES
};

extern struct parts scene_parts;
extern unsigned long scene_rounds; /* of work done; atomic */

void scene_hit(enum place place);
bool scene_goes_on(void);

/*
 * One try to build the test enclave.  False: it was lost meanwhile, which is
 * counted; *e is ENCLAVE_NONE then.
 */
bool scene_try_build(struct enclave *e);
/* As often as it takes.  False: the time is over, and there is none. */
bool scene_build(struct enclave *e);
/* The first steps of it, up to the pages and not further. */
bool scene_try_pages(struct enclave *e);
/* The last one. */
bool scene_try_init(struct enclave *e);
/* Compute something inside, by the vDSO.  False: lost, and counted. */
bool scene_compute(const struct enclave *e, unsigned tcs);
/* True: this exit tells the loss.  Any other fault fails the test. */
bool scene_is_loss(const struct enclave_exit *exit);

/* The scenes, one in each file. */
void scene_add_pages(void);
void scene_build_many(void);
void scene_init(void);
void scene_eenter(void);
void scene_handler(void);
void scene_fork(void);

#endif
