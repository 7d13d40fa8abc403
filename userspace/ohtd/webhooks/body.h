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
#include "webhooks/rows.h"

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
 * struct ohtd_webhook_robot - which robot a message is of
 * @name: as people call it (/robot/name); a person may change it at any time
 * @host: name of this machine
 * @id: of robot.id: no other robot has it
 */
struct ohtd_webhook_robot {
	const char *name;
	const char *host;
	const char *id;
};

/**
 * ohtd_webhook_order() - make the request for a delivery
 * @order: out
 * @due: the delivery, and whom it is for
 * @robot: which robot it is of
 * @now_s: wall clock, for the signature
 *
 * The body depends on the delivery and the robot only: it is the same in each attempt, unless the robot gets another name.
 *
 * Return: false: it cannot be signed, or is too long.
 */
bool ohtd_webhook_order(struct sender_order *order, const struct ohtd_due *due, const struct ohtd_webhook_robot *robot,
			int64_t now_s);

#endif /* OHTD_WEBHOOKS_BODY_H */
