/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the far end of the line: units, their faults, the line in both directions.
 * Contexts: the simulator's one thread; time comes in as an argument, never from a clock.
 * Locks:    none.
 */
#ifndef OHT_SIM_STATION_H
#define OHT_SIM_STATION_H

#include "fault.h"
#include "framer.h"
#include "slave.h"
#include "training.h"
#include "world.h"

struct oht_sim_unit_stats {
	uint64_t requests;	/* addressed to it, broadcasts not counted */
	uint64_t replies;	/* put on the wire, spoiled ones included */
	uint64_t exceptions;	/* of the replies */
	uint64_t suppressed;	/* by the faults silence, quiet and rest */
	uint64_t busy;		/* came while an earlier reply of this unit still waited: lost */
};

/**
 * struct oht_sim_unit - one simulated module
 * @module: what it is
 * @bank: its registers
 * @faults: its faults
 * @reply: waiting for its time
 * @reply_ns: when it starts; 0: none waits
 * @said_ns: end of the last one
 */
struct oht_sim_unit {
	const struct oht_module *module;
	struct oht_sim_bank bank;
	struct oht_sim_faults faults;
	struct oht_sim_reply reply;
	uint64_t reply_ns;
	uint64_t said_ns;
	struct oht_sim_unit_stats stats;
};

struct oht_sim_station {
	struct oht_sim_timing timing;
	enum oht_profile profile;
	uint64_t seed;
	struct oht_sim_framer framer;
	struct oht_sim_pacer pacer;
	struct oht_sim_world world;
	struct oht_sim_prng noise;	/* of the faults, apart from the physics' own */
	struct oht_sim_unit unit[OHT_SIM_MODULES_MAX];
	size_t units;
	struct oht_sim_unit training;	/* beside the modules, and none of them */
	unsigned int situation;		/* that stands, enum oht_training_situation */
	double charge_percent;		/* of the battery before OHT_TRAINING_BATTERY_LOW */
	uint64_t foreign;		/* whole frames to units that are not there */
	uint64_t broadcasts;
	uint64_t collisions;		/* bytes that came while we were sending: lost */
	uint64_t tx_bytes;
	uint64_t overruns;		/* of them, that the master's side did not take: lost */
};

/**
 * oht_sim_station_init() - a line with every module of the data on it
 * @station: filled; end with oht_sim_station_free()
 * @modmap: the modules; must outlive @station
 * @profile: layout of their registers
 * @timing: of the line
 * @seed: of all randomness
 *
 * Return: 0, -ENOMEM, or -E2BIG for more than OHT_SIM_MODULES_MAX modules.
 */
int oht_sim_station_init(struct oht_sim_station *station, const struct oht_modmap *modmap,
			 enum oht_profile profile, const struct oht_sim_timing *timing,
			 uint64_t seed);
void oht_sim_station_free(struct oht_sim_station *station);

/* The unit at a Modbus address, or NULL. */
struct oht_sim_unit *oht_sim_station_unit(struct oht_sim_station *station, unsigned int address);

/* Bytes from the master, arrived at @now_ns. */
void oht_sim_station_receive(struct oht_sim_station *station, const uint8_t *bytes, size_t len,
			     uint64_t now_ns);

/**
 * oht_sim_station_run() - do what is due
 * @station: the station
 * @now_ns: present time
 * @bytes: takes a pointer to bytes that are due to reach the master, good until the next call
 *
 * Call again until it returns 0, then not later than oht_sim_station_deadline_ns().
 *
 * Return: number of bytes, 0 for none.
 */
size_t oht_sim_station_run(struct oht_sim_station *station, uint64_t now_ns,
			   const uint8_t **bytes);

/* When oht_sim_station_run() has something to do next; OHT_SIM_NEVER if only bytes can tell. */
uint64_t oht_sim_station_deadline_ns(const struct oht_sim_station *station);

/* The line was cut: forgets half frames and replies on their way. Modules and faults stay. */
void oht_sim_station_cut(struct oht_sim_station *station);

#endif
