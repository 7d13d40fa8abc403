// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Quarantine: a module that disturbs the line is not asked any more, until a person lets it back. It
 * stays known and is shown. The stop telegrams of a drive go out all the same: they only stop.
 */
#include "control/control.h"
#include "control/one_module.h"

/* The unit of the command, if it is known or expected. */
static struct ohtd_unit *find(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_unit *unit = ohtd_unit(&control->modules, asked->command.unit);

	if (!unit || (!unit->view.generation &&
		      !ohtd_model_by_unit(control->model, asked->command.unit)))
		return NULL;
	return unit;
}

static bool is_required(const struct ohtd_control *control, const struct ohtd_unit *unit)
{
	const struct ohtd_kind *kind = ohtd_model_by_unit(control->model, unit->view.unit);

	return kind && kind->module->required;
}

/* The outputs are on, or somebody is switching them on. */
static bool is_enabled(const struct ohtd_control *control)
{
	return ohtd_safety_state(control) == OHTD_SAFETY_ENABLED ||
	       control->enable.step != OHTD_ENABLE_IDLE;
}

static void refuse(struct ohtd_control *control, const struct ohtd_asked *asked, unsigned int code)
{
	struct ohtd_why_list why = { 0 };

	ohtd_why_add(&why, code, asked->command.unit, 0);
	ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
}

static void answer_done(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_answer answer = { .outcome = OHTD_OUTCOME_DONE };

	ohtd_commands_send(control, asked, &answer);
}

void ohtd_quarantine_begin(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_unit *unit = find(control, asked);

	if (!unit) {
		refuse(control, asked, OHTD_WHY_BAD_REQUEST);
	} else if (is_required(control, unit) && is_enabled(control)) {
		refuse(control, asked, OHTD_WHY_ENABLED);
	} else {
		unit->quarantined = true;
		unit->view.health = OHTD_HEALTH_QUARANTINED;
		unit->view.next_probe_ns = 0;
		unit->attempts = 0;
		unit->silences = 0;
		/* Required ones stand in the way of an enable anyhow; others are meant to be done without. */
		if (!is_required(control, unit))
			ohtd_fault_settle(control, OHTD_WHY_MODULE_LOST, unit->view.unit);
		answer_done(control, asked);
	}
}

void ohtd_quarantine_end(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_unit *unit = find(control, asked);

	if (!unit || !unit->quarantined) {
		refuse(control, asked, OHTD_WHY_NOT_QUARANTINED);
		return;
	}
	unit->quarantined = false;
	unit->view.health = unit->view.generation ? OHTD_HEALTH_LOST : OHTD_HEALTH_ABSENT;
	unit->lost_since_ns = control->now_ns;
	/* A person took it out: that it is silent at first is no loss. */
	unit->escalated = true;
	unit->backoff_ms = 0;
	unit->view.next_probe_ns = control->now_ns;
	answer_done(control, asked);
}
