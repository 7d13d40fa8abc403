// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/seal.h"

#include <string.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#define NONCE_BYTES	12
#define TAG_BYTES	16

_Static_assert(NONCE_BYTES + TAG_BYTES == OHTD_AUTH_SEAL_MORE, "nonce and tag");

static bool run_cipher(EVP_CIPHER_CTX *cipher, bool seal, const unsigned char *key, int64_t place, unsigned char *sealed,
		       unsigned char *secret, int bytes)
{
	unsigned char *body = sealed + NONCE_BYTES, *tag = body + bytes;
	const unsigned char *from = seal ? secret : body;
	int n;

	return EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, sealed, seal) == 1 &&
	       EVP_CipherUpdate(cipher, NULL, &n, (const unsigned char *)&place, sizeof(place)) == 1 &&
	       EVP_CipherUpdate(cipher, seal ? body : secret, &n, from, bytes) == 1 &&
	       (seal || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1) &&
	       EVP_CipherFinal_ex(cipher, seal ? body + n : secret + n, &n) == 1 &&
	       (!seal || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag) == 1);
}

static bool cipher(bool seal, const unsigned char *key, int64_t place, unsigned char *sealed, unsigned char *secret, size_t bytes)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool good = context && run_cipher(context, seal, key, place, sealed, secret, (int)bytes);

	EVP_CIPHER_CTX_free(context);
	return good;
}

bool ohtd_auth_seal_close(const unsigned char *key, int64_t place, const unsigned char *secret, size_t bytes, unsigned char *sealed)
{
	return RAND_bytes(sealed, NONCE_BYTES) == 1 && cipher(true, key, place, sealed, (unsigned char *)secret, bytes);
}

bool ohtd_auth_seal_open(const unsigned char *key, int64_t place, const unsigned char *sealed, size_t bytes, unsigned char *secret)
{
	return cipher(false, key, place, (unsigned char *)sealed, secret, bytes);
}

bool ohtd_auth_seal_derive(const unsigned char seal[OHTD_AUTH_SEAL_KEY_BYTES], const char *purpose, unsigned char key[OHTD_AUTH_SEAL_KEY_BYTES])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)seal, OHTD_AUTH_SEAL_KEY_BYTES),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)purpose, strlen(purpose)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	bool good = context && EVP_KDF_derive(context, key, OHTD_AUTH_SEAL_KEY_BYTES, params) == 1;

	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return good;
}
