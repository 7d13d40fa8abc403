/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instant actions: what comes by itself on the topic of that name, and what becomes of it.
 *
 * Owns:     the list of instant actions in the state, and whether the vehicle hibernates.
 * Contexts: the program's one thread; waits for the disk.
 * Locks:    none.
 */
#ifndef FLEET_INSTANTS_H
#define FLEET_INSTANTS_H

#include "oht-fleet/vehicle.h"

/* A message of @bytes. While the vehicle hibernates only stopHibernation is heard. */
void fleet_instants_take(struct fleet_vehicle *vehicle, const char *text, size_t bytes);

/* Ends what is over by now. */
void fleet_instants_settle(struct fleet_vehicle *vehicle);

/* The message is of the version that is spoken here, and for this robot. */
bool fleet_instants_header_fits(const struct fleet_vehicle *vehicle, const struct fleet_header *header);

#endif /* FLEET_INSTANTS_H */
