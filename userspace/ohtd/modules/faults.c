// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What modules say of their own faults: one judge over the column "fault" of registers.csv. A value stays what it is until another
 * one is read, so silence ends no fault; what the robot does is decided in control.c.
 */
#include "modules/modules.h"

static enum oht_fault fault_of(const struct ohtd_unit *unit, unsigned int place, int64_t *raw)
{
	const struct ohtd_register_value *value = &unit->values.values[place];
	const struct oht_register *reg = &unit->plan->map->reg[place];

	if (value->state != OHTD_REGISTER_OK)
		return OHT_FAULT_NONE;
	*raw = oht_register_decode(reg, value->words);
	return oht_register_fault(reg, *raw);
}

/* The gravest one; of several, that of the lowest address. */
static void look_at(struct ohtd_unit *unit)
{
	struct ohtd_module_view *view = &unit->view;
	unsigned int i;

	view->fault = OHT_FAULT_NONE;
	for (i = 0; unit->plan && !unit->quarantined && i < unit->plan->fault_count; i++) {
		unsigned int place = unit->plan->fault[i];
		int64_t raw = 0;
		enum oht_fault fault = fault_of(unit, place, &raw);

		if (fault <= view->fault)
			continue;
		view->fault = (uint8_t)fault;
		view->fault_place = (uint8_t)place;
		view->fault_raw = raw;
	}
}

void ohtd_module_faults_look(struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++)
		look_at(&modules->units[i]);
}

int ohtd_module_stops_by(const struct ohtd_unit *unit, uint64_t since_ns)
{
	unsigned int i;

	for (i = 0; unit->plan && !unit->quarantined && i < unit->plan->fault_count; i++) {
		unsigned int place = unit->plan->fault[i];
		int64_t raw;

		if (unit->values.values[place].time_ns >= since_ns && fault_of(unit, place, &raw) == OHT_FAULT_STOP)
			return (int)place;
	}
	return -1;
}
