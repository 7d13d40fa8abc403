// SPDX-License-Identifier: GPL-2.0-or-later
/* Situations for training, each made of what a line of command.c could make too. */
#include "training.h"

#include <math.h>
#include <string.h>

#include "common/training.h"
#include "station.h"

enum { MARK, KNOWN, NOW };

static struct oht_register registers[] = {
	[MARK] = { .address = OHT_TRAINING_MARK, .words = 1, .name = "mark", .label = "Mark", .unit = "", .description = "", .scale = 1,
	  .has_initial = true, .initial = OHT_TRAINING_MARK_VALUE },
	[KNOWN] = { .address = OHT_TRAINING_KNOWN, .words = 1, .name = "known", .label = "Known situations", .unit = "", .description = "", .scale = 1 },
	[NOW] = { .address = OHT_TRAINING_NOW, .words = 1, .access = OHT_ACCESS_RW, .name = "situation", .label = "Situation", .unit = "",
	  .description = "", .scale = 1, .has_min = true, .has_max = true, .max = OHT_TRAINING_SITUATIONS - 1 },
};

/* In the order of their names. */
static const struct oht_register *by_name[] = { &registers[KNOWN], &registers[MARK], &registers[NOW] };

#define MAP	{ .count = OHT_TRAINING_REGISTERS, .reg = registers, .by_name = by_name }

const struct oht_module oht_sim_training_module = {
	.name = "training", .description = "Situations for training", .unit = OHT_TRAINING_UNIT, .map = { MAP, MAP },
};

static struct oht_sim_unit *find(struct oht_sim_station *s, const char *name)
{
	for (size_t i = 0; i < s->units; i++)
		if (!strcmp(s->unit[i].module->name, name))
			return &s->unit[i];
	return NULL;
}

/* The first of @names that the module has, or NULL. */
static const struct oht_register *one_of(const struct oht_sim_unit *unit, const char *name, const char *other)
{
	const struct oht_register *reg = oht_regmap_find(unit->bank.map, name);

	return reg ? reg : oht_regmap_find(unit->bank.map, other);
}

/* ---- each situation: @on makes it, else undoes it. False: the modules do not allow it ---- */

static bool obstacle(struct oht_sim_station *s, bool on)
{
	struct oht_sim_rail *rail = &s->world.rail;
	double ahead = rail->position_mm + OHT_TRAINING_WAY_MM, behind = rail->position_mm - OHT_TRAINING_WAY_MM;

	rail->obstacle_mm = !on ? NAN : ahead < OHT_SIM_RAIL_MAX_MM - OHT_TRAINING_WAY_MM ? ahead : behind;
	return true;
}

static bool set_fault(struct oht_sim_station *s, const char *module, enum oht_sim_fault_kind kind, const struct oht_sim_fault *fault, bool on)
{
	struct oht_sim_unit *unit = find(s, module);

	if (unit)
		unit->faults.fault[kind] = on ? *fault : (struct oht_sim_fault){ 0 };
	return unit;
}

static bool silent_module(struct oht_sim_station *s, bool on)
{
	return set_fault(s, "travel_motor", OHT_SIM_FAULT_SILENCE, &(struct oht_sim_fault){ .on = true }, on);
}

static bool garbled_module(struct oht_sim_station *s, bool on)
{
	return set_fault(s, "dock_location", OHT_SIM_FAULT_CRC, &(struct oht_sim_fault){ .on = true }, on);
}

static bool hold(struct oht_sim_unit *unit, const struct oht_register *reg, int64_t raw, bool on)
{
	if (!reg)
		return false;
	if (on) {
		oht_sim_bank_set(&unit->bank, reg, raw);
		return true;
	}
	/* No physics may be behind it. */
	oht_sim_bank_unpin(&unit->bank, reg);
	oht_sim_bank_put(&unit->bank, reg, reg->has_initial ? reg->initial : 0);
	return true;
}

static bool stuck_button(struct oht_sim_station *s, bool on)
{
	struct oht_sim_unit *unit = find(s, "safety");

	return unit && hold(unit, oht_regmap_find(unit->bank.map, "estop_active"), 1, on);
}

static bool dock_unseen(struct oht_sim_station *s, bool on)
{
	struct oht_sim_unit *unit = find(s, "dock_location");

	return unit && hold(unit, one_of(unit, "docking_status", "dock_confirmed"), 0, on);
}

static bool battery_low(struct oht_sim_station *s, bool on)
{
	struct oht_sim_power *power = &s->world.power;

	if (!power->m.bank)
		return false;
	if (on) {
		s->charge_percent = power->charge_percent;
		power->charge_percent = fmin(power->charge_percent, OHT_TRAINING_CHARGE_PERCENT);
	} else {
		power->charge_percent = fmax(power->charge_percent, s->charge_percent);
	}
	return true;
}

static bool drive_ignores(struct oht_sim_station *s, bool on)
{
	struct oht_sim_fault fault = { .on = true };
	struct oht_sim_unit *unit = find(s, "travel_motor");
	static const char *const names[] = { "motor1_speed", "motor2_speed", "speed_target", "direction" };

	for (size_t i = 0; unit && i < sizeof(names) / sizeof(names[0]); i++) {
		const struct oht_register *reg = oht_regmap_find(unit->bank.map, names[i]);

		if (reg)
			fault.reg[fault.registers++] = reg;
	}
	return fault.registers && set_fault(s, "travel_motor", OHT_SIM_FAULT_IGNORE, &fault, on);
}

static bool (*const situations[OHT_TRAINING_SITUATIONS])(struct oht_sim_station *s, bool on) = {
	[OHT_TRAINING_OBSTACLE] = obstacle,
	[OHT_TRAINING_SILENT_MODULE] = silent_module,
	[OHT_TRAINING_STUCK_BUTTON] = stuck_button,
	[OHT_TRAINING_GARBLED_MODULE] = garbled_module,
	[OHT_TRAINING_BATTERY_LOW] = battery_low,
	[OHT_TRAINING_DOCK_UNSEEN] = dock_unseen,
	[OHT_TRAINING_DRIVE_IGNORES] = drive_ignores,
};

void oht_sim_training_begin(struct oht_sim_station *s)
{
	int64_t known = 0;

	for (unsigned int i = OHT_TRAINING_NONE + 1; i < OHT_TRAINING_SITUATIONS; i++)
		if (situations[i](s, false))
			known |= 1 << i;
	oht_sim_bank_put(&s->training.bank, &registers[KNOWN], known);
}

void oht_sim_training_follow(struct oht_sim_station *s)
{
	unsigned int wanted = (unsigned int)oht_sim_bank_get(&s->training.bank, &registers[NOW]);

	if (wanted == s->situation)
		return;
	if (s->situation)
		situations[s->situation](s, false);
	s->situation = wanted;
	if (wanted)
		situations[wanted](s, true);
}
