// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/password.h"

#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#define SALT_RANDOM_BYTES	16
#define COST			12

/* Well-formed, cost 12, and the image of no known password: its 31 digits were drawn at random. */
static const char nobody[] = "$2b$12$Rk7uYb4cX0pZ1QwT9sNfLe3vG6hJ8mA5dK2iO4xB7yC1zE0nU5qWS";

const char *ohtd_password_unfit(const char *password)
{
	size_t n = strlen(password);

	if (n < OHTD_PASSWORD_BYTES_MIN)
		return "a password needs at least 8 bytes";
	if (n > OHTD_PASSWORD_BYTES_MAX)
		return "a password has at most 72 bytes";
	return NULL;
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

int ohtd_password_hash(const char *password, char *hash, size_t size)
{
	unsigned char salt[SALT_RANDOM_BYTES];
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	if (RAND_bytes(salt, sizeof(salt)) != 1)
		return -EIO;
	if (!crypt_gensalt_rn("$2b$", COST, (const char *)salt, sizeof(salt), setting,
			      sizeof(setting)))
		return -EINVAL;
	return crypt_into(password, setting, hash, size);
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
