/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the table of actions that the robot knows: what the factsheet says of them, and what is done.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef FLEET_ACTIONS_H
#define FLEET_ACTIONS_H

#include <stdbool.h>

#include "oht-fleet/model.h"

enum fleet_action_number {
	FLEET_STATE_REQUEST,
	FLEET_FACTSHEET_REQUEST,
	FLEET_CLEAR_INSTANT_ACTIONS,
	FLEET_CANCEL_ORDER,
	FLEET_START_PAUSE,
	FLEET_STOP_PAUSE,
	FLEET_TRIGGER,
	FLEET_RETRY,
	FLEET_SKIP_RETRY,
	FLEET_START_HIBERNATION,
	FLEET_STOP_HIBERNATION,
	FLEET_DOCK,
	FLEET_UNDOCK,
	FLEET_WAIT,
	FLEET_WAIT_FOR_TRIGGER,
	FLEET_ACTION_KINDS,
};

/**
 * struct fleet_action_kind - an action
 * @type: as the standard names it
 * @summary: for people
 * @instant: comes by itself; else on a node
 * @only_3_0: 2.1 has no such action
 * @leg: of a mission, that an action on a node becomes
 * @parameter: the one that it may have, or NULL
 * @parameter_type: of its value, as the factsheet of each version says it
 * @parameter_optional: it may be left out
 */
struct fleet_action_kind {
	const char *type, *summary;
	bool instant, only_3_0;
	const char *leg;
	const char *parameter, *parameter_type[FLEET_VERSIONS];
	bool parameter_optional;
};

extern const struct fleet_action_kind fleet_action_kinds[FLEET_ACTION_KINDS];

/* Number of a kind, or FLEET_ACTION_KINDS: there is none of this name for this use in this version. */
enum fleet_action_number fleet_action_find(const char *type, bool instant, enum fleet_version version);

/**
 * fleet_action_triggers() - which triggers a waitForTrigger waits for
 * @action: the action
 * @version: 3.0 has a list of words, 2.1 one word
 * @by_fleet: out: the instant action trigger is one of them; else a person only
 *
 * Return: false: a word is none of FLEET_CONTROL and LOCAL, or the value has another form.
 */
bool fleet_action_triggers(const struct fleet_action *action, enum fleet_version version, bool *by_fleet);

#endif /* FLEET_ACTIONS_H */
