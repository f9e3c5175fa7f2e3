/* SPDX-License-Identifier: BSD-3-Clause */
/* The rebuilding of an enclave that many threads use. */
#include "examples/service/lifeline.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "examples/lib/error.h"

/*
 * The EPC may be lost again at any moment, while the enclave is being built
 * too.  But if nothing has worked for so long, it is not that.
 */
#define PATIENCE_SECONDS 30

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static enum outcome call(struct visitor *v, struct service_call *c)
{
	struct enclave_exit how;
	enum outcome outcome = entry_call(&v->l->enclave, v->tcs, v->way, c,
					  &how);

	if (outcome == LOST)
		__atomic_add_fetch(
			&v->l->lost[v->way][how.function != ENCLU_EENTER], 1,
			__ATOMIC_RELAXED);
	return outcome;
}

static int explain(const struct service_call *c, const char *path)
{
	switch (c->answer.status) {
	case SERVICE_OK:
		return 0;
	case SERVICE_BAD_SEAL:
	case SERVICE_NO_KEY:
		return enclave_fail(EPERM,
				    "%s: this platform cannot unseal "
				    "it: it was sealed on another one (was "
				    "this machine migrated?), or altered, or "
				    "by another signer's enclave.  The state "
				    "is gone here: run the service where it "
				    "was sealed, or begin anew in another "
				    "directory",
				    path);
	case SERVICE_ROLLED_BACK:
		return enclave_fail(EPERM,
				    "%s: missing, or older than the "
				    "counter beside it: put the newest copy "
				    "back",
				    path);
	default:
		return enclave_fail(EIO,
				    "%s: the enclave refused to open it "
				    "(status %u)",
				    path, c->answer.status);
	}
}

/* Give a fresh enclave its state: the sealed one, or an empty one. */
static enum outcome restore(struct visitor *v)
{
	struct service_call c = { .request.op = SERVICE_OPEN };
	struct store *store = &v->l->store;
	int found = store_read(store, &c);
	enum outcome outcome;

	if (found < 0)
		return FAILED;
	if (!found)
		c.request.op = SERVICE_NEW;
	outcome = call(v, &c);
	if (outcome != DONE)
		return outcome;
	return explain(&c, store->path) || store_commit(store, &c) ? FAILED :
								     DONE;
}

/*
 * In the midst of building, the loss shows as EIO: ENCLS finds no SECS any
 * more.  And after it every program of this machine builds its enclaves at the
 * same time, so memory (EPC) may be short for a while.
 */
static enum outcome build_and_restore(struct visitor *v)
{
	const struct timespec while_others_build = { .tv_nsec = 1000000 };
	struct lifeline *l = v->l;

	enclave_destroy(&l->enclave);
	if (!enclave_build(&l->enclave, &l->image, &l->sig))
		return restore(v);
	if (errno == ENOMEM)
		nanosleep(&while_others_build, NULL);
	return errno == EIO || errno == ENOMEM ? LOST : FAILED;
}

static int rebuild(struct visitor *v)
{
	time_t deadline = now() + PATIENCE_SECONDS;

	do {
		enum outcome outcome = build_and_restore(v);

		if (outcome != LOST)
			return outcome == DONE ? 0 : -1;
		v->l->failed_builds++;
	} while (now() < deadline);
	return enclave_fail(EIO,
			    "the enclave is lost as soon as it is built, "
			    "for %d seconds",
			    PATIENCE_SECONDS);
}

/* l->mutex is held, and let go for the time of the building. */
static void rebuild_alone(struct visitor *v)
{
	struct lifeline *l = v->l;
	int ret;

	l->life = REBUILDING;
	pthread_mutex_unlock(&l->mutex);
	ret = rebuild(v);
	pthread_mutex_lock(&l->mutex);
	l->life = ret ? GONE : ALIVE;
	if (ret)
		snprintf(l->why_gone, sizeof(l->why_gone), "%s",
			 enclave_error());
	else
		l->rebuilds++;
	pthread_cond_broadcast(&l->changed);
}

/* True: v->l->enclave is there, and stays until lifeline_put(). */
static bool lifeline_get(struct visitor *v)
{
	struct lifeline *l = v->l;
	bool got;

	pthread_mutex_lock(&l->mutex);
	while (l->life == ENDED || l->life == REBUILDING) {
		if (l->life == ENDED && !l->users)
			rebuild_alone(v);
		else
			pthread_cond_wait(&l->changed, &l->mutex);
	}
	got = l->life == ALIVE;
	if (got)
		l->users++;
	pthread_mutex_unlock(&l->mutex);
	return got;
}

static void lifeline_put(struct lifeline *l, enum outcome outcome)
{
	pthread_mutex_lock(&l->mutex);
	l->users--;
	if (outcome == LOST && l->life == ALIVE)
		l->life = ENDED;
	if (outcome == FAILED && l->life != GONE) {
		l->life = GONE;
		snprintf(l->why_gone, sizeof(l->why_gone), "%s",
			 enclave_error());
	}
	if (l->life != ALIVE && !l->users)
		pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->mutex);
}

static bool has_state(const struct service_call *c)
{
	return c->answer.status == SERVICE_OK ||
	       c->answer.status == SERVICE_REPEATED;
}

/* One try: the answer, and what it shows on disk (rule 4). */
static enum outcome try(struct visitor *v, struct service_call *c)
{
	enum outcome outcome = call(v, c);

	if (outcome == DONE && has_state(c) && store_commit(&v->l->store, c))
		return FAILED;
	return outcome;
}

void lifeline_request(struct visitor *v, const struct service_request *request,
		      struct service_answer *answer)
{
	while (lifeline_get(v)) {
		struct service_call c = { .request = *request };
		enum outcome outcome = try(v, &c);

		lifeline_put(v->l, outcome);
		if (outcome == DONE && c.answer.status != SERVICE_BUSY) {
			*answer = c.answer;
			return;
		}
		if (outcome == DONE)
			sched_yield();
	}
	*answer = (struct service_answer){ .status = SERVICE_GONE,
					   .client = request->client };
}

int lifeline_open(struct lifeline *l, const char *elf, const char *sig,
		  const char *dir)
{
	struct visitor first = { .l = l };

	memset(l, 0, sizeof(*l));
	l->enclave = (struct enclave)ENCLAVE_NONE;
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->changed, NULL);
	if (store_open(&l->store, dir) || enclave_image_load(&l->image, elf) ||
	    enclave_sigstruct_load(&l->sig, sig) || rebuild(&first)) {
		lifeline_close(l);
		return -1;
	}
	return 0;
}

void lifeline_close(struct lifeline *l)
{
	enclave_destroy(&l->enclave);
	enclave_image_free(&l->image);
	store_close(&l->store);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->mutex);
}
