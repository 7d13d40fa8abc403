// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/actions.h"

#include <string.h>

const struct fleet_action_kind fleet_action_kinds[FLEET_ACTION_KINDS] = {
	[FLEET_STATE_REQUEST] = { "stateRequest", "Sends the state", .instant = true },
	[FLEET_FACTSHEET_REQUEST] = { "factsheetRequest", "Sends the factsheet", .instant = true },
	[FLEET_CLEAR_INSTANT_ACTIONS] = { "clearInstantActions", "Forgets instant actions that are over", .instant = true,
					  .only_3_0 = true },
	[FLEET_CANCEL_ORDER] = { "cancelOrder", "Stops the robot and gives the order up", .instant = true, .parameter = "orderId",
				 .parameter_type = "STRING", .parameter_optional = true },
	[FLEET_START_PAUSE] = { "startPause", "The robot stands, and keeps its order", .instant = true },
	[FLEET_STOP_PAUSE] = { "stopPause", "The order goes on, also one that a stop or a fault has held", .instant = true },
	[FLEET_DOCK] = { "dock", "Drives into the dock, where it charges", .leg = "dock" },
	[FLEET_UNDOCK] = { "undock", "Leaves the dock", .leg = "undock" },
	[FLEET_WAIT] = { "wait", "Stands for so many seconds", .leg = "wait", .parameter = "seconds", .parameter_type = "INTEGER" },
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
