/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     password hashes: bcrypt, cost 12, at most 72 bytes.
 * Contexts: worker threads and main(); each call takes a tenth of a second to several seconds.
 * Locks:    none.
 */
#ifndef OHTD_AUTH_PASSWORD_H
#define OHTD_AUTH_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

/* bcrypt does not look at what is behind 72 bytes, therefore longer ones are refused. */
#define OHTD_PASSWORD_BYTES_MAX	72
#define OHTD_PASSWORD_BYTES_MIN	8

/* NULL if @password may be used for a new account, else why not, as one sentence. */
const char *ohtd_password_unfit(const char *password);

/* Fills @hash. Returns 0 or a negative errno. */
int ohtd_password_hash(const char *password, char *hash, size_t size);

/**
 * ohtd_password_matches() - compare a password with a hash
 * @password: what was sent
 * @hash: from ohtd_password_hash(), or NULL when there is no such user
 *
 * Without a hash the same work is done on one that nothing matches, so that the time does not tell
 * whether an account exists.
 */
bool ohtd_password_matches(const char *password, const char *hash);

#endif /* OHTD_AUTH_PASSWORD_H */
