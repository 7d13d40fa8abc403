/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the physics as a whole: one vehicle on its rail, four modules that feel it.
 * Contexts: the simulator's one thread; time comes in as an argument, never from a clock.
 * Locks:    none.
 */
#ifndef OHT_SIM_WORLD_H
#define OHT_SIM_WORLD_H

#include "dock.h"
#include "motor.h"
#include "power.h"
#include "safety.h"

/* Ends of the rail; the dock is at 0. Position registers end at 32767. */
#define OHT_SIM_RAIL_MIN_MM	(-6000.0)
#define OHT_SIM_RAIL_MAX_MM	32000.0

/* Ends of the free rail around the vehicle: the rail's own, or the obstacle's. */
double oht_sim_rail_min_mm(const struct oht_sim_rail *rail);
double oht_sim_rail_max_mm(const struct oht_sim_rail *rail);

/* Modules in one world: more than there are addresses for on a line of this size. */
#define OHT_SIM_MODULES_MAX	16

struct oht_sim_world {
	struct oht_sim_rail rail;
	struct oht_sim_model system[OHT_SIM_MODULES_MAX];	/* the block of every module */
	size_t modules;
	struct oht_sim_power power;
	struct oht_sim_drives drives;
	struct oht_sim_positioner positioner;
	struct oht_sim_safety safety;
	struct oht_sim_navigator navigator;
	struct oht_sim_docker docker;
	uint64_t next_ns;	/* when the next step is due; 0: not started */
};

/* An empty rail with the vehicle at the dock. */
void oht_sim_world_init(struct oht_sim_world *world, uint64_t seed);

/**
 * oht_sim_world_add() - give a module its identification and its physics
 * @world: after oht_sim_world_init()
 * @module: which one; a name without physics of its own is memory only
 * @profile: layout of its registers
 * @bank: its registers; must outlive @world
 *
 * At most OHT_SIM_MODULES_MAX of them.
 */
void oht_sim_world_add(struct oht_sim_world *world, const struct oht_module *module,
		       enum oht_profile profile, struct oht_sim_bank *bank);

/* Does every step that is due by @now_ns. The first call starts the physics' own time. */
void oht_sim_world_advance(struct oht_sim_world *world, uint64_t now_ns);

#endif
