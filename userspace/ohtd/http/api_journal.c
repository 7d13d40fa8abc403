// SPDX-License-Identifier: GPL-2.0-or-later
/* GET safety/events: the journal as it is kept in the store, the newest first. */
#include "http/api.h"
#include "http/call.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/pending.h"
#include "http/problem.h"
#include "journal/recorder.h"
#include "main/clock.h"
#include "main/workers.h"
#include "oht_client.h"
#include "robot/codes.h"
#include "store/journal.h"
#include "store/store.h"

#define LIMIT_DEFAULT	50
#define LIMIT_MAX	200	/* as in the route table */
#define WITHIN_MS	10000
/* Longer than a store that is busy with something else. */
#define LATE_MS		2000

struct events_job {
	struct ohtd_pending pending;
	struct ohtd_work work;
	struct ohtd_store *store;
	struct ohtd_entry_query query;		/* asks for one more than is wanted */
	unsigned int limit;
	int count;				/* or a negative errno */
	struct ohtd_entry_found found[LIMIT_MAX + 1];
};

/* ---- an entry ---- */

static struct json_object *names_json(unsigned int mask, const char *const *names)
{
	struct json_object *json = json_object_new_array();

	for (unsigned int i = 0; names[i]; i++)
		if (mask & 1u << i)
			json_object_array_add(json, json_object_new_string(names[i]));
	return json;
}

static struct json_object *causes_json(uint64_t causes)
{
	struct json_object *json = json_object_new_array();

	for (unsigned int cause = 1; cause < OHT_CAUSES_MAX; cause++)
		if (causes & oht_cause_mask(cause))
			json_object_array_add(json, json_object_new_string(
					      oht_cause_name(cause)));
	return json;
}

static struct json_object *actor_of_type(const char *type)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "type", json_object_new_string(type));
	return json;
}

static struct json_object *own_json(const struct ohtd_why *why)
{
	struct json_object *json = actor_of_type("daemon");

	json_object_object_add(json, "code", json_object_new_string(ohtd_why_name(why->code)));
	json_object_object_add(json, "text", json_object_new_string(ohtd_why_text(why->code)));
	json_object_object_add(json, "address",
			       why->unit ? json_object_new_int(why->unit) : NULL);
	return json;
}

static struct json_object *user_json(const struct ohtd_entry_found *found)
{
	struct json_object *json = actor_of_type("user");

	json_object_object_add(json, "id",
			       json_object_new_int64((int64_t)found->entry.event.tag));
	json_object_object_add(json, "name",
			       *found->user ? json_object_new_string(found->user) : NULL);
	return json;
}

/* A tag says who asked only in entries that are made for a request. */
static bool was_asked_for(const struct oht_safety_event *event)
{
	return event->tgid && (event->kind == OHT_KIND_RESET || event->kind == OHT_KIND_ENABLE ||
			       event->kind == OHT_KIND_DISABLE ||
			       (event->kind == OHT_KIND_STOP &&
				event->cause == OHT_STOPPED_BY_SOFTWARE));
}

static struct json_object *actor_json(const struct ohtd_entry_found *found)
{
	const struct oht_safety_event *event = &found->entry.event;
	struct json_object *json;
	struct ohtd_why why;

	if (!was_asked_for(event))
		return NULL;
	if (found->by_daemon && ohtd_why_of_tag(event->tag, &why))
		return own_json(&why);
	if (found->by_daemon && event->tag)
		return user_json(found);
	if (found->by_daemon)
		return actor_of_type("daemon");
	json = actor_of_type("process");
	json_object_object_add(json, "pid", json_object_new_int64(event->tgid));
	return json;
}

static struct json_object *to_low_json(const struct oht_safety_event *event)
{
	if (!event->low_ns || event->kind == OHT_KIND_OPENED)
		return NULL;
	return json_object_new_int64((int64_t)(event->low_ns - event->event_ns));
}

static struct json_object *low_to_open_json(const struct oht_safety_event *event)
{
	if (event->kind != OHT_KIND_OPENED)
		return NULL;
	return json_object_new_int64((int64_t)(event->event_ns - event->low_ns));
}

static void add_kind(struct json_object *json, const struct ohtd_entry *entry)
{
	char text[96];

	if (!entry->missing) {
		json_object_object_add(json, "kind", json_object_new_string(
				       oht_kind_name(entry->event.kind)));
		json_object_object_add(json, "text", json_object_new_string(
				       oht_kind_text(entry->event.kind)));
	} else {
		snprintf(text, sizeof(text), "%llu entries were not read; the state afterwards",
			 (unsigned long long)entry->missing);
		json_object_object_add(json, "kind", json_object_new_string("gap"));
		json_object_object_add(json, "text", json_object_new_string(text));
	}
	json_object_object_add(json, "missing", json_object_new_int64((int64_t)entry->missing));
}

static void add_state(struct json_object *json, const struct oht_safety_event *event)
{
	static const char *const inputs[] = { "a", "b", "feedback1", "feedback2", NULL };
	static const char *const outputs[] = { "enable1", "enable2", NULL };

	json_object_object_add(json, "cause", event->cause ? ohtd_json_cause(event->cause) : NULL);
	json_object_object_add(json, "causes", causes_json(event->causes));
	json_object_object_add(json, "from",
			       json_object_new_string(oht_state_name(event->state_from)));
	json_object_object_add(json, "to",
			       json_object_new_string(oht_state_name(event->state_to)));
	json_object_object_add(json, "inputs_closed", names_json(event->inputs, inputs));
	json_object_object_add(json, "outputs_high", names_json(event->outputs, outputs));
	json_object_object_add(json, "edge_to_low_ns", to_low_json(event));
	json_object_object_add(json, "low_to_open_ns", low_to_open_json(event));
}

static struct json_object *entry_json(const struct ohtd_entry_found *found)
{
	const struct oht_safety_event *event = &found->entry.event;
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "boot_id", json_object_new_string(found->source.boot_id));
	json_object_object_add(json, "source", json_object_new_int64(found->place.source));
	json_object_object_add(json, "seq", json_object_new_int64((int64_t)event->journal_seq));
	json_object_object_add(json, "time", ohtd_json_wall_time(found->entry.wall_ns));
	json_object_object_add(json, "monotonic_ns",
			       json_object_new_int64((int64_t)event->event_ns));
	add_kind(json, &found->entry);
	add_state(json, event);
	json_object_object_add(json, "actor", actor_json(found));
	return json;
}

/* ---- the list ---- */

static struct json_object *events_json(const struct events_job *job)
{
	struct json_object *json = json_object_new_object();
	struct json_object *items = json_object_new_array();
	unsigned int count = (unsigned int)job->count;
	char cursor[48];

	if (count > job->limit)
		count = job->limit;
	for (unsigned int i = 0; i < count; i++)
		json_object_array_add(items, entry_json(&job->found[i]));
	json_object_object_add(json, "items", items);
	if ((unsigned int)job->count > job->limit) {
		const struct ohtd_entry_place *last = &job->found[count - 1].place;

		snprintf(cursor, sizeof(cursor), "%lld-%llu", (long long)last->source,
			 (unsigned long long)last->seq);
		json_object_object_add(json, "next_cursor", json_object_new_string(cursor));
	} else {
		json_object_object_add(json, "next_cursor", NULL);
	}
	return json;
}

static void finish(struct ohtd_pending *pending)
{
	struct events_job *job = (struct events_job *)pending;

	if (pending->call && job->count >= 0) {
		ohtd_reply_json(pending->call, 200, events_json(job));
	} else if (pending->call) {
		ohtd_reply_store_problem(pending->call, job->count);
	}
	free(job);
}

static int work_list(struct ohtd_db *db, void *arg)
{
	struct events_job *job = arg;

	return ohtd_db_journal_list(db, &job->query, job->found);
}

/* On a worker. */
static void run_job(struct ohtd_work *work, bool dropped)
{
	struct events_job *job = (struct events_job *)((char *)work -
						       offsetof(struct events_job, work));

	job->count = dropped ? -ESHUTDOWN : ohtd_store_read(job->store, work_list, job);
	ohtd_pending_post(&job->pending);
}

static void submit(struct ohtd_call *call, struct events_job *job)
{
	job->work.run = run_job;
	job->store = ohtd_call_store(call);
	if (ohtd_pending_begin(&job->pending, call, WITHIN_MS, finish)) {
		free(job);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	if (!ohtd_workers_submit(ohtd_call_workers(call), &job->work))
		return;
	ohtd_pending_abandon(&job->pending);
	free(job);
	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, 503, "busy", "too many requests are under way");
}

/* ---- what is asked for ---- */

static int refuse(struct ohtd_call *call, const char *pointer, const char *code,
		  const char *format, const char *value)
{
	struct json_object *errors = json_object_new_array();
	char detail[128];

	snprintf(detail, sizeof(detail), "'%.64s' %s", value, format);
	ohtd_error_add(errors, pointer, code, detail);
	ohtd_reply_problem_list(call, 400, "validation", "the query is not what is taken here",
				errors);
	return -1;
}

/* 0 when there is none. */
static int take_cause(struct ohtd_call *call, struct ohtd_entry_query *query)
{
	const char *name = ohtd_call_text(call, "cause");

	query->cause = -1;
	if (!name)
		return 0;
	for (int cause = 1; cause < OHT_CAUSES_MAX; cause++)
		if (!strcmp(name, oht_cause_name((unsigned int)cause)))
			query->cause = cause;
	return query->cause >= 0 && strcmp(name, "unknown") ? 0 :
	       refuse(call, "/cause", "unknown_value", "is no cause of a stop", name);
}

static void take_kind(struct ohtd_call *call, struct ohtd_entry_query *query)
{
	const char *name = ohtd_call_text(call, "kind");

	query->kind = -1;
	if (!name)
		return;
	/* The route table lets only these through; "gap" has the number 0. */
	query->kind = 0;
	for (int kind = OHT_KIND_STOP; kind <= OHT_KIND_FAULT; kind++)
		if (!strcmp(name, oht_kind_name((unsigned int)kind)))
			query->kind = kind;
}

/* Digits only, and the text again when it is written: no second spelling of a place. */
static int take_cursor(struct ohtd_call *call, struct ohtd_entry_query *query)
{
	const char *cursor = ohtd_call_text(call, "cursor");
	char again[48];

	query->before = (struct ohtd_entry_place){ INT64_MAX, INT64_MAX };
	if (!cursor)
		return 0;
	query->before.source = strtoll(cursor, NULL, 10);
	query->before.seq = strtoull(cursor + strcspn(cursor, "-") + !!strchr(cursor, '-'), NULL,
				     10);
	snprintf(again, sizeof(again), "%lld-%llu", (long long)query->before.source,
		 (unsigned long long)query->before.seq);
	if (!strcmp(cursor, again) && query->before.source > 0 && query->before.seq > 0 &&
	    query->before.seq <= INT64_MAX)
		return 0;
	return refuse(call, "/cursor", "bad_cursor", "is no next_cursor of this list", cursor);
}

void ohtd_api_safety_events(struct ohtd_call *call)
{
	struct json_object *limit = json_object_object_get(call->body, "limit");
	struct events_job *job = calloc(1, sizeof(*job));

	if (!job) {
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	job->limit = limit ? (unsigned int)json_object_get_int(limit) : LIMIT_DEFAULT;
	job->query.limit = job->limit + 1;
	take_kind(call, &job->query);
	if (take_cause(call, &job->query) || take_cursor(call, &job->query))
		free(job);
	else
		submit(call, job);
}

/* ---- how the recorder does ---- */

static const char *const recorder_states[] = {
	[OHTD_RECORDER_OFF] = "none",
	[OHTD_RECORDER_NO_DEVICE] = "no_device",
	[OHTD_RECORDER_RECORDING] = "recording",
	[OHTD_RECORDER_FAILING] = "failing",
};

bool ohtd_recorder_is_late(struct ohtd_call *call)
{
	struct ohtd_recorder_view view;

	ohtd_recorder_look(ohtd_call_recorder(call), &view);
	return view.state == OHTD_RECORDER_FAILING ||
	       ohtd_call_age_ms(call, view.waiting_since_ns) > LATE_MS;
}

struct json_object *ohtd_json_recorder(struct ohtd_call *call)
{
	struct json_object *json = json_object_new_object();
	struct ohtd_recorder_view view;

	ohtd_recorder_look(ohtd_call_recorder(call), &view);
	json_object_object_add(json, "state",
			       json_object_new_string(recorder_states[view.state]));
	json_object_object_add(json, "newest_seq",
			       json_object_new_int64((int64_t)view.newest_seq));
	json_object_object_add(json, "missing", json_object_new_int64((int64_t)view.missing));
	json_object_object_add(json, "waiting_ms", view.waiting_since_ns ? json_object_new_int64(
			       ohtd_call_age_ms(call, view.waiting_since_ns)) : NULL);
	return json;
}
