/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about the PINs of persons. An account without a row has none.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 *
 * A try is counted on the disk before the PIN is compared, so neither a kill nor tries at the same time give one more. A PIN ends with each
 * new password of its account: the person of the old password may be another one.
 */
#ifndef OHTD_ACCOUNTS_PINS_H
#define OHTD_ACCOUNTS_PINS_H

#include <stdint.h>

#include "accounts/users.h"

struct ohtd_db;

/* Behind so many wrong ones in a row the password alone elevates, until it does. */
#define OHTD_ACCOUNT_PIN_TRIES	5

/**
 * struct ohtd_account_pin - a PIN
 * @user_id: of which account
 * @hash: of the PIN, as passwords have it
 * @wrong: tries since the last right one
 * @made_s: wall clock
 */
struct ohtd_account_pin {
	int64_t user_id;
	char hash[OHTD_PASSWORD_HASH_MAX + 1];
	int wrong;
	int64_t made_s;
};

/* 0, -ENOENT or another negative errno. */
int ohtd_account_pin_get(struct ohtd_db *db, struct ohtd_account_pin *pin);

/* Sets it, with all tries. 0, -ESTALE: the account has another epoch than @epoch; or another negative errno. */
int ohtd_account_pin_put(struct ohtd_db *db, const struct ohtd_account_pin *pin, int64_t epoch);

/* 0, also where there was none, or a negative errno. */
int ohtd_account_pin_end(struct ohtd_db *db, int64_t user_id);

/* Takes a try, and fills @pin. 0, -ENOENT: there is none, -EDQUOT: no try is left, or another negative errno. */
int ohtd_account_pin_try(struct ohtd_db *db, struct ohtd_account_pin *pin);

/* Gives all tries back: the PIN of @pin->hash was right, or with "" the password was. 0, -ENOENT: there is no such PIN any more, or another negative errno. */
int ohtd_account_pin_right(struct ohtd_db *db, const struct ohtd_account_pin *pin);

#endif /* OHTD_ACCOUNTS_PINS_H */
