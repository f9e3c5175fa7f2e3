/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx collateral`: what verifiers ask for besides a quote. */
#include <stdlib.h>
#include <string.h>

#include "attest/quote/check.h"
#include "cli/collateral/export.h"
#include "cli/commands.h"
#include "cli/info/file.h"
#include "cli/message.h"
#include "cli/options.h"

#define DAY 86400

static const char *platform, *tcb_status, *advisory, *revoked;
static bool expired;

static const struct option_spec specs[] = {
	{ "advisory", 0, OPTION_STRING, "ID",
	  "an advisory that applies, such as INTEL-SA-00001", &advisory },
	{ "expired", 0, OPTION_FLAG, NULL,
	  "all of it was to be updated yesterday", &expired },
	{ "platform", 0, OPTION_STRING, "DIR",
	  "of this platform's test root, not of the user's", &platform },
	{ "revoke", 0, OPTION_STRING, "QUOTE",
	  "the PCK certificate of this quote is revoked", &revoked },
	{ "tcb-status", 0, OPTION_STRING, "STATUS",
	  "of every test platform, such as OutOfDate, Revoked or\n"
	  "                         SWHardeningNeeded (default: UpToDate)",
	  &tcb_status },
	{ 0 }
};

static const struct command_usage usage = {
	.command = "collateral",
	.synopsis = "export [OPTION]... DIR",
	.summary = "write what verifies quotes of the test root to files",
	.options = specs,
	.notes = "Revocation lists, TCB Info and QE Identity, for development "
		 "and testing only: they\nprove nothing.  The root is made, if "
		 "there is none yet.",
};

static int read_quote(struct quote *quote)
{
	char why[QUOTE_WHY_SIZE];
	struct file file;
	int r;

	if (file_read(&file, revoked))
		return -1;
	r = quote_parse(quote, file.bytes, file.size, why);
	if (r)
		complain("--revoke: %s: no quote: %s", revoked, why);
	else if (!quote->nr_chain)
		complain("--revoke: %s: a quote without certificates", revoked);
	file_free(&file);
	return r || !quote->nr_chain ? -1 : 0;
}

static int export_to(const char *dir, const struct collateral_wish *wish)
{
	char *directory = pki_directory(platform);
	struct collateral c;
	struct pki pki;
	int r = -1;

	if (!directory)
		complain("the test root is below HOME, which is not set; set "
			 "it, or give --platform");
	else if (pki_open(&pki, directory, complain))
		r = -1;
	else if (collateral_make(&c, &pki, wish))
		complain("OpenSSL cannot sign the collateral");
	else
		r = export_collateral(dir, &pki, &c);
	if (!r)
		collateral_free(&c);
	free(directory);
	return r ? EXIT_OWN_FAILURE : 0;
}

static int run_export(const char *dir)
{
	struct collateral_wish wish;
	struct quote quote = { .nr_chain = 0 };
	int status = EXIT_OWN_FAILURE;

	collateral_default(&wish);
	wish.tcb_status = tcb_status;
	wish.advisory = advisory;
	if (expired) {
		wish.issued -= 30 * DAY;
		wish.next_update -= 30 * DAY;
	}
	if (!revoked || !read_quote(&quote)) {
		wish.revoked = revoked ? quote.chain[0] : NULL;
		status = export_to(dir, &wish);
	}
	quote_free(&quote);
	return status;
}

int cmd_collateral(int argc, char **argv)
{
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	if (argc != 2 || strcmp(argv[0], "export")) {
		complain("expected 'export DIR'; try: swsgx collateral --help");
		return EXIT_OWN_FAILURE;
	}
	if (tcb_status && !collateral_is_status(tcb_status)) {
		complain("--tcb-status: '%s': expected UpToDate, OutOfDate, "
			 "Revoked, ConfigurationNeeded, "
			 "OutOfDateConfigurationNeeded, SWHardeningNeeded or "
			 "ConfigurationAndSWHardeningNeeded",
			 tcb_status);
		return EXIT_OWN_FAILURE;
	}
	return run_export(argv[1]);
}
