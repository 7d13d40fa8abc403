/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     modules.csv and registers.csv: which modules there are and their registers per profile.
 * Contexts: loading at start only (allocates, reads files); look-ups anywhere, also in the control
 *           thread.
 * Locks:    none; everything is constant between load and free.
 */
#ifndef OHT_COMMON_MODMAP_H
#define OHT_COMMON_MODMAP_H

#include "common/csv.h"
#include "common/registers.h"
#include "common/signal_list.h"

/* Which of the two known register layouts a module has; found by probing or by configuration. */
enum oht_profile {
	OHT_PROFILE_CANONICAL,
	OHT_PROFILE_LEGACY,
};

#define OHT_PROFILES		2

/* Of texts for people, and of names; longer ones fit no table. */
#define OHT_LABEL_BYTES_MAX	60
#define OHT_UNIT_BYTES_MAX	16

/* What the loss of a module raises: estop_triggered, fault_detected, a speed limit, an alert. */
enum oht_loss_action {
	OHT_LOSS_ALERT,
	OHT_LOSS_SLOW,
	OHT_LOSS_STOP,
	OHT_LOSS_ESTOP,
};

/* As the kernel module has it. */
#define OHT_REST_MAX_MS	50

/**
 * struct oht_module - one row of modules.csv
 * @name: "power", "safety", "travel_motor", "dock_location"
 * @description: for people
 * @unit: Modbus unit address where it is expected, 1..247
 * @type_code: answer of register module_type; this decides what a unit is, not the address
 * @required: the robot may not leave init without it
 * @response_timeout_ms: from the end of our last stop bit to the first byte of the answer
 * @retries: attempts after the first
 * @poll_period_ms: how often it is read
 * @degrade_after_errors: consecutive failed polls until its health is "degraded"
 * @loss_action: when it counts as lost while moving
 * @loss_action_standing: when it counts as lost at standstill
 * @write_function: Modbus function by which one register is written: 6 or 16
 * @rest_ms: it hears nothing for so long behind its own answer
 * @firmware: least and greatest version of its firmware that is expected, as of register firmware_version
 * @map: its registers, by enum oht_profile
 */
struct oht_module {
	const char *name;
	const char *description;
	uint8_t unit;
	uint16_t type_code;
	bool required;
	unsigned int response_timeout_ms;
	unsigned int retries;
	unsigned int poll_period_ms;
	unsigned int degrade_after_errors;
	enum oht_loss_action loss_action;
	enum oht_loss_action loss_action_standing;
	uint8_t write_function;
	uint8_t rest_ms;
	uint16_t firmware[2];
	struct oht_regmap map[OHT_PROFILES];
};

struct oht_modmap;

/**
 * oht_modmap_load() - read and check modules.csv and registers.csv
 * @datadir: directory of both; NULL for the one this program was built for (OHT_DATADIR)
 * @modmap: takes the new map; end with oht_modmap_free()
 * @error: on failure one line "file:line: column: what is wrong: 'value'"
 *
 * Refused are unknown words, bad numbers, an address or name that occurs twice in an effective
 * map, a two-word register over its neighbour, min > max, a default outside them, limits that the
 * type cannot hold, a write level that does not fit the access, two modules on one unit address or
 * with one type code.
 *
 * Return: 0, -errno of the files, -EINVAL, -ENOMEM.
 */
int oht_modmap_load(const char *datadir, struct oht_modmap **modmap, char error[OHT_ERROR_BYTES]);

/* What a user may add: as many files, bytes of each, and registers that a module then has. */
#define OHT_ADDED_FILES_MAX	16
#define OHT_ADDED_BYTES_MAX	262144
#define OHT_ADDED_REGISTERS_MAX	128

/**
 * oht_modmap_add() - add registers of a user's file to the maps
 * @path: a table of the form of registers.csv
 * @complaints: hears of everything that is wrong; NULL: only the first is told
 * @registers: takes the number of rows that could be read
 * @error: on failure one line, with @complaints the last one; on success "" or one line about a column that is skipped
 *
 * The file is taken as a whole or not at all. Refused is what oht_modmap_load() refuses, so also a
 * register over one that is there, or of the same name. Also refused are a signal whose name is
 * taken, and a ninth signal. The caller holds no register of the map during the call.
 *
 * Return: 0, -EINVAL, -errno of the file, -ENOMEM.
 */
int oht_modmap_add(struct oht_modmap *modmap, const char *path, struct oht_complaints *complaints,
		   size_t *registers, char error[OHT_ERROR_BYTES]);

/**
 * struct oht_signal_row - a row of a table that is a signal of the history
 * @module: whose register it is
 * @in_profile: in which of its layouts
 * @reg: the register, as long as the map; @history is not NULL
 */
struct oht_signal_row {
	const char *module;
	bool in_profile[OHT_PROFILES];
	const struct oht_register *reg;
};

/* Puts all such rows into @rows, in the order of the tables, and returns how many there are. */
unsigned int oht_modmap_signals(const struct oht_modmap *modmap,
				struct oht_signal_row rows[OHT_OWN_SIGNALS_MAX]);

/* Frees the map and everything that was looked up in it; NULL is allowed. */
void oht_modmap_free(struct oht_modmap *modmap);

/* Number of modules, and the one at @index (0..count-1, in the order of modules.csv). */
size_t oht_modmap_count(const struct oht_modmap *modmap);
const struct oht_module *oht_modmap_module(const struct oht_modmap *modmap, size_t index);

/* The module expected at a unit address, of a type code, or called so; NULL if there is none. */
const struct oht_module *oht_modmap_by_unit(const struct oht_modmap *modmap, uint8_t unit);
const struct oht_module *oht_modmap_by_type(const struct oht_modmap *modmap, uint16_t type_code);
const struct oht_module *oht_modmap_by_name(const struct oht_modmap *modmap, const char *name);

/* "canonical" or "legacy"; and back, -EINVAL for any other word. */
const char *oht_profile_name(enum oht_profile profile);
int oht_profile_parse(const char *word, enum oht_profile *profile);

/* "alert", "slow", "stop" or "estop". */
const char *oht_loss_action_name(enum oht_loss_action action);

#endif
