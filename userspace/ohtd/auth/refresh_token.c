// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/refresh_token.h"

#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/hex.h"
#include "auth/token.h"

/* Keeps this use of the key apart from all others. */
#define PURPOSE		"ohtd refresh token 1"

#define ID_BYTES	16
#define NUMBER_BYTES	6
#define RAW_BYTES	(ID_BYTES + NUMBER_BYTES + OHTD_TOKEN_MAC_BYTES)
#define GENERATION_MAX	((1ll << 8 * NUMBER_BYTES) - 1)

_Static_assert(RAW_BYTES % 3 == 0, "no padding");
_Static_assert(RAW_BYTES / 3 * 4 == OHTD_REFRESH_CHARS, "its length in base64");
_Static_assert(OHTD_REFRESH_CHARS < OHTD_SECRET_BYTES, "fits");

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int ohtd_refresh_token_make(struct ohtd_tokens *tokens, const char *session,
			    int64_t generation, struct ohtd_secret *token)
{
	unsigned char raw[RAW_BYTES], coded[OHTD_REFRESH_CHARS + 1];
	size_t id_bytes;

	if (generation < 1 || generation > GENERATION_MAX ||
	    OPENSSL_hexstr2buf_ex(raw, ID_BYTES, &id_bytes, session, 0) != 1 ||
	    id_bytes != ID_BYTES)
		return -EIO;
	for (int i = 0; i < NUMBER_BYTES; i++)
		raw[ID_BYTES + i] = (unsigned char)(generation >> 8 * (NUMBER_BYTES - 1 - i));
	if (ohtd_tokens_mac(tokens, PURPOSE, raw, ID_BYTES + NUMBER_BYTES, raw + ID_BYTES + NUMBER_BYTES))
		return -EIO;
	EVP_EncodeBlock(coded, raw, sizeof(raw));
	for (int i = 0; i < OHTD_REFRESH_CHARS; i++)
		token->revealed[i] = coded[i] == '+' ? '-' : coded[i] == '/' ? '_' : (char)coded[i];
	token->revealed[OHTD_REFRESH_CHARS] = 0;
	OPENSSL_cleanse(raw, sizeof(raw));
	OPENSSL_cleanse(coded, sizeof(coded));
	return 0;
}

static bool decode(const char *text, unsigned char *raw)
{
	unsigned char coded[OHTD_REFRESH_CHARS + 1];

	/* What OpenSSL would take besides (spaces, padding) is no token of ours. */
	if (strlen(text) != OHTD_REFRESH_CHARS || strspn(text, alphabet) != OHTD_REFRESH_CHARS)
		return false;
	for (int i = 0; i <= OHTD_REFRESH_CHARS; i++)
		coded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : (unsigned char)text[i];
	return EVP_DecodeBlock(raw, coded, OHTD_REFRESH_CHARS) == RAW_BYTES;
}

bool ohtd_refresh_token_read(struct ohtd_tokens *tokens, const struct ohtd_secret *token,
			     char *session, int64_t *generation)
{
	unsigned char raw[RAW_BYTES];
	bool ours = decode(token->revealed, raw) &&
		    ohtd_auth_tokens_mac_is(tokens, PURPOSE, raw, ID_BYTES + NUMBER_BYTES, raw + ID_BYTES + NUMBER_BYTES);

	*generation = 0;
	*session = 0;
	if (ours) {
		ohtd_hex_text(session, raw, ID_BYTES);
		for (int i = 0; i < NUMBER_BYTES; i++)
			*generation = *generation << 8 | raw[ID_BYTES + i];
	}
	OPENSSL_cleanse(raw, sizeof(raw));
	return ours;
}
