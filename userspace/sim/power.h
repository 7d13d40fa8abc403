/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     physics of the power module: battery, charger, rails.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_POWER_H
#define OHT_SIM_POWER_H

#include "model.h"

struct oht_sim_power {
	struct oht_sim_model m;
	double charge_percent;
	double current_a;	/* into the pack */
	double temperature_degc;
};

void oht_sim_power_init(struct oht_sim_power *power, struct oht_sim_bank *bank);
void oht_sim_power_step(struct oht_sim_power *power, struct oht_sim_rail *rail);

#endif
