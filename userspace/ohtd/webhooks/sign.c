// SPDX-License-Identifier: GPL-2.0-or-later
#include "webhooks/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "auth/seal.h"
#include "base/hex.h"
#include "sender/order.h"

#define PREFIX		"whsec_"
#define KEY_BYTES	24
#define KEY_TEXT_BYTES	32
#define DIGEST_BYTES	32
/* In front of a secret that is sealed, in hexadecimal. */
#define SEALED		"sealed:"
#define CLEAR_BYTES_MAX	((OHTD_WEBHOOKS_KEPT_BYTES - (int)sizeof(SEALED)) / 2 - OHTD_AUTH_SEAL_MORE)

bool ohtd_webhook_secret_make(char secret[static OHTD_WEBHOOK_SECRET_BYTES])
{
	unsigned char key[KEY_BYTES];

	if (RAND_bytes(key, sizeof(key)) != 1)
		return false;
	strcpy(secret, PREFIX);
	EVP_EncodeBlock((unsigned char *)secret + strlen(PREFIX), key, sizeof(key));
	OPENSSL_cleanse(key, sizeof(key));
	return true;
}

static bool take_key(const char *secret, unsigned char key[static KEY_BYTES])
{
	return !strncmp(secret, PREFIX, strlen(PREFIX)) && strlen(secret) == strlen(PREFIX) + KEY_TEXT_BYTES &&
	       EVP_DecodeBlock(key, (const unsigned char *)secret + strlen(PREFIX), KEY_TEXT_BYTES) == KEY_BYTES;
}

bool ohtd_webhook_sign(const char *secret, const char *message, int64_t time_s, const char *body, size_t bytes,
		       char signature[static OHTD_SIGNATURE_BYTES])
{
	unsigned char key[KEY_BYTES], digest[EVP_MAX_MD_SIZE];
	char content[SENDER_BODY_BYTES + 64];
	int head = snprintf(content, sizeof(content), "%s.%" PRId64 ".", message, time_s);
	bool good = head > 0 && (size_t)head + bytes <= sizeof(content) && take_key(secret, key);

	if (!good)
		return false;
	memcpy(content + head, body, bytes);
	good = HMAC(EVP_sha256(), key, sizeof(key), (const unsigned char *)content, (size_t)head + bytes, digest, NULL);
	OPENSSL_cleanse(key, sizeof(key));
	strcpy(signature, "v1,");
	EVP_EncodeBlock((unsigned char *)signature + 3, digest, DIGEST_BYTES);
	return good;
}

/* ---- as they are kept ---- */

static bool is_sealed(const char *kept)
{
	return !strncmp(kept, SEALED, strlen(SEALED));
}

bool ohtd_webhooks_is_clear(const struct ohtd_webhook_row *webhook)
{
	return (*webhook->secret && !is_sealed(webhook->secret)) || (*webhook->secret_before && !is_sealed(webhook->secret_before));
}

static bool close_one(const unsigned char *key, int64_t place, const char *secret, char *kept)
{
	unsigned char sealed[CLEAR_BYTES_MAX + OHTD_AUTH_SEAL_MORE];
	const size_t bytes = strlen(secret);

	if (!key || !*secret || is_sealed(secret)) {
		snprintf(kept, OHTD_WEBHOOKS_KEPT_BYTES, "%s", secret);
		return true;
	}
	if (bytes > CLEAR_BYTES_MAX || !ohtd_auth_seal_close(key, place, (const unsigned char *)secret, bytes, sealed))
		return false;
	strcpy(kept, SEALED);
	ohtd_hex_text(kept + strlen(SEALED), sealed, bytes + OHTD_AUTH_SEAL_MORE);
	return true;
}

static bool open_one(const unsigned char *key, int64_t place, const char *kept, char *secret)
{
	unsigned char sealed[CLEAR_BYTES_MAX + OHTD_AUTH_SEAL_MORE];
	size_t bytes;

	if (!is_sealed(kept)) {
		snprintf(secret, OHTD_WEBHOOKS_KEPT_BYTES, "%s", kept);
		return true;
	}
	kept += strlen(SEALED);
	bytes = strlen(kept) / 2;
	if (!key || bytes < OHTD_AUTH_SEAL_MORE || bytes > sizeof(sealed) || !ohtd_hex_read(sealed, bytes, kept) ||
	    !ohtd_auth_seal_open(key, place, sealed, bytes - OHTD_AUTH_SEAL_MORE, (unsigned char *)secret))
		return false;
	secret[bytes - OHTD_AUTH_SEAL_MORE] = 0;
	return true;
}

static bool turn_both(bool (*turn)(const unsigned char *key, int64_t place, const char *from, char *to), const unsigned char *key,
		      struct ohtd_webhook_row *webhook)
{
	char now[OHTD_WEBHOOKS_KEPT_BYTES], before[OHTD_WEBHOOKS_KEPT_BYTES];
	const bool good = turn(key, webhook->made_ns, webhook->secret, now) && turn(key, webhook->made_ns, webhook->secret_before, before);

	if (good) {
		memcpy(webhook->secret, now, sizeof(now));
		memcpy(webhook->secret_before, before, sizeof(before));
	}
	OPENSSL_cleanse(now, sizeof(now));
	OPENSSL_cleanse(before, sizeof(before));
	return good;
}

bool ohtd_webhooks_close(const unsigned char *key, struct ohtd_webhook_row *webhook)
{
	return turn_both(close_one, key, webhook);
}

bool ohtd_webhooks_open(const unsigned char *key, struct ohtd_webhook_row *webhook)
{
	return turn_both(open_one, key, webhook);
}
