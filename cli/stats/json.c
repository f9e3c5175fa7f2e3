/* SPDX-License-Identifier: BSD-3-Clause */
/* The counters of a run, for programs. */
#include <json-c/json.h>
#include <stddef.h>

#include "cli/stats/stats.h"

/* clang-format off */
#define COUNTER(field)	{ #field, offsetof(struct rt_counters, field) }

static const struct {
	const char *name;
	size_t offset;
} counters[] = {
	COUNTER(eenter), COUNTER(eexit), COUNTER(eresume), COUNTER(aex),
	COUNTER(fault), COUNTER(ioctl), COUNTER(ewb), COUNTER(eldu),
	COUNTER(eaug), COUNTER(epc_losses), COUNTER(migrations),
	COUNTER(interrupts), COUNTER(evictions), COUNTER(epc_pages),
	COUNTER(epc_free), COUNTER(enclaves), COUNTER(threads),
};
/* clang-format on */

static void add_number(json_object *to, const char *name, uint64_t n)
{
	json_object_object_add(to, name, json_object_new_uint64(n));
}

static void add_names(json_object *to, const char *name,
		      const uint64_t count[SGX_STATS],
		      const struct stats_names *names)
{
	json_object *object = json_object_new_object();

	for (unsigned int i = 0; i < names->n; i++)
		add_number(object, names->json[i], count[names->first + i]);
	json_object_object_add(to, name, object);
}

/* null: the clock does not run */
static void add_ns(json_object *to, const char *name,
		   const struct stats_run *run, uint64_t ns)
{
	json_object_object_add(to, name,
			       run->clock_age ? json_object_new_uint64(ns) :
						NULL);
}

static void add_kinds(json_object *to, const struct stats_run *run,
		      const uint64_t count[SGX_STATS])
{
	add_names(to, "aex_by_cause", count, &stats_aex);
	add_names(to, "faults_by_kind", count, &stats_faults);
	add_names(to, "leaves", count, &stats_leaves);
	add_ns(to, "inside_ns", run, count[SGX_STAT_INSIDE]);
	add_ns(to, "outside_ns", run, count[SGX_STAT_OUTSIDE]);
}

static void add_counts(json_object *to, const struct stats_run *run,
		       const uint64_t count[SGX_STATS])
{
	add_number(to, "eenter", count[SGX_STAT_EENTER]);
	add_number(to, "eexit", count[SGX_STAT_EEXIT]);
	add_number(to, "eresume", count[SGX_STAT_ERESUME]);
	add_number(to, "aex", stats_sum(count, &stats_aex));
	add_number(to, "fault", stats_sum(count, &stats_faults));
	add_kinds(to, run, count);
}

static json_object *thread(const struct stats_run *run,
			   const struct stats_thread *t)
{
	json_object *object = json_object_new_object();

	add_number(object, "pid", t->pid);
	add_number(object, "tid", t->tid);
	add_number(object, "enclave", t->eid);
	json_object_object_add(object, "alive",
			       json_object_new_boolean(t->alive != 0));
	json_object_object_add(object, "inside",
			       json_object_new_boolean(t->inside != 0));
	add_counts(object, run, t->count);
	return object;
}

static json_object *enclave(const struct stats_run *run,
			    const struct stats_enclave *e)
{
	json_object *object = json_object_new_object();

	add_number(object, "enclave", e->is.pages.eid);
	add_number(object, "base", e->is.pages.base);
	add_number(object, "size", e->is.pages.size);
	json_object_object_add(object, "open",
			       json_object_new_boolean(e->is.open));
	add_number(object, "pages", e->is.pages_added);
	add_number(object, "epc_pages", e->is.epc_pages);
	add_number(object, "epc_peak", e->is.pages.peak);
	add_number(object, "ewb", e->is.pages.ewb);
	add_number(object, "eldu", e->is.pages.eldu);
	add_number(object, "eaug", e->is.pages.eaug);
	add_number(object, "threads", e->inside);
	add_counts(object, run, e->count);
	return object;
}

static json_object *all(const struct stats *s)
{
	json_object *object = json_object_new_object();
	json_object *threads = json_object_new_array();
	json_object *enclaves = json_object_new_array();
	const struct stats_run *run = s->run;

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		add_number(object, counters[i].name,
			   *(const uint64_t *)((const char *)&run->counters +
					       counters[i].offset));
	add_number(object, "epc_peak", run->epc_peak);
	add_number(object, "age_ns", run->age);
	add_kinds(object, run, run->count);
	for (uint32_t i = 0; i < run->nr_threads; i++)
		json_object_array_add(threads, thread(run, &s->threads[i]));
	for (uint32_t i = 0; i < run->nr_enclaves; i++)
		json_object_array_add(enclaves, enclave(run, &s->enclaves[i]));
	json_object_object_add(object, "by_thread", threads);
	json_object_object_add(object, "by_enclave", enclaves);
	add_number(object, "enclaves_forgotten", run->forgotten);
	return object;
}

void stats_json(const struct stats *s, FILE *out, bool pretty)
{
	json_object *object = all(s);

	fprintf(out, "%s\n",
		json_object_to_json_string_ext(object,
					       pretty ?
						       JSON_C_TO_STRING_PRETTY :
						       JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}
