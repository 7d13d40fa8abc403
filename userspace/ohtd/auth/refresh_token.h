/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the form of refresh tokens: session, generation and 256 bits that prove both.
 * Contexts: any thread but the control thread.
 * Locks:    none.
 *
 * The proof is computed with the daemon's key, so a token is kept nowhere, not even its hash, and the
 * same generation is the same token each time: a lost answer can be given again.
 */
#ifndef OHTD_AUTH_REFRESH_TOKEN_H
#define OHTD_AUTH_REFRESH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "accounts/sessions.h"

struct ohtd_tokens;

#define OHTD_REFRESH_CHARS	72	/* 54 bytes in base64url */

/* 0, or -EIO when there is no cryptography. */
int ohtd_refresh_token_make(struct ohtd_tokens *tokens, const char *session,
			    int64_t generation, struct ohtd_secret *token);

/* False if @token was not made by us. @session: OHTD_SESSION_ID_BYTES. */
bool ohtd_refresh_token_read(struct ohtd_tokens *tokens, const struct ohtd_secret *token,
			     char *session, int64_t *generation);

#endif /* OHTD_AUTH_REFRESH_TOKEN_H */
