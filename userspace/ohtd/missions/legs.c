// SPDX-License-Identifier: GPL-2.0-or-later
/* Legs that are no motion: what a leg waits for, a charge, and a register that is written. */
#include "missions/private.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "auth/keys.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/log.h"
#include "common/registers.h"
#include "control/lease.h"
#include "courses/courses.h"
#include "settings/write_right.h"

/* Heading of the routes by which a register is written: keys are kept for headings. */
#define TAG	"Modules"

/* ---- signals ---- */

/* Of this moment. Not a number: there is no good value. */
static double value_of(struct ohtd_missions *missions, unsigned int signal)
{
	const uint64_t now_ns = ohtd_clock_monotonic_ns(missions->setup.clock);
	struct ohtd_reading reading;

	ohtd_robot_look(missions->setup.robot, &missions->snapshot, now_ns, &missions->sight);
	reading = ohtd_telemetry_read(&missions->sight, signal);
	return reading.quality == OHTD_TELEMETRY_GOOD ? reading.value : NAN;
}

const char *ohtd_missions_awaited(struct ohtd_missions *missions, const struct ohtd_mission_leg *leg)
{
	int signal = *leg->signal ? ohtd_robot_signal_named(leg->signal) : 0;
	double value;

	if (!*leg->signal)
		return NULL;
	/* It was there when the leg was made; tables of the user have changed since. */
	if (signal < 0)
		return OHTD_MISSIONS_NO_SIGNAL;
	value = value_of(missions, (unsigned int)signal);
	/* A bound that is not a number bounds nothing; a value that is none is within no bounds. */
	return isnan(value) || value < leg->at_least || value > leg->at_most ? OHTD_MISSIONS_CONDITION : NULL;
}

/* ---- a charge ---- */

static bool has(const struct ohtd_why_list *why, unsigned int code)
{
	for (uint32_t i = 0; i < why->count && i < OHTD_WHY_MAX; i++)
		if (why->items[i].code == code)
			return true;
	return false;
}

const char *ohtd_missions_undocked(const struct ohtd_missions *missions)
{
	const struct ohtd_why_list *move = &missions->snapshot.why_not[OHTD_VERB_MOVE];

	if (has(move, OHTD_WHY_DOCK_UNKNOWN))
		return ohtd_why_name(OHTD_WHY_DOCK_UNKNOWN);
	return has(move, OHTD_WHY_DOCKED) ? NULL : ohtd_why_name(OHTD_WHY_NOT_DOCKED);
}

bool ohtd_missions_charged(const struct ohtd_missions *missions, const struct ohtd_mission_leg *leg)
{
	const struct ohtd_value *charge = &missions->snapshot.battery_percent;

	return charge->valid && charge->value >= leg->charge_percent;
}

/* ---- a register ---- */

static const struct oht_register *find_register(const struct ohtd_missions_setup *setup, const struct ohtd_snapshot *snapshot,
						const struct ohtd_mission_leg *leg)
{
	const struct ohtd_module_view *module = ohtd_snapshot_module(snapshot, (unsigned int)leg->address);
	const struct oht_regmap *map = module ? ohtd_robot_map(setup->robot, module->name, module->profile) : NULL;

	return map ? oht_regmap_find(map, leg->register_name) : NULL;
}

static const char *forbidden(const struct ohtd_missions_setup *setup, const struct ohtd_principal *who, const struct ohtd_mission_leg *leg,
			     const struct oht_register *reg)
{
	char unit[8];

	if (who->by_key && !ohtd_auth_keys_permit(ohtd_auth_keys_of(setup->auth), who, TAG, (unsigned int)leg->address))
		return OHTD_MISSIONS_KEY_SCOPE;
	snprintf(unit, sizeof(unit), "%u", (unsigned int)leg->address);
	if (ohtd_courses_lacks(setup->courses, who, OHTD_COURSES_MODULE, unit, NULL))
		return OHTD_MISSIONS_QUALIFICATION;
	if (reg->motion)
		return OHTD_MISSIONS_REGISTER_UNFIT;
	switch (ohtd_settings_write_right(reg, who->role, ohtd_settings_layer(setup->settings))) {
	case OHTD_SETTINGS_WRITE_MAY:
		return NULL;
	case OHTD_SETTINGS_WRITE_ROLE:
		return OHTD_MISSIONS_REGISTER_ROLE;
	default:
		return OHTD_MISSIONS_REGISTER_UNFIT;
	}
}

/* @command: all but who asks. The word of why not; NULL: it may. */
static const char *make_write(const struct ohtd_missions_setup *setup, const struct ohtd_snapshot *snapshot, const struct ohtd_principal *who,
			      const struct ohtd_mission_leg *leg, struct ohtd_command *command)
{
	const struct oht_register *reg = find_register(setup, snapshot, leg);
	const char *why = reg ? forbidden(setup, who, leg, reg) : OHTD_MISSIONS_NO_REGISTER;
	int64_t raw;

	if (why)
		return why;
	if (oht_register_raw(reg, leg->value, &raw) || !oht_register_takes(reg, raw) || oht_register_encode(reg, raw, command->words))
		return OHTD_MISSIONS_REGISTER_VALUE;
	command->kind = OHTD_COMMAND_WRITE;
	command->unit = (uint8_t)leg->address;
	command->address = reg->address;
	command->count = reg->words;
	command->generation = ohtd_snapshot_module(snapshot, command->unit)->generation;
	return NULL;
}

const char *ohtd_missions_write_refused(struct ohtd_missions *missions, const struct ohtd_snapshot *snapshot, const struct ohtd_principal *who,
					const struct ohtd_mission_leg *leg)
{
	struct ohtd_command command = { 0 };

	return make_write(&missions->setup, snapshot, who, leg, &command);
}

/* Another person is in control or works by hand: a mission changes nothing beside them. */
static const char *disturbs(const struct ohtd_missions *missions)
{
	const struct ohtd_snapshot *robot = &missions->snapshot;

	if (robot->control.held && !ohtd_lease_is_of(&robot->control, &missions->person.by))
		return ohtd_why_name(OHTD_WHY_CONTROL_HELD);
	return robot->mode == OHTD_MODE_AUTOMATIC ? NULL : ohtd_why_name(OHTD_WHY_MODE);
}

void ohtd_missions_write(struct ohtd_missions *missions, struct ohtd_mission_leg *leg)
{
	const struct ohtd_principal *who = &missions->person.who;
	struct ohtd_command command = {
		.id = missions->order + 1, .tag = ohtd_principal_tag(who), .role = (uint8_t)who->role, .by = missions->person.by, .valid_ms = 2000,
		.heard = missions->reader.seen,
	};
	const char *why = disturbs(missions);

	if (!why)
		why = make_write(&missions->setup, &missions->snapshot, who, leg, &command);
	if (why) {
		ohtd_missions_hold(missions, why);
		return;
	}
	ohtd_missions_leg_to(missions, leg, OHTD_MISSION_LEG_RUNNING, "");
	if (ohtd_missions_keep(missions)) {
		ohtd_missions_hold(missions, OHTD_MISSIONS_STORE);
		return;
	}
	/* What came while the disk was written. */
	why = ohtd_robot_snapshot(missions->setup.robot, &missions->snapshot) ? ohtd_why_name(OHTD_WHY_BUSY) : ohtd_missions_prevented(missions);
	if (!why && ohtd_link_post(missions->setup.link, &command))
		why = ohtd_why_name(OHTD_WHY_BUSY);
	if (why) {
		ohtd_missions_hold(missions, why);
		return;
	}
	missions->order = command.id;
	missions->writes = true;
}

void ohtd_missions_written(struct ohtd_missions *missions, const struct ohtd_answer *answer)
{
	struct ohtd_mission_leg *leg = ohtd_missions_leg(missions);
	const char *why = answer->why.count ? ohtd_why_name(answer->why.items[0].code) : ohtd_why_name(OHTD_WHY_BUSY);

	missions->writes = false;
	/* It was cancelled meanwhile. */
	if (!leg || strcmp(leg->kind, "write") || strcmp(leg->state, OHTD_MISSION_LEG_RUNNING))
		return;
	if (answer->outcome == OHTD_OUTCOME_DONE && answer->verified != OHTD_VERIFIED_OTHER) {
		ohtd_log(OHTD_LOG_NOTICE, "missions", "register_written", "%s of unit %" PRId64 " by %s, mission %" PRId64, leg->register_name,
			 leg->address, missions->row.driven_by, leg->mission);
		ohtd_missions_pass_leg(missions, leg, OHTD_MISSION_LEG_FINISHED, "");
	} else if (answer->outcome == OHTD_OUTCOME_DONE) {
		ohtd_missions_fail_leg(missions, leg, OHTD_MISSIONS_NOT_HELD);
	} else if (answer->outcome == OHTD_OUTCOME_FAILED && !has(&answer->why, OHTD_WHY_STOPPED_MEANWHILE)) {
		ohtd_missions_fail_leg(missions, leg, why);
	} else {
		ohtd_missions_hold(missions, why);
	}
}
