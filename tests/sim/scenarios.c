/* SPDX-License-Identifier: BSD-3-Clause */
/* Who maps what, and does what: of 16 rounds, so many. */
#include "tests/sim/sim.h"

#define E0 1u
#define E1 2u

/* clang-format off */
const struct scenario scenarios[] = {
	{
		.name = "pressure",
		.what = "two processes share an enclave that does not fit",
		.procs = 2, .threads = { 2, 1 }, .encls = 1, .epc_pages = 10,
		.maps = { E0, E0 },
		.does = { { .visit = 16, .edmm = 2, .signal = 1 },
			  { .visit = 14, .evict = 2 } },
		.rounds = 3,
	}, {
		.name = "two-programs",
		.what = "each has an enclave of its own; not all fits",
		.procs = 2, .threads = { 2, 1 }, .encls = 2, .epc_pages = 18,
		.maps = { E0, E1 },
		.does = { { .visit = 14, .edmm = 2, .evict = 1, .signal = 1 },
			  { .visit = 16, .edmm = 2 } },
		.rounds = 3,
	}, {
		.name = "manager",
		.what = "one that has the descriptor only restricts, trims",
		.procs = 2, .threads = { 2, 1 }, .encls = 1, .epc_pages = 40,
		.maps = { E0, 0 }, .fds = { 0, E0 },
		.does = { { .visit = 16, .edmm = 6 }, { .manage = 16 } },
		.rounds = 4,
	}, {
		.name = "neighbour",
		.what = "two share an enclave that does not fit; one is killed",
		.procs = 2, .threads = { 1, 2 }, .encls = 1, .epc_pages = 10,
		.maps = { E0, E0 }, .kills = 1,
		.does = { { .visit = 16, .edmm = 2 },
			  { .visit = 14, .evict = 2 } },
		.rounds = 3,
	}, {
		.name = "stopped",
		.what = "likewise; some are stopped, at any point, for ever",
		.procs = 2, .threads = { 1, 2 }, .encls = 1, .epc_pages = 10,
		.maps = { E0, E0 }, .stops = 2, .stops_forever = 1,
		.does = { { .visit = 16, .edmm = 3 },
			  { .visit = 16, .edmm = 2 } },
		.rounds = 3,
	}, {
		.name = "stopped-inside",
		.what = "likewise, where all fits, and pages are changed",
		.procs = 2, .threads = { 1, 2 }, .encls = 1, .epc_pages = 40,
		.maps = { E0, E0 }, .stops = 1, .stops_forever = 1,
		.does = { { .visit = 16, .edmm = 10 }, { .visit = 16 } },
		.rounds = 3,
	}, {
		.name = "stopped-often",
		.what = "and who goes on for one that is stopped is, too",
		.procs = 2, .threads = { 2, 1 }, .encls = 1, .epc_pages = 40,
		.maps = { E0, E0 }, .stops = 12,
		.does = { { .visit = 16, .edmm = 12 },
			  { .visit = 16, .edmm = 12 } },
		.rounds = 3,
	}, {
		.name = "edmm",
		.what = "threads of a process change pages, others enter, exit",
		.procs = 1, .threads = { 3 }, .encls = 1, .epc_pages = 40,
		.maps = { E0 },
		.does = { { .visit = 16, .edmm = 8, .signal = 1 } },
		.rounds = 4,
	}, {
		.name = "builders",
		.what = "programs that build are killed",
		.procs = 3, .threads = { 1, 1, 1 }, .encls = 1, .epc_pages = 40,
		.maps = { E0, 0, 0 }, .kills = 2,
		.does = { { .visit = 16 }, { .build = 16 }, { .build = 16 } },
		.rounds = 2,
	}, {
		.name = "family",
		.what = "one forks; parent and child use what does not fit",
		.procs = 1, .threads = { 2 }, .encls = 1, .epc_pages = 10,
		.maps = { E0, E0 }, .forks = 1, .kills = 1,
		.does = { { .visit = 16, .edmm = 3 },
			  { .visit = 14, .edmm = 2, .evict = 2 } },
		.rounds = 4,
	}, {
		.name = "loss",
		.what = "the EPC is lost",
		.procs = 2, .threads = { 2, 1 }, .encls = 2, .epc_pages = 20,
		.maps = { E0, E0 | E1 }, .losses = 1,
		.does = { { .visit = 16, .edmm = 3 }, { .visit = 16 } },
		.rounds = 3,
	}, {
		.name = "no-server",
		.what = "the server is killed, and two go on that share",
		.procs = 2, .threads = { 2, 1 }, .encls = 1, .epc_pages = 12,
		.maps = { E0, E0 }, .servers = 1, .losses = 1,
		.does = { { .visit = 16, .edmm = 3 },
			  { .visit = 14, .edmm = 3, .evict = 2 } },
		.rounds = 3,
	}, {
		.name = "all",
		.what = "all of it at a time",
		.procs = 3, .threads = { 2, 1, 1 }, .encls = 2,
		.epc_pages = 22, .maps = { E0, E0 | E1, 0 },
		.fds = { 0, 0, E0 | E1 }, .kills = 1, .stops = 1,
		.stops_forever = 1, .losses = 1,
		.does = { { .visit = 16, .edmm = 3, .signal = 1 },
			  { .visit = 14, .edmm = 2, .evict = 2 },
			  { .manage = 10, .build = 1 } },
		.rounds = 2,
	},
};
/* clang-format on */

const unsigned int nr_scenarios = sizeof(scenarios) / sizeof(*scenarios);
