// SPDX-License-Identifier: GPL-2.0-or-later
#include "webhooks/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "journal/notice.h"
#include "robot/codes.h"
#include "store/sql.h"

#define DAY_NS		(86400 * (int64_t)OHTD_NS_PER_S)
/* Pauses grow from here to a day. */
#define FIRST_PAUSE_NS	(5 * (int64_t)OHTD_NS_PER_S)
#define PAUSE_GROWTH	4
/* A receiver that is away is asked as often at least. */
#define AWAY_PAUSE_NS	(300 * (int64_t)OHTD_NS_PER_S)
/* Nothing is dead before it was tried for so long, however often: a receiver may be away for a weekend. */
#define LIFE_NS		(54 * 3600 * (int64_t)OHTD_NS_PER_S)
#define GONE		410

static const struct ohtd_stored_column delivery_columns[] = {
	OHTD_COLUMN(ohtd_delivery_row, number, .asked = "number", .seen = true),
	OHTD_COLUMN(ohtd_delivery_row, webhook, .asked = "webhook"),
	OHTD_COLUMN(ohtd_delivery_row, message),
	OHTD_COLUMN(ohtd_delivery_row, event, .asked = "event"),
	OHTD_COLUMN(ohtd_delivery_row, state, .asked = "state"),
	OHTD_COLUMN(ohtd_delivery_row, alert, .asked = "alert"),
	OHTD_COLUMN(ohtd_delivery_row, code),
	OHTD_COLUMN(ohtd_delivery_row, severity),
	OHTD_COLUMN(ohtd_delivery_row, source),
	OHTD_COLUMN(ohtd_delivery_row, unit),
	OHTD_COLUMN(ohtd_delivery_row, subject),
	OHTD_COLUMN(ohtd_delivery_row, text),
	OHTD_COLUMN(ohtd_delivery_row, since_ns),
	OHTD_COLUMN(ohtd_delivery_row, ended_ns),
	OHTD_COLUMN(ohtd_delivery_row, times),
	OHTD_COLUMN(ohtd_delivery_row, made_ns, .asked = "made"),
	OHTD_COLUMN(ohtd_delivery_row, due_ns),
	OHTD_COLUMN(ohtd_delivery_row, tried_ns, .seen = true),
	OHTD_COLUMN(ohtd_delivery_row, lived_ns, .seen = true),
	OHTD_COLUMN(ohtd_delivery_row, attempts, .seen = true),
	OHTD_COLUMN(ohtd_delivery_row, last_status, .seen = true),
	OHTD_COLUMN(ohtd_delivery_row, last_error, .seen = true),
};

const struct ohtd_stored_row ohtd_kept_deliveries = {
	.table = "webhook_deliveries", .bytes = sizeof(struct ohtd_delivery_row), .key = &delivery_columns[0],
	OHTD_COLUMNS(delivery_columns),
};

/* ---- what is to be told ---- */

#define QUEUE									\
	"INSERT INTO webhook_deliveries (webhook, message, event, state, due_ns, alert, code, severity, source,"	\
	" unit, subject, text, since_ns, ended_ns, times, made_ns)"			\
	" SELECT w.id, 'msg_' || lower(hex(randomblob(12))), "
/* Of a row of the table or of one that is to become one. */
#define WANTED(severity_)							\
	" w.enabled AND instr('" OHTD_ROBOT_SEVERITIES "', " severity_ ") >="	\
	" instr('" OHTD_ROBOT_SEVERITIES "', w.severity)"

/* Unless it is shelved, or the table has it as told: as active, or this coming. */
static const struct ohtd_statement began_sql = {
	QUEUE "iif(:flaps, '" OHTD_EVENT_FLAPS "', '" OHTD_EVENT_BEGAN "'), 'waiting', 0, :number, :code, :severity, :source, :unit,"
	" :subject, :text, :since_ns, 0, iif(:flaps, :flaps, :times),"
	" max(:since_ns, coalesce((SELECT ended_ns FROM alerts WHERE number = :number), 0))"
	" FROM webhooks w WHERE" WANTED(":severity") " AND NOT :muted"
	" AND NOT EXISTS (SELECT 1 FROM alerts WHERE number = :number AND NOT muted AND (ended_ns = 0 OR times >= :times))",
	&ohtd_kept_alerts
};

/*
 * A receiver refuses an end before the beginning, as a time of day that was taken back gives it. Of one that came while
 * it was shelved there is no end either, unless it is the one of what was told and still stood.
 */
static const struct ohtd_statement ended_sql = {
	QUEUE "'" OHTD_EVENT_ENDED "', 'waiting', 0, :number, :code, :severity, :source, :unit, :subject, :text, :since_ns,"
	" max(:ended_ns, :since_ns), :times, max(:ended_ns, :since_ns) FROM webhooks w WHERE" WANTED(":severity")
	" AND :ended_ns <> 0"
	" AND (NOT :muted OR EXISTS (SELECT 1 FROM alerts WHERE number = :number AND NOT muted AND ended_ns = 0))"
	" AND NOT EXISTS (SELECT 1 FROM alerts WHERE number = :number AND ended_ns <> 0 AND times >= :times)",
	&ohtd_kept_alerts
};

/* Its end was not seen: the time is that of the start. */
static const struct ohtd_statement lost_sql = {
	QUEUE "'" OHTD_EVENT_LOST "', 'waiting', 0, a.number, a.code, a.severity, a.source, a.unit, a.subject, a.text, a.since_ns, 0,"
	" a.times, max(:now, a.since_ns) FROM webhooks w, alerts a WHERE" WANTED("a.severity")
	" AND a.ended_ns = 0 AND a.cut = 0 AND NOT a.muted AND a.number <= :last"
};

static const struct ohtd_statement test_sql = {
	QUEUE "'" OHTD_EVENT_TEST "', 'waiting', 0, 0, 'test', 'warning', 'webhook', 0, '', 'This is a test: nothing is wrong.', :now, :now,"
	" 1, :now FROM webhooks w WHERE w.id = :id"
};

static const struct ohtd_statement alive_sql = {
	QUEUE "'" OHTD_EVENT_ALIVE "', 'waiting', 0, 0, 'alive', 'warning', 'webhook', 0, '', 'The robot''s computer is alive.', :now, 0,"
	" 1, :now FROM webhooks w WHERE w.enabled AND w.alive AND (w.alive_ns <= :before OR w.alive_ns > :now)"
};

static const struct ohtd_statement mission_sql = {
	QUEUE ":event, 'waiting', 0, 0, :code, 'warning', :source, 0, :subject, :text, :made_ns, 0, 1, :made_ns"
	" FROM webhooks w WHERE w.enabled AND w.missions", &ohtd_kept_deliveries
};

static const struct ohtd_statement alive_due_sql = {
	"SELECT 1 FROM webhooks WHERE enabled AND alive AND (alive_ns <= :before OR alive_ns > :now)"
};

static const struct ohtd_statement alive_done_sql = {
	"UPDATE webhooks SET alive_ns = :now WHERE enabled AND alive AND (alive_ns <= :before OR alive_ns > :now)"
};

/* The oldest of the webhook for which most wait: a dead receiver costs the others nothing. */
static const struct ohtd_statement overflow_sql = {
	"UPDATE webhook_deliveries SET state = 'dead', last_error = 'too many others waited' WHERE number IN"
	" (SELECT number FROM (SELECT number, row_number() OVER (PARTITION BY webhook ORDER BY number DESC) AS newer"
	" FROM webhook_deliveries WHERE state = 'waiting'"
	" AND (SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting') > :kept)"
	" ORDER BY newer, number DESC LIMIT -1 OFFSET :kept)"
};

/* By an index of these rows alone: what waits is not looked at. */
static const struct ohtd_statement prune_sql = {
	"DELETE FROM webhook_deliveries WHERE number IN"
	" (SELECT number FROM webhook_deliveries INDEXED BY webhook_deliveries_over WHERE state <> 'waiting'"
	" ORDER BY number DESC LIMIT -1 OFFSET :kept)"
};

static const struct ohtd_statement get_sql = {
	" WHERE number = :number", &ohtd_kept_deliveries, ohtd_row_select
};

/* The number of rows that were changed, or a negative errno. */
static int run_with(struct ohtd_db *db, const struct ohtd_statement *statement, const char *name, int64_t value)
{
	sqlite3_stmt *s = ohtd_db_statement(db, statement);
	int r;

	ohtd_db_bind_number(s, name, value);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql);
}

int ohtd_db_webhooks_bound(struct ohtd_db *db)
{
	int r = run_with(db, &overflow_sql, ":kept", OHTD_WEBHOOK_WAITING);

	if (r >= 0)
		r = run_with(db, &prune_sql, ":kept", OHTD_WEBHOOK_KEPT);
	return r < 0 ? r : 0;
}

static int note(struct ohtd_db *db, const struct ohtd_alert_row *row)
{
	sqlite3_stmt *s = ohtd_db_bound(db, &began_sql, row);
	int r, queued;

	ohtd_db_bind_number(s, ":flaps", row->flaps);
	r = ohtd_db_run(db, s);
	queued = sqlite3_changes(db->sql);
	if (!r)
		r = ohtd_db_put(db, &ended_sql, row);
	return r ? r : queued + sqlite3_changes(db->sql);
}

static int note_cut(struct ohtd_db *db, int64_t last, int64_t now_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &lost_sql);
	int r;

	ohtd_db_bind_number(s, ":last", last);
	ohtd_db_bind_number(s, ":now", now_ns);
	r = ohtd_db_run(db, s);
	return !r && sqlite3_changes(db->sql) ? ohtd_db_webhooks_bound(db) : r;
}

const struct ohtd_alerts_listener ohtd_webhooks_listener = { .note = note, .note_cut = note_cut, .bound = ohtd_db_webhooks_bound };

/* A person asks for an attempt now. */
static const struct ohtd_statement hurry_sql = { "UPDATE webhooks SET retry_ns = 0 WHERE id = :id" };

int ohtd_db_webhook_test(struct ohtd_db *db, struct ohtd_delivery_row *row)
{
	struct ohtd_webhook_row webhook = { .id = row->webhook };
	int r = ohtd_db_begin(db);
	sqlite3_stmt *s;

	if (!r)
		r = ohtd_db_webhook_get(db, &webhook);
	if (!r && !webhook.enabled)
		r = -EPERM;
	if (!r) {
		s = ohtd_db_statement(db, &test_sql);
		ohtd_db_bind_number(s, ":now", row->made_ns);
		ohtd_db_bind_number(s, ":id", row->webhook);
		r = ohtd_db_run(db, s);
		row->number = sqlite3_last_insert_rowid(db->sql);
	}
	if (!r)
		r = ohtd_db_webhooks_bound(db);
	if (!r)
		r = run_with(db, &hurry_sql, ":id", row->webhook);
	if (r >= 0)
		r = ohtd_db_get(db, &get_sql, row);
	return ohtd_db_end(db, r);
}

/* Notices that are an event for webhooks. */
static const struct {
	const char *source;
	const char *code;
	const char *event;
	const struct ohtd_statement *queue;
} noticed[] = {
	{ "missions", "mission_held", OHTD_EVENT_MISSION_HELD, &mission_sql },
	{ "missions", "mission_failed", OHTD_EVENT_MISSION_FAILED, &mission_sql },
	{ "missions", "mission_finished", OHTD_EVENT_MISSION_FINISHED, &mission_sql },
};

static int queue_notice(struct ohtd_db *db, const struct ohtd_statement *queue, const char *event, const struct ohtd_journal_notice *notice)
{
	struct ohtd_delivery_row row = { .made_ns = notice->made_ns };
	int r;

	snprintf(row.event, sizeof(row.event), "%s", event);
	snprintf(row.code, sizeof(row.code), "%s", notice->code);
	snprintf(row.source, sizeof(row.source), "%s", notice->source);
	snprintf(row.subject, sizeof(row.subject), "%s", notice->subject);
	snprintf(row.text, sizeof(row.text), "%s", notice->text);
	r = ohtd_db_put(db, queue, &row);
	return !r && sqlite3_changes(db->sql) ? ohtd_db_webhooks_bound(db) : r;
}

int ohtd_webhooks_notice(struct ohtd_db *db, const struct ohtd_journal_notice *notice)
{
	for (size_t i = 0; i < sizeof(noticed) / sizeof(noticed[0]); i++)
		if (!strcmp(noticed[i].source, notice->source) && !strcmp(noticed[i].code, notice->code))
			return queue_notice(db, noticed[i].queue, noticed[i].event, notice);
	return 0;
}

static sqlite3_stmt *alive_statement(struct ohtd_db *db, const struct ohtd_statement *statement, int64_t now_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, statement);

	ohtd_db_bind_number(s, ":now", now_ns);
	ohtd_db_bind_number(s, ":before", now_ns - DAY_NS);
	return s;
}

int ohtd_db_webhooks_alive(struct ohtd_db *db, int64_t now_ns)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_run(db, alive_statement(db, &alive_sql, now_ns));
	if (!r)
		r = ohtd_db_run(db, alive_statement(db, &alive_done_sql, now_ns));
	if (!r)
		r = ohtd_db_webhooks_bound(db);
	return ohtd_db_end(db, r);
}

/* ---- what is due ---- */

/*
 * A message of an alert waits behind older ones of the same: receivers know it by code, source, unit and subject, not by
 * the number, which is another one when the alert comes anew. What was tried less often goes first, so that nothing
 * waits for long behind what the receiver does not take. A clock that was set back behind the last attempt makes
 * nobody wait for it.
 */
static const struct ohtd_statement due_sql = {
	" WHERE number = (SELECT d.number FROM webhook_deliveries d WHERE d.webhook = :id AND d.state = 'waiting' AND d.number <> :told"
	" AND (d.due_ns <= :now OR d.tried_ns > :now) AND NOT EXISTS (SELECT 1 FROM webhook_deliveries e"
	" WHERE e.webhook = :id AND e.code = d.code AND e.source = d.source AND e.unit = d.unit AND e.subject = d.subject AND e.state = 'waiting'"
	" AND e.alert > 0 AND e.number < d.number AND e.number <> :told) ORDER BY d.attempts, d.number LIMIT 1)",
	&ohtd_kept_deliveries, ohtd_row_select
};

static int find_due(struct ohtd_db *db, int64_t webhook, int64_t told, int64_t now_ns, struct ohtd_delivery_row *row)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &due_sql);
	int r;

	ohtd_db_bind_number(s, ":id", webhook);
	ohtd_db_bind_number(s, ":told", told);
	ohtd_db_bind_number(s, ":now", now_ns);
	r = ohtd_db_row(db, s);
	if (r > 0)
		ohtd_row_take(s, &ohtd_kept_deliveries, row);
	sqlite3_reset(s);
	return r;
}

static int64_t told_of(const struct ohtd_webhook_told *told, unsigned int count, int64_t webhook)
{
	for (unsigned int i = 0; i < count; i++)
		if (told[i].webhook == webhook)
			return told[i].number;
	return 0;
}

int ohtd_db_webhooks_due(struct ohtd_db *db, int64_t now_ns, const struct ohtd_webhook_told *told, unsigned int told_count,
			 struct ohtd_due *due, bool *alive)
{
	struct ohtd_webhook_row webhooks[OHTD_WEBHOOKS_MAX];
	int all = ohtd_db_webhooks_enabled(db, webhooks), count = 0, r = 0;
	sqlite3_stmt *s;

	for (int i = 0; i < all && r >= 0; i++) {
		if (webhooks[i].retry_ns > now_ns && webhooks[i].last_ns <= now_ns)
			continue;
		due[count].webhook = webhooks[i];
		r = find_due(db, webhooks[i].id, told_of(told, told_count, webhooks[i].id), now_ns, &due[count].delivery);
		count += r > 0;
	}
	if (all < 0 || r < 0)
		return all < 0 ? all : r;
	s = alive_statement(db, &alive_due_sql, now_ns);
	r = ohtd_db_row(db, s);
	sqlite3_reset(s);
	*alive = r > 0;
	return r < 0 ? r : count;
}

/* ---- what has become of it ---- */

static const struct ohtd_statement tried_sql = {
	"UPDATE webhook_deliveries SET state = :state, tried_ns = :tried_ns, lived_ns = :lived_ns, attempts = :attempts,"
	" due_ns = :due_ns, last_status = :last_status, last_error = :last_error WHERE number = :number", &ohtd_kept_deliveries
};

static const struct ohtd_statement gone_sql = {
	"UPDATE webhook_deliveries SET state = 'dead', last_error = 'the receiver has ended the webhook'"
	" WHERE webhook = :webhook AND state = 'waiting'"
};

/* It answers again: all is due but what it cannot take, by its form or its size. */
static const struct ohtd_statement there_sql = {
	"UPDATE webhook_deliveries SET due_ns = 0 WHERE webhook = :webhook AND state = 'waiting' AND attempts > 0"
	" AND last_status NOT IN (400, 413, 415, 422)"
};

/* From 5 s on, four times as long each time. */
static int64_t pause_ns(int64_t attempts)
{
	int64_t pause = FIRST_PAUSE_NS;

	while (--attempts > 0 && pause < DAY_NS)
		pause *= PAUSE_GROWTH;
	return pause < DAY_NS ? pause : DAY_NS;
}

/* As the receiver wishes, if that is longer, and is no longer than a day. */
static int64_t wished_ns(int64_t pause, const struct ohtd_delivery_result *result)
{
	int64_t wished = result->after_s * (int64_t)OHTD_NS_PER_S;

	if (pause < wished)
		pause = wished;
	return pause < DAY_NS ? pause : DAY_NS;
}

static bool is_good(const struct ohtd_delivery_result *result)
{
	return !*result->error && result->status >= 200 && result->status < 300;
}

/* It is away, and not only unwilling to take this message. */
static bool is_away(int64_t status)
{
	return !status || status == 429 || status >= 500;
}

/* While it is away, one message is tried at a time, however many wait. */
static void judge_webhook(struct ohtd_webhook_row *row, const struct ohtd_delivery_result *result)
{
	int64_t pause = pause_ns(row->failures + 1);

	pause = wished_ns(pause < AWAY_PAUSE_NS ? pause : AWAY_PAUSE_NS, result);
	row->failures = is_good(result) ? 0 : row->failures + 1;
	row->retry_ns = is_away(result->status) ? result->now_ns + pause : 0;
	row->enabled = row->enabled && result->status != GONE;
	row->last_ns = result->now_ns;
	row->last_status = result->status;
	snprintf(row->last_error, sizeof(row->last_error), "%s", result->error);
}

/* From one refusal to the next: what nobody was there for says nothing about the message. */
static int64_t refused_ns(const struct ohtd_delivery_row *row, const struct ohtd_delivery_result *result)
{
	int64_t pause = FIRST_PAUSE_NS;

	if (!is_away(row->last_status) && row->due_ns > row->tried_ns)
		pause = PAUSE_GROWTH * (row->due_ns - row->tried_ns);
	return result->now_ns + wished_ns(pause, result);
}

/* A receiver that is away is paced by its webhook, @retry_ns: it hears within minutes of its return what waits longest. */
static int64_t next_ns(const struct ohtd_delivery_row *row, const struct ohtd_delivery_result *result, int64_t retry_ns)
{
	/* The first time at once; a receiver by whose answers the process ends again and again gets its pauses. */
	if (result->broken)
		return result->now_ns + pause_ns(row->attempts + 1) - FIRST_PAUSE_NS;
	return is_away(result->status) ? retry_ns : refused_ns(row, result);
}

/* No pause is longer than a day: what the time of day has gone beyond that was a leap of the clock. */
static int64_t lived_ns(const struct ohtd_delivery_row *row, int64_t now_ns)
{
	int64_t since = now_ns - row->tried_ns;

	if (!row->tried_ns || since < 0)
		return 0;
	return since < DAY_NS ? since : DAY_NS;
}

static void judge(struct ohtd_delivery_row *row, const struct ohtd_delivery_result *result, int64_t retry_ns)
{
	row->due_ns = next_ns(row, result, retry_ns);
	row->lived_ns += lived_ns(row, result->now_ns);
	row->attempts++;
	row->tried_ns = result->now_ns;
	row->last_status = result->status;
	snprintf(row->last_error, sizeof(row->last_error), "%s", result->error);
	if (is_good(result))
		snprintf(row->state, sizeof(row->state), "delivered");
	else if (result->status == GONE || (row->attempts >= OHTD_WEBHOOK_ATTEMPTS && row->lived_ns >= LIFE_NS && !result->broken))
		snprintf(row->state, sizeof(row->state), "dead");
}

static int write_result(struct ohtd_db *db, struct ohtd_delivery_row *row, const struct ohtd_webhook_row *webhook,
			const struct ohtd_delivery_result *result)
{
	bool waits = !strcmp(row->state, "waiting");
	int r = 0;

	if (waits) {
		judge(row, result, webhook->retry_ns);
		r = ohtd_db_put(db, &tried_sql, row);
	}
	if (r || result->broken)
		return r;
	r = ohtd_db_webhook_attempted(db, webhook);
	if (!r && result->status == GONE)
		r = run_with(db, &gone_sql, ":webhook", row->webhook);
	else if (!r && is_good(result))
		r = run_with(db, &there_sql, ":webhook", row->webhook);
	if (r >= 0)
		r = run_with(db, &prune_sql, ":kept", OHTD_WEBHOOK_KEPT);
	return r < 0 ? r : 0;
}

/*
 * A number is that of another delivery when the webhook was deleted meanwhile; and what a receiver answers that the
 * webhook has been led away from, its successor has not.
 */
static int keep_result(struct ohtd_db *db, struct ohtd_delivery_result *result)
{
	struct ohtd_delivery_row row = { .number = result->number };
	struct ohtd_webhook_row webhook;
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_get(db, &get_sql, &row);
	webhook.id = row.webhook;
	if (!r)
		r = ohtd_db_webhook_find(db, &webhook);
	if (!r && !strcmp(row.message, result->message) && !strcmp(webhook.url, result->url)) {
		result->failures = webhook.failures;
		judge_webhook(&webhook, result);
		r = write_result(db, &row, &webhook, result);
	}
	return ohtd_db_end(db, r == -ENOENT ? 0 : r);
}

int ohtd_db_webhooks_results(struct ohtd_db *db, struct ohtd_delivery_result *results, unsigned int count)
{
	int r = ohtd_db_begin(db);

	for (unsigned int i = 0; !r && i < count; i++)
		r = keep_result(db, &results[i]);
	return ohtd_db_end(db, r);
}

static const struct ohtd_statement resend_sql = {
	"UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, due_ns = 0 WHERE number = :number"
};

int ohtd_db_webhook_resend(struct ohtd_db *db, int64_t number, struct ohtd_delivery_row *row)
{
	int r = ohtd_db_begin(db);

	row->number = number;
	if (!r)
		r = ohtd_db_get(db, &get_sql, row);
	if (!r && !strcmp(row->state, "waiting"))
		r = -EALREADY;
	if (!r) {
		r = run_with(db, &resend_sql, ":number", number);
		r = r < 0 ? r : run_with(db, &hurry_sql, ":id", row->webhook);
		r = r < 0 ? r : ohtd_db_get(db, &get_sql, row);
	}
	return ohtd_db_end(db, r);
}
