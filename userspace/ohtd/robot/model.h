/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the control thread knows about modules from the data files, prepared for its cycle:
 *           which registers mean what, how a profile is told, what a loss does.
 * Contexts: load and free: main thread. Everything else: any thread; constant after loading.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_MODEL_H
#define OHTD_ROBOT_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/command.h"
#include "common/modmap.h"
#include "robot/profiles.h"
#include "robot/snapshot.h"
#include "robot/user_maps.h"

#define OHTD_PROBES_MAX		4	/* of one module */
#define OHTD_WRITES_MAX		4
#define OHTD_CYCLE_MS		25	/* of control and of the plan of the bus */

/* Measured quantities that the control logic uses; rows of signals.csv name their registers. */
enum ohtd_signal {
	OHTD_SIGNAL_BATTERY_PERCENT,
	OHTD_SIGNAL_SAFETY_STATUS,
	OHTD_SIGNAL_SAFETY_STOP_INPUT,
	OHTD_SIGNAL_DISTANCE_1,
	OHTD_SIGNAL_DISTANCE_2,
	OHTD_SIGNAL_DISTANCE_3,
	OHTD_SIGNAL_DISTANCE_4,
	OHTD_SIGNAL_DRIVE_SPEED_1,
	OHTD_SIGNAL_DRIVE_SPEED_2,
	OHTD_SIGNAL_DRIVE_DIRECTION,
	OHTD_SIGNAL_SPEED_MM_S,
	OHTD_SIGNAL_POSITION_MM,
	OHTD_SIGNALS_NEEDED,
	/* The block begins with it. A module that answers this one alone does not show what the robot needs. */
	OHTD_SIGNAL_BATTERY_V = OHTD_SIGNALS_NEEDED,
	OHTD_SIGNALS_POLLED,
	/* Read with what the plan leaves, but before everything else there. */
	OHTD_SIGNAL_BATTERY_DEG_C = OHTD_SIGNALS_POLLED,	/* does not fit into the block of the others */
	OHTD_SIGNAL_STOP_ZONE_1,
	OHTD_SIGNAL_STOP_ZONE_2,
	OHTD_SIGNAL_STOP_ZONE_3,
	OHTD_SIGNAL_STOP_ZONE_4,
	OHTD_SIGNAL_DOCK_STATUS,	/* a number: OHTD_DOCK_STATUS_DOCKED is docked */
	OHTD_SIGNAL_DOCK_CONFIRMED,	/* 1 is docked */
	OHTD_SIGNAL_TAG_ID,		/* holds while OHTD_SIGNAL_TAG_PRESENT is 1: read by one request */
	OHTD_SIGNAL_TAG_PRESENT,
	OHTD_SIGNALS,
};

#define OHTD_DOCK_STATUS_DOCKED	4

/* Its name in signals.csv. */
const char *ohtd_signal_name(enum ohtd_signal signal);

/*
 * Set-points of the drive; rows of signals.csv name their registers, rows of plan.csv the cycles in
 * which they are written. A motor's direction follows its speed.
 */
enum ohtd_output {
	OHTD_OUTPUT_SPEED_1,
	OHTD_OUTPUT_DIRECTION_1,
	OHTD_OUTPUT_SPEED_2,
	OHTD_OUTPUT_DIRECTION_2,
	OHTD_OUTPUTS,
	OHTD_OUTPUT_NONE = OHTD_OUTPUTS,	/* a row of plan.csv that reads */
};

static inline bool ohtd_output_is_direction(unsigned int output)
{
	return output % 2;
}

/* That of the motor whose speed is @speed. */
static inline unsigned int ohtd_output_direction(unsigned int speed)
{
	return speed + 1;
}

/* Prepared writes to drive and charger; rows of telegrams.csv. */
enum ohtd_telegram {
	OHTD_TELEGRAM_STOP,
	OHTD_TELEGRAM_ZERO_SPEED,
	OHTD_TELEGRAM_DRIVE_SET,	/* settings of the drive that the control counts on */
	OHTD_TELEGRAM_DRIVE_ON,
	OHTD_TELEGRAM_CHARGE_OFF,
	OHTD_TELEGRAM_CHARGE_ON,
	OHTD_TELEGRAMS,
};

enum ohtd_probe_rule {
	OHTD_PROBE_NONZERO,	/* one of the words is not 0 */
	OHTD_PROBE_FALLING,	/* each word is below the one before */
};

/**
 * struct ohtd_probe - a row of probes.csv: registers whose values show one profile
 * @address: first register
 * @count: registers
 * @rule: enum ohtd_probe_rule: what their values must be
 * @shows: enum oht_profile, if they are
 * @each_sight: the other profile has none of these registers, so that they may contradict what the module showed before
 *
 * Values that are otherwise, and a refusal, show nothing: a module may answer 0, or refuse, for many reasons.
 */
struct ohtd_probe {
	uint16_t address;
	uint16_t count;
	uint8_t rule;
	uint8_t shows;
	bool each_sight;
};

/**
 * struct ohtd_cyclic - a row of plan.csv: how a module, or an output of it, stands in the plan
 * @period_cycles: due in every so many-th cycle
 * @phase_cycles: the first cycle in which it is due
 * @timeout_us: how long its answer is waited for there
 * @turnaround_us: what the arithmetic of the plan counts with
 * @loss: enum oht_cyclic_loss: what the bus itself does when it is silent
 * @loss_errors: so often on end
 * @output: enum ohtd_output
 */
struct ohtd_cyclic {
	uint16_t period_cycles;
	uint16_t phase_cycles;
	uint32_t timeout_us;
	uint32_t turnaround_us;
	uint8_t loss;
	uint8_t loss_errors;
	uint8_t output;
};

struct ohtd_write {
	uint16_t address;
	uint16_t value;
};

/**
 * struct ohtd_plan - how a module of one profile is read and written
 * @map: its registers; the order of all values
 * @signal: place of a signal's register in @map, -1 for none
 * @output: the same for an output
 * @shown: by place in @map: telemetry shows the register
 * @fault: places in @map of the registers that may say a fault of the module
 * @fault_count: how many of these there are
 * @watched: places in @map of the registers that may show that the robot must not go on as it does: a fault for which it stops, and what
 *	the drive must have (OHTD_TELEGRAM_DRIVE_SET, _ON)
 * @watched_count: how many of these there are
 * @writes: prepared writes
 */
struct ohtd_plan {
	const struct oht_regmap *map;
	int signal[OHTD_SIGNALS];
	int output[OHTD_OUTPUTS];
	bool shown[OHTD_REGISTERS_MAX];
	uint8_t fault[OHTD_REGISTERS_MAX];
	unsigned int fault_count;
	uint8_t watched[OHTD_REGISTERS_MAX];
	unsigned int watched_count;
	unsigned int write_count[OHTD_TELEGRAMS];
	struct ohtd_write writes[OHTD_TELEGRAMS][OHTD_WRITES_MAX];
};

/**
 * struct ohtd_kind - a row of modules.csv with what the other files say about it
 * @module: the row
 * @lost_ms: silent so long at standstill: lost
 * @lost_moving_ms: the same while moving
 * @escalate_ms: still lost so much later: emergency stop; 0 never
 * @cyclic: its row of plan.csv that reads
 * @probe: how its profile is found out: the first row that holds decides
 * @probes: rows of @probe; without any the module is canonical
 * @plan: by enum oht_profile
 */
struct ohtd_kind {
	const struct oht_module *module;
	uint32_t lost_ms;
	uint32_t lost_moving_ms;
	uint32_t escalate_ms;
	struct ohtd_cyclic cyclic;
	struct ohtd_probe probe[OHTD_PROBES_MAX];
	unsigned int probes;
	struct ohtd_plan plan[OHT_PROFILES];
};

/* A row of plan.csv, and whose it is. */
struct ohtd_planned {
	const struct ohtd_kind *kind;
	struct ohtd_cyclic cyclic;
};

struct ohtd_model {
	struct oht_modmap *modmap;
	struct ohtd_user_maps user;
	unsigned int count;
	struct ohtd_kind kinds[OHTD_KINDS_MAX];
	const struct ohtd_kind *drive;	/* that has outputs; NULL: there is none */
	unsigned int planned;
	struct ohtd_planned in_order[OHTD_KINDS_MAX + OHTD_OUTPUTS];	/* as on the wire */
	uint16_t device_id_address;	/* identification, the same in every module */
	uint16_t module_type_address;
	uint32_t timeout_max_ms;	/* longest response time-out of all modules */
	uint32_t timeout_min_ms;	/* shortest one */
};

/**
 * ohtd_model_load() - read and check modules, registers, signals, loss, plan, probes and telegrams
 * @data_dir: folder; NULL for the one that the program was built for
 * @user_dir: folder with register maps of the user, which need not be there; NULL: none
 * @error: one line on failure; nothing in @user_dir is one
 *
 * Return: NULL on failure, which errno tells, too; else end with ohtd_model_free().
 */
struct ohtd_model *ohtd_model_load(const char *data_dir, const char *user_dir,
				   char error[OHT_ERROR_BYTES]);

void ohtd_model_free(struct ohtd_model *model);

/* The kind of a type code, of a name, or expected at a unit address; NULL if there is none. */
const struct ohtd_kind *ohtd_model_by_type(const struct ohtd_model *model, uint16_t type_code);
const struct ohtd_kind *ohtd_model_by_name(const struct ohtd_model *model, const char *name);
const struct ohtd_kind *ohtd_model_by_unit(const struct ohtd_model *model, uint8_t unit);

#endif
