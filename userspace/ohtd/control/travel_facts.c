// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of the guards that are about motion, and why one of them is not true. */
#include <math.h>

#include "control/control.h"
#include "control/travel.h"

/* Numbers of guards are whole. */
#define NUMBER_MAX	1e15

static int64_t whole(double number)
{
	return (int64_t)fmin(fmax(number, 0), NUMBER_MAX);
}

static bool keeps(const struct ohtd_control *control, enum ohtd_command_kind kind)
{
	return ohtd_travel_busy(control) && control->travel.command.kind == kind;
}

/* Both ways end with what the module says of the dock. */
static bool keeps_dock(const struct ohtd_control *control)
{
	return keeps(control, OHTD_COMMAND_DOCK) || keeps(control, OHTD_COMMAND_UNDOCK);
}

/* The phases of docking have targets of their own. */
double ohtd_travel_kept_mm(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;

	return keeps(control, OHTD_COMMAND_DOCK) ? ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM) : m->kept_mm;
}

void ohtd_travel_ask(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	struct ohtd_travel *m = &control->travel;
	struct ohtd_question *question = &m->question;

	*question = (struct ohtd_question){ .target_mm = ohtd_travel_kept_mm(control) };
	if (!raised)
		return;
	question->asked = raised->asked.used;
	question->speed_mm_s = raised->asked.command.speed_mm_s;
	switch (raised->event) {
	case OHTD_EVENT_MOVE_COMMAND:
		question->any = !question->asked;
		question->target_mm = raised->asked.command.target_mm;
		break;
	case OHTD_EVENT_DOCK_COMMAND:
		question->fixed = true;
		question->target_mm = ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM);
		break;
	case OHTD_EVENT_UNDOCK_COMMAND:
		question->fixed = true;
		question->target_mm = ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM) +
				      ohtd_rule(m, OHTD_RULE_UNDOCK_MM);
		break;
	default:
		break;
	}
}

bool ohtd_travel_within_limits(const struct ohtd_travel *m, double position_mm)
{
	return position_mm >= m->axis.limits.soft_min_mm &&
	       position_mm <= m->axis.limits.soft_max_mm;
}

/* Without a command or a kept target it is about targets as such. */
static bool about_none(const struct ohtd_control *control)
{
	const struct ohtd_question *question = &control->travel.question;

	return question->any ||
	       (!question->asked && !question->fixed && control->state != OHTD_STATE_PAUSED &&
		control->state != OHTD_STATE_BLOCKED);
}

/* A way that is not said must be open in one direction at least. */
static unsigned int way_closed(const struct ohtd_control *control)
{
	if (!about_none(control))
		return ohtd_way_closed(control, control->travel.question.target_mm);
	return ohtd_way_closed(control, INFINITY) ? ohtd_way_closed(control, -INFINITY)
						   : OHTD_WHY_NONE;
}

static bool target_valid(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	double target_mm = m->question.target_mm;

	if (about_none(control))
		return true;
	return ohtd_travel_within_limits(m, target_mm) && !ohtd_way_barred(control, target_mm);
}

bool ohtd_travel_leads_out(const struct ohtd_travel *m, double speed_mm_s)
{
	double position_mm = m->drive.position.estimate_mm;
	double near_mm = ohtd_rule(m, OHTD_RULE_TOLERANCE_MM);

	return speed_mm_s < 0 ? position_mm <= m->axis.limits.soft_min_mm + near_mm
			      : position_mm >= m->axis.limits.soft_max_mm - near_mm;
}

bool ohtd_travel_jog_speed(const struct ohtd_control *control, double speed_mm_s)
{
	return fabs(speed_mm_s) >= OHTD_SLOWEST_MM_S &&
	       fabs(speed_mm_s) <= ohtd_mode_jog_mm_s(control);
}

/* A little way in its direction. */
static double jog_mm(const struct ohtd_travel *m)
{
	return m->drive.position.estimate_mm + copysign(2, m->question.speed_mm_s);
}

/* Without a position there are no soft limits to stop at. */
static bool jog_valid(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	double speed_mm_s = m->question.speed_mm_s;

	if (!ohtd_travel_tracked(control))
		return false;
	return !m->question.asked ||
	       (ohtd_travel_jog_speed(control, speed_mm_s) && !ohtd_travel_leads_out(m, speed_mm_s) &&
		!ohtd_way_barred(control, jog_mm(m)));
}

static int64_t retries_left(const struct ohtd_travel *m)
{
	double retries = ohtd_rule(m, OHTD_RULE_DOCK_RETRIES);

	/* A robot that does not come off the dock does not get better by going back. */
	if (m->command.kind != OHTD_COMMAND_DOCK || m->docking.stays || m->docking.attempts >= retries)
		return 0;
	return (int64_t)retries - m->docking.attempts;
}

static bool jog_active(const struct ohtd_control *control)
{
	return control->state == OHTD_STATE_MOVE &&
	       control->travel.command.kind == OHTD_COMMAND_JOG &&
	       ohtd_travel_busy(control);
}

static bool in_tolerance(const struct ohtd_travel *m)
{
	return m->drive.settled && fabs(m->kept_mm - m->drive.position.estimate_mm) <=
				   ohtd_rule(m, OHTD_RULE_TOLERANCE_MM);
}

void ohtd_travel_facts(struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	int64_t *facts = control->facts;

	facts[OHTD_FACT_WAY_CLEAR] = !way_closed(control);
	facts[OHTD_FACT_TARGET_VALID] = target_valid(control);
	facts[OHTD_FACT_DOCKED] = ohtd_dock_docked(control);
	facts[OHTD_FACT_DOCK_CONFIRMED] = ohtd_dock_confirmed(control);
	facts[OHTD_FACT_EXPECTED_DOCK_CONTACT] = ohtd_dock_final(control);
	facts[OHTD_FACT_RETRIES_LEFT] = retries_left(m);
	facts[OHTD_FACT_DOCK_PHASE_FINAL] = ohtd_dock_final(control);
	facts[OHTD_FACT_KEPT_IS_DOCK] = keeps_dock(control);
	facts[OHTD_FACT_KEPT_IS_UNDOCK] = keeps(control, OHTD_COMMAND_UNDOCK);
	facts[OHTD_FACT_AUTO_CONTINUE] = ohtd_rule(m, OHTD_RULE_AUTO_CONTINUE) != 0;
	facts[OHTD_FACT_JOG_ACTIVE] = jog_active(control);
	facts[OHTD_FACT_JOG_SPEED_IN_LIMIT] = jog_valid(control);
	facts[OHTD_FACT_CHARGE_OK] = m->charge.state == OHTD_CHARGE_ENOUGH;
	facts[OHTD_FACT_POSITION_ERROR_IN_TOLERANCE] = in_tolerance(m);
	facts[OHTD_FACT_DISTANCE] = whole(m->way.distance_mm);
	facts[OHTD_FACT_SLOW_ZONE] = whole(m->way.slow_mm);
	facts[OHTD_FACT_STOP_ZONE] = whole(m->way.stop_mm);
	/* Without a command none is late. */
	facts[OHTD_FACT_COMMAND_MS] = -1;
	if (ohtd_travel_busy(control))
		facts[OHTD_FACT_COMMAND_MS] =
			(int64_t)((control->now_ns - m->began_ns) / OHTD_NS_PER_MS);
	facts[OHTD_FACT_COMMAND_LIMIT_MS] = whole(m->limit_ms);
	facts[OHTD_FACT_DOCK_TIMEOUT_MS] = whole(ohtd_dock_limit_ms(control));
}

/* ---- why not ---- */

/* The fact may be a little older than what the sensors say. @target_mm: not a number: of both ways. */
static void add_way(const struct ohtd_control *control, struct ohtd_why_list *list, unsigned int code, double target_mm)
{
	if (code == OHTD_WHY_SENSORS)
		ohtd_control_why_signal(control, list, code, ohtd_control_way_blind(control));
	else
		ohtd_control_why_signal(control, list, OHTD_WHY_OBSTACLE, ohtd_control_way_ahead(control, target_mm));
}

void ohtd_travel_explain_way(struct ohtd_control *control, struct ohtd_why_list *list)
{
	add_way(control, list, way_closed(control), about_none(control) ? NAN : control->travel.question.target_mm);
}

void ohtd_travel_explain_target(struct ohtd_control *control, struct ohtd_why_list *list)
{
	const struct ohtd_travel *m = &control->travel;
	double target_mm = m->question.target_mm;

	if (isnan(target_mm))
		ohtd_why_add(list, OHTD_WHY_NO_TARGET, 0, 0);
	else if (!ohtd_travel_within_limits(m, target_mm))
		ohtd_why_add(list, OHTD_WHY_SOFT_LIMIT, 0, 0);
	else
		add_way(control, list, ohtd_way_barred(control, target_mm), target_mm);
}

void ohtd_control_explain_unlocated(const struct ohtd_control *control, struct ohtd_why_list *list)
{
	unsigned int code = ohtd_travel_unlocated(control);

	ohtd_control_why_signal(control, list, code, code == OHTD_WHY_SENSORS ? OHTD_SIGNAL_POSITION_MM : OHTD_SIGNALS);
}

void ohtd_control_explain_charge(struct ohtd_control *control, struct ohtd_why_list *list)
{
	uint8_t detail;
	unsigned int code = ohtd_control_uncharged(control, &detail);

	if (code)
		ohtd_why_add(list, code, 0, detail);
}

void ohtd_travel_explain_jog(struct ohtd_control *control, struct ohtd_why_list *list)
{
	const struct ohtd_travel *m = &control->travel;

	if (!ohtd_travel_tracked(control))
		ohtd_control_explain_unlocated(control, list);
	else if (!ohtd_travel_jog_speed(control, m->question.speed_mm_s))
		ohtd_why_add(list, OHTD_WHY_JOG_SPEED, 0, 0);
	else if (ohtd_travel_leads_out(m, m->question.speed_mm_s))
		ohtd_why_add(list, OHTD_WHY_SOFT_LIMIT, 0, 0);
	else
		add_way(control, list, ohtd_way_barred(control, jog_mm(m)), jog_mm(m));
}
