// SPDX-License-Identifier: GPL-2.0-or-later
/* webhooks: who is told of alerts elsewhere. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alerts/rule.h"
#include "lists/list.h"
#include "base/clock.h"
#include "base/log.h"
#include "common/destination.h"
#include "config/config.h"
#include "server/late.h"
#include "webhooks/rows.h"
#include "webhooks/body.h"
#include "webhooks/sign.h"
#include "webhooks/webhooks.h"

/* ---- how one is shown ---- */

struct webhook {
	int64_t id;
	const char *url;
	const char *format;
	const char *severity;
	bool alive;
	bool missions;
	bool enabled;
	int64_t made;
	const char *made_by;
	bool two_secrets;
	int64_t waiting_count;
	int64_t dead_count;
	int64_t last;
	int64_t last_status;
	const char *last_error;
	int64_t failures;
};

OHTD_SHAPE(webhook, "Webhook",
	OHTD_INTEGER(webhook, id, .summary = "Its number"),
	OHTD_TEXT(webhook, url, .summary = "Where to", .example = "\"https://alerts.example/robots\""),
	OHTD_TEXT(webhook, format, .words = &ohtd_webhook_formats, .summary = "What is sent", .example = "\"oht\""),
	OHTD_TEXT(webhook, severity, .words = &ohtd_severity_words, .summary = "Alerts of this severity and above are told",
		  .example = "\"warning\""),
	OHTD_BOOLEAN(webhook, alive, .summary = "It is told each day that this daemon lives"),
	OHTD_BOOLEAN(webhook, missions, .summary = "It is told when a mission is held, has failed or has finished"),
	OHTD_BOOLEAN(webhook, enabled, .summary = "It is told; false also when the receiver has answered 410"),
	OHTD_TIME(webhook, made, .flags = OHTD_NULL, .summary = "When it was made"),
	OHTD_TEXT(webhook, made_by, .summary = "Who made it", .example = "\"anna\""),
	OHTD_BOOLEAN(webhook, two_secrets, .summary = "The secret before the present one signs too"),
	OHTD_INTEGER(webhook, waiting_count, .summary = "Deliveries that wait"),
	OHTD_INTEGER(webhook, dead_count, .summary = "Deliveries that were given up and are kept"),
	OHTD_TIME(webhook, last, .flags = OHTD_NULL, .summary = "The newest attempt; null: none yet"),
	OHTD_INTEGER(webhook, last_status, .flags = OHTD_NULL, .summary = "Status of its answer; null: none came"),
	OHTD_TEXT(webhook, last_error, .flags = OHTD_NULL, .summary = "Why none came",
		  .example = "\"Connection refused\""),
	OHTD_INTEGER(webhook, failures, .summary = "Attempts in vain since the last success"));

static struct webhook view_of(const struct ohtd_webhook_row *row)
{
	return (struct webhook){
		.id = row->id, .url = row->url, .format = row->format, .severity = row->severity,
		.alive = row->alive, .missions = row->missions, .enabled = row->enabled, .made = row->made_ns, .made_by = row->made_by,
		.two_secrets = *row->secret_before, .waiting_count = row->waiting, .dead_count = row->dead,
		.last = row->last_ns ? row->last_ns : OHTD_NONE,
		.last_status = row->last_status ? row->last_status : OHTD_NONE,
		.last_error = *row->last_error ? row->last_error : NULL, .failures = row->failures,
	};
}

struct webhook_list {
	const struct webhook *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(webhook_list, "WebhookList",
	OHTD_LIST(webhook_list, items, webhook, .summary = "All webhooks"),
	OHTD_NEXT_CURSOR(webhook_list));

/* The only answer that has the secret. */
struct webhook_made {
	struct webhook webhook;
	const char *secret;
};

OHTD_SHAPE(webhook_made, "WebhookWithSecret",
	OHTD_PART(webhook_made, webhook, webhook),
	OHTD_TEXT(webhook_made, secret, .flags = OHTD_SECRET,
		  .summary = "Signs what is sent (Standard Webhooks 1.0); no other answer ever has it"));

/* ---- reading ---- */

struct list_late {
	struct ohtd_late late;
	struct ohtd_webhook_row rows[OHTD_WEBHOOKS_MAX];
};

static int read_list(struct ohtd_db *db, void *arg)
{
	return ohtd_db_webhooks_list(db, ((struct list_late *)arg)->rows);
}

static void reply_list(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct list_late *job = (const struct list_late *)late;
	struct webhook *items = ohtd_call_alloc(call, sizeof(*items) * OHTD_WEBHOOKS_MAX);
	struct webhook_list list = { .items = items };

	if (late->result < 0) {
		ohtd_reply_store_problem(call, late->result);
		return;
	}
	for (int i = 0; i < late->result; i++)
		items[list.items_count++] = view_of(&job->rows[i]);
	OHTD_REPLY(call, 200, webhook_list, &list);
}

static void get_webhooks(struct ohtd_call *call)
{
	struct list_late *job = ohtd_late_make(call, sizeof(*job));

	if (job)
		ohtd_late_read(call, &job->late, read_list, reply_list);
}

/* ---- one ---- */

/**
 * struct webhook_late - something is done with a webhook
 * @row: of the webhook
 * @before: the same, before a change
 * @wished: members that are to change; empty: as it is
 * @alive, @missions, @enabled: the same; -1: as it is
 * @webhooks: seal secrets
 * @secret: the new one, in clear; ""
 * @act: what is done, for the log; NULL: it is read
 * @by: name of the user
 */
struct webhook_late {
	struct ohtd_late late;
	struct ohtd_webhook_row row;
	struct ohtd_webhook_row before;
	struct ohtd_webhook_row wished;
	int8_t alive, missions, enabled;
	const struct ohtd_webhooks *webhooks;
	char secret[OHTD_WEBHOOK_SECRET_BYTES];
	const char *act;
	char by[OHTD_USER_NAME_MAX + 1];
};

static void settle(struct ohtd_late *late)
{
	const struct webhook_late *job = (const struct webhook_late *)late;

	if (late->result >= 0)
		ohtd_log(OHTD_LOG_NOTICE, "http", "webhook_changed", "%" PRId64 " %s by %s", job->row.id, job->act,
			 job->by);
}

static struct webhook_late *make_job(struct ohtd_call *call, const char *act)
{
	struct webhook_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->row.id = call->params.id;
	job->webhooks = call->services->webhooks;
	job->act = act;
	job->late.settle = act ? settle : NULL;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	return job;
}

/* False: it has been refused. */
static bool has_result(struct ohtd_call *call, const struct ohtd_late *late)
{
	const struct webhook_late *job = (const struct webhook_late *)late;

	if (late->result >= 0)
		return true;
	if (late->result == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "there is no webhook %" PRId64 ": see GET webhooks",
				   job->row.id);
	else if (late->result == -E2BIG)
		ohtd_reply_problem(call, 409, "too_many_webhooks", "there are %d webhooks already: delete one",
				   OHTD_WEBHOOKS_MAX);
	else
		ohtd_reply_store_problem(call, late->result);
	return false;
}

static void reply_one(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct webhook_late *job = (const struct webhook_late *)late;
	struct webhook view = view_of(&job->row);

	if (has_result(call, late))
		OHTD_REPLY(call, 200, webhook, &view);
}

/* A webhook as the audit has it: the path of its address may be a password. */
struct webhook_told {
	const char *host;
	int64_t port;
	int8_t path_changed;
	const char *format;
	const char *severity;
	bool alive;
	bool missions;
	bool enabled;
};

OHTD_SHAPE(webhook_told, "WebhookTold",
	OHTD_TEXT(webhook_told, host, .summary = "Where to"),
	OHTD_INTEGER(webhook_told, port, .summary = "Where to"),
	OHTD_TRISTATE(webhook_told, path_changed, .flags = OHTD_OMIT, .summary = "The path of the address is another one"),
	OHTD_TEXT(webhook_told, format, .summary = "What is sent"),
	OHTD_TEXT(webhook_told, severity, .summary = "Alerts of this severity and above are told"),
	OHTD_BOOLEAN(webhook_told, alive, .summary = "It is told each day that this daemon lives"),
	OHTD_BOOLEAN(webhook_told, missions, .summary = "It is told of missions"),
	OHTD_BOOLEAN(webhook_told, enabled, .summary = "It is told"));

/* NULL: there is no webhook. */
static const char *told(struct ohtd_call *call, const struct ohtd_webhook_row *row, bool path_changed)
{
	struct oht_destination to;

	if (!*row->url || oht_destination_of_url(&to, row->url))
		return NULL;
	return ohtd_call_json(call, &webhook_told_shape, &(struct webhook_told){
		.host = to.host, .port = to.port, .path_changed = path_changed ? 1 : -1, .format = row->format,
		.severity = row->severity, .alive = row->alive, .missions = row->missions, .enabled = row->enabled,
	});
}

static const char *path_of(const char *url)
{
	const char *behind = strstr(url, "://");

	behind = behind ? behind + 3 : url;
	return behind + strcspn(behind, "/?");
}

static void note_change(struct ohtd_call *call, const struct webhook_late *job)
{
	const struct ohtd_webhook_row *before = &job->before, *now = &job->row;
	bool other = *before->url && *now->url && strcmp(path_of(before->url), path_of(now->url)) != 0;

	call->noted.before = told(call, before, false);
	call->noted.after = told(call, now, other);
}

static void reply_changed(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result >= 0)
		note_change(call, (const struct webhook_late *)late);
	reply_one(call, late);
}

static void reply_secret(struct ohtd_call *call, struct ohtd_late *late, int status)
{
	const struct webhook_late *job = (const struct webhook_late *)late;
	const struct webhook_made made = { view_of(&job->row), job->secret };

	if (has_result(call, late))
		OHTD_REPLY(call, status, webhook_made, &made);
}

static int read_one(struct ohtd_db *db, void *arg)
{
	return ohtd_db_webhook_get(db, &((struct webhook_late *)arg)->row);
}

static void get_webhook(struct ohtd_call *call)
{
	struct webhook_late *job = make_job(call, NULL);

	if (job)
		ohtd_late_read(call, &job->late, read_one, reply_one);
}

/* ---- making ---- */

static const char *url_unfit(const char *text)
{
	struct oht_destination to;

	return oht_destination_of_url(&to, text);
}

struct webhook_body {
	const char *url;
	unsigned int format;
	int64_t severity;
	int8_t alive;
	int8_t missions;
};

OHTD_SHAPE(webhook_body, "WebhookBody",
	OHTD_TEXT(webhook_body, url, .flags = OHTD_NEEDED | OHTD_PRIVATE, .min = 8, .max = OHT_URL_BYTES - 1, .unfit = url_unfit,
		  .pattern = "^https?://[!-~]+$",
		  .summary = "https; its host and port are listed in ohtd.conf. http to this machine only",
		  .example = "\"https://alerts.example/robots\""),
	OHTD_WORD(webhook_body, format, .words = &ohtd_webhook_formats, .preset = OHTD_WEBHOOK_OHT,
		  .summary = "oht: one JSON object; alertmanager: POST /api/v2/alerts of Alertmanager; ntfy: a text"),
	OHTD_WORD(webhook_body, severity, .words = &ohtd_severity_words, .preset = OHTD_NONE,
		  .summary = "Only alerts of this severity and above; left out: all"),
	OHTD_TRISTATE(webhook_body, alive, .summary = "Tell it each day that this daemon lives"),
	OHTD_TRISTATE(webhook_body, missions, .summary = "Tell it when a mission is held, has failed or has finished"));

/* False: it has been refused. */
static bool is_listed(struct ohtd_call *call, const char *url)
{
	const struct ohtd_config *config = call->services->config;
	struct oht_destination to;

	if (!oht_destination_of_url(&to, url) &&
	    oht_destination_is_listed(config->destinations, config->destination_count, &to))
		return true;
	ohtd_reply_problem(call, 409, "destination_not_listed",
			   "%s port %u is not in destinations of [webhooks] in ohtd.conf: add it and start ohtd again",
			   to.host, to.port);
	return false;
}

static int work_add(struct ohtd_db *db, void *arg)
{
	return ohtd_db_webhook_add(db, &((struct webhook_late *)arg)->row);
}

static void reply_made(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result >= 0)
		note_change(call, (const struct webhook_late *)late);
	reply_secret(call, late, 201);
}

static void post_webhook(struct ohtd_call *call)
{
	const struct webhook_body *said = OHTD_INPUT(call, webhook_body);
	struct webhook_late *job = is_listed(call, said->url) ? make_job(call, "made") : NULL;
	struct ohtd_webhook_row *row;

	if (!job)
		return;
	row = &job->row;
	*row = (struct ohtd_webhook_row){
		.alive = said->alive > 0, .missions = said->missions > 0, .enabled = true, .made_ns = ohtd_clock_wall_ns(call->services->clock),
	};
	snprintf(row->url, sizeof(row->url), "%s", said->url);
	snprintf(row->format, sizeof(row->format), "%s", ohtd_webhook_formats.name(said->format));
	snprintf(row->severity, sizeof(row->severity), "%s", said->severity == OHTD_NONE ? "warning" :
		 ohtd_severity_name((unsigned int)said->severity));
	snprintf(row->made_by, sizeof(row->made_by), "%s", job->by);
	if (ohtd_webhook_secret_make(job->secret) && ohtd_webhooks_take_secret(job->webhooks, row, job->secret)) {
		ohtd_late_write(call, &job->late, work_add, reply_made);
		return;
	}
	ohtd_late_drop(&job->late);
	ohtd_reply_problem(call, 500, "internal", "no random numbers: try again");
}

/* ---- changing ---- */

struct webhook_change {
	const char *url;
	int64_t severity;
	int8_t alive;
	int8_t missions;
	int8_t enabled;
};

OHTD_SHAPE(webhook_change, "WebhookChange",
	OHTD_TEXT(webhook_change, url, .flags = OHTD_SOME | OHTD_PRIVATE, .min = 8, .max = OHT_URL_BYTES - 1, .unfit = url_unfit,
		  .pattern = "^https?://[!-~]+$", .summary = "As of POST webhooks",
		  .example = "\"https://alerts.example/robots\""),
	OHTD_WORD(webhook_change, severity, .flags = OHTD_SOME, .words = &ohtd_severity_words, .preset = OHTD_NONE,
		  .summary = "Only alerts of this severity and above"),
	OHTD_TRISTATE(webhook_change, alive, .flags = OHTD_SOME, .summary = "Tell it each day that this daemon lives"),
	OHTD_TRISTATE(webhook_change, missions, .flags = OHTD_SOME, .summary = "Tell it when a mission is held, has failed or has finished"),
	OHTD_TRISTATE(webhook_change, enabled, .flags = OHTD_SOME, .summary = "Tell it at all"));

/* What the request has left out stays as it is in the store at that moment. */
static int work_change(struct ohtd_db *db, void *arg)
{
	struct webhook_late *job = arg;
	struct ohtd_webhook_row *row = &job->row;
	int r = ohtd_db_webhook_get(db, row);

	if (r)
		return r;
	job->before = *row;
	if (*job->wished.url)
		memcpy(row->url, job->wished.url, sizeof(row->url));
	if (*job->wished.severity)
		memcpy(row->severity, job->wished.severity, sizeof(row->severity));
	if (*job->secret && !ohtd_webhooks_take_secret(job->webhooks, row, job->secret))
		return -EIO;
	if (job->alive >= 0)
		row->alive = job->alive;
	if (job->missions >= 0)
		row->missions = job->missions;
	if (job->enabled >= 0)
		row->enabled = job->enabled;
	r = ohtd_db_webhook_change(db, row);
	return r ? r : ohtd_db_webhook_get(db, row);
}

static void put_webhook(struct ohtd_call *call)
{
	const struct webhook_change *said = OHTD_INPUT(call, webhook_change);
	struct webhook_late *job = !said->url || is_listed(call, said->url) ? make_job(call, "changed") : NULL;

	if (!job)
		return;
	if (said->url)
		snprintf(job->wished.url, sizeof(job->wished.url), "%s", said->url);
	if (said->severity != OHTD_NONE)
		snprintf(job->wished.severity, sizeof(job->wished.severity), "%s",
			 ohtd_severity_name((unsigned int)said->severity));
	job->alive = said->alive;
	job->missions = said->missions;
	job->enabled = said->enabled;
	ohtd_late_write(call, &job->late, work_change, reply_changed);
}

static void reply_rotated(struct ohtd_call *call, struct ohtd_late *late)
{
	reply_secret(call, late, 200);
}

static void post_secret(struct ohtd_call *call)
{
	struct webhook_late *job = make_job(call, "has a new secret");

	if (!job)
		return;
	job->alive = job->missions = job->enabled = -1;
	if (ohtd_webhook_secret_make(job->secret)) {
		ohtd_late_write(call, &job->late, work_change, reply_rotated);
		return;
	}
	ohtd_late_drop(&job->late);
	ohtd_reply_problem(call, 500, "internal", "no random numbers: try again");
}

static int work_delete(struct ohtd_db *db, void *arg)
{
	struct webhook_late *job = arg;
	int r;

	job->before = job->row;
	r = ohtd_db_webhook_get(db, &job->before);
	if (!r)
		r = ohtd_db_webhook_delete(db, job->row.id);
	return r ? r : -ENOENT;
}

static void reply_deleted(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result >= 0)
		note_change(call, (const struct webhook_late *)late);
	if (has_result(call, late))
		ohtd_reply_empty(call, 204);
}

static void delete_webhook(struct ohtd_call *call)
{
	struct webhook_late *job = make_job(call, "deleted");

	if (job)
		ohtd_late_write(call, &job->late, work_delete, reply_deleted);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "webhooks", .role = OHTD_ROLE_OPERATOR,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &webhook_list_shape } },
		.handle = get_webhooks,
		.summary = "Who is told of alerts elsewhere, and what came of the newest attempt",
	}, {
		.method = OHTD_POST, .path = "webhooks", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "make", "made", " a webhook" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 2048, .body = &webhook_body_shape,
		.replies = { { 201, &webhook_made_shape } },
		.problems = { "destination_not_listed", "too_many_webhooks", "internal" },
		.handle = post_webhook,
		.summary = "Have somebody told when an alert comes and when it ends",
		.text = "The answer has the secret that signs, which no other answer ever has.",
	}, {
		.method = OHTD_GET, .path = "webhooks/{id}", .role = OHTD_ROLE_OPERATOR,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &webhook_shape } }, .problems = { "not_found" },
		.handle = get_webhook,
		.summary = "One webhook",
	}, {
		.method = OHTD_PUT, .path = "webhooks/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "change", "changed", " a webhook" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 2048, .body = &webhook_change_shape,
		.replies = { { 200, &webhook_shape } }, .problems = { "not_found", "destination_not_listed" },
		.handle = put_webhook,
		.summary = "Change a webhook, or switch it on or off",
		.text = "What is left out stays.",
	}, {
		.method = OHTD_DELETE, .path = "webhooks/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "delete", "deleted", " a webhook" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 204, NULL } }, .problems = { "not_found" },
		.handle = delete_webhook,
		.summary = "Delete a webhook, with what it was still to be told",
	}, {
		.method = OHTD_POST, .path = "webhooks/{id}/secret", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "draw", "drew", " a secret of a webhook" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 1024,
		.replies = { { 200, &webhook_made_shape } }, .problems = { "not_found", "internal" },
		.handle = post_secret,
		.summary = "Give a webhook a new secret",
		.text = "The one before signs too, so that the receiver can change without a gap. Older ones do not.",
	},
};

OHTD_ROUTE_TABLE(ohtd_webhook_routes, "Webhooks", routes);
