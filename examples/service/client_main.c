/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * service-client: many clients of the service at once.  In the end their
 * answers must be all that the service ever gave, each once.  Needs no SGX.
 */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "examples/service/client.h"

/* clang-format off */
static const char usage[] =
"Usage: service-client --socket PATH [--clients N] [--seconds N]\n"
"                      [--timeout N] [--progress]\n"
"Talk to a service (service --help) as N clients (8, at most 16) at once,\n"
"for --seconds (5), and check every answer.  None within --timeout seconds\n"
"(30) is an error.  --progress: a line each second.  SIGTERM ends it in good\n"
"order.\n"
"Exit status: 0 every answer was right; 1 not so; 2 usage; 4 the service\n"
"says that its state is gone.\n";
/* clang-format on */

static struct {
	const char *path;
	unsigned clients, seconds, timeout;
	bool progress;
} options = { .clients = 8, .seconds = 5, .timeout = 30 };

static volatile sig_atomic_t stop;

struct talker {
	struct client client;
	pthread_t thread;
	bool failed;
};

static void *talk(void *arg)
{
	struct talker *t = arg;
	uint64_t end = client_now_ns() + options.seconds * 1000000000ull;

	while (!stop && client_now_ns() < end && !t->failed)
		t->failed = !client_transact(&t->client);
	if (t->failed)
		stop = 1;
	return NULL;
}

static struct client new_client(uint32_t id)
{
	return (struct client){
		.id = id,
		.fd = -1,
		.path = options.path,
		.timeout = options.timeout,
	};
}

/* The highest version of any account: how many requests were ever made. */
static bool service_version(uint64_t *version)
{
	struct client c = new_client(0);
	bool good = client_connect(&c);

	*version = 0;
	for (c.id = 0; good && c.id < SERVICE_CLIENTS; c.id++) {
		good = client_hello(&c);
		if (c.account.version > *version)
			*version = c.account.version;
	}
	if (c.fd >= 0)
		close(c.fd);
	return good;
}

/* Mark the versions that one client was told.  How many; -1: one was twice. */
static long mark(uint8_t *seen, const struct client *c, uint64_t first,
		 uint64_t last)
{
	size_t i;

	for (i = 0; i < c->nr_versions; i++) {
		uint64_t v = c->versions[i];

		if (v <= first || v > last || seen[v - first]++) {
			fprintf(stderr,
				"service-client: version %" PRIu64
				" was given twice\n",
				v);
			return -1;
		}
	}
	return (long)c->nr_versions;
}

/* Each version from `first` + 1 to `last` was the answer to one request. */
static bool nothing_missing(const struct talker *talkers, uint64_t first,
			    uint64_t last)
{
	uint8_t *seen = calloc(last - first + 1, 1);
	uint64_t told = 0;
	long n = 0;
	unsigned i;

	for (i = 0; seen && i < options.clients && n >= 0; i++) {
		n = mark(seen, &talkers[i].client, first, last);
		told += (uint64_t)n;
	}
	if (seen && n >= 0 && told != last - first)
		fprintf(stderr,
			"service-client: %" PRIu64 " requests were "
			"made, %" PRIu64 " answered\n",
			last - first, told);
	free(seen);
	return seen && n >= 0 && told == last - first;
}

static void report(const struct talker *talkers)
{
	uint64_t requests = 0, repeats = 0, reconnects = 0, slowest = 0;
	unsigned i;

	for (i = 0; i < options.clients; i++) {
		const struct client *c = &talkers[i].client;

		requests += c->nr_versions;
		repeats += c->repeats;
		reconnects += c->reconnects;
		if (c->slowest_ns > slowest)
			slowest = c->slowest_ns;
	}
	printf("requests %" PRIu64 "\nrepeats %" PRIu64 "\nreconnects %" PRIu64
	       "\nslowest-ms %" PRIu64 "\n",
	       requests, repeats, reconnects, slowest / 1000000);
}

static void show_progress(const struct talker *talkers)
{
	const struct timespec second = { .tv_sec = 1 };
	unsigned i, k;

	for (i = 1; i < options.seconds && !stop; i++) {
		uint64_t answers = 0;

		nanosleep(&second, NULL);
		for (k = 0; k < options.clients; k++)
			answers += __atomic_load_n(&talkers[k].client.answers,
						   __ATOMIC_RELAXED);
		printf("progress %" PRIu64 "\n", answers);
		fflush(stdout);
	}
}

/* How many threads were started. */
static unsigned start(struct talker *talkers)
{
	unsigned i;

	for (i = 0; i < options.clients; i++) {
		struct talker *t = &talkers[i];

		*t = (struct talker){ .client = new_client(i) };
		if (!client_connect(&t->client) || !client_hello(&t->client) ||
		    pthread_create(&t->thread, NULL, talk, t))
			break;
	}
	return i;
}

static int verdict(const struct talker *talkers, uint64_t first)
{
	uint64_t last;
	unsigned i;

	for (i = 0; i < options.clients; i++)
		if (talkers[i].client.gone) {
			fprintf(stderr, "service-client: the service's state "
					"is gone\n");
			return 4;
		}
	for (i = 0; i < options.clients; i++)
		if (talkers[i].failed)
			return 1;
	if (!service_version(&last) || !nothing_missing(talkers, first, last))
		return 1;
	printf("every answer right, none lost, none given twice\n");
	return 0;
}

static int run(struct talker *talkers)
{
	unsigned i, started;
	uint64_t first;

	if (!service_version(&first))
		return 1;
	started = start(talkers);
	if (started < options.clients)
		stop = 1;
	else if (options.progress)
		show_progress(talkers);
	for (i = 0; i < started; i++) {
		pthread_join(talkers[i].thread, NULL);
		close(talkers[i].client.fd);
	}
	if (started < options.clients)
		return 1;
	report(talkers);
	return verdict(talkers, first);
}

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static bool parse(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "clients", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "progress", no_argument, NULL, 'p' },
		{ "seconds", required_argument, NULL, 'n' },
		{ "socket", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'c') {
			options.clients = (unsigned)atoi(optarg);
		} else if (c == 'n') {
			options.seconds = (unsigned)atoi(optarg);
		} else if (c == 't') {
			options.timeout = (unsigned)atoi(optarg);
		} else if (c == 's') {
			options.path = optarg;
		} else if (c == 'p') {
			options.progress = true;
		} else if (c == 'h') {
			fputs(usage, stdout);
			exit(0);
		} else {
			return false;
		}
	}
	return options.path && optind == argc && options.clients >= 1 &&
	       options.clients <= SERVICE_CLIENTS && options.timeout;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term, .sa_flags = SA_RESTART };
	struct talker talkers[SERVICE_CLIENTS];

	if (!parse(argc, argv)) {
		fprintf(stderr,
			"service-client: --socket PATH is needed, "
			"--clients is 1 to %d; see --help\n",
			SERVICE_CLIENTS);
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	return run(talkers);
}
