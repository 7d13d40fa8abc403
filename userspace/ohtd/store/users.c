// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/users.h"

#include <errno.h>

#include "store/db_private.h"

static const struct ohtd_statement find_user_sql = {
	"SELECT id, name, role, password_hash, disabled, epoch, created_s FROM users"
	" WHERE name = :name AND deleted_s IS NULL"
};

static const struct ohtd_statement add_user_sql = {
	"INSERT INTO users (name, role, password_hash, created_s)"
	" VALUES (:name, :role, :hash, :now)"
};

int ohtd_db_user_find(struct ohtd_db *db, struct ohtd_user *user)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &find_user_sql);
	int r;

	ohtd_db_bind_text(s, ":name", user->name);
	r = ohtd_db_row(db, s);
	if (r > 0) {
		user->id = sqlite3_column_int64(s, 0);
		ohtd_db_take_text(s, 1, user->name, sizeof(user->name));
		user->role = sqlite3_column_int(s, 2);
		ohtd_db_take_text(s, 3, user->password_hash, sizeof(user->password_hash));
		user->disabled = sqlite3_column_int(s, 4);
		user->epoch = sqlite3_column_int64(s, 5);
		user->created_s = sqlite3_column_int64(s, 6);
	}
	sqlite3_reset(s);
	return r > 0 ? 0 : r ? r : -ENOENT;
}

int ohtd_db_user_add(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &add_user_sql);

	ohtd_db_bind_text(s, ":name", user->name);
	ohtd_db_bind_number(s, ":role", user->role);
	ohtd_db_bind_text(s, ":hash", user->password_hash);
	ohtd_db_bind_number(s, ":now", now_s);
	return ohtd_db_run(db, s);
}
