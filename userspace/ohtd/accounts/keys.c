// SPDX-License-Identifier: GPL-2.0-or-later
#include "accounts/keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/life.h"
#include "store/sql.h"

static const struct ohtd_stored_column key_columns[] = {
	OHTD_COLUMN(ohtd_account_key, id),
	OHTD_COLUMN(ohtd_account_key, user_id),
	OHTD_COLUMN(ohtd_account_key, name),
	OHTD_COLUMN(ohtd_account_key, hash),
	OHTD_COLUMN(ohtd_account_key, role, .most = OHTD_ACCOUNT_ROLE_MAX),
	OHTD_COLUMN(ohtd_account_key, tags),
	OHTD_COLUMN(ohtd_account_key, verbs),
	OHTD_COLUMN(ohtd_account_key, modules),
	OHTD_COLUMN(ohtd_account_key, addresses),
	OHTD_COLUMN(ohtd_account_key, rate),
	OHTD_COLUMN(ohtd_account_key, made_s),
	OHTD_COLUMN(ohtd_account_key, made_by),
	OHTD_COLUMN(ohtd_account_key, expires_s),
	OHTD_COLUMN(ohtd_account_key, left_s),
	OHTD_COLUMN(ohtd_account_key, used_s),
	OHTD_COLUMN(ohtd_account_key, exposed),
	OHTD_COLUMN(ohtd_account_key, user, .seen = true),
	OHTD_COLUMN(ohtd_account_key, user_role, .seen = true, .most = OHTD_ACCOUNT_ROLE_MAX),
	OHTD_COLUMN(ohtd_account_key, user_disabled, .seen = true),
	OHTD_COLUMN(ohtd_account_key, user_epoch, .seen = true),
};

static const struct ohtd_stored_row key_row = {
	.table = "keys",
	.from = "(SELECT k.*, k.rowid AS place, u.name AS user, u.role AS user_role, u.disabled AS user_disabled,"
		" u.epoch AS user_epoch FROM keys k JOIN users u ON u.id = k.user_id AND u.service AND u.deleted_s IS NULL)",
	.bytes = sizeof(struct ohtd_account_key), OHTD_COLUMNS(key_columns),
};

static const struct ohtd_statement insert_sql = { "", &key_row, ohtd_row_insert };
static const struct ohtd_statement find_sql = { " WHERE id = :id AND user_id = :user_id", &key_row, ohtd_row_select };
static const struct ohtd_statement list_sql = {
	" WHERE :user_id IN (0, user_id) ORDER BY place LIMIT :limit", &key_row, ohtd_row_select
};
static const struct ohtd_statement count_sql = {
	"SELECT count(*) >= :max OR count(*) FILTER (WHERE user_id = :user_id) >= :most FROM keys"
};
static const struct ohtd_statement end_sql = { "DELETE FROM keys WHERE id = :id", &key_row };
static const struct ohtd_statement end_of_sql = { "DELETE FROM keys WHERE user_id = :user_id" };
static const struct ohtd_statement note_sql = {
	"UPDATE keys SET left_s = min(left_s, :left_s), used_s = max(used_s, :used_s), exposed = max(exposed, :exposed) WHERE id = :id",
	&key_row
};
static const struct ohtd_statement cut_sql = {
	"UPDATE keys SET left_s = min(left_s, :left_s), expires_s = min(expires_s, :expires_s) WHERE id = :id", &key_row
};

static int check_room(struct ohtd_db *db, int64_t user_id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &count_sql);
	int r;

	ohtd_db_bind_number(s, ":user_id", user_id);
	ohtd_db_bind_number(s, ":max", OHTD_KEYS_MAX);
	ohtd_db_bind_number(s, ":most", OHTD_KEYS_PER_ACCOUNT);
	r = ohtd_db_row(db, s);
	if (r > 0)
		r = sqlite3_column_int(s, 0) ? -E2BIG : 0;
	sqlite3_reset(s);
	return r;
}

static int add(struct ohtd_db *db, struct ohtd_account_key_order *order)
{
	struct ohtd_account_key *key = &order->key;
	struct ohtd_user user = { .id = key->user_id };
	int r = ohtd_db_user_get(db, &user);

	if (r)
		return r;
	key->role = key->role ? key->role : user.role;
	if (user.role > order->by_role || key->role > user.role)
		return -EACCES;
	if (!user.service || user.device)
		return -ENOTSUP;
	key->left_s = ohtd_life_s(order->life_s);
	key->made_s = order->now_s;
	key->expires_s = order->now_s + key->left_s;
	r = check_room(db, key->user_id);
	if (!r)
		r = ohtd_db_put(db, &insert_sql, key);
	return r ? r : ohtd_db_get(db, &find_sql, key);
}

int ohtd_account_key_add(struct ohtd_db *db, struct ohtd_account_key_order *order)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, add(db, order));
}

/* Ends the earlier key behind the overlap, on its own row. */
static int cut(struct ohtd_db *db, struct ohtd_account_key_order *order)
{
	struct ohtd_account_key wished = order->before;
	int r;

	wished.left_s = order->overlap_s;
	wished.expires_s = order->now_s + order->overlap_s;
	r = ohtd_db_put(db, &cut_sql, &wished);
	return r ? r : ohtd_db_get(db, &find_sql, &order->before);
}

static int rotate(struct ohtd_db *db, struct ohtd_account_key_order *order)
{
	struct ohtd_account_key *key = &order->key, fresh = *key;
	int r;

	r = ohtd_db_get(db, &find_sql, &order->before);
	if (r)
		return r;
	*key = order->before;
	memcpy(key->id, fresh.id, sizeof(key->id));
	memcpy(key->hash, fresh.hash, sizeof(key->hash));
	memcpy(key->made_by, fresh.made_by, sizeof(key->made_by));
	key->used_s = 0;
	key->exposed = false;
	/* The account's role may have become less since. */
	if (key->role > key->user_role)
		key->role = key->user_role;
	if (!order->life_s)
		order->life_s = order->before.expires_s - order->before.made_s;
	r = add(db, order);
	return r ? r : cut(db, order);
}

int ohtd_account_key_rotate(struct ohtd_db *db, struct ohtd_account_key_order *order)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, rotate(db, order));
}

int ohtd_account_key_end(struct ohtd_db *db, struct ohtd_account_key_order *order)
{
	int r = ohtd_db_get(db, &find_sql, &order->key);

	if (r)
		return r;
	return order->key.user_role > order->by_role ? -EACCES : ohtd_db_put(db, &end_sql, &order->key);
}

int ohtd_account_key_note(struct ohtd_db *db, const struct ohtd_account_key *key)
{
	return ohtd_db_put(db, &note_sql, key);
}

int ohtd_account_keys_end_of(struct ohtd_db *db, int64_t user_id)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &end_of_sql);

	ohtd_db_bind_number(s, ":user_id", user_id);
	return ohtd_db_run(db, s);
}

int ohtd_account_keys(struct ohtd_db *db, int64_t user_id, struct ohtd_account_key *keys, int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":user_id", user_id);
	ohtd_db_bind_number(s, ":limit", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max)
		ohtd_row_take(s, &key_row, &keys[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}
