// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/actions.h"

#include <string.h>

#include <json-c/json.h>

#define ALWAYS(type)	{ type, type }

const struct fleet_action_kind fleet_action_kinds[FLEET_ACTION_KINDS] = {
	[FLEET_STATE_REQUEST] = { "stateRequest", "Sends the state", .instant = true },
	[FLEET_FACTSHEET_REQUEST] = { "factsheetRequest", "Sends the factsheet", .instant = true },
	[FLEET_CLEAR_INSTANT_ACTIONS] = { "clearInstantActions", "Forgets instant actions that are over", .instant = true,
					  .only_3_0 = true },
	[FLEET_CANCEL_ORDER] = { "cancelOrder", "Stops the robot and gives the order up", .instant = true, .parameter = "orderId",
				 .parameter_type = ALWAYS("STRING"), .parameter_optional = true },
	[FLEET_START_PAUSE] = { "startPause", "The robot stands, and keeps its order", .instant = true },
	[FLEET_STOP_PAUSE] = { "stopPause", "The order goes on, also one that a stop or a fault has held", .instant = true },
	[FLEET_TRIGGER] = { "trigger", "Lets an order go on that waits for a trigger of the fleet", .instant = true, .only_3_0 = true },
	[FLEET_RETRY] = { "retry", "Does an action again that was interrupted", .instant = true, .only_3_0 = true, .parameter = "actionId",
			  .parameter_type = ALWAYS("STRING") },
	[FLEET_SKIP_RETRY] = { "skipRetry", "Gives an action up that was interrupted; the order goes on behind it", .instant = true,
			       .only_3_0 = true, .parameter = "actionId", .parameter_type = ALWAYS("STRING") },
	[FLEET_START_HIBERNATION] = { "startHibernation", "Ends the order, and says nothing more until stopHibernation", .instant = true,
				      .only_3_0 = true },
	[FLEET_STOP_HIBERNATION] = { "stopHibernation", "Ends the silence", .instant = true, .only_3_0 = true },
	[FLEET_DOCK] = { "dock", "Drives into the dock, where it charges", .leg = "dock" },
	[FLEET_UNDOCK] = { "undock", "Leaves the dock", .leg = "undock" },
	[FLEET_WAIT] = { "wait", "Stands for so many seconds", .leg = "wait", .parameter = "seconds", .parameter_type = ALWAYS("INTEGER") },
	[FLEET_WAIT_FOR_TRIGGER] = { "waitForTrigger", "Waits for the fleet's trigger (FLEET_CONTROL), or for a person at the robot (LOCAL)",
				     .leg = "acknowledge", .parameter = "triggerType", .parameter_type = { "ARRAY", "STRING" } },
};

enum fleet_action_number fleet_action_find(const char *type, bool instant, enum fleet_version version)
{
	enum fleet_action_number i;

	for (i = 0; i < FLEET_ACTION_KINDS; i++) {
		const struct fleet_action_kind *kind = &fleet_action_kinds[i];

		if (!strcmp(kind->type, type) && kind->instant == instant && (!kind->only_3_0 || version == FLEET_V3_0))
			break;
	}
	return i;
}

static bool is_trigger(struct json_object *word, bool *by_fleet)
{
	const char *text = json_object_is_type(word, json_type_string) ? json_object_get_string(word) : "";
	bool fleet = !strcmp(text, "FLEET_CONTROL");

	*by_fleet = *by_fleet || fleet;
	return fleet || !strcmp(text, "LOCAL");
}

static bool are_triggers(struct json_object *list, bool *by_fleet)
{
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++)
		if (!is_trigger(json_object_array_get_idx(list, i), by_fleet))
			return false;
	return count;
}

bool fleet_action_triggers(const struct fleet_action *action, enum fleet_version version, bool *by_fleet)
{
	struct json_object *value = json_tokener_parse(action->parameters[0].value);
	bool good;

	*by_fleet = false;
	good = version == FLEET_V3_0 ? are_triggers(value, by_fleet) : is_trigger(value, by_fleet);
	/* 2.1 has no instant action by which the fleet could do it. */
	good = good && (version == FLEET_V3_0 || !*by_fleet);
	json_object_put(value);
	return good;
}
