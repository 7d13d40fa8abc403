/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     signatures after Standard Webhooks 1.0, and their secrets, in clear and as they are kept.
 * Contexts: any thread.
 * Locks:    none.
 */
#ifndef OHTD_WEBHOOKS_SIGN_H
#define OHTD_WEBHOOKS_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "webhooks/rows.h"

#define OHTD_SIGNATURE_BYTES	48	/* "v1,", base64 of 32 bytes, NUL */

/* A new one: "whsec_" and base64. False: no random numbers. */
bool ohtd_webhook_secret_make(char secret[static OHTD_WEBHOOK_SECRET_BYTES]);

/* Of "MESSAGE.TIMESTAMP.BODY". False: @secret is none. */
bool ohtd_webhook_sign(const char *secret, const char *message, int64_t time_s, const char *body, size_t bytes,
		       char signature[static OHTD_SIGNATURE_BYTES]);

/*
 * Seals the secrets of @webhook that are in clear, bound to the webhook (its made_ns). @key: OHTD_AUTH_SEAL_KEY_BYTES; NULL: they stay in clear.
 * False: no random numbers, or a secret that is too long; @webhook is as it was.
 */
bool ohtd_webhooks_close(const unsigned char *key, struct ohtd_webhook_row *webhook);

/* The way back. False: another key has sealed one of them; @webhook is as it was. */
bool ohtd_webhooks_open(const unsigned char *key, struct ohtd_webhook_row *webhook);

/* Has it a secret that is kept in clear? */
bool ohtd_webhooks_is_clear(const struct ohtd_webhook_row *webhook);

#endif /* OHTD_WEBHOOKS_SIGN_H */
