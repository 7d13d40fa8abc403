// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/password.h"

#include <crypt.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <zxcvbn.h>

#define SALT_RANDOM_BYTES	16
#define COST			12

/* Well-formed, cost 12, and the image of no known password: its 31 digits were drawn at random. */
static const char nobody[] = "$2b$12$Rk7uYb4cX0pZ1QwT9sNfLe3vG6hJ8mA5dK2iO4xB7yC1zE0nU5qWS";

/* Of both in the same case. */
static bool has_name(const char *password, const char *name)
{
	return strlen(name) >= OHTD_PASSWORD_NAME_BYTES_MIN && strcasestr(password, name);
}

static bool is_guessable(const struct ohtd_password_new *fresh)
{
	const char *names[] = { fresh->user, fresh->robot, NULL };

	return ZxcvbnMatch(fresh->secret.revealed, names, NULL) < log2(OHTD_PASSWORD_GUESSES_MIN);
}

static const char *unfit(const struct ohtd_password_new *fresh)
{
	size_t n = strlen(fresh->secret.revealed);

	if (n < OHTD_PASSWORD_BYTES_MIN)
		return "a password needs at least 8 bytes";
	if (n > OHTD_PASSWORD_BYTES_MAX)
		return "a password has at most 72 bytes";
	if (has_name(fresh->secret.revealed, fresh->user))
		return "the name of the account is in the password";
	if (has_name(fresh->secret.revealed, fresh->robot))
		return "the name of the robot is in the password";
	return is_guessable(fresh) ? "the password is a known one, or a simple variant of one; take several words, or one that is longer" : NULL;
}

/* struct crypt_data has 32 KiB: too much for the stack of a thread. */
static int crypt_into(const char *password, const char *setting, char *hash, size_t size)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *result;
	int r = 0;

	if (!data)
		return -ENOMEM;
	result = crypt_rn(password, setting, data, sizeof(*data));
	if (!result || *result == '*')
		r = -EINVAL;
	else if (strlen(result) >= size)
		r = -ENOSPC;
	else
		strcpy(hash, result);
	OPENSSL_cleanse(data, sizeof(*data));
	free(data);
	return r;
}

static int make_hash(const char *secret, char *hash, size_t size)
{
	unsigned char salt[SALT_RANDOM_BYTES];
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	if (RAND_bytes(salt, sizeof(salt)) != 1)
		return -EIO;
	if (!crypt_gensalt_rn("$2b$", COST, (const char *)salt, sizeof(salt), setting,
			      sizeof(setting)))
		return -EINVAL;
	return crypt_into(secret, setting, hash, size);
}

bool ohtd_auth_password_fits(struct ohtd_password_new *fresh)
{
	fresh->unfit = unfit(fresh);
	return !fresh->unfit;
}

int ohtd_password_hash(struct ohtd_password_new *fresh, char *hash, size_t size)
{
	return ohtd_auth_password_fits(fresh) ? make_hash(fresh->secret.revealed, hash, size) : -EDOM;
}

/* ---- PINs ---- */

#define DISTINCT_DIGITS_MIN	3

/* Each digit is the one before and @step, 9 and 0 being neighbours. */
static bool is_in_a_row(const char *pin, int step)
{
	for (; pin[1]; pin++)
		if ((pin[0] - '0' + step + 10) % 10 != pin[1] - '0')
			return false;
	return true;
}

/* Of one part that comes again: 121212, 123123. */
static bool repeats(const char *pin, size_t n)
{
	for (size_t part = 1; part <= n / 2; part++)
		if (!(n % part) && !memcmp(pin, pin + part, n - part))
			return true;
	return false;
}

const char *ohtd_auth_pin_unfit(const char *pin)
{
	size_t n = strlen(pin);
	unsigned int seen = 0;

	if (strspn(pin, "0123456789") != n)
		return "is of digits alone";
	if (n < OHTD_PIN_DIGITS_MIN || n > OHTD_PIN_DIGITS_MAX)
		return "has 6 to 10 digits";
	for (const char *at = pin; *at; at++)
		seen |= 1u << (*at - '0');
	if (__builtin_popcount(seen) < DISTINCT_DIGITS_MIN)
		return "has fewer than 3 different digits";
	if (is_in_a_row(pin, 1) || is_in_a_row(pin, -1))
		return "is digits in a row";
	return repeats(pin, n) ? "is the same digits again and again" : NULL;
}

int ohtd_auth_pin_hash(const char *pin, char *hash, size_t size)
{
	return ohtd_auth_pin_unfit(pin) ? -EDOM : make_hash(pin, hash, size);
}

bool ohtd_password_matches(const char *password, const char *hash)
{
	const char *setting = hash ? hash : nobody;
	char result[CRYPT_OUTPUT_SIZE];
	size_t n = strlen(setting);

	/* Whatever does not fit costs the same time as what does. */
	if (strlen(password) > OHTD_PASSWORD_BYTES_MAX) {
		password = "";
		hash = NULL;
	}
	if (crypt_into(password, setting, result, sizeof(result)) || strlen(result) != n)
		return false;
	return hash && !CRYPTO_memcmp(result, setting, n);
}
