/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the registry of signals: what can be measured of the robot, and what each says now.
 * Contexts: any thread; pure functions over what is published: the control thread reads its own, others
 *           a copy.
 * Locks:    none.
 *
 * A new signal is a line of OHTD_TELEMETRY_LIST, and a row in telemetry.c that says where it is from.
 */
#ifndef OHTD_ROBOT_TELEMETRY_H
#define OHTD_ROBOT_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/modmap.h"
#include "robot/snapshot.h"


enum ohtd_telemetry_type {
	OHTD_TELEMETRY_NUMBER,
	OHTD_TELEMETRY_INTEGER,
	OHTD_TELEMETRY_BOOLEAN,
	OHTD_TELEMETRY_WORD,
	OHTD_TELEMETRY_TYPES,
};

/* Who knows it. */
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
	OHTD_TELEMETRY_NONE,	/* there is no value */
	OHTD_TELEMETRY_QUALITIES,
};

/* Name, type, unit and source of each, and what it is. The order is that of all answers. */
#define OHTD_TELEMETRY_LIST(X)									\
	X(state, WORD, "", CONTROL, "State of the robot")					\
	X(mode, WORD, "", CONTROL, "How the robot may be driven")				\
	X(position_mm, NUMBER, "mm", MODULE, "Position along the rail, as last read")		\
	X(position_estimate_mm, NUMBER, "mm", CONTROL,						\
	  "Position now: from what was last read and the speed since; bad: not to be trusted")	\
	X(speed_mm_s, NUMBER, "mm/s", MODULE, "Speed along the rail, positive forward")		\
	X(target_mm, NUMBER, "mm", CONTROL,							\
	  "Where the present command leads; none without such a command") \
	X(setpoint_mm, NUMBER, "mm", CONTROL,							\
	  "Position of the planned curve; none while the outputs are off") \
	X(setpoint_mm_s, NUMBER, "mm/s", CONTROL,						\
	  "Speed of the planned curve; none while the outputs are off")				\
	X(following_error_mm, NUMBER, "mm", CONTROL,						\
	  "Planned position minus estimated position; none while the outputs are off")		\
	X(override_percent, INTEGER, "%", CONTROL, "Speed override of moves and jogs")		\
	X(queue_length, INTEGER, "", CONTROL, "Commands that wait behind the present one")	\
	X(faults, INTEGER, "", CONTROL, "Entries of the fault list")				\
	X(safety_state, WORD, "", SAFETY, "State of the stop")					\
	X(enabled, BOOLEAN, "", SAFETY, "The outputs are on")					\
	X(channel_a_closed, BOOLEAN, "", SAFETY, "Channel a of the button is closed")		\
	X(channel_b_closed, BOOLEAN, "", SAFETY, "Channel b of the button is closed")		\
	X(enable_1, BOOLEAN, "", SAFETY, "Enable output 1 is driven")				\
	X(enable_2, BOOLEAN, "", SAFETY, "Enable output 2 is driven")				\
	X(battery_percent, NUMBER, "%", MODULE, "State of charge")				\
	X(battery_v, NUMBER, "V", MODULE, "Voltage of the battery")				\
	X(battery_a, NUMBER, "A", MODULE, "Current of the battery")				\
	X(battery_deg_c, NUMBER, "degC", MODULE, "Temperature of the battery")			\
	X(cell_max_v, NUMBER, "V", MODULE, "Highest voltage of a cell")				\
	X(cell_min_v, NUMBER, "V", MODULE, "Lowest voltage of a cell")				\
	X(charging, BOOLEAN, "", MODULE, "The battery is being charged")			\
	X(charger_v, NUMBER, "V", MODULE, "Output voltage of the charger")			\
	X(charger_a, NUMBER, "A", MODULE, "Output current of the charger")			\
	X(charger_deg_c, NUMBER, "degC", MODULE, "Temperature of the charger")			\
	X(rail_12v_v, NUMBER, "V", MODULE, "Voltage of the 12 V supply")			\
	X(rail_12v_a, NUMBER, "A", MODULE, "Current of the 12 V supply")			\
	X(distance_1_mm, NUMBER, "mm", MODULE, "Distance sensor 1")				\
	X(distance_2_mm, NUMBER, "mm", MODULE, "Distance sensor 2")				\
	X(distance_3_mm, NUMBER, "mm", MODULE, "Distance sensor 3")				\
	X(distance_4_mm, NUMBER, "mm", MODULE, "Distance sensor 4")				\
	X(safety_deg_c, NUMBER, "degC", MODULE, "Temperature of the safety module")		\
	X(safety_supply_v, NUMBER, "V", MODULE, "Supply voltage of the safety module")		\
	X(motor_1_percent, NUMBER, "%", MODULE, "Speed of motor 1, of its full speed, without direction") \
	X(motor_2_percent, NUMBER, "%", MODULE, "Speed of motor 2, of its full speed, without direction") \
	X(motor_mm_s, NUMBER, "mm/s", MODULE, "Speed that the drive reports, without direction") \
	X(motor_a, NUMBER, "A", MODULE, "Current of the drive")					\
	X(motor_v, NUMBER, "V", MODULE, "Supply voltage of the drive")				\
	X(motor_deg_c, NUMBER, "degC", MODULE, "Temperature of the drive")			\
	X(dock_distance_mm, NUMBER, "mm", MODULE, "Distance to the dock, as its sensor sees it") \
	X(tag, INTEGER, "", MODULE, "Number of the tag that was read last")			\
	X(power_health, WORD, "", BUS, "How the power module answers")				\
	X(safety_health, WORD, "", BUS, "How the safety module answers")			\
	X(travel_motor_health, WORD, "", BUS, "How the drive answers")				\
	X(dock_location_health, WORD, "", BUS, "How the module for dock and position answers")	\
	X(bus_load_percent, NUMBER, "%", BUS, "Share of all cycles that the plan takes")	\
	X(bus_load_worst_percent, NUMBER, "%", BUS, "Share of the fullest cycle that the plan takes") \
	X(bus_transfers, INTEGER, "", BUS, "Completed exchanges since the start")		\
	X(bus_errors, INTEGER, "", BUS, "Requests to modules that had no good answer, since the start") \
	X(bus_cycles_missed, INTEGER, "", BUS, "Cycles of the bus that were not begun")		\
	X(cycle_late_us, NUMBER, "us", CONTROL, "How late the last cycle of the control thread began") \
	X(cycle_late_max_us, NUMBER, "us", CONTROL, "How late one began at most, since the start") \
	X(cycles_missed, INTEGER, "", CONTROL, "Cycles of the control thread that came too late to begin")

#define OHTD_TELEMETRY_ENUM_(name_, ...)	OHTD_TELEMETRY_##name_,
enum ohtd_telemetry {
	OHTD_TELEMETRY_LIST(OHTD_TELEMETRY_ENUM_)
	OHTD_TELEMETRY_SIGNALS,
};

/**
 * struct ohtd_telemetry_info - what never changes of a signal
 * @name: with its unit at the end; [a-z0-9_]+
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

/* By enum ohtd_telemetry. */
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
