/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx quote`: a quote, decoded and verified. */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/info/file.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/quote/report.h"
#include "cli/quote/trust.h"

static bool json;
static const char *platform, *root_path;
static struct option_strings crl_paths;

static const struct option_spec specs[] = {
	{ "crl", 0, OPTION_STRINGS, "FILE",
	  "a revocation list; one of each authority, or none", &crl_paths },
	{ "json", 0, OPTION_FLAG, NULL, "print a JSON object", &json },
	{ "platform", 0, OPTION_STRING, "DIR",
	  "trust the test root of this platform", &platform },
	{ "root", 0, OPTION_STRING, "FILE",
	  "trust this certificate, in PEM or DER", &root_path },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "quote",
	.synopsis = "[--json] [--platform DIR | --root FILE] [--crl FILE]... "
		    "FILE",
	.summary = "decode and verify a quote",
	.options = specs,
	.notes = "FILE is an ECDSA quote of SGX, version 3.  Without an option "
		 "the user's own test\nroot is trusted, that of swsgx run.  "
		 "What that verifies proves nothing.\n\n"
		 "Exit status: 0; 1 if a step of the verification fails; 125 "
		 "if FILE is no quote.",
};

static X509_CRL *crls[OPTION_STRINGS_MAX + 1];

static int read_crls(void)
{
	for (unsigned i = 0; i < crl_paths.count; i++) {
		crls[i] = trust_read_crl(crl_paths.text[i]);
		if (!crls[i])
			return -1;
	}
	return 0;
}

static void free_crls(void)
{
	for (unsigned i = 0; crls[i]; i++)
		X509_CRL_free(crls[i]);
}

static int print(const char *path, const struct quote *quote)
{
	struct quote_step steps[QUOTE_STEPS];
	char *test_root = NULL;
	X509 *root = root_path ? trust_read_certificate(root_path) :
				 trust_test_root(platform, &test_root);
	struct report *report;
	int status;

	if (root_path && !root)
		return EXIT_OWN_FAILURE;
	quote_verify(quote, root, crls, steps);
	report = report_new("file", path);
	quote_report(report, quote);
	quote_report_steps(report, steps,
			   !root     ? NULL :
			   root_path ? root_path :
				       test_root);
	if (json)
		report_print_json(report);
	else
		report_print_text(report);
	status = report_has_problems(report);
	report_free(report);
	X509_free(root);
	free(test_root);
	return status;
}

static int read_and_print(const char *path)
{
	char why[QUOTE_WHY_SIZE];
	struct quote quote;
	struct file file;
	int status = EXIT_OWN_FAILURE;

	if (file_read(&file, path))
		return status;
	if (quote_parse(&quote, file.bytes, file.size, why))
		complain("%s: no quote: %s", path, why);
	else if (!read_crls())
		status = print(path, &quote);
	free_crls();
	quote_free(&quote);
	file_free(&file);
	return status;
}

int cmd_quote(int argc, char **argv)
{
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	if (argc != 1) {
		complain("expected one FILE; try: swsgx quote --help");
		return EXIT_OWN_FAILURE;
	}
	if (platform && root_path) {
		complain("--platform and --root: there is one root; give one "
			 "of them");
		return EXIT_OWN_FAILURE;
	}
	return read_and_print(argv[0]);
}
