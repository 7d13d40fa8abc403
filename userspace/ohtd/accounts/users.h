/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about accounts, and about those that persons have asked for.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_ACCOUNTS_USERS_H
#define OHTD_ACCOUNTS_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "store/list.h"

struct ohtd_db;
struct ohtd_statement;

#define OHTD_USER_NAME_MAX	64	/* characters are ASCII, so also bytes */
#define OHTD_ACCOUNT_ROLE_MAX	4	/* enum ohtd_role, which is stored: an administrator */
#define OHTD_ACCOUNT_RESET_TRIES	5	/* wrong ones end a code */
#define OHTD_PASSWORD_HASH_MAX	127
#define OHTD_BOOT_ID_BYTES	37
#define OHTD_FULL_NAME_BYTES	129	/* UTF-8, and NUL */
#define OHTD_AGENT_BYTES	121	/* what is kept of a user agent, and NUL */
#define OHTD_SESSION_ADDRESS_BYTES	64

/**
 * struct ohtd_user - an account
 * @id: never given to another account
 * @name: unique among the accounts that are not deleted, whatever the case of its letters
 * @role: enum ohtd_role; 0: what was kept is none, and may nothing
 * @password_hash: not in a list and not after a change
 * @disabled: cannot log in
 * @service: of programs, which come in with its keys (accounts/keys.h): it has no password
 * @epoch: raised by whatever ends all sessions
 * @created_s: wall clock
 * @full_name: of the profile; ""
 * @second_factor: a log-in needs a code besides the password
 * @device: a service account of a device, which comes in with its own key (accounts/devices.h)
 * @pin_tried: wrong PINs have come since the last right one
 */
struct ohtd_user {
	int64_t id;
	char name[OHTD_USER_NAME_MAX + 1];
	int role;
	char password_hash[OHTD_PASSWORD_HASH_MAX + 1];
	bool disabled;
	bool service;
	int64_t epoch;
	int64_t created_s;
	char full_name[OHTD_FULL_NAME_BYTES];
	bool second_factor;
	bool device;
	bool pin_tried;
};

/* @user->name says whom; the rest is filled. Returns 0, -ENOENT or another negative errno. */
int ohtd_db_user_find(struct ohtd_db *db, struct ohtd_user *user);

/* Name, role and hash must be set; of a service account no hash. Returns 0, -EEXIST (the name, or an unfit value), or errno. */
int ohtd_db_user_add(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s);

/* 1 if there is an administrator who can log in, 0 if not, or a negative errno. */
int ohtd_db_has_administrator(struct ohtd_db *db);

#define OHTD_ACCOUNTS_ADMINISTRATORS_MAX	1000

/* Fills in the ids of the accounts that are administrators and can come in, of people and of programs. How many, or a negative errno. */
int ohtd_accounts_administrators(struct ohtd_db *db, int64_t ids[OHTD_ACCOUNTS_ADMINISTRATORS_MAX]);

/* ohtd_db_user_add(), but only while there is no administrator who can log in: -EALREADY. */
int ohtd_db_user_add_first(struct ohtd_db *db, const struct ohtd_user *user, int64_t now_s);

/**
 * struct ohtd_user_change - what becomes of an account
 * @id: whose
 * @role: the new one, 0: as it is
 * @disabled: 0 or 1, -1: as it is
 * @deleted: the account goes; its row stays for the journal, without its name (ohtd_accounts_erase())
 * @password_hash: the new one, NULL: as it is
 * @by_role: of who wants it; nobody changes, or makes, somebody above himself
 * @epoch: the change is meant for the account of this epoch, 0: of any
 * @keep: session that goes on, with a new refresh token; NULL: none
 * @now_s: wall clock
 * @user: out: as it is now, without the hash
 * @generation: out: of the refresh token of @keep
 */
struct ohtd_user_change {
	int64_t id;
	int role;
	int disabled;
	bool deleted;
	const char *password_hash;
	int by_role;
	int64_t epoch;
	const char *keep;
	int64_t now_s;
	struct ohtd_user user;
	int64_t generation;
};

/**
 * ohtd_db_user_change() - change an account and end its sessions, or do nothing
 *
 * Return: 0, -ENOENT (there is no such account, or no such session to keep), -ESTALE (of another
 * epoch), -EACCES (above @by_role), -ENOTSUP (a password of a service account), -EPERM (the last administrator that can log in), or another
 * negative errno.
 */
int ohtd_db_user_change(struct ohtd_db *db, struct ohtd_user_change *change);

/* @user->id says whom; the rest is filled. Returns 0, -ENOENT or another negative errno. */
int ohtd_db_user_get(struct ohtd_db *db, struct ohtd_user *user);

/* ---- what a person says of the own account ---- */

#define OHTD_PROFILE_VIEWS_BYTES	8193

/**
 * struct ohtd_account_profile - the profile of an account
 * @user_id: of which
 * @full_name: for other people
 * @language: as BCP 47 names it; ""
 * @units: word
 * @zone: as the IANA names it; ""
 * @theme: word
 * @views: of the page History: a name and a query, a line each
 */
struct ohtd_account_profile {
	int64_t user_id;
	char full_name[OHTD_FULL_NAME_BYTES];
	char language[36];
	char units[16];
	char zone[65];
	char theme[16];
	char views[OHTD_PROFILE_VIEWS_BYTES];
};

/* Of @profile->user_id. 0, -ENOENT: it has none, or another negative errno. */
int ohtd_account_profile_get(struct ohtd_db *db, struct ohtd_account_profile *profile);

/* Keeps it in place of the earlier one. The account is there. 0 or a negative errno. */
int ohtd_account_profile_put(struct ohtd_db *db, const struct ohtd_account_profile *profile);

/* ---- a code for a new password ---- */

#define OHTD_RESET_HASH_BYTES	65	/* SHA-256 in hexadecimal, and NUL */

/**
 * struct ohtd_account_reset_code - the code by which the person of an account sets a new password
 * @user_id: of the account; it has one code at most
 * @hash: SHA-256 of the code
 * @epoch: of the account when the code was given; another one there means that the code has ended
 * @tries: wrong ones that are left
 * @boot_id: of the boot in which the code is good
 * @until_boot_ms: CLOCK_BOOTTIME of that boot at which it ends
 */
struct ohtd_account_reset_code {
	int64_t user_id;
	char hash[OHTD_RESET_HASH_BYTES];
	int64_t epoch;
	int tries;
	char boot_id[OHTD_BOOT_ID_BYTES];
	int64_t until_boot_ms;
};

/**
 * ohtd_account_reset_give() - keep a code in place of the earlier one of its account
 * @code: epoch is filled
 * @by_role: of the account that gives it
 * @user: out: the account
 *
 * Return: 0, -ENOENT, -EACCES (the account is above @by_role), -ENOTSUP (a service account), -EKEYREVOKED (the account is disabled), or
 * another negative errno.
 */
int ohtd_account_reset_give(struct ohtd_db *db, struct ohtd_account_reset_code *code, int by_role, struct ohtd_user *user);

/**
 * struct ohtd_account_reset - a code that came
 * @code: hash: of what came; boot_id: of this boot; the rest is filled
 * @now_boot_ms: CLOCK_BOOTTIME
 * @life_ms: the longest life of a code
 * @password_hash: the new one
 * @now_s: wall clock
 * @user: in: name. Out: the account as it is now; @user.id 0: there is none
 * @right: out: the password was changed
 */
struct ohtd_account_reset {
	struct ohtd_account_reset_code code;
	int64_t now_boot_ms;
	int64_t life_ms;
	const char *password_hash;
	int64_t now_s;
	struct ohtd_user user;
	bool right;
};

/*
 * Changes the password and ends the code and the sessions of the account, or takes a try off the code. A code of no account, and one
 * that has ended, is a write of the same size. 0 with @right, or a negative errno.
 */
int ohtd_account_reset_take(struct ohtd_db *db, struct ohtd_account_reset *reset);

/* ---- a second factor ---- */

#define OHTD_ACCOUNT_SEALED_BYTES	97	/* nonce, 20 bytes and tag in hexadecimal, and NUL */
#define OHTD_ACCOUNT_RECOVERY_CODES	10
#define OHTD_ACCOUNT_RECOVERY_DIGITS	64	/* SHA-256 in hexadecimal */

/**
 * struct ohtd_account_second - the second factor of an account
 * @user_id: of which
 * @sealed: the secret, as auth/second.c seals it
 * @confirmed: log-ins ask for a code
 * @last_step: the newest step whose code was taken; no code of it or of an earlier one is good any more
 * @wrong: wrong codes since the last right one, or since the password is another one
 * @recovery: of each recovery code that is left the hash, OHTD_ACCOUNT_RECOVERY_DIGITS each
 * @made_s: wall clock
 */
struct ohtd_account_second {
	int64_t user_id;
	char sealed[OHTD_ACCOUNT_SEALED_BYTES];
	bool confirmed;
	int64_t last_step;
	int wrong;
	char recovery[OHTD_ACCOUNT_RECOVERY_CODES * OHTD_ACCOUNT_RECOVERY_DIGITS + 1];
	int64_t made_s;
};

/* Of @second->user_id. 0, -ENOENT: it has none, or another negative errno. */
int ohtd_account_second_get(struct ohtd_db *db, struct ohtd_account_second *second);

/* Keeps it in place of the earlier one. The account is there. 0 or a negative errno. */
int ohtd_account_second_put(struct ohtd_db *db, const struct ohtd_account_second *second);

/* 0, -ENOENT: the account has none, or another negative errno. */
int ohtd_account_second_end(struct ohtd_db *db, int64_t user_id);

/* All that are not deleted, without their hashes. */
extern const struct ohtd_stored_row ohtd_kept_users;

/* ---- accounts from a table: import.c ---- */

#define OHTD_ACCOUNTS_IMPORT_MAX	100

/**
 * struct ohtd_accounts_import_row - an account that is to be made
 * @line: of the table
 * @role: enum ohtd_role
 * @name, @full_name: no other row has the name; @full_name may be ""
 * @id: out: number of the account
 * @exists: out: an account has the name
 */
struct ohtd_accounts_import_row {
	unsigned int line;
	int role;
	char name[OHTD_USER_NAME_MAX + 1];
	char full_name[OHTD_FULL_NAME_BYTES];
	int64_t id;
	bool exists;
};

/**
 * struct ohtd_accounts_import - accounts that are to be made
 * @now_s: wall clock
 * @password_hash: of all of them
 * @count: of @rows
 */
struct ohtd_accounts_import {
	int64_t now_s;
	char password_hash[OHTD_PASSWORD_HASH_MAX + 1];
	unsigned int count;
	struct ohtd_accounts_import_row rows[OHTD_ACCOUNTS_IMPORT_MAX];
};

/* 0, -EEXIST: an account has the name of a row, or another negative errno. */
int ohtd_accounts_import_look(struct ohtd_db *db, struct ohtd_accounts_import *import);

/* The same, and makes all of them or none. */
int ohtd_accounts_import(struct ohtd_db *db, struct ohtd_accounts_import *import);

/* ---- accounts that persons have asked for: registrations.c ---- */

#define OHTD_REGISTRATIONS_MAX		32
#define OHTD_REGISTRATIONS_OF_CLIENT	3
#define OHTD_REGISTRATION_LIFE_S	(7 * 24 * 3600)
#define OHTD_REGISTRATION_NOTE_BYTES	257

/**
 * struct ohtd_account_registration - an account that a person has asked for
 * @id: never given to another registration; no id of an account
 * @name: as an account may have it; an account or another registration may have the same
 * @full_name: as the person says it; ""
 * @role: the wished one, enum ohtd_role
 * @note: for the administrator; ""
 * @password_hash: never in a list
 * @address: numeric, from where it came
 * @client: the address, of IPv6 its /64
 * @agent: what the client calls itself
 * @created_s, @until_s: wall clock
 * @taken: in a list: an account has the name
 */
struct ohtd_account_registration {
	int64_t id;
	char name[OHTD_USER_NAME_MAX + 1];
	char full_name[OHTD_FULL_NAME_BYTES];
	int role;
	char note[OHTD_REGISTRATION_NOTE_BYTES];
	char password_hash[OHTD_PASSWORD_HASH_MAX + 1];
	char address[OHTD_SESSION_ADDRESS_BYTES];
	char client[OHTD_FOLDED_BYTES];
	char agent[OHTD_AGENT_BYTES];
	int64_t created_s;
	int64_t until_s;
	bool taken;
};

/* All that wait, without their hashes. */
extern const struct ohtd_stored_row ohtd_account_registrations;

/**
 * ohtd_account_registration_add() - keep a registration
 * @row: @id is filled; @created_s is now
 *
 * Drops those that have ended. Accounts are not looked at, so neither the answer nor its time tells which names there are.
 *
 * Return: 0, -ENFILE (OHTD_REGISTRATIONS_MAX wait), -EMFILE (OHTD_REGISTRATIONS_OF_CLIENT of this client wait), or another negative errno.
 */
int ohtd_account_registration_add(struct ohtd_db *db, struct ohtd_account_registration *row);

/**
 * struct ohtd_accounts_waiting - those that wait
 * @now_s: wall clock
 * @count: out: how many
 * @newest: out: number of the newest; 0: none
 */
struct ohtd_accounts_waiting {
	int64_t now_s;
	unsigned int count;
	int64_t newest;
};

/*
 * May one more wait? @sql counts those that wait, and behind it those of :client. 0, -ENFILE (OHTD_REGISTRATIONS_MAX wait), -EMFILE
 * (OHTD_REGISTRATIONS_OF_CLIENT of this client wait), or another negative errno.
 */
int ohtd_accounts_room(struct ohtd_db *db, const struct ohtd_statement *sql, const char *client);

/* Fills @waiting in: @sql counts those whose end is behind :now, and has the newest behind that. 0 or a negative errno. */
int ohtd_accounts_count(struct ohtd_db *db, const struct ohtd_statement *sql, struct ohtd_accounts_waiting *waiting);

/* 0 or a negative errno. */
int ohtd_accounts_registrations_count(struct ohtd_db *db, struct ohtd_accounts_waiting *waiting);

/**
 * struct ohtd_account_decision - what an administrator decides about a registration
 * @id: of the registration
 * @approve: make the account; false: reject
 * @role: of the account, 0: the wished one
 * @by_role: of the account that decides
 * @now_s: wall clock
 * @row: out: the registration
 * @user: out: the account that was made
 */
struct ohtd_account_decision {
	int64_t id;
	bool approve;
	int role;
	int by_role;
	int64_t now_s;
	struct ohtd_account_registration row;
	struct ohtd_user user;
};

/* 0, -ENOENT (none, or it has ended), -EEXIST (an account has the name), -EACCES (above @by_role), or another negative errno. */
int ohtd_account_registration_decide(struct ohtd_db *db, struct ohtd_account_decision *decision);

#endif /* OHTD_ACCOUNTS_USERS_H */
