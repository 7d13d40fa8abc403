// SPDX-License-Identifier: GPL-2.0-or-later
#include "accounts/users.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/sql.h"

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_account_registration, id, .asked = "id"),
	OHTD_COLUMN(ohtd_account_registration, name, .asked = "username", .searched = true),
	OHTD_COLUMN(ohtd_account_registration, full_name, .searched = true),
	OHTD_COLUMN(ohtd_account_registration, role, .asked = "role", .most = OHTD_ACCOUNT_ROLE_MAX),
	OHTD_COLUMN(ohtd_account_registration, note),
	OHTD_COLUMN(ohtd_account_registration, address),
	OHTD_COLUMN(ohtd_account_registration, client),
	OHTD_COLUMN(ohtd_account_registration, agent),
	OHTD_COLUMN(ohtd_account_registration, created_s, .asked = "created"),
	OHTD_COLUMN(ohtd_account_registration, until_s),
	OHTD_COLUMN(ohtd_account_registration, taken, .seen = true),
	OHTD_COLUMN(ohtd_account_registration, password_hash),
};

#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))
#define REGISTRATIONS(count_) {								\
	.table = "registrations", .from = "(SELECT r.*, EXISTS (SELECT 1 FROM users u WHERE u.name = r.name"	\
		" AND u.deleted_s IS NULL) AS taken FROM registrations r)",		\
	.bytes = sizeof(struct ohtd_account_registration), .key = &columns[0],		\
	.columns = columns, .count = (count_),						\
}

/* The hash leaves the database for the new account only. */
static const struct ohtd_stored_row whole_row = REGISTRATIONS(COLUMNS);
const struct ohtd_stored_row ohtd_account_registrations = REGISTRATIONS(COLUMNS - 1);

static const struct ohtd_statement get_sql = { " WHERE id = :id", &whole_row, ohtd_row_select };
static const struct ohtd_statement add_sql = {
	"INSERT INTO registrations (name, full_name, role, note, password_hash, address, client, agent, created_s, until_s)"
	" VALUES (:name, :full_name, :role, :note, :password_hash, :address, :client, :agent, :created_s, :until_s)", &whole_row
};
static const struct ohtd_statement end_sql = { "DELETE FROM registrations WHERE id = :id" };
static const struct ohtd_statement end_old_sql = { "DELETE FROM registrations WHERE until_s <= :now" };
static const struct ohtd_statement count_sql = { "SELECT count(*), count(iif(client = :client, 1, NULL)) FROM registrations" };

static int end_old(struct ohtd_db *db, int64_t now_s)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &end_old_sql);

	ohtd_db_bind_number(s, ":now", now_s);
	return ohtd_db_run(db, s);
}

int ohtd_accounts_room(struct ohtd_db *db, const struct ohtd_statement *sql, const char *client)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);
	int r;

	ohtd_db_bind_text(s, ":client", client);
	r = ohtd_db_row(db, s);
	if (r > 0)
		r = sqlite3_column_int(s, 1) >= OHTD_REGISTRATIONS_OF_CLIENT ? -EMFILE :
		    sqlite3_column_int(s, 0) >= OHTD_REGISTRATIONS_MAX ? -ENFILE : 0;
	sqlite3_reset(s);
	return r;
}

static const struct ohtd_statement waiting_sql = { "SELECT count(*), coalesce(max(id), 0) FROM registrations WHERE until_s > :now" };

int ohtd_accounts_count(struct ohtd_db *db, const struct ohtd_statement *sql, struct ohtd_accounts_waiting *waiting)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);
	int r;

	ohtd_db_bind_number(s, ":now", waiting->now_s);
	r = ohtd_db_row(db, s);
	if (r > 0) {
		waiting->count = (unsigned int)ohtd_store_take_number(s, 0);
		waiting->newest = ohtd_store_take_number(s, 1);
	}
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

int ohtd_accounts_registrations_count(struct ohtd_db *db, struct ohtd_accounts_waiting *waiting)
{
	return ohtd_accounts_count(db, &waiting_sql, waiting);
}

static int add(struct ohtd_db *db, struct ohtd_account_registration *row)
{
	int r = end_old(db, row->created_s);

	r = r ? r : ohtd_accounts_room(db, &count_sql, row->client);
	r = r ? r : ohtd_db_run(db, ohtd_db_bound(db, &add_sql, row));
	if (!r)
		row->id = sqlite3_last_insert_rowid(db->sql);
	return r;
}

int ohtd_account_registration_add(struct ohtd_db *db, struct ohtd_account_registration *row)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, add(db, row));
}

static int make_account(struct ohtd_db *db, struct ohtd_account_decision *decision)
{
	const struct ohtd_account_registration *row = &decision->row;
	struct ohtd_account_profile profile = { .units = "metric", .theme = "auto" };
	struct ohtd_user *user = &decision->user;
	int r;

	*user = (struct ohtd_user){ .role = decision->role ? decision->role : row->role };
	if (user->role > decision->by_role)
		return -EACCES;
	strcpy(user->name, row->name);
	strcpy(user->password_hash, row->password_hash);
	r = ohtd_db_user_add(db, user, decision->now_s);
	r = r ? r : ohtd_db_user_find(db, user);
	if (r || !*row->full_name)
		return r;
	profile.user_id = user->id;
	strcpy(profile.full_name, row->full_name);
	strcpy(user->full_name, row->full_name);
	return ohtd_account_profile_put(db, &profile);
}

static int decide(struct ohtd_db *db, struct ohtd_account_decision *decision)
{
	sqlite3_stmt *s;
	int r = end_old(db, decision->now_s);

	decision->row.id = decision->id;
	r = r ? r : ohtd_db_get(db, &get_sql, &decision->row);
	if (!r && decision->approve)
		r = make_account(db, decision);
	if (r)
		return r;
	s = ohtd_db_statement(db, &end_sql);
	ohtd_db_bind_number(s, ":id", decision->id);
	return ohtd_db_run(db, s);
}

int ohtd_account_registration_decide(struct ohtd_db *db, struct ohtd_account_decision *decision)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, decide(db, decision));
}
