// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/totp.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define DIGEST_BYTES	20
#define LETTER_BITS	5

void ohtd_auth_totp_text(char text[OHTD_AUTH_TOTP_TEXT_BYTES], const unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned int held = 0, bits = 0;

	for (int i = 0; i < OHTD_AUTH_TOTP_SECRET_BYTES; i++) {
		held = (held << 8 | secret[i]) & 0xfff;
		for (bits += 8; bits >= LETTER_BITS; bits -= LETTER_BITS)
			*text++ = letters[held >> (bits - LETTER_BITS) & 31];
	}
	*text = 0;
}

bool ohtd_auth_totp_read(char code[OHTD_AUTH_TOTP_DIGITS], const char *typed)
{
	int n = 0;

	for (; *typed; typed++) {
		if (*typed == ' ' || *typed == '-')
			continue;
		if (*typed < '0' || *typed > '9' || n == OHTD_AUTH_TOTP_DIGITS)
			return false;
		code[n++] = *typed;
	}
	return n == OHTD_AUTH_TOTP_DIGITS;
}

int ohtd_auth_totp_code(char code[OHTD_AUTH_TOTP_DIGITS], const unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES], int64_t step)
{
	unsigned char counter[8], digest[EVP_MAX_MD_SIZE];
	unsigned int bytes = 0;
	uint32_t number;
	size_t at;

	for (int i = 0; i < 8; i++)
		counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
	if (!HMAC(EVP_sha1(), secret, OHTD_AUTH_TOTP_SECRET_BYTES, counter, sizeof(counter), digest, &bytes) || bytes != DIGEST_BYTES)
		return -EIO;
	/* RFC 4226, 5.3: the last four bits say which 31 bits are the number. */
	at = digest[DIGEST_BYTES - 1] & 0xf;
	number = (uint32_t)(digest[at] & 0x7f) << 24 | (uint32_t)digest[at + 1] << 16 | (uint32_t)digest[at + 2] << 8 | digest[at + 3];
	for (int i = OHTD_AUTH_TOTP_DIGITS; i--; number /= 10)
		code[i] = (char)('0' + number % 10);
	OPENSSL_cleanse(digest, sizeof(digest));
	return 0;
}

int64_t ohtd_auth_totp_find(const unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES], const char code[OHTD_AUTH_TOTP_DIGITS],
			    int64_t now_s, int64_t last_step)
{
	int64_t now = now_s / OHTD_AUTH_TOTP_STEP_S, found = OHTD_AUTH_TOTP_NONE;
	char expected[OHTD_AUTH_TOTP_DIGITS];

	/* All three, whichever it is. */
	for (int64_t step = now + 1; step >= now - 1; step--)
		if (!ohtd_auth_totp_code(expected, secret, step) && !CRYPTO_memcmp(expected, code, sizeof(expected)) && step > last_step)
			found = step;
	OPENSSL_cleanse(expected, sizeof(expected));
	return found;
}
