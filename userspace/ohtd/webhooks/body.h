/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is sent to a webhook: headers and body in each of the formats.
 * Contexts: any thread.
 * Locks:    none.
 */
#ifndef OHTD_WEBHOOKS_BODY_H
#define OHTD_WEBHOOKS_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "sender/order.h"
#include "tables/webhooks.h"

struct ohtd_words;

enum ohtd_webhook_format {
	OHTD_WEBHOOK_OHT,
	OHTD_WEBHOOK_ALERTMANAGER,
	OHTD_WEBHOOK_NTFY,
};

/* As clients and the table name them. */
extern const struct ohtd_words ohtd_webhook_formats;
extern const struct ohtd_words ohtd_webhooks_events;

/**
 * ohtd_webhook_order() - make the request for a delivery
 * @order: out
 * @due: the delivery, and whom it is for
 * @host: name of this machine
 * @now_s: wall clock, for the signature
 *
 * The body depends on the delivery only: it is the same in each attempt.
 *
 * Return: false: it cannot be signed, or is too long.
 */
bool ohtd_webhook_order(struct sender_order *order, const struct ohtd_due *due, const char *host, int64_t now_s);

#endif /* OHTD_WEBHOOKS_BODY_H */
