/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     accounts that persons have asked for, until an administrator decides.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_TABLES_REGISTRATIONS_H
#define OHTD_TABLES_REGISTRATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "store/list.h"
#include "tables/sessions.h"
#include "tables/users.h"

struct ohtd_db;

#define OHTD_REGISTRATIONS_MAX		32
#define OHTD_REGISTRATIONS_OF_CLIENT	3
#define OHTD_REGISTRATION_LIFE_S	(7 * 24 * 3600)
#define OHTD_REGISTRATION_NOTE_BYTES	257

/**
 * struct ohtd_table_registration - an account that a person has asked for
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
struct ohtd_table_registration {
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
extern const struct ohtd_stored_row ohtd_table_registrations;

/**
 * ohtd_table_registration_add() - keep a registration
 * @row: @id is filled; @created_s is now
 *
 * Drops those that have ended. Accounts are not looked at, so neither the answer nor its time tells which names there are.
 *
 * Return: 0, -ENFILE (OHTD_REGISTRATIONS_MAX wait), -EMFILE (OHTD_REGISTRATIONS_OF_CLIENT of this client wait), or another negative errno.
 */
int ohtd_table_registration_add(struct ohtd_db *db, struct ohtd_table_registration *row);

/**
 * struct ohtd_table_decision - what an administrator decides about a registration
 * @id: of the registration
 * @approve: make the account; false: reject
 * @role: of the account, 0: the wished one
 * @by_role: of the account that decides
 * @now_s: wall clock
 * @row: out: the registration
 * @user: out: the account that was made
 */
struct ohtd_table_decision {
	int64_t id;
	bool approve;
	int role;
	int by_role;
	int64_t now_s;
	struct ohtd_table_registration row;
	struct ohtd_user user;
};

/* 0, -ENOENT (none, or it has ended), -EEXIST (an account has the name), -EACCES (above @by_role), or another negative errno. */
int ohtd_table_registration_decide(struct ohtd_db *db, struct ohtd_table_decision *decision);

#endif /* OHTD_TABLES_REGISTRATIONS_H */
