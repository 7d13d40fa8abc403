/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how an account is shown, and what is said when one cannot be made or changed.
 * Contexts: any thread; allocates.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_ACCOUNT_H
#define OHTD_HTTP_ACCOUNT_H

#include <json-c/json.h>

struct ohtd_user;

/* A status of HTTP, a word for programs and a sentence for people. */
struct ohtd_account_problem {
	int status;
	const char *code;
	const char *detail;
};

/* Everything but the password's hash. */
struct json_object *ohtd_account_json(const struct ohtd_user *user);

/* For a negative errno of the store's functions for users, also for its troubles with the disk. */
struct ohtd_account_problem ohtd_account_problem(int error);

/* The same for the troubles alone; 0 is something else. */
struct ohtd_account_problem ohtd_storage_problem(int error);

#endif /* OHTD_HTTP_ACCOUNT_H */
