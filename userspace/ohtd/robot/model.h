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

#include "command.h"
#include "common/modmap.h"
#include "snapshot.h"

#define OHTD_KINDS_MAX		8	/* modules in modules.csv */
#define OHTD_WRITES_MAX		4

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
	OHTD_SIGNALS,
};

/* Prepared writes to the drive; rows of telegrams.csv. */
enum ohtd_telegram {
	OHTD_TELEGRAM_STOP,
	OHTD_TELEGRAM_ZERO_SPEED,
	OHTD_TELEGRAMS,
};

/* When the answer to a profile probe means "legacy"; exception 02 always means "canonical". */
enum ohtd_probe_rule {
	OHTD_PROBE_ANSWERS,
	OHTD_PROBE_ALL_ZERO,
	OHTD_PROBE_STRICTLY_FALLING,
};

struct ohtd_probe {
	uint16_t address;
	uint16_t count;			/* 0: the module has no probe and is canonical */
	enum ohtd_probe_rule rule;
};

struct ohtd_write {
	uint16_t address;
	uint16_t value;
};

/**
 * struct ohtd_plan - how a module of one profile is read and written
 * @map: its registers; the order of all values
 * @signal: place of a signal's register in @map, -1 for none
 * @writes: prepared writes
 */
struct ohtd_plan {
	const struct oht_regmap *map;
	int signal[OHTD_SIGNALS];
	unsigned int write_count[OHTD_TELEGRAMS];
	struct ohtd_write writes[OHTD_TELEGRAMS][OHTD_WRITES_MAX];
};

/**
 * struct ohtd_kind - a row of modules.csv with what the other files say about it
 * @module: the row
 * @lost_ms: silent so long at standstill: lost
 * @lost_moving_ms: the same while moving
 * @escalate_ms: still lost so much later: emergency stop; 0 never
 * @probe: how its profile is found out
 * @plan: by enum oht_profile
 */
struct ohtd_kind {
	const struct oht_module *module;
	uint32_t lost_ms;
	uint32_t lost_moving_ms;
	uint32_t escalate_ms;
	struct ohtd_probe probe;
	struct ohtd_plan plan[OHT_PROFILES];
};

struct ohtd_model {
	struct oht_modmap *modmap;
	unsigned int count;
	struct ohtd_kind kinds[OHTD_KINDS_MAX];
	uint16_t device_id_address;	/* identification, the same in every module */
	uint16_t module_type_address;
	uint32_t timeout_max_ms;	/* longest response time-out of all modules */
	uint32_t timeout_min_ms;	/* shortest one */
};

/**
 * ohtd_model_load() - read and check modules, registers, signals, loss, probes and telegrams
 * @data_dir: folder; NULL for the one that the program was built for
 * @error: one line on failure
 *
 * Return: NULL on failure; else end with ohtd_model_free().
 */
struct ohtd_model *ohtd_model_load(const char *data_dir, char error[OHT_ERROR_BYTES]);

void ohtd_model_free(struct ohtd_model *model);

/* The kind of a type code, of a name, or expected at a unit address; NULL if there is none. */
const struct ohtd_kind *ohtd_model_by_type(const struct ohtd_model *model, uint16_t type_code);
const struct ohtd_kind *ohtd_model_by_name(const struct ohtd_model *model, const char *name);
const struct ohtd_kind *ohtd_model_by_unit(const struct ohtd_model *model, uint8_t unit);

#endif
