/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     physics of the dock and location module, in the layout of either profile.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_DOCK_H
#define OHT_SIM_DOCK_H

#include "model.h"

/* Navigation and inertial sensors (canonical). */
struct oht_sim_navigator {
	struct oht_sim_model m;
	double offset_mm;	/* position as reported minus true position */
	int64_t reported;	/* raw position_x of the last step; another one was written */
	int64_t successes;
	bool was_docked;
};

void oht_sim_navigator_init(struct oht_sim_navigator *n, struct oht_sim_bank *bank);
void oht_sim_navigator_step(struct oht_sim_navigator *n, struct oht_sim_rail *rail);

/* Tag reader and proximity switches (legacy). */
struct oht_sim_docker {
	struct oht_sim_model m;
	double age_s;
	double tag_age_s;
	bool approaching;
};

void oht_sim_docker_init(struct oht_sim_docker *d, struct oht_sim_bank *bank);
void oht_sim_docker_step(struct oht_sim_docker *d, struct oht_sim_rail *rail);

#endif
