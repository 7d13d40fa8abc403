/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about tablets and panels that come in with a key of their own.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 *
 * An accepted device has a service account of the same life: its sessions, its role and its end are those of the account.
 */
#ifndef OHTD_ACCOUNTS_DEVICES_H
#define OHTD_ACCOUNTS_DEVICES_H

#include <stdint.h>

#include "accounts/users.h"

#define OHTD_DEVICE_KEY_BYTES	125	/* 91 bytes of DER in base64, and NUL */
#define OHTD_DEVICE_PRINT_BYTES	65	/* SHA-256 in hexadecimal digits, and NUL */
#define OHTD_DEVICE_NOTE_BYTES	129
/* Those that were rejected are remembered up to so many, the oldest are forgotten. */
#define OHTD_DEVICES_REJECTED_MAX	1000

enum ohtd_account_device_state {
	OHTD_DEVICE_WAITING = 1,
	OHTD_DEVICE_ACCEPTED,
	OHTD_DEVICE_REJECTED,
};

/**
 * struct ohtd_account_device - a device
 * @id: never given to another device
 * @print: SHA-256 of the public key
 * @key: public key, DER in base64
 * @state: enum ohtd_account_device_state
 * @user_id: of its account; 0: it is not accepted
 * @note: what the device says of itself; ""
 * @address: numeric, from where it asked
 * @client: the address, of IPv6 its /64
 * @agent: what the client calls itself
 * @created_s, @until_s: wall clock, of the request and of its end without a decision
 * @decided_s: wall clock; 0: it waits
 * @decided_by_id: account that decided; 0: none, or a local user
 * @name: of the account; ""
 * @role: of the account, enum ohtd_role; 0
 * @disabled: the account cannot log in
 * @decided_by: name of that account, or "account N" of a leaver; ""
 */
struct ohtd_account_device {
	int64_t id;
	char print[OHTD_DEVICE_PRINT_BYTES];
	char key[OHTD_DEVICE_KEY_BYTES];
	int state;
	int64_t user_id;
	char note[OHTD_DEVICE_NOTE_BYTES];
	char address[OHTD_SESSION_ADDRESS_BYTES];
	char client[OHTD_FOLDED_BYTES];
	char agent[OHTD_AGENT_BYTES];
	int64_t created_s;
	int64_t until_s;
	int64_t decided_s;
	int64_t decided_by_id;
	char name[OHTD_USER_NAME_MAX + 1];
	int role;
	bool disabled;
	char decided_by[OHTD_USER_NAME_MAX + 1];
};

/* All that wait, are accepted or were rejected. */
extern const struct ohtd_stored_row ohtd_account_devices;

/* By @device->print. 0, -ENOENT: it has never asked, has waited too long or was removed, or another negative errno. */
int ohtd_account_device_find(struct ohtd_db *db, struct ohtd_account_device *device, int64_t now_s);

/**
 * ohtd_account_device_ask() - keep a device that asks to be let in
 * @device: @created_s is now. Out: what is kept of this key, also of an earlier request
 *
 * Return: 0, -ENFILE, -EMFILE as for registrations, or another negative errno. A device that was decided about stays as it is.
 */
int ohtd_account_device_ask(struct ohtd_db *db, struct ohtd_account_device *device);

/**
 * struct ohtd_account_device_decision - what a person decides about a device
 * @id: of the device
 * @accept: let it in; false: reject it
 * @user: in: name and role of its account. Out: the account that was made, or that has ended
 * @by_id: account that decides; 0: a local user
 * @by_role: of the person who decides
 * @now_s: wall clock
 * @ended: out: @user is an account that has ended
 */
struct ohtd_account_device_decision {
	int64_t id;
	bool accept;
	struct ohtd_user user;
	int64_t by_id;
	int by_role;
	int64_t now_s;
	bool ended;
};

/*
 * 0, -ENOENT (none, or it does not wait any more), -EALREADY (accepted, or rejected before), -EEXIST (an account has the name), -EACCES
 * (the role is above @by_role), or another negative errno.
 */
int ohtd_account_device_decide(struct ohtd_db *db, struct ohtd_account_device_decision *decision);

/* Forgets a device, of whatever state: @id, @by_role and @now_s count. Its key may ask again. 0, -ENOENT, -EACCES or another negative errno. */
int ohtd_account_device_remove(struct ohtd_db *db, struct ohtd_account_device_decision *decision);

/* Of those that wait. 0 or a negative errno. */
int ohtd_accounts_devices_count(struct ohtd_db *db, struct ohtd_accounts_waiting *waiting);

#endif /* OHTD_ACCOUNTS_DEVICES_H */
