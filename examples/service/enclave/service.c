/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Accounts in an enclave, for several threads at a time.  All of this memory
 * can vanish between any two instructions, so with each answer the host gets
 * the sealed state that the answer shows, and sends the answer only when that
 * is on disk.  It follows that nothing that anybody was told can be lost.
 */
#include "examples/lib/trts.h"
#include "examples/lib/trts_seal.h"
#include "examples/lib/trts_sha256.h"
#include "examples/service/protocol.h"

/* A thread that waits inside burns its processor; the host can sleep. */
#define SPINS 2000

static struct service_state state;
static uint32_t is_open;
static uint32_t held;

static int lock(void)
{
	unsigned i;

	for (i = 0; i < SPINS; i++) {
		if (!__atomic_exchange_n(&held, 1, __ATOMIC_ACQUIRE))
			return 0;
		__builtin_ia32_pause();
	}
	return -1;
}

static void unlock(void)
{
	__atomic_store_n(&held, 0, __ATOMIC_RELEASE);
}

static enum service_status status_of(enum seal_status status)
{
	static const uint8_t of[] = {
		[SEAL_OK] = SERVICE_OK,
		[SEAL_BROKEN] = SERVICE_BAD_SEAL,
		[SEAL_NO_ENTROPY] = SERVICE_NO_ENTROPY,
		[SEAL_NO_KEY] = SERVICE_NO_KEY,
	};

	return of[status];
}

static void extend_receipt(struct service_account *a, uint64_t amount)
{
	uint64_t text[6];

	__builtin_memcpy(text, a->receipt, 32);
	text[4] = a->number;
	text[5] = amount;
	sha256(text, sizeof(text), a->receipt);
}

static enum service_status add(struct service_account *a,
			       const struct service_request *r)
{
	if (a->number && r->number == a->number)
		return SERVICE_REPEATED;
	if (r->number != a->number + 1)
		return SERVICE_WRONG_NUMBER;
	a->number = r->number;
	a->balance += r->amount;
	a->version = ++state.version;
	extend_receipt(a, r->amount);
	return SERVICE_OK;
}

static enum service_status open_sealed(const struct service_call *call,
				       struct service_state *to)
{
	const struct service_sealed *sealed = &call->sealed;
	enum seal_status status = unseal(&sealed->header, SERVICE_MAGIC,
					 sealed->state, to, sizeof(*to),
					 sealed->tag);

	if (status != SEAL_OK)
		return status_of(status);
	/*
	 * Someone put an old copy back.  Here the host says what the counter
	 * is, and could lie: a real service asks a counter that it can
	 * authenticate, a TPM's or another machine's.
	 */
	return to->version < call->counter ? SERVICE_ROLLED_BACK : SERVICE_OK;
}

static enum service_status begin(const struct service_call *call)
{
	struct service_state from = { 0 };
	enum service_status status = SERVICE_OK;

	if (is_open)
		return SERVICE_BAD_REQUEST;
	if (call->request.op == SERVICE_OPEN)
		status = open_sealed(call, &from);
	else if (call->counter)
		status = SERVICE_ROLLED_BACK;
	if (status == SERVICE_OK) {
		state = from;
		is_open = 1;
	}
	return status;
}

static enum service_status dispatch(const struct service_call *call)
{
	const struct service_request *r = &call->request;

	if (r->op == SERVICE_NEW || r->op == SERVICE_OPEN)
		return begin(call);
	if (!is_open)
		return SERVICE_NOT_OPEN;
	if (r->op == SERVICE_ADD)
		return add(&state.accounts[r->client], r);
	return r->op == SERVICE_HELLO ? SERVICE_OK : SERVICE_BAD_REQUEST;
}

/* The call's own copy of the state is sealed, so others may go on. */
static enum service_status serve(struct service_call *call)
{
	struct service_sealed *sealed = &call->sealed;
	struct service_answer *answer = &call->answer;
	struct service_state shown;
	enum service_status status;

	if (call->request.client >= SERVICE_CLIENTS)
		return SERVICE_BAD_REQUEST;
	if (lock())
		return SERVICE_BUSY;
	status = dispatch(call);
	shown = state;
	unlock();
	answer->client = call->request.client;
	answer->account = shown.accounts[call->request.client];
	call->version = shown.version;
	if (status == SERVICE_OK || status == SERVICE_REPEATED) {
		enum seal_status sealing = seal(&sealed->header, SERVICE_MAGIC,
						&shown, sealed->state,
						sizeof(shown), sealed->tag);

		if (sealing != SEAL_OK)
			return status_of(sealing);
	}
	return status;
}

uint64_t enclave_main(void *arg)
{
	struct service_call call;

	if (!trts_is_outside(arg, sizeof(call)))
		return SERVICE_BAD_POINTER;
	/* Work on a copy: the host could change its own in the meantime. */
	__builtin_memcpy(&call, arg, sizeof(call));
	__builtin_memset(&call.answer, 0, sizeof(call.answer));
	call.answer.status = serve(&call);
	__builtin_memcpy(arg, &call, sizeof(call));
	return 0;
}
