// SPDX-License-Identifier: GPL-2.0-or-later
/* What an administrator does with accounts. */
#include "store/users.h"

#include <errno.h>

#include "store/db_private.h"

#define ADMINISTRATOR	4	/* enum ohtd_role, which is stored */

static void take(sqlite3_stmt *s, struct ohtd_user *user)
{
	*user = (struct ohtd_user){ .id = sqlite3_column_int64(s, 0) };
	ohtd_db_take_text(s, 1, user->name, sizeof(user->name));
	user->role = sqlite3_column_int(s, 2);
	user->disabled = sqlite3_column_int(s, 3);
	user->created_s = sqlite3_column_int64(s, 4);
}

static int get(struct ohtd_db *db, int64_t id, struct ohtd_user *user)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_GET);
	int r;

	ohtd_db_bind_number(s, ":id", id);
	r = sqlite3_step(s);
	if (r == SQLITE_ROW)
		take(s, user);
	sqlite3_reset(s);
	return r == SQLITE_DONE ? -ENOENT : ohtd_db_errno(r);
}

int ohtd_db_user_list(struct ohtd_db *db, int64_t after, struct ohtd_user *users, int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_LIST);
	int r, count = 0;

	ohtd_db_bind_number(s, ":after", after);
	ohtd_db_bind_number(s, ":limit", max);
	while ((r = sqlite3_step(s)) == SQLITE_ROW && count < max)
		take(s, &users[count++]);
	sqlite3_reset(s);
	return r == SQLITE_ROW || r == SQLITE_DONE ? count : ohtd_db_errno(r);
}

/* 1 if somebody else can administer, 0 if not, or a negative errno. */
static int has_other_admin(struct ohtd_db *db, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_OTHER_ADMINS);
	int r, count = 0;

	ohtd_db_bind_number(s, ":id", id);
	r = sqlite3_step(s);
	if (r == SQLITE_ROW)
		count = sqlite3_column_int(s, 0);
	sqlite3_reset(s);
	return r == SQLITE_ROW ? count > 0 : ohtd_db_errno(r);
}

/* Ids begin at 1. */
int ohtd_db_has_administrator(struct ohtd_db *db)
{
	return has_other_admin(db, 0);
}

int ohtd_db_user_add_first(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s)
{
	int r = ohtd_db_has_administrator(db);

	if (r)
		return r < 0 ? r : -EALREADY;
	return ohtd_db_user_add(db, user, now_s);
}

static int check(struct ohtd_db *db, const struct ohtd_user_change *change,
		 const struct ohtd_user *before)
{
	const struct ohtd_user *after = &change->user;
	int r;

	if (before->role > change->by_role || after->role > change->by_role)
		return -EACCES;
	if (before->role != ADMINISTRATOR || before->disabled ||
	    (after->role == ADMINISTRATOR && !after->disabled))
		return 0;
	r = has_other_admin(db, change->id);
	return r < 0 ? r : r ? 0 : -EPERM;
}

static int write_user(struct ohtd_db *db, const struct ohtd_user_change *change)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_CHANGE);

	ohtd_db_bind_number(s, ":id", change->id);
	ohtd_db_bind_number(s, ":role", change->user.role);
	ohtd_db_bind_number(s, ":disabled", change->user.disabled);
	if (change->password_hash)
		ohtd_db_bind_text(s, ":hash", change->password_hash);
	return ohtd_db_run(s);
}

/* Access tokens name their role, so every change ends what was begun before it. */
static int end_sessions(struct ohtd_db *db, struct ohtd_user_change *change)
{
	sqlite3_stmt *s = ohtd_db_statement(db, OHTD_USER_SESSIONS);
	int r;

	ohtd_db_bind_number(s, ":id", change->id);
	ohtd_db_bind_number(s, ":limit", OHTD_SESSIONS_PER_USER);
	while ((r = sqlite3_step(s)) == SQLITE_ROW && change->ended_count < OHTD_SESSIONS_PER_USER)
		ohtd_db_take_text(s, 0, change->ended[change->ended_count++],
				  OHTD_SESSION_ID_BYTES);
	sqlite3_reset(s);
	if (ohtd_db_errno(r))
		return ohtd_db_errno(r);
	s = ohtd_db_statement(db, OHTD_USER_SESSIONS_END);
	ohtd_db_bind_number(s, ":id", change->id);
	ohtd_db_bind_number(s, ":now", change->now_s);
	return ohtd_db_run(s);
}

static int change_all(struct ohtd_db *db, struct ohtd_user_change *change)
{
	struct ohtd_user before = { 0 };
	int r = get(db, change->id, &before);

	if (r)
		return r;
	change->ended_count = 0;
	change->user = before;
	if (change->role)
		change->user.role = change->role;
	if (change->disabled >= 0)
		change->user.disabled = change->disabled;
	r = check(db, change, &before);
	if (!r)
		r = write_user(db, change);
	return r ? r : end_sessions(db, change);
}

int ohtd_db_user_change(struct ohtd_db *db, struct ohtd_user_change *change)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, change_all(db, change));
}
