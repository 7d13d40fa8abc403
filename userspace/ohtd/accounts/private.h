/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this folder share.
 * Contexts: as users.h.
 * Locks:    none.
 */
#ifndef OHTD_ACCOUNTS_PRIVATE_H
#define OHTD_ACCOUNTS_PRIVATE_H

#include "accounts/users.h"

/*
 * erase.c: part of the transaction that deletes @user: profile, certificates, second factor and code go; in all else but the audit the name
 * becomes "account" and its number, which no name of an account can be. 0 or a negative errno.
 */
int ohtd_accounts_erase(struct ohtd_db *db, const struct ohtd_user *user);

#endif /* OHTD_ACCOUNTS_PRIVATE_H */
