/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scene NAME SECONDS [ROUNDS]: see scene.h.  With ROUNDS it ends when it has
 * done so much, and fails if the time does not suffice.  Prints what it
 * counted.
 */
#include "tests/soak/scene.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "tests/process/fixture/check.h"
#include "tests/process/fixture/mix.h"
#include "tests/process/fixture/victim.h"
#include "tests/soak/holdings.h"

#define MIX_ROUNDS      200
#define GRACE_SECONDS   60 /* then it hangs */
#define SIGNAL_EVERY_US 500

struct parts scene_parts;
unsigned long scene_rounds;

static unsigned long hits[NR_PLACES];
static const char *const place_names[NR_PLACES] = {
	[AT_CREATE] = "lost-at-create", [AT_ADD_PAGES] = "lost-at-add-pages",
	[AT_INIT] = "lost-at-init",     [AT_EENTER] = "lost-at-eenter",
	[INSIDE] = "lost-inside",       [IN_HANDLER] = "lost-in-handler",
	[IN_CHILD] = "lost-in-child",
};

static const struct {
	const char *name;
	void (*play)(void);
} scenes[] = {
	{ "add-pages", scene_add_pages }, { "build", scene_build_many },
	{ "init", scene_init },           { "eenter", scene_eenter },
	{ "handler", scene_handler },     { "fork", scene_fork },
};

static unsigned long end, rounds, signals;

void scene_hit(enum place place)
{
	__atomic_add_fetch(&hits[place], 1, __ATOMIC_RELAXED);
}

static unsigned long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec;
}

bool scene_goes_on(void)
{
	if (rounds &&
	    __atomic_load_n(&scene_rounds, __ATOMIC_RELAXED) >= rounds)
		return false;
	return now() < end;
}

/* Linux answers an ENCLS that finds its SECS invalid with EIO. */
static bool lost_at(struct enclave *e, enum place place)
{
	CHECK_EQ(errno, EIO);
	scene_hit(place);
	enclave_destroy(e);
	return false;
}

bool scene_try_pages(struct enclave *e)
{
	struct secs secs;
	unsigned i;

	parts_begin(&scene_parts, e, &secs);
	if (enclave_create(e, &secs))
		return lost_at(e, AT_CREATE);
	for (i = 0; i < scene_parts.image.nr_segments; i++)
		if (enclave_add_segment(e, &scene_parts.image, i))
			return lost_at(e, AT_ADD_PAGES);
	return true;
}

bool scene_try_init(struct enclave *e)
{
	if (enclave_init(e, &scene_parts.sig))
		return lost_at(e, AT_INIT);
	if (enclave_map(e, &scene_parts.image))
		check_fatal("map: %s", enclave_error());
	return true;
}

bool scene_try_build(struct enclave *e)
{
	return scene_try_pages(e) && scene_try_init(e);
}

bool scene_build(struct enclave *e)
{
	while (scene_goes_on())
		if (scene_try_build(e))
			return true;
	return false;
}

bool scene_is_loss(const struct enclave_exit *exit)
{
	return CHECK(exit->function != ENCLU_EEXIT) &&
	       CHECK_EQ(exit->vector, VECTOR_PAGE_FAULT) &&
	       CHECK(exit->error_code & ERROR_CODE_SGX);
}

/* The answer is the same every time: what mix() gives outside. */
static uint64_t right_answer(void)
{
	static uint64_t value;

	if (!value)
		value = mix(MIX_ROUNDS, 0);
	return value;
}

bool scene_compute(const struct enclave *e, unsigned tcs)
{
	struct request r = { .op = OP_MIX, .value = MIX_ROUNDS };
	struct enclave_exit exit = victim_enter(e, tcs, &r);

	if (exit.function == ENCLU_EEXIT) {
		CHECK_EQ(r.done, OP_DONE);
		CHECK_EQ(r.value, right_answer());
		__atomic_add_fetch(&scene_rounds, 1, __ATOMIC_RELAXED);
		return true;
	}
	if (scene_is_loss(&exit))
		scene_hit(exit.function == ENCLU_EENTER ? AT_EENTER : INSIDE);
	return false;
}

static void on_alarm(int sig)
{
	(void)sig;
	__atomic_add_fetch(&signals, 1, __ATOMIC_RELAXED);
}

/* A signal may come anywhere: inside, at the AEP, in an ioctl. */
static void begin_signals(void)
{
	const struct timeval every = { .tv_usec = SIGNAL_EVERY_US };
	const struct itimerval timer = { every, every };
	struct sigaction sa = { .sa_handler = on_alarm,
				.sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGALRM, &sa, NULL) ||
	    setitimer(ITIMER_REAL, &timer, NULL))
		check_fatal("setitimer: %s", strerror(errno));
}

static void report(struct holdings before, struct holdings after)
{
	struct epc epc = epc_when_idle();
	unsigned i;

	for (i = 0; i < NR_PLACES; i++)
		printf("%s %lu\n", place_names[i], hits[i]);
	printf("rounds %lu\nsignals %lu\n", scene_rounds, signals);
	printf("descriptors-before %u\ndescriptors-after %u\n",
	       before.descriptors, after.descriptors);
	printf("mappings-before %u\nmappings-after %u\n", before.mappings,
	       after.mappings);
	printf("epc-pages %lu\nepc-free %lu\n", epc.pages, epc.free);
	CHECK_EQ(epc.free, epc.pages);
	CHECK_EQ(after.descriptors, before.descriptors);
	CHECK_EQ(after.mappings, before.mappings);
}

static void play(const char *name, unsigned long seconds)
{
	unsigned i;

	memset(hits, 0, sizeof(hits));
	scene_rounds = signals = 0;
	end = now() + seconds;
	for (i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		if (!strcmp(name, scenes[i].name)) {
			scenes[i].play();
			return;
		}
	check_fatal("%s: no such scene", name);
}

int main(int argc, char **argv)
{
	unsigned long seconds;
	struct holdings before;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3 || argc > 4)
		check_fatal("usage: scene NAME SECONDS [ROUNDS]");
	seconds = strtoul(argv[2], NULL, 10);
	check_timeout((unsigned)seconds + GRACE_SECONDS);
	parts_prepare(&scene_parts, NULL, NULL);
	right_answer();
	begin_signals();
	/* Once before, so that what is made once has been made. */
	play(argv[1], 1);
	before = holdings();
	if (argc == 4)
		rounds = strtoul(argv[3], NULL, 10);
	play(argv[1], seconds);
	CHECK(scene_rounds >= rounds);
	report(before, holdings());
	return check_result();
}
