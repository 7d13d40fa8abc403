// SPDX-License-Identifier: GPL-2.0-or-later
#include "accounts/users.h"

#include <errno.h>
#include <string.h>

#include "store/sql.h"
#include "accounts/keys.h"
#include "accounts/pins.h"
#include "accounts/private.h"

static const struct ohtd_stored_column user_columns[] = {
	OHTD_COLUMN(ohtd_user, id, .asked = "id"),
	OHTD_COLUMN(ohtd_user, name, .asked = "username", .searched = true),	/* never changes */
	OHTD_COLUMN(ohtd_user, role, .asked = "role", .most = OHTD_ACCOUNT_ROLE_MAX),
	OHTD_COLUMN(ohtd_user, disabled, .asked = "disabled"),
	OHTD_COLUMN(ohtd_user, service, .asked = "service"),
	OHTD_COLUMN(ohtd_user, epoch),
	OHTD_COLUMN(ohtd_user, created_s, .asked = "created"),
	OHTD_COLUMN(ohtd_user, full_name, .seen = true, .searched = true),
	OHTD_COLUMN(ohtd_user, second_factor, .seen = true),
	OHTD_COLUMN(ohtd_user, device, .seen = true),
	OHTD_COLUMN(ohtd_user, pin_tried, .seen = true),
	OHTD_COLUMN(ohtd_user, password_hash),
};

#define ACCOUNTS(count_) {								\
	.table = "users", .from = "(SELECT u.*, coalesce(p.full_name, '') AS full_name,"	\
		" coalesce(f.confirmed, 0) AS second_factor,"				\
		" u.service AND EXISTS (SELECT 1 FROM devices d WHERE d.user_id = u.id) AS device,"	\
		" EXISTS (SELECT 1 FROM pins i WHERE i.user_id = u.id AND i.wrong) AS pin_tried FROM users u LEFT JOIN profiles p ON p.user_id = u.id"	\
		" LEFT JOIN second_factors f ON f.user_id = u.id WHERE u.deleted_s IS NULL)",	\
	.bytes = sizeof(struct ohtd_user), .key = &user_columns[0],			\
	.columns = user_columns, .count = (count_),					\
}
/* The hash of no password. */
#define NO_PASSWORD	"*"
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
	"INSERT INTO users (name, role, service, password_hash, created_s)"
	" VALUES (:name, :role, :service, iif(:service, '" NO_PASSWORD "', :password_hash), :now)", &login_row
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

/* ---- what an administrator changes ---- */

static const struct ohtd_statement count_other_admins_sql = {
	"SELECT count(*) FROM users WHERE role = 4 AND NOT disabled AND NOT service AND deleted_s IS NULL"
	" AND id <> :id"
};

static const struct ohtd_statement change_user_sql = {
	"UPDATE users SET role = :role, disabled = :disabled, deleted_s = :deleted, epoch = :epoch,"
	" password_hash = coalesce(:hash, password_hash) WHERE id = :id"
};

static const struct ohtd_statement keep_session_sql = {
	"UPDATE sessions SET epoch = :epoch, generation = generation + 1,"
	" previous_until_boot_ms = 0 WHERE id = :keep AND user_id = :id AND epoch = :before"
	" RETURNING generation"
};

static const struct ohtd_statement end_other_sessions_sql = {
	"DELETE FROM sessions WHERE user_id = :id AND epoch <> :epoch"
};

#define ADMINISTRATOR	OHTD_ACCOUNT_ROLE_MAX

/* 1 if somebody else can administer, 0 if not, or a negative errno. */
static int has_other_admin(struct ohtd_db *db, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &count_other_admins_sql);
	int r, count = 0;

	ohtd_db_bind_number(s, ":id", id);
	r = ohtd_db_row(db, s);
	if (r > 0)
		count = sqlite3_column_int(s, 0);
	sqlite3_reset(s);
	return r > 0 ? count > 0 : r;
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

static const struct ohtd_statement administrators_sql = {
	"SELECT id FROM users WHERE role = 4 AND NOT disabled AND deleted_s IS NULL ORDER BY id LIMIT :most"
};

int ohtd_accounts_administrators(struct ohtd_db *db, int64_t ids[OHTD_ACCOUNTS_ADMINISTRATORS_MAX])
{
	sqlite3_stmt *s = ohtd_db_statement(db, &administrators_sql);
	int r, count = 0;

	ohtd_db_bind_number(s, ":most", OHTD_ACCOUNTS_ADMINISTRATORS_MAX);
	while ((r = ohtd_db_row(db, s)) > 0)
		ids[count++] = ohtd_store_take_number(s, 0);
	sqlite3_reset(s);
	return r ? r : count;
}

static int check(struct ohtd_db *db, const struct ohtd_user_change *change,
		 const struct ohtd_user *before)
{
	const struct ohtd_user *after = &change->user;
	int r;

	if (before->role > change->by_role || after->role > change->by_role)
		return -EACCES;
	if (before->service && change->password_hash)
		return -ENOTSUP;
	if (before->role != ADMINISTRATOR || before->disabled || before->service ||
	    (after->role == ADMINISTRATOR && !after->disabled && !change->deleted))
		return 0;
	r = has_other_admin(db, change->id);
	return r < 0 ? r : r ? 0 : -EPERM;
}

static int write_user(struct ohtd_db *db, const struct ohtd_user_change *change)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &change_user_sql);

	ohtd_db_bind_number(s, ":id", change->id);
	ohtd_db_bind_number(s, ":role", change->user.role);
	ohtd_db_bind_number(s, ":disabled", change->user.disabled);
	ohtd_db_bind_number(s, ":epoch", change->user.epoch);
	if (change->deleted)
		ohtd_db_bind_number(s, ":deleted", change->now_s);
	if (change->deleted)
		ohtd_db_bind_text(s, ":hash", NO_PASSWORD);
	else if (change->password_hash)
		ohtd_db_bind_text(s, ":hash", change->password_hash);
	return ohtd_db_run(db, s);
}

static int keep_session(struct ohtd_db *db, struct ohtd_user_change *change)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &keep_session_sql);
	int r;

	ohtd_db_bind_number(s, ":id", change->id);
	ohtd_db_bind_text(s, ":keep", change->keep);
	ohtd_db_bind_number(s, ":epoch", change->user.epoch);
	ohtd_db_bind_number(s, ":before", change->user.epoch - 1);
	r = ohtd_db_row(db, s);
	if (r > 0)
		change->generation = ohtd_store_take_number(s, 0);
	sqlite3_reset(s);
	return r > 0 ? 0 : r ? r : -ENOENT;
}

/* Access tokens name their role, so every change ends what was begun before it. */
static int end_sessions(struct ohtd_db *db, struct ohtd_user_change *change)
{
	sqlite3_stmt *s;
	int r = change->keep ? keep_session(db, change) : 0;

	if (r)
		return r;
	s = ohtd_db_statement(db, &end_other_sessions_sql);
	ohtd_db_bind_number(s, ":id", change->id);
	ohtd_db_bind_number(s, ":epoch", change->user.epoch);
	return ohtd_db_run(db, s);
}

/* A guesser of codes, and the person who set a PIN, knew the password: a new one ends both. */
static const struct ohtd_statement forgive_sql = { "UPDATE second_factors SET wrong = 0 WHERE user_id = :id" };

static int forgive(struct ohtd_db *db, int64_t id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &forgive_sql);
	int r;

	ohtd_db_bind_number(s, ":id", id);
	r = ohtd_db_run(db, s);
	return r ? r : ohtd_account_pin_end(db, id);
}

static int change_all(struct ohtd_db *db, struct ohtd_user_change *change)
{
	struct ohtd_user before = { .id = change->id };
	int r = ohtd_db_user_get(db, &before);

	if (r)
		return r;
	if (change->epoch && change->epoch != before.epoch)
		return -ESTALE;
	change->user = before;
	change->user.epoch++;
	if (change->role)
		change->user.role = change->role;
	if (change->disabled >= 0)
		change->user.disabled = change->disabled;
	r = check(db, change, &before);
	if (!r)
		r = write_user(db, change);
	if (!r && change->deleted)
		r = ohtd_account_keys_end_of(db, change->id);
	if (!r && change->deleted)
		r = ohtd_accounts_erase(db, &before);
	else if (!r && change->password_hash)
		r = forgive(db, change->id);
	return r ? r : end_sessions(db, change);
}

int ohtd_db_user_change(struct ohtd_db *db, struct ohtd_user_change *change)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, change_all(db, change));
}

/* ---- what a person says of the own account ---- */

static const struct ohtd_stored_column profile_columns[] = {
	OHTD_COLUMN(ohtd_account_profile, user_id),
	OHTD_COLUMN(ohtd_account_profile, full_name),
	OHTD_COLUMN(ohtd_account_profile, language),
	OHTD_COLUMN(ohtd_account_profile, units),
	OHTD_COLUMN(ohtd_account_profile, zone),
	OHTD_COLUMN(ohtd_account_profile, theme),
	OHTD_COLUMN(ohtd_account_profile, views),
};

static const struct ohtd_stored_row profile_row = {
	.table = "profiles", .bytes = sizeof(struct ohtd_account_profile), OHTD_COLUMNS(profile_columns),
};

static const struct ohtd_statement get_profile_sql = { " WHERE user_id = :user_id", &profile_row, ohtd_row_select };
static const struct ohtd_statement put_profile_sql = {
	" ON CONFLICT (user_id) DO UPDATE SET full_name = excluded.full_name, language = excluded.language, units = excluded.units,"
	" zone = excluded.zone, theme = excluded.theme, views = excluded.views", &profile_row, ohtd_row_insert
};

int ohtd_account_profile_get(struct ohtd_db *db, struct ohtd_account_profile *profile)
{
	return ohtd_db_get(db, &get_profile_sql, profile);
}

int ohtd_account_profile_put(struct ohtd_db *db, const struct ohtd_account_profile *profile)
{
	return ohtd_db_put(db, &put_profile_sql, profile);
}

/* ---- a second factor ---- */

static const struct ohtd_stored_column second_columns[] = {
	OHTD_COLUMN(ohtd_account_second, user_id),
	OHTD_COLUMN(ohtd_account_second, sealed),
	OHTD_COLUMN(ohtd_account_second, confirmed),
	OHTD_COLUMN(ohtd_account_second, last_step),
	OHTD_COLUMN(ohtd_account_second, wrong),
	OHTD_COLUMN(ohtd_account_second, recovery),
	OHTD_COLUMN(ohtd_account_second, made_s),
};

static const struct ohtd_stored_row second_row = {
	.table = "second_factors", .bytes = sizeof(struct ohtd_account_second), OHTD_COLUMNS(second_columns),
};

static const struct ohtd_statement get_second_sql = { " WHERE user_id = :user_id", &second_row, ohtd_row_select };
static const struct ohtd_statement put_second_sql = {
	" ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, confirmed = excluded.confirmed, last_step = excluded.last_step,"
	" wrong = excluded.wrong, recovery = excluded.recovery, made_s = excluded.made_s", &second_row, ohtd_row_insert
};
static const struct ohtd_statement end_second_sql = { "DELETE FROM second_factors WHERE user_id = :id" };

int ohtd_account_second_get(struct ohtd_db *db, struct ohtd_account_second *second)
{
	return ohtd_db_get(db, &get_second_sql, second);
}

int ohtd_account_second_put(struct ohtd_db *db, const struct ohtd_account_second *second)
{
	return ohtd_db_put(db, &put_second_sql, second);
}

int ohtd_account_second_end(struct ohtd_db *db, int64_t user_id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &end_second_sql);
	int r;

	ohtd_db_bind_number(s, ":id", user_id);
	r = ohtd_db_run(db, s);
	return r ? r : sqlite3_changes(db->sql) ? 0 : -ENOENT;
}

/* ---- a code for a new password ---- */

static const struct ohtd_stored_column code_columns[] = {
	OHTD_COLUMN(ohtd_account_reset_code, user_id),
	OHTD_COLUMN(ohtd_account_reset_code, hash),
	OHTD_COLUMN(ohtd_account_reset_code, epoch),
	OHTD_COLUMN(ohtd_account_reset_code, tries),
	OHTD_COLUMN(ohtd_account_reset_code, boot_id),
	OHTD_COLUMN(ohtd_account_reset_code, until_boot_ms),
};

static const struct ohtd_stored_row code_row = {
	.table = "reset_codes", .bytes = sizeof(struct ohtd_account_reset_code), OHTD_COLUMNS(code_columns),
};

/* The code of the account, or else the row of no account. */
static const struct ohtd_statement get_code_sql = {
	" WHERE user_id IN (0, :user_id) ORDER BY user_id DESC LIMIT 1", &code_row, ohtd_row_select
};
static const struct ohtd_statement put_code_sql = {
	" ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, epoch = excluded.epoch, tries = excluded.tries,"
	" boot_id = excluded.boot_id, until_boot_ms = excluded.until_boot_ms", &code_row, ohtd_row_insert
};
static const struct ohtd_statement end_code_sql = { "DELETE FROM reset_codes WHERE user_id = :user_id", &code_row };

static int give(struct ohtd_db *db, struct ohtd_account_reset_code *code, int by_role, struct ohtd_user *user)
{
	int r;

	user->id = code->user_id;
	r = ohtd_db_user_get(db, user);
	if (r)
		return r;
	if (user->role > by_role)
		return -EACCES;
	if (user->service)
		return -ENOTSUP;
	if (user->disabled)
		return -EKEYREVOKED;
	code->epoch = user->epoch;
	return ohtd_db_put(db, &put_code_sql, code);
}

int ohtd_account_reset_give(struct ohtd_db *db, struct ohtd_account_reset_code *code, int by_role, struct ohtd_user *user)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, give(db, code, by_role, user));
}

/* What came is a guess of the caller: a comparison of hashes that takes less time says nothing about the code. */
static bool is_right(const struct ohtd_account_reset *reset, const struct ohtd_account_reset_code *kept)
{
	return kept->user_id && kept->tries > 0 && kept->tries <= OHTD_ACCOUNT_RESET_TRIES && kept->epoch == reset->user.epoch && !strcmp(kept->boot_id, reset->code.boot_id) &&
	       kept->until_boot_ms > reset->now_boot_ms && kept->until_boot_ms - reset->now_boot_ms <= reset->life_ms && !strcmp(kept->hash, reset->code.hash);
}

static int set_password(struct ohtd_db *db, struct ohtd_account_reset *reset)
{
	struct ohtd_user_change change = {
		.id = reset->user.id, .disabled = -1, .password_hash = reset->password_hash, .by_role = reset->user.role,
		.now_s = reset->now_s,
	};
	int r = change_all(db, &change);

	reset->user = change.user;
	reset->right = !r;
	return r ? r : ohtd_db_put(db, &end_code_sql, &reset->code);
}

static int take(struct ohtd_db *db, struct ohtd_account_reset *reset)
{
	struct ohtd_account_reset_code kept;
	int r = ohtd_db_user_find(db, &reset->user);

	if (r && r != -ENOENT)
		return r;
	if (!r && !reset->user.disabled && !reset->user.service)
		reset->code.user_id = reset->user.id;
	kept = reset->code;
	r = ohtd_db_get(db, &get_code_sql, &kept);
	if (r && r != -ENOENT)
		return r;
	/* Nothing of what came is kept: it may be a password in the wrong field. */
	if (r)
		kept = (struct ohtd_account_reset_code){ 0 };
	if (is_right(reset, &kept))
		return set_password(db, reset);
	/* Also below 0: SQLite does not write a row that is as it was. */
	kept.tries = kept.tries > -1000000 ? kept.tries - 1 : 0;
	return ohtd_db_put(db, &put_code_sql, &kept);
}

int ohtd_account_reset_take(struct ohtd_db *db, struct ohtd_account_reset *reset)
{
	int r = ohtd_db_begin(db);

	reset->right = false;
	r = r ? r : ohtd_db_end(db, take(db, reset));
	reset->right = reset->right && !r;
	return r;
}
