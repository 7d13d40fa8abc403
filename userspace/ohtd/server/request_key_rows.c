// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/request_key_rows.h"

#include <errno.h>
#include <string.h>

#include "store/sql.h"

/* Longer than any request has to be answered; later its end could not be kept. */
#define RUNS_NS	(120 * INT64_C(1000000000))

static const struct ohtd_stored_column key_columns[] = {
	OHTD_COLUMN(ohtd_server_request_key, name),
	OHTD_COLUMN(ohtd_server_request_key, tag),
	OHTD_COLUMN(ohtd_server_request_key, print),
	OHTD_COLUMN(ohtd_server_request_key, made_ns),
	OHTD_COLUMN(ohtd_server_request_key, run, .whole = true),
	OHTD_COLUMN(ohtd_server_request_key, state),
	OHTD_COLUMN(ohtd_server_request_key, status),
	OHTD_COLUMN(ohtd_server_request_key, etag),
	OHTD_COLUMN(ohtd_server_request_key, body),
};

static const struct ohtd_stored_row kept_keys = {
	.table = "request_keys", .bytes = sizeof(struct ohtd_server_request_key), .key = &key_columns[0], OHTD_COLUMNS(key_columns),
};

static const struct ohtd_statement get_sql = { " WHERE name = :name", &kept_keys, ohtd_row_select };
static const struct ohtd_statement insert_sql = { "", &kept_keys, ohtd_row_insert };
static const struct ohtd_statement newest_sql = { "SELECT coalesce(max(made_ns), 0) FROM request_keys" };
static const struct ohtd_statement drop_old_sql = { "DELETE FROM request_keys WHERE made_ns <= :until" };
/* A key whose act is under way stays: else the act would be done again. */
static const struct ohtd_statement drop_beyond_sql = {
	"DELETE FROM request_keys WHERE state <> 0 AND name IN"
	" (SELECT name FROM request_keys ORDER BY made_ns DESC LIMIT -1 OFFSET :kept)"
};
static const struct ohtd_statement drop_share_sql = {
	"DELETE FROM request_keys WHERE state <> 0 AND name IN"
	" (SELECT name FROM request_keys WHERE tag = :tag ORDER BY made_ns DESC LIMIT -1 OFFSET :kept)"
};
static const struct ohtd_statement begin_sql = { "UPDATE request_keys SET run = :run, made_ns = :made_ns WHERE name = :name", &kept_keys, NULL };
static const struct ohtd_statement done_sql = { "UPDATE request_keys SET state = 1 WHERE name = :name" };
static const struct ohtd_statement answer_sql = {
	"UPDATE request_keys SET state = 2, status = :status, etag = :etag, body = :body WHERE name = :name", &kept_keys, NULL
};
static const struct ohtd_statement forget_sql = { "DELETE FROM request_keys WHERE name = :name AND state = 0" };
static const struct ohtd_statement lose_sql = { "UPDATE request_keys SET state = 3 WHERE name = :name AND state = 0" };

static int run_named(struct ohtd_db *db, const struct ohtd_statement *statement, const char *name)
{
	sqlite3_stmt *s = ohtd_db_statement(db, statement);

	ohtd_db_bind_text(s, ":name", name);
	return ohtd_db_run(db, s);
}

int ohtd_server_request_keys_newest(struct ohtd_db *db, int64_t *made_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &newest_sql);
	int r = ohtd_db_row(db, s);

	if (r > 0)
		*made_ns = ohtd_store_take_number(s, 0);
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

static int drop_old(struct ohtd_db *db, int64_t now_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_old_sql);

	ohtd_db_bind_number(s, ":until", now_ns - OHTD_SERVER_REQUEST_KEY_NS);
	return ohtd_db_run(db, s);
}

static int make_room(struct ohtd_db *db, uint64_t tag)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_share_sql);
	int r;

	ohtd_db_bind_number(s, ":tag", (int64_t)tag);
	ohtd_db_bind_number(s, ":kept", OHTD_SERVER_REQUEST_KEYS_OF_ACCOUNT - 1);
	r = ohtd_db_run(db, s);
	if (r)
		return r;
	s = ohtd_db_statement(db, &drop_beyond_sql);
	ohtd_db_bind_number(s, ":kept", OHTD_SERVER_REQUEST_KEYS_MAX - 1);
	return ohtd_db_run(db, s);
}

static int put(struct ohtd_db *db, struct ohtd_server_request_key *key)
{
	int r = make_room(db, key->tag);

	return r ? r : ohtd_db_put(db, &insert_sql, key);
}

/* @row has begun, and nothing more is known of it. */
static int take_begun(struct ohtd_db *db, struct ohtd_server_request_key *row, const struct ohtd_server_request_key *asked, bool atomic)
{
	bool own = row->run == asked->run;
	int r;

	if (own && asked->made_ns - row->made_ns < RUNS_NS)
		return OHTD_SERVER_REQUEST_KEY_RUNS;
	if (!own && atomic) {
		r = ohtd_db_put(db, &begin_sql, asked);
		*row = *asked;
		return r ? r : OHTD_SERVER_REQUEST_KEY_NEW;
	}
	row->state = OHTD_SERVER_REQUEST_KEY_UNKNOWN;
	r = run_named(db, &lose_sql, row->name);
	return r ? r : OHTD_SERVER_REQUEST_KEY_LOST;
}

static int take(struct ohtd_db *db, struct ohtd_server_request_key *key, bool atomic)
{
	struct ohtd_server_request_key asked = *key;
	int r = drop_old(db, key->made_ns);

	if (!r)
		r = ohtd_db_get(db, &get_sql, key);
	if (r == -ENOENT) {
		*key = asked;
		r = put(db, key);
		return r ? r : OHTD_SERVER_REQUEST_KEY_NEW;
	}
	if (r)
		return r;
	if (strcmp(key->print, asked.print) != 0)
		return OHTD_SERVER_REQUEST_KEY_OTHER;
	if (key->state == OHTD_SERVER_REQUEST_KEY_ANSWERED)
		return OHTD_SERVER_REQUEST_KEY_AGAIN;
	if (key->state != OHTD_SERVER_REQUEST_KEY_BEGUN)
		return OHTD_SERVER_REQUEST_KEY_LOST;
	return take_begun(db, key, &asked, atomic);
}

int ohtd_server_request_key_take(struct ohtd_db *db, struct ohtd_server_request_key *key, bool atomic)
{
	int found, r = ohtd_db_begin(db);

	if (r)
		return r;
	found = take(db, key, atomic);
	r = ohtd_db_end(db, found < 0 ? found : 0);
	return r ? r : found;
}

int ohtd_server_request_key_done(struct ohtd_db *db, const char *name)
{
	return run_named(db, &done_sql, name);
}

int ohtd_server_request_key_answer(struct ohtd_db *db, struct ohtd_server_request_key *key)
{
	return ohtd_db_put(db, &answer_sql, key);
}

int ohtd_server_request_key_forget(struct ohtd_db *db, const char *name)
{
	return run_named(db, &forget_sql, name);
}

int ohtd_server_request_key_lose(struct ohtd_db *db, const char *name)
{
	return run_named(db, &lose_sql, name);
}
