// SPDX-License-Identifier: GPL-2.0-or-later
#include "webhooks/rows.h"

#include <errno.h>

#include "store/sql.h"

static const struct ohtd_stored_column webhook_columns[] = {
	OHTD_COLUMN(ohtd_webhook_row, id, .seen = true),
	OHTD_COLUMN(ohtd_webhook_row, url),
	OHTD_COLUMN(ohtd_webhook_row, format),
	OHTD_COLUMN(ohtd_webhook_row, severity),
	OHTD_COLUMN(ohtd_webhook_row, alive),
	OHTD_COLUMN(ohtd_webhook_row, missions),
	OHTD_COLUMN(ohtd_webhook_row, enabled),
	OHTD_COLUMN(ohtd_webhook_row, made_ns),
	OHTD_COLUMN(ohtd_webhook_row, made_by),
	OHTD_COLUMN(ohtd_webhook_row, secret),
	OHTD_COLUMN(ohtd_webhook_row, secret_before),
	OHTD_COLUMN(ohtd_webhook_row, last_ns, .seen = true),
	OHTD_COLUMN(ohtd_webhook_row, last_status, .seen = true),
	OHTD_COLUMN(ohtd_webhook_row, last_error, .seen = true),
	OHTD_COLUMN(ohtd_webhook_row, failures, .seen = true),
	OHTD_COLUMN(ohtd_webhook_row, retry_ns, .seen = true),
	OHTD_COLUMN(ohtd_webhook_row, waiting, .seen = true),
	OHTD_COLUMN(ohtd_webhook_row, dead, .seen = true),
};

static const struct ohtd_stored_row kept_webhooks = {
	.table = "webhooks", .bytes = sizeof(struct ohtd_webhook_row), .key = &webhook_columns[0],
	.from = "(SELECT *, (SELECT count(*) FROM webhook_deliveries WHERE webhook = id AND state = 'waiting') AS waiting,"
		" (SELECT count(*) FROM webhook_deliveries WHERE webhook = id AND state = 'dead' AND state <> 'waiting') AS dead"
		" FROM webhooks)",
	OHTD_COLUMNS(webhook_columns),
};

/* For the thread that sends, which asks all the time. */
static const struct ohtd_stored_row bare_webhooks = {
	.table = "webhooks", .bytes = sizeof(struct ohtd_webhook_row), .key = &webhook_columns[0],
	.from = "(SELECT *, 0 AS waiting, 0 AS dead FROM webhooks)",
	OHTD_COLUMNS(webhook_columns),
};

static const struct ohtd_statement count_sql = { "SELECT count(*) FROM webhooks" };
static const struct ohtd_statement insert_sql = { "", &kept_webhooks, ohtd_row_insert };
static const struct ohtd_statement get_sql = { " WHERE id = :id", &kept_webhooks, ohtd_row_select };
static const struct ohtd_statement list_sql = { " ORDER BY id LIMIT :limit", &kept_webhooks, ohtd_row_select };
static const struct ohtd_statement get_bare_sql = { " WHERE id = :id", &bare_webhooks, ohtd_row_select };
static const struct ohtd_statement list_bare_sql = {
	" WHERE enabled ORDER BY id LIMIT :limit", &bare_webhooks, ohtd_row_select
};

#define LED_ANEW	"id = :id AND (url <> :url OR enabled < :enabled)"

static const struct ohtd_statement release_sql = {
	"UPDATE webhook_deliveries SET due_ns = 0 WHERE webhook = :id AND state = 'waiting'"
	" AND EXISTS (SELECT 1 FROM webhooks WHERE " LED_ANEW ")", &kept_webhooks
};

/* What came of the newest attempt was about the place before. */
static const struct ohtd_statement anew_sql = {
	"UPDATE webhooks SET last_ns = 0, last_status = 0, last_error = '', failures = 0, retry_ns = 0 WHERE " LED_ANEW,
	&kept_webhooks
};

static const struct ohtd_statement change_sql = {
	"UPDATE webhooks SET url = :url, severity = :severity, alive = :alive, missions = :missions, enabled = :enabled,"
	" secret = :secret, secret_before = :secret_before WHERE id = :id", &kept_webhooks
};

static const struct ohtd_statement attempt_sql = {
	"UPDATE webhooks SET enabled = :enabled, last_ns = :last_ns, last_status = :last_status,"
	" last_error = :last_error, failures = :failures, retry_ns = :retry_ns WHERE id = :id", &kept_webhooks
};

static const struct ohtd_statement delete_sql = { "DELETE FROM webhooks WHERE id = :id" };
static const struct ohtd_statement forget_sql = { "DELETE FROM webhook_deliveries WHERE webhook = :id" };

int ohtd_db_webhook_add(struct ohtd_db *db, struct ohtd_webhook_row *row)
{
	int r = ohtd_db_begin(db);

	if (!r) {
		sqlite3_stmt *s = ohtd_db_statement(db, &count_sql);

		r = ohtd_db_row(db, s);
		if (r > 0)
			r = ohtd_store_take_number(s, 0) >= OHTD_WEBHOOKS_MAX ? -E2BIG : 0;
		sqlite3_reset(s);
	}
	if (!r)
		r = ohtd_db_put(db, &insert_sql, row);
	if (!r)
		row->id = sqlite3_last_insert_rowid(db->sql);
	return ohtd_db_end(db, r);
}

int ohtd_db_webhook_get(struct ohtd_db *db, struct ohtd_webhook_row *row)
{
	return ohtd_db_get(db, &get_sql, row);
}

int ohtd_db_webhook_find(struct ohtd_db *db, struct ohtd_webhook_row *row)
{
	return ohtd_db_get(db, &get_bare_sql, row);
}

int ohtd_db_webhook_attempted(struct ohtd_db *db, const struct ohtd_webhook_row *row)
{
	return ohtd_db_put(db, &attempt_sql, row);
}

int ohtd_db_webhook_change(struct ohtd_db *db, const struct ohtd_webhook_row *row)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = ohtd_db_put(db, &release_sql, row);
	if (!r)
		r = ohtd_db_put(db, &anew_sql, row);
	if (!r)
		r = ohtd_db_put(db, &change_sql, row);
	return ohtd_db_end(db, r);
}

static int delete_of(struct ohtd_db *db, const struct ohtd_statement *sql, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_number(s, ":id", id);
	return ohtd_db_run(db, s);
}

int ohtd_db_webhook_delete(struct ohtd_db *db, int64_t id)
{
	int r = ohtd_db_begin(db), changed = 0;

	if (!r)
		r = delete_of(db, &forget_sql, id);
	if (!r)
		r = delete_of(db, &delete_sql, id);
	changed = sqlite3_changes(db->sql) > 0;
	r = ohtd_db_end(db, r);
	return r ? r : changed;
}

static int take_list(struct ohtd_db *db, const struct ohtd_statement *sql, struct ohtd_webhook_row *rows)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":limit", OHTD_WEBHOOKS_MAX);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_WEBHOOKS_MAX)
		ohtd_row_take(s, sql->row, &rows[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}

int ohtd_db_webhooks_list(struct ohtd_db *db, struct ohtd_webhook_row *rows)
{
	return take_list(db, &list_sql, rows);
}

int ohtd_db_webhooks_enabled(struct ohtd_db *db, struct ohtd_webhook_row *rows)
{
	return take_list(db, &list_bare_sql, rows);
}
