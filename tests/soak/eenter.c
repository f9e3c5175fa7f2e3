/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EPC is lost around EENTER: four threads, an enclave each, in and out as
 * fast as they can.
 */
#include <pthread.h>

#include "tests/process/fixture/check.h"
#include "tests/soak/scene.h"

#define THREADS 4

static void *in_and_out(void *arg)
{
	struct enclave e;

	(void)arg;
	while (scene_build(&e)) {
		while (scene_goes_on() && scene_compute(&e, 0))
			;
		enclave_destroy(&e);
	}
	return NULL;
}

void scene_eenter(void)
{
	pthread_t threads[THREADS];
	unsigned i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, in_and_out, NULL))
			check_fatal("pthread_create");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}
