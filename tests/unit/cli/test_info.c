/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cli/info from inside: its verdict on a signature against that of the
 * processor's model, and damaged files, which must be refused with one reason
 * or shown, and never read beyond their end (run this with sanitizers).
 */
#include "tests/conform/conform.h"

#include <elf.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/info/formats.h"
#include "cli/info/signature.h"
#include "cli/message.h"
#include "cpu/crypto/init.h"
#include "cpu/crypto/rsa3072.h"
#include "tests/unit/cpu/signer.h"

static unsigned complaints;

/* In place of cli/message.c. */
void complain(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	assert_true(vsnprintf(text, sizeof(text), format, args) > 0);
	va_end(args);
	complaints++;
}

_Noreturn void die(const char *format, ...)
{
	(void)format;
	abort();
}

static struct sgx_sigstruct good;

/* ---- the signature ---------------------------------------------------- */

static bool processor_accepts(const struct sgx_sigstruct *sig)
{
	const struct rsa3072_signature rsa = {
		.modulus = sig->modulus,
		.signature = sig->signature,
		.q1 = sig->q1,
		.q2 = sig->q2,
	};
	uint8_t text[256], digest[32];

	memcpy(text, sig, 128);
	memcpy(text + 128, (const uint8_t *)sig + 900, 128);
	EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha256(), NULL);
	return rsa3072_verify(&rsa, digest);
}

static void same_verdict(const struct sgx_sigstruct *sig)
{
	struct signature_verdict verdict;

	signature_check(sig, &verdict);
	assert_int_equal(verdict.verifies && verdict.quotients,
			 processor_accepts(sig));
}

static void verdicts_of_good_ones(void **state)
{
	struct signature_verdict verdict;
	struct sgx_sigstruct sig = good;
	uint8_t mrsigner[32];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		sig.swdefined = i;
		sigstruct_sign(&sig);
		signature_check(&sig, &verdict);
		assert_true(verdict.verifies && verdict.quotients);
		assert_true(processor_accepts(&sig));
	}
	assert_int_equal(verdict.key_bits, 3072);
	sigstruct_mrsigner(&sig, mrsigner);
	assert_memory_equal(verdict.mrsigner, mrsigner, 32);
}

static void verdicts_of_every_part(void **state)
{
	struct sgx_sigstruct sig = good;
	uint8_t *bytes = (uint8_t *)&sig;

	(void)state;
	for (size_t at = 0; at < sizeof(sig); at += 7) {
		bytes[at] ^= 1u << at % 8;
		/* EXPONENT is not asked for here by the processor. */
		if (at < 512 || at >= 516)
			same_verdict(&sig);
		bytes[at] ^= 1u << at % 8;
	}
	same_verdict(&sig);
}

/* Numbers that division or a modular power may not like. */
static void verdicts_of_odd_numbers(void **state)
{
	struct sgx_sigstruct sig;

	(void)state;
	for (unsigned fill = 0; fill < 256; fill += 51) {
		sig = good;
		memset(sig.modulus, (int)fill, sizeof(sig.modulus));
		same_verdict(&sig);
		sig = good;
		memset(sig.signature, (int)fill, sizeof(sig.signature));
		same_verdict(&sig);
		sig = good;
		memset(sig.modulus, 0, sizeof(sig.modulus));
		sig.modulus[0] = (uint8_t)fill;
		same_verdict(&sig);
	}
}

/* ---- files ------------------------------------------------------------ */

struct image {
	uint8_t bytes[16384];
	size_t size;
};

static void put(struct image *image, const void *data, size_t n)
{
	assert_true(n <= sizeof(image->bytes) - image->size);
	if (data)
		memcpy(image->bytes + image->size, data, n);
	else
		memset(image->bytes + image->size, 0, n);
	image->size += n;
}

static void put_le(struct image *image, uint64_t value, size_t n)
{
	put(image, &value, n);
}

/* One section, and the table of names behind the section headers. */
static void put_elf(struct image *image, const char *name, size_t n)
{
	Elf64_Shdr sections[2] = {
		{ .sh_name = 1, .sh_size = n },
		{ .sh_offset = sizeof(Elf64_Ehdr) + sizeof(sections),
		  .sh_size = 32 },
	};
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB },
		.e_shoff = sizeof(header),
		.e_shentsize = sizeof(sections[0]),
		.e_shnum = 2,
		.e_shstrndx = 1,
	};
	char names[32] = { 0 };

	strcpy(names + 1, name);
	sections[0].sh_offset = sections[1].sh_offset + sizeof(names);
	put(image, &header, sizeof(header));
	put(image, sections, sizeof(sections));
	put(image, names, sizeof(names));
}

static void make_sdk(struct image *image)
{
	const size_t block = 64 + sizeof(good) + 40;

	put_elf(image, ".note.sgxmeta", 25 + block);
	put_le(image, 13, 4);
	put_le(image, block, 4);
	put_le(image, 1, 4);
	put(image, "sgx_metadata", 13);
	put_le(image, 0x86a80294635d0e4cull, 8);
	put_le(image, 3ull << 32 | 3, 8);
	put_le(image, block, 4);
	put(image, NULL, 44);
	put(image, &good, sizeof(good));
	put(image, NULL, 40);
}

static void make_open_enclave(struct image *image)
{
	put_elf(image, ".oeinfo", 144 + sizeof(good) + 8);
	put_le(image, 144 + sizeof(good) + 8, 4);
	put_le(image, 2, 4);
	put(image, NULL, 136);
	put(image, &good, sizeof(good));
	put(image, NULL, 8);
}

static void make_sgxs(struct image *image)
{
	put(image, "ECREATE", 8);
	put_le(image, 1, 4);
	put_le(image, 8192, 8);
	put(image, NULL, 44);
	put(image, "EADD\0\0\0", 8);
	put_le(image, 4096, 8);
	put_le(image, 0x203, 8);
	put(image, NULL, 40);
	for (unsigned i = 0; i < 2; i++) {
		put(image, i ? "UNMEASRD" : "EEXTEND", 8);
		put_le(image, 4096 + 256 * i, 8);
		put(image, NULL, 48 + 256);
	}
}

static void make_raw(struct image *image)
{
	put(image, &good, sizeof(good));
}

static void make_embedded(struct image *image)
{
	put(image, NULL, 100);
	put(image, &good, sizeof(good));
	put(image, &good, 1000);
}

static void (*const makers[])(struct image *) = {
	make_sdk, make_open_enclave, make_sgxs, make_raw, make_embedded,
};
#define NR_MAKERS (sizeof(makers) / sizeof(makers[0]))

/* A copy of its own, so that a sanitizer sees one byte too many. */
static int show(const struct image *image)
{
	struct file file = { .path = "file", .size = image->size };
	struct report *report = report_new("file", file.path);
	int error;

	file.bytes = malloc(file.size ? file.size : 1);
	assert_non_null(file.bytes);
	memcpy(file.bytes, image->bytes, file.size);
	complaints = 0;
	error = format_report(report, &file);
	assert_int_equal(complaints, error != 0);
	if (!error && report_has_problems(report))
		error = 1;
	report_free(report);
	file_free(&file);
	return error;
}

static void good_files(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_MAKERS; i++) {
		struct image image = { .size = 0 };

		makers[i](&image);
		assert_int_equal(show(&image), 0);
	}
}

static void cut_files(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_MAKERS; i++) {
		struct image whole = { .size = 0 }, image;

		makers[i](&whole);
		for (size_t n = 0; n < whole.size;
		     n += n < 300 || whole.size - n < 100 ? 1 : 29) {
			image = whole;
			image.size = n;
			show(&image);
		}
	}
}

/* Each byte of the headers, and some of the rest, by several values. */
static void damaged_files(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	(void)state;
	for (unsigned i = 0; i < NR_MAKERS; i++) {
		struct image whole = { .size = 0 }, image;

		makers[i](&whole);
		for (size_t at = 0; at < whole.size; at += at < 400 ? 1 : 37) {
			for (unsigned v = 0; v < sizeof(values); v++) {
				image = whole;
				image.bytes[at] = values[v];
				show(&image);
			}
			image = whole;
			memset(image.bytes + at, 0xff,
			       whole.size - at < 8 ? whole.size - at : 8);
			show(&image);
		}
	}
}

static int start(void **state)
{
	(void)state;
	cpu_crypto_init();
	sigstruct_begin(&good);
	good.xfrm = 3;
	sigstruct_sign(&good);
	return 0;
}

#define T(f) cmocka_unit_test(f)

static const struct conform rows[] = {
	SUBJECT("swsgx info", "SDM \"EINIT\", Operation"),
	ROW("would EINIT accept it", "as EINIT itself",
	    T(verdicts_of_good_ones), T(verdicts_of_every_part),
	    T(verdicts_of_odd_numbers)),
	CITE("SDM \"SIGSTRUCT\"; SGXS; psw/urts of Intel's SDK"),
	ROW("SIGSTRUCT, SGXS, ELF with Intel's section", "decoded",
	    T(good_files)),
	ROW("a file that is cut or damaged", "an error, at every place",
	    T(cut_files), T(damaged_files)),
};

CONFORM_MAIN(rows, start)
