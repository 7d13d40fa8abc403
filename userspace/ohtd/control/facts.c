// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the words in the guards mean, measured anew in every cycle.
 * Source: README.md of the data files, "Words of the guards".
 */
#include <math.h>
#include <string.h>

#include "control/control.h"

#define STANDSTILL_MM_S		2.0
#define STANDSTILL_NS		(200 * OHTD_NS_PER_MS)
#define OUTPUTS_LOW_NS		(2 * OHTD_NS_PER_S)
/* Of the time between two readings of the drive so much counts as rest at most: one reading is none. */
#define REST_STEP_NS		(100 * OHTD_NS_PER_MS)
/* A value is fresh for so many of its periods: as many failed polls as make any module degraded. */
#define FRESH_PERIODS		10
/* safety_status: 0 safe, 1 warning, 2 critical; 3 emergency stop, 4 fault, anything else a fault. */
#define SAFETY_STATUS_STOP	3

static const struct ohtd_unit *provider(const struct ohtd_control *control,
					enum ohtd_signal signal)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &control->modules.units[i];

		if (unit->plan && unit->plan->signal[signal] >= 0)
			return unit;
	}
	return NULL;
}

const struct ohtd_unit *ohtd_signal_unit(const struct ohtd_control *control, enum ohtd_signal signal)
{
	return provider(control, signal);
}

bool ohtd_signal_exists(const struct ohtd_control *control, enum ohtd_signal signal)
{
	return provider(control, signal) != NULL;
}

static bool plan_has(const struct ohtd_plan *plan, enum ohtd_signal signal)
{
	return plan->signal[signal] >= 0;
}

bool ohtd_control_has_signal(const struct ohtd_control *control, enum ohtd_signal signal)
{
	unsigned int i;

	for (i = 0; i < control->model->count; i++) {
		const struct ohtd_kind *kind = &control->model->kinds[i];
		const struct ohtd_unit *unit = ohtd_unit_of_kind((struct ohtd_modules *)&control->modules, kind);

		if (unit && unit->plan && unit->kind == kind ? plan_has(unit->plan, signal)
							     : plan_has(&kind->plan[OHT_PROFILE_CANONICAL], signal) ||
								       plan_has(&kind->plan[OHT_PROFILE_LEGACY], signal))
			return true;
	}
	return false;
}

static bool read_signal(const struct ohtd_unit *unit, enum ohtd_signal signal,
			struct ohtd_value *value)
{
	const struct ohtd_register_value *raw;
	const struct oht_register *reg;
	int64_t number;

	reg = &unit->plan->map->reg[unit->plan->signal[signal]];
	raw = &unit->values.values[unit->plan->signal[signal]];
	if (raw->state != OHTD_REGISTER_OK)
		return false;
	number = oht_register_decode(reg, raw->words);
	*value = (struct ohtd_value){
		.value = oht_register_value(reg, number),
		.time_ns = raw->time_ns,
		.valid = oht_register_in_range(reg, number) && !oht_register_is_none(reg, number),
	};
	return true;
}

bool ohtd_signal(const struct ohtd_control *control, enum ohtd_signal signal,
		 struct ohtd_value *value)
{
	const struct ohtd_unit *unit = provider(control, signal);

	*value = (struct ohtd_value){ 0 };
	if (!unit || !read_signal(unit, signal, value))
		return false;
	/* The robot's, and not the module's. */
	if (signal == OHTD_SIGNAL_POSITION_MM)
		value->value += control->travel.location.kept.offset_mm;
	return true;
}

/* Never shorter than its unit's loss time: what is not lost yet says what it said last. */
static uint64_t fresh_ns(const struct ohtd_control *control, const struct ohtd_unit *unit)
{
	uint64_t fresh_ms = (uint64_t)unit->kind->module->poll_period_ms * unit->blocks.polls *
			    FRESH_PERIODS;

	if (fresh_ms < unit->kind->lost_ms)
		fresh_ms = unit->kind->lost_ms;
	return fresh_ms * control->time_factor * OHTD_NS_PER_MS;
}

/* Recent, whatever it says. */
static bool signal_recent(const struct ohtd_control *control, enum ohtd_signal signal,
			  struct ohtd_value *value)
{
	const struct ohtd_unit *unit = provider(control, signal);

	return unit && unit->view.health != OHTD_HEALTH_LOST &&
	       ohtd_signal(control, signal, value) &&
	       control->now_ns - value->time_ns <= fresh_ns(control, unit);
}

bool ohtd_signal_fresh(const struct ohtd_control *control, enum ohtd_signal signal,
		       double *number)
{
	struct ohtd_value value;

	if (!signal_recent(control, signal, &value) || !value.valid)
		return false;
	*number = value.value;
	return true;
}

/* ---- standstill ---- */

/* It tells the speed of each of its motors: of one that it does not tell no standstill is seen. */
static bool drive_answers(const struct ohtd_control *control)
{
	double speed;

	return ohtd_signal_fresh(control, OHTD_SIGNAL_DRIVE_SPEED_1, &speed) &&
	       (!ohtd_signal_exists(control, OHTD_SIGNAL_DRIVE_SPEED_2) ||
		ohtd_signal_fresh(control, OHTD_SIGNAL_DRIVE_SPEED_2, &speed));
}

/* A speed that is known and is not nought. One without calibration must be exactly zero. */
static bool signal_moves(const struct ohtd_control *control, enum ohtd_signal signal)
{
	const struct ohtd_unit *unit = provider(control, signal);
	const struct oht_register *reg;
	double speed;

	if (!ohtd_signal_fresh(control, signal, &speed))
		return false;
	reg = &unit->plan->map->reg[unit->plan->signal[signal]];
	return fabs(speed) > (strcmp(reg->unit, "mm/s") ? 0 : STANDSTILL_MM_S);
}

/* The signal that shows a motion; OHTD_SIGNALS: none does. */
static unsigned int moving_signal(const struct ohtd_control *control)
{
	static const uint8_t speeds[] = { OHTD_SIGNAL_SPEED_MM_S, OHTD_SIGNAL_DRIVE_SPEED_1, OHTD_SIGNAL_DRIVE_SPEED_2 };

	for (size_t i = 0; i < sizeof(speeds); i++)
		if (signal_moves(control, speeds[i]))
			return speeds[i];
	return OHTD_SIGNALS;
}

void ohtd_control_why_signal(const struct ohtd_control *control, struct ohtd_why_list *list, unsigned int code, unsigned int signal)
{
	const struct ohtd_unit *unit = signal < OHTD_SIGNALS ? provider(control, signal) : NULL;

	ohtd_why_add(list, code, unit ? unit->view.unit : 0, unit ? (uint8_t)(signal + 1) : 0);
}

void ohtd_why_add_moving(const struct ohtd_control *control, struct ohtd_why_list *list)
{
	unsigned int signal = moving_signal(control);

	ohtd_control_why_signal(control, list, OHTD_WHY_MOVING, signal);
}

static bool outputs_high(const struct ohtd_control *control)
{
	const struct oht_stop_status *status = &control->safety.status;
	uint32_t feedback = status->inputs & (OHT_IN_FEEDBACK_1 | OHT_IN_FEEDBACK_2);

	if (!control->safety.known)
		return true;
	return status->outputs || ((control->device.info.caps & OHT_HAS_FEEDBACK) && feedback);
}

/* The readings of both motors are at least this new. */
static uint64_t drive_heard_ns(const struct ohtd_control *control)
{
	struct ohtd_value first, second;

	ohtd_signal(control, OHTD_SIGNAL_DRIVE_SPEED_1, &first);
	if (!ohtd_signal(control, OHTD_SIGNAL_DRIVE_SPEED_2, &second))
		return first.time_ns;
	return first.time_ns < second.time_ns ? first.time_ns : second.time_ns;
}

/*
 * Rest is what readings show one after the other. A motion, or a pause behind which the last one is old, begins anew. A robot that this run
 * has seen neither move nor with high outputs stands by the first reading.
 */
static bool shows_rest(struct ohtd_control *control)
{
	const struct ohtd_unit *drive = provider(control, OHTD_SIGNAL_DRIVE_SPEED_1);
	uint64_t heard_ns = drive_heard_ns(control);
	struct ohtd_rest *rest = &control->rest;
	uint64_t step_ns = heard_ns - rest->heard_ns;

	if (!rest->heard_ns || step_ns > fresh_ns(control, drive))
		rest->shown_ns = rest->begun ? 0 : STANDSTILL_NS;
	else
		rest->shown_ns += step_ns < REST_STEP_NS ? step_ns : REST_STEP_NS;
	rest->heard_ns = heard_ns;
	return rest->shown_ns >= STANDSTILL_NS;
}

/* Of a drive that is silent: the outputs have been seen low for so long, and no motion since. */
static bool low_for_long(const struct ohtd_control *control)
{
	return control->rest.low_ns && control->now_ns - control->rest.low_ns >= OUTPUTS_LOW_NS;
}

static bool standstill(struct ohtd_control *control)
{
	struct ohtd_rest *rest = &control->rest;
	bool moves = moving_signal(control) != OHTD_SIGNALS || control->unpowered.moves;
	bool heard = !moves && drive_answers(control), stands;

	rest->begun |= moves || (control->safety.known && outputs_high(control));
	if (moves || outputs_high(control))
		rest->low_ns = 0;
	else if (!rest->low_ns)
		rest->low_ns = control->now_ns;
	stands = heard ? shows_rest(control) : low_for_long(control);
	if (!heard)
		rest->heard_ns = 0;
	rest->rolls = !stands && (moves || rest->rolls);
	return stands;
}

bool ohtd_moving(const struct ohtd_control *control)
{
	return !control->facts[OHTD_FACT_STANDSTILL];
}

/* ---- modules ---- */

static bool all_required(struct ohtd_control *control, bool good)
{
	unsigned int i;

	for (i = 0; i < control->model->count; i++) {
		const struct ohtd_kind *kind = &control->model->kinds[i];
		const struct ohtd_unit *unit = ohtd_unit_of_kind(&control->modules, kind);

		if (!kind->module->required)
			continue;
		if (!unit || !unit->plan || unit->kind != kind)
			return false;
		if (unit->view.health != OHTD_HEALTH_GOOD &&
		    (good || unit->view.health != OHTD_HEALTH_DEGRADED))
			return false;
	}
	return true;
}

/* Also a status that is out of range: it counts as a fault. */
static bool asks_for_stop(const struct ohtd_control *control, enum ohtd_signal signal)
{
	double least = signal == OHTD_SIGNAL_SAFETY_STATUS ? SAFETY_STATUS_STOP : 1;
	struct ohtd_value value;

	return signal_recent(control, signal, &value) && value.value >= least;
}

/* A profile without a status has the other one. */
static bool is_heard(const struct ohtd_control *control, enum ohtd_signal signal)
{
	struct ohtd_value value;

	return signal_recent(control, signal, &value) ||
	       (signal == OHTD_SIGNAL_SAFETY_STATUS && !ohtd_signal_exists(control, signal));
}

bool ohtd_safety_module_stops(const struct ohtd_control *control)
{
	return asks_for_stop(control, OHTD_SIGNAL_SAFETY_STOP_INPUT) || asks_for_stop(control, OHTD_SIGNAL_SAFETY_STATUS);
}

bool ohtd_safety_module_is_heard(const struct ohtd_control *control)
{
	return is_heard(control, OHTD_SIGNAL_SAFETY_STOP_INPUT) && is_heard(control, OHTD_SIGNAL_SAFETY_STATUS);
}

void ohtd_control_why_safety_module(const struct ohtd_control *control, struct ohtd_why_list *list)
{
	static const enum ohtd_signal signals[] = { OHTD_SIGNAL_SAFETY_STOP_INPUT, OHTD_SIGNAL_SAFETY_STATUS };
	unsigned int shows = OHTD_SIGNALS;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && shows == OHTD_SIGNALS; i++)
		if (asks_for_stop(control, signals[i]) || !is_heard(control, signals[i]))
			shows = signals[i];
	ohtd_control_why_signal(control, list, OHTD_WHY_SAFETY_MODULE, shows);
}

/* Good, heard, and with nothing against it. */
static bool safety_module_good(const struct ohtd_control *control)
{
	const struct ohtd_unit *unit = provider(control, OHTD_SIGNAL_SAFETY_STOP_INPUT);
	double value;

	if (!unit || unit->view.health != OHTD_HEALTH_GOOD ||
	    !ohtd_signal_fresh(control, OHTD_SIGNAL_SAFETY_STOP_INPUT, &value))
		return false;
	return ohtd_safety_module_is_heard(control) && !ohtd_safety_module_stops(control);
}

/* A robot without this sensor has none that could be silent, unless motion.csv says that the sensor looks along the way. */
static bool needs_distance(const struct ohtd_control *control, unsigned int sensor)
{
	return ohtd_control_has_signal(control, OHTD_SIGNAL_DISTANCE_1 + sensor) ||
	       control->travel.rules->clearance.sensor[sensor].ways;
}

/* The first that says nothing; OHTD_SIGNALS: all do. */
static unsigned int silent_sensor(const struct ohtd_control *control)
{
	unsigned int sensor;
	double value;

	for (sensor = 0; sensor < OHTD_CLEARANCE_SENSORS; sensor++)
		if (!ohtd_signal_fresh(control, OHTD_SIGNAL_DISTANCE_1 + sensor, &value) && needs_distance(control, sensor))
			return OHTD_SIGNAL_DISTANCE_1 + sensor;
	return ohtd_signal_fresh(control, OHTD_SIGNAL_POSITION_MM, &value) ? OHTD_SIGNALS : OHTD_SIGNAL_POSITION_MM;
}

void ohtd_control_why_sensors(const struct ohtd_control *control, struct ohtd_why_list *list)
{
	ohtd_control_why_signal(control, list, OHTD_WHY_SENSORS, silent_sensor(control));
}

static bool no_fault(const struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < control->fault_count; i++)
		if (control->faults[i].standing)
			return false;
	return true;
}

/* Closed is not enough: a standing cause forbids the reset too, and inputs stand for a while. */
static bool inputs_released(const struct ohtd_control *control)
{
	return control->safety.known && !control->safety.status.standing &&
	       !ohtd_safety_open_inputs(control) && !ohtd_safety_module_stops(control);
}

void ohtd_facts_update(struct ohtd_control *control)
{
	uint64_t standing = control->safety.known ? control->safety.status.standing : 0;
	int64_t *facts = control->facts;

	facts[OHTD_FACT_ALWAYS] = 1;
	facts[OHTD_FACT_IN_STATE_MS] =
		(int64_t)((control->now_ns - control->state_since_ns) / OHTD_NS_PER_MS);
	facts[OHTD_FACT_REQUIRED_MODULES_ONLINE] = all_required(control, false);
	facts[OHTD_FACT_COMMUNICATION_OK] = all_required(control, true);
	facts[OHTD_FACT_NO_FAULT] = no_fault(control);
	facts[OHTD_FACT_ESTOP_LATCHED] = ohtd_safety_latched(control);
	facts[OHTD_FACT_ESTOP_INPUTS_RELEASED] = inputs_released(control);
	facts[OHTD_FACT_CHANNEL_DISCREPANCY] =
		!!(standing & oht_cause_mask(OHT_STOPPED_BY_DISCREPANCY));
	facts[OHTD_FACT_UNCLEAN_RESTART] = control->unclean_restart;
	facts[OHTD_FACT_AUTO_ENABLE] = control->auto_enable;
	facts[OHTD_FACT_SAFETY_OK] = safety_module_good(control) && !ohtd_safety_latched(control);
	facts[OHTD_FACT_SENSORS_OK] = silent_sensor(control) == OHTD_SIGNALS;
	facts[OHTD_FACT_LOCATION_OK] = ohtd_travel_located(control);
	facts[OHTD_FACT_STANDSTILL] = standstill(control);
	facts[OHTD_FACT_TOLD_ZERO] = ohtd_travel_rests(control);
	ohtd_travel_facts(control);
}
