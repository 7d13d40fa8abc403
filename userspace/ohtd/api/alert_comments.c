// SPDX-License-Identifier: GPL-2.0-or-later
/* alerts/{id}/comments: what people say of an alert. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "alerts/keeper.h"
#include "base/blank.h"
#include "base/clock.h"
#include "base/log.h"
#include "lists/list.h"
#include "server/late.h"
#include "alerts/comment_rows.h"
#include "views/scene.h"

struct comment {
	int64_t id;
	int64_t made;
	const char *by;
	const char *text;
};

OHTD_SHAPE(comment, "AlertComment",
	OHTD_INTEGER(comment, id, .summary = "Running"),
	OHTD_TIME(comment, made, .summary = "When it was made"),
	OHTD_TEXT(comment, by, .summary = "Who made it", .example = "\"anna\""),
	OHTD_TEXT(comment, text, .summary = "What was said", .example = "\"plug was loose, pressed in\""));

static struct comment view_of(const struct ohtd_alert_comment_row *row)
{
	return (struct comment){ .id = row->id, .made = row->made_ns, .by = row->made_by, .text = row->text };
}

struct comment_list {
	const struct comment *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(comment_list, "AlertCommentList",
	OHTD_LIST(comment_list, items, comment, .summary = "All of the alert, the oldest first"),
	OHTD_NEXT_CURSOR(comment_list));

/* A row of the keeper that the store may not have yet; else only the number. */
static void take_alert(struct ohtd_call *call, struct ohtd_alert_row *row)
{
	if (!ohtd_alert_keeper_find(call->services->alert_keeper, call->params.id, row))
		*row = (struct ohtd_alert_row){ .number = call->params.id };
}

/* False: it has been refused. */
static bool has_result(struct ohtd_call *call, const struct ohtd_late *late, int64_t number)
{
	if (late->result >= 0)
		return true;
	if (late->result == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "there is no alert %" PRId64, number);
	else if (late->result == -E2BIG)
		ohtd_reply_problem(call, 409, "too_many_comments", "alert %" PRId64 " has %d comments already", number,
				   OHTD_ALERT_COMMENTS_MAX);
	else
		ohtd_reply_store_problem(call, late->result);
	return false;
}

/* ---- reading ---- */

struct comments_late {
	struct ohtd_late late;
	struct ohtd_alert_row alert;
	struct ohtd_alert_comment_row rows[OHTD_ALERT_COMMENTS_MAX];
};

static int read_comments(struct ohtd_db *db, void *arg)
{
	struct comments_late *job = arg;
	int r = ohtd_db_alert_comments(db, job->alert.number, job->rows);

	/* It came a moment ago. */
	return r == -ENOENT && *job->alert.code ? 0 : r;
}

static void reply_comments(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct comments_late *job = (const struct comments_late *)late;
	struct comment *items = ohtd_call_alloc(call, OHTD_ALERT_COMMENTS_MAX * sizeof(*items));
	struct comment_list list = { .items = items };

	if (!has_result(call, late, job->alert.number))
		return;
	for (int i = 0; i < late->result; i++)
		items[list.items_count++] = view_of(&job->rows[i]);
	OHTD_REPLY(call, 200, comment_list, &list);
}

static void get_comments(struct ohtd_call *call)
{
	struct comments_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	take_alert(call, &job->alert);
	ohtd_late_read(call, &job->late, read_comments, reply_comments);
}

/* ---- making ---- */

struct comment_body {
	const char *text;
};

OHTD_SHAPE(comment_body, "AlertCommentBody",
	OHTD_TEXT(comment_body, text, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_ALERT_COMMENT_BYTES - 1,
		  .unfit = ohtd_line_unfit, .summary = "What is to be said, in one line",
		  .example = "\"plug was loose, pressed in\""));

struct comment_late {
	struct ohtd_late late;
	struct ohtd_alert_row alert;
	struct ohtd_alert_comment_row row;
};

static int work_comment(struct ohtd_db *db, void *arg)
{
	struct comment_late *job = arg;

	return ohtd_db_alert_comment(db, &job->alert, &job->row);
}

static void settle_comment(struct ohtd_late *late)
{
	const struct comment_late *job = (const struct comment_late *)late;

	if (late->result >= 0)
		ohtd_log(OHTD_LOG_NOTICE, "http", "alert_commented", "%" PRId64 " by %s", job->row.alert, job->row.made_by);
}

static void reply_comment(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct comment_late *job = (const struct comment_late *)late;
	struct comment view = view_of(&job->row);

	if (has_result(call, late, job->alert.number))
		OHTD_REPLY(call, 201, comment, &view);
}

static void post_comment(struct ohtd_call *call)
{
	const struct comment_body *said = OHTD_INPUT(call, comment_body);
	struct comment_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	take_alert(call, &job->alert);
	job->row.made_ns = ohtd_clock_wall_ns(call->services->clock);
	snprintf(job->row.made_by, sizeof(job->row.made_by), "%s", call->who.user);
	snprintf(job->row.text, sizeof(job->row.text), "%s", said->text);
	job->late.settle = settle_comment;
	ohtd_late_write(call, &job->late, work_comment, reply_comment);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "alerts/{id}/comments", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &comment_list_shape } }, .problems = { "not_found" },
		.handle = get_comments,
		.summary = "What people have said of an alert",
	}, {
		.method = OHTD_POST, .path = "alerts/{id}/comments", .role = OHTD_ROLE_OPERATOR,
		.act = { "comment", "commented", " on an alert" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 4096, .body = &comment_body_shape,
		.replies = { { 201, &comment_shape } }, .problems = { "not_found", "too_many_comments" },
		.handle = post_comment,
		.summary = "Say something of an alert, also of one that is over",
		.text = "50 of each alert, which go with it; the newest 10,000 of all.",
	},
};

OHTD_ROUTE_TABLE(ohtd_alert_comment_routes, "Alerts", routes);
