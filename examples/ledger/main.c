/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ledger: a bank account in an enclave.
 * One command on the command line, or many on standard input.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/ledger/session.h"
#include "examples/lib/file.h"

/* clang-format off */
static const char usage[] =
"Usage: ledger --dir DIR [--enclave FILE] [COMMAND]\n"
"Keep a ledger in an SGX enclave; its state, sealed, in DIR.\n"
"\n"
"  deposit AMOUNT [NUMBER]    add an entry; NUMBER makes repeating it safe\n"
"  withdraw AMOUNT [NUMBER]   the same, downwards\n"
"  balance                    show where the ledger stands\n"
"\n"
"Without a COMMAND, commands are read from standard input, one a line.\n"
"  --enclave FILE   the enclave (default: ledger-enclave.elf beside this\n"
"                   program); its signature is FILE with .sig for .elf\n";
/* clang-format on */

static const char *const status_text[] = {
	[LEDGER_OK] = "ok",
	[LEDGER_REPEATED] = "ok (this entry was there already)",
	[LEDGER_BAD_REQUEST] = "bad request",
	[LEDGER_NOT_OPEN] = "no ledger is open",
	[LEDGER_WRONG_NUMBER] = "refused: not the next entry's number",
	[LEDGER_INSUFFICIENT] = "refused: insufficient balance",
	[LEDGER_TOO_LARGE] = "refused: balance too large",
	[LEDGER_BAD_SEAL] = "sealed state rejected",
	[LEDGER_NO_ENTROPY] = "RDRAND gave nothing",
	[LEDGER_NO_KEY] = "EGETKEY refused",
};

static void tell(const char *what, const struct enclave_exit *exit)
{
	if (exit)
		fprintf(stderr,
			"ledger: enclave %s: %s raised #PF, error code "
			"0x%x%s, at 0x%" PRIx64 "\n",
			what,
			exit->function == ENCLU_EENTER ? "EENTER" :
							 "an access inside",
			exit->error_code,
			exit->error_code & ERROR_CODE_SGX ? " (PF_SGX)" : "",
			exit->addr);
	else
		fprintf(stderr,
			"ledger: enclave %s, state unsealed, request "
			"repeated\n",
			what);
}

static int print_answer(const struct ledger_call *answer)
{
	bool known = answer->status < sizeof(status_text) / sizeof(char *);

	printf("%s: entry %" PRIu64 ", balance %" PRIu64 ", chain ",
	       known ? status_text[answer->status] : "unknown status",
	       answer->number, answer->balance);
	for (unsigned i = 0; i < 8; i++)
		printf("%02x", answer->chain[i]);
	printf("\n");
	fflush(stdout);
	return answer->status > LEDGER_REPEATED;
}

static int parse_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno || end == text || *end || *text == '-' ? -1 : 0;
}

/* Returns 0 done, 1 refused by the enclave, 2 not understood, 3 failed. */
static int run_command(struct session *s, int argc, char **argv)
{
	struct ledger_call answer;
	uint64_t amount = 0, number = 0;
	enum ledger_op op;

	if (!strcmp(argv[0], "balance") && argc == 1)
		op = LEDGER_BALANCE;
	else if (!strcmp(argv[0], "deposit"))
		op = LEDGER_DEPOSIT;
	else if (!strcmp(argv[0], "withdraw"))
		op = LEDGER_WITHDRAW;
	else
		op = 0;
	if (!op || argc > 3 || (op != LEDGER_BALANCE && argc < 2) ||
	    (argc > 1 && parse_number(argv[1], &amount)) ||
	    (argc > 2 && (parse_number(argv[2], &number) || !number))) {
		fprintf(stderr,
			"ledger: \"%s\": expected deposit AMOUNT "
			"[NUMBER], withdraw AMOUNT [NUMBER], or balance\n",
			argv[0]);
		return 2;
	}
	if (session_request(s, op, amount, number, &answer)) {
		fprintf(stderr, "ledger: %s\n", enclave_error());
		return 3;
	}
	return print_answer(&answer);
}

/* The worst that happened decides the exit status. */
static int run_lines(struct session *s)
{
	char line[256];
	int worst = 0;

	while (fgets(line, sizeof(line), stdin)) {
		char *argv[5], *save = NULL, *word;
		int argc = 0, ret;

		for (word = strtok_r(line, " \t\n", &save); word && argc < 5;
		     word = strtok_r(NULL, " \t\n", &save))
			argv[argc++] = word;
		if (!argc)
			continue;
		ret = run_command(s, argc, argv);
		if (ret > worst)
			worst = ret;
		if (ret == 3)
			break;
	}
	return worst;
}

static int run(const char *dir, const char *elf, int argc, char **argv)
{
	char path[PATH_MAX], sig[PATH_MAX];
	struct session s;
	int ret;

	if (!elf &&
	    !file_beside_program(path, sizeof(path), "ledger-enclave.elf"))
		elf = path;
	if (!elf || file_signature_of(sig, sizeof(sig), elf)) {
		fprintf(stderr, "ledger: --enclave: expected a file that ends "
				"in .elf\n");
		return 2;
	}
	if (session_open(&s, elf, sig, dir)) {
		fprintf(stderr, "ledger: %s\n", enclave_error());
		return 3;
	}
	s.notify = tell;
	ret = argc ? run_command(&s, argc, argv) : run_lines(&s);
	session_close(&s);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "enclave", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *dir = NULL, *elf = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'd') {
			dir = optarg;
		} else if (c == 'e') {
			elf = optarg;
		} else if (c == 'h') {
			fputs(usage, stdout);
			return 0;
		} else {
			return 2;
		}
	}
	if (!dir) {
		fprintf(stderr, "ledger: --dir DIR is needed; see --help\n");
		return 2;
	}
	return run(dir, elf, argc - optind, argv + optind);
}
