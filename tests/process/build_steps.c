/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The test enclave, step by step; see build_steps.h.
 */
#include "tests/process/build_steps.h"

#include <errno.h>
#include <string.h>

#include "tests/process/check.h"
#include "tests/process/victim.h"

#define MAX_CREATED 4096

void parts_prepare(struct parts *parts, const struct enclave_options *options,
		   const struct enclave_key *key)
{
	uint8_t mrenclave[32];

	memset(parts, 0, sizeof(*parts));
	if (options)
		parts->options = *options;
	parts->key = key ? key : victim_key();
	if (enclave_image_load(&parts->image, victim_enclave_path()) ||
	    enclave_measure_image(&parts->image, mrenclave))
		check_fatal("enclave: %s", enclave_error());
	enclave_sigstruct_fill(&parts->sig, &parts->options, mrenclave);
	parts_sign(parts);
}

void parts_sign(struct parts *parts)
{
	if (enclave_sigstruct_sign(&parts->sig, parts->key))
		check_fatal("sign: %s", enclave_error());
}

static void measure_segment(struct enclave_measure *m,
			    const struct enclave_image *image,
			    const struct enclave_segment *seg)
{
	uint64_t end = seg->offset + seg->length;

	for (uint64_t at = seg->offset; at < end; at += ENCLAVE_PAGE)
		enclave_measure_page(m, at, seg->flags, image->memory + at);
}

void parts_sign_more(struct parts *parts, uint64_t size,
		     void (*more)(struct enclave_measure *m))
{
	struct enclave_image *image = &parts->image;
	struct enclave_measure *m =
		enclave_measure_ecreate(image->ssaframesize, size);
	uint8_t mrenclave[32];

	image->size = size;
	for (unsigned s = 0; s < image->nr_segments; s++)
		measure_segment(m, image, &image->segments[s]);
	more(m);
	enclave_measure_end(m, mrenclave);
	enclave_sigstruct_fill(&parts->sig, &parts->options, mrenclave);
	parts_sign(parts);
}

void parts_begin(const struct parts *parts, struct enclave *e,
		 struct secs *secs)
{
	*e = (struct enclave)ENCLAVE_NONE;
	if (enclave_open(e) || enclave_reserve(e, parts->image.size))
		check_fatal("enclave: %s", enclave_error());
	enclave_secs_fill(secs, e, &parts->image, &parts->sig);
}

void parts_create(const struct parts *parts, struct enclave *e)
{
	struct secs secs;

	parts_begin(parts, e, &secs);
	if (enclave_create(e, &secs))
		check_fatal("enclave: %s", enclave_error());
}

unsigned parts_create_until_full(const struct parts *parts)
{
	static struct enclave created[MAX_CREATED];
	struct secs secs;
	unsigned n;

	for (n = 0; n < MAX_CREATED; n++) {
		parts_begin(parts, &created[n], &secs);
		if (enclave_create(&created[n], &secs)) {
			CHECK_EQ(errno, ENOMEM);
			enclave_destroy(&created[n]);
			break;
		}
	}
	for (unsigned i = 0; i < n; i++)
		enclave_destroy(&created[i]);
	return n;
}

void parts_add_all(const struct parts *parts, struct enclave *e)
{
	for (unsigned i = 0; i < parts->image.nr_segments; i++)
		if (enclave_add_segment(e, &parts->image, i))
			check_fatal("enclave: %s", enclave_error());
}

void parts_build(const struct parts *parts, struct enclave *e)
{
	if (enclave_build(e, &parts->image, &parts->sig))
		check_fatal("enclave: %s", enclave_error());
}
