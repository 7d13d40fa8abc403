// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/mode.h"

#include <math.h>

#include "control/control.h"
#include "control/one_module.h"

bool ohtd_mode_forbids(unsigned int mode, enum ohtd_event event)
{
	/* The same jog once more. */
	bool again = event == OHTD_EVENT_JOG_REFRESH;
	unsigned int kind = ohtd_verb_of_event(again ? OHTD_EVENT_JOG_COMMAND : event);

	return kind && !(ohtd_verb_row(kind)->modes >> mode & 1);
}

double ohtd_mode_jog_mm_s(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	double limit_mm_s = ohtd_rule(m, OHTD_RULE_JOG_MM_S);

	/* A person may be beside it, as where something is near. */
	if (control->mode == OHTD_MODE_MANUAL)
		limit_mm_s = fmin(limit_mm_s, ohtd_rule(m, OHTD_RULE_SLOW_MM_S));
	/* The soft limits are where the module believes them to be. */
	if (m->location.lost)
		limit_mm_s = fmin(limit_mm_s, ohtd_rule(m, OHTD_RULE_HOMING_MM_S));
	return limit_mm_s;
}

/* All that stands in the way of another mode now. */
static void list_refusals(const struct ohtd_control *control, struct ohtd_why_list *why)
{
	if (control->state == OHTD_STATE_FAULT)
		ohtd_why_add(why, OHTD_WHY_IN_FAULT, 0, 0);
	else if (control->state != OHTD_STATE_SAFE && control->state != OHTD_STATE_IDLE)
		ohtd_why_add_state(control, why);
	else if (control->state == OHTD_STATE_IDLE && !control->facts[OHTD_FACT_STANDSTILL])
		ohtd_why_add_moving(control, why);
}

/* The event ring has changes of the mode beside the transitions, so that its readers see both. */
static void record(struct ohtd_control *control, const struct ohtd_command *by)
{
	struct ohtd_event_record record = ohtd_event_of_person(control, OHTD_RECORD_MODE, by);

	record.mode = by->mode;
	record.mode_before = (uint8_t)control->mode;
	ohtd_event_ring_put(&control->event_ring, &record);
}

void ohtd_mode_change(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_why_list why = { 0 };

	list_refusals(control, &why);
	if (why.count) {
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
		return;
	}
	/* The same once more is no change. */
	if (asked->command.mode != control->mode)
		record(control, &asked->command);
	control->mode = asked->command.mode;
	control->notify = true;
	ohtd_commands_done(control, asked);
}
