/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sgx-sign: measure an enclave and sign it.
 * Source: SDM "Enclave Signature Structure (SIGSTRUCT)".
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "examples/lib/enclave.h"

static const char usage[] =
	"Usage: sgx-sign --key KEY.pem [OPTION]... -o ENCLAVE.sig ENCLAVE.elf\n"
	"Measure ENCLAVE.elf, write its SIGSTRUCT, print MRENCLAVE and "
	"MRSIGNER.\n"
	"\n"
	"  --key FILE        RSA-3072 private key with exponent 3, PEM\n"
	"  --generate-key    make FILE first, if it is not there\n"
	"  --debug           allow debugging: ATTRIBUTES.DEBUG\n"
	"  --isvprodid N     the product, 0 to 65535 (default 0)\n"
	"  --isvsvn N        its security version, 0 to 65535 (default 0)\n"
	"  -o, --output FILE where the SIGSTRUCT goes\n"
	"\n"
	"A key made by --generate-key lies on disk unprotected: for "
	"development.\n";

struct arguments {
	const char *key, *output, *elf;
	bool generate;
	struct enclave_options options;
};

static int fail(void)
{
	fprintf(stderr, "sgx-sign: %s\n", enclave_error());
	return 1;
}

static int parse_u16(const char *option, const char *text, uint16_t *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || n > UINT16_MAX) {
		fprintf(stderr,
			"sgx-sign: %s %s: expected a number from 0 to "
			"65535\n",
			option, text);
		return -1;
	}
	*value = (uint16_t)n;
	return 0;
}

static int parse_option(struct arguments *a, int c)
{
	switch (c) {
	case 'k':
		a->key = optarg;
		return 0;
	case 'g':
		a->generate = true;
		return 0;
	case 'd':
		a->options.debug = true;
		return 0;
	case 'p':
		return parse_u16("--isvprodid", optarg, &a->options.isvprodid);
	case 's':
		return parse_u16("--isvsvn", optarg, &a->options.isvsvn);
	case 'o':
		a->output = optarg;
		return 0;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		return -1;
	}
}

static int parse(struct arguments *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "generate-key", no_argument, NULL, 'g' },
		{ "debug", no_argument, NULL, 'd' },
		{ "isvprodid", required_argument, NULL, 'p' },
		{ "isvsvn", required_argument, NULL, 's' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1)
		if (parse_option(a, c))
			return -1;
	if (!a->key || !a->output || optind != argc - 1) {
		fprintf(stderr, "sgx-sign: expected --key FILE, -o FILE and "
				"one enclave; see --help\n");
		return -1;
	}
	a->elf = argv[optind];
	return 0;
}

static struct enclave_key *get_key(const struct arguments *a)
{
	struct enclave_key *key;

	if (!a->generate || !access(a->key, F_OK))
		return enclave_key_load(a->key);
	key = enclave_key_generate();
	if (key && enclave_key_save(key, a->key)) {
		enclave_key_free(key);
		return NULL;
	}
	return key;
}

static void print_hash(const char *name, const uint8_t hash[32])
{
	unsigned i;

	printf("%s ", name);
	for (i = 0; i < 32; i++)
		printf("%02x", hash[i]);
	printf("\n");
}

static int sign(const struct arguments *a, const struct enclave_image *image,
		const struct enclave_key *key)
{
	struct sigstruct sig;
	uint8_t mrenclave[32], mrsigner[32];

	if (enclave_measure_image(image, mrenclave))
		return fail();
	enclave_sigstruct_fill(&sig, &a->options, mrenclave);
	if (enclave_sigstruct_sign(&sig, key) ||
	    enclave_sigstruct_save(&sig, a->output))
		return fail();
	enclave_mrsigner(&sig, mrsigner);
	print_hash("MRENCLAVE", mrenclave);
	print_hash("MRSIGNER ", mrsigner);
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct enclave_image image;
	struct enclave_key *key;
	int ret;

	if (parse(&a, argc, argv))
		return 2;
	if (enclave_image_load(&image, a.elf))
		return fail();
	key = get_key(&a);
	ret = key ? sign(&a, &image, key) : fail();
	enclave_key_free(key);
	enclave_image_free(&image);
	return ret;
}
