/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an order is taken, as the standard wants it judged: form, content, whether it fits to the order in hand, whether the robot
 * can drive it.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread; does no I/O.
 * Locks:    none.
 */
#ifndef FLEET_JUDGE_H
#define FLEET_JUDGE_H

#include "oht-fleet/errors.h"
#include "oht-fleet/job.h"

/**
 * struct fleet_verdict - what is said of an order
 * @refusal: FLEET_NOT_REFUSED: it is taken
 * @again: the order is known, and nothing is to be done
 * @why: for people
 * @key: what the refusal is about, as errorReferences names it; NULL: the order
 * @value: of that
 */
struct fleet_verdict {
	enum fleet_refusal refusal;
	bool again;
	char why[FLEET_TEXT_BYTES];
	const char *key;
	char value[FORM_PLACE_BYTES];
};

/* What an order is judged by. @mode: enum fleet_mode; @hibernates: or will do so */
struct fleet_judge {
	const struct fleet_job *job;
	const struct fleet_settings *settings;
	const struct fleet_robot *robot;
	unsigned int mode;
	bool hibernates;
};

/* Why the robot takes no order whatever it says: FLEET_NOT_REFUSED: it takes one. */
struct fleet_verdict fleet_judge_availability(const struct fleet_judge *judge);

/* What form_read() found, as a refusal. */
struct fleet_verdict fleet_judge_form(const struct form_fault *fault);

/**
 * fleet_judge_order() - judge an order
 * @judge: by what
 * @order: read without a fault
 * @digest: out: of its content, without header
 */
struct fleet_verdict fleet_judge_order(const struct fleet_judge *judge, const struct fleet_order *order, char digest[FLEET_DIGEST_BYTES]);

#endif /* FLEET_JUDGE_H */
