/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes an enclave as pack.h describes: pack ENCLAVE.elf OUTPUT.  Run at
 * build time, on the host.
 */
#include "tests/process/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "pack: %s: %s\n", what, enclave_error());
	exit(1);
}

static void fill(struct pack *pack, const struct enclave_image *image)
{
	struct enclave nowhere = { .fd = -1, .size = image->size };
	struct enclave_key *key = enclave_key_generate();
	uint8_t mrenclave[32];

	if (!key || enclave_measure_image(image, mrenclave))
		fail("measure");
	enclave_sigstruct_fill(&pack->sig, NULL, mrenclave);
	if (enclave_sigstruct_sign(&pack->sig, key))
		fail("sign");
	enclave_key_free(key);
	enclave_secs_fill(&pack->secs, &nowhere, image, &pack->sig);
	pack->size = image->size;
	pack->memory_length = image->memory_length;
	pack->nr_segments = image->nr_segments;
	memcpy(pack->segments, image->segments, sizeof(pack->segments));
}

int main(int argc, char **argv)
{
	static union {
		struct pack pack;
		uint8_t bytes[PACK_MEMORY];
	} head;
	struct enclave_image image;
	FILE *out;

	if (argc != 3) {
		fprintf(stderr, "usage: pack ENCLAVE.elf OUTPUT\n");
		return 2;
	}
	if (enclave_image_load(&image, argv[1]))
		fail("load");
	fill(&head.pack, &image);
	out = fopen(argv[2], "wb");
	if (!out || fwrite(&head, sizeof(head), 1, out) != 1 ||
	    fwrite(image.memory, image.memory_length, 1, out) != 1 ||
	    fclose(out)) {
		perror(argv[2]);
		return 1;
	}
	enclave_image_free(&image);
	return 0;
}
