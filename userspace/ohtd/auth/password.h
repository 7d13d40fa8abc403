/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which passwords may be set, and their hashes: bcrypt, cost 12, at most 72 bytes.
 * Contexts: worker threads and main(); each call takes a tenth of a second to several seconds.
 * Locks:    none.
 */
#ifndef OHTD_AUTH_PASSWORD_H
#define OHTD_AUTH_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "accounts/users.h"
#include "base/secret.h"

/* bcrypt does not look at what is behind 72 bytes, therefore longer ones are refused. */
#define OHTD_PASSWORD_BYTES_MAX	72
#define OHTD_PASSWORD_BYTES_MIN	8
#define OHTD_PASSWORD_ROBOT_BYTES	65	/* the name of the robot, with NUL */

/* Passwords that libzxcvbn finds within so many guesses may not be set: words, keys in a row, dates, and simple variants of them. */
#define OHTD_PASSWORD_GUESSES_MIN	1000000
/* A shorter name is only one more word to guess: it may be part of a password. */
#define OHTD_PASSWORD_NAME_BYTES_MIN	4

/**
 * struct ohtd_password_new - a password that is to be set
 * @secret: the password
 * @user: name of its account; "": not known
 * @robot: name of the robot; "": not known
 * @unfit: out: why it may not be set, as one sentence; NULL: it may
 */
struct ohtd_password_new {
	struct ohtd_secret secret;
	char user[OHTD_USER_NAME_MAX + 1];
	char robot[OHTD_PASSWORD_ROBOT_BYTES];
	const char *unfit;
};

/* Judges it as ohtd_password_hash() does, before something is taken that it would be set by. @fresh->unfit is filled. */
bool ohtd_auth_password_fits(struct ohtd_password_new *fresh);

/**
 * ohtd_password_hash() - judge a password and make its hash
 * @fresh: @unfit is filled
 * @hash: filled
 * @size: of @hash
 *
 * No other function makes a hash of a password, so each way to set one has the same rules.
 *
 * Return: 0, -EDOM: @fresh->unfit says why it may not be set, or another negative errno.
 */
int ohtd_password_hash(struct ohtd_password_new *fresh, char *hash, size_t size);

/**
 * ohtd_password_matches() - compare a password with a hash
 * @password: what was sent
 * @hash: from ohtd_password_hash(), or NULL when there is no such user
 *
 * Without a hash the same work is done on one that nothing matches, so that the time does not tell
 * whether an account exists.
 */
bool ohtd_password_matches(const char *password, const char *hash);

#define OHTD_PIN_DIGITS_MIN	6
#define OHTD_PIN_DIGITS_MAX	10

/* Why @pin may not be set, as a clause; NULL: it may. Five tries are for a PIN that is drawn: those that people draw first are refused. */
const char *ohtd_auth_pin_unfit(const char *pin);

/* Makes the hash of a PIN that ohtd_auth_pin_unfit() takes, for ohtd_password_matches(). 0 or a negative errno. */
int ohtd_auth_pin_hash(const char *pin, char *hash, size_t size);

#endif /* OHTD_AUTH_PASSWORD_H */
