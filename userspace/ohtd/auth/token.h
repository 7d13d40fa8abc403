/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     access tokens (JWT, HS256 and nothing else), and the key that signs.
 * Contexts: create and destroy: main thread. The rest: any thread but the control thread.
 * Locks:    none of its own; that of the cache.
 */
#ifndef OHTD_AUTH_TOKEN_H
#define OHTD_AUTH_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "auth/principal.h"

struct ohtd_clock;
struct ohtd_tokens;

#define OHTD_TOKEN_LIFE_S	900
#define OHTD_TOKEN_LEEWAY_S	60
#define OHTD_TOKEN_BYTES_MAX	2048
#define OHTD_TOKEN_KEY_BYTES	32
#define OHTD_TOKEN_MAC_BYTES	32	/* SHA-256 */

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
int ohtd_tokens_mac(const struct ohtd_tokens *tokens, const char *purpose,
		    const unsigned char *data, size_t bytes, unsigned char *mac);

#endif /* OHTD_AUTH_TOKEN_H */
