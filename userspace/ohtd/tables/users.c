// SPDX-License-Identifier: GPL-2.0-or-later
#include "tables/users.h"

#include "store/db_private.h"

static const struct ohtd_stored_column user_columns[] = {
	OHTD_COLUMN(ohtd_user, id, .asked = "id"),
	OHTD_COLUMN(ohtd_user, name, .asked = "username"),	/* never changes */
	OHTD_COLUMN(ohtd_user, role, .asked = "role"),
	OHTD_COLUMN(ohtd_user, disabled, .asked = "disabled"),
	OHTD_COLUMN(ohtd_user, epoch),
	OHTD_COLUMN(ohtd_user, created_s, .asked = "created"),
	OHTD_COLUMN(ohtd_user, password_hash),
};

#define ACCOUNTS(count_) {								\
	.table = "users", .from = "(SELECT * FROM users WHERE deleted_s IS NULL)",	\
	.bytes = sizeof(struct ohtd_user), .key = &user_columns[0],			\
	.columns = user_columns, .count = (count_),					\
}
#define COLUMNS		(sizeof(user_columns) / sizeof(user_columns[0]))

/* The hash leaves the database for a log-in only. */
static const struct ohtd_stored_row login_row = ACCOUNTS(COLUMNS);
const struct ohtd_stored_row ohtd_kept_users = ACCOUNTS(COLUMNS - 1);

static const struct ohtd_statement find_user_sql = {
	" WHERE name = :name", &login_row, ohtd_row_select
};

static const struct ohtd_statement get_user_sql = {
	" WHERE id = :id", &ohtd_kept_users, ohtd_row_select
};

static const struct ohtd_statement add_user_sql = {
	"INSERT INTO users (name, role, password_hash, created_s)"
	" VALUES (:name, :role, :password_hash, :now)", &login_row
};

int ohtd_db_user_find(struct ohtd_db *db, struct ohtd_user *user)
{
	return ohtd_db_get(db, &find_user_sql, user);
}

int ohtd_db_user_get(struct ohtd_db *db, struct ohtd_user *user)
{
	return ohtd_db_get(db, &get_user_sql, user);
}

int ohtd_db_user_add(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s)
{
	sqlite3_stmt *s = ohtd_db_bound(db, &add_user_sql, user);

	ohtd_db_bind_number(s, ":now", now_s);
	return ohtd_db_run(db, s);
}
