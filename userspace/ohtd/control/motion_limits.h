/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a robot that stands takes of the configuration, limits of motion, stations, searched addresses and profiles,
 *           and the way for others: two blocks, of which one is in force and the other one is filled anew.
 * Contexts: init, begin, fini: main thread. Rules, take, ask, edge: control thread, without the lock. Offer:
 *           a worker. Copy: any thread but that.
 * Locks:    one mutex, for the copy of a block. The control thread never takes it: what it does is one
 *           exchange of one word.
 *
 * A block is offered by its number, and a command with that number makes the control thread take it at the
 * edge of a cycle, while nothing moves. A later offer withdraws one that has not been taken.
 */
#ifndef OHTD_CONTROL_MOTION_LIMITS_H
#define OHTD_CONTROL_MOTION_LIMITS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "robot/profiles.h"
#include "robot/rules.h"
#include "robot/searched.h"
#include "robot/stations.h"

struct ohtd_asked;
struct ohtd_control;
struct ohtd_model;

/**
 * struct ohtd_limits_change - a value that another block has otherwise
 * @rule: enum ohtd_rule
 * @profile: enum oht_profile, or OHTD_RULE_COMMON: the same of both
 * @before: in the block before
 * @now: in this one
 */
struct ohtd_limits_change {
	uint8_t rule;
	uint8_t profile;
	double before;
	double now;
};

/**
 * struct ohtd_limits_block - all limits, stations, searched addresses and profiles, and since when
 * @generation: number of the block: 1 is that of the start
 * @changes: of @change
 * @read_ns: when it was filled (CLOCK_MONOTONIC)
 * @table: the limits
 * @stations: named positions
 * @searched: addresses that are searched for modules
 * @profiles: of modules, as a person has set them
 * @change: what differs from the block that was in force when this one was offered
 */
struct ohtd_limits_block {
	uint32_t generation;
	uint32_t changes;
	uint64_t read_ns;
	struct ohtd_rule_table table;
	struct ohtd_stations stations;
	struct ohtd_searched searched;
	struct ohtd_profiles profiles;
	struct ohtd_limits_change change[OHTD_RULE_ROWS_MAX];
};

/**
 * struct ohtd_limits - both blocks
 * @lock: of readers of a block and of who fills one; not of the control thread
 * @word: which block is in force, whether the other one is offered, and the number of the newest reading
 */
struct ohtd_limits {
	pthread_mutex_t lock;
	_Atomic uint64_t word;
	struct ohtd_limits_block block[2];
};

/**
 * ohtd_limits_init() - read motion.csv and stations.csv
 * @limits: ended with ohtd_limits_fini() if this returns 0
 * @data_dir: folder; NULL for the one that the program was built for
 * @model: of that folder, for the addresses that are searched; NULL: 1 to 8
 * @now_ns: CLOCK_MONOTONIC
 * @error: one line on failure
 *
 * Return: 0 or a negative errno.
 */
int ohtd_limits_init(struct ohtd_limits *limits, const char *data_dir, const struct ohtd_model *model,
		     uint64_t now_ns, char error[OHT_ERROR_BYTES]);
void ohtd_limits_fini(struct ohtd_limits *limits);

/* Instead of what the files say, before the control thread has begun. */
void ohtd_limits_begin(struct ohtd_limits *limits, const struct ohtd_rule_table *table,
		       const struct ohtd_stations *stations, const struct ohtd_searched *searched, const struct ohtd_profiles *profiles);

/**
 * ohtd_limits_offer() - lay another block ready
 * @table: copied
 * @stations: copied; NULL: those in force
 * @searched: likewise
 * @profiles: likewise
 * @now_ns: CLOCK_MONOTONIC
 *
 * Return: the number of the block, for OHTD_COMMAND_LIMITS.
 */
uint32_t ohtd_limits_offer(struct ohtd_limits *limits, const struct ohtd_rule_table *table,
			   const struct ohtd_stations *stations, const struct ohtd_searched *searched,
			   const struct ohtd_profiles *profiles, uint64_t now_ns);

/* What the block of a reading has changed: how many, or -ENOENT when another one is in force by now. */
int ohtd_limits_changed(struct ohtd_limits *limits, uint32_t generation,
			struct ohtd_limits_change *changes);

/* The block in force. */
void ohtd_limits_copy(struct ohtd_limits *limits, struct ohtd_limits_block *block);

/* The stations of that block alone. */
void ohtd_limits_stations(struct ohtd_limits *limits, struct ohtd_stations *stations);

/* ---- control thread ---- */

/* The block in force; it stays as it is until another one is taken. */
const struct ohtd_limits_block *ohtd_limits_block(const struct ohtd_limits *limits);

/* The block of that reading is in force from now on; false: it is not offered any more. */
bool ohtd_limits_take(struct ohtd_limits *limits, uint32_t generation);

/* OHTD_COMMAND_LIMITS: it waits for the edge of the cycle. */
void ohtd_limits_ask(struct ohtd_control *control, const struct ohtd_asked *asked);

/* Between two cycles: takes what was asked for, or refuses it with all that is in the way. A trial takes nothing. */
void ohtd_limits_edge(struct ohtd_control *control);

/* Gives up the change of limits under way. */
void ohtd_limits_give_up(struct ohtd_control *control, unsigned int outcome, unsigned int code);

#endif
