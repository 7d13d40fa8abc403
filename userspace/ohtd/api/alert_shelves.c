// SPDX-License-Identifier: GPL-2.0-or-later
/* alerts/{id}/shelve, unshelve, alerts/shelves: alerts that stand, and for which no person is called for a time. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alerts/keeper.h"
#include "alerts/shelves.h"
#include "base/blank.h"
#include "base/clock.h"
#include "base/log.h"
#include "lists/list.h"
#include "server/late.h"
#include "views/scene.h"

#define MINUTE_NS	(60 * (int64_t)OHTD_NS_PER_S)

struct shelf {
	const char *code;
	const char *source;
	int64_t address;
	const char *subject;
	int64_t since;
	int64_t until;
	const char *by;
	const char *reason;
};

OHTD_SHAPE(shelf, "AlertShelf",
	OHTD_TEXT(shelf, code, .summary = "Alerts with this code", .example = "\"module_degraded\""),
	OHTD_TEXT(shelf, source, .summary = "about this part", .example = "\"module\""),
	OHTD_INTEGER(shelf, address, .flags = OHTD_NULL,
		     .summary = "at this unit address are shelved; null: they are about no module"),
	OHTD_TEXT(shelf, subject, .flags = OHTD_NULL, .summary = "and with this subject; null: with none"),
	OHTD_TIME(shelf, since, .summary = "Since when"),
	OHTD_TIME(shelf, until, .summary = "Until when, by the present time of day"),
	OHTD_TEXT(shelf, by, .summary = "Who has shelved it", .example = "\"anna\""),
	OHTD_TEXT(shelf, reason, .summary = "Why", .example = "\"part is ordered\""));

static struct shelf view_of(const struct ohtd_alert_shelf_row *row)
{
	return (struct shelf){
		.code = row->code, .source = row->source, .address = row->unit ? row->unit : OHTD_NONE,
		.subject = *row->subject ? row->subject : NULL, .since = row->made_ns, .until = row->until_ns, .by = row->made_by, .reason = row->reason,
	};
}

/* ---- all of them ---- */

struct shelf_list {
	const struct shelf *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(shelf_list, "AlertShelfList",
	OHTD_LIST(shelf_list, items, shelf, .summary = "All, the first that ends first"),
	OHTD_NEXT_CURSOR(shelf_list));

static void get_shelves(struct ohtd_call *call)
{
	struct ohtd_alert_shelf_row *rows = ohtd_call_alloc(call, OHTD_ALERT_SHELVES_MAX * sizeof(*rows));
	struct shelf *items = ohtd_call_alloc(call, OHTD_ALERT_SHELVES_MAX * sizeof(*items));
	struct shelf_list list = { .items = items };

	list.items_count = ohtd_alert_shelves_list(ohtd_alert_keeper_shelves(call->services->alert_keeper), rows);
	for (size_t i = 0; i < list.items_count; i++)
		items[i] = view_of(&rows[i]);
	OHTD_REPLY(call, 200, shelf_list, &list);
}

/* ---- one ---- */

/**
 * struct shelf_late - a shelf is made or ended
 * @alert: number; of one that the store alone has, all else is found there
 * @row: of the shelf
 * @by: name of the user
 */
struct shelf_late {
	struct ohtd_late late;
	struct ohtd_alert_shelves *shelves;
	struct ohtd_alert_row alert;
	struct ohtd_alert_shelf_row row;
	int minutes;
	char by[OHTD_USER_NAME_MAX + 1];
};

static struct shelf_late *make_job(struct ohtd_call *call)
{
	struct shelf_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->shelves = ohtd_alert_keeper_shelves(call->services->alert_keeper);
	job->alert.number = call->params.id;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	return job;
}

/* The shelf is one of this alert, and of all that come with its code, source, unit and subject. */
static void aim(struct shelf_late *job)
{
	memcpy(job->row.code, job->alert.code, sizeof(job->row.code));
	memcpy(job->row.source, job->alert.source, sizeof(job->row.source));
	job->row.unit = job->alert.unit;
	memcpy(job->row.subject, job->alert.subject, sizeof(job->row.subject));
}

static void reply_shelf(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct shelf_late *job = (const struct shelf_late *)late;
	struct shelf view = view_of(&job->row);
	char words[OHTD_ALERT_SHELF_WORDS_BYTES];

	if (late->result >= 0)
		OHTD_REPLY(call, 200, shelf, &view);
	else if (late->result == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "there is no alert %" PRId64, job->alert.number);
	else if (late->result == -ESTALE)
		ohtd_reply_problem(call, 409, "alert_over", "alert %" PRId64 " (%s) is over", job->alert.number,
				   job->alert.code);
	else if (late->result == -ENODATA)
		ohtd_reply_problem(call, 409, "alert_not_shelved", "%s, is not shelved",
				   ohtd_alerts_shelf_words(&job->row, words));
	else if (late->result == -E2BIG)
		ohtd_reply_problem(call, 409, "too_many_shelves", "%d alerts are shelved already: end one",
				   OHTD_ALERT_SHELVES_MAX);
	else
		ohtd_reply_store_problem(call, late->result);
}

/* ---- making ---- */

struct shelve_body {
	int64_t minutes;
	const char *reason;
};

OHTD_SHAPE(shelve_body, "AlertShelveBody",
	OHTD_INTEGER(shelve_body, minutes, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_ALERT_SHELF_MINUTES,
		     .unit = "min", .summary = "For how long"),
	OHTD_TEXT(shelve_body, reason, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_ALERT_SHELF_REASON_BYTES - 1,
		  .unfit = ohtd_line_unfit, .summary = "Why", .example = "\"part is ordered\""));

/* No row: it is not of this run, or ended a while ago; which of both is for the answer. */
static int work_shelve(struct ohtd_db *db, void *arg)
{
	struct shelf_late *job = arg;
	int r;

	if (*job->row.code)
		return ohtd_db_alert_shelve(db, &job->row);
	r = ohtd_db_alert_get(db, &job->alert);
	return r ? r : -ESTALE;
}

static void settle_shelve(struct ohtd_late *late)
{
	const struct shelf_late *job = (const struct shelf_late *)late;
	char words[OHTD_ALERT_SHELF_WORDS_BYTES];

	if (late->result < 0)
		return;
	ohtd_alert_shelves_note(job->shelves, &job->row);
	ohtd_log(OHTD_LOG_NOTICE, "http", "alert_shelved", "%s, for %d min by %s: %s",
		 ohtd_alerts_shelf_words(&job->row, words), job->minutes, job->by, job->row.reason);
}

/* False: it has been refused. */
static bool may_rest(struct ohtd_call *call, struct shelf_late *job)
{
	const int r = ohtd_alert_keeper_find_shelvable(call->services->alert_keeper, call->params.id, &job->alert);

	if (!r)
		aim(job);
	if (r != -EPERM)
		return true;
	ohtd_reply_problem(call, 409, "alert_not_shelvable", "alert %" PRId64 " (%s) is %s", job->alert.number,
			   job->alert.code,
			   strcmp(job->alert.severity, ohtd_severity_name(OHTD_SEVERITY_EMERGENCY)) ? "a fault of the robot" : "an emergency");
	return false;
}

static void post_shelve(struct ohtd_call *call)
{
	const struct shelve_body *said = OHTD_INPUT(call, shelve_body);
	struct shelf_late *job = make_job(call);

	if (!job)
		return;
	if (!may_rest(call, job)) {
		ohtd_late_drop(&job->late);
		return;
	}
	job->minutes = (int)said->minutes;
	job->row.made_ns = ohtd_clock_wall_ns(call->services->clock);
	job->row.until_ns = job->row.made_ns + said->minutes * MINUTE_NS;
	job->row.until_ns -= job->row.until_ns % (int64_t)OHTD_NS_PER_S;
	memcpy(job->row.made_by, job->by, sizeof(job->row.made_by));
	snprintf(job->row.reason, sizeof(job->row.reason), "%s", said->reason);
	job->late.settle = settle_shelve;
	ohtd_late_write(call, &job->late, work_shelve, reply_shelf);
}

/* ---- ending ---- */

/* By any alert of the same kind, also one that is over. */
static int work_unshelve(struct ohtd_db *db, void *arg)
{
	struct shelf_late *job = arg;
	int r = *job->alert.code ? 0 : ohtd_db_alert_get(db, &job->alert);

	if (r)
		return r;
	aim(job);
	r = ohtd_db_alert_unshelve(db, &job->row);
	return r == -ENOENT ? -ENODATA : r;
}

static void settle_unshelve(struct ohtd_late *late)
{
	const struct shelf_late *job = (const struct shelf_late *)late;
	char words[OHTD_ALERT_SHELF_WORDS_BYTES];

	/* Two loops may hear of the making and of the end of a shelf in another order than the store. */
	if (late->result >= 0 || late->result == -ENODATA)
		ohtd_alert_shelves_forget(job->shelves, &job->row);
	if (late->result < 0)
		return;
	ohtd_log(OHTD_LOG_NOTICE, "http", "alert_unshelved", "%s, by %s",
		 ohtd_alerts_shelf_words(&job->row, words), job->by);
}

static void post_unshelve(struct ohtd_call *call)
{
	struct shelf_late *job = make_job(call);

	if (!job)
		return;
	if (!ohtd_alert_keeper_find(call->services->alert_keeper, call->params.id, &job->alert))
		job->alert.number = call->params.id;
	job->late.settle = settle_unshelve;
	ohtd_late_write(call, &job->late, work_unshelve, reply_shelf);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "alerts/shelves", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &shelf_list_shape } },
		.handle = get_shelves,
		.summary = "Which alerts are shelved, also while none of them stands",
	}, {
		.method = OHTD_POST, .path = "alerts/{id}/shelve", .role = OHTD_ROLE_OPERATOR,
		.act = { "shelve", "shelved", " an alert" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 2048, .body = &shelve_body_shape,
		.replies = { { 200, &shelf_shape } },
		.problems = { "not_found", "alert_not_shelvable", "alert_over", "too_many_shelves" },
		.handle = post_shelve,
		.summary = "Have no person called for an alert, nor for those that come with its code, source, address and subject",
		.text = "It stands and is listed as before. Receivers elsewhere are not told when it comes again "
			"meanwhile; what stands when the time is over is told then. In the place of a shelf that lasts. Never an emergency, the "
			"stop, or a fault of the robot.",
	}, {
		.method = OHTD_POST, .path = "alerts/{id}/unshelve", .role = OHTD_ROLE_OPERATOR,
		.act = { "take", "took", " an alert off its shelf" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 200, &shelf_shape } },
		.problems = { "not_found", "alert_not_shelved" },
		.handle = post_unshelve,
		.summary = "End the shelf of an alert; answers with what it was",
		.text = "By the number of any alert that it holds for, also of one that is over.",
	},
};

OHTD_ROUTE_TABLE(ohtd_alert_shelf_routes, "Alerts", routes);
