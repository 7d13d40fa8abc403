// SPDX-License-Identifier: GPL-2.0-or-later
#include "accounts/pins.h"

#include <errno.h>
#include <string.h>

#include "store/sql.h"

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_account_pin, user_id),
	OHTD_COLUMN(ohtd_account_pin, hash),
	OHTD_COLUMN(ohtd_account_pin, wrong),
	OHTD_COLUMN(ohtd_account_pin, made_s),
};

static const struct ohtd_stored_row pin_row = {
	.table = "pins", .bytes = sizeof(struct ohtd_account_pin), OHTD_COLUMNS(columns),
};

static const struct ohtd_statement get_sql = { " WHERE user_id = :user_id", &pin_row, ohtd_row_select };
static const struct ohtd_statement put_sql = {
	" ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, wrong = excluded.wrong, made_s = excluded.made_s", &pin_row, ohtd_row_insert
};
static const struct ohtd_statement end_sql = { "DELETE FROM pins WHERE user_id = :user_id", &pin_row };
static const struct ohtd_statement right_sql = {
	"UPDATE pins SET wrong = 0 WHERE user_id = :user_id AND wrong", &pin_row
};

int ohtd_account_pin_get(struct ohtd_db *db, struct ohtd_account_pin *pin)
{
	return ohtd_db_get(db, &get_sql, pin);
}

static int put(struct ohtd_db *db, const struct ohtd_account_pin *pin, int64_t epoch)
{
	struct ohtd_user user = { .id = pin->user_id };
	int r = ohtd_db_user_get(db, &user);

	if (r == -ENOENT || (!r && (user.epoch != epoch || user.disabled || user.service)))
		return -ESTALE;
	return r ? r : ohtd_db_put(db, &put_sql, pin);
}

int ohtd_account_pin_put(struct ohtd_db *db, const struct ohtd_account_pin *pin, int64_t epoch)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, put(db, pin, epoch));
}

int ohtd_account_pin_end(struct ohtd_db *db, int64_t user_id)
{
	struct ohtd_account_pin pin = { .user_id = user_id };

	return ohtd_db_put(db, &end_sql, &pin);
}

static int take_try(struct ohtd_db *db, struct ohtd_account_pin *pin)
{
	int r = ohtd_db_get(db, &get_sql, pin);

	if (r)
		return r;
	/* A wrong PIN beyond the tries is not written, so that guesses wear no disk. */
	if (pin->wrong < 0 || pin->wrong >= OHTD_ACCOUNT_PIN_TRIES)
		return -EDQUOT;
	pin->wrong++;
	return ohtd_db_put(db, &put_sql, pin);
}

int ohtd_account_pin_try(struct ohtd_db *db, struct ohtd_account_pin *pin)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, take_try(db, pin));
}

/* The PIN may have ended, or have been set anew, while it was compared. */
static int right(struct ohtd_db *db, const struct ohtd_account_pin *pin)
{
	struct ohtd_account_pin kept = { .user_id = pin->user_id };
	int r = *pin->hash ? ohtd_db_get(db, &get_sql, &kept) : 0;

	if (!r && strcmp(kept.hash, pin->hash))
		return -ENOENT;
	return r ? r : ohtd_db_put(db, &right_sql, pin);
}

int ohtd_account_pin_right(struct ohtd_db *db, const struct ohtd_account_pin *pin)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, right(db, pin));
}
