// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registry: what answers at each unit address, how well, and what its loss does.
 * Source: docs/data.md.
 */
#include <stdio.h>
#include <string.h>

#include "control.h"

#define EXCEPTION_ADDRESS	2
#define BACKOFF_FIRST_MS	100
#define BACKOFF_MAX_MS		2000
/* A stretched wait for one module is time that the others do not get: loss times stretch further. */
#define ANSWER_FACTOR_MAX	3

uint32_t ohtd_unit_timeout_us(const struct ohtd_control *control, const struct ohtd_unit *unit)
{
	const struct ohtd_kind *kind = unit->kind;
	uint32_t factor = control->time_factor < ANSWER_FACTOR_MAX ? control->time_factor
								   : ANSWER_FACTOR_MAX;
	uint64_t timeout_us;

	if (!kind)
		kind = ohtd_model_by_unit(control->model, unit->view.unit);
	/*
	 * At an address where nothing is expected the wait is the rule and everybody else's delay;
	 * a stranger that is slower than our quickest module is not seen.
	 */
	timeout_us = kind ? kind->module->response_timeout_ms * 1000ull * factor
			  : control->model->timeout_min_ms * 1000ull;
	if (control->device.info.turnaround_max_us &&
	    timeout_us > control->device.info.turnaround_max_us)
		timeout_us = control->device.info.turnaround_max_us;
	return (uint32_t)timeout_us;
}

void ohtd_unit_count(struct ohtd_unit *unit, const struct oht_reply *reply)
{
	struct ohtd_module_view *view = &unit->view;

	view->requests++;
	switch (reply->outcome) {
	case OHT_OUTCOME_OK:
		view->replies++;
		view->turnaround_us = reply->turnaround_ns / 1000;
		if (view->turnaround_us > view->turnaround_max_us)
			view->turnaround_max_us = view->turnaround_us;
		break;
	case OHT_OUTCOME_TIMEOUT:
		view->timeouts++;
		break;
	case OHT_OUTCOME_CRC:
	case OHT_OUTCOME_SHORT:
		view->crc_errors++;
		break;
	case OHT_OUTCOME_EXCEPTION:
		view->exceptions++;
		break;
	default:
		view->other_errors++;
	}
}

static void fault_of(const struct ohtd_unit *unit, unsigned int code, struct ohtd_why *why)
{
	*why = (struct ohtd_why){ .code = (uint16_t)code, .unit = unit->view.unit };
}

/* ---- polls ---- */

static void store_words(struct ohtd_control *control, struct ohtd_unit *unit,
			const struct ohtd_block *block, const uint16_t *words)
{
	unsigned int i, j, at = 0;

	for (i = 0; i < block->registers; i++) {
		struct ohtd_register_value *value = &unit->values.values[block->first + i];
		unsigned int count = unit->plan->map->reg[block->first + i].words;

		for (j = 0; j < count; j++)
			value->words[j] = words[at++];
		value->state = OHTD_REGISTER_OK;
		value->time_ns = control->now_ns;
	}
	unit->dirty = true;
}

static void cut_blocks(struct ohtd_unit *unit)
{
	ohtd_blocks_cut(unit->plan->map, unit->plan->signal, OHTD_SIGNALS, unit->marks,
			&unit->blocks);
}

/* Exception 02: the registers of a block are asked for one by one, a single one not any more. */
static void store_unknown(struct ohtd_unit *unit, const struct ohtd_block *block)
{
	unsigned int i;

	for (i = block->first; i < block->first + block->registers; i++) {
		unit->marks[i] = block->registers > 1 ? OHTD_MARK_ALONE : OHTD_MARK_UNKNOWN;
		if (block->registers == 1)
			unit->values.values[i].state = OHTD_REGISTER_UNSUPPORTED;
	}
	unit->dirty = true;
	cut_blocks(unit);
}

/* A register that was asked for alone and answered may stand in a block again. */
static void store_known(struct ohtd_unit *unit, const struct ohtd_block *block)
{
	if (unit->marks[block->first] != OHTD_MARK_ALONE)
		return;
	unit->marks[block->first] = OHTD_MARK_NONE;
	cut_blocks(unit);
}

static void note_alive(struct ohtd_control *control, struct ohtd_unit *unit)
{
	unit->view.last_good_ns = control->now_ns;
	unit->view.errors_in_row = 0;
	unit->view.health = OHTD_HEALTH_GOOD;
	unit->attempts = 0;
}

static void schedule_next(struct ohtd_control *control, struct ohtd_unit *unit)
{
	uint64_t period_ns = unit->kind->module->poll_period_ms * OHTD_NS_PER_MS;

	/* On its own grid; a late answer does not shift it, but it does not catch up either. */
	unit->due_ns += period_ns;
	if (unit->due_ns + period_ns < control->now_ns)
		unit->due_ns = control->now_ns;
}

/* One attempt failed; a poll has failed when its retries are used up. */
static void note_failure(struct ohtd_control *control, struct ohtd_unit *unit)
{
	const struct oht_module *module = unit->kind->module;

	unit->attempts++;
	if (unit->attempts <= module->retries) {
		/* The short loss times of the others want the retry at once; these can wait a turn. */
		if (!ohtd_unit_every_cycle(unit))
			unit->due_ns = control->now_ns + OHTD_CYCLE_MS * OHTD_NS_PER_MS;
		return;
	}
	unit->attempts = 0;
	unit->view.errors_in_row++;
	if (unit->view.errors_in_row >= module->degrade_after_errors)
		unit->view.health = OHTD_HEALTH_DEGRADED;
	schedule_next(control, unit);
}

void ohtd_unit_polled(struct ohtd_control *control, const struct ohtd_transfer *transfer,
		      const struct oht_reply *reply)
{
	struct ohtd_unit *unit = ohtd_unit(control, transfer->unit);
	bool poll = transfer->purpose == OHTD_PURPOSE_POLL;
	bool unknown = reply->outcome == OHT_OUTCOME_EXCEPTION &&
		       reply->exception == EXCEPTION_ADDRESS;

	if (poll)
		unit->busy = false;
	/* It was found to be something else meanwhile, or was lost: the words mean nothing now. */
	if (!unit->plan || unit->view.health == OHTD_HEALTH_LOST)
		return;
	if (unknown) {
		store_unknown(unit, &transfer->block);
	} else if (reply->outcome == OHT_OUTCOME_OK) {
		store_words(control, unit, &transfer->block, reply->words);
		store_known(unit, &transfer->block);
	}
	if (unknown || reply->outcome == OHT_OUTCOME_OK) {
		note_alive(control, unit);
		if (poll)
			schedule_next(control, unit);
	} else if (poll && reply->outcome != OHT_OUTCOME_GONE) {
		note_failure(control, unit);
	}
}

/* ---- identity ---- */

static void forget_values(struct ohtd_unit *unit)
{
	const struct oht_regmap *map = unit->plan ? unit->plan->map : NULL;
	size_t i;

	memset(&unit->values, 0, sizeof(unit->values));
	unit->values.unit = unit->view.unit;
	unit->values.generation = unit->view.generation;
	unit->values.count = map ? (uint16_t)map->count : 0;
	for (i = 0; map && i < map->count; i++)
		if (map->reg[i].access == OHT_ACCESS_WO)
			unit->values.values[i].state = OHTD_REGISTER_WRITE_ONLY;
	unit->dirty = true;
	unit->poll_next = 0;
	unit->sweep_next = 0;
	memset(unit->marks, 0, sizeof(unit->marks));
	if (unit->plan)
		cut_blocks(unit);
}

static void set_names(struct ohtd_unit *unit, enum oht_profile profile)
{
	struct ohtd_module_view *view = &unit->view;

	snprintf(view->name, sizeof(view->name), "%s",
		 unit->kind ? unit->kind->module->name : "unknown");
	snprintf(view->profile, sizeof(view->profile), "%s",
		 unit->plan ? oht_profile_name(profile) : "");
	view->assigned = unit->plan != NULL;
	view->required = unit->plan && unit->kind->module->required;
}

/* The unit is what it was: go on with its values. */
static void resume(struct ohtd_control *control, struct ohtd_unit *unit)
{
	note_alive(control, unit);
	unit->backoff_ms = 0;
	unit->view.next_probe_ns = 0;
	unit->lost_since_ns = 0;
	unit->escalated = false;
	unit->due_ns = control->now_ns;
	ohtd_fault_settle(control, OHTD_WHY_MODULE_LOST, unit->view.unit);
	ohtd_fault_settle(control, OHTD_WHY_MODULE_MISSING, unit->view.unit);
}

void ohtd_unit_found(struct ohtd_control *control, struct ohtd_unit *unit,
		     const struct ohtd_identify *identify, enum oht_profile profile)
{
	const struct ohtd_kind *kind = ohtd_model_by_type(control->model, identify->type_code);
	bool assigned = kind && kind->module->unit == unit->view.unit;
	const struct ohtd_plan *plan = assigned ? &kind->plan[profile] : NULL;

	unit->view.device_id = identify->device_id;
	unit->view.type_code = identify->type_code;
	if (!unit->view.generation || kind != unit->kind || plan != unit->plan) {
		unit->kind = kind;
		unit->plan = plan;
		unit->view.generation++;
		set_names(unit, profile);
		forget_values(unit);
	}
	resume(control, unit);
}

void ohtd_unit_silent(struct ohtd_control *control, struct ohtd_unit *unit)
{
	/* One that is polled well all the same is judged by its polls. */
	if (unit->view.health == OHTD_HEALTH_GOOD || unit->view.health == OHTD_HEALTH_DEGRADED) {
		if (unit->plan)
			return;
		unit->view.health = OHTD_HEALTH_LOST;
	}
	unit->backoff_ms = unit->backoff_ms ? unit->backoff_ms * 2 : BACKOFF_FIRST_MS;
	if (unit->backoff_ms > BACKOFF_MAX_MS)
		unit->backoff_ms = BACKOFF_MAX_MS;
	unit->view.next_probe_ns = control->now_ns + unit->backoff_ms * OHTD_NS_PER_MS;
}

/* ---- loss ---- */

static void act_on_loss(struct ohtd_control *control, struct ohtd_unit *unit,
			enum oht_loss_action action)
{
	struct ohtd_why why;

	fault_of(unit, OHTD_WHY_MODULE_LOST, &why);
	if (control->state == OHTD_STATE_BOOT || control->state == OHTD_STATE_INIT ||
	    control->state == OHTD_STATE_SHUTDOWN)
		return;
	if (action == OHT_LOSS_ESTOP) {
		ohtd_fault_raise(control, &why, true);
		ohtd_safety_stop(control, &why);
		ohtd_control_raise(control, OHTD_EVENT_ESTOP_TRIGGERED);
	} else if (action == OHT_LOSS_STOP) {
		ohtd_fault_raise(control, &why, true);
		ohtd_control_raise(control, OHTD_EVENT_FAULT_DETECTED);
	}
}

static void lose(struct ohtd_control *control, struct ohtd_unit *unit)
{
	const struct oht_module *module = unit->kind->module;
	bool moving = ohtd_moving(control);

	unit->view.health = OHTD_HEALTH_LOST;
	unit->lost_since_ns = control->now_ns;
	unit->view.next_probe_ns = control->now_ns;
	if (unit->plan)
		act_on_loss(control, unit,
			    moving ? module->loss_action : module->loss_action_standing);
}

static void check_alive(struct ohtd_control *control, struct ohtd_unit *unit)
{
	const struct ohtd_kind *kind = unit->kind;
	uint64_t limit_ms = ohtd_moving(control) ? kind->lost_moving_ms : kind->lost_ms;
	uint64_t silent_ns = control->now_ns - unit->view.last_good_ns;

	if (silent_ns > limit_ms * control->time_factor * OHTD_NS_PER_MS)
		lose(control, unit);
}

static void check_lost(struct ohtd_control *control, struct ohtd_unit *unit)
{
	uint64_t limit_ns = (uint64_t)unit->kind->escalate_ms * control->time_factor *
			    OHTD_NS_PER_MS;

	if (!limit_ns || unit->escalated || control->now_ns - unit->lost_since_ns < limit_ns)
		return;
	unit->escalated = true;
	act_on_loss(control, unit, OHT_LOSS_ESTOP);
}

void ohtd_units_check(struct ohtd_control *control)
{
	unsigned int i;

	/* Without a device nobody can answer; that is a fault of its own. */
	if (!control->device.open || control->identify.polls_wait)
		return;
	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &control->units[i];

		if (!unit->plan)
			continue;
		if (unit->view.health == OHTD_HEALTH_LOST)
			check_lost(control, unit);
		else
			check_alive(control, unit);
	}
}

struct ohtd_unit *ohtd_unit_of_kind(struct ohtd_control *control, const struct ohtd_kind *kind)
{
	return ohtd_unit(control, kind->module->unit);
}

void ohtd_units_list_missing(struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < control->model->count; i++) {
		const struct ohtd_kind *kind = &control->model->kinds[i];
		struct ohtd_unit *unit = ohtd_unit_of_kind(control, kind);
		bool there = unit && unit->plan && unit->kind == kind &&
			     unit->view.health != OHTD_HEALTH_LOST;
		struct ohtd_why why = {
			.code = OHTD_WHY_MODULE_MISSING,
			.unit = kind->module->unit,
		};

		if (kind->module->required && !there)
			ohtd_fault_raise(control, &why, true);
	}
}

void ohtd_units_device_gone(struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &control->units[i];

		unit->busy = false;
		unit->backoff_ms = 0;
		unit->view.next_probe_ns = 0;
		if (!unit->view.generation || unit->view.health == OHTD_HEALTH_LOST)
			continue;
		unit->view.health = OHTD_HEALTH_LOST;
		unit->lost_since_ns = control->now_ns;
		/* The loss of the device is a fault of its own; no further one for each module. */
		unit->escalated = true;
	}
}
