/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals in the form of the standard: type, level, and until when.
 *
 * Owns:     the list of refusals that stand.
 * Contexts: the program's one thread; does no I/O.
 * Locks:    none.
 */
#ifndef FLEET_ERRORS_H
#define FLEET_ERRORS_H

#include "oht-fleet/model.h"

enum fleet_refusal {
	FLEET_NOT_REFUSED,
	FLEET_VALIDATION_FAILURE,
	FLEET_UNSUPPORTED_PARAMETER,
	FLEET_INSUFFICIENT_MEMORY,
	FLEET_INVALID_ORDER_ACTION,
	FLEET_OUTDATED_ORDER_UPDATE,
	FLEET_SAME_ORDER_UPDATE_ID,
	FLEET_ORDER_UPDATE_FOLLOWING_CANCEL,
	FLEET_WRONG_STITCH,
	FLEET_OTHER_ORDER_ACTIVE,
	FLEET_START_NODE_OUT_OF_RANGE,
	FLEET_NO_ROUTE_TO_TARGET,
	FLEET_ROBOT_NOT_AVAILABLE,
	FLEET_UNKNOWN_MAP,
	FLEET_ORDER_ENDED,
	FLEET_NO_ORDER_TO_CANCEL,
	FLEET_INVALID_INSTANT_ACTION,
	FLEET_REFUSALS,
};

/* What ends a refusal. */
enum fleet_until { FLEET_UNTIL_ORDER, FLEET_UNTIL_INSTANT, FLEET_UNTIL_MODE };

struct fleet_errors {
	struct fleet_error list[FLEET_ERRORS_MAX];
	enum fleet_refusal what[FLEET_ERRORS_MAX];
	uint32_t count;
};

/**
 * fleet_errors_add() - a refusal that stands from now on
 * @errors: the list; the same refusal with the same description is there once, so what comes again fills nothing
 * @version: whose word is taken
 * @what: the refusal
 * @description: for people
 *
 * Return: the error, to which references are added; never NULL: the oldest goes when the list is full.
 */
struct fleet_error *fleet_errors_add(struct fleet_errors *errors, enum fleet_version version, enum fleet_refusal what,
				     const char *description);

/* Says what the error is about. An empty value is left out. */
void fleet_error_refer(struct fleet_error *error, const char *key, const char *value);

/* All of @errors that last until this are over. */
void fleet_errors_end(struct fleet_errors *errors, enum fleet_until until);

#endif /* FLEET_ERRORS_H */
