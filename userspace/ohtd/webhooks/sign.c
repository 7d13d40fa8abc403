// SPDX-License-Identifier: GPL-2.0-or-later
#include "webhooks/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "sender/order.h"

#define PREFIX		"whsec_"
#define KEY_BYTES	24
#define KEY_TEXT_BYTES	32
#define DIGEST_BYTES	32

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
