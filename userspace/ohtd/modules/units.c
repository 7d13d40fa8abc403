// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registry: what answers at each unit address, how well, and what its loss does.
 * Source: docs/data.md.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "modules/modules.h"
#include "modules/shown.h"

/* Modbus exceptions: illegal function 01, address 02 and value 03, device failure 04. */
#define EXCEPTION_NOT_HERE_MAX	4
/* Exceptions of a gateway: no path to the module, no answer from the module. */
#define EXCEPTION_NO_PATH	10
#define EXCEPTION_NO_ANSWER	11
#define BACKOFF_FIRST_MS	100
#define BACKOFF_MAX_MS		2000
/* How often a unit without a place in the plan is asked whether it is still there. */
#define ASIDE_MS		10000
/* Registers that were refused are asked for again after so long: a module may refuse all while it starts. */
#define REFUSED_NS		(10 * OHTD_NS_PER_S)
/* Bounds of the quick time-out. */
#define QUICK_MIN_US		3500
#define QUICK_MAX_US		1000000
/* A search does not wait for less at first. */
#define SEARCH_MIN_US		3000
/* A stretched wait for one module is time that the others do not get: loss times stretch further. */
#define ANSWER_FACTOR_MAX	3

uint32_t ohtd_unit_timeout_us(const struct ohtd_modules *modules, const struct ohtd_unit *unit)
{
	const struct ohtd_kind *kind = unit->kind;
	uint32_t factor = modules->time_factor < ANSWER_FACTOR_MAX ? modules->time_factor
								   : ANSWER_FACTOR_MAX;
	uint64_t timeout_us;

	if (!kind)
		kind = ohtd_model_by_unit(modules->model, unit->view.unit);
	/*
	 * At an address where nothing is expected the wait is the rule and everybody else's delay;
	 * a stranger that is slower than our quickest module is not seen.
	 */
	timeout_us = kind ? kind->module->response_timeout_ms * 1000ull * factor
			  : modules->model->timeout_min_ms * 1000ull;
	if (modules->device->info.turnaround_max_us &&
	    timeout_us > modules->device->info.turnaround_max_us)
		timeout_us = modules->device->info.turnaround_max_us;
	return (uint32_t)timeout_us;
}

uint8_t ohtd_unit_write_function(const struct ohtd_unit *unit)
{
	return unit && unit->kind ? unit->kind->module->write_function : OHT_WRITE_SINGLE;
}

uint32_t ohtd_module_rest_us(const struct ohtd_unit *unit)
{
	return unit && unit->kind ? unit->kind->module->rest_ms * 1000u : 0;
}

uint32_t ohtd_unit_quick_us(const struct ohtd_modules *modules, const struct ohtd_unit *unit)
{
	uint32_t timeout_us = ohtd_unit_timeout_us(modules, unit);

	/*
	 * Without exact timing an answer comes in lumps, and nothing keeps a slack; and a machine
	 * that stalls makes any answer late.
	 */
	if (!(modules->device->info.caps & OHT_HAS_EXACT_TIMING) || modules->time_factor > 1 ||
	    !modules->layout.count || unit->view.health != OHTD_HEALTH_GOOD || unit->attempts || !unit->quick_us)
		return timeout_us;
	return unit->quick_us < timeout_us ? unit->quick_us : timeout_us;
}

uint32_t ohtd_unit_search_us(const struct ohtd_modules *modules, const struct ohtd_unit *unit,
			     unsigned int words)
{
	uint32_t timeout_us = ohtd_unit_timeout_us(modules, unit);
	uint32_t slack_us = ohtd_layout_slack_us(modules, words);
	uint32_t usual_us = unit->view.turnaround_us, wish_us = 2 * usual_us;
	bool empty = !unit->view.generation && !ohtd_model_by_unit(modules->model, unit->view.unit);
	bool answers = unit->view.health == OHTD_HEALTH_GOOD ||
		       unit->view.health == OHTD_HEALTH_NOT_POLLED;

	if (wish_us < SEARCH_MIN_US)
		wish_us = SEARCH_MIN_US;
	if (empty || (wish_us > slack_us && slack_us > usual_us + usual_us / 2))
		wish_us = slack_us;
	/* Other than a poll, a search asks again before silence means anything: a stall costs nothing. */
	if (!(modules->device->info.caps & OHT_HAS_EXACT_TIMING) || !(empty || answers) ||
	    slack_us < SEARCH_MIN_US || wish_us > slack_us)
		return timeout_us;
	return wish_us < timeout_us ? wish_us : timeout_us;
}

/* Twice its answer; what was too short is doubled, and comes back little by little. */
static void learn_quick(struct ohtd_unit *unit, const struct oht_reply *reply)
{
	uint32_t wish_us = 2 * (reply->turnaround_ns / 1000);
	uint32_t slowly_us = unit->quick_us - unit->quick_us / 8;

	if (reply->outcome == OHT_OUTCOME_TIMEOUT && unit->quick_us < QUICK_MAX_US)
		unit->quick_us *= 2;
	if (reply->outcome != OHT_OUTCOME_OK)
		return;
	if (wish_us < QUICK_MIN_US)
		wish_us = QUICK_MIN_US;
	unit->quick_us = wish_us > slowly_us ? wish_us : slowly_us;
}

void ohtd_unit_count(struct ohtd_unit *unit, const struct oht_reply *reply)
{
	struct ohtd_module_view *view = &unit->view;

	view->requests++;
	learn_quick(unit, reply);
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

bool ohtd_outcome_is_void(uint8_t outcome)
{
	return outcome == OHT_OUTCOME_STOPPED || outcome == OHT_OUTCOME_CANCELLED ||
	       outcome == OHT_OUTCOME_GONE || outcome == OHT_OUTCOME_BUDGET;
}

bool ohtd_reply_is_not_here(const struct oht_reply *reply)
{
	return reply->outcome == OHT_OUTCOME_EXCEPTION && reply->exception >= 1 &&
	       reply->exception <= EXCEPTION_NOT_HERE_MAX;
}

bool ohtd_reply_is_of_unit(const struct oht_reply *reply)
{
	return reply->outcome == OHT_OUTCOME_OK ||
	       (reply->outcome == OHT_OUTCOME_EXCEPTION && reply->exception != EXCEPTION_NO_PATH &&
		reply->exception != EXCEPTION_NO_ANSWER);
}

/* ---- polls ---- */

static void store_words(struct ohtd_unit *unit, const struct ohtd_block *block,
			const uint16_t *words, uint64_t time_ns)
{
	unsigned int i, j, at = 0;

	for (i = 0; i < block->registers; i++) {
		struct ohtd_register_value *value = &unit->values.values[block->first + i];
		unsigned int count = unit->plan->map->reg[block->first + i].words;

		for (j = 0; j < count; j++)
			value->words[j] = words[at++];
		value->state = OHTD_REGISTER_OK;
		value->time_ns = time_ns;
	}
	unit->dirty = true;
}

static bool refuses_all_signals(const struct ohtd_unit *unit)
{
	const int *signal = unit->plan->signal;
	bool any = false;
	unsigned int i;

	for (i = 0; i < OHTD_SIGNALS_NEEDED; i++) {
		if (signal[i] < 0)
			continue;
		if (unit->marks[signal[i]] != OHTD_MARK_UNKNOWN)
			return false;
		any = true;
	}
	return any;
}

bool ohtd_modules_unit_has_refused(const struct ohtd_unit *unit, const struct ohtd_block *block)
{
	return block->registers == 1 && unit->marks[block->first] == OHTD_MARK_UNKNOWN;
}

/*
 * A refused block is read register by register; a register that is refused alone is not read again
 * until REFUSED_NS later, but for the position of a robot that is held at rest (schedule.c).
 */
static void store_unknown(struct ohtd_unit *unit, const struct ohtd_block *block, uint64_t time_ns)
{
	/* Asked for all the same, to know that the module is there: nothing new. */
	if (ohtd_modules_unit_has_refused(unit, block))
		return;
	unit->refused_ns = time_ns;
	ohtd_marks_refused(unit->marks, block);
	if (block->registers == 1)
		unit->values.values[block->first].state = OHTD_REGISTER_UNSUPPORTED;
	unit->dirty = true;
	ohtd_shown_cut(unit);
	unit->mute |= refuses_all_signals(unit);
}

/*
 * A poll that has failed as often as degrades its module hides behind no answer to another one, and no answer replaces
 * the values of which it has refused each.
 */
static bool misses_values(const struct ohtd_unit *unit)
{
	const struct oht_module *module = unit->plan ? unit->kind->module : NULL;

	return module &&
	       (unit->mute || ohtd_blocks_any_fails(&unit->blocks, module->degrade_after_errors *
								   (module->retries + 1)));
}

static void note_alive(struct ohtd_unit *unit, uint64_t time_ns)
{
	if (time_ns > unit->view.last_good_ns)
		unit->view.last_good_ns = time_ns;
	unit->view.errors_in_row = 0;
	unit->view.health = misses_values(unit) ? OHTD_HEALTH_DEGRADED : OHTD_HEALTH_GOOD;
	unit->attempts = 0;
	unit->silences = 0;
}

/* One attempt failed; a poll has failed when its retries are used up. */
static void note_failure(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	const struct oht_module *module = unit->kind->module;

	unit->attempts++;
	if (unit->attempts <= module->retries) {
		/* The short loss times of the others want the retry at once; these can wait a turn. */
		if (!ohtd_unit_every_cycle(unit))
			unit->due_ns = modules->now_ns + OHTD_CYCLE_MS * OHTD_NS_PER_MS;
		return;
	}
	unit->attempts = 0;
	unit->view.errors_in_row++;
	if (unit->view.errors_in_row >= module->degrade_after_errors)
		unit->view.health = OHTD_HEALTH_DEGRADED;
	unit->due_ns = modules->now_ns + module->poll_period_ms * OHTD_NS_PER_MS;
}

/* True: the unit has answered, with values or that it has no such register. */
static bool store(struct ohtd_unit *unit, const struct ohtd_block *block,
		  const struct oht_reply *reply, uint64_t time_ns)
{
	if (ohtd_reply_is_not_here(reply)) {
		store_unknown(unit, block, time_ns);
	} else if (reply->outcome == OHT_OUTCOME_OK) {
		unit->blocks.failures[block->first] = 0;
		store_words(unit, block, reply->words, time_ns);
		/* A register that was asked for alone and answered may stand in a block again. */
		if (ohtd_marks_answered(unit->marks, block))
			ohtd_shown_cut(unit);
	} else {
		return false;
	}
	note_alive(unit, time_ns);
	return true;
}

/* It was found to be something else meanwhile, or was lost: the words mean nothing now. */
static bool is_stale(const struct ohtd_unit *unit)
{
	return !unit->plan || unit->quarantined || unit->view.health == OHTD_HEALTH_LOST;
}

void ohtd_unit_polled(struct ohtd_modules *modules, struct ohtd_unit *unit,
		      const struct ohtd_block *block, const struct oht_reply *reply,
		      uint64_t time_ns)
{
	if (is_stale(unit) || ohtd_shown_refused(unit, block, reply, time_ns))
		return;
	/* A poll is of signals that are needed, unless all of those are refused. */
	if (reply->outcome == OHT_OUTCOME_OK && unit->mute &&
	    ohtd_block_has(block, unit->plan->signal, OHTD_SIGNALS_NEEDED))
		unit->mute = refuses_all_signals(unit);
	if (store(unit, block, reply, time_ns) || ohtd_outcome_is_void(reply->outcome))
		return;
	if (reply->outcome == OHT_OUTCOME_TIMEOUT)
		unit->silences++;
	ohtd_blocks_count_failure(&unit->blocks, block);
	note_failure(modules, unit);
}

/* All registers of a unit are read again, also those that it has refused. */
static void forget_refusals(struct ohtd_unit *unit)
{
	unit->refused_ns = 0;
	memset(unit->marks, 0, sizeof(unit->marks));
	memset(unit->asked_ns, 0, sizeof(unit->asked_ns));
	ohtd_shown_forget(unit);
}

/* Reads the profile and all refused registers again. A module that refused registers for a while may have refused its profile, too. */
static void ask_for_all(struct ohtd_unit *unit)
{
	unit->doubted = true;
	forget_refusals(unit);
}

void ohtd_unit_swept(struct ohtd_modules *modules, struct ohtd_unit *unit,
		     const struct ohtd_block *block, const struct oht_reply *reply)
{
	bool again = ohtd_modules_unit_has_refused(unit, block);

	if (is_stale(unit) || ohtd_shown_answered(unit, block, reply, modules->now_ns))
		return;
	/* A second refusal says nothing new, nor that the module is well; an answer may hold for all. */
	if (again && reply->outcome != OHT_OUTCOME_OK)
		return;
	if (again)
		ask_for_all(unit);
	store(unit, block, reply, modules->now_ns);
}

/*
 * Without a plan a module of every cycle is asked again after 2/5 of its loss time: what a search waits
 * for an empty address, one time-out and the repeat fit into the rest.
 */
void ohtd_unit_wait(const struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	uint64_t wait_ms = 0;

	if (unit->kind)
		wait_ms = modules->layout.count ? unit->kind->module->poll_period_ms
						: unit->kind->lost_ms * 2 / 5;
	unit->due_ns = modules->now_ns + wait_ms * OHTD_NS_PER_MS;
}

/* ---- identity ---- */

static int place_of(const struct oht_regmap *map, const char *name)
{
	const struct oht_register *reg = map ? oht_regmap_find(map, name) : NULL;

	return reg ? (int)(reg - map->reg) : -1;
}

static void forget_values(struct ohtd_unit *unit)
{
	const struct oht_regmap *map = unit->plan ? unit->plan->map : NULL;
	size_t i;

	memset(&unit->values, 0, sizeof(unit->values));
	unit->values.unit = unit->view.unit;
	unit->values.generation = unit->view.generation;
	unit->values.count = map ? (uint16_t)map->count : 0;
	unit->firmware = place_of(map, "firmware_version");
	unit->hardware = place_of(map, "hardware_version");
	for (i = 0; map && i < map->count; i++)
		if (map->reg[i].access == OHT_ACCESS_WO)
			unit->values.values[i].state = OHTD_REGISTER_WRITE_ONLY;
	unit->dirty = true;
	unit->mute = false;
	unit->poll_next = 0;
	unit->sweep_next = 0;
	if (unit->plan)
		forget_refusals(unit);
}

static void set_names(struct ohtd_unit *unit)
{
	struct ohtd_module_view *view = &unit->view;

	snprintf(view->name, sizeof(view->name), "%s",
		 unit->kind ? unit->kind->module->name : "unknown");
	snprintf(view->profile, sizeof(view->profile), "%s",
		 unit->plan ? oht_profile_name((enum oht_profile)(unit->plan - unit->kind->plan)) : "");
	view->assigned = unit->plan != NULL;
}

/*
 * The unit is what it was: go on with its values. A lost unit may have refused all registers because of
 * a fault that is over now.
 */
static void resume(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	if (unit->refused_ns && unit->plan && unit->view.health == OHTD_HEALTH_LOST)
		forget_refusals(unit);
	memset(unit->blocks.failures, 0, sizeof(unit->blocks.failures));
	note_alive(unit, modules->now_ns);
	/* Its silence would show in nothing, so that it cannot be said to be well. */
	unit->backoff_ms = 0;
	unit->view.next_probe_ns = 0;
	if (!unit->plan) {
		unit->view.health = OHTD_HEALTH_NOT_POLLED;
		unit->view.next_probe_ns = modules->now_ns + ASIDE_MS * OHTD_NS_PER_MS;
	}
	unit->lost_since_ns = 0;
	unit->escalated = false;
	unit->due_ns = modules->now_ns;
	/* A module of another type at this address does not replace the missing one. */
	if (!unit->plan)
		return;
	modules->owner->settle(modules->control, OHTD_WHY_MODULE_LOST, unit->view.unit);
	modules->owner->settle(modules->control, OHTD_WHY_MODULE_MISSING, unit->view.unit);
}

/* From now on the unit is of that kind, with what follows from its profile; nothing changes if it was so. */
static void use_kind(struct ohtd_modules *modules, struct ohtd_unit *unit, const struct ohtd_kind *kind,
		     enum ohtd_some_profile seen)
{
	const struct ohtd_plan *plan = NULL;

	if (kind && kind->module->unit == unit->view.unit)
		plan = &kind->plan[ohtd_profile_take(modules, unit, kind, seen)];
	else
		ohtd_profile_forget(modules, unit);
	if (unit->view.generation && kind == unit->kind && plan == unit->plan)
		return;
	unit->kind = kind;
	unit->plan = plan;
	unit->view.generation = (unit->view.generation ? unit->view.generation : modules->forgotten) + 1;
	set_names(unit);
	forget_values(unit);
}

void ohtd_unit_replan(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	use_kind(modules, unit, unit->kind, OHTD_SOME_NONE);
}

void ohtd_unit_found(struct ohtd_modules *modules, struct ohtd_unit *unit, const struct ohtd_identify *identify)
{
	/* It was taken out while its answer was on the way. */
	if (unit->quarantined)
		return;
	unit->view.device_id = identify->device_id;
	unit->view.type_code = identify->type_code;
	use_kind(modules, unit, ohtd_model_by_type(modules->model, identify->type_code), identify->seen);
	resume(modules, unit);
}

/* Polls judge the health of a polled unit, whatever a search finds. */
static bool is_judged_by_polls(const struct ohtd_unit *unit)
{
	return unit->view.health == OHTD_HEALTH_GOOD || unit->view.health == OHTD_HEALTH_DEGRADED;
}

static void probe_later(const struct ohtd_modules *modules, struct ohtd_unit *unit,
			uint32_t last_ms)
{
	unit->backoff_ms = last_ms ? last_ms * 2 : BACKOFF_FIRST_MS;
	if (unit->backoff_ms > BACKOFF_MAX_MS)
		unit->backoff_ms = BACKOFF_MAX_MS;
	unit->view.next_probe_ns = modules->now_ns + unit->backoff_ms * OHTD_NS_PER_MS;
}

void ohtd_unit_silent(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	if (unit->quarantined || is_judged_by_polls(unit))
		return;
	if (unit->view.health == OHTD_HEALTH_NOT_POLLED)
		unit->view.health = OHTD_HEALTH_LOST;
	probe_later(modules, unit, unit->backoff_ms);
}

void ohtd_unit_unnamed(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	static const struct ohtd_identify unknown;
	uint32_t last_ms = unit->backoff_ms;

	if (unit->quarantined || is_judged_by_polls(unit))
		return;
	if (!unit->view.generation)
		ohtd_unit_found(modules, unit, &unknown);
	else if (!unit->plan)
		resume(modules, unit);
	/* A module that refuses everything while it starts must not be missed for ASIDE_MS. */
	if (unit->plan || ohtd_model_by_unit(modules->model, unit->view.unit))
		probe_later(modules, unit, last_ms);
}

/* ---- loss ---- */

static void act_on_loss(struct ohtd_modules *modules, const struct ohtd_unit *unit,
			enum oht_loss_action action)
{
	const struct ohtd_why why = { .code = OHTD_WHY_MODULE_LOST, .unit = unit->view.unit };

	modules->owner->lost(modules->control, &why, action);
}

static void lose(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	const struct oht_module *module = unit->kind->module;
	bool moving = modules->owner->moving(modules->control);

	unit->view.health = OHTD_HEALTH_LOST;
	unit->lost_since_ns = modules->now_ns;
	unit->view.next_probe_ns = modules->now_ns;
	if (unit->plan)
		act_on_loss(modules, unit,
			    moving ? module->loss_action : module->loss_action_standing);
}

uint64_t ohtd_unit_loss_ns(const struct ohtd_modules *modules, const struct ohtd_unit *unit)
{
	uint64_t limit_ms = modules->owner->moving(modules->control) ? unit->kind->lost_moving_ms
									: unit->kind->lost_ms;

	return limit_ms * modules->time_factor * OHTD_NS_PER_MS;
}

static void check_alive(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	if (modules->now_ns - unit->view.last_good_ns > ohtd_unit_loss_ns(modules, unit))
		lose(modules, unit);
}

static void check_lost(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	uint64_t limit_ns =
		(uint64_t)unit->kind->escalate_ms * modules->time_factor * OHTD_NS_PER_MS;

	if (!limit_ns || unit->escalated || modules->now_ns - unit->lost_since_ns < limit_ns)
		return;
	unit->escalated = true;
	act_on_loss(modules, unit, OHT_LOSS_ESTOP);
}

static bool is_old(const struct ohtd_modules *modules, uint64_t since_ns)
{
	return since_ns && modules->now_ns - since_ns >= REFUSED_NS;
}

/* Not while something moves: the plan is another one then. */
static void ask_again(const struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	if (unit->view.health == OHTD_HEALTH_LOST || modules->owner->in_motion(modules->control))
		return;
	if (is_old(modules, unit->refused_ns))
		ask_for_all(unit);
	else if (is_old(modules, unit->undecided_ns))
		unit->doubted = true;
}

void ohtd_units_check(struct ohtd_modules *modules)
{
	unsigned int i;

	/* Without a device nobody can answer; that is a fault of its own. */
	if (!modules->device->open || modules->identify.polls_wait)
		return;
	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &modules->units[i];

		if (!unit->plan || unit->quarantined)
			continue;
		ask_again(modules, unit);
		if (unit->view.health == OHTD_HEALTH_LOST)
			check_lost(modules, unit);
		else
			check_alive(modules, unit);
	}
}

/* A plan of an earlier run may still be in force, with other rests. */
void ohtd_modules_rest(struct ohtd_modules *modules)
{
	const struct ohtd_bus_ops *ops = modules->bus->ops;
	unsigned int i;

	for (i = 0; ops->rest && i < modules->model->count; i++) {
		const struct oht_module *module = modules->model->kinds[i].module;
		int ret = ops->rest(modules->bus, module->unit, module->rest_ms);

		if (ret == -EBUSY) {
			ohtd_layout_end(modules);
			ret = ops->rest(modules->bus, module->unit, module->rest_ms);
		}
		if (ret)
			ohtd_log(OHTD_LOG_WARNING, "bus", "no_rest", "unit %u: rest_ms = %u of modules.csv cannot be set: %s",
				 module->unit, module->rest_ms, strerror(-ret));
	}
}

struct ohtd_unit *ohtd_unit_of_kind(struct ohtd_modules *modules, const struct ohtd_kind *kind)
{
	return ohtd_unit(modules, kind->module->unit);
}

void ohtd_units_list_missing(struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < modules->model->count; i++) {
		const struct ohtd_kind *kind = &modules->model->kinds[i];
		struct ohtd_unit *unit = ohtd_unit_of_kind(modules, kind);
		bool there = unit && unit->plan && unit->kind == kind && !unit->quarantined &&
			     unit->view.health != OHTD_HEALTH_LOST;
		struct ohtd_why why = {
			.code = OHTD_WHY_MODULE_MISSING,
			.unit = kind->module->unit,
		};

		if (kind->module->required && !there)
			modules->owner->raise(modules->control, &why, true);
	}
}

void ohtd_units_device_gone(struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &modules->units[i];

		unit->busy = false;
		unit->backoff_ms = 0;
		unit->view.next_probe_ns = 0;
		if (!unit->view.generation || unit->quarantined ||
		    unit->view.health == OHTD_HEALTH_LOST)
			continue;
		unit->view.health = OHTD_HEALTH_LOST;
		unit->lost_since_ns = modules->now_ns;
		/* The loss of the device is a fault of its own; no further one for each module. */
		unit->escalated = true;
	}
}
