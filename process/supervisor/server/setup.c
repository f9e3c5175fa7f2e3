/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run needs before its server and its program start. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process/supervisor/base/ldt.h"
#include "process/supervisor/base/socket.h"
#include "process/supervisor/cpuid/mode.h"
#include "process/supervisor/platform/stats.h"
#include "process/supervisor/server/server.h"

/* The way to CPUID that was asked for, or -ENOTSUP. */
static int choose_cpuid(struct server *s)
{
	enum run_cpuid wanted = s->options->cpuid;

	switch (wanted) {
	case RUN_CPUID_OFF:
		s->params.cpuid = RT_CPUID_OFF;
		return 0;
	case RUN_CPUID_REWRITE:
		s->params.cpuid = RT_CPUID_REWRITE;
		return 0;
	default:
		break;
	}
	s->params.cpuid = cpuid_can_fault() ? RT_CPUID_FAULT : RT_CPUID_REWRITE;
	if (wanted != RUN_CPUID_FAULT || s->params.cpuid == RT_CPUID_FAULT)
		return 0;
	s->options->complain("this host cannot make CPUID fault; leave out "
			     "--cpuid, and it is rewritten");
	return -ENOTSUP;
}

static void make_params(struct server *s)
{
	struct package *p = &s->params.package;

	s->params.verbose = s->options->verbose;
	s->params.strict = s->options->strict;
	s->params.may_have_ldt = ldt_can_be_used();
	*p = *s->platform.mm.cpu.package;
	/* programs are shown what CPUID shows, and no keys */
	memset(p->root_seal_key, 0, sizeof(p->root_seal_key));
	memset(p->root_provisioning_key, 0, sizeof(p->root_provisioning_key));
	memset(p->cr_base_pk, 0, sizeof(p->cr_base_pk));
}

static int make_listener(struct server *s)
{
	uint64_t unique;

	s->options->entropy(&unique, sizeof(unique));
	s->options->entropy(s->params.secret, sizeof(s->params.secret));
	snprintf(s->params.socket, sizeof(s->params.socket), "swsgx-%d-%016llx",
		 (int)getpid(), (unsigned long long)unique);
	return socket_listen(s->params.socket);
}

int server_setup(struct server *s)
{
	int r = choose_cpuid(s);

	if (r)
		return r;
	r = platform_create(&s->platform, &s->options->package,
			    s->options->entropy);
	if (r) {
		s->options->complain("cannot make the platform's memory: %s; "
				     "swsgx check says what is in the way",
				     strerror(-r));
		return r;
	}
	stats_begin(&s->platform, s->options->clock);
	injections_init(&s->injections, &s->platform, s->options);
	make_params(s);
	s->listener = make_listener(s);
	if (s->listener < 0) {
		s->options->complain("cannot make the run's socket: %s",
				     strerror(-s->listener));
		return s->listener;
	}
	return 0;
}
