// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/errors.h"

#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

static const struct {
	const char *type[FLEET_VERSIONS];
	enum fleet_level level[FLEET_VERSIONS];
	enum fleet_until until;
} rows[FLEET_REFUSALS] = {
	[FLEET_VALIDATION_FAILURE] = { { "VALIDATION_FAILURE", "validationError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_UNSUPPORTED_PARAMETER] = { { "UNSUPPORTED_PARAMETER", "orderError" }, { FLEET_CRITICAL, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_INSUFFICIENT_MEMORY] = { { "INSUFFICIENT_MEMORY", "orderError" }, { FLEET_URGENT, FLEET_URGENT }, FLEET_UNTIL_ORDER },
	[FLEET_INVALID_ORDER_ACTION] = { { "INVALID_ORDER_ACTION", "orderError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_OUTDATED_ORDER_UPDATE] = { { "OUTDATED_ORDER_UPDATE", "orderUpdateError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_SAME_ORDER_UPDATE_ID] = { { "SAME_ORDER_UPDATE_ID", "orderUpdateError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_ORDER_UPDATE_FOLLOWING_CANCEL] = { { "ORDER_UPDATE_FOLLOWING_CANCEL", "orderUpdateError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_WRONG_STITCH] = { { "INVALID_ORDER_UPDATE", "orderUpdateError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_OTHER_ORDER_ACTIVE] = { { "OTHER_ORDER_ACTIVE", "orderUpdateError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_START_NODE_OUT_OF_RANGE] = { { "START_NODE_OUT_OF_RANGE", "orderError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_NO_ROUTE_TO_TARGET] = { { "NO_ROUTE_TO_TARGET", "orderError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_ROBOT_NOT_AVAILABLE] = { { "MOBILE_ROBOT_NOT_AVAILABLE", "orderError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_MODE },
	[FLEET_UNKNOWN_MAP] = { { "UNKNOWN_MAP_ID", "orderError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_ORDER_ENDED] = { { "ORDER_ENDED", "orderError" }, { FLEET_CRITICAL, FLEET_FATAL }, FLEET_UNTIL_ORDER },
	[FLEET_NO_ORDER_TO_CANCEL] = { { "NO_ORDER_TO_CANCEL", "noOrderToCancel" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_ORDER },
	[FLEET_INVALID_INSTANT_ACTION] = { { "INVALID_INSTANT_ACTION", "instantActionError" }, { FLEET_WARNING, FLEET_WARNING }, FLEET_UNTIL_INSTANT },
};

static void drop(struct fleet_errors *errors, uint32_t at)
{
	errors->count--;
	memmove(&errors->list[at], &errors->list[at + 1], (errors->count - at) * sizeof(errors->list[0]));
	memmove(&errors->what[at], &errors->what[at + 1], (errors->count - at) * sizeof(errors->what[0]));
}

struct fleet_error *fleet_errors_add(struct fleet_errors *errors, enum fleet_version version, enum fleet_refusal what,
				     const char *description)
{
	struct fleet_error *error;

	for (uint32_t i = 0; i < errors->count; i++)
		if (errors->what[i] == what && !strcmp(errors->list[i].description, description)) {
			drop(errors, i);
			break;
		}
	/* Room for what the robot itself has to say. */
	if (errors->count >= FLEET_ERRORS_MAX / 2)
		drop(errors, 0);
	errors->what[errors->count] = what;
	error = &errors->list[errors->count++];
	*error = (struct fleet_error){ .level = rows[what].level[version] };
	snprintf(error->type, sizeof(error->type), "%s", rows[what].type[version]);
	snprintf(error->description, sizeof(error->description), "%.*s", oht_utf8_cut(description, FLEET_TEXT_BYTES - 1), description);
	return error;
}

void fleet_error_refer(struct fleet_error *error, const char *key, const char *value)
{
	struct fleet_reference *reference = &error->references[error->reference_count];

	if (!*value || error->reference_count == FLEET_REFERENCES_MAX)
		return;
	snprintf(reference->key, sizeof(reference->key), "%s", key);
	snprintf(reference->value, sizeof(reference->value), "%.*s", oht_utf8_cut(value, FORM_PLACE_BYTES - 1), value);
	error->reference_count++;
}

void fleet_errors_end(struct fleet_errors *errors, enum fleet_until until)
{
	for (uint32_t i = errors->count; i-- > 0;)
		if (rows[errors->what[i]].until == until)
			drop(errors, i);
}
