/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a table of facts; see facts.h. */
#include "tests/consumers/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *enclave_path, *swsgx_path;
static const struct enclave_key *key;

void facts_begin(int argc, char **argv)
{
	if (argc < 3 || argc > 4)
		check_fatal("expected ENCLAVE.elf KEY.pem [SWSGX]");
	enclave_path = argv[1];
	swsgx_path = argv[3];
	key = enclave_key_load(argv[2]);
	if (!key)
		check_fatal("key: %s", enclave_error());
	setvbuf(stdout, NULL, _IOLBF, 0);
}

const char *facts_xcr0(void)
{
	return getenv("SWSGX_TEST_NO_PATCH") ? "--no-patch leaves XSAVE alone" :
					       NULL;
}

const char *facts_lose_epc(void)
{
	char command[4096];

	if (!swsgx_path)
		return "no swsgx was named, to suspend this run";
	snprintf(command, sizeof(command), "'%s' suspend %d >/dev/null",
		 swsgx_path, (int)getpid());
	CHECK_EQ(system(command), 0);
	return NULL;
}

static void run_fact(const struct fact *fact, unsigned number)
{
	unsigned before = check_failures();
	const char *why_not;

	check_section(fact->says);
	why_not = fact->ask();
	printf("%sok %u - %s%s%s\n", check_failures() == before ? "" : "not ",
	       number, fact->says, why_not ? " # SKIP " : "",
	       why_not ? why_not : "");
}

int facts_run(const struct fact *const tables[])
{
	const struct fact *fact;
	unsigned number = 0;

	for (; *tables; tables++)
		for (fact = *tables; fact->says; fact++)
			run_fact(fact, ++number);
	printf("1..%u\n", number);
	return check_failures() ? 1 : 0;
}

void facts_print_rows(const char *program, const char *source, const char *file,
		      const struct fact *const tables[])
{
	const struct fact *fact;
	unsigned number = 0;
	char test[16];

	for (; *tables; tables++) {
		for (fact = *tables; fact->says; fact++) {
			snprintf(test, sizeof(test), "%u", ++number);
			check_print_row(&(struct check_row){
				.subject = program,
				.source = source,
				.check = fact->says,
				.gives = "holds",
				.file = file,
				.test = test,
			});
		}
	}
}

/* ---- the enclave ----------------------------------------------------- */

static void shift_image(struct enclave_image *image, uint64_t by)
{
	for (unsigned i = 0; i < image->nr_tcs; i++) {
		struct tcs *tcs = (void *)(image->memory + i * ENCLAVE_PAGE);

		tcs->ossa += by;
		tcs->oentry += by;
		tcs->ofsbase += by;
		tcs->ogsbase += by;
	}
}

static void measure(const struct plan *plan, const struct enclave_image *image,
		    uint8_t mrenclave[32])
{
	struct enclave_measure *m = enclave_measure_ecreate(image->ssaframesize,
							    image->size);

	if (!m)
		check_fatal("out of memory");
	for (unsigned i = 0; i < image->nr_segments; i++) {
		const struct enclave_segment *s = &image->segments[i];

		for (uint64_t at = 0; at < s->length; at += ENCLAVE_PAGE)
			enclave_measure_page(m, s->offset + plan->shift + at,
					     s->flags,
					     image->memory + s->offset + at);
	}
	for (uint64_t at = 0; at < plan->heap_length; at += ENCLAVE_PAGE)
		enclave_measure_eadd(m, plan->heap + at,
				     SECINFO_REG | SECINFO_R | SECINFO_W);
	enclave_measure_end(m, mrenclave);
}

void plan_prepare(const struct plan *plan, struct enclave_image *image,
		  struct sigstruct *sig)
{
	uint8_t mrenclave[32];

	if (enclave_image_load(image, enclave_path))
		check_fatal("%s", enclave_error());
	if (plan->size)
		image->size = plan->size;
	shift_image(image, plan->shift);
	measure(plan, image, mrenclave);
	enclave_sigstruct_fill(sig, &plan->options, mrenclave);
	if (enclave_sigstruct_sign(sig, key))
		check_fatal("%s", enclave_error());
}

void plan_build(const struct plan *plan, struct enclave *e)
{
	struct enclave_image image;
	struct sigstruct sig;

	plan_prepare(plan, &image, &sig);
	if (enclave_build(e, &image, &sig))
		check_fatal("%s", enclave_error());
	enclave_image_free(&image);
}

bool ask_vdso(const struct enclave *e, unsigned tcs, struct ask *ask)
{
	struct enclave_exit exit = { 0 };

	ask->done = 0;
	return CHECK_EQ(enclave_enter(e, tcs, ask, &exit), 0) &&
	       exit.function == ENCLU_EEXIT && ask->done == ASK_DONE;
}

/* ---- the processor --------------------------------------------------- */

struct cpuid cpuid_of(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "0"(leaf), "2"(subleaf));
	return r;
}

uint64_t xgetbv0(void)
{
	uint32_t eax, edx;

	__asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
	return (uint64_t)edx << 32 | eax;
}
