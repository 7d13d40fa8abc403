/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the register memory of one simulated module.
 * Contexts: the simulator's one thread. Only init allocates.
 * Locks:    none.
 *
 * Three parties use it: the master (read, write: exceptions as a module has them), the physics of
 * the module (get, put, take) and a person who pins what the module would measure (pin, unpin).
 */
#ifndef OHT_SIM_BANK_H
#define OHT_SIM_BANK_H

#include "common/modmap.h"

/* Exception codes of the protocol (Modbus application protocol 1.1b3, chapter 7). */
enum oht_sim_exception {
	OHT_SIM_OK = 0,
	OHT_SIM_ILLEGAL_FUNCTION = 1,
	OHT_SIM_ILLEGAL_ADDRESS = 2,
	OHT_SIM_ILLEGAL_VALUE = 3,
};

struct oht_sim_cell {
	uint16_t word[OHT_REGISTER_WORDS_MAX];
	bool pinned;
};

/**
 * struct oht_sim_bank - registers and their content
 * @module: whose they are
 * @map: what they are
 * @cell: content, as many as @map->count
 * @gap_end: reads of addresses without a register answer 0 below this one; 0 in a profile whose
 *	modules answer exception 02 there
 * @deaf: a write is judged as ever, and nothing is stored
 */
struct oht_sim_bank {
	const struct oht_module *module;
	const struct oht_regmap *map;
	struct oht_sim_cell *cell;
	uint32_t gap_end;
	bool deaf;
};

/**
 * oht_sim_bank_init() - a module's memory as it is after power-on: defaults, else 0
 * @bank: filled; end with oht_sim_bank_free()
 * @module: whose registers
 * @profile: in which layout
 *
 * Return: 0 or -ENOMEM.
 */
int oht_sim_bank_init(struct oht_sim_bank *bank, const struct oht_module *module,
		      enum oht_profile profile);
void oht_sim_bank_free(struct oht_sim_bank *bank);

/* ---- the master ---- */

/* @count registers from @address. Commands (WO) read 0 once the module has taken them. */
enum oht_sim_exception oht_sim_bank_read(const struct oht_sim_bank *bank, uint16_t address,
					 unsigned int count, uint16_t *words);

/* All of them or none: 02 outside the map, for RO and for half a value, 03 outside min and max. */
enum oht_sim_exception oht_sim_bank_write(struct oht_sim_bank *bank, uint16_t address,
					  unsigned int count, const uint16_t *words);

/* ---- the module itself; @reg may be NULL for a register that its profile does not have ---- */

/* Raw value, or 0. */
int64_t oht_sim_bank_get(const struct oht_sim_bank *bank, const struct oht_register *reg);

/* Value in the unit of the register, or 0. */
double oht_sim_bank_value(const struct oht_sim_bank *bank, const struct oht_register *reg);

/* Stores the nearest raw value inside min and max, unless the register is pinned. */
void oht_sim_bank_put(struct oht_sim_bank *bank, const struct oht_register *reg, int64_t raw);
void oht_sim_bank_put_value(struct oht_sim_bank *bank, const struct oht_register *reg,
			    double value);

/* Has the master written 1 to this command since the last call? Clears it. */
bool oht_sim_bank_take(struct oht_sim_bank *bank, const struct oht_register *reg);

bool oht_sim_bank_pinned(const struct oht_sim_bank *bank, const struct oht_register *reg);

/* ---- a person ---- */

/**
 * oht_sim_bank_set() - change a register from outside the line
 * @raw: any value that the type can hold, also one outside min and max
 *
 * An RO register keeps the value against the physics until oht_sim_bank_unpin(); others are only
 * written, so that the module goes on from there.
 *
 * Return: 0, or -ERANGE when the type cannot hold @raw.
 */
int oht_sim_bank_set(struct oht_sim_bank *bank, const struct oht_register *reg, int64_t raw);
void oht_sim_bank_unpin(struct oht_sim_bank *bank, const struct oht_register *reg);

#endif
