/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how accounts are shown and asked for, and what is said when that cannot be done.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_PEOPLE_ACCOUNT_H
#define OHTD_PEOPLE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/late.h"
#include "json/member.h"

struct ohtd_account_order;
struct ohtd_db;
struct ohtd_user;

/* Everything but the password's hash. */
struct ohtd_account_view {
	int64_t id;
	const char *username;
	const char *full_name;
	int role;
	bool disabled;
	bool service;
	bool device;
	bool second_factor;
	int64_t created;
};

extern const struct ohtd_shape ohtd_account_view_shape;

struct ohtd_account_page {
	const struct ohtd_account_view *items;
	size_t items_count;
	const char *next_cursor;
};

extern const struct ohtd_shape ohtd_account_page_shape;

/* Body of POST users. */
struct ohtd_account_new {
	const char *username;
	const char *password;
	int64_t role;
	int8_t service;
};

extern const struct ohtd_shape ohtd_account_new_shape;

/* Body of PATCH users/{id}. */
struct ohtd_account_patch {
	const char *password;
	int64_t role;
	int8_t disabled;
};

extern const struct ohtd_shape ohtd_account_patch_shape;

/* Why no account is made of @said, as one sentence; NULL: one is. Either it has a password, or it is a service account. */
const char *ohtd_people_new_unfit(const struct ohtd_account_new *said);

/* The texts are those of @user. */
struct ohtd_account_view ohtd_account_view_of(const struct ohtd_user *user);

/* What a body asks for; the rest of @order is the caller's. */
void ohtd_account_take_new(struct ohtd_account_order *order, const struct ohtd_account_new *said);
void ohtd_account_take_patch(struct ohtd_account_order *order, int64_t id,
			     const struct ohtd_account_patch *said);

/* It asks for no change: refused, with this sentence. */
bool ohtd_account_patch_is_empty(const struct ohtd_account_patch *said);
#define OHTD_ACCOUNT_PATCH_EMPTY	"say what is to be changed"

/* An account that was changed while its order waited has given it in vain: 0, -ECANCELED or another errno. @id 0: no account. */
int ohtd_people_giver_check(struct ohtd_db *db, int64_t id, int64_t epoch);

/* For a negative errno of the store's functions for users and keys, also for its troubles with the disk. */
struct ohtd_store_problem ohtd_account_problem(int error);

#endif /* OHTD_PEOPLE_ACCOUNT_H */
