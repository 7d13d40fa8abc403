/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the robot says of itself to a fleet.
 * Contexts: the program's one thread; does no I/O.
 * Locks:    none.
 */
#ifndef FLEET_FACTSHEET_H
#define FLEET_FACTSHEET_H

#include <json-c/json.h>

#include "oht-fleet/settings.h"

/* An object of the caller's without its header id and time, or NULL: out of memory. @robot: answer of GET robot/factsheet. */
struct json_object *fleet_factsheet_make(const struct fleet_settings *settings, const struct fleet_header *header, struct json_object *robot);

#endif /* FLEET_FACTSHEET_H */
