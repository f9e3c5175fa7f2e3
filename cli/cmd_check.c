/* SPDX-License-Identifier: BSD-3-Clause */
/* `swsgx check`: what this host offers, and what follows from it. */
#include <json-c/json.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/check/probe.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "cli/options.h"
#include "process/supervisor/supervisor.h"

static const struct probe probes[] = {
	{ "architecture", "processor", PROBE_NEEDED, probe_architecture,
	  "swsgx is for 64-bit x86 only" },
	{ "kernel", "kernel", PROBE_HELPS, probe_kernel,
	  "older than what swsgx was made for; see the lines below" },
	{ "ptrace", "ptrace", PROBE_NEEDED, probe_ptrace,
	  "the runtime cannot be put into programs" },
	{ "seccomp_trap", "seccomp filter", PROBE_NEEDED, probe_seccomp_trap,
	  "the SGX devices cannot be shown to programs" },
	{ "seccomp_tsync", "seccomp in all threads", PROBE_NEEDED,
	  probe_seccomp_tsync, "a program with threads cannot be followed" },
	{ "no_new_privs", "no_new_privs", PROBE_NOTE, probe_no_new_privs,
	  "in a run, set-user-ID programs (sudo, ping) gain no privilege" },
	{ "platform_file", "platform memory", PROBE_NEEDED, probe_platform_file,
	  "there is no place for the EPC" },
	{ "address_space", "RLIMIT_AS", PROBE_NEEDED, probe_address_space,
	  "programs cannot map the EPC" },
	{ "max_map_count", "number of mappings", PROBE_HELPS, probe_map_count,
	  "an enclave whose pages' permissions alternate may not fit" },
	{ "user_dispatch", "Syscall User Dispatch", PROBE_HELPS,
	  probe_user_dispatch,
	  "SYSCALL inside an enclave makes the call instead of #UD" },
	{ "fsgsbase", "FSGSBASE", PROBE_HELPS, probe_fsgsbase,
	  "entering an enclave is slower; enclaves cannot use WRFSBASE" },
	{ "cpuid_faulting", "CPUID faulting", PROBE_HELPS, probe_cpuid_faulting,
	  "programs' CPUID instructions are rewritten as they are mapped, all "
	  "but generated code's; in an enclave CPUID works instead of #UD" },
	{ "protection_keys", "protection keys", PROBE_NOTE,
	  probe_protection_keys,
	  "code outside an enclave can read the enclave's memory" },
	{ "crypto", "instructions for crypto", PROBE_HELPS, probe_crypto,
	  "building enclaves is slower" },
	{ "xfeatures", "extended state (XFRM)", PROBE_NEEDED, probe_xfeatures,
	  "enclaves need x87 and SSE" },
	{ "vdso", "vDSO", PROBE_NOTE, probe_vdso, NULL },
	{ "sgx_hardware", "SGX hardware", PROBE_NOTE, probe_sgx_hardware,
	  NULL },
};

#define NR_PROBES (sizeof(probes) / sizeof(probes[0]))

enum mark { MARK_YES, MARK_NO, MARK_LESS, MARK_NOTE, NR_MARKS };

/* The marks on a UTF-8 terminal, and everywhere else. */
static const char *const utf8_marks[NR_MARKS] = { "✓", "✗", "–", "•" };
static const char *const ascii_marks[NR_MARKS] = { "ok", "NO", "--", " *" };
static const char *const colours[NR_MARKS] = { "\033[32m", "\033[31m",
					       "\033[33m", "" };

struct style {
	const char *const *marks;
	bool colour;
};

static struct style choose_style(void)
{
	const char *no_colour = getenv("NO_COLOR");
	bool terminal = isatty(STDOUT_FILENO);
	struct style style = { ascii_marks, false };

	setlocale(LC_CTYPE, "");
	if (terminal && !strcmp(nl_langinfo(CODESET), "UTF-8"))
		style.marks = utf8_marks;
	style.colour = terminal && !(no_colour && *no_colour);
	return style;
}

static enum mark mark_of(const struct probe *probe,
			 const struct probe_result *result)
{
	if (probe->weight == PROBE_NOTE)
		return MARK_NOTE;
	if (result->ok)
		return MARK_YES;
	return probe->weight == PROBE_NEEDED ? MARK_NO : MARK_LESS;
}

static void print_result(const struct style *style, const struct probe *probe,
			 const struct probe_result *result)
{
	enum mark mark = mark_of(probe, result);

	printf("%s%s%s %-24s %s\n", style->colour ? colours[mark] : "",
	       style->marks[mark], style->colour ? "\033[0m" : "", probe->title,
	       result->found);
	if (result->ok)
		return;
	if (probe->follows)
		printf("     so: %s\n", probe->follows);
	if (result->cure[0])
		printf("     cure: %s\n", result->cure);
}

static void print_text(const struct probe_result *results, bool works)
{
	struct style style = choose_style();

	if (supervisor_is_inside())
		puts("This is inside a run: what follows is what its programs "
		     "see, not the host.\n");
	for (size_t i = 0; i < NR_PROBES; i++)
		print_result(&style, &probes[i], &results[i]);
	if (works)
		puts("\n'swsgx run' can work here.");
	else
		printf("\n'swsgx run' cannot work here; see the lines with "
		       "%s.\n",
		       style.marks[MARK_NO]);
}

static json_object *result_json(const struct probe *probe,
				const struct probe_result *result)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "ok",
			       json_object_new_boolean(result->ok));
	json_object_object_add(object, "needed",
			       json_object_new_boolean(probe->weight ==
						       PROBE_NEEDED));
	json_object_object_add(object, "found",
			       json_object_new_string(result->found));
	if (!result->ok && probe->follows)
		json_object_object_add(object, "follows",
				       json_object_new_string(probe->follows));
	if (!result->ok && result->cure[0])
		json_object_object_add(object, "cure",
				       json_object_new_string(result->cure));
	return object;
}

static void print_json(const struct probe_result *results, bool works)
{
	json_object *root = json_object_new_object();
	json_object *all = json_object_new_object();

	json_object_object_add(root, "version",
			       json_object_new_string(SWSGX_VERSION));
	json_object_object_add(root, "can_run", json_object_new_boolean(works));
	json_object_object_add(root, "inside_run",
			       json_object_new_boolean(supervisor_is_inside()));
	for (size_t i = 0; i < NR_PROBES; i++)
		json_object_object_add(all, probes[i].key,
				       result_json(&probes[i], &results[i]));
	json_object_object_add(root, "probes", all);
	puts(json_object_to_json_string_ext(
		root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

static bool run_probes(struct probe_result results[NR_PROBES])
{
	bool works = true;

	fflush(stdout);
	for (size_t i = 0; i < NR_PROBES; i++) {
		probes[i].run(&results[i]);
		if (probes[i].weight == PROBE_NEEDED && !results[i].ok)
			works = false;
	}
	return works;
}

int cmd_check(int argc, char **argv)
{
	static struct probe_result results[NR_PROBES];
	static bool json;
	static const struct option_spec specs[] = {
		{ "json", 0, OPTION_FLAG, NULL, "print a JSON object", &json },
		{ 0 }
	};
	static const struct command_usage usage = {
		.command = "check",
		.synopsis = "[--json]",
		.summary = "say what this host offers to swsgx",
		.options = specs,
		.notes = "Exit status: 0 if 'swsgx run' can work here, "
			 "1 if not.",
	};
	int status = options_parse(&usage, &argc, &argv);
	bool works;

	if (status >= 0)
		return status;
	if (argc) {
		complain("takes no operand; drop '%s'", argv[0]);
		return EXIT_OWN_FAILURE;
	}
	works = run_probes(results);
	if (json)
		print_json(results, works);
	else
		print_text(results, works);
	return !works;
}
