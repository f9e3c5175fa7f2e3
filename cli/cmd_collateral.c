/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx collateral`: what verifiers ask for besides a quote. */
#include <stdlib.h>
#include <string.h>

#include "attest/quote/check.h"
#include "cli/collateral/export.h"
#include "cli/collateral/serve.h"
#include "cli/commands.h"
#include "cli/info/file.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/platform.h"

#define OVERDUE (30 * 86400) /* what is good for 29 days is not */

static const char *platform, *tcb_status, *advisory, *revoked;
static bool expired;
static struct option_number port;

static const struct option_spec specs[] = {
	{ "advisory", 0, OPTION_STRING, "ID",
	  "an advisory that applies, such as INTEL-SA-00001", &advisory },
	{ "expired", 0, OPTION_FLAG, NULL,
	  "all of it was to be updated yesterday", &expired },
	{ "platform", 0, OPTION_STRING, "DIR",
	  "of this platform's test root, not of the user's", &platform },
	{ "port", 0, OPTION_NUMBER, "N",
	  "serve: on this port (default: any that is free)", &port },
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
	.synopsis = "export [OPTION]... DIR | serve [OPTION]...",
	.summary = "give what verifies quotes of the test root",
	.options = specs,
	.notes = "export writes files; serve answers on the loopback "
		 "interface as a PCCS does, until\na signal ends it.  "
		 "Revocation lists, TCB Info and QE Identity are for "
		 "development\nand testing only: they prove nothing.  The root "
		 "is made, if there is none yet.",
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

static int export_to(const char *dir, const struct pki *pki,
		     struct collateral_wish *wish)
{
	struct collateral c;
	int r;

	if (expired) {
		wish->issued -= OVERDUE;
		wish->next_update -= OVERDUE;
	}
	if (collateral_make(&c, pki, wish)) {
		complain("OpenSSL cannot sign the collateral");
		return -1;
	}
	r = export_collateral(dir, pki, &c);
	collateral_free(&c);
	return r;
}

/* Without a directory nobody's PCK certificate is known. */
static int load_package(struct package *package)
{
	const struct platform_options any = { 0 };
	struct package_config config;

	if (platform_load(platform, &any, &config))
		return -1;
	package_init(package, &config, platform_entropy);
	return 0;
}

static int serve_it(const struct pki *pki, const struct collateral_wish *wish)
{
	static struct package package;
	struct pccs pccs = { .pki = pki,
			     .wish = wish,
			     .age = expired ? OVERDUE : 0 };

	if (port.number > UINT16_MAX) {
		complain("--port: %llu: expected 0 to 65535",
			 (unsigned long long)port.number);
		return -1;
	}
	if (platform) {
		if (load_package(&package))
			return -1;
		pccs.package = &package;
	}
	return serve(&pccs, (uint16_t)port.number);
}

static int open_root(struct pki *pki)
{
	char *directory = pki_directory(platform);
	int r = -1;

	if (directory)
		r = pki_open(pki, directory, complain);
	else
		complain("the test root is below HOME, which is not set; set "
			 "it, or give --platform");
	free(directory);
	return r;
}

/* `dir`: where to export to; NULL: serve. */
static int give(const char *dir)
{
	struct quote quote = { .nr_chain = 0 };
	struct collateral_wish wish;
	struct pki pki;
	int r = -1;

	collateral_default(&wish);
	wish.tcb_status = tcb_status;
	wish.advisory = advisory;
	if (!(revoked && read_quote(&quote)) && !open_root(&pki)) {
		wish.revoked = revoked ? quote.chain[0] : NULL;
		r = dir ? export_to(dir, &pki, &wish) : serve_it(&pki, &wish);
		pki_close(&pki);
	}
	quote_free(&quote);
	return r ? EXIT_OWN_FAILURE : 0;
}

static bool is_export(int argc, char **argv)
{
	return argc == 2 && !strcmp(argv[0], "export");
}

static bool is_serve(int argc, char **argv)
{
	return argc == 1 && !strcmp(argv[0], "serve");
}

int cmd_collateral(int argc, char **argv)
{
	int status = options_parse(&usage, &argc, &argv);

	if (status >= 0)
		return status;
	if (!is_export(argc, argv) && !is_serve(argc, argv)) {
		complain("expected 'export DIR' or 'serve'; try: swsgx "
			 "collateral --help");
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
	return give(is_export(argc, argv) ? argv[1] : NULL);
}
