// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define SIGNATURE_BYTES	64
#define HASH_BYTES	4	/* of a key, in front of its signatures */
#define ED25519		1	/* type of a key */
#define DASH		"\xe2\x80\x94 "
#define KEPT		"kept "	/* begins the line about records that are kept of those that were removed */

#define BASE64_BYTES(n_)	(((n_) + 2) / 3 * 4 + 1)

/**
 * struct key - a public key
 * @hash: of name and key, as signatures have it in front
 * @typed: ED25519 and the key itself
 */
struct key {
	unsigned char hash[HASH_BYTES];
	unsigned char typed[1 + OHT_SIGN_KEY_BYTES];
};

/* ---- base64 ---- */

static void write_base64(const void *data, size_t bytes, char *text)
{
	EVP_EncodeBlock((unsigned char *)text, data, (int)bytes);
}

/* Exactly @bytes out of the first @length characters, padded and in the only form. */
static bool read_base64(const char *text, size_t length, unsigned char *data, size_t bytes)
{
	unsigned char room[160];
	char again[200];
	int n;

	if (length + 1 != BASE64_BYTES(bytes) || length > sizeof(room))
		return false;
	n = EVP_DecodeBlock(room, (const unsigned char *)text, (int)length);
	if (n < (int)bytes)
		return false;
	write_base64(room, bytes, again);
	memcpy(data, room, bytes);
	return !strncmp(again, text, length);
}

/* ---- keys ---- */

/* SHA-256(name || "\n" || type || key), its first bytes. */
static bool hash_key(const char *name, struct key *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char hash[OHT_HASH_BYTES];
	bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
		    EVP_DigestUpdate(context, name, strlen(name)) && EVP_DigestUpdate(context, "\n", 1) &&
		    EVP_DigestUpdate(context, key->typed, sizeof(key->typed)) &&
		    EVP_DigestFinal_ex(context, hash, NULL);

	EVP_MD_CTX_free(context);
	if (done)
		memcpy(key->hash, hash, HASH_BYTES);
	return done;
}

static EVP_PKEY *private_of(const unsigned char *seed)
{
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, OHT_SIGN_KEY_BYTES);
}

static bool public_of(const unsigned char *seed, struct key *key)
{
	EVP_PKEY *pair = private_of(seed);
	size_t bytes = OHT_SIGN_KEY_BYTES;
	bool done = pair && EVP_PKEY_get_raw_public_key(pair, key->typed + 1, &bytes) == 1;

	EVP_PKEY_free(pair);
	key->typed[0] = ED25519;
	return done;
}

int oht_checkpoint_origin(const unsigned char seed[OHT_SIGN_KEY_BYTES], char origin[OHT_ORIGIN_BYTES])
{
	struct oht_hash hash;
	char text[OHT_HASH_HEX_BYTES];
	struct key key;

	if (!public_of(seed, &key) || !EVP_Digest(key.typed + 1, OHT_SIGN_KEY_BYTES, hash.bytes, NULL, EVP_sha256(), NULL))
		return -1;
	oht_hash_text(&hash, text);
	snprintf(origin, OHT_ORIGIN_BYTES, "oht/%.16s/audit", text);
	return 0;
}

static void write_verifier(const char *name, const struct key *key, char verifier[OHT_VERIFIER_BYTES])
{
	char text[BASE64_BYTES(1 + OHT_SIGN_KEY_BYTES)];

	write_base64(key->typed, sizeof(key->typed), text);
	snprintf(verifier, OHT_VERIFIER_BYTES, "%s+%02x%02x%02x%02x+%s", name, key->hash[0], key->hash[1],
		 key->hash[2], key->hash[3], text);
}

int oht_checkpoint_verifier(const unsigned char seed[OHT_SIGN_KEY_BYTES], const char *origin,
			    char verifier[OHT_VERIFIER_BYTES])
{
	struct key key;

	if (!public_of(seed, &key) || !hash_key(origin, &key))
		return -1;
	write_verifier(origin, &key, verifier);
	return 0;
}

/* False: it is none, or its hash is not that of its key. */
static bool read_verifier(const char *verifier, char name[OHT_ORIGIN_BYTES], struct key *key)
{
	const char *plus = strchr(verifier, '+');
	char hash[2 * HASH_BYTES + 1];

	if (!plus || plus == verifier || plus - verifier >= OHT_ORIGIN_BYTES || strlen(plus) < 10 || plus[9] != '+')
		return false;
	snprintf(name, OHT_ORIGIN_BYTES, "%.*s", (int)(plus - verifier), verifier);
	if (!read_base64(plus + 10, strlen(plus + 10), key->typed, sizeof(key->typed)) || key->typed[0] != ED25519 ||
	    !hash_key(name, key))
		return false;
	snprintf(hash, sizeof(hash), "%02x%02x%02x%02x", key->hash[0], key->hash[1], key->hash[2], key->hash[3]);
	return !strncmp(hash, plus + 1, 2 * HASH_BYTES);
}

int oht_checkpoint_rename(const char *verifier, const char *ending, char renamed[OHT_VERIFIER_BYTES])
{
	char name[OHT_ORIGIN_BYTES], longer[OHT_ORIGIN_BYTES];
	struct key key;

	if (!read_verifier(verifier, name, &key) ||
	    snprintf(longer, sizeof(longer), "%s%s", name, ending) >= OHT_ORIGIN_BYTES || !hash_key(longer, &key))
		return -1;
	write_verifier(longer, &key, renamed);
	return 0;
}

/* ---- notes ---- */

static bool sign(const unsigned char *seed, const char *text, unsigned char signature[SIGNATURE_BYTES])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *pair = private_of(seed);
	size_t bytes = SIGNATURE_BYTES;
	bool done = context && pair && EVP_DigestSignInit(context, NULL, NULL, NULL, pair) == 1 &&
		    EVP_DigestSign(context, signature, &bytes, (const unsigned char *)text, strlen(text)) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pair);
	return done;
}

static bool is_signed(const struct key *key, const char *text, size_t bytes, const unsigned char *signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->typed + 1, OHT_SIGN_KEY_BYTES);
	bool done = context && public && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1 &&
		    EVP_DigestVerify(context, signature, SIGNATURE_BYTES, (const unsigned char *)text, bytes) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(public);
	return done;
}

int oht_checkpoint_sign(const unsigned char seed[OHT_SIGN_KEY_BYTES], const struct oht_checkpoint *checkpoint,
			char note[OHT_CHECKPOINT_BYTES])
{
	unsigned char signature[HASH_BYTES + SIGNATURE_BYTES];
	char root[BASE64_BYTES(OHT_HASH_BYTES)], text[BASE64_BYTES(sizeof(signature))];
	struct key key;
	int n;

	write_base64(&checkpoint->root, sizeof(checkpoint->root), root);
	n = snprintf(note, OHT_CHECKPOINT_BYTES, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->size, root);
	if (checkpoint->has_kept) {
		write_base64(&checkpoint->kept_root, sizeof(checkpoint->kept_root), root);
		n += snprintf(note + n, OHT_CHECKPOINT_BYTES - (size_t)n, KEPT "%" PRIu64 " %s\n", checkpoint->kept, root);
	}
	if (!public_of(seed, &key) || !hash_key(checkpoint->origin, &key) || !sign(seed, note, signature + HASH_BYTES))
		return -1;
	memcpy(signature, key.hash, HASH_BYTES);
	write_base64(signature, sizeof(signature), text);
	snprintf(note + n, OHT_CHECKPOINT_BYTES - (size_t)n, "\n" DASH "%s %s\n", checkpoint->origin, text);
	return 0;
}

/* Is one of the lines behind the text a good signature of the key? */
static bool has_signature(const char *line, const char *name, const struct key *key, const char *text, size_t bytes)
{
	unsigned char signature[HASH_BYTES + SIGNATURE_BYTES];
	size_t dash = strlen(DASH), length = strlen(name);

	for (; *line; line += *line == '\n') {
		size_t n = strcspn(line, "\n");

		if (n > dash + length + 1 && !strncmp(line, DASH, dash) && !strncmp(line + dash, name, length) &&
		    line[dash + length] == ' ' &&
		    read_base64(line + dash + length + 1, n - dash - length - 1, signature, sizeof(signature)) &&
		    !memcmp(signature, key->hash, HASH_BYTES) && is_signed(key, text, bytes, signature + HASH_BYTES))
			return true;
		line += n;
	}
	return false;
}

/* A number in its only form with @ending behind it; what follows, or NULL. */
static const char *read_size(const char *text, char ending, uint64_t *size)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 18 || text[digits] != ending || (*text == '0' && digits > 1))
		return NULL;
	*size = strtoull(text, NULL, 10);
	return text + digits + 1;
}

/* The line behind the root, if it is there: lines of other kinds may follow a root, too. */
static void read_kept(const char *line, struct oht_checkpoint *checkpoint)
{
	if (strncmp(line, KEPT, strlen(KEPT)) != 0)
		return;
	line = read_size(line + strlen(KEPT), ' ', &checkpoint->kept);
	checkpoint->has_kept = line && read_base64(line, strcspn(line, "\n"), checkpoint->kept_root.bytes, OHT_HASH_BYTES);
}

/* All lines up to @end. */
static bool read_text(const char *note, const char *end, struct oht_checkpoint *checkpoint)
{
	size_t n = strcspn(note, "\n");
	const char *line = note + n + 1;

	*checkpoint = (struct oht_checkpoint){ .size = 0 };
	if (!n || n >= OHT_ORIGIN_BYTES || line >= end)
		return false;
	snprintf(checkpoint->origin, sizeof(checkpoint->origin), "%.*s", (int)n, note);
	line = read_size(line, '\n', &checkpoint->size);
	if (!line)
		return false;
	n = strcspn(line, "\n");
	if (line + n + 1 > end || !read_base64(line, n, checkpoint->root.bytes, OHT_HASH_BYTES))
		return false;
	read_kept(line + n + 1, checkpoint);
	return true;
}

const char *oht_checkpoint_open(const char *note, const char *verifier, struct oht_checkpoint *checkpoint)
{
	const char *gap = strstr(note, "\n\n");
	char name[OHT_ORIGIN_BYTES];
	struct key key;

	if (!read_verifier(verifier, name, &key))
		return "the key is none of a checkpoint";
	if (!gap || !read_text(note, gap + 1, checkpoint))
		return "this is no checkpoint";
	if (strcmp(checkpoint->origin, name))
		return "the checkpoint is of another origin than the key";
	if (!has_signature(gap + 2, name, &key, note, (size_t)(gap + 1 - note)))
		return "no signature of the key";
	return NULL;
}
