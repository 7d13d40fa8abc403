// SPDX-License-Identifier: GPL-2.0-or-later
#include "accounts/sessions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/life.h"
#include "store/sql.h"

static const struct ohtd_stored_column session_columns[] = {
	OHTD_COLUMN(ohtd_session, id),
	OHTD_COLUMN(ohtd_session, user_id),
	OHTD_COLUMN(ohtd_session, epoch),
	OHTD_COLUMN(ohtd_session, generation),
	OHTD_COLUMN(ohtd_session, previous_until_boot_ms),
	OHTD_COLUMN(ohtd_session, boot_id),
	OHTD_COLUMN(ohtd_session, expires_boot_ms),
	OHTD_COLUMN(ohtd_session, expires_s),
	OHTD_COLUMN(ohtd_session, created_s),
	OHTD_COLUMN(ohtd_session, used_s),
	OHTD_COLUMN(ohtd_session, address),
	OHTD_COLUMN(ohtd_session, agent),
	OHTD_COLUMN(ohtd_session, name),
	OHTD_COLUMN(ohtd_session, role, .most = OHTD_ACCOUNT_ROLE_MAX),
	OHTD_COLUMN(ohtd_session, second, .seen = true),
	OHTD_COLUMN(ohtd_session, device, .seen = true),
	OHTD_COLUMN(ohtd_session, place),
};

static const struct ohtd_stored_row session_row = {
	.from = "(SELECT s.*, u.name, u.role, s.rowid AS place, u.service AS device,"
		" u.service OR coalesce((SELECT f.confirmed FROM second_factors f WHERE f.user_id = s.user_id), 0) AS second FROM sessions s JOIN users u"
		" ON u.id = s.user_id AND u.epoch = s.epoch AND NOT u.disabled AND u.deleted_s IS NULL)",
	.bytes = sizeof(struct ohtd_session), OHTD_COLUMNS(session_columns),
};

/* Not for an account that has changed since its password was looked at. */
#define ADD										\
	"INSERT INTO sessions (id, user_id, epoch, generation, previous_until_boot_ms, boot_id,"	\
	" expires_boot_ms, expires_s, created_s, used_s, address, agent)"		\
	" SELECT :id, id, epoch, :generation, :previous_until_boot_ms, :boot_id, :expires_boot_ms,"	\
	" :expires_s, :created_s, :used_s, :address, :agent FROM users"			\
	" WHERE id = :user_id AND epoch = :epoch AND NOT disabled AND deleted_s IS NULL"

static const struct ohtd_statement add_session_sql = { ADD, &session_row };

static const struct ohtd_statement put_session_sql = {
	ADD " ON CONFLICT (id) DO UPDATE SET generation = max(generation, excluded.generation),"
	" previous_until_boot_ms = iif(generation > excluded.generation, previous_until_boot_ms,"
	" excluded.previous_until_boot_ms), boot_id = excluded.boot_id,"
	" expires_boot_ms = excluded.expires_boot_ms, expires_s = excluded.expires_s,"
	" used_s = max(used_s, excluded.used_s)", &session_row
};

static const struct ohtd_statement drop_oldest_sessions_sql = {
	"DELETE FROM sessions WHERE user_id = :user AND id NOT IN (SELECT id FROM sessions"
	" WHERE user_id = :user ORDER BY rowid DESC LIMIT :keep) RETURNING id"
};

static const struct ohtd_statement find_session_sql = {
	" WHERE id = :id", &session_row, ohtd_row_select
};

static const struct ohtd_statement list_sessions_sql = {
	" WHERE place > :after ORDER BY place LIMIT :limit", &session_row, ohtd_row_select
};

static const struct ohtd_statement renew_session_sql = {
	"UPDATE sessions SET generation = :generation, previous_until_boot_ms = :previous_until_boot_ms,"
	" boot_id = :boot_id, expires_boot_ms = :expires_boot_ms, expires_s = :expires_s,"
	" used_s = :used_s WHERE id = :id", &session_row
};

static const struct ohtd_statement end_session_sql = {
	"DELETE FROM sessions WHERE id = :id AND (:user = 0 OR user_id = :user)"
};

static const struct ohtd_statement raise_user_sql = {
	"UPDATE users SET epoch = epoch + 1 WHERE id = :user AND epoch = :before"
};

static const struct ohtd_statement end_others_sql = {
	"DELETE FROM sessions WHERE user_id = :user AND id <> coalesce(:keep, id)"
};

static const struct ohtd_statement raise_sessions_sql = {
	"UPDATE sessions SET epoch = :before + 1 WHERE user_id = :user AND epoch = :before"
};

static int insert_session(struct ohtd_db *db, const struct ohtd_statement *sql,
			  const struct ohtd_session *session)
{
	int r = ohtd_db_put(db, sql, session);

	return r ? r : sqlite3_changes(db->sql) ? 0 : -ENOENT;
}

static int drop_oldest(struct ohtd_db *db, int64_t user_id, struct ohtd_session_dropped *dropped)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_oldest_sessions_sql);
	int r;

	ohtd_db_bind_number(s, ":user", user_id);
	ohtd_db_bind_number(s, ":keep", OHTD_SESSIONS_PER_USER);
	dropped->count = 0;
	/* One at a time is pushed out, so the array is large enough. */
	while ((r = ohtd_db_row(db, s)) > 0)
		if (dropped->count < OHTD_SESSIONS_PER_USER)
			ohtd_db_take_text(s, 0, dropped->ids[dropped->count++],
					  OHTD_SESSION_ID_BYTES);
	sqlite3_reset(s);
	return r;
}

int ohtd_db_session_add(struct ohtd_db *db, const struct ohtd_session *session,
			struct ohtd_session_dropped *dropped)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = insert_session(db, &add_session_sql, session);
	if (!r)
		r = drop_oldest(db, session->user_id, dropped);
	return ohtd_db_end(db, r);
}

int ohtd_db_session_put(struct ohtd_db *db, const struct ohtd_session *session)
{
	return insert_session(db, &put_session_sql, session);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Within the boot that wrote the row its own clock counts; wall time only after a reboot. */
int64_t ohtd_session_left_ms(const struct ohtd_session *session, const char *boot_id,
			     int64_t now_boot_ms, int64_t now_s, int64_t life_ms)
{
	life_ms = ohtd_life_s(life_ms / 1000) * 1000;
	if (!strcmp(session->boot_id, boot_id))
		return least(session->expires_boot_ms - now_boot_ms, life_ms);
	return least((session->expires_s - now_s) * 1000, life_ms);
}

/* The session's times become those of this boot. */
static void renew(struct ohtd_renewal *renewal, int64_t left_ms)
{
	struct ohtd_session *session = &renewal->session;

	session->generation++;
	session->previous_until_boot_ms = renewal->now_boot_ms + renewal->again_ms;
	session->expires_boot_ms = renewal->now_boot_ms + left_ms;
	/* Anew each time: the time of day of the log-in may have been wrong. */
	session->expires_s = renewal->now_s + left_ms / 1000;
	session->used_s = renewal->now_s;
	snprintf(session->boot_id, sizeof(session->boot_id), "%s", renewal->boot_id);
}

static bool is_repeated(const struct ohtd_renewal *renewal)
{
	const struct ohtd_session *session = &renewal->session;

	return renewal->generation == session->generation - 1 &&
	       !strcmp(session->boot_id, renewal->boot_id) &&
	       (renewal->now_boot_ms < session->previous_until_boot_ms ||
		(renewal->again_epoch == session->epoch &&
		 renewal->now_boot_ms < renewal->again_until_boot_ms));
}

static void take_user(struct ohtd_renewal *renewal)
{
	const struct ohtd_session *session = &renewal->session;

	renewal->user = (struct ohtd_user){
		.id = session->user_id, .epoch = session->epoch, .role = session->role,
	};
	snprintf(renewal->user.name, sizeof(renewal->user.name), "%s", session->name);
}

int ohtd_session_renew(struct ohtd_renewal *renewal)
{
	int64_t left_ms;

	take_user(renewal);
	left_ms = ohtd_session_left_ms(&renewal->session, renewal->boot_id, renewal->now_boot_ms,
				       renewal->now_s, renewal->life_ms);
	if (left_ms <= 0)
		return -ENOENT;
	if (renewal->generation == renewal->session.generation) {
		renewal->result = OHTD_RENEWED;
		renew(renewal, left_ms);
	} else {
		renewal->result = is_repeated(renewal) ? OHTD_REPEATED : OHTD_REUSED;
	}
	return 0;
}

int ohtd_db_session_renew(struct ohtd_db *db, struct ohtd_renewal *renewal)
{
	int r = renewal->ahead ? ohtd_db_session_put(db, &renewal->session) : 0;

	memcpy(renewal->session.id, renewal->id, sizeof(renewal->id));
	if (!r)
		r = ohtd_db_get(db, &find_session_sql, &renewal->session);
	if (!r)
		r = ohtd_session_renew(renewal);
	if (r || renewal->result == OHTD_REPEATED)
		return r;
	return renewal->result == OHTD_RENEWED ?
	       ohtd_db_put(db, &renew_session_sql, &renewal->session) :
	       ohtd_db_session_end(db, renewal->id, 0);
}

int ohtd_db_session_end(struct ohtd_db *db, const char *id, int64_t user_id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &end_session_sql);
	int r;

	ohtd_db_bind_text(s, ":id", id);
	ohtd_db_bind_number(s, ":user", user_id);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql) ? 0 : -ENOENT;
}

static int run_raise(struct ohtd_db *db, const struct ohtd_statement *sql, int64_t user_id, int64_t before)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_number(s, ":user", user_id);
	ohtd_db_bind_number(s, ":before", before);
	return ohtd_db_run(db, s);
}

int ohtd_account_sessions_raise(struct ohtd_db *db, int64_t user_id, int64_t before, const char *keep)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &end_others_sql);
	int r;

	ohtd_db_bind_number(s, ":user", user_id);
	if (keep)
		ohtd_db_bind_text(s, ":keep", keep);
	r = ohtd_db_run(db, s);
	r = r ? r : run_raise(db, &raise_sessions_sql, user_id, before);
	return r ? r : run_raise(db, &raise_user_sql, user_id, before);
}

int ohtd_db_sessions(struct ohtd_db *db, int64_t *after, struct ohtd_session *sessions, int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_sessions_sql);
	int r = 0, count = 0;

	ohtd_db_bind_number(s, ":after", *after);
	ohtd_db_bind_number(s, ":limit", max);
	while (count < max && (r = ohtd_db_row(db, s)) > 0) {
		ohtd_row_take(s, &session_row, &sessions[count]);
		*after = sessions[count++].place;
	}
	sqlite3_reset(s);
	return r < 0 ? r : count;
}
