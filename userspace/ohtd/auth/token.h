/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     access tokens (JWT, HS256 and nothing else), and the keys that sign.
 * Contexts: create, keep and destroy: main thread. Rotate and the tick: a thread that may wait for files. The rest: any thread but the
 *           control thread.
 * Locks:    one mutex around the keys, held for a copy; one around the files, held while they are written; that of the cache.
 */
#ifndef OHTD_AUTH_TOKEN_H
#define OHTD_AUTH_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/principal.h"

struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_tokens;

#define OHTD_TOKEN_LIFE_S	900
#define OHTD_TOKEN_LEEWAY_S	60
#define OHTD_TOKEN_BYTES_MAX	2048
#define OHTD_TOKEN_KEY_BYTES	32
#define OHTD_TOKEN_MAC_BYTES	32	/* SHA-256 */
#define OHTD_TOKEN_KID_BYTES	17	/* hexadecimal digits, and NUL */
/* Keys that sign or have signed what may still live. */
#define OHTD_TOKEN_KEYS_MAX	4
/* A key in use for so long is replaced by itself, where the time of day is kept right. */
#define OHTD_TOKEN_KEY_DAYS	90

enum ohtd_token_result {
	OHTD_TOKEN_GOOD,
	OHTD_TOKEN_EXPIRED,	/* signature good, but too old or of another boot */
	OHTD_TOKEN_REVOKED,	/* signature good, but the session has ended; see ohtd_auth_check() */
	OHTD_TOKEN_ELSEWHERE,	/* a key that is good, but not at this address */
	OHTD_TOKEN_INVALID,	/* anything else */
};

/**
 * ohtd_tokens_create() - take a key for signing and checking
 * @key: OHTD_TOKEN_KEY_BYTES at least; copied
 * @key_bytes: length of @key; a shorter key is refused
 * @clock: outlives the result
 *
 * Return: NULL with errno: EINVAL for a short key, ENOMEM, or why the boot id could not be read.
 */
struct ohtd_tokens *ohtd_tokens_create(const unsigned char *key, size_t key_bytes,
				       struct ohtd_clock *clock);
void ohtd_tokens_destroy(struct ohtd_tokens *tokens);

/**
 * ohtd_auth_tokens_keep() - have keys replaced, and take those that were before
 * @dir: state folder, which has token.key with the key of ohtd_tokens_create()
 * @seal: OHTD_TOKEN_KEY_BYTES that are not on the disk and go into each key; NULL: there are none
 *
 * A file of earlier keys that makes no sense is set aside: their tokens are refused.
 *
 * Return: 0, or -EIO.
 */
int ohtd_auth_tokens_keep(struct ohtd_tokens *tokens, const char *dir, const unsigned char *seal);

/**
 * ohtd_auth_tokens_rotate() - sign with another key from now on
 *
 * Tokens of the key before are taken until they end: access tokens for OHTD_TOKEN_LIFE_S, refresh tokens as long as a session lives.
 *
 * Return: 0; -EBUSY: OHTD_TOKEN_KEYS_MAX keys are needed still; or another negative errno, and then the key is the same as before.
 */
int ohtd_auth_tokens_rotate(struct ohtd_tokens *tokens);

/**
 * struct ohtd_auth_tokens_view - what is told of a key
 * @kid: its name in the header of tokens
 * @since_s: wall clock of its beginning
 * @left_ms: for how long its refresh tokens are taken; -1: it is the key that signs
 */
struct ohtd_auth_tokens_view {
	char kid[OHTD_TOKEN_KID_BYTES];
	int64_t since_s;
	int64_t left_ms;
};

/* All keys; the signing key comes first. @sealed: out: a credential is part of them. Returns their number. */
unsigned int ohtd_auth_tokens_look(struct ohtd_tokens *tokens, struct ohtd_auth_tokens_view views[OHTD_TOKEN_KEYS_MAX], bool *sealed);

/* Replaces a key that is in use for OHTD_TOKEN_KEY_DAYS. */
extern const struct ohtd_daemon_part ohtd_auth_tokens_part;
/* For it: to be called some times a second by one thread at a time. */
void ohtd_auth_tokens_tick(struct ohtd_tokens *tokens);

/* Identifies this boot of the machine; a token of another boot counts as expired. */
const char *ohtd_tokens_boot_id(const struct ohtd_tokens *tokens);

/**
 * ohtd_token_issue() - make an access token
 * @who: goes into it
 *
 * Good for OHTD_TOKEN_LIFE_S on CLOCK_BOOTTIME and, as a second check with leeway, in wall time.
 *
 * Return: malloc'd text, or NULL.
 */
char *ohtd_token_issue(struct ohtd_tokens *tokens, const struct ohtd_principal *who);

/**
 * ohtd_token_check() - check an access token
 * @text: as it was sent
 * @who: filled when the signature is good and all members have their types
 *
 * The signature is checked once per token while it is remembered (auth/token_cache.h), times at each
 * call. Whether the session lives is not looked at here.
 */
enum ohtd_token_result ohtd_token_check(struct ohtd_tokens *tokens, const char *text,
					struct ohtd_principal *who);

/**
 * ohtd_tokens_mac() - HMAC-SHA256 with the same key, for another purpose than access tokens
 * @purpose: a text that no other use has
 * @data: what is sealed
 * @bytes: of @data
 * @mac: out, OHTD_TOKEN_MAC_BYTES
 *
 * Return: 0 or -EIO.
 */
int ohtd_tokens_mac(struct ohtd_tokens *tokens, const char *purpose,
		    const unsigned char *data, size_t bytes, unsigned char *mac);

/* Is @mac that of one of the keys whose refresh tokens are taken? */
bool ohtd_auth_tokens_mac_is(struct ohtd_tokens *tokens, const char *purpose, const unsigned char *data, size_t bytes,
			const unsigned char *mac);

#endif /* OHTD_AUTH_TOKEN_H */
