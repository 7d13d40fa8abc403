// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The free way: the safety module's distances and thresholds, and the speed that they permit. What is
 * not known counts as a thing in the way.
 */
#include <math.h>

#include "control/control.h"
#include "control/travel.h"

/* A reading as far as the sensor sees means that it sees nothing. */
#define SEES_NOTHING_MM	1.0
#define TURN_MM		1.0

static bool looks(const struct ohtd_travel *m, unsigned int sensor, int way)
{
	unsigned int ways = m->rules->clearance.sensor[sensor].ways;

	if (!way)
		return ways != 0;
	return ways & (way > 0 ? OHTD_CLEARANCE_FORWARD : OHTD_CLEARANCE_REVERSE);
}

/* Which way the axis goes, or will go: 1, -1, 0 neither. */
static int heading(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	double end_mm = isnan(m->land_mm) ? m->axis.target_mm : m->land_mm;
	double left_mm = end_mm - m->drive.position.estimate_mm;

	if (fabs(m->sample.point.speed_mm_s) >= OHTD_AXIS_CREEP_MM_S)
		return m->sample.point.speed_mm_s > 0 ? 1 : -1;
	if (m->axis.goal != OHTD_AXIS_GOAL_MOVE || fabs(left_mm) < TURN_MM)
		return 0;
	return left_mm > 0 ? 1 : -1;
}

/* What a sensor leaves before its stop zone. */
static double room_mm(const struct ohtd_way *way, unsigned int sensor)
{
	double room = way->reading_mm[sensor] - way->zone_mm[sensor];

	return isnan(room) ? -INFINITY : room;
}

/* 0: nothing is expected. */
static double expected_mm(const struct ohtd_control *control, unsigned int sensor)
{
	return ohtd_rule(&control->travel, OHTD_RULE_EXPECTED_ZONE_1_MM + sensor);
}

void ohtd_control_way_view(const struct ohtd_control *control, struct ohtd_robot_zones_view *view)
{
	*view = (struct ohtd_robot_zones_view){ 0 };
	for (unsigned int i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		double module_mm = control->travel.way.module_mm[i];

		if (expected_mm(control, i) <= 0 || isnan(module_mm) || fabs(module_mm - expected_mm(control, i)) < 1)
			continue;
		view->differ |= (uint8_t)(1u << i);
		view->expected_mm[i] = (uint16_t)expected_mm(control, i);
		view->module_mm[i] = (uint16_t)module_mm;
	}
}

static void read_sensors(struct ohtd_control *control)
{
	struct ohtd_way *way = &control->travel.way;
	struct ohtd_value zone;
	unsigned int i;

	for (i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		if (!ohtd_signal_fresh(control, OHTD_SIGNAL_DISTANCE_1 + i, &way->reading_mm[i]))
			way->reading_mm[i] = NAN;
		/* A threshold is a setting of the module: the newest reading counts. */
		way->zone_mm[i] = NAN;
		way->module_mm[i] = NAN;
		if (!ohtd_signal(control, OHTD_SIGNAL_STOP_ZONE_1 + i, &zone) || !zone.valid)
			continue;
		way->module_mm[i] = zone.value;
		way->zone_mm[i] = fmax(zone.value, expected_mm(control, i));
	}
}

/* The sensor ahead with the least room, as the words of the guards have it. What goes neither way has nothing ahead. */
static void look_ahead(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	struct ohtd_way *way = &m->way;
	int ahead = heading(control);
	double least = INFINITY;
	unsigned int i;

	way->distance_mm = m->rules->clearance.range_mm;
	way->stop_mm = 0;
	for (i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		if (!ahead || !looks(m, i, ahead) || room_mm(way, i) >= least)
			continue;
		least = room_mm(way, i);
		way->distance_mm = isinf(least) ? 0 : way->reading_mm[i];
		way->stop_mm = isinf(least) ? 1 : way->zone_mm[i];
	}
	way->unknown = isinf(least) && least < 0;
	way->slow_mm = fmax(ohtd_rule(m, OHTD_RULE_SLOW_ZONE_MM), way->stop_mm);
}

/* A jog or a direction has no target: it leads to an infinite one. Without any, all ways are meant. */
unsigned int ohtd_way_closed(const struct ohtd_control *control, double target_mm)
{
	const struct ohtd_travel *m = &control->travel;
	double left_mm = target_mm - m->drive.position.estimate_mm;
	int way = isnan(left_mm) ? 0 : left_mm > 0 ? 1 : -1;
	bool unknown = false;
	unsigned int i;

	if (fabs(left_mm) < TURN_MM)
		return OHTD_WHY_NONE;
	for (i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		double room = room_mm(&m->way, i);

		if (!looks(m, i, way) || room >= 0)
			continue;
		if (!isinf(room))
			return OHTD_WHY_OBSTACLE;
		unknown = true;
	}
	return unknown ? OHTD_WHY_SENSORS : OHTD_WHY_NONE;
}

unsigned int ohtd_control_way_ahead(const struct ohtd_control *control, double target_mm)
{
	const struct ohtd_travel *m = &control->travel;
	double left_mm = target_mm - m->drive.position.estimate_mm, least = INFINITY;
	int way = isnan(left_mm) ? 0 : left_mm > 0 ? 1 : -1;
	unsigned int signal = OHTD_SIGNALS;

	for (unsigned int i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		double room = room_mm(&m->way, i);

		if (!looks(m, i, way) || isinf(room) || room >= least)
			continue;
		least = room;
		signal = OHTD_SIGNAL_DISTANCE_1 + i;
	}
	return signal;
}

void ohtd_control_way_obstacle(const struct ohtd_control *control, unsigned int signal, struct ohtd_robot_obstacle *obstacle)
{
	const struct ohtd_way *way = &control->travel.way;
	unsigned int sensor = signal - OHTD_SIGNAL_DISTANCE_1;

	*obstacle = (struct ohtd_robot_obstacle){ 0 };
	if (sensor >= OHTD_CLEARANCE_SENSORS || isinf(room_mm(way, sensor)))
		return;
	*obstacle = (struct ohtd_robot_obstacle){
		.sensor = sensor + 1, .distance_mm = (uint32_t)way->reading_mm[sensor], .zone_mm = (uint32_t)way->zone_mm[sensor],
	};
}

void ohtd_control_way_stops(struct ohtd_control *control)
{
	ohtd_control_way_obstacle(control, ohtd_control_way_ahead(control, heading(control) * INFINITY), &control->travel.way.obstacle);
}

unsigned int ohtd_control_way_blind(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;

	for (unsigned int i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		if (!looks(m, i, 0))
			continue;
		if (isnan(m->way.reading_mm[i]))
			return OHTD_SIGNAL_DISTANCE_1 + i;
		if (isnan(m->way.zone_mm[i]))
			return OHTD_SIGNAL_STOP_ZONE_1 + i;
	}
	return OHTD_SIGNALS;
}

void ohtd_way_read(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	bool clear;

	read_sensors(control);
	look_ahead(control);
	clear = !ohtd_way_closed(control, ohtd_travel_kept_mm(control));
	if (clear && !m->way.clear)
		m->way.clear_since_ns = control->now_ns;
	m->way.clear = clear;
}

unsigned int ohtd_way_barred(const struct ohtd_control *control, double target_mm)
{
	const struct ohtd_travel *m = &control->travel;
	double left_mm = target_mm - m->drive.position.estimate_mm;
	double sight_mm = m->rules->clearance.range_mm - SEES_NOTHING_MM;
	int way = left_mm > 0 ? 1 : -1;
	unsigned int i;

	for (i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		if (!looks(m, i, way))
			continue;
		if (isnan(m->way.reading_mm[i]) || isnan(m->way.zone_mm[i]))
			return OHTD_WHY_SENSORS;
		if (m->way.reading_mm[i] < sight_mm && fabs(left_mm) > TURN_MM &&
		    fabs(left_mm) > room_mm(&m->way, i))
			return OHTD_WHY_OBSTACLE;
	}
	return OHTD_WHY_NONE;
}

/* ---- caps ---- */

static void caps_of_way(const struct ohtd_travel *m, struct ohtd_axis_caps *caps)
{
	const struct ohtd_ramps ramps = {
		m->axis.limits.accel_mm_s2, m->axis.limits.decel_mm_s2, m->axis.limits.jerk_mm_s3,
	};
	struct ohtd_clearance clearance = m->rules->clearance;
	double distance_mm[OHTD_CLEARANCE_SENSORS];
	unsigned int i;

	for (i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		struct ohtd_clearance_sensor *sensor = &clearance.sensor[i];
		bool known = !isnan(m->way.zone_mm[i]);

		distance_mm[i] = known ? m->way.reading_mm[i] : NAN;
		sensor->stop_mm = known ? m->way.zone_mm[i] : 0;
		sensor->slow_mm = fmax(sensor->slow_mm, sensor->stop_mm);
	}
	ohtd_clearance_caps(&clearance, &ramps, distance_mm, &caps->forward_mm_s,
			    &caps->reverse_mm_s);
}

/*
 * The drive is told whole steps, and no more than the cap. A plan with a speed in between would go
 * ahead of the robot until that is a fault. Below one step the drive is told a step now and then.
 */
static double in_steps_mm_s(const struct ohtd_travel *m, double speed_mm_s)
{
	double step_mm_s = m->rules->drive.full_speed_mm_s / m->rules->drive.full_raw;

	return speed_mm_s < step_mm_s ? speed_mm_s :
	       floor(speed_mm_s / step_mm_s + 1e-9) * step_mm_s;
}

/* Homing and docking have speeds that their time limits are made for. */
static double override_of(const struct ohtd_travel *m)
{
	bool scaled = ohtd_verb_row(m->command.kind)->flags & OHTD_OBEYS_OVERRIDE;

	return scaled ? m->override_percent / 100 : 1;
}

/* What the command wants, 0: as fast as may be. A jog has a limit of its own, whatever it wants. */
static double limit_mm_s(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	double jog_mm_s = ohtd_mode_jog_mm_s(control);

	if (m->command.kind != OHTD_COMMAND_JOG)
		return m->limit_mm_s;
	return m->limit_mm_s > 0 ? fmin(m->limit_mm_s, jog_mm_s) : jog_mm_s;
}

void ohtd_way_caps(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	double override = override_of(m), most_mm_s = limit_mm_s(control);
	struct ohtd_axis_caps caps = {
		.forward_mm_s = INFINITY, .reverse_mm_s = INFINITY,
		.mode_mm_s = m->axis.limits.speed_mm_s * override,
		.override_percent = 100,
	};

	/* The contact of the dock is no obstacle; the phase has a speed of its own. */
	if (!ohtd_dock_final(control))
		caps_of_way(m, &caps);
	if (most_mm_s > 0)
		caps.mode_mm_s = fmin(caps.mode_mm_s, fmax(most_mm_s * override,
							   fmin(most_mm_s, OHTD_SLOWEST_MM_S)));
	if (m->phase_mm_s > 0)
		caps.mode_mm_s = fmin(caps.mode_mm_s, m->phase_mm_s);
	if (m->slow)
		caps.mode_mm_s = fmin(caps.mode_mm_s, ohtd_rule(m, OHTD_RULE_SLOW_MM_S));
	caps.mode_mm_s = in_steps_mm_s(m, caps.mode_mm_s);
	caps.forward_mm_s = in_steps_mm_s(m, caps.forward_mm_s);
	caps.reverse_mm_s = in_steps_mm_s(m, caps.reverse_mm_s);
	ohtd_axis_set_caps(&m->axis, &caps);
}
