// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/code.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/hex.h"

/* 32 characters of which none looks like another one; I, L and O are read as the digits that they look like. */
int ohtd_auth_code_draw(char code[OHTD_CODE_CHARS])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char bytes[OHTD_CODE_CHARS];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -EIO;
	for (int i = 0; i < OHTD_CODE_CHARS; i++)
		code[i] = digits[bytes[i] % 32];
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return 0;
}

void ohtd_auth_code_text(char text[OHTD_CODE_TEXT_BYTES], const char code[OHTD_CODE_CHARS])
{
	snprintf(text, OHTD_CODE_TEXT_BYTES, "%.4s-%.4s-%.4s-%.4s", code, code + 4, code + 8, code + 12);
}

static char understand(char c)
{
	c = (char)toupper((unsigned char)c);
	return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

bool ohtd_auth_code_read(char code[OHTD_CODE_CHARS], const char *typed)
{
	int n = 0;

	for (; *typed; typed++) {
		if (*typed == '-' || *typed == ' ')
			continue;
		if (n == OHTD_CODE_CHARS)
			return false;
		code[n++] = understand(*typed);
	}
	return n == OHTD_CODE_CHARS;
}

int ohtd_auth_code_hash(const char *typed, char hash[OHTD_CODE_HASH_BYTES])
{
	char code[OHTD_CODE_CHARS];
	unsigned char digest[(OHTD_CODE_HASH_BYTES - 1) / 2];
	bool read = ohtd_auth_code_read(code, typed);
	int r = EVP_Digest(read ? code : typed, read ? sizeof(code) : strlen(typed), digest, NULL, EVP_sha256(), NULL);

	OPENSSL_cleanse(code, sizeof(code));
	ohtd_hex_text(hash, digest, sizeof(digest));
	return r == 1 ? 0 : -EIO;
}
