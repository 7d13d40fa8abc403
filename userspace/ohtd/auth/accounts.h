/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     making, changing and deleting accounts: the one way for API, local socket, command line
 *           and first start.
 * Contexts: ohtd_account_prepare(): threads that may take long. ohtd_account_work(): the thread that
 *           owns the database handle. The rest: any thread but the control thread.
 * Locks:    none.
 *
 * The four steps of an order: judge the texts, prepare, have the work done in the store, tell.
 */
#ifndef OHTD_AUTH_ACCOUNTS_H
#define OHTD_AUTH_ACCOUNTS_H

#include <stdint.h>

#include "base/secret.h"
#include "accounts/users.h"

struct ohtd_auth;
struct ohtd_db;
struct ohtd_setup;

enum ohtd_account_act {
	OHTD_ACCOUNT_ADD,
	OHTD_ACCOUNT_ADD_FIRST,	/* only while there is no administrator who can log in */
	OHTD_ACCOUNT_CHANGE,	/* also deletes */
};

/**
 * struct ohtd_account_order - what is to be done
 * @act: what
 * @by: who wants it, for the log
 * @now_s: wall clock
 * @password: of the new account or the changed one; "": none, or as it is
 * @user: in: name and role of a new account. Out: the account as it is now
 * @change: what becomes of an account
 * @hash: private
 */
struct ohtd_account_order {
	enum ohtd_account_act act;
	char by[OHTD_USER_NAME_MAX + 1];
	int64_t now_s;
	struct ohtd_secret password;
	struct ohtd_user user;
	struct ohtd_user_change change;
	char hash[OHTD_PASSWORD_HASH_MAX + 1];
};

/* Why @name cannot be the name of an account, as one sentence; NULL if it can. */
#define OHTD_USER_NAME_PATTERN	"^[A-Za-z0-9._@-]+$"
const char *ohtd_account_name_unfit(const char *name);

/* Hashes the password, if there is one: takes long. 0 or a negative errno. */
int ohtd_account_prepare(struct ohtd_account_order *order);

/* The part for the store; see ohtd_db_user_add(), _add_first(), _change(). @order: an order. */
int ohtd_account_work(struct ohtd_db *db, void *order);

/**
 * ohtd_account_told() - say in the log what was done, and end the sessions that are over
 * @order: after the store
 * @auth: NULL: there are no sessions in this process
 * @setup: told of an administrator; may be NULL
 */
void ohtd_account_told(const struct ohtd_account_order *order, struct ohtd_auth *auth,
		       struct ohtd_setup *setup);

#endif /* OHTD_AUTH_ACCOUNTS_H */
