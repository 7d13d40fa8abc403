// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why not: from a guard that is false to what a person can do something about. And the fault list, with
 * the notes beside it.
 */
#include <string.h>

#include "control/control.h"

void ohtd_why_add(struct ohtd_why_list *list, unsigned int code, uint8_t unit, uint8_t detail)
{
	uint32_t known = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX;
	struct ohtd_why why = { .code = (uint16_t)code, .unit = unit, .detail = detail };
	uint32_t i;

	for (i = 0; i < known; i++)
		if (!memcmp(&list->items[i], &why, sizeof(why)))
			return;
	if (list->count < OHTD_WHY_MAX)
		list->items[list->count] = why;
	list->count++;
}

void ohtd_why_add_state(const struct ohtd_control *control, struct ohtd_why_list *list)
{
	ohtd_why_add(list, OHTD_WHY_STATE, 0, (uint8_t)(control->state + 1));
}

static void explain_modules(struct ohtd_control *control, struct ohtd_why_list *list)
{
	unsigned int i;

	for (i = 0; i < control->model->count; i++) {
		const struct ohtd_kind *kind = &control->model->kinds[i];
		const struct ohtd_unit *unit = ohtd_unit_of_kind(&control->modules, kind);
		unsigned int code = OHTD_WHY_MODULE_MISSING;

		if (!kind->module->required)
			continue;
		if (unit && unit->plan && unit->kind == kind)
			code = ohtd_why_of_health(unit->view.health);
		if (unit && unit->quarantined)
			code = OHTD_WHY_MODULE_QUARANTINED;
		if (code != OHTD_WHY_NONE)
			ohtd_why_add(list, code, kind->module->unit, 0);
	}
}

/* A button that stands although its contacts are closed was released a moment ago. */
static void explain_causes(struct ohtd_control *control, struct ohtd_why_list *list)
{
	const uint64_t buttons = oht_cause_mask(OHT_STOPPED_BY_BUTTON_A) |
				 oht_cause_mask(OHT_STOPPED_BY_BUTTON_B);
	uint64_t open = ohtd_safety_open_inputs(control);
	uint64_t standing = control->safety.status.standing | open;
	unsigned int cause;

	if (!control->safety.known) {
		ohtd_why_add(list, OHTD_WHY_DEVICE, 0, 0);
		return;
	}
	if (standing & buttons & ~open)
		ohtd_why_add(list, OHTD_WHY_INPUTS_NOT_STABLE, 0, 0);
	standing &= ~buttons | open;
	for (cause = 1; cause < OHT_CAUSES_MAX; cause++)
		if (standing & oht_cause_mask(cause))
			ohtd_why_add(list, OHTD_WHY_STOP_CAUSE, 0, (uint8_t)cause);
}

static void explain_stop(struct ohtd_control *control, struct ohtd_why_list *list)
{
	explain_causes(control, list);
	if (ohtd_safety_latched(control))
		ohtd_why_add(list, OHTD_WHY_STOP_LATCHED, 0,
			     (uint8_t)control->safety.status.first_cause);
}

static void explain_inputs(struct ohtd_control *control, struct ohtd_why_list *list)
{
	if (ohtd_safety_module_stops(control))
		ohtd_control_why_safety_module(control, list);
	explain_causes(control, list);
}

static void explain_safety(struct ohtd_control *control, struct ohtd_why_list *list)
{
	uint32_t before = list->count;

	if (ohtd_safety_latched(control))
		explain_stop(control, list);
	if (ohtd_safety_module_stops(control))
		ohtd_control_why_safety_module(control, list);
	explain_modules(control, list);
	if (list->count == before)
		ohtd_control_why_safety_module(control, list);
}

/* The safety module's is told once, with the register, also where its guard says it as well. */
static void explain_faults(struct ohtd_control *control, struct ohtd_why_list *list)
{
	unsigned int i;

	for (i = 0; i < control->fault_count; i++) {
		const struct ohtd_fault *fault = &control->faults[i];

		if (!fault->standing)
			continue;
		if (fault->why.code == OHTD_WHY_SAFETY_MODULE)
			ohtd_control_why_safety_module(control, list);
		else
			ohtd_why_add(list, fault->why.code, fault->why.unit, fault->why.detail);
	}
}

static void explain_fact(struct ohtd_control *control, enum ohtd_fact fact,
			 struct ohtd_why_list *list)
{
	switch (fact) {
	case OHTD_FACT_NO_FAULT:
		explain_faults(control, list);
		break;
	case OHTD_FACT_SAFETY_OK:
		explain_safety(control, list);
		break;
	case OHTD_FACT_COMMUNICATION_OK:
	case OHTD_FACT_REQUIRED_MODULES_ONLINE:
		explain_modules(control, list);
		break;
	case OHTD_FACT_SENSORS_OK:
		ohtd_control_why_sensors(control, list);
		break;
	case OHTD_FACT_LOCATION_OK:
		ohtd_control_explain_unlocated(control, list);
		break;
	case OHTD_FACT_ESTOP_LATCHED:
		explain_stop(control, list);
		break;
	case OHTD_FACT_ESTOP_INPUTS_RELEASED:
		explain_inputs(control, list);
		break;
	case OHTD_FACT_CHANNEL_DISCREPANCY:
		ohtd_why_add(list, OHTD_WHY_STOP_CAUSE, 0, OHT_STOPPED_BY_DISCREPANCY);
		break;
	case OHTD_FACT_STANDSTILL:
	case OHTD_FACT_TOLD_ZERO:
		ohtd_why_add_moving(control, list);
		break;
	case OHTD_FACT_TARGET_VALID:
		ohtd_travel_explain_target(control, list);
		break;
	case OHTD_FACT_JOG_SPEED_IN_LIMIT:
		ohtd_travel_explain_jog(control, list);
		break;
	case OHTD_FACT_CHARGE_OK:
		ohtd_control_explain_charge(control, list);
		break;
	case OHTD_FACT_WAY_CLEAR:
		ohtd_travel_explain_way(control, list);
		break;
	case OHTD_FACT_DOCKED:
		ohtd_control_dock_explain(control, control->facts[fact] ? OHTD_WHY_DOCKED : OHTD_WHY_NOT_DOCKED, list);
		break;
	case OHTD_FACT_DOCK_PHASE_FINAL:
		ohtd_why_add(list, OHTD_WHY_DOCK_FINAL, 0, 0);
		break;
	/* These choose between rows, and stand in the way of none. */
	case OHTD_FACT_KEPT_IS_DOCK:
	case OHTD_FACT_KEPT_IS_UNDOCK:
		break;
	default:
		if (fact < OHTD_FACTS_AVAILABLE)
			ohtd_why_add_state(control, list);
		else
			ohtd_why_add(list, OHTD_WHY_NOT_AVAILABLE, 0, 0);
	}
}

void ohtd_why_event(struct ohtd_control *control, enum ohtd_event event,
		    struct ohtd_why_list *list)
{
	enum ohtd_fact blockers[OHTD_FACTS];
	unsigned int count, i;

	if (!control->device.open)
		ohtd_why_add(list, OHTD_WHY_DEVICE, 0, 0);
	if (ohtd_mode_forbids(control->mode, event))
		ohtd_why_add(list, OHTD_WHY_MODE, 0, (uint8_t)control->mode);
	if (!ohtd_machine_knows(&control->machine, control->state, event)) {
		if (control->state == OHTD_STATE_FAULT)
			ohtd_why_add(list, OHTD_WHY_IN_FAULT, 0, 0);
		else
			ohtd_why_add_state(control, list);
		/* It would have to be reset first: say so as well. */
		if (event == OHTD_EVENT_SAFE_RESET && ohtd_safety_latched(control))
			explain_stop(control, list);
		return;
	}
	if (!ohtd_machine_can(&control->machine, control->state, event)) {
		ohtd_why_add(list, OHTD_WHY_NOT_AVAILABLE, 0, 0);
		return;
	}
	count = ohtd_machine_blockers(&control->machine, control->state, event, control->facts,
				      blockers, OHTD_FACTS);
	for (i = 0; i < count; i++)
		explain_fact(control, blockers[i], list);
}

/* ---- faults ---- */

static struct ohtd_fault *find_fault(struct ohtd_control *control, unsigned int code, uint8_t unit)
{
	unsigned int i;

	for (i = 0; i < control->fault_count; i++)
		if (control->faults[i].why.code == code && control->faults[i].why.unit == unit)
			return &control->faults[i];
	return NULL;
}

/* A place for one more. In a full list the oldest that is over makes it; they never all stand. */
static struct ohtd_fault *new_fault(struct ohtd_control *control)
{
	struct ohtd_fault *faults = control->faults;
	unsigned int over = 0;

	if (control->fault_count < OHTD_FAULTS_MAX)
		return &faults[control->fault_count++];
	while (over < OHTD_FAULTS_MAX - 1 && faults[over].standing)
		over++;
	memmove(&faults[over], &faults[over + 1], (OHTD_FAULTS_MAX - 1 - over) * sizeof(*faults));
	return &faults[OHTD_FAULTS_MAX - 1];
}

void ohtd_fault_raise(struct ohtd_control *control, const struct ohtd_why *why, bool standing)
{
	struct ohtd_fault *fault = find_fault(control, why->code, why->unit);

	if (!fault) {
		fault = new_fault(control);
		fault->standing = false;
		fault->since_ns = control->now_ns;
	}
	if (standing && !fault->standing)
		fault->since_ns = control->now_ns;
	fault->why = *why;
	fault->standing = standing;
	control->notify = true;
}

void ohtd_fault_settle(struct ohtd_control *control, unsigned int code, uint8_t unit)
{
	struct ohtd_fault *fault = find_fault(control, code, unit);

	if (fault)
		fault->standing = false;
}

void ohtd_faults_clear(struct ohtd_control *control)
{
	unsigned int from, to = 0;

	for (from = 0; from < control->fault_count; from++)
		if (control->faults[from].standing)
			control->faults[to++] = control->faults[from];
	control->fault_count = to;
}

void ohtd_note_raise(struct ohtd_control *control, unsigned int code)
{
	uint32_t i;

	for (i = 0; i < control->note_count; i++)
		if (control->notes[i].why.code == code)
			return;
	if (control->note_count == OHTD_NOTES_MAX)
		return;
	control->notes[control->note_count++] = (struct ohtd_fault){
		.why.code = (uint16_t)code, .standing = true, .since_ns = control->now_ns,
	};
	control->notify = true;
}
