/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger: a balance, and a hash over every entry that led to it.  It lives
 * in enclave memory, which can vanish at any time, so each entry leaves a
 * sealed copy of the whole state with the host.  Entries are numbered, so one
 * that the host repeats, not knowing whether it was made, is made once.
 */
#include "examples/ledger/protocol.h"
#include "examples/lib/trts.h"
#include "examples/lib/trts_seal.h"
#include "examples/lib/trts_sha256.h"

struct state {
	uint64_t number; /* entries made: the last one's number */
	uint64_t balance;
	uint64_t last_op, last_amount;
	uint8_t chain[32];
	uint64_t open;
};
_Static_assert(sizeof(struct state) == LEDGER_STATE, "sealed as it is");

static struct state ledger;

/* chain' = SHA-256(chain, number, op, amount) */
static void extend_chain(struct state *s)
{
	uint64_t text[7];

	__builtin_memcpy(text, s->chain, 32);
	text[4] = s->number;
	text[5] = s->last_op;
	text[6] = s->last_amount;
	sha256(text, sizeof(text), s->chain);
}

static enum ledger_status new_balance(const struct ledger_call *call,
				      uint64_t *balance)
{
	if (call->op == LEDGER_DEPOSIT)
		return __builtin_add_overflow(ledger.balance, call->amount,
					      balance) ?
			       LEDGER_TOO_LARGE :
			       LEDGER_OK;
	return __builtin_sub_overflow(ledger.balance, call->amount, balance) ?
		       LEDGER_INSUFFICIENT :
		       LEDGER_OK;
}

static enum ledger_status status_of(enum seal_status status)
{
	static const uint8_t of[] = {
		[SEAL_OK] = LEDGER_OK,
		[SEAL_BROKEN] = LEDGER_BAD_SEAL,
		[SEAL_NO_ENTROPY] = LEDGER_NO_ENTROPY,
		[SEAL_NO_KEY] = LEDGER_NO_KEY,
	};

	return of[status];
}

/* The host gets the sealed new state, or the old state stays. */
static enum ledger_status commit(struct ledger_call *call,
				 const struct state *next)
{
	struct ledger_sealed *sealed = &call->sealed;
	enum seal_status status = seal(&sealed->header, LEDGER_MAGIC, next,
				       sealed->state, LEDGER_STATE,
				       sealed->tag);

	if (status == SEAL_OK)
		ledger = *next;
	return status_of(status);
}

static enum ledger_status repeat(struct ledger_call *call)
{
	enum ledger_status status;

	if (call->op != ledger.last_op || call->amount != ledger.last_amount)
		return LEDGER_WRONG_NUMBER;
	status = commit(call, &ledger);
	return status == LEDGER_OK ? LEDGER_REPEATED : status;
}

static enum ledger_status make_entry(struct ledger_call *call)
{
	struct state next = ledger;
	enum ledger_status status;

	if (!ledger.open)
		return LEDGER_NOT_OPEN;
	if (call->number == ledger.number && ledger.number)
		return repeat(call);
	if (call->number != ledger.number + 1)
		return LEDGER_WRONG_NUMBER;
	status = new_balance(call, &next.balance);
	if (status != LEDGER_OK)
		return status;
	next.number = call->number;
	next.last_op = call->op;
	next.last_amount = call->amount;
	extend_chain(&next);
	return commit(call, &next);
}

static enum ledger_status new_ledger(struct ledger_call *call)
{
	struct state empty = { .open = 1 };

	return ledger.open ? LEDGER_BAD_REQUEST : commit(call, &empty);
}

static enum ledger_status open_ledger(const struct ledger_call *call)
{
	const struct ledger_sealed *sealed = &call->sealed;
	enum seal_status status;
	struct state found;

	if (ledger.open)
		return LEDGER_BAD_REQUEST;
	status = unseal(&sealed->header, LEDGER_MAGIC, sealed->state, &found,
			LEDGER_STATE, sealed->tag);
	if (status == SEAL_OK)
		ledger = found;
	return status_of(status);
}

static enum ledger_status dispatch(struct ledger_call *call)
{
	switch (call->op) {
	case LEDGER_NEW:
		return new_ledger(call);
	case LEDGER_OPEN:
		return open_ledger(call);
	case LEDGER_DEPOSIT:
	case LEDGER_WITHDRAW:
		return make_entry(call);
	case LEDGER_BALANCE:
		return ledger.open ? LEDGER_OK : LEDGER_NOT_OPEN;
	default:
		return LEDGER_BAD_REQUEST;
	}
}

uint64_t enclave_main(void *arg)
{
	struct ledger_call call;

	if (!trts_is_outside(arg, sizeof(call)))
		return LEDGER_BAD_POINTER;
	/* Work on a copy: the host could change its own in the meantime. */
	__builtin_memcpy(&call, arg, sizeof(call));
	call.status = dispatch(&call);
	call.number = ledger.number;
	call.balance = ledger.balance;
	__builtin_memcpy(call.chain, ledger.chain, sizeof(call.chain));
	__builtin_memcpy(arg, &call, sizeof(call));
	return 0;
}
