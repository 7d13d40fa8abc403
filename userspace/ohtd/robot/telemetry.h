/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the registry of signals: what can be measured of the robot, and what each says now.
 * Contexts: any thread; pure functions over what is published: the control thread reads its own, others
 *           a copy.
 * Locks:    none.
 *
 * A new signal is a line of OHT_SIGNAL_LIST (common/signal_list.h), and a row in telemetry.c that says where it is from.
 * Those of the user's tables are taken once, at the start, before another thread looks at any; nothing changes after that.
 */
#ifndef OHTD_ROBOT_TELEMETRY_H
#define OHTD_ROBOT_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/modmap.h"
#include "common/signal_list.h"
#include "robot/snapshot.h"


enum ohtd_telemetry_type {
	OHTD_TELEMETRY_NUMBER,
	OHTD_TELEMETRY_INTEGER,
	OHTD_TELEMETRY_BOOLEAN,
	OHTD_TELEMETRY_WORD,
	OHTD_TELEMETRY_TYPES,
};

/* The part that knows the value. */
enum ohtd_telemetry_source {
	OHTD_TELEMETRY_CONTROL,
	OHTD_TELEMETRY_SAFETY,
	OHTD_TELEMETRY_BUS,
	OHTD_TELEMETRY_MODULE,
	OHTD_TELEMETRY_SOURCES,
};

enum ohtd_telemetry_quality {
	OHTD_TELEMETRY_GOOD,
	OHTD_TELEMETRY_OLD,	/* it has not been measured of late */
	OHTD_TELEMETRY_BAD,	/* it is out of range, or what it is made from is not to be trusted */
	OHTD_TELEMETRY_NONE,	/* there is no value, or the register says so */
	OHTD_TELEMETRY_QUALITIES,
};

#define OHTD_TELEMETRY_ENUM_(name_, ...)	OHTD_TELEMETRY_##name_,
/* Behind those that are built in there is room for those that the user's tables name: see ohtd_telemetry_count(). */
enum ohtd_telemetry {
	OHT_SIGNAL_LIST(OHTD_TELEMETRY_ENUM_)
	OHTD_TELEMETRY_BUILT_IN,
	OHTD_TELEMETRY_SIGNALS = OHTD_TELEMETRY_BUILT_IN + OHT_OWN_SIGNALS_MAX,
};

/**
 * struct ohtd_telemetry_info - what never changes of a signal
 * @name: [a-z0-9_]+; those that are built in have their unit at the end
 * @unit: "mm/s"; "" without one
 * @summary: one line for people
 * @type: enum ohtd_telemetry_type
 * @source: enum ohtd_telemetry_source
 */
struct ohtd_telemetry_info {
	const char *name;
	const char *unit;
	const char *summary;
	unsigned int type;
	unsigned int source;
};

/**
 * struct ohtd_telemetry_origin - where a signal is from; one of @read, @reg and @health says it
 * @read: out of the snapshot; not a number: there is no value
 * @module: name of the module that measures it, or NULL
 * @reg: name of its register by enum oht_profile; NULL: the profile has none
 * @health: it is the health of @module
 * @decimals: digits behind the point that say something
 * @min: lowest value; registers have a range of their own
 * @max: highest value; not above @min: there is no range
 * @word: of WORD: word of a value
 * @words: of WORD: how many there are
 */
struct ohtd_telemetry_origin {
	double (*read)(const struct ohtd_snapshot *snapshot);
	const char *module;
	const char *reg[OHT_PROFILES];
	bool health;
	unsigned int decimals;
	double min, max;
	const char *(*word)(unsigned int number);
	unsigned int words;
};

/**
 * struct ohtd_reading - what a signal says
 * @value: 0 and 1 of BOOLEAN, number of the word of WORD; not a number: there is none
 * @quality: enum ohtd_telemetry_quality
 * @time_ns: when it was measured, CLOCK_MONOTONIC; 0: there is no value
 */
struct ohtd_reading {
	double value;
	unsigned int quality;
	uint64_t time_ns;
};

/**
 * struct ohtd_telemetry_sight - the robot at a moment, with all registers
 * @snapshot: outlives it
 * @now_ns: CLOCK_MONOTONIC, from which ages count
 * @map: registers of snapshot->modules with the same index; NULL: not identified
 * @registers: their values
 */
struct ohtd_telemetry_sight {
	const struct ohtd_snapshot *snapshot;
	uint64_t now_ns;
	const struct oht_regmap *map[OHTD_MODULES_MAX];
	struct ohtd_registers registers[OHTD_MODULES_MAX];
};

/**
 * struct ohtd_telemetry_aim - where a signal is read from while the modules are what they are
 * @module: its index in the snapshot; -1: none
 * @reg: its register; NULL: none
 * @place: of @reg in the values of that module
 */
struct ohtd_telemetry_aim {
	int module;
	const struct oht_register *reg;
	size_t place;
};

/*
 * Takes the signals that tables of @modmap name, in place of those of a map before. At the start: no other thread may look at
 * a signal yet. @modmap need not outlive it.
 */
void ohtd_telemetry_take_own(const struct oht_modmap *modmap);

/* How many signals there are: those that are built in, and behind them those of the user's tables. */
unsigned int ohtd_telemetry_count(void);

#define OHTD_TELEMETRY_PLACE_BYTES	96

/* MODULE/REGISTER of a signal of the user's tables, in @place; "" of one that is built in. */
const char *ohtd_telemetry_place(unsigned int signal, char place[OHTD_TELEMETRY_PLACE_BYTES]);

/* A signal whose values are numbers, by its name: enum ohtd_telemetry, or the like of the user's tables. -ENOENT: there is none; -EDOM: it is a word. */
int ohtd_robot_signal_named(const char *name);

/* By enum ohtd_telemetry, below ohtd_telemetry_count(); the name of one above is NULL. */
const struct ohtd_telemetry_info *ohtd_telemetry_info(unsigned int signal);
const struct ohtd_telemetry_origin *ohtd_telemetry_origin(unsigned int signal);

/* Is @signal a word or a boolean? Its values are states: they have a duration, and no mean. */
bool ohtd_telemetry_is_state(unsigned int signal);

/* Searches by names: to be kept for as long as modules and @maps (one each) stay the same. */
struct ohtd_telemetry_aim ohtd_telemetry_aim(const struct ohtd_snapshot *snapshot,
					     const struct oht_regmap *const *maps,
					     unsigned int signal);

/* What @signal says. @registers: of aim->module; not looked at without a register. */
struct ohtd_reading ohtd_telemetry_read_at(const struct ohtd_snapshot *snapshot, uint64_t now_ns,
					   unsigned int signal,
					   const struct ohtd_telemetry_aim *aim,
					   const struct ohtd_registers *registers);

/*
 * As an integer: the value times 10^decimals of its origin, so that registers lose nothing. What is beyond
 * the limit, or no number, is cut to it.
 */
int64_t ohtd_telemetry_integer(unsigned int signal, double value, int64_t limit);

struct ohtd_reading ohtd_telemetry_read(const struct ohtd_telemetry_sight *sight,
					unsigned int signal);

/* The register that the signal is read from now; NULL: none, or its module is not identified. */
const struct oht_register *ohtd_telemetry_register(const struct ohtd_telemetry_sight *sight,
						   unsigned int signal);

const char *ohtd_telemetry_type_name(unsigned int type);
const char *ohtd_telemetry_source_name(unsigned int source);
const char *ohtd_telemetry_quality_name(unsigned int quality);

#endif /* OHTD_ROBOT_TELEMETRY_H */
