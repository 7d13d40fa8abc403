/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     signatures after Standard Webhooks 1.0, and their secrets.
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

#endif /* OHTD_WEBHOOKS_SIGN_H */
