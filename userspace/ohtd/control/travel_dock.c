// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Docking: to a place before the dock, on at a low speed, the last way, standstill until the module
 * says that the robot is docked. And back.
 */
#include <math.h>

#include "control/control.h"
#include "control/travel.h"

/* The highest value is "docked". What is above it, a fault or a number without a meaning, says nothing of the dock. */
static bool read_dock(struct ohtd_control *control, enum ohtd_signal signal, double docked)
{
	struct ohtd_value value;

	if (!ohtd_signal(control, signal, &value))
		return false;
	if (value.valid && value.value <= docked)
		control->travel.dock_word = (struct ohtd_dock_word){
			.docked = value.value == docked, .at_ns = value.time_ns,
		};
	return true;
}

/* Each profile has one of the two registers. */
void ohtd_dock_read(struct ohtd_control *control)
{
	if (!read_dock(control, OHTD_SIGNAL_DOCK_STATUS, OHTD_DOCK_STATUS_DOCKED) &&
	    !read_dock(control, OHTD_SIGNAL_DOCK_CONFIRMED, 1))
		control->travel.dock_word = (struct ohtd_dock_word){ 0 };
}

static bool has_dock(const struct ohtd_control *control)
{
	return ohtd_control_has_signal(control, OHTD_SIGNAL_DOCK_STATUS) ||
	       ohtd_control_has_signal(control, OHTD_SIGNAL_DOCK_CONFIRMED);
}

/* A robot of which the module has said nothing yet is taken for docked: it must not tear itself off. One without a dock has none to tear off. */
bool ohtd_dock_docked(const struct ohtd_control *control)
{
	const struct ohtd_dock_word *word = &control->travel.dock_word;

	return word->docked || (!word->at_ns && has_dock(control));
}

void ohtd_control_dock_explain(const struct ohtd_control *control, unsigned int code, struct ohtd_why_list *list)
{
	bool has_status = ohtd_signal_exists(control, OHTD_SIGNAL_DOCK_STATUS);

	if (code == OHTD_WHY_DOCKED && !control->travel.dock_word.at_ns)
		code = OHTD_WHY_DOCK_UNKNOWN;
	ohtd_control_why_signal(control, list, code, has_status ? OHTD_SIGNAL_DOCK_STATUS : OHTD_SIGNAL_DOCK_CONFIRMED);
}

static bool recent(const struct ohtd_control *control, uint64_t at_ns)
{
	double age_ms = (double)(control->now_ns - at_ns) / OHTD_NS_PER_MS;

	return at_ns && age_ms <= ohtd_rule(&control->travel, OHTD_RULE_DOCK_AGE_MS) *
				  control->time_factor;
}

bool ohtd_dock_confirmed(const struct ohtd_control *control)
{
	const struct ohtd_dock_word *word = &control->travel.dock_word;

	return word->docked && recent(control, word->at_ns);
}

bool ohtd_dock_final(const struct ohtd_control *control)
{
	unsigned int phase = control->travel.docking.phase;

	return phase == OHTD_DOCK_FINAL || phase == OHTD_DOCK_SETTLED;
}

bool ohtd_dock_awaited(const struct ohtd_control *control)
{
	return control->travel.docking.stands_ns != 0;
}

double ohtd_dock_limit_ms(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;

	return m->docking.approach_ms * control->time_factor +
	       ohtd_rule(m, OHTD_RULE_DOCK_TIMEOUT_MS) * (m->docking.attempts + 1) *
	       control->time_factor;
}

/* ---- phases ---- */

static void head_for(struct ohtd_control *control, enum ohtd_dock_phase phase, double away_mm,
		     double speed_mm_s)
{
	struct ohtd_travel *m = &control->travel;

	m->docking.phase = (uint8_t)phase;
	m->docking.stands_ns = 0;
	m->phase_mm_s = speed_mm_s;
	m->kept_mm = ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM) + away_mm;
	ohtd_travel_go(control);
}

/* The last phase sees no obstacle, so it begins at rest: one that still brakes comes by here again. */
static void align(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	double away_mm = fabs(m->drive.position.estimate_mm -
			      ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM));

	if (away_mm > ohtd_rule(m, OHTD_RULE_DOCK_FINAL_MM) || !ohtd_travel_rests(control))
		head_for(control, OHTD_DOCK_ALIGN,
			 m->docking.side * ohtd_rule(m, OHTD_RULE_DOCK_FINAL_MM),
			 ohtd_rule(m, OHTD_RULE_DOCK_ALIGN_MM_S));
	else
		head_for(control, OHTD_DOCK_FINAL, 0, ohtd_rule(m, OHTD_RULE_DOCK_FINAL_MM_S));
}

static bool is_at_dock(const struct ohtd_control *control, double off_mm)
{
	return ohtd_dock_confirmed(control) && ohtd_travel_rests(control) &&
	       fabs(off_mm) <= ohtd_rule(&control->travel, OHTD_RULE_DOCK_FINAL_MM);
}

/* ---- begin ---- */

void ohtd_dock_leave(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	m->command.target_mm = ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM) +
			       ohtd_rule(m, OHTD_RULE_UNDOCK_MM);
	head_for(control, OHTD_DOCK_LEAVE, ohtd_rule(m, OHTD_RULE_UNDOCK_MM),
		 ohtd_rule(m, OHTD_RULE_DOCK_ALIGN_MM_S));
}

/*
 * A robot that cannot come to rest near the dock has a way back, for which the approach has time. A robot that is
 * docked stays where it is, for another word of the module.
 */
void ohtd_dock_begin(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	double off_mm = m->drive.position.estimate_mm - ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM);
	double rest_mm = off_mm + ohtd_axis_stopping_mm(&m->axis);
	uint32_t attempts = m->docking.attempts;

	/* A way off the dock that was paused. */
	if (m->command.kind == OHTD_COMMAND_UNDOCK) {
		ohtd_dock_leave(control);
		return;
	}
	m->docking = (struct ohtd_docking){ .side = off_mm < 0 ? -1 : 1, .attempts = attempts };
	m->command.target_mm = ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM);
	if (is_at_dock(control, off_mm)) {
		m->docking.stays = true;
		head_for(control, OHTD_DOCK_FINAL, off_mm, ohtd_rule(m, OHTD_RULE_DOCK_FINAL_MM_S));
		return;
	}
	if (fmax(fabs(off_mm), fabs(rest_mm)) <= ohtd_rule(m, OHTD_RULE_DOCK_ALIGN_MM)) {
		align(control);
		return;
	}
	head_for(control, OHTD_DOCK_APPROACH,
		 m->docking.side * ohtd_rule(m, OHTD_RULE_DOCK_ALIGN_MM), 0);
	m->docking.approach_ms = m->limit_ms / control->time_factor;
}

void ohtd_dock_back_off(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	m->docking.attempts++;
	head_for(control, OHTD_DOCK_BACK_OFF,
		 m->docking.side * ohtd_rule(m, OHTD_RULE_DOCK_ALIGN_MM),
		 ohtd_rule(m, OHTD_RULE_DOCK_ALIGN_MM_S));
}

/* ---- at rest ---- */

/* What the module said before the robot stood counts for nothing. */
static void await_module(struct ohtd_control *control, bool docked, enum ohtd_event complete)
{
	const struct ohtd_why why = { .code = OHTD_WHY_DOCK_NOT_CONFIRMED };
	struct ohtd_travel *m = &control->travel;
	uint64_t limit_ns = (uint64_t)ohtd_rule(m, OHTD_RULE_DOCK_CONFIRM_MS) *
			    control->time_factor * OHTD_NS_PER_MS;

	if (!m->docking.stands_ns)
		m->docking.stands_ns = control->now_ns;
	if (m->dock_word.docked == docked && m->dock_word.at_ns > m->docking.stands_ns)
		ohtd_event_raise_if_taken(control, complete, NULL);
	else if (control->now_ns - m->docking.stands_ns > limit_ns)
		ohtd_event_raise_if_taken(control, OHTD_EVENT_DOCK_FAILED, &why);
}

void ohtd_dock_watch(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	switch (m->docking.phase) {
	case OHTD_DOCK_APPROACH:
	case OHTD_DOCK_ALIGN:
	case OHTD_DOCK_BACK_OFF:
		/* To be there exactly is for the last phase. */
		if (m->sample.arrived && m->drive.rest_s > 0)
			align(control);
		break;
	case OHTD_DOCK_FINAL:
		if (m->drive.settled)
			m->docking.phase = OHTD_DOCK_SETTLED;
		break;
	case OHTD_DOCK_SETTLED:
		await_module(control, true, OHTD_EVENT_DOCK_COMPLETE);
		break;
	case OHTD_DOCK_LEAVE:
		if (m->drive.settled)
			await_module(control, false, OHTD_EVENT_UNDOCK_COMPLETE);
		break;
	default:
		break;
	}
}
