// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/api.h"
#include "server/call.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "alerts/keeper.h"
#include "alerts/shelves.h"
#include "alerts/alerts.h"
#include "server/late.h"
#include "views/scene.h"
#include "lists/stored_list.h"
#include "alerts/rows.h"

const struct ohtd_words ohtd_severity_words = { .name = ohtd_severity_name, .end = OHTD_SEVERITIES };

/* ---- what is active ---- */

struct alert {
	const char *code;
	unsigned int severity;
	const char *text;
	const char *action;
	const char *source;
	int64_t address;
	const char *subject;
	int64_t since;
	bool over;
	int64_t number;
	int64_t times;
	int64_t acknowledged;
	const char *acknowledged_by;
	int64_t shelved_until;
	const char *shelved_by;
	const char *shelved_reason;
};

OHTD_SHAPE(alert, "Alert",
	OHTD_TEXT(alert, code, .summary = "What it is, for programs", .example = "\"module_lost\""),
	OHTD_WORD(alert, severity, .words = &ohtd_severity_words,
		  .summary = "emergency: the robot is in emergency stop; critical: the robot or a part of the "
			     "daemon does not do its work; warning: it does, and a person should look"),
	OHTD_TEXT(alert, text, .summary = "What it is, for people"),
	OHTD_TEXT(alert, action, .summary = "What to do"),
	OHTD_TEXT(alert, source,
		  .summary = "robot, module, bus, control_plane, profile or safety; else the part of the computer that it is about, as store, "
			     "clock or disk",
		  .example = "\"module\""),
	OHTD_INTEGER(alert, address, .flags = OHTD_NULL,
		     .summary = "Unit address of the module; null: it is about no module"),
	OHTD_TEXT(alert, subject, .flags = OHTD_NULL,
		  .summary = "Which of several things of its kind it is about, as the name of an account; null: its kind has one, or it "
			     "stands for all of its kind that have no alert of their own"),
	OHTD_TIME(alert, since, .flags = OHTD_NULL, .summary = "Since when, or when it was first seen; null: it has no number yet"),
	OHTD_BOOLEAN(alert, over,
		     .summary = "Its reason is gone, and it stays until the fault is cleared (reset_fault)"),
	OHTD_INTEGER(alert, number, .flags = OHTD_NULL,
		     .summary = "As in GET alerts/history; null: for a moment when it comes, and while the robot starts"),
	OHTD_INTEGER(alert, times, .flags = OHTD_NULL,
		     .summary = "How often it came: within 10 s of its end it is the same one; null: it has no number"),
	OHTD_TIME(alert, acknowledged, .flags = OHTD_NULL,
		  .summary = "When somebody has acknowledged it; null: nobody has since it came last"),
	OHTD_TEXT(alert, acknowledged_by, .flags = OHTD_NULL, .summary = "Who has", .example = "\"anna\""),
	OHTD_TIME(alert, shelved_until, .flags = OHTD_NULL,
		  .summary = "It stands, and no person is called for it until then; null: it is not shelved"),
	OHTD_TEXT(alert, shelved_by, .flags = OHTD_NULL, .summary = "Who has shelved it", .example = "\"anna\""),
	OHTD_TEXT(alert, shelved_reason, .flags = OHTD_NULL, .summary = "Why", .example = "\"part is ordered\""));

static void add_shelf(const struct ohtd_scene *scene, const struct ohtd_alert *from, struct alert *alert)
{
	struct ohtd_alert_shelf_row *shelf = ohtd_scene_alloc(scene, sizeof(*shelf));

	if (!ohtd_alert_may_rest(from) ||
	    !ohtd_alert_shelves_find(ohtd_alert_keeper_shelves(scene->services->alert_keeper), from->code, from->source,
				     from->unit, from->subject, shelf))
		return;
	alert->shelved_until = shelf->until_ns;
	alert->shelved_by = shelf->made_by;
	alert->shelved_reason = shelf->reason;
}

static struct alert alert_of(const struct ohtd_scene *scene, const struct ohtd_alert *from)
{
	struct alert alert = {
		.code = from->code, .severity = from->severity, .text = from->text,
		.action = from->action, .source = from->source,
		.address = from->unit ? from->unit : OHTD_NONE, .subject = *from->subject ? from->subject : NULL,
		.since = ohtd_scene_wall_ns(scene, from->since_ns), .over = from->over,
		.number = OHTD_NONE, .times = OHTD_NONE, .acknowledged = OHTD_NONE, .shelved_until = OHTD_NONE,
	};
	struct ohtd_alert_row *row = ohtd_scene_alloc(scene, sizeof(*row));

	add_shelf(scene, from, &alert);
	if (!ohtd_alert_keeper_active(scene->services->alert_keeper, from, row))
		return alert;
	alert.number = row->number;
	alert.times = row->times;
	if (ohtd_alert_row_acknowledged(row)) {
		alert.acknowledged = row->acknowledged_ns;
		alert.acknowledged_by = row->acknowledged_by;
	}
	return alert;
}

struct alert_list {
	const struct alert *items;
	size_t items_count;
	unsigned int total_count;
	unsigned int emergency_count;
	unsigned int critical_count;
	unsigned int warning_count;
	unsigned int shelved_count;
	const char *next_cursor;
};

OHTD_SHAPE(alert_list, "AlertList",
	OHTD_LIST(alert_list, items, alert, .summary = "What is not well now, the newest first"),
	OHTD_INTEGER(alert_list, total_count, .summary = "All alerts, also those of other pages"),
	OHTD_INTEGER(alert_list, emergency_count, .summary = "Those of severity emergency"),
	OHTD_INTEGER(alert_list, critical_count, .summary = "Those of severity critical"),
	OHTD_INTEGER(alert_list, warning_count, .summary = "Those of severity warning"),
	OHTD_INTEGER(alert_list, shelved_count, .summary = "Those that are shelved, which the other counts have too"),
	OHTD_NEXT_CURSOR(alert_list));

/* @count items of @list from @first on, with the counts of all. */
static struct alert_list show(const struct ohtd_scene *scene, const struct ohtd_alert_list *list,
			      size_t first, size_t count)
{
	struct alert *items = ohtd_scene_alloc(scene, OHTD_ALERTS_LISTED_MAX * sizeof(*items));
	unsigned int counts[OHTD_SEVERITIES] = { 0 }, shelved = 0;

	for (size_t i = 0; i < list->count; i++) {
		items[i] = alert_of(scene, &list->items[i]);
		counts[list->items[i].severity]++;
		shelved += items[i].shelved_until != OHTD_NONE;
	}
	return (struct alert_list){
		.items = items + first, .items_count = count, .total_count = (unsigned int)list->count,
		.emergency_count = counts[OHTD_SEVERITY_EMERGENCY],
		.critical_count = counts[OHTD_SEVERITY_CRITICAL],
		.warning_count = counts[OHTD_SEVERITY_WARNING], .shelved_count = shelved,
	};
}

static const void *make_alerts(const struct ohtd_scene *scene)
{
	const struct ohtd_alert_list *list = ohtd_alerts_list(scene);
	struct alert_list *view = ohtd_scene_alloc(scene, sizeof(*view));

	*view = show(scene, list, 0, list->count);
	return view;
}

const struct ohtd_view ohtd_alerts_view = { &alert_list_shape, make_alerts };

struct alert_query {
	struct ohtd_page page;
};

OHTD_SHAPE(alert_query, "AlertQuery",
	OHTD_PART(alert_query, page, ohtd_page));

static void get_alerts(struct ohtd_call *call)
{
	const struct alert_query *asked = OHTD_QUERY(call, alert_query);
	const struct ohtd_scene scene = ohtd_call_scene(call);
	const struct ohtd_alert_list *list = ohtd_alerts_list(&scene);
	uint64_t after[2];	/* since when the last item is active, and its place */
	size_t first = 0, count;
	struct alert_list view;
	int r = ohtd_cursor_take(call, &asked->page, after, 2);

	if (r < 0)
		return;
	while (r && first < list->count &&
	       !ohtd_alert_is_behind(&list->items[first], after[0], after[1]))
		first++;
	count = list->count - first;
	if (count > asked->page.limit)
		count = asked->page.limit;
	view = show(&scene, list, first, count);
	if (first + count < list->count) {
		const struct ohtd_alert *last = &list->items[first + count - 1];

		view.next_cursor = ohtd_cursor_text(call, (uint64_t[]){ last->since_ns, last->place }, 2);
	}
	OHTD_REPLY(call, 200, alert_list, &view);
}

/* ---- what has been ---- */

static const char *const kept_states[] = { "active", "ended", "unknown" };
OHTD_WORDS_OF(kept_state_words, kept_states);

struct kept_alert {
	int64_t number;
	const char *code;
	const char *severity;
	const char *text;
	const char *source;
	int64_t address;
	const char *subject;
	const char *state;
	int64_t since;
	int64_t ended;
	int64_t times;
	int64_t acknowledged;
	const char *acknowledged_by;
};

OHTD_SHAPE(kept_alert, "KeptAlert",
	OHTD_INTEGER(kept_alert, number, .summary = "Running; no other alert ever has it"),
	OHTD_TEXT(kept_alert, code, .summary = "What it was, for programs", .example = "\"module_lost\""),
	OHTD_TEXT(kept_alert, severity, .words = &ohtd_severity_words, .summary = "As in GET alerts",
		  .example = "\"critical\""),
	OHTD_TEXT(kept_alert, text, .summary = "What it was, for people, when it came"),
	OHTD_TEXT(kept_alert, source, .summary = "As in GET alerts", .example = "\"module\""),
	OHTD_INTEGER(kept_alert, address, .flags = OHTD_NULL,
		     .summary = "Unit address of the module; null: it was about no module"),
	OHTD_TEXT(kept_alert, subject, .flags = OHTD_NULL, .summary = "As in GET alerts"),
	OHTD_TEXT(kept_alert, state, .words = &kept_state_words,
		  .summary = "unknown: ohtd ended before the alert did"),
	OHTD_TIME(kept_alert, since, .flags = OHTD_NULL, .summary = "When it came first"),
	OHTD_TIME(kept_alert, ended, .flags = OHTD_NULL, .summary = "When it ended; null: it is active, or not known"),
	OHTD_INTEGER(kept_alert, times,
		     .summary = "How often it came: within 10 s of its end it is the same one"),
	OHTD_TIME(kept_alert, acknowledged, .flags = OHTD_NULL,
		  .summary = "When somebody has acknowledged it; null: nobody has since it came last"),
	OHTD_TEXT(kept_alert, acknowledged_by, .flags = OHTD_NULL, .summary = "Who has", .example = "\"anna\""));

OHTD_LIST_ANSWER(kept_list, "KeptAlertList", kept_alert,
	"In the order asked for, else the newest first");

static const char *const kept_sorts[] = {
	"-number", "number", OHTD_SORT_BY("since"), OHTD_SORT_BY("ended"), OHTD_SORT_BY("times"),
};
OHTD_WORDS_OF(kept_sort_words, kept_sorts);

struct kept_query {
	struct ohtd_page page;
	int64_t sort;
	const char *code;
	int64_t severity;
	const char *source;
	int64_t address;
	const char *subject;
	int64_t state;
	const char *q;
};

OHTD_SHAPE(kept_query, "KeptAlertQuery",
	OHTD_PART(kept_query, page, ohtd_page),
	OHTD_SORT(kept_query, kept_sort_words),
	OHTD_TEXT(kept_query, code, .min = 1, .max = OHTD_ALERT_WORD_BYTES - 1,
		  .summary = "Only alerts with this code"),
	OHTD_WORD(kept_query, severity, .words = &ohtd_severity_words, .preset = OHTD_NONE,
		  .summary = "Only alerts of this severity"),
	OHTD_TEXT(kept_query, source, .min = 1, .max = OHTD_ALERT_WORD_BYTES - 1,
		  .summary = "Only alerts about this part"),
	OHTD_INTEGER(kept_query, address, .min = 1, .max = 247, .preset = OHTD_NONE,
		     .summary = "Only alerts about this module"),
	OHTD_TEXT(kept_query, subject, .min = 1, .max = OHTD_ALERT_SUBJECT_BYTES - 1,
		  .summary = "Only alerts with this subject"),
	OHTD_WORD(kept_query, state, .words = &kept_state_words, .preset = OHTD_NONE,
		  .summary = "Only alerts in this state"),
	OHTD_SEARCH(kept_query, "code, source, text or subject"));

static struct kept_alert kept_of(const struct ohtd_alert_row *row)
{
	bool acknowledged = ohtd_alert_row_acknowledged(row);

	return (struct kept_alert){
		.number = row->number, .code = row->code, .severity = row->severity, .text = row->text,
		.source = row->source, .address = row->unit ? row->unit : OHTD_NONE,
		.subject = *row->subject ? row->subject : NULL, .state = row->state,
		.since = row->since_ns, .ended = row->ended_ns ? row->ended_ns : OHTD_NONE, .times = row->times,
		.acknowledged = acknowledged ? row->acknowledged_ns : OHTD_NONE,
		.acknowledged_by = acknowledged ? row->acknowledged_by : NULL,
	};
}

static void show_kept(struct ohtd_call *call, const void *row, void *item)
{
	(void)call;
	*(struct kept_alert *)item = kept_of(row);
}

static const struct ohtd_stored_list kept_alerts = { .row = &ohtd_kept_alerts, .show = show_kept };

/* ---- one of them ---- */

struct alert_late {
	struct ohtd_late late;
	struct ohtd_alert_row row;
};

static int read_alert(struct ohtd_db *db, void *arg)
{
	struct alert_late *job = arg;

	return ohtd_db_alert_get(db, &job->row);
}

static void reply_alert(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct alert_late *job = (const struct alert_late *)late;
	struct kept_alert alert = kept_of(&job->row);

	if (late->result == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "there is no alert %" PRId64, job->row.number);
	else if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else
		OHTD_REPLY(call, 200, kept_alert, &alert);
}

/* Of one of this run the keeper knows more than the store. */
static void get_alert(struct ohtd_call *call)
{
	struct ohtd_alert_row row;
	struct alert_late *job;

	if (ohtd_alert_keeper_find(call->services->alert_keeper, call->params.id, &row)) {
		struct kept_alert alert = kept_of(&row);

		alert.state = kept_states[row.ended_ns ? 1 : 0];
		OHTD_REPLY(call, 200, kept_alert, &alert);
		return;
	}
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return;
	job->row.number = call->params.id;
	ohtd_late_read(call, &job->late, read_alert, reply_alert);
}

/* ---- somebody has seen it ---- */

struct acknowledge_body {
	int64_t times;
};

OHTD_SHAPE(acknowledge_body, "AlertAcknowledgeBody",
	OHTD_INTEGER(acknowledge_body, times, .min = 1, .max = INT64_MAX, .preset = OHTD_NONE,
		     .summary = "How often it had come when it was seen, as of GET alerts; left out: as often as it has"));

/**
 * struct acknowledge_late - an acknowledgement on its way
 * @seen: how often the alert had come for who acknowledges it; OHTD_NONE: not said
 */
struct acknowledge_late {
	struct ohtd_late late;
	int64_t seen;
	struct ohtd_alert_keeper *keeper;
	struct ohtd_alert_rules *rules;
	struct ohtd_alert_row row;
};

/* As it is for the keeper, or for the store if that has newer. */
static int look_at_newest(struct ohtd_db *db, struct ohtd_alert_row *row)
{
	struct ohtd_alert_row kept = { .number = row->number };
	int r = ohtd_db_alert_get(db, &kept);

	if (r)
		return r == -ENOENT && *row->code ? 0 : r;
	if (kept.times > row->times)
		*row = kept;
	return 0;
}

static int work_acknowledge(struct ohtd_db *db, void *arg)
{
	struct acknowledge_late *job = arg;
	struct ohtd_alert_row newest = job->row;
	int r = job->seen == OHTD_NONE ? 0 : look_at_newest(db, &newest);

	if (r)
		return r;
	if (job->seen == OHTD_NONE || job->seen == newest.times)
		return ohtd_db_alert_acknowledge(db, &job->row);
	job->row = newest;
	return -ESTALE;
}

static void settle_acknowledge(struct ohtd_late *late)
{
	const struct acknowledge_late *job = (const struct acknowledge_late *)late;
	const struct ohtd_alert_row *row = &job->row;

	if (late->result < 0)
		return;
	ohtd_alerts_acknowledged(job->rules, ohtd_alert_keeper_note(job->keeper, row));
	if (late->result)
		ohtd_log(OHTD_LOG_NOTICE, "http", "alert_acknowledged", "%" PRId64 " %s by %s", row->number, row->code,
			 row->acknowledged_by);
}

static void reply_acknowledge(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct acknowledge_late *job = (const struct acknowledge_late *)late;
	struct kept_alert alert = kept_of(&job->row);

	if (late->result == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "there is no alert %" PRId64, job->row.number);
	else if (late->result == -ESTALE)
		ohtd_reply_problem(call, 409, "alert_came_again", "alert %" PRId64 " (%s) has come %" PRId64
				   " times, not %" PRId64, job->row.number, job->row.code, job->row.times, job->seen);
	else if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else
		OHTD_REPLY(call, 200, kept_alert, &alert);
}

static void post_acknowledge(struct ohtd_call *call)
{
	struct acknowledge_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->keeper = call->services->alert_keeper;
	job->rules = call->services->rules;
	job->seen = OHTD_INPUT(call, acknowledge_body)->times;
	if (!ohtd_alert_keeper_find(job->keeper, call->params.id, &job->row))
		job->row.number = call->params.id;
	job->row.acknowledged_ns = ohtd_clock_wall_ns(call->services->clock);
	snprintf(job->row.acknowledged_by, sizeof(job->row.acknowledged_by), "%s", call->who.user);
	job->late.settle = settle_acknowledge;
	ohtd_late_write(call, &job->late, work_acknowledge, reply_acknowledge);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "alerts", .role = OHTD_ROLE_VIEWER,
		.query = &alert_query_shape,
		.replies = { { 200, &alert_list_shape } },
		.handle = get_alerts,
		.summary = "What is not well now with the robot, its modules and the daemon",
		.text = "Only what is active: an alert leaves the list with its reason. The channel alerts tells the same "
			"as it changes, and GET alerts/history has what was.",
	}, {
		.method = OHTD_GET, .path = "alerts/history", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &kept_query_shape,
		.replies = { { 200, &kept_list_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_alerts,
		.summary = "The newest 10,000 alerts, with when they came and ended",
		.text = "Also those that are active. An alert is here within about a second of its coming, and of its end. "
			"What is missing only while the robot starts is not kept.",
	}, {
		.method = OHTD_GET, .path = "alerts/{id}", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &kept_alert_shape } }, .problems = { "not_found" },
		.handle = get_alert,
		.summary = "An alert by its number, also one that is over",
	}, {
		.method = OHTD_POST, .path = "alerts/{id}/acknowledge", .role = OHTD_ROLE_OPERATOR,
		.act = { "acknowledge", "acknowledged", " an alert" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &acknowledge_body_shape,
		.replies = { { 200, &kept_alert_shape } },
		.problems = { "not_found", "alert_came_again" },
		.handle = post_acknowledge,
		.summary = "Say that somebody has seen an alert",
		.text = "It stays until its reason is gone, and moves nothing. Who was first stays. An alert that comes again, "
			"or is there again behind a restart of ohtd, is to be acknowledged again. With times only the coming that "
			"was seen is acknowledged.",
	},
};

OHTD_ROUTE_TABLE(ohtd_alert_routes, "Alerts", routes);
