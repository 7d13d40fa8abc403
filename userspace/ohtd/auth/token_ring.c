// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/token_ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "auth/session.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/life.h"
#include "common/file.h"

#define KEY_FILE	"token.key"
#define RING_FILE	"token.keys"
#define RING_BYTES_MAX	4096
#define PATH_BYTES	320
#define KID_HALF	((OHTD_TOKEN_KID_BYTES - 1) / 2)
/* Keeps these two uses apart from all others. */
#define KID_PURPOSE	"ohtd token kid 1"
#define SEAL_PURPOSE	"ohtd token seal 1"

int ohtd_auth_ring_derive(struct ohtd_auth_ring_key *key, const unsigned char *seal)
{
	unsigned char text[sizeof(SEAL_PURPOSE) + OHTD_TOKEN_KEY_BYTES], digest[EVP_MAX_MD_SIZE];
	unsigned int bytes = 0;
	bool good = true;

	memcpy(key->key, key->raw, sizeof(key->key));
	if (seal) {
		memcpy(text, SEAL_PURPOSE, sizeof(SEAL_PURPOSE));
		memcpy(text + sizeof(SEAL_PURPOSE), key->raw, sizeof(key->raw));
		good = HMAC(EVP_sha256(), seal, OHTD_TOKEN_KEY_BYTES, text, sizeof(text), key->key, &bytes) &&
		       bytes == sizeof(key->key);
	}
	good = good && HMAC(EVP_sha256(), key->key, sizeof(key->key), (const unsigned char *)KID_PURPOSE, sizeof(KID_PURPOSE), digest, &bytes);
	if (good)
		ohtd_hex_text(key->kid, digest, KID_HALF);
	OPENSSL_cleanse(text, sizeof(text));
	return good ? 0 : -EIO;
}

/* ---- how long a key is needed ---- */

/* Within the boot of its end that clock counts; wall time only after a reboot, and never for longer than a whole life. */
int64_t ohtd_auth_ring_left_ms(const struct ohtd_auth_ring *ring, unsigned int i, const struct ohtd_auth_ring_moment *at)
{
	const struct ohtd_auth_ring_key *key = &ring->at[i];
	const int64_t life_ms = ohtd_life_s(OHTD_SESSION_LIFE_S) * 1000;
	int64_t left_ms;

	if (!i)
		return INT64_MAX;
	if (!strcmp(key->boot_id, at->boot_id))
		left_ms = key->retired_boot_ms + life_ms - at->boot_ms;
	else
		left_ms = (key->retired_s - at->now_s) * 1000 + life_ms;
	return left_ms < life_ms ? left_ms : life_ms;
}

int64_t ohtd_auth_ring_access_s(const struct ohtd_auth_ring *ring, unsigned int i, const struct ohtd_auth_ring_moment *at)
{
	const struct ohtd_auth_ring_key *key = &ring->at[i];

	if (!i)
		return INT64_MAX;
	return strcmp(key->boot_id, at->boot_id) ? 0 : key->retired_boot_ms / 1000 + OHTD_TOKEN_LIFE_S + 1;
}

bool ohtd_auth_ring_prune(struct ohtd_auth_ring *ring, const struct ohtd_auth_ring_moment *at)
{
	const unsigned int before = ring->count;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < before; i++)
		if (ohtd_auth_ring_left_ms(ring, i, at) > 0)
			ring->at[kept++] = ring->at[i];
	ring->count = kept;
	OPENSSL_cleanse(&ring->at[kept], (before - kept) * sizeof(ring->at[0]));
	return kept < before;
}

int ohtd_auth_ring_turn(struct ohtd_auth_ring *ring, const unsigned char *seal, const struct ohtd_auth_ring_moment *at)
{
	struct ohtd_auth_ring_key fresh = { .since_s = at->now_s };
	struct ohtd_auth_ring_key *last = &ring->at[0];

	if (ring->count == OHTD_TOKEN_KEYS_MAX)
		return -EBUSY;
	if (RAND_bytes(fresh.raw, sizeof(fresh.raw)) != 1 || ohtd_auth_ring_derive(&fresh, seal))
		return -EIO;
	last->retired_s = at->now_s;
	last->retired_boot_ms = at->boot_ms;
	snprintf(last->boot_id, sizeof(last->boot_id), "%s", at->boot_id);
	memmove(&ring->at[1], &ring->at[0], ring->count * sizeof(ring->at[0]));
	ring->at[0] = fresh;
	ring->count++;
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	return 0;
}

/* ---- the file: "now KID SINCE", then "old KEY SINCE ENDED ENDED_BOOT BOOT" for each key before ---- */

static bool take_old(const char *line, struct ohtd_auth_ring_key *key, const unsigned char *seal)
{
	char hex[2 * OHTD_TOKEN_KEY_BYTES + 1], boot_id[OHTD_BOOT_ID_BYTES];
	long long since_s, retired_s, boot_ms;
	int end = 0;
	bool good;

	_Static_assert(OHTD_TOKEN_KEY_BYTES == 32 && OHTD_BOOT_ID_BYTES == 37, "widths of the line");
	memset(key, 0, sizeof(*key));
	good = sscanf(line, "old %64[0-9a-f] %lld %lld %lld %36[0-9a-f-]%n", hex, &since_s, &retired_s, &boot_ms, boot_id, &end) == 5 &&
	       !line[end] && strlen(hex) == sizeof(hex) - 1 && ohtd_hex_read(key->raw, sizeof(key->raw), hex) &&
	       since_s >= 0 && retired_s >= 0 && retired_s < INT64_MAX / 4000 && boot_ms >= 0 && boot_ms < INT64_MAX / 4 &&
	       !ohtd_auth_ring_derive(key, seal);
	OPENSSL_cleanse(hex, sizeof(hex));
	if (!good)
		return false;
	key->since_s = since_s;
	key->retired_s = retired_s;
	key->retired_boot_ms = boot_ms;
	snprintf(key->boot_id, sizeof(key->boot_id), "%s", boot_id);
	return true;
}

/* What the file says of @ring->at[0], which it names or not. */
static int fit(struct ohtd_auth_ring *ring, const char *kid, int64_t since_s)
{
	struct ohtd_auth_ring_key *now = &ring->at[0];

	if (!strcmp(now->kid, kid)) {
		now->since_s = since_s;
		return 0;
	}
	for (unsigned int i = 1; i < ring->count; i++) {
		if (strcmp(ring->at[i].kid, now->kid))
			continue;
		/* The change was cut short between the two files: the key goes on. */
		now->since_s = ring->at[i].since_s;
		memmove(&ring->at[i], &ring->at[i + 1], (ring->count - i - 1) * sizeof(ring->at[0]));
		ring->count--;
		return 1;
	}
	ring->count = 1;
	return 1;
}

static int take_text(struct ohtd_auth_ring *ring, char *text, const unsigned char *seal)
{
	char kid[OHTD_TOKEN_KID_BYTES], *rest, *line = strtok_r(text, "\n", &rest);
	long long since_s;
	int end = 0;

	_Static_assert(OHTD_TOKEN_KID_BYTES == 17, "width in the line");
	if (!line || sscanf(line, "now %16[0-9a-f] %lld%n", kid, &since_s, &end) != 2 || line[end] || since_s < 0)
		return -EINVAL;
	while ((line = strtok_r(NULL, "\n", &rest))) {
		if (ring->count == OHTD_TOKEN_KEYS_MAX || !take_old(line, &ring->at[ring->count], seal))
			return -EINVAL;
		ring->count++;
	}
	return fit(ring, kid, since_s);
}

int ohtd_auth_ring_read(struct ohtd_auth_ring *ring, const char *dir, const unsigned char *seal)
{
	char path[PATH_BYTES], *text = NULL;
	size_t bytes = 0;
	int r;

	snprintf(path, sizeof(path), "%s/" RING_FILE, dir);
	r = ohtd_file_read_key(path, RING_BYTES_MAX, &text, &bytes);
	if (!r)
		r = memchr(text, 0, bytes) ? -EINVAL : take_text(ring, text, seal);
	if (text)
		OPENSSL_cleanse(text, bytes);
	free(text);
	if (r < 0) {
		OPENSSL_cleanse(&ring->at[1], sizeof(ring->at) - sizeof(ring->at[0]));
		ring->count = 1;
	}
	return r;
}

int ohtd_auth_ring_write(const struct ohtd_auth_ring *ring, const char *dir, bool key_too)
{
	char path[PATH_BYTES], text[RING_BYTES_MAX], hex[2 * OHTD_TOKEN_KEY_BYTES + 1];
	size_t n = (size_t)snprintf(text, sizeof(text), "now %s %lld\n", ring->at[0].kid, (long long)ring->at[0].since_s);
	int r;

	for (unsigned int i = 1; i < ring->count; i++) {
		const struct ohtd_auth_ring_key *key = &ring->at[i];

		ohtd_hex_text(hex, key->raw, sizeof(key->raw));
		n += (size_t)snprintf(text + n, sizeof(text) - n, "old %s %lld %lld %lld %s\n", hex, (long long)key->since_s,
				      (long long)key->retired_s, (long long)key->retired_boot_ms, key->boot_id);
	}
	snprintf(path, sizeof(path), "%s/" RING_FILE, dir);
	r = oht_file_replace(path, text, n, 0600);
	OPENSSL_cleanse(text, sizeof(text));
	OPENSSL_cleanse(hex, sizeof(hex));
	if (r || !key_too)
		return r;
	snprintf(path, sizeof(path), "%s/" KEY_FILE, dir);
	return oht_file_replace(path, ring->at[0].raw, sizeof(ring->at[0].raw), 0600);
}
