// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The charge of the battery. Below one limit no leg begins but to dock and to charge. Below a lower one the robot goes to its dock by itself,
 * by a mission, while a person has released that.
 */
#include "missions/private.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/lease.h"
#include "robot/codes.h"
#include "store/store.h"

/* A turn that comes later says nothing of the time before. */
#define STEP_MAX_NS	OHTD_NS_PER_S

void ohtd_missions_look_at_limits(struct ohtd_missions *missions)
{
	if (missions->setup.settings)
		missions->battery = ohtd_settings_battery(missions->setup.settings);
}

static void follow(struct ohtd_missions *missions)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(missions->setup.clock), passed_ns = ohtd_since(now_ns, missions->charge_ns);
	const struct ohtd_value *charge = &missions->snapshot.battery_percent;
	double passed_s, percent = charge->valid ? charge->value : NAN;

	passed_s = (double)(!missions->charge_ns ? 0 : passed_ns < STEP_MAX_NS ? passed_ns : STEP_MAX_NS) / OHTD_NS_PER_S;
	missions->charge_ns = now_ns;
	ohtd_motion_charge_look(&missions->charge, passed_s, percent, missions->battery.min_percent);
	ohtd_motion_charge_look(&missions->to_dock, passed_s, percent, missions->battery.dock_percent);
}

const char *ohtd_missions_uncharged(const struct ohtd_missions *missions, const struct ohtd_mission_leg *leg)
{
	if (leg && (!strcmp(leg->kind, "dock") || !strcmp(leg->kind, "charge")))
		return NULL;
	/* Without a value the robot itself says what it refuses. */
	return missions->charge.state == OHTD_CHARGE_LOW ? OHTD_MISSIONS_BATTERY : NULL;
}

/* ---- to the dock ---- */

struct errand {
	struct ohtd_mission row;
	struct ohtd_mission_leg legs[2];
};

/* A way to the dock that is not over stays the only one. */
static int work_add(struct ohtd_db *db, void *arg)
{
	struct errand *errand = arg;
	int r = ohtd_missions_row_is_open(db, OHTD_MISSION_ERRAND);

	return r ? (r > 0 ? -EALREADY : r) : ohtd_mission_add(db, &errand->row, errand->legs);
}

static void make_leg(struct ohtd_mission_leg *leg, const char *kind, double charge_percent)
{
	*leg = (struct ohtd_mission_leg){
		.position_mm = NAN, .speed_mm_s = NAN, .at_least = NAN, .at_most = NAN, .charge_percent = charge_percent, .value = NAN,
		.state = OHTD_MISSION_LEG_WAITING, .on_failure = "hold",
	};
	snprintf(leg->kind, sizeof(leg->kind), "%s", kind);
}

static void go_to_dock(struct ohtd_missions *missions, const struct ohtd_missions_release *release)
{
	int64_t now_ns = ohtd_clock_wall_ns(missions->setup.clock);
	struct errand errand = {
		.row = {
			.name = "charge", .state = OHTD_MISSION_WAITING, .leg = 1, .legs = 2, .made_legs = 2, .through_leg = 2, .rounds = 1, .round = 1,
			.revision = 1, .schedule = OHTD_MISSION_ERRAND, .made_ns = now_ns, .changed_ns = now_ns,
		},
	};
	int r;

	snprintf(errand.row.made_by, sizeof(errand.row.made_by), "%s", release->person.who.user);
	make_leg(&errand.legs[0], "dock", NAN);
	make_leg(&errand.legs[1], "charge", missions->battery.charged_percent);
	r = ohtd_store_call(missions->setup.store, work_add, &errand);
	ohtd_missions_changed(missions);
	if (!r)
		r = ohtd_missions_begin_driving(missions, &release->person, &errand.row, &missions->heeded);
	if (!r)
		ohtd_log(OHTD_LOG_NOTICE, "missions", "goes_to_dock", "%.0f %% of charge, mission %" PRId64 ", released by %s", missions->to_dock.percent,
			 errand.row.id, release->person.who.user);
	else if (r != -EALREADY)
		ohtd_log(OHTD_LOG_WARNING, "missions", "does_not_go_to_dock", "%.0f %% of charge: %s", missions->to_dock.percent, strerror(-r));
	/* Tried once: what waits then is started by a person. */
	if (r)
		ohtd_missions_end_release(missions, OHTD_MISSION_ERRAND, r == -EALREADY ? OHTD_MISSIONS_DRIVEN : OHTD_MISSIONS_STORE);
}

void ohtd_missions_battery_step(struct ohtd_missions *missions)
{
	const struct ohtd_missions_release *release = ohtd_missions_release_of(missions, OHTD_MISSION_ERRAND);
	const struct ohtd_control_view *control = &missions->snapshot.control;
	const char *undocked;

	ohtd_missions_look_at_limits(missions);
	if (!(missions->battery.dock_percent > 0)) {
		ohtd_missions_end_release(missions, OHTD_MISSION_ERRAND, OHTD_MISSIONS_ERRAND_OFF);
		release = NULL;
	}
	if (!(missions->battery.min_percent > 0)) {
		missions->charge = missions->to_dock = (struct ohtd_motion_charge){ 0 };
		missions->charge_ns = 0;
		return;
	}
	follow(missions);
	undocked = ohtd_missions_undocked(missions);
	/* A mission that is driven comes to a hold before its next leg; the control of its session, or of another person, is waited for. */
	if (!release || !missions->begun || missions->row.id || missions->to_dock.state != OHTD_CHARGE_LOW || !ohtd_missions_rests(missions) ||
	    (control->held && !ohtd_lease_is_of(control, &release->person.by)) || !undocked || strcmp(undocked, ohtd_why_name(OHTD_WHY_NOT_DOCKED)) ||
	    ohtd_missions_forbidden(missions, &release->person, 0) || ohtd_missions_await_person(missions))
		return;
	go_to_dock(missions, release);
}
