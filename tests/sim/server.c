/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform's server: a task that sleeps until somebody asks it for
 * something, or has died.  Its parts are the supervisor's own files; here is
 * what ties them together there (server.c, requests.c, tokens.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sgx/driver.h"
#include "process/ctl.h"
#include "process/supervisor/base/loop.h"
#include "process/supervisor/base/thread_id.h"
#include "process/supervisor/platform/ipi.h"
#include "process/supervisor/platform/loss.h"
#include "process/supervisor/platform/platform.h"
#include "process/supervisor/platform/requests.h"
#include "tests/sim/sim.h"

#define BUSY_NS 2000000000ull /* as tokens.c */

static struct {
	struct platform platform;
	uint64_t last_token;
} * s;
/* Questions that have not been answered.  Who asked may have died. */
static struct {
	struct {
		struct task *who;
		uint32_t number;
		struct msg msg;
	} q[64];
	unsigned int head, tail;
} box;
static uint64_t busy_since[SIM_ENCLS];
static bool reap_soon;

/* Clients --------------------------------------------------------------- */

void server_ask(struct msg *msg)
{
	struct task *k = sim_cur;
	unsigned int i;

	SIM_POINT();
	if (world.no_server) {
		msg->error = -EPIPE;
		return;
	}
	i = box.tail++ % 64;
	box.q[i].who = k;
	box.q[i].number = ++k->asked;
	box.q[i].msg = *msg;
	k->answered = false;
	k->asking = true;
	k->msg = msg;
	sched_wake(&tasks[SERVER]);
	while (!k->answered)
		sched_block();
	k->asking = false;
}

int rt_client_once(struct msg *msg, int *answer_fd)
{
	(void)answer_fd;
	server_ask(msg);
	return msg->error;
}

int server_open(void)
{
	struct msg msg = { .type = SIM_MSG_OPEN };

	server_ask(&msg);
	return msg.error;
}

void server_reap_soon(void)
{
	reap_soon = true;
	sched_wake(&tasks[SERVER]);
}

static void answer(struct task *k, uint32_t number, const struct msg *msg)
{
	if (k->asked != number || k->answered || k->state == TASK_DEAD)
		return;
	*k->msg = *msg;
	k->answered = true;
	sched_wake(k);
}

/* What the supervisor's files call --------------------------------------- */

uint64_t loop_now(void)
{
	return sim_time;
}

int loop_watch(int fd, loop_fn fn, void *arg)
{
	(void)fd;
	(void)fn;
	(void)arg;
	return 0;
}

void loop_close(int fd)
{
	(void)fd;
}

pid_t thread_by_own_id(pid_t pid, pid_t said)
{
	(void)pid;
	(void)said;
	return 0;
}

void server_gone(void)
{
	world.no_server = true;
	tasks[SERVER].state = TASK_DEAD;
	for (unsigned int i = 1; i < SIM_TASKS; i++) {
		struct task *k = &tasks[i];

		if (!k->asking || k->answered || k->state == TASK_DEAD)
			continue;
		k->msg->error = -EPIPE;
		k->answered = true;
		sched_wake(k);
	}
}

static bool is_referred_to(unsigned int e)
{
	for (unsigned int i = 0; i < SIM_PROCS; i++) {
		const struct proc *p = &world.proc[i];

		if (!p->dead && (p->fd[e] || p->pin[e]))
			return true;
	}
	return false;
}

static bool release(unsigned int e)
{
	struct sgx_encl *encl = &sim_shared->encls[e];
	bool busy = !sgx_encl_try_release(&s->platform.mm, encl);

	if (busy && busy_since[e] && sim_time - busy_since[e] > BUSY_NS) {
		sgx_encl_release(&s->platform.mm, encl);
		busy = false;
	}
	if (!busy)
		sim_trace("enclave %u has been released", e);
	if (!busy || !busy_since[e])
		busy_since[e] = busy ? sim_time + 1 : 0;
	return !busy;
}

unsigned int tokens_reap(struct tokens *tokens)
{
	unsigned int left = 0;

	(void)tokens;
	for (unsigned int e = 0; e < SIM_ENCLS; e++) {
		if (!sim_shared->encls[e].kind)
			continue;
		if (is_referred_to(e) || !release(e))
			left++;
	}
	return left;
}

/* The host ---------------------------------------------------------------- */

static void host_discard(uint64_t offset, uint64_t len)
{
	SIM_POINT();
	memory_zero(SIM_PLATFORM + offset, len);
}

static void host_ipi(uint64_t secs, uint32_t epoch)
{
	ipi_interrupt(&s->platform.mm, secs, epoch);
}

static int host_preempt(uint32_t process, uint32_t thread)
{
	return ipi_preempt(&s->platform.lives, process, thread);
}

static struct sgx_section **host_section(void)
{
	static struct sgx_section *innermost;

	return &innermost;
}

static void host_resched(void)
{
	sched_yield_to_others();
}

static void host_reap(void)
{
	tokens_reap(&s->platform.tokens);
}

static bool host_pending(void)
{
	return false;
}

static const struct host server_host = {
	.preempt = host_preempt,
	.section = host_section,
	.signal_pending = host_pending,
	.ipi = host_ipi,
	.cond_resched = host_resched,
	.ktime_get_ns = loop_now,
	.discard = host_discard,
	.reap = host_reap,
};

static uint8_t next_entropy;

static void entropy(void *buf, size_t n)
{
	memory_dirty(buf, n);
	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = next_entropy++;
}

/* Undisturbed, on the server's stack. */
void server_prepare(void)
{
	struct package_config config = {
		.epc_bytes = sim_scenario->epc_pages * SGX_PAGE_SIZE,
		.sgx2 = true,
		.xcr0 = 3,
	};

	sim_shared = (struct sgx_shared *)SIM_PLATFORM;
	sgx_platform_init(sim_shared, &config, entropy);
	sim_shared->reclaim_patience = 500000000;
	s = memory_alloc(sizeof(*s));
	s->platform.entropy = entropy;
	lives_init(&s->platform.lives, &s->platform.mm);
	if (sgx_mm_init(&s->platform.mm, sim_shared, &server_host, entropy))
		sim_fail("sgx_mm_init()");
	for (unsigned int i = 0; i < sim_scenario->procs; i++)
		world_attach(i,
			     lives_number(&s->platform.lives,
					  (pid_t)world.proc[i].pid),
			     entropy);
}

/* The task ---------------------------------------------------------------- */

/* Who asked refers to it from now on. */
static void do_open(const struct task *k, struct msg *msg)
{
	int index = sgx_open(&s->platform.mm, SGX_FILE_ENCLAVE,
			     ++s->last_token);

	msg->error = index;
	if (index >= SIM_ENCLS)
		sim_fail("the table of enclaves is full");
	if (index < 0)
		return;
	busy_since[index] = 0;
	world.proc[k->proc].fd[index] = true;
}

/* A child of fork() has met the server before it enters an enclave. */
static void attach(const struct task *k, struct msg *msg)
{
	pid_t pid = (pid_t)world.proc[k->proc].pid;

	msg->attach.pid = (uint32_t)pid;
	msg->attach.number = lives_number(&s->platform.lives, pid);
	sim_trace("p%u.%u is attached: %u", k->proc, k->n, msg->attach.number);
}

static void lose(struct msg *msg)
{
	msg->event.event = SGX_EVENT_EPC_LOSS;
	for (unsigned int e = 0; e < SIM_ENCLS; e++)
		world.encl[e].lost = sim_shared->encls[e].kind;
	loss_make(&s->platform, msg);
	for (unsigned int e = 0; e < SIM_ENCLS; e++)
		world.encl[e].is_over = world.encl[e].lost;
	sim_trace("the EPC has been lost");
}

static void handle(struct task *k, struct msg *msg)
{
	msg->error = 0;
	switch (msg->type) {
	case MSG_ATTACH:
		attach(k, msg);
		break;
	case SIM_MSG_OPEN:
		do_open(k, msg);
		break;
	case SIM_MSG_EVICT:
		sgx_evict(&s->platform.mm, &sim_shared->encls[msg->event.encl],
			  msg->event.start, msg->event.end);
		break;
	case SIM_MSG_LOSS:
		lose(msg);
		break;
	default:
		if (!platform_request(&s->platform, msg))
			sim_fail("message %u", msg->type);
	}
}

static void answer_next(void)
{
	unsigned int i = box.head % 64;
	struct msg msg = box.q[i].msg;
	uint32_t number = box.q[i].number;
	struct task *k = box.q[i].who;

	box.head++;
	handle(k, &msg);
	answer(k, number, &msg);
}

static bool notice_a_death(void)
{
	for (unsigned int i = 0; i < SIM_PROCS; i++) {
		struct proc *p = &world.proc[i];

		if (!p->dead || p->noticed)
			continue;
		p->noticed = true;
		sim_trace("the server sees that process %u has ended", i);
		lives_event(&s->platform.lives, SIM_PIDFD + (int)i, 0);
		return true;
	}
	return false;
}

static void sleep_on(void)
{
	bool left = reap_soon;

	reap_soon = false;
	if (!left) {
		sched_block();
		return;
	}
	tokens_reap(&s->platform.tokens);
	sgx_give_back(&s->platform.mm);
}

void server_reset(void)
{
	box.head = box.tail = 0;
	memset(busy_since, 0, sizeof(busy_since));
	reap_soon = false;
}

void server_main_task(struct task *k)
{
	(void)k;
	while (!world.quit || box.head != box.tail) {
		if (notice_a_death())
			continue;
		if (box.head != box.tail)
			answer_next();
		else
			sleep_on();
	}
	tokens_reap(&s->platform.tokens);
}
