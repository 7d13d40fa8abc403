// SPDX-License-Identifier: GPL-2.0-or-later
/* webhook-deliveries: what webhooks are to be told and were told; tests and sending again. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lists/stored_list.h"
#include "base/clock.h"
#include "base/log.h"
#include "server/late.h"
#include "webhooks/rows.h"
#include "webhooks/body.h"
#include "webhooks/webhooks.h"

enum { WAITING, DELIVERED, DEAD };
static const char *const states[] = { [WAITING] = "waiting", [DELIVERED] = "delivered", [DEAD] = "dead" };
OHTD_WORDS_OF(state_words, states);

struct delivery {
	int64_t number;
	int64_t webhook;
	const char *message;
	const char *event;
	const char *state;
	int64_t alert;
	const char *code;
	const char *subject;
	const char *text;
	int64_t made;
	int64_t tried;
	int64_t due;
	int64_t attempts;
	int64_t last_status;
	const char *last_error;
};

OHTD_SHAPE(delivery, "WebhookDelivery",
	OHTD_INTEGER(delivery, number, .summary = "Running"),
	OHTD_INTEGER(delivery, webhook, .summary = "Id of the webhook"),
	OHTD_TEXT(delivery, message, .summary = "The header webhook-id, the same in each attempt",
		  .example = "\"msg_0123456789abcdef01234567\""),
	OHTD_TEXT(delivery, event, .words = &ohtd_webhooks_events, .summary = "alert.lost: ohtd ended before the alert did; alert.flaps: it is told less often than it comes",
		  .example = "\"alert.began\""),
	OHTD_TEXT(delivery, state, .words = &state_words,
		  .summary = "dead: given up, after 54 hours or by the receiver's 410", .example = "\"delivered\""),
	OHTD_INTEGER(delivery, alert, .flags = OHTD_NULL,
		     .summary = "As in GET alerts/history; null: it is about none"),
	OHTD_TEXT(delivery, code, .summary = "Code of the alert", .example = "\"module_lost\""),
	OHTD_TEXT(delivery, subject, .flags = OHTD_NULL, .summary = "As in GET alerts"),
	OHTD_TEXT(delivery, text, .summary = "Text of the alert"),
	OHTD_TIME(delivery, made, .flags = OHTD_NULL, .summary = "When it happened"),
	OHTD_TIME(delivery, tried, .flags = OHTD_NULL, .summary = "The newest attempt; null: none yet"),
	OHTD_TIME(delivery, due, .flags = OHTD_NULL, .summary = "The next attempt; null: at once, or none any more"),
	OHTD_INTEGER(delivery, attempts, .summary = "How many there were"),
	OHTD_INTEGER(delivery, last_status, .flags = OHTD_NULL, .summary = "Status of the answer; null: none came"),
	OHTD_TEXT(delivery, last_error, .flags = OHTD_NULL, .summary = "Why none came"));

static struct delivery view_of(const struct ohtd_delivery_row *row)
{
	bool waits = !strcmp(row->state, states[WAITING]);

	return (struct delivery){
		.number = row->number, .webhook = row->webhook, .message = row->message, .event = row->event,
		.state = row->state, .alert = row->alert ? row->alert : OHTD_NONE, .code = row->code,
		.subject = *row->subject ? row->subject : NULL, .text = row->text, .made = row->made_ns, .tried = row->tried_ns ? row->tried_ns : OHTD_NONE,
		.due = waits && row->due_ns ? row->due_ns : OHTD_NONE, .attempts = row->attempts,
		.last_status = row->last_status ? row->last_status : OHTD_NONE,
		.last_error = *row->last_error ? row->last_error : NULL,
	};
}

static void show(struct ohtd_call *call, const void *row, void *item)
{
	(void)call;
	*(struct delivery *)item = view_of(row);
}

OHTD_LIST_ANSWER(delivery_list, "WebhookDeliveryList", delivery, "In the order asked for, else the newest first");

static const char *const sorts[] = { "-number", "number" };
OHTD_WORDS_OF(sort_words, sorts);

struct delivery_query {
	struct ohtd_page page;
	int64_t sort;
	int64_t webhook;
	int64_t state;
	int64_t event;
	int64_t alert;
};

OHTD_SHAPE(delivery_query, "WebhookDeliveryQuery",
	OHTD_PART(delivery_query, page, ohtd_page),
	OHTD_SORT(delivery_query, sort_words),
	OHTD_INTEGER(delivery_query, webhook, .min = 1, .max = INT32_MAX, .preset = OHTD_NONE,
		     .summary = "Only those for this webhook"),
	OHTD_WORD(delivery_query, state, .words = &state_words, .preset = OHTD_NONE,
		  .summary = "Only those in this state"),
	OHTD_WORD(delivery_query, event, .words = &ohtd_webhooks_events, .preset = OHTD_NONE,
		  .summary = "Only those of this event"),
	OHTD_INTEGER(delivery_query, alert, .min = 1, .max = INT32_MAX, .preset = OHTD_NONE,
		     .summary = "Only those about this alert"));

static const struct ohtd_stored_list deliveries = { .row = &ohtd_kept_deliveries, .show = show };

/* ---- a test, and once more ---- */

struct delivery_late {
	struct ohtd_late late;
	struct ohtd_webhooks *webhooks;
	struct ohtd_delivery_row row;
	int64_t id;
	char by[OHTD_USER_NAME_MAX + 1];
};

static int work_test(struct ohtd_db *db, void *arg)
{
	return ohtd_db_webhook_test(db, &((struct delivery_late *)arg)->row);
}

static int work_resend(struct ohtd_db *db, void *arg)
{
	struct delivery_late *job = arg;

	return ohtd_db_webhook_resend(db, job->id, &job->row);
}

static void settle(struct ohtd_late *late)
{
	const struct delivery_late *job = (const struct delivery_late *)late;

	if (late->result < 0)
		return;
	ohtd_log(OHTD_LOG_NOTICE, "http", "webhook_sent", "delivery %" PRId64 " by %s", job->row.number, job->by);
	ohtd_webhooks_wake(job->webhooks);
}

static struct delivery_late *make_job(struct ohtd_call *call)
{
	struct delivery_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->webhooks = call->services->webhooks;
	job->id = call->params.id;
	job->late.settle = settle;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	return job;
}

static void reply_delivery(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct delivery_late *job = (const struct delivery_late *)late;
	struct delivery view = view_of(&job->row);

	if (late->result == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "there is no %" PRId64
				   ": see GET webhooks and webhook-deliveries",
				   job->id);
	else if (late->result == -EPERM)
		ohtd_reply_problem(call, 409, "webhook_disabled", "webhook %" PRId64
				   " is switched off: PUT enabled first", job->id);
	else if (late->result == -EALREADY)
		ohtd_reply_problem(call, 409, "delivery_waits", "delivery %" PRId64 " waits already", job->id);
	else if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else
		OHTD_REPLY(call, 200, delivery, &view);
}

static void post_test(struct ohtd_call *call)
{
	struct delivery_late *job = make_job(call);

	if (!job)
		return;
	job->row.webhook = job->id;
	job->row.made_ns = ohtd_clock_wall_ns(call->services->clock);
	ohtd_late_write(call, &job->late, work_test, reply_delivery);
}

static void post_resend(struct ohtd_call *call)
{
	struct delivery_late *job = make_job(call);

	if (job)
		ohtd_late_write(call, &job->late, work_resend, reply_delivery);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "webhook-deliveries", .role = OHTD_ROLE_OPERATOR,
		.flags = OHTD_ROUTE_STORE, .query = &delivery_query_shape,
		.replies = { { 200, &delivery_list_shape } },
		.handle = ohtd_stored_list_get, .list = &deliveries,
		.summary = "What webhooks are to be told, and the newest 1,000 that were delivered or given up",
	}, {
		.method = OHTD_POST, .path = "webhooks/{id}/test", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "test", "tested", " a webhook" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 1024,
		.replies = { { 200, &delivery_shape } }, .problems = { "not_found", "webhook_disabled" },
		.handle = post_test,
		.summary = "Tell a webhook something for a trial",
		.text = "The answer does not wait for the receiver: last of GET webhooks/{id} says what came of it.",
	}, {
		.method = OHTD_POST, .path = "webhook-deliveries/{id}/resend", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "send", "sent", " a delivery again" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 1024,
		.replies = { { 200, &delivery_shape } }, .problems = { "not_found", "delivery_waits" },
		.handle = post_resend,
		.summary = "Send once more what was given up or delivered, with the same id",
	},
};

OHTD_ROUTE_TABLE(ohtd_webhook_delivery_routes, "Webhooks", routes);
