// SPDX-License-Identifier: GPL-2.0-or-later
#include "people/device_key.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "base/hex.h"

#define DER_BYTES	91
#define HALF_BYTES	32
#define SIGNATURE_BYTES	(2 * HALF_BYTES)
#define WORDS		6
#define WORD_BITS	11

/* ---- public keys ---- */

/* Exactly @bytes of base64 with its padding, or false. */
static bool decode(const char *text, unsigned char *data, size_t bytes)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t letters = (8 * bytes + 5) / 6, all = (bytes + 2) / 3 * 4;
	unsigned char room[96];

	/* What OpenSSL would take besides is no form of ours: a key must have one text. */
	if (strlen(text) != all || strspn(text, alphabet) != letters || strspn(text + letters, "=") != all - letters ||
	    EVP_DecodeBlock(room, (const unsigned char *)text, (int)all) < (int)bytes)
		return false;
	memcpy(data, room, bytes);
	return true;
}

static bool is_p256(const EVP_PKEY *key)
{
	char group[32] = "";
	size_t n;

	return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
	       !strcmp(group, "prime256v1");
}

/* NULL: it is none. OpenSSL itself refuses a point that is not on the curve. */
static EVP_PKEY *read_key(const char *text)
{
	unsigned char der[DER_BYTES], *again = NULL;
	const unsigned char *at = der;
	EVP_PKEY *key = decode(text, der, sizeof(der)) ? d2i_PUBKEY(NULL, &at, sizeof(der)) : NULL;
	int bytes;
	bool good;

	if (!key)
		return NULL;
	/* One key has one DER, or it could be rejected and come again. */
	bytes = i2d_PUBKEY(key, &again);
	good = bytes == sizeof(der) && at == der + sizeof(der) && !memcmp(again, der, sizeof(der)) && is_p256(key);
	OPENSSL_free(again);
	if (good)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

const char *ohtd_people_device_key_unfit(const char *text)
{
	EVP_PKEY *key = read_key(text);

	EVP_PKEY_free(key);
	return key ? NULL : "is no public key on the curve P-256: SubjectPublicKeyInfo, DER in base64, 124 characters";
}

bool ohtd_people_device_print(const char *key, char print[OHTD_DEVICE_PRINT_BYTES])
{
	unsigned char der[DER_BYTES], digest[EVP_MAX_MD_SIZE];

	if (!decode(key, der, sizeof(der)) || EVP_Digest(der, sizeof(der), digest, NULL, EVP_sha256(), NULL) != 1)
		return false;
	ohtd_hex_text(print, digest, (OHTD_DEVICE_PRINT_BYTES - 1) / 2);
	return true;
}

void ohtd_people_device_words(const char *print, char words[OHTD_PEOPLE_DEVICE_WORDS_BYTES])
{
	static const char *const list[1 << WORD_BITS] = {
#include "people/device_words.def"
	};
	unsigned char digest[(OHTD_DEVICE_PRINT_BYTES - 1) / 2] = { 0 };
	size_t n = 0;

	ohtd_hex_read(digest, sizeof(digest), print);
	for (unsigned int word = 0; word < WORDS; word++) {
		unsigned int number = 0;

		for (unsigned int bit = word * WORD_BITS; bit < (word + 1) * WORD_BITS; bit++)
			number = number << 1 | (digest[bit / 8] >> (7 - bit % 8) & 1);
		n += (size_t)snprintf(words + n, OHTD_PEOPLE_DEVICE_WORDS_BYTES - n, "%s%s", word ? " " : "", list[number]);
	}
}

/* ---- challenges: nonce, end on CLOCK_BOOTTIME, and a MAC over both and the key ---- */

#define NONCE_BYTES	16
#define END_BYTES	8
#define MAC_BYTES	24
#define RAW_BYTES	(NONCE_BYTES + END_BYTES + MAC_BYTES)
#define TAKEN_MAX	1024
#define PRINT_BYTES	8	/* of a fingerprint: tells accepted devices apart */

_Static_assert(2 * RAW_BYTES + 1 == OHTD_PEOPLE_CHALLENGE_BYTES, "a challenge has its length");

struct taken {
	int64_t end_ms;
	unsigned char nonce[NONCE_BYTES];
	char print[PRINT_BYTES];
};

static struct {
	pthread_mutex_t lock;
	bool drawn;
	unsigned char key[32];
	struct taken taken[TAKEN_MAX];
	int64_t gone_ms;	/* no challenge that ends then or before is good: what was taken of them is not remembered any more */
} challenges = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool take_key(unsigned char key[32])
{
	bool drawn;

	pthread_mutex_lock(&challenges.lock);
	if (!challenges.drawn)
		challenges.drawn = RAND_bytes(challenges.key, sizeof(challenges.key)) == 1;
	drawn = challenges.drawn;
	memcpy(key, challenges.key, sizeof(challenges.key));
	pthread_mutex_unlock(&challenges.lock);
	return drawn;
}

static bool seal(const char *print, const unsigned char *raw, unsigned char mac[MAC_BYTES])
{
	unsigned char text[NONCE_BYTES + END_BYTES + OHTD_DEVICE_PRINT_BYTES], key[32], digest[EVP_MAX_MD_SIZE];
	unsigned int bytes = 0;
	bool good = take_key(key);

	memcpy(text, raw, NONCE_BYTES + END_BYTES);
	memcpy(text + NONCE_BYTES + END_BYTES, print, OHTD_DEVICE_PRINT_BYTES);
	good = good && HMAC(EVP_sha256(), key, sizeof(key), text, sizeof(text), digest, &bytes) && bytes >= MAC_BYTES;
	if (good)
		memcpy(mac, digest, MAC_BYTES);
	OPENSSL_cleanse(key, sizeof(key));
	return good;
}

static int64_t end_of(const unsigned char *raw)
{
	int64_t end_ms = 0;

	for (int i = 0; i < END_BYTES; i++)
		end_ms = end_ms << 8 | raw[NONCE_BYTES + i];
	return end_ms;
}

int ohtd_people_challenge_make(const char *print, int64_t boot_ms, char challenge[OHTD_PEOPLE_CHALLENGE_BYTES])
{
	const int64_t end_ms = boot_ms + OHTD_PEOPLE_CHALLENGE_MS;
	unsigned char raw[RAW_BYTES];

	if (RAND_bytes(raw, NONCE_BYTES) != 1)
		return -EIO;
	for (int i = 0; i < END_BYTES; i++)
		raw[NONCE_BYTES + i] = (unsigned char)((uint64_t)end_ms >> 8 * (END_BYTES - 1 - i));
	if (!seal(print, raw, raw + NONCE_BYTES + END_BYTES))
		return -EIO;
	ohtd_hex_text(challenge, raw, sizeof(raw));
	return 0;
}

static bool read_challenge(const char *challenge, unsigned char raw[RAW_BYTES])
{
	return strlen(challenge) == 2 * RAW_BYTES && ohtd_hex_read(raw, RAW_BYTES, challenge);
}

bool ohtd_people_challenge_is(const char *print, int64_t boot_ms, const char *challenge)
{
	unsigned char raw[RAW_BYTES], mac[MAC_BYTES];

	return read_challenge(challenge, raw) && seal(print, raw, mac) &&
	       !CRYPTO_memcmp(mac, raw + NONCE_BYTES + END_BYTES, sizeof(mac)) && boot_ms < end_of(raw);
}

/* With the lock. A place that is free, or else that of the challenge that ends first; NULL with @r: there is none, or it was taken. */
static struct taken *find_place(const char *print, int64_t boot_ms, const unsigned char *raw, int *r)
{
	struct taken *first = &challenges.taken[0];
	unsigned int of_device = 0;

	*r = -EALREADY;
	if (end_of(raw) <= challenges.gone_ms)
		return NULL;
	for (unsigned int i = 0; i < TAKEN_MAX; i++) {
		struct taken *taken = &challenges.taken[i];

		if (taken->end_ms < first->end_ms)
			first = taken;
		if (taken->end_ms <= boot_ms)
			continue;
		if (!memcmp(taken->nonce, raw, NONCE_BYTES))
			return NULL;
		of_device += !memcmp(taken->print, print, PRINT_BYTES);
	}
	*r = -EBUSY;
	return of_device < (first->end_ms > boot_ms ? OHTD_PEOPLE_TAKEN_SURELY : OHTD_PEOPLE_TAKEN_OF_DEVICE) ? first : NULL;
}

int ohtd_people_challenge_take(const char *print, int64_t boot_ms, const char *challenge)
{
	struct taken *place;
	unsigned char raw[RAW_BYTES];
	int r;

	if (!read_challenge(challenge, raw))
		return -EALREADY;
	pthread_mutex_lock(&challenges.lock);
	place = find_place(print, boot_ms, raw, &r);
	if (place) {
		if (place->end_ms > boot_ms)
			challenges.gone_ms = place->end_ms;
		place->end_ms = end_of(raw);
		memcpy(place->nonce, raw, NONCE_BYTES);
		memcpy(place->print, print, PRINT_BYTES);
		r = 0;
	}
	pthread_mutex_unlock(&challenges.lock);
	return r;
}

/* ---- signatures ---- */

/* Browsers have r and s one behind the other, OpenSSL wants DER. */
static int der_of(const unsigned char raw[SIGNATURE_BYTES], unsigned char **der)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, HALF_BYTES, NULL), *s = BN_bin2bn(raw + HALF_BYTES, HALF_BYTES, NULL);
	int bytes = -1;

	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		bytes = i2d_ECDSA_SIG(pair, der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return bytes;
}

bool ohtd_people_device_signed(const char *key_text, const char *challenge, const char *signature)
{
	unsigned char raw[SIGNATURE_BYTES], *der = NULL;
	char text[sizeof(OHTD_PEOPLE_DEVICE_PURPOSE) + OHTD_PEOPLE_CHALLENGE_BYTES];
	EVP_PKEY *key = read_key(key_text);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int bytes = key && context && decode(signature, raw, sizeof(raw)) ? der_of(raw, &der) : -1;
	bool good;

	snprintf(text, sizeof(text), "%s%s", OHTD_PEOPLE_DEVICE_PURPOSE, challenge);
	good = bytes > 0 && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(context, der, (size_t)bytes, (const unsigned char *)text, strlen(text)) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}
