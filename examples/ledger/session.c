/* SPDX-License-Identifier: BSD-3-Clause */
/* The rebuilding of an enclave whose memory was lost. */
#include "examples/ledger/session.h"

#include <errno.h>
#include <string.h>

#include "examples/lib/error.h"

/* The EPC may go again while the enclave is being rebuilt, but a fault that
 * comes back every time is a bug, not a loss. */
#define ATTEMPTS 5

enum outcome { DONE, LOST, FAILED };

static bool is_loss(const struct enclave_exit *exit)
{
	return exit->function != ENCLU_EEXIT &&
	       exit->vector == VECTOR_PAGE_FAULT &&
	       (exit->error_code & ERROR_CODE_SGX);
}

static void notify(const struct session *s, const char *what,
		   const struct enclave_exit *exit)
{
	if (s->notify)
		s->notify(what, exit);
}

/* One entry into the enclave. */
static enum outcome call(struct session *s, struct ledger_call *c)
{
	struct enclave_exit exit;
	int ret = enclave_enter(&s->enclave, 0, c, &exit);

	if (ret) {
		enclave_fail(-ret, "__vdso_sgx_enter_enclave: %s",
			     strerror(-ret));
		return FAILED;
	}
	if (is_loss(&exit)) {
		notify(s, "lost", &exit);
		return LOST;
	}
	if (exit.function == ENCLU_EEXIT && exit.result == 0)
		return DONE;
	enclave_fail(EFAULT,
		     "the enclave failed: ENCLU leaf %u, exception "
		     "%u, error code 0x%x, address 0x%llx, result %llu",
		     exit.function, exit.vector, exit.error_code,
		     (unsigned long long)exit.addr,
		     (unsigned long long)exit.result);
	return FAILED;
}

static int check_status(const struct ledger_call *c, const char *path)
{
	switch (c->status) {
	case LEDGER_OK:
		return 0;
	case LEDGER_BAD_SEAL:
		return enclave_fail(EPERM,
				    "%s: cannot be unsealed: altered, "
				    "or sealed on another platform, or by "
				    "another signer's enclave",
				    path);
	case LEDGER_NO_KEY:
		return enclave_fail(EPERM,
				    "%s: no key for it: sealed on "
				    "another platform, or by a newer version "
				    "of the enclave",
				    path);
	default:
		return enclave_fail(EIO,
				    "%s: the enclave refused to open it "
				    "(status %u)",
				    path, c->status);
	}
}

/* Give a fresh enclave its state: the sealed one, or an empty one. */
static enum outcome restore(struct session *s)
{
	struct ledger_call c = { .op = LEDGER_OPEN };
	int found = store_read(&s->store, &c.sealed);
	enum outcome outcome;

	if (found < 0)
		return FAILED;
	if (!found)
		c.op = LEDGER_NEW;
	outcome = call(s, &c);
	if (outcome != DONE)
		return outcome;
	if (check_status(&c, s->store.path))
		return FAILED;
	if (!found && store_write(&s->store, &c.sealed))
		return FAILED;
	return DONE;
}

/*
 * While the enclave is being built a loss shows as EIO from ADD_PAGES, since
 * ENCLS cannot find the SECS any more; so one failed build is worth another.
 */
static enum outcome build_and_restore(struct session *s)
{
	enclave_destroy(&s->enclave);
	if (!enclave_build(&s->enclave, &s->image, &s->sig))
		return restore(s);
	return errno == EIO ? LOST : FAILED;
}

static int revive(struct session *s)
{
	unsigned i;

	for (i = 0; i < ATTEMPTS; i++) {
		enum outcome outcome = build_and_restore(s);

		if (outcome != LOST)
			return outcome == DONE ? 0 : -1;
	}
	return enclave_fail(EIO,
			    "the enclave is lost as soon as it is built, "
			    "%d times in a row",
			    ATTEMPTS);
}

int session_open(struct session *s, const char *elf, const char *sig,
		 const char *dir)
{
	memset(s, 0, sizeof(*s));
	s->enclave = (struct enclave)ENCLAVE_NONE;
	if (store_open(&s->store, dir))
		return -1;
	if (enclave_image_load(&s->image, elf) ||
	    enclave_sigstruct_load(&s->sig, sig) || revive(s)) {
		session_close(s);
		return -1;
	}
	return 0;
}

static int call_until_answered(struct session *s, struct ledger_call *c)
{
	const struct ledger_call request = *c;
	unsigned i;

	for (i = 0; i < ATTEMPTS; i++) {
		enum outcome outcome = call(s, c);

		if (outcome != LOST)
			return outcome == DONE ? 0 : -1;
		if (revive(s))
			return -1;
		s->rebuilds++;
		notify(s, "rebuilt", NULL);
		*c = request;
	}
	return enclave_fail(EIO,
			    "the enclave was lost %d times during one "
			    "request",
			    ATTEMPTS);
}

int session_request(struct session *s, enum ledger_op op, uint64_t amount,
		    uint64_t number, struct ledger_call *answer)
{
	*answer = (struct ledger_call){ .op = LEDGER_BALANCE };
	if (op != LEDGER_BALANCE && !number) {
		/* Ask first: a repeated request must keep its number. */
		if (call_until_answered(s, answer))
			return -1;
		number = answer->number + 1;
	}
	*answer = (struct ledger_call){
		.op = op,
		.amount = amount,
		.number = number,
	};
	if (call_until_answered(s, answer))
		return -1;
	if (op == LEDGER_BALANCE ||
	    (answer->status != LEDGER_OK && answer->status != LEDGER_REPEATED))
		return 0;
	return store_write(&s->store, &answer->sealed);
}

void session_close(struct session *s)
{
	enclave_destroy(&s->enclave);
	enclave_image_free(&s->image);
	store_close(&s->store);
}
