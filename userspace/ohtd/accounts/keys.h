/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about keys of service accounts. A key has a row until it is ended or its account deleted.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and ohtd_store_read().
 * Locks:    none.
 */
#ifndef OHTD_ACCOUNTS_KEYS_H
#define OHTD_ACCOUNTS_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "accounts/users.h"

struct ohtd_db;

#define OHTD_KEYS_MAX		256	/* of all accounts */
#define OHTD_KEYS_PER_ACCOUNT	16
#define OHTD_KEY_ID_BYTES	13	/* 48 random bits in hexadecimal, and NUL */
#define OHTD_KEY_HASH_BYTES	65	/* SHA-256 in hexadecimal, and NUL */
#define OHTD_KEY_LIST_BYTES	512

/**
 * struct ohtd_account_key - a key, and its account as it is now
 * @id: names it; not secret
 * @user_id: whose
 * @name: for people; several keys may have it while one takes the place of another
 * @hash: SHA-256 of the secret
 * @role: the most that it may; its account's may be less
 * @tags: headings of routes, with commas between them; "": all
 * @verbs: the same of robot commands
 * @modules: the same of unit addresses
 * @addresses: the same of networks
 * @rate: requests each second; 0: no bound of its own
 * @made_s: wall clock
 * @made_by: name
 * @expires_s: wall clock
 * @left_s: what was left of its time when the row was written
 * @used_s: wall clock of the newest use that is written down; 0: none
 * @exposed: its secret came in a query
 * @user: name of the account
 * @user_role: its role
 * @user_disabled: it lets nobody in
 * @user_epoch: see struct ohtd_user
 */
struct ohtd_account_key {
	char id[OHTD_KEY_ID_BYTES];
	int64_t user_id;
	char name[OHTD_USER_NAME_MAX + 1];
	char hash[OHTD_KEY_HASH_BYTES];
	int role;
	char tags[OHTD_KEY_LIST_BYTES];
	char verbs[OHTD_KEY_LIST_BYTES];
	char modules[OHTD_KEY_LIST_BYTES];
	char addresses[OHTD_KEY_LIST_BYTES];
	int64_t rate;
	int64_t made_s;
	char made_by[OHTD_USER_NAME_MAX + 1];
	int64_t expires_s;
	int64_t left_s;
	int64_t used_s;
	bool exposed;
	char user[OHTD_USER_NAME_MAX + 1];
	int user_role;
	bool user_disabled;
	int64_t user_epoch;
};

/**
 * struct ohtd_account_key_order - what is done with a key
 * @key: whose and which; out: as it is now
 * @by_role: of the account that asks; a key of an account above it is left alone
 * @before: of a rotation: the key whose place @key takes, out: as it is now
 * @overlap_s: so long the earlier one is still good
 * @life_s: of a new one
 * @now_s: wall clock
 */
struct ohtd_account_key_order {
	struct ohtd_account_key key;
	int by_role;
	struct ohtd_account_key before;
	int64_t overlap_s;
	int64_t life_s;
	int64_t now_s;
};

/*
 * Adds @order->key, whose role 0 is that of the account. 0, -ENOENT: there is no such account, -ENOTSUP: it is no service
 * account, -EACCES: above @by_role or above the account, -E2BIG: too many keys, or another negative errno.
 */
int ohtd_account_key_add(struct ohtd_db *db, struct ohtd_account_key_order *order);

/* Adds a key with id and hash of @order->key that may what @order->before may, whose time is cut. As above; -ENOENT also: no such key. */
int ohtd_account_key_rotate(struct ohtd_db *db, struct ohtd_account_key_order *order);

/* Ends a key. 0, -ENOENT, -EACCES, or another negative errno. */
int ohtd_account_key_end(struct ohtd_db *db, struct ohtd_account_key_order *order);

/* Keeps left_s, used_s and exposed; never later than they are. 0, also for a key that has ended, or a negative errno. */
int ohtd_account_key_note(struct ohtd_db *db, const struct ohtd_account_key *key);

/* Ends the keys of an account that is deleted. */
int ohtd_account_keys_end_of(struct ohtd_db *db, int64_t user_id);

/* The keys of an account, or of all if @user_id is 0, the oldest first. How many of @max were filled, or a negative errno. */
int ohtd_account_keys(struct ohtd_db *db, int64_t user_id, struct ohtd_account_key *keys, int max);

#endif /* OHTD_ACCOUNTS_KEYS_H */
