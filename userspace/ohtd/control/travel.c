// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cycle of motion: readings to the position, events out of what has been reached, the set-point of
 * the next cycle. While the outputs are off the axis stays where the robot is, so that nothing jumps
 * when they go on.
 */
#include "control/travel.h"

#include <math.h>

#include "control/control.h"
#include "modules/setpoint.h"

/* The curve goes on by the time that has passed; a stall of the computer counts no longer. */
#define STEP_MAX_NS	(250 * OHTD_NS_PER_MS)
#define TOLD_MM_S	1e-9
/* Longer than what waits for a cycle of the plan, and the cycles that this one makes late. */
#define CRUISES_S	0.3
/* The drive echoes the zero of a jog that has expired so much later at most. */
#define JOG_ECHO_NS	(50 * OHTD_NS_PER_MS)
/* A drive that refuses to be switched on so often does not do what it is told. */
#define DRIVE_REFUSALS	3
/* What it tells the drive is answered by then, or it ends. */
#define JOG_ANSWER_NS	(400 * OHTD_NS_PER_MS)
/* Until a zero that the next cycle of control tells is on the wire. */
#define NEXT_ZERO_NS	((OHTD_CYCLE_MS + 2) * OHTD_NS_PER_MS)

/* From one reading of the position to the next, and one that is lost between them. */
#define ROLLS_S		0.25

/* ---- the drive's layout ---- */

static const struct ohtd_unit *drive_of(const struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++)
		if (control->modules.units[i].plan &&
		    control->modules.units[i].plan->signal[OHTD_SIGNAL_DRIVE_SPEED_1] >= 0)
			return &control->modules.units[i];
	return NULL;
}

static const struct ohtd_rules *rules_of(const struct ohtd_control *control)
{
	const struct ohtd_unit *drive = drive_of(control);
	bool legacy = drive && drive->plan == &drive->kind->plan[OHT_PROFILE_LEGACY];
	const struct ohtd_rules *rules = ohtd_limits_block(&control->limits)->table.rules;

	return &rules[legacy ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL];
}

/* Of those in force, which stay until the outputs are off when another drive is found. */
static unsigned int profile_in_force(const struct ohtd_control *control)
{
	const struct ohtd_rules *rules = ohtd_limits_block(&control->limits)->table.rules;

	return control->travel.rules == &rules[OHT_PROFILE_LEGACY] ? OHT_PROFILE_LEGACY
								    : OHT_PROFILE_CANONICAL;
}

static void use_rules(struct ohtd_control *control, const struct ohtd_rules *rules)
{
	struct ohtd_travel *m = &control->travel;
	struct ohtd_drive_rules drive = rules->drive;

	m->rules = rules;
	/* A machine that stalls makes readings late, and the drive goes on meanwhile. */
	drive.position.silent_s *= control->time_factor;
	drive.following_s *= control->time_factor;
	drive.following_mm *= control->time_factor;
	drive.stall_s *= control->time_factor;
	drive.stray_mm *= control->time_factor;
	drive.stand_s *= control->time_factor;
	drive.settle_max_s *= control->time_factor;
	drive.slack = control->time_factor;
	ohtd_axis_init(&m->axis, &rules->axis);
	ohtd_drive_init(&m->drive, &drive);
}

void ohtd_travel_init(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	m->kept_mm = NAN;
	m->land_mm = NAN;
	m->override_percent = 100;
	m->command.target_mm = NAN;
	m->numbers = control->commands_given;
	if (control->commands_known)
		m->life = *control->commands_known;
	use_rules(control, rules_of(control));
	ohtd_axis_step(&m->axis, 0, &m->sample);
}

/* ---- readings ---- */

/* Of one motor. Its register may be a share of its full speed. */
static double motor_mm_s(const struct ohtd_control *control, enum ohtd_signal signal)
{
	const struct ohtd_unit *drive = drive_of(control);
	const struct oht_register *reg;
	double speed;

	if (!drive || !ohtd_signal_fresh(control, signal, &speed))
		return NAN;
	reg = &drive->plan->map->reg[drive->plan->signal[signal]];
	if (reg->unit[0] == '%')
		speed *= ohtd_rule(&control->travel, OHTD_RULE_FULL_SPEED_MM_S) / 100;
	return fabs(speed);
}

/* Of the faster one: either of them moves the robot. */
static double drive_mm_s(const struct ohtd_control *control)
{
	return fmax(motor_mm_s(control, OHTD_SIGNAL_DRIVE_SPEED_1),
		    motor_mm_s(control, OHTD_SIGNAL_DRIVE_SPEED_2));
}

/* The same, if it has been read since the last cycle; else not a number. */
static double new_motor_mm_s(struct ohtd_control *control, unsigned int motor)
{
	static const enum ohtd_signal signals[] = { OHTD_SIGNAL_DRIVE_SPEED_1, OHTD_SIGNAL_DRIVE_SPEED_2 };
	struct ohtd_travel *m = &control->travel;
	struct ohtd_value value;

	ohtd_signal(control, signals[motor], &value);
	if (value.time_ns == m->motor_ns[motor])
		return NAN;
	m->motor_ns[motor] = value.time_ns;
	return motor_mm_s(control, signals[motor]);
}

/* Highest speed for @direction that a motor may have been told, and has not been told otherwise since. */
static double held_mm_s(const struct ohtd_control *control, enum ohtd_drive_direction direction)
{
	const struct ohtd_drive_rules *rules = &control->travel.drive.rules;

	return ohtd_setpoint_holds(&control->modules, direction) * rules->full_speed_mm_s / rules->full_raw;
}

/* The position, if it has been read since the last cycle; else not a number. */
static double new_reading_mm(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	struct ohtd_value value;
	double position_mm;

	ohtd_signal(control, OHTD_SIGNAL_POSITION_MM, &value);
	if (!ohtd_signal_fresh(control, OHTD_SIGNAL_POSITION_MM, &position_mm) ||
	    value.time_ns == m->reading_ns)
		return NAN;
	m->reading_ns = value.time_ns;
	m->drive.position.rules.latency_s =
		(double)(control->now_ns - value.time_ns) / OHTD_NS_PER_S;
	return position_mm;
}

/* That the module reports in the same answer. */
static double module_mm_s(const struct ohtd_control *control)
{
	double speed_mm_s = NAN;

	ohtd_signal_fresh(control, OHTD_SIGNAL_SPEED_MM_S, &speed_mm_s);
	return speed_mm_s;
}

/* Of a module of its own, with the sign of the direction. */
static bool module_is_signed(const struct ohtd_control *control)
{
	const struct ohtd_unit *unit = ohtd_signal_unit(control, OHTD_SIGNAL_SPEED_MM_S);
	const struct oht_register *reg = unit ? &unit->plan->map->reg[unit->plan->signal[OHTD_SIGNAL_SPEED_MM_S]] : NULL;

	return reg && unit != drive_of(control) && (!reg->has_min || reg->min < 0);
}

static uint16_t echoed_direction(const struct ohtd_control *control)
{
	struct ohtd_drive_setpoint echoed;
	uint64_t at_ns;

	return ohtd_setpoint_echoed(&control->modules, &echoed, &at_ns) ? echoed.direction
							      : OHTD_DRIVE_IDLE;
}

/* ---- where the robot is ---- */

/* The module that says the position. There is one. */
static struct ohtd_kept_location source_of(const struct ohtd_control *control)
{
	const struct ohtd_unit *unit = ohtd_signal_unit(control, OHTD_SIGNAL_POSITION_MM);

	return (struct ohtd_kept_location){
		.device_id = unit->view.device_id, .unit = unit->view.unit,
		.profile = (uint8_t)(unit->plan - unit->kind->plan),
	};
}

/*
 * A robot that is seen to roll out makes a way from reading to reading, and position_jump_mm may be less. Only of its highest speed: a bound that
 * grows with a silence would take a module that counts anew for a motion. A robot whose drive has said nothing yet, as behind a start, is not seen to roll.
 */
static void look_at_place(struct ohtd_control *control, double position_mm)
{
	const struct ohtd_kept_location source = source_of(control);
	const struct ohtd_travel *m = &control->travel;
	double near_mm = ohtd_rule(m, OHTD_RULE_POSITION_JUMP_MM);

	/* A machine that stalls makes readings late, and the robot rolls on meanwhile; a robot that stands is not further away by that. */
	if (control->rest.rolls)
		near_mm = fmax(near_mm, ohtd_rule(m, OHTD_RULE_SPEED_MM_S) * ROLLS_S * control->time_factor);
	ohtd_location_read(&control->travel.location, &source, position_mm, near_mm);
}

void ohtd_travel_locate(struct ohtd_control *control, double position_mm)
{
	const struct ohtd_kept_location source = source_of(control);

	ohtd_location_set(&control->travel.location, &source, position_mm);
	ohtd_travel_off(control);
}

/* While the drive leads it, the estimate is the place: by the readings, and through a silence by what the drive was told. */
static void follow_place(struct ohtd_travel *m)
{
	double still_mm_s = ohtd_rule(m, OHTD_RULE_STANDSTILL_MM_S);

	if (isfinite(m->feedback.position_mm))
		m->location.read_mm = m->feedback.position_mm;
	if (m->driving && m->drive.position.trust != OHTD_POSITION_UNKNOWN)
		ohtd_location_follow(&m->location, m->drive.position.estimate_mm);
	if (m->drive.setpoint.speed_raw || m->feedback.speed_mm_s > still_mm_s || fabs(m->feedback.module_mm_s) > still_mm_s)
		ohtd_location_moves(&m->location);
}

void ohtd_travel_off(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	double position_mm = NAN;

	if (m->rules != rules_of(control))
		use_rules(control, rules_of(control));
	if (ohtd_signal_fresh(control, OHTD_SIGNAL_POSITION_MM, &position_mm))
		look_at_place(control, position_mm);
	ohtd_drive_off(&m->drive, position_mm, !ohtd_moving(control));
	ohtd_axis_reset(&m->axis, m->drive.position.estimate_mm, 0);
	ohtd_axis_step(&m->axis, 0, &m->sample);
	m->drive_on = false;
	m->drive_refusals = 0;
	m->slow = false;
}

/* The position stays as it is known, also whether it is trusted, and where the robot began to stand. */
void ohtd_travel_use_limits(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	struct ohtd_position position = m->drive.position;
	struct ohtd_stand stand = m->drive.stand;
	struct ohtd_told told = m->drive.told;

	use_rules(control, rules_of(control));
	if (!m->driving) {
		ohtd_travel_off(control);
		return;
	}
	position.rules = m->drive.position.rules;
	ohtd_drive_reset(&m->drive, position.estimate_mm);
	m->drive.position = position;
	m->drive.stand = stand;
	m->drive.told = told;
	ohtd_axis_reset(&m->axis, position.estimate_mm, 0);
	ohtd_axis_step(&m->axis, 0, &m->sample);
}

/* A robot that has stood while its position was silent is where the next reading says. */
static void take_reading(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	if (m->drive.position.trust != OHTD_POSITION_SILENT || isnan(m->feedback.position_mm) ||
	    ohtd_state_in_motion(control->state) || !ohtd_travel_rests(control) ||
	    ohtd_moving(control))
		return;
	look_at_place(control, m->feedback.position_mm);
	ohtd_drive_reset(&m->drive, m->feedback.position_mm);
	ohtd_axis_reset(&m->axis, m->feedback.position_mm, 0);
}

void ohtd_travel_read(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	m->driving = ohtd_safety_state(control) == OHTD_SAFETY_ENABLED;
	m->feedback = (struct ohtd_drive_feedback){
		.position_mm = new_reading_mm(control),
		.speed_mm_s = drive_mm_s(control),
		.module_mm_s = module_mm_s(control),
		.direction = echoed_direction(control),
		.module_signed = module_is_signed(control),
		.motor_mm_s = { new_motor_mm_s(control, 0), new_motor_mm_s(control, 1) },
		.holds_mm_s = { held_mm_s(control, OHTD_DRIVE_FORWARD), held_mm_s(control, OHTD_DRIVE_REVERSE) },
	};
	follow_place(m);
	if (!m->driving)
		ohtd_travel_off(control);
	else
		take_reading(control);
	ohtd_way_read(control);
	ohtd_dock_read(control);
}

bool ohtd_travel_tracked(const struct ohtd_control *control)
{
	double position_mm;

	return ohtd_position_certain(&control->travel.drive.position) &&
	       ohtd_signal_fresh(control, OHTD_SIGNAL_POSITION_MM, &position_mm);
}

/* Also where the readings have left the robot that is led: with low outputs it stays that way, unless they come back. */
static bool is_lost(const struct ohtd_travel *m)
{
	return m->location.lost || m->drive.position.trust == OHTD_POSITION_JUMPED ||
	       m->drive.position.trust == OHTD_POSITION_WRAPPED;
}

bool ohtd_travel_located(const struct ohtd_control *control)
{
	return ohtd_travel_tracked(control) && !control->travel.location.lost;
}

unsigned int ohtd_travel_unlocated(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	double position_mm;

	if (!ohtd_signal_fresh(control, OHTD_SIGNAL_POSITION_MM, &position_mm))
		return OHTD_WHY_SENSORS;
	return is_lost(m) ? OHTD_WHY_NOT_LOCATED : OHTD_WHY_SENSORS;
}

/* ---- the charge ---- */

static double step_s(uint64_t passed_ns)
{
	return (double)(passed_ns < STEP_MAX_NS ? passed_ns : STEP_MAX_NS) / OHTD_NS_PER_S;
}

unsigned int ohtd_control_uncharged(const struct ohtd_control *control, uint8_t *detail)
{
	const struct ohtd_motion_charge *charge = &control->travel.charge;

	*detail = 0;
	if (charge->state == OHTD_CHARGE_UNKNOWN)
		return OHTD_WHY_CHARGE_UNKNOWN;
	if (charge->state == OHTD_CHARGE_ENOUGH)
		return OHTD_WHY_NONE;
	*detail = (uint8_t)(1 + fmin(fmax(charge->percent, 0), 100));
	return OHTD_WHY_CHARGE_LOW;
}

/* A charge that is not known ends nothing. */
static void watch_charge(struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	struct ohtd_why why = { 0 };

	if (!ohtd_rule(m, OHTD_RULE_BATTERY_ENDS_MOVES) || m->charge.state != OHTD_CHARGE_LOW ||
	    control->state != OHTD_STATE_MOVE || m->command.kind == OHTD_COMMAND_JOG)
		return;
	why.code = (uint16_t)ohtd_control_uncharged(control, &why.detail);
	ohtd_event_raise_if_taken(control, OHTD_EVENT_STOP_COMMAND, &why);
}

void ohtd_control_travel_charge(struct ohtd_control *control, uint64_t passed_ns)
{
	struct ohtd_travel *m = &control->travel;
	double percent = NAN;

	/* Of a robot that reports no charge none can be missing. */
	if (!ohtd_control_has_signal(control, OHTD_SIGNAL_BATTERY_PERCENT)) {
		m->charge = (struct ohtd_motion_charge){ 0 };
		return;
	}
	ohtd_signal_fresh(control, OHTD_SIGNAL_BATTERY_PERCENT, &percent);
	ohtd_motion_charge_look(&m->charge, step_s(passed_ns) / control->time_factor, percent, ohtd_rule(m, OHTD_RULE_BATTERY_MIN_PERCENT));
	watch_charge(control);
}

bool ohtd_travel_rests(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;

	return fabs(ohtd_axis_stopping_mm(&m->axis)) < TOLD_MM_S &&
	       !m->drive.setpoint.speed_raw;
}

bool ohtd_travel_cruises(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;

	return control->state == OHTD_STATE_MOVE && m->command.kind != OHTD_COMMAND_JOG && !m->way.near &&
	       ohtd_axis_cruises(&m->axis, CRUISES_S);
}

bool ohtd_travel_busy(const struct ohtd_control *control)
{
	unsigned int state = control->travel.command.state;

	return state == OHTD_COMMAND_STATE_INITIALIZING || state == OHTD_COMMAND_STATE_RUNNING ||
	       state == OHTD_COMMAND_STATE_PAUSED || state == OHTD_COMMAND_STATE_RETRIABLE;
}

/* ---- events ---- */

static void watch_zones(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	const struct ohtd_why obstacle = {
		.code = m->way.unknown ? OHTD_WHY_SENSORS : OHTD_WHY_OBSTACLE,
	};
	double gone_mm = m->way.slow_mm + ohtd_rule(m, OHTD_RULE_ZONE_HYSTERESIS_MM);

	if (m->way.distance_mm < m->way.stop_mm) {
		ohtd_control_way_stops(control);
		ohtd_event_raise_if_taken(control, OHTD_EVENT_OBSTACLE_DETECTED, &obstacle);
	} else if (!m->way.near && m->way.distance_mm < m->way.slow_mm) {
		m->way.near = true;
		ohtd_event_raise_if_taken(control, OHTD_EVENT_OBSTACLE_NEAR, &obstacle);
	} else if (m->way.near && m->way.distance_mm >= gone_mm) {
		m->way.near = false;
		m->slow = false;
		ohtd_event_raise_if_taken(control, OHTD_EVENT_OBSTACLE_CLEARED, NULL);
	}
}

static void watch_blocked(struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	uint64_t delay_ns = (uint64_t)ohtd_rule(m, OHTD_RULE_CONTINUE_DELAY_MS) * OHTD_NS_PER_MS;

	/* Docking, too, goes by the position, which the table does not ask for here. */
	if (control->facts[OHTD_FACT_AUTO_CONTINUE] && !ohtd_travel_located(control))
		return;
	/* Counted from here on: a look at what was before says nothing of what came. */
	if (m->way.clear && control->now_ns - m->way.clear_since_ns >= delay_ns &&
	    control->now_ns - control->state_since_ns >= delay_ns)
		ohtd_event_raise_if_taken(control, OHTD_EVENT_OBSTACLE_CLEARED, NULL);
}

/* A jog ends with the control of the session that jogs, a move goes on. */
static bool jog_is_over(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	uint64_t echo_ns;

	if (!ohtd_lease_is_of(&control->lease.view, &m->by))
		return true;
	/* A client that waits for the first answer cannot refresh yet; nor does it see what the robot does. */
	if (control->await.asked.used && !m->jog_refreshed)
		return m->jog_told_ns && control->now_ns - m->jog_told_ns >=
						 JOG_ANSWER_NS * control->time_factor;
	/* Zero told in the next cycle would be echoed too late. */
	echo_ns = ohtd_setpoint_echo_due_ns(&control->modules, control->now_ns + NEXT_ZERO_NS);
	return control->now_ns >= m->jog_until_ns ||
	       echo_ns > m->jog_until_ns + JOG_ECHO_NS * control->time_factor;
}

/* A request that still waits for its answer must not get that of a later motion. */
static void end_jog(struct ohtd_control *control)
{
	const struct ohtd_why expired = { .code = OHTD_WHY_EXPIRED };

	ohtd_motion_give_up(control, OHTD_OUTCOME_EXPIRED, &expired);
	ohtd_event_raise_if_taken(control, OHTD_EVENT_JOG_EXPIRED, NULL);
}

static void watch_move(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	watch_zones(control);
	if (m->command.kind == OHTD_COMMAND_JOG) {
		if (!m->jog_told_ns && control->modules.setpoints.told.speed_raw)
			m->jog_told_ns = control->now_ns;
		if (jog_is_over(control))
			end_jog(control);
	} else if (m->drive.settled) {
		ohtd_event_raise_if_taken(control, OHTD_EVENT_TARGET_REACHED, NULL);
	}
}

static void raise_fault(struct ohtd_control *control, const struct ohtd_why *why)
{
	ohtd_fault_raise(control, why, false);
	ohtd_event_raise(control, OHTD_EVENT_FAULT_DETECTED, why);
}

bool ohtd_travel_disobeyed(const struct ohtd_control *control)
{
	return ohtd_setpoint_fails(&control->modules) || control->travel.drive.beyond;
}

static struct ohtd_why why_of_drive(const struct ohtd_control *control)
{
	static const uint8_t faults[] = {
		[OHTD_DRIVE_FOLLOWING] = OHTD_WHY_DRIVE_FOLLOWING,
		[OHTD_DRIVE_STALLED] = OHTD_WHY_DRIVE_STALLED,
		[OHTD_DRIVE_NOT_SETTLED] = OHTD_WHY_DRIVE_NOT_SETTLED,
	};
	static const uint8_t beyond[] = {
		[OHTD_BEYOND_DRIVE_SPEED] = OHTD_WHY_DRIVE_OVERSPEED,
		[OHTD_BEYOND_MODULE_SPEED] = OHTD_WHY_MODULE_OVERSPEED,
		[OHTD_BEYOND_POSITION] = OHTD_WHY_POSITION_AHEAD,
		[OHTD_BEYOND_WRONG_WAY] = OHTD_WHY_WRONG_WAY,
		[OHTD_BEYOND_STAND] = OHTD_WHY_POSITION_MOVED,
	};
	const struct ohtd_travel *m = &control->travel;
	const struct ohtd_unit *drive = drive_of(control);

	if (ohtd_setpoint_fails(&control->modules) || m->drive.beyond == OHTD_BEYOND_SLOWER)
		return (struct ohtd_why){ .code = OHTD_WHY_DRIVE_DISOBEYS, .unit = drive ? drive->view.unit : 0 };
	if (m->drive.beyond)
		return (struct ohtd_why){ .code = beyond[m->drive.beyond] };
	if (m->drive.fault)
		return (struct ohtd_why){ .code = faults[m->drive.fault] };
	/* A robot that stands loses nothing by a position that is not known: location_ok says so. */
	if (ohtd_state_in_motion(control->state) &&
	    m->drive.position.trust != OHTD_POSITION_TRUSTED)
		return (struct ohtd_why){ .code = OHTD_WHY_POSITION_LOST,
					  .detail = (uint8_t)m->drive.position.trust };
	return (struct ohtd_why){ 0 };
}

/* Wherever the drive is led: in motion, on the ramp of a stop, and where it is told to stand. */
static void watch_drive(struct ohtd_control *control)
{
	struct ohtd_why why;

	if (!ohtd_state_is_enabled(control->state))
		return;
	why = why_of_drive(control);
	if (why.code)
		raise_fault(control, &why);
}

void ohtd_travel_watch(struct ohtd_control *control, uint64_t passed_ns)
{
	struct ohtd_travel *m = &control->travel;

	if (!m->driving)
		return;
	ohtd_drive_watch(&m->drive, step_s(passed_ns), &m->feedback);
	watch_drive(control);
	if (control->state == OHTD_STATE_MOVE)
		watch_move(control);
	else if (control->state == OHTD_STATE_BLOCKED)
		watch_blocked(control);
	else if (control->state == OHTD_STATE_DOCK)
		watch_zones(control);
	if (control->state == OHTD_STATE_DOCK)
		ohtd_dock_watch(control);
}

/* ---- the set-point ---- */

/* Of a drive that is silent its module tells. */
static bool refuses_to_be_on(const struct ohtd_telegrams *telegrams)
{
	return telegrams->telegram == OHTD_TELEGRAM_DRIVE_ON && telegrams->failed &&
	       telegrams->why.code == OHTD_WHY_MODULE_EXCEPTION;
}

static void count_refusal(struct ohtd_control *control)
{
	if (++control->travel.drive_refusals == DRIVE_REFUSALS)
		raise_fault(control, &(struct ohtd_why){
			.code = OHTD_WHY_DRIVE_DISOBEYS, .unit = control->modules.telegrams.unit });
}

/*
 * A drive that has started anew shows that it is off, and one that another program has used may have its own mode. With a set-point, one that is
 * on would start with a jerk: so only at rest; in motion the watch of the position ends it.
 */
static bool tell_again(struct ohtd_control *control)
{
	struct ohtd_modules *modules = &control->modules;
	struct ohtd_travel *m = &control->travel;
	bool set = ohtd_telegram_contradicted(modules, OHTD_TELEGRAM_DRIVE_SET);

	if (!ohtd_state_is_enabled(control->state) || (m->drive_on && !ohtd_travel_rests(control)) ||
	    !(set || (m->drive_on && ohtd_telegram_contradicted(modules, OHTD_TELEGRAM_DRIVE_ON))))
		return false;
	m->drive_on = false;
	ohtd_telegram_start(modules, set ? OHTD_TELEGRAM_DRIVE_SET : OHTD_TELEGRAM_DRIVE_ON);
	count_refusal(control);
	return true;
}

/* Its own enable was taken away by the last stop. */
static void switch_drive_on(struct ohtd_control *control)
{
	struct ohtd_telegrams *telegrams = &control->modules.telegrams;
	struct ohtd_travel *m = &control->travel;

	if (telegrams->active)
		return;
	if (!m->drive_on && refuses_to_be_on(telegrams))
		count_refusal(control);
	m->drive_on |= telegrams->telegram == OHTD_TELEGRAM_DRIVE_ON && !telegrams->failed;
	if (!tell_again(control) && !m->drive_on)
		ohtd_telegram_start(&control->modules, OHTD_TELEGRAM_DRIVE_ON);
}

/* The highest speed for the way that the axis goes. */
static double cap_mm_s(const struct ohtd_travel *m)
{
	bool reverse = m->sample.point.speed_mm_s < 0 ||
		       (m->sample.point.speed_mm_s == 0 &&
			m->sample.point.position_mm < m->drive.position.estimate_mm);

	return m->axis.cap_mm_s[reverse];
}

/* The axis goes one way, and the drive, which rolls out, still has the other one. */
static bool turns(const struct ohtd_travel *m)
{
	uint16_t other = m->sample.point.speed_mm_s > 0 ? OHTD_DRIVE_REVERSE : OHTD_DRIVE_FORWARD;

	return m->sample.point.speed_mm_s != 0 && !m->drive.setpoint.speed_raw && m->feedback.direction == other;
}

/* The same goal from where the robot is, at rest: else the axis would be ahead by what the drive needs to turn around. */
static void begin_here(struct ohtd_travel *m)
{
	enum ohtd_axis_goal goal = m->axis.goal;
	double target_mm = m->axis.target_mm, jog_mm_s = m->axis.jog_mm_s;

	if (ohtd_axis_reset(&m->axis, m->drive.position.estimate_mm, 0))
		return;
	if (goal == OHTD_AXIS_GOAL_MOVE)
		ohtd_axis_move(&m->axis, target_mm);
	else if (goal == OHTD_AXIS_GOAL_JOG)
		ohtd_axis_jog(&m->axis, jog_mm_s);
}

void ohtd_travel_step(struct ohtd_control *control, uint64_t passed_ns)
{
	struct ohtd_travel *m = &control->travel;
	double cycle_s = step_s(passed_ns);
	struct ohtd_drive_setpoint setpoint = { 0 };

	m->driving = m->driving && ohtd_safety_state(control) == OHTD_SAFETY_ENABLED;
	if (!m->driving) {
		ohtd_setpoint_write(&control->modules, &setpoint);
		return;
	}
	switch_drive_on(control);
	/* Only a motion has a goal; whatever led here, the axis is on its way to rest. */
	if (!ohtd_state_in_motion(control->state) && m->axis.goal != OHTD_AXIS_GOAL_STOP)
		ohtd_axis_stop(&m->axis);
	/* The plan may take its places for set-points only now, and the drive may not be on yet: the axis waits for them. */
	if (ohtd_travel_rests(control) && (!m->drive_on || !ohtd_setpoint_live(&control->modules)))
		cycle_s = 0;
	if (turns(m))
		begin_here(m);
	ohtd_way_caps(control);
	ohtd_axis_step(&m->axis, cycle_s, &m->sample);
	if (m->sample.arrived && m->axis.goal == OHTD_AXIS_GOAL_MOVE && isfinite(m->land_mm))
		m->sample.point.position_mm = m->land_mm;
	setpoint = ohtd_drive_step(&m->drive, cycle_s, &m->sample, cap_mm_s(m), &m->feedback);
	ohtd_setpoint_write(&control->modules, &setpoint);
}

/* ---- what clients see ---- */

void ohtd_travel_view(const struct ohtd_control *control, struct ohtd_snapshot *snapshot)
{
	const struct ohtd_travel *m = &control->travel;

	snapshot->command = m->command;
	ohtd_queue_view(control, snapshot);
	snapshot->limits = (struct ohtd_limits_view){
		.soft_min_mm = ohtd_rule(m, OHTD_RULE_SOFT_MIN_MM),
		.soft_max_mm = ohtd_rule(m, OHTD_RULE_SOFT_MAX_MM),
		.speed_mm_s = ohtd_rule(m, OHTD_RULE_SPEED_MM_S),
		.jog_mm_s = ohtd_mode_jog_mm_s(control),
		.dock_position_mm = ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM),
		.override_percent = (uint32_t)m->override_percent,
		.jog_expiry_ms = (uint32_t)ohtd_rule(m, OHTD_RULE_JOG_EXPIRY_MS) *
				 control->time_factor,
		.profile = profile_in_force(control),
	};
	snapshot->motion = (struct ohtd_motion_view){
		.estimate_mm = m->drive.position.estimate_mm,
		.set_mm = m->sample.point.position_mm,
		.set_mm_s = m->sample.point.speed_mm_s,
		.error_mm = m->drive.error_mm,
		.trust = m->drive.position.trust,
		.driving = m->driving,
	};
	ohtd_control_way_view(control, &snapshot->zones);
	snapshot->obstacle = m->way.obstacle;
	snapshot->charge = (struct ohtd_robot_charge_view){ .percent = m->charge.percent, .state = m->charge.state };
	snapshot->location = (struct ohtd_location_view){
		.kept = m->location.kept,
		.read_mm = m->location.read_mm,
		.near_mm = ohtd_rule(m, OHTD_RULE_POSITION_JUMP_MM),
		.lost = is_lost(m),
		.strayed = m->location.strayed,
		.stands = !ohtd_moving(control),
	};
}
