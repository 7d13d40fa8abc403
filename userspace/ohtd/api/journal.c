// SPDX-License-Identifier: GPL-2.0-or-later
/* GET safety/events: the journal as it is kept in the store, the newest first. */
#include "api/api.h"
#include "server/call.h"

#include "views/safety_cause.h"
#include "lists/stored_list.h"
#include "views/words.h"
#include "oht_client.h"
#include "robot/codes.h"
#include "journal/rows.h"

/* "gap" is no kind of the kernel's: entries that were not read. */
static const char *kind_name(unsigned int kind)
{
	return kind ? oht_kind_name(kind) : "gap";
}

static const struct ohtd_words kind_words = {
	.name = kind_name, .end = OHT_KIND_FAULT + 1, .open = true,
};

/* ---- who asked for it ---- */

static const char *const actor_types[] = { "daemon", "user", "local", "process" };
OHTD_WORDS_OF(actor_words, actor_types);

enum actor_type { BY_DAEMON, BY_USER, BY_LOCAL, BY_PROCESS };

struct actor_reason {
	unsigned int code;
	const char *text;
	int64_t address;
};

OHTD_SHAPE(actor_reason, "ActorReason",
	OHTD_WORD(actor_reason, code, .words = &ohtd_why_words, .summary = "daemon: why, for programs"),
	OHTD_TEXT(actor_reason, text, .summary = "daemon: why, for people"),
	OHTD_INTEGER(actor_reason, address, .flags = OHTD_NULL,
		     .summary = "daemon: unit address of the module that is meant"));

struct actor_user {
	uint64_t id;
	const char *name;
};

OHTD_SHAPE(actor_user, "ActorUser",
	OHTD_INTEGER(actor_user, id, .summary = "user: number of the account"),
	OHTD_TEXT(actor_user, name, .flags = OHTD_NULL,
		  .summary = "user: name; null: there is no such account any more"));

struct actor_local {
	uint32_t uid;
};

OHTD_SHAPE(actor_local, "ActorLocal",
	OHTD_INTEGER(actor_local, uid, .summary = "local: user of this machine, over the local socket"));

struct actor_process {
	uint32_t pid;
};

OHTD_SHAPE(actor_process, "ActorProcess",
	OHTD_INTEGER(actor_process, pid, .summary = "process: its number then"));

struct actor {
	unsigned int type;
	const struct actor_reason *reason;
	const struct actor_user *user;
	const struct actor_local *local;
	const struct actor_process *process;
};

OHTD_SHAPE(actor, "Actor",
	OHTD_WORD(actor, type, .words = &actor_words, .summary = "What kind of actor it was"),
	OHTD_PART_IF(actor, reason, actor_reason),
	OHTD_PART_IF(actor, user, actor_user),
	OHTD_PART_IF(actor, local, actor_local),
	OHTD_PART_IF(actor, process, actor_process));

/* A tag says who asked only in entries that are made for a request. */
static bool was_asked_for(const struct oht_safety_event *event)
{
	return event->tgid && (event->kind == OHT_KIND_RESET || event->kind == OHT_KIND_ENABLE ||
			       event->kind == OHT_KIND_DISABLE ||
			       (event->kind == OHT_KIND_STOP &&
				event->cause == OHT_STOPPED_BY_SOFTWARE));
}

static const struct actor_reason *reason_of(struct ohtd_call *call, const struct ohtd_why *why)
{
	struct actor_reason *reason = ohtd_call_alloc(call, sizeof(*reason));

	reason->code = why->code;
	reason->text = ohtd_why_text(why->code);
	reason->address = why->unit ? why->unit : OHTD_NONE;
	return reason;
}

static const struct actor_user *user_of(struct ohtd_call *call, const struct ohtd_entry_found *found)
{
	struct actor_user *user = ohtd_call_alloc(call, sizeof(*user));

	user->id = found->entry.event.tag;
	user->name = *found->user ? found->user : NULL;
	return user;
}

static void fill_process(struct ohtd_call *call, struct actor *actor, uint32_t pid)
{
	struct actor_process *process = ohtd_call_alloc(call, sizeof(*process));

	process->pid = pid;
	actor->type = BY_PROCESS;
	actor->process = process;
}

static void fill_local(struct ohtd_call *call, struct actor *actor, uint32_t uid)
{
	struct actor_local *local = ohtd_call_alloc(call, sizeof(*local));

	local->uid = uid;
	actor->type = BY_LOCAL;
	actor->local = local;
}

static const struct actor *actor_of(struct ohtd_call *call, const struct ohtd_entry_found *found)
{
	const struct oht_safety_event *event = &found->entry.event;
	struct actor *actor;
	struct ohtd_why why;
	uint32_t uid;

	if (!was_asked_for(event))
		return NULL;
	actor = ohtd_call_alloc(call, sizeof(*actor));
	if (!found->by_daemon) {
		fill_process(call, actor, event->tgid);
	} else if (ohtd_why_of_tag(event->tag, &why)) {
		actor->type = BY_DAEMON;
		actor->reason = reason_of(call, &why);
	} else if (ohtd_uid_of_tag(event->tag, &uid)) {
		fill_local(call, actor, uid);
	} else if (event->tag) {
		actor->type = BY_USER;
		actor->user = user_of(call, found);
	} else {
		actor->type = BY_DAEMON;
	}
	return actor;
}

/* ---- an entry ---- */

struct safety_event {
	const char *boot_id;
	int64_t source;
	uint64_t seq;
	int64_t time;
	uint64_t monotonic_ns;
	unsigned int kind;
	const char *text;
	uint64_t missing;
	const struct safety_cause *cause;
	const char *const *causes;
	size_t causes_count;
	unsigned int from;
	unsigned int to;
	const char *const *inputs_closed;
	size_t inputs_closed_count;
	const char *const *outputs_high;
	size_t outputs_high_count;
	int64_t edge_to_low_ns;
	int64_t low_to_open_ns;
	const struct actor *actor;
};

static const char *const inputs[] = { "a", "b", "feedback1", "feedback2" };
OHTD_WORDS_OF(input_words, inputs);
static const char *const outputs[] = { "enable1", "enable2" };
OHTD_WORDS_OF(output_words, outputs);

OHTD_SHAPE(safety_event, "SafetyEvent",
	OHTD_TEXT(safety_event, boot_id, .summary = "Boot of the computer that it is of"),
	OHTD_INTEGER(safety_event, source, .summary = "Number of the device, in the order of their coming"),
	OHTD_INTEGER(safety_event, seq, .summary = "Number of the entry, from 1 on for each device"),
	OHTD_TIME(safety_event, time, .flags = OHTD_NULL, .summary = "Time of day"),
	OHTD_INTEGER(safety_event, monotonic_ns, .unit = "ns", .summary = "Time since the boot"),
	OHTD_WORD(safety_event, kind, .words = &kind_words, .summary = "What it is, for programs"),
	OHTD_TEXT(safety_event, text, .summary = "What it is, for people"),
	OHTD_INTEGER(safety_event, missing,
		     .summary = "gap: so many entries were not read; the rest is the state afterwards"),
	OHTD_OBJECT(safety_event, cause, safety_cause, .flags = OHTD_NULL, .summary = "Cause of it"),
	OHTD_TEXTS(safety_event, causes, .words = &ohtd_cause_words, .summary = "All causes that stood"),
	OHTD_WORD(safety_event, from, .words = &ohtd_device_state_words, .summary = "State before"),
	OHTD_WORD(safety_event, to, .words = &ohtd_device_state_words, .summary = "State after"),
	OHTD_TEXTS(safety_event, inputs_closed, .words = &input_words, .summary = "Inputs that were closed"),
	OHTD_TEXTS(safety_event, outputs_high, .words = &output_words, .summary = "Outputs that were high"),
	OHTD_INTEGER(safety_event, edge_to_low_ns, .flags = OHTD_NULL, .unit = "ns",
		     .summary = "From the edge until both outputs were low"),
	OHTD_INTEGER(safety_event, low_to_open_ns, .flags = OHTD_NULL, .unit = "ns",
		     .summary = "opened: from the low outputs until the contacts were open"),
	OHTD_OBJECT(safety_event, actor, actor, .flags = OHTD_NULL,
		    .summary = "What asked for it; null: it was not asked for"));

static const char *const *names_of(struct ohtd_call *call, uint64_t mask, unsigned int first,
				   const struct ohtd_words *words, size_t *count)
{
	const char **names = ohtd_call_alloc(call, 64 * sizeof(*names));

	for (unsigned int i = first; i < words->end; i++)
		if (mask & (uint64_t)1 << i)
			names[(*count)++] = ohtd_word_of(words, i);
	return names;
}

static const struct safety_cause *cause_of(struct ohtd_call *call, const struct ohtd_entry_found *found)
{
	const struct oht_safety_event *event = &found->entry.event;
	bool own = found->by_daemon && was_asked_for(event);
	struct safety_cause *made;
	struct ohtd_why why;

	if (!event->cause)
		return NULL;
	made = ohtd_call_alloc(call, sizeof(*made));
	*made = ohtd_safety_cause(&call->memory, event->cause,
				  own && ohtd_why_of_tag(event->tag, &why) ? &why : NULL);
	return made;
}

static void show_event(struct ohtd_call *call, const void *row, void *item)
{
	const struct ohtd_entry_found *found = row;
	const struct ohtd_entry *entry = &found->entry;
	const struct oht_safety_event *event = &entry->event;
	struct safety_event *view = item;

	*view = (struct safety_event){
		.boot_id = found->source.boot_id, .source = found->source_id,
		.seq = event->journal_seq, .time = entry->wall_ns,
		.monotonic_ns = event->event_ns,
		.kind = entry->missing ? 0 : event->kind,
		.text = oht_kind_text(event->kind),
		.missing = entry->missing,
		.cause = cause_of(call, found),
		.from = event->state_from, .to = event->state_to,
		.edge_to_low_ns = OHTD_NONE, .low_to_open_ns = OHTD_NONE,
		.actor = actor_of(call, found),
	};
	if (entry->missing)
		view->text = ohtd_call_text_of(call, "%llu entries were not read; the state afterwards",
					       (unsigned long long)entry->missing);
	view->causes = names_of(call, event->causes, 1, &ohtd_cause_words, &view->causes_count);
	view->inputs_closed = names_of(call, event->inputs, 0, &input_words,
				       &view->inputs_closed_count);
	view->outputs_high = names_of(call, event->outputs, 0, &output_words,
				      &view->outputs_high_count);
	if (event->kind == OHT_KIND_OPENED)
		view->low_to_open_ns = (int64_t)(event->event_ns - event->low_ns);
	else if (event->low_ns)
		view->edge_to_low_ns = (int64_t)(event->low_ns - event->event_ns);
}

/* ---- the list ---- */

static const char *const event_sorts[] = { "-time", "time" };
OHTD_WORDS_OF(event_sort_words, event_sorts);

struct event_query {
	struct ohtd_page page;
	int64_t sort;
	int64_t kind;
	int64_t cause;
	int64_t source;
	const char *q;
};

OHTD_SHAPE(event_query, "EventQuery",
	OHTD_PART(event_query, page, ohtd_page),
	OHTD_SORT(event_query, event_sort_words),
	OHTD_WORD(event_query, kind, .words = &kind_words, .preset = OHTD_NONE,
		  .summary = "Only entries of this kind"),
	OHTD_WORD(event_query, cause, .words = &ohtd_cause_words, .preset = OHTD_NONE,
		  .summary = "Only entries with this cause"),
	OHTD_INTEGER(event_query, source, .min = 1, .max = INT32_MAX, .preset = OHTD_NONE,
		     .summary = "Only entries of this device"),
	OHTD_SEARCH(event_query, "text, cause or the name of who did it, of the newest 20,000"));

OHTD_LIST_ANSWER(event_list, "SafetyEventList", safety_event, "Entries in the order asked for");

static const struct ohtd_stored_list kept_entries = {
	.row = &ohtd_kept_entries, .show = show_event,
};

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "safety/events", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &event_query_shape,
		.replies = { { 200, &event_list_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_entries,
		.summary = "Journal of the stop",
	},
};

OHTD_ROUTE_TABLE(ohtd_journal_routes, "Safety", routes);
