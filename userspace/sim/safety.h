/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     physics of the safety module: distances, zones, inputs, relays.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_SAFETY_H
#define OHT_SIM_SAFETY_H

#include "model.h"

struct oht_sim_safety {
	struct oht_sim_model m;
	int relays;		/* relay_outputs as of the last step */
};

void oht_sim_safety_init(struct oht_sim_safety *safety, struct oht_sim_bank *bank);
void oht_sim_safety_step(struct oht_sim_safety *safety, struct oht_sim_rail *rail);

#endif
