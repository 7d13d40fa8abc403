// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/actions.h"

#include <string.h>

const struct fleet_action_kind fleet_action_kinds[FLEET_ACTION_KINDS] = {
	[FLEET_STATE_REQUEST] = { "stateRequest", "Sends the state", .instant = true },
	[FLEET_FACTSHEET_REQUEST] = { "factsheetRequest", "Sends the factsheet", .instant = true },
	[FLEET_CLEAR_INSTANT_ACTIONS] = { "clearInstantActions", "Forgets instant actions that are over", .instant = true,
					  .only_3_0 = true },
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
