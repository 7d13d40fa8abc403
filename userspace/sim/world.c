// SPDX-License-Identifier: GPL-2.0-or-later
/* Physics in fixed steps, so that the same seed and the same requests give the same run. */
#include "world.h"

#include <math.h>
#include <string.h>

#define STEP_NS			(OHT_SIM_STEP_MS * 1000000ull)
#define DOCKED_MM		5.0
/* Keeps the vehicle on its side of an obstacle. */
#define CONTACT_MM		1.0

void oht_sim_world_init(struct oht_sim_world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->rail.prng.state = seed;
	w->rail.docked = true;
	w->rail.obstacle_mm = NAN;
	w->rail.own_mm_s = NAN;
}

enum { NAME, DEVICE_ID, TYPE, SERIAL, STATUS, ERROR, RESET_ERRORS, REGISTERS };

static const char *const names[REGISTERS + 1] = {
	"module_name", "device_id", "module_type", "serial_number", "system_status",
	"system_error", "reset_error_command",
};

static void put_raw(struct oht_sim_model *m, unsigned int which, int64_t raw)
{
	oht_sim_bank_put(m->bank, m->reg[which], raw);
}

/* The block that every module has. */
static void identify(struct oht_sim_world *w, const struct oht_module *module,
		     struct oht_sim_bank *bank)
{
	struct oht_sim_model *m = &w->system[w->modules++];
	char tag[4] = "    ";

	memcpy(tag, module->name, strnlen(module->name, sizeof(tag)));
	/* First character in the high byte of the lower address. */
	oht_sim_model_bind(m, bank, names);
	put_raw(m, NAME, (int64_t)tag[2] << 24 | tag[3] << 16 | tag[0] << 8 | tag[1]);
	put_raw(m, DEVICE_ID, module->unit);
	put_raw(m, TYPE, module->type_code);
	put_raw(m, SERIAL, (int64_t)(oht_sim_prng_next(&w->rail.prng) % 1000000));
}

void oht_sim_world_add(struct oht_sim_world *w, const struct oht_module *module,
		       enum oht_profile profile, struct oht_sim_bank *bank)
{
	bool canonical = profile == OHT_PROFILE_CANONICAL;

	identify(w, module, bank);
	if (!strcmp(module->name, "power"))
		oht_sim_power_init(&w->power, bank);
	else if (!strcmp(module->name, "safety"))
		oht_sim_safety_init(&w->safety, bank);
	else if (!strcmp(module->name, "travel_motor") && canonical)
		oht_sim_drives_init(&w->drives, bank);
	else if (!strcmp(module->name, "travel_motor"))
		oht_sim_positioner_init(&w->positioner, bank);
	else if (!strcmp(module->name, "dock_location") && canonical)
		oht_sim_navigator_init(&w->navigator, bank);
	else if (!strcmp(module->name, "dock_location"))
		oht_sim_docker_init(&w->docker, bank);
}

double oht_sim_rail_min_mm(const struct oht_sim_rail *rail)
{
	return rail->obstacle_mm < rail->position_mm ? rail->obstacle_mm + CONTACT_MM :
							 OHT_SIM_RAIL_MIN_MM;
}

double oht_sim_rail_max_mm(const struct oht_sim_rail *rail)
{
	return rail->obstacle_mm >= rail->position_mm ? rail->obstacle_mm - CONTACT_MM :
							  OHT_SIM_RAIL_MAX_MM;
}

/* Wheels move the vehicle; a bumper at either end of the rail, and an obstacle, do not give way. */
static void step_rail(struct oht_sim_rail *rail, double speed_before_mm_s)
{
	double least = oht_sim_rail_min_mm(rail), most = oht_sim_rail_max_mm(rail);
	double wanted;

	rail->speed_mm_s = rail->wheel_mm_s * (1 - rail->slip_percent / 100) + rail->push_mm_s;
	wanted = rail->position_mm + rail->speed_mm_s * OHT_SIM_STEP_S;
	rail->position_mm = fmin(fmax(wanted, least), most);
	if (rail->position_mm != wanted)
		rail->speed_mm_s = 0;
	rail->accel_mm_s2 = (rail->speed_mm_s - speed_before_mm_s) / OHT_SIM_STEP_S;
	rail->docked = fabs(rail->position_mm) <= DOCKED_MM && rail->speed_mm_s == 0;
}

static void step_system(struct oht_sim_model *m)
{
	if (!oht_sim_asked(m, RESET_ERRORS))
		return;
	put_raw(m, STATUS, 0);
	put_raw(m, ERROR, 0);
}

static void step(struct oht_sim_world *w)
{
	double speed_before = w->rail.speed_mm_s;
	size_t i;

	for (i = 0; i < w->modules; i++)
		step_system(&w->system[i]);
	if (w->drives.m.bank)
		oht_sim_drives_step(&w->drives, &w->rail);
	if (w->positioner.m.bank)
		oht_sim_positioner_step(&w->positioner, &w->rail);
	step_rail(&w->rail, speed_before);
	if (w->power.m.bank)
		oht_sim_power_step(&w->power, &w->rail);
	if (w->safety.m.bank)
		oht_sim_safety_step(&w->safety, &w->rail);
	if (w->navigator.m.bank)
		oht_sim_navigator_step(&w->navigator, &w->rail);
	if (w->docker.m.bank)
		oht_sim_docker_step(&w->docker, &w->rail);
}

void oht_sim_world_advance(struct oht_sim_world *w, uint64_t now_ns)
{
	if (!w->next_ns)
		w->next_ns = now_ns;
	for (; w->next_ns <= now_ns; w->next_ns += STEP_NS)
		step(w);
}
