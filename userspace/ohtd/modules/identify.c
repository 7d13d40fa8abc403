// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identifies the module at a unit address: device id, type code, and by a few more reads its profile. A lost unit
 * must also answer for a register that is polled, if only that it has none: else it could be back only to be lost again.
 * Source: docs/data.md.
 */
#include <string.h>

#include "modules/modules.h"

#define ATTEMPTS_PATIENT	2

/* The row of probes.csv that is asked; NULL: there is none any more. */
static const struct ohtd_probe *probe_of(const struct ohtd_modules *modules)
{
	const struct ohtd_identify *identify = &modules->identify;
	const struct ohtd_kind *kind = ohtd_model_by_type(modules->model, identify->type_code);

	return kind && identify->probe < kind->probes ? &kind->probe[identify->probe] : NULL;
}

/* Device id and type code in one read, with what lies between them; no words: they lie too far apart. */
static struct ohtd_block whole_block(const struct ohtd_modules *modules)
{
	uint16_t id = modules->model->device_id_address, type = modules->model->module_type_address;
	uint16_t first = id < type ? id : type;
	unsigned int words = (id < type ? type - id : id - type) + 1u;

	return (struct ohtd_block){
		.address = first,
		.words = words <= OHTD_READ_MAX ? (uint16_t)words : 0,
	};
}

static void begin(struct ohtd_modules *modules, uint8_t unit)
{
	struct ohtd_identify *identify = &modules->identify;

	identify->active = true;
	identify->unit = unit;
	identify->step = OHTD_IDENTIFY_ID;
	identify->attempts = 0;
	identify->whole = ohtd_unit(modules, unit)->view.generation && whole_block(modules).words;
	ohtd_unit(modules, unit)->doubted = false;
}

static void end_all(struct ohtd_modules *modules)
{
	struct ohtd_identify *identify = &modules->identify;
	uint64_t took_ns = modules->now_ns - identify->started_ns;
	unsigned int i;

	/* Polls were held meanwhile; silence counts from here. */
	for (i = 0; i < OHTD_UNITS && identify->polls_wait; i++)
		if (modules->units[i].plan && modules->units[i].view.health == OHTD_HEALTH_GOOD)
			modules->units[i].view.last_good_ns = modules->now_ns;
	identify->full = false;
	identify->polls_wait = false;
	identify->runs++;
	modules->snapshot->bus.discovering = 0;
	modules->snapshot->bus.discovery_ms = (uint32_t)(took_ns / OHTD_NS_PER_MS);
}

/* This unit is done; go on with the next one of a discovery. */
static void next_unit(struct ohtd_modules *modules)
{
	struct ohtd_identify *identify = &modules->identify;

	identify->active = false;
	if (!identify->full)
		return;
	if (identify->queued)
		begin(modules, identify->queue[--identify->queued]);
	else
		end_all(modules);
}

void ohtd_identify_all(struct ohtd_modules *modules, bool polls_wait)
{
	struct ohtd_identify *identify = &modules->identify;
	const struct ohtd_searched *searched = &modules->searched;
	unsigned int i;

	identify->full = true;
	identify->polls_wait = polls_wait;
	identify->started_ns = modules->now_ns;
	identify->queued = 0;
	modules->snapshot->bus.discovering = 1;
	/* The queue is taken from its end: addresses where something is expected come first. */
	for (i = searched->count; i; i--)
		if (!ohtd_model_by_unit(modules->model, searched->unit[i - 1]))
			identify->queue[identify->queued++] = searched->unit[i - 1];
	for (i = searched->count; i; i--)
		if (ohtd_model_by_unit(modules->model, searched->unit[i - 1]))
			identify->queue[identify->queued++] = searched->unit[i - 1];
	next_unit(modules);
}

bool ohtd_identify_alone(const struct ohtd_modules *modules)
{
	return modules->identify.full && modules->owner->outputs_stay_off(modules->control);
}

void ohtd_identify_unit(struct ohtd_modules *modules, uint8_t unit)
{
	begin(modules, unit);
}

/* What the present step reads. */
static struct ohtd_block step_block(const struct ohtd_modules *modules)
{
	switch (modules->identify.step) {
	case OHTD_IDENTIFY_ID:
		if (modules->identify.whole)
			return whole_block(modules);
		return (struct ohtd_block){
			.address = modules->model->device_id_address,
			.words = 1,
		};
	case OHTD_IDENTIFY_TYPE:
		return (struct ohtd_block){
			.address = modules->model->module_type_address,
			.words = 1,
		};
	case OHTD_IDENTIFY_PROFILE:
		return (struct ohtd_block){
			.address = probe_of(modules)->address,
			.words = probe_of(modules)->count,
		};
	default:
		return modules->identify.value;
	}
}

/*
 * A question that fits into no slack takes a whole cycle, and with it set-points: the zero of a jog that has ended
 * would be echoed too late. Such a question waits until the drive has echoed zero.
 */
static bool may_ask(const struct ohtd_modules *modules, const struct oht_request *request)
{
	return !ohtd_setpoint_live(modules) || ohtd_setpoint_rests(modules) ||
	       ohtd_layout_fits(modules, request->count, request->timeout_us);
}

bool ohtd_identify_next(struct ohtd_modules *modules)
{
	const struct ohtd_identify *identify = &modules->identify;
	const struct ohtd_unit *unit = ohtd_unit(modules, identify->unit);
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_IDENTIFY, .slack = true };
	struct oht_request request = {
		.unit = identify->unit,
		.function = OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_BACKGROUND,
	};

	if (!identify->active)
		return false;
	if (unit->quarantined) {
		next_unit(modules);
		return ohtd_identify_next(modules);
	}
	transfer.block = step_block(modules);
	request.address = transfer.block.address;
	request.count = transfer.block.words;
	request.timeout_us = identify->attempts ? ohtd_unit_timeout_us(modules, unit)
						: ohtd_unit_search_us(modules, unit, request.count);
	if (!may_ask(modules, &request))
		return false;
	return ohtd_transfer_submit(modules, &request, &transfer);
}

static bool all_zero(const uint16_t *words, unsigned int count)
{
	while (count--)
		if (words[count])
			return false;
	return true;
}

static bool falling(const uint16_t *words, unsigned int count)
{
	unsigned int i;

	for (i = 1; i < count; i++)
		if (words[i] >= words[i - 1])
			return false;
	return true;
}

/* A refusal shows nothing: a module that starts, or lacks a sensor, refuses registers that it has. */
static bool holds(const struct ohtd_probe *probe, const struct oht_reply *reply)
{
	if (reply->outcome != OHT_OUTCOME_OK)
		return false;
	return probe->rule == OHTD_PROBE_FALLING ? falling(reply->words, probe->count)
						 : !all_zero(reply->words, probe->count);
}

/*
 * What a lost unit has to answer beside what it is, to be back: one of its polled registers, in turn. No words: it is not
 * lost, is of another kind than before, or is polled for no signal.
 */
static struct ohtd_block value_to_show(const struct ohtd_modules *modules,
				       const struct ohtd_unit *unit)
{
	const struct ohtd_kind *kind =
		ohtd_model_by_type(modules->model, modules->identify.type_code);
	const struct ohtd_plan *plan = unit->plan;
	struct ohtd_block block = { 0 };
	unsigned int i;

	if (!plan || unit->kind != kind || unit->view.health != OHTD_HEALTH_LOST)
		return block;
	for (i = 0; i < OHTD_SIGNALS_NEEDED && !block.words; i++) {
		int place = plan->signal[(unit->show_next + i) % OHTD_SIGNALS_NEEDED];

		if (place >= 0)
			block = (struct ohtd_block){
				.address = plan->map->reg[place].address,
				.words = plan->map->reg[place].words,
			};
	}
	return block;
}

static void found(struct ohtd_modules *modules)
{
	struct ohtd_identify *identify = &modules->identify;
	struct ohtd_unit *unit = ohtd_unit(modules, identify->unit);

	if (identify->step != OHTD_IDENTIFY_VALUE) {
		identify->step = OHTD_IDENTIFY_VALUE;
		identify->value = value_to_show(modules, unit);
		if (identify->value.words)
			return;
	}
	ohtd_unit_found(modules, unit, identify);
	next_unit(modules);
}

/*
 * May the row say something of this unit? Of a unit whose profile is known, what may contradict it; and once it has been
 * contradicted, what agrees with it, too.
 */
static bool is_asked(struct ohtd_modules *modules, const struct ohtd_kind *kind, const struct ohtd_probe *probe)
{
	enum ohtd_some_profile known = ohtd_profile_known(modules, kind);
	bool agrees = ohtd_some(probe->shows) == known;

	if (!known)
		return true;
	return agrees ? ohtd_unit(modules, modules->identify.unit)->view.profile_seen : probe->each_sight;
}

/* Goes on to the next row of probes.csv. Without a row its kind has one profile, and at another address it has none. */
static void ask_profile(struct ohtd_modules *modules)
{
	struct ohtd_identify *identify = &modules->identify;
	const struct ohtd_kind *kind = ohtd_model_by_type(modules->model, identify->type_code);

	if (kind && !kind->probes)
		identify->seen = OHTD_SOME_CANONICAL;
	while (kind && kind->module->unit == identify->unit && probe_of(modules)) {
		if (is_asked(modules, kind, probe_of(modules)))
			return;
		identify->probe++;
	}
	found(modules);
}

static void take_type(struct ohtd_modules *modules, uint16_t type_code)
{
	struct ohtd_identify *identify = &modules->identify;

	identify->type_code = type_code;
	identify->step = OHTD_IDENTIFY_PROFILE;
	identify->probe = 0;
	identify->seen = OHTD_SOME_NONE;
	ask_profile(modules);
}

static void take_probe(struct ohtd_modules *modules, const struct oht_reply *reply)
{
	struct ohtd_identify *identify = &modules->identify;
	const struct ohtd_probe *probe = probe_of(modules);

	if (holds(probe, reply)) {
		identify->seen = ohtd_some(probe->shows);
		found(modules);
		return;
	}
	identify->probe++;
	ask_profile(modules);
}

static void answered(struct ohtd_modules *modules, const struct oht_reply *reply)
{
	struct ohtd_identify *identify = &modules->identify;
	uint16_t first = step_block(modules).address;

	identify->attempts = 0;
	switch (identify->step) {
	case OHTD_IDENTIFY_ID:
		identify->device_id = reply->words[modules->model->device_id_address - first];
		identify->step = OHTD_IDENTIFY_TYPE;
		if (identify->whole)
			take_type(modules,
				  reply->words[modules->model->module_type_address - first]);
		break;
	case OHTD_IDENTIFY_TYPE:
		take_type(modules, reply->words[0]);
		break;
	case OHTD_IDENTIFY_PROFILE:
		take_probe(modules, reply);
		break;
	default:
		found(modules);
	}
}

/* The unit refuses device id or type code alone. A module without a device id may still have a type. */
static void refused_alone(struct ohtd_modules *modules)
{
	struct ohtd_identify *identify = &modules->identify;

	if (identify->step == OHTD_IDENTIFY_ID) {
		identify->device_id = 0;
		identify->attempts = 0;
		identify->step = OHTD_IDENTIFY_TYPE;
		return;
	}
	ohtd_unit_unnamed(modules, ohtd_unit(modules, identify->unit));
	next_unit(modules);
}

static void failed(struct ohtd_modules *modules, const struct oht_reply *reply)
{
	struct ohtd_identify *identify = &modules->identify;
	struct ohtd_unit *unit = ohtd_unit(modules, identify->unit);
	bool expected = ohtd_model_by_unit(modules->model, identify->unit) != NULL;
	/* Once it has answered, one lost frame must not spoil it; a silent one costs one time-out. */
	bool patient = identify->step != OHTD_IDENTIFY_ID ||
		       ((expected || unit->view.generation) && !unit->backoff_ms);

	/* Stops have come in between, or another plan: it is asked once more. */
	if (reply->outcome == OHT_OUTCOME_STOPPED || reply->outcome == OHT_OUTCOME_BUDGET)
		return;
	identify->attempts++;
	/* Another module may be there now, which does not know what lies between. */
	identify->whole = false;
	if (patient && identify->attempts < ATTEMPTS_PATIENT)
		return;
	if (identify->step == OHTD_IDENTIFY_VALUE)
		unit->show_next++;
	if (ohtd_reply_is_of_unit(reply))
		ohtd_unit_unnamed(modules, unit);
	else if (expected || unit->view.generation)
		ohtd_unit_silent(modules, unit);
	next_unit(modules);
}

void ohtd_identify_done(struct ohtd_modules *modules, const struct ohtd_transfer *transfer,
			const struct oht_reply *reply)
{
	bool refused = ohtd_reply_is_not_here(reply);
	bool whole = modules->identify.whole && modules->identify.step == OHTD_IDENTIFY_ID;

	/* A discovery that began meanwhile has displaced the question that this answers. */
	if (!modules->identify.active || modules->identify.unit != transfer->unit ||
	    step_block(modules).address != transfer->block.address ||
	    step_block(modules).words != transfer->block.words)
		return;
	if (reply->outcome == OHT_OUTCOME_OK ||
	    (refused && (modules->identify.step == OHTD_IDENTIFY_PROFILE ||
			 modules->identify.step == OHTD_IDENTIFY_VALUE)))
		answered(modules, reply);
	else if (refused && whole)
		modules->identify.whole = false;
	else if (refused)
		refused_alone(modules);
	else
		failed(modules, reply);
}
