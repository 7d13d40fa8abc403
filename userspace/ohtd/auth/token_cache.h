/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the last access tokens whose signature was good, and what they say.
 * Contexts: any thread but the control thread.
 * Locks:    its own mutex, for one comparison and one copy.
 *
 * What a token says never changes; whether it still counts does, so that is judged at each use and
 * nothing about it is kept here. A token gets in by its signature only, so nobody without the key
 * pushes another out.
 */
#ifndef OHTD_AUTH_TOKEN_CACHE_H
#define OHTD_AUTH_TOKEN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/token.h"

struct ohtd_token_cache;

/**
 * struct ohtd_claims - what an access token of ours says, all members of their types
 * @who: whose it is
 * @exp_s: wall time after which it is too old
 * @nbf_s: wall time before which it is not good yet
 * @iat_s: wall time of its issue
 * @boot_exp_s: CLOCK_BOOTTIME after which it is too old
 * @this_boot: issued since the machine was started
 */
struct ohtd_claims {
	struct ohtd_principal who;
	int64_t exp_s, nbf_s, iat_s, boot_exp_s;
	bool this_boot;
};

/* NULL: out of memory. */
struct ohtd_token_cache *ohtd_token_cache_create(void);
void ohtd_token_cache_destroy(struct ohtd_token_cache *cache);

/* True with @claims filled if exactly this text has been put. */
bool ohtd_token_cache_find(struct ohtd_token_cache *cache, const char *text,
			   struct ohtd_claims *claims);

/* Only with a signature that was checked. A text longer than any of ours is not kept. */
void ohtd_token_cache_put(struct ohtd_token_cache *cache, const char *text,
			  const struct ohtd_claims *claims);

/* Forgets all that was put. */
void ohtd_auth_token_cache_clear(struct ohtd_token_cache *cache);

#endif /* OHTD_AUTH_TOKEN_CACHE_H */
