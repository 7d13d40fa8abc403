/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the keys that sign tokens: the one in use, and those before it for as long as a token of theirs may live.
 * Contexts: any thread; the files: a thread that may wait for the disk.
 * Locks:    none; auth/token.c guards its ring.
 *
 * token.key in the state folder has the key in use, token.keys when it began and the keys before it. A new key is written into token.keys
 * first: a start between the two files goes on with the key of token.key.
 */
#ifndef OHTD_AUTH_TOKEN_RING_H
#define OHTD_AUTH_TOKEN_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "accounts/sessions.h"
#include "auth/token.h"

/**
 * struct ohtd_auth_ring_key - a key that signs or has signed
 * @raw: as the file has it
 * @key: that signs: @raw, or made of it and of the credential token.seal
 * @kid: names it in public
 * @since_s: of the key in use: wall clock of its beginning
 * @retired_s: wall clock of its end
 * @retired_boot_ms: the same on CLOCK_BOOTTIME of @boot_id
 * @boot_id: boot of its end
 */
struct ohtd_auth_ring_key {
	unsigned char raw[OHTD_TOKEN_KEY_BYTES];
	unsigned char key[OHTD_TOKEN_KEY_BYTES];
	char kid[OHTD_TOKEN_KID_BYTES];
	int64_t since_s;
	int64_t retired_s;
	int64_t retired_boot_ms;
	char boot_id[OHTD_BOOT_ID_BYTES];
};

/* The first one signs. */
struct ohtd_auth_ring {
	unsigned int count;
	struct ohtd_auth_ring_key at[OHTD_TOKEN_KEYS_MAX];
};

/* A moment, as the ring judges by it. */
struct ohtd_auth_ring_moment {
	int64_t now_s;
	int64_t boot_ms;
	const char *boot_id;
};

/* Makes key and kid of @key->raw. @seal: OHTD_TOKEN_KEY_BYTES of the credential, or NULL. 0 or -EIO. */
int ohtd_auth_ring_derive(struct ohtd_auth_ring_key *key, const unsigned char *seal);

/* How long tokens of the key of place @i are taken, in ms: a refresh token lives as long as its session. INT64_MAX for the key in use. */
int64_t ohtd_auth_ring_left_ms(const struct ohtd_auth_ring *ring, unsigned int i, const struct ohtd_auth_ring_moment *at);

/* The end on CLOCK_BOOTTIME, in seconds, of access tokens of the key of place @i. */
int64_t ohtd_auth_ring_access_s(const struct ohtd_auth_ring *ring, unsigned int i, const struct ohtd_auth_ring_moment *at);

/* Takes out the keys whose tokens have all ended. True: there was one. */
bool ohtd_auth_ring_prune(struct ohtd_auth_ring *ring, const struct ohtd_auth_ring_moment *at);

/* Puts a random key in front. 0; -EBUSY: the keys before are all needed still; or -EIO. */
int ohtd_auth_ring_turn(struct ohtd_auth_ring *ring, const unsigned char *seal, const struct ohtd_auth_ring_moment *at);

/*
 * Reads token.keys of @dir into a ring of which the first place is filled. What belongs to another key than that is left out: without
 * token.key of before no session goes on. 0; 1: what the file has is to be written anew; or a negative errno, and then the ring has one
 * place. -EINVAL: the file makes no sense.
 */
int ohtd_auth_ring_read(struct ohtd_auth_ring *ring, const char *dir, const unsigned char *seal);

/* Writes token.keys, and with @key_too token.key behind it. 0 or a negative errno. */
int ohtd_auth_ring_write(const struct ohtd_auth_ring *ring, const char *dir, bool key_too);

#endif /* OHTD_AUTH_TOKEN_RING_H */
