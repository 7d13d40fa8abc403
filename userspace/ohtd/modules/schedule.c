// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes on the wire beside the plan, one at a time in the time that it leaves: polls of modules
 * that fail, probes of those that are silent, commands that read, the sweep. So a silent module
 * costs the others at most its one time-out.
 */
#include "modules/modules.h"
#include "modules/shown.h"
#include "robot/tag.h"

/* After so many of its ages a signal outside of the plan takes a turn like a poll. */
#define OVERDUE_AGES	4
/* So many blocks are swept for each read in the background. */
#define SWEEPS_FOR_A_READ	3
/* Telemetry counts a value as old after 10 s. From this age on it is asked for in front of what nobody sees. */
#define SHOWN_AGE_NS	(5 * OHTD_NS_PER_S)
/* A register that may show that the robot must not go on is asked for from this age on, in the slack only. */
#define WATCHED_AGE_NS	(5 * OHTD_NS_PER_S)
/* A silent module is asked again after half of its age, and this at most: each time-out makes the safety module wait. */
#define ASK_AGAIN_NS	(60 * OHTD_NS_PER_S)
/* At most one in this time takes a cycle. The modules have five blocks of such values, a user's tables up to eight more. */
#define TAKE_AGAIN_NS	(500 * OHTD_NS_PER_MS)
/* It waits no longer for an answer: beside one lost answer of the safety module, a longer wait would be its loss. */
#define TAKE_TIMEOUT_US	20000
/* Not so soon behind a motion: who jogs in steps goes on. */
#define TAKE_REST_NS	(1 * OHTD_NS_PER_S)
/* Where the robot is held at rest, a position that was refused is asked for again so soon. */
#define POSITION_AGAIN_NS	(50 * OHTD_NS_PER_MS)

static bool polled(const struct ohtd_unit *unit)
{
	return unit->plan && (unit->view.health == OHTD_HEALTH_GOOD ||
			      unit->view.health == OHTD_HEALTH_DEGRADED);
}

/* Answers well, so that its poll is short. */
static bool at_ease(const struct ohtd_unit *unit)
{
	return !unit->view.errors_in_row && !unit->attempts;
}

static bool submit_within(struct ohtd_modules *modules, const struct ohtd_unit *unit,
			  const struct ohtd_transfer *transfer, uint32_t timeout_us)
{
	const struct oht_request request = {
		.unit = unit->view.unit,
		.function = OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_BACKGROUND,
		.address = transfer->block.address,
		.count = transfer->block.words,
		.timeout_us = timeout_us,
	};

	return ohtd_transfer_submit(modules, &request, transfer);
}

static bool submit_read(struct ohtd_modules *modules, const struct ohtd_unit *unit,
			const struct ohtd_transfer *transfer)
{
	return submit_within(modules, unit, transfer, ohtd_unit_quick_us(modules, unit));
}

static bool submit_poll(struct ohtd_modules *modules, struct ohtd_unit *unit)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_POLL, .slack = true };

	transfer.block = unit->blocks.poll[unit->poll_next++ % unit->blocks.polls];
	unit->busy = submit_read(modules, unit, &transfer);
	return unit->busy;
}

/* Out of the plan, or there is none; or the plan asks it again too late. */
static bool needs_poll(const struct ohtd_modules *modules, const struct ohtd_unit *unit)
{
	/* The unit knows none of its registers: only the probes can tell whether it is there. */
	if (!unit->blocks.polls)
		return false;
	if (!modules->layout.count || !ohtd_unit_in_plan(modules, unit))
		return true;
	return !at_ease(unit) && !ohtd_unit_every_cycle(unit);
}

/*
 * The unit that has been due longest. A failed attempt moves the moment on, so a silent module comes
 * behind the others that wait.
 */
static struct ohtd_unit *most_due(struct ohtd_modules *modules)
{
	struct ohtd_unit *best = NULL;
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &modules->units[i];

		if (!polled(unit) || unit->busy || unit->due_ns > modules->now_ns ||
		    !needs_poll(modules, unit))
			continue;
		if (!best || unit->due_ns < best->due_ns)
			best = unit;
	}
	return best;
}

static bool poll_due(struct ohtd_modules *modules)
{
	struct ohtd_unit *unit = modules->identify.polls_wait ? NULL : most_due(modules);

	return unit && submit_poll(modules, unit);
}

static bool probe_due(const struct ohtd_modules *modules, const struct ohtd_unit *unit)
{
	if (unit->doubted && !modules->owner->in_motion(modules->control) && polled(unit) &&
	    at_ease(unit))
		return true;
	return unit->view.next_probe_ns && unit->view.next_probe_ns <= modules->now_ns &&
	       (unit->view.health == OHTD_HEALTH_LOST || unit->view.health == OHTD_HEALTH_ABSENT ||
		unit->view.health == OHTD_HEALTH_NOT_POLLED);
}

/*
 * Asks the unit that has waited longest: silent ones whether they are back, those without a place in
 * the plan whether they are still there, and those that refuse registers what they are.
 */
static bool probe_silent(struct ohtd_modules *modules)
{
	struct ohtd_unit *best = NULL;
	unsigned int i;

	if (modules->identify.active)
		return false;
	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &modules->units[i];

		if (probe_due(modules, unit) &&
		    (!best || unit->view.next_probe_ns < best->view.next_probe_ns))
			best = unit;
	}
	if (!best)
		return false;
	ohtd_identify_unit(modules, best->view.unit);
	return ohtd_identify_next(modules);
}

static bool fits(const struct ohtd_modules *modules, const struct ohtd_unit *unit, const struct ohtd_block *block)
{
	return ohtd_layout_fits(modules, block->words, ohtd_unit_quick_us(modules, unit) + ohtd_module_rest_us(unit));
}

/*
 * A sweep may wait, a set-point may not: while the drive is led, what fits into no slack of the plan
 * is not swept, since it would take a whole cycle.
 */
static bool may_sweep(const struct ohtd_modules *modules, const struct ohtd_unit *unit,
		      const struct ohtd_block *block)
{
	return !ohtd_setpoint_live(modules) || fits(modules, unit, block);
}

/* To what fits of it, from the register on that was read longest ago. False: not even that one fits, and @block stays. */
static bool cut_to_fit(const struct ohtd_modules *modules, const struct ohtd_unit *unit, struct ohtd_block *block)
{
	const struct oht_register *reg = unit->plan->map->reg;
	const struct ohtd_register_value *value = unit->values.values;
	unsigned int end = block->first + block->registers, i;
	struct ohtd_block part = { .first = block->first };

	if (may_sweep(modules, unit, block))
		return true;
	for (i = block->first; i < end; i++)
		if (value[i].time_ns < value[part.first].time_ns)
			part.first = (uint16_t)i;
	part.address = reg[part.first].address;
	for (i = part.first; i < end; i++) {
		part.words = (uint16_t)(part.words + reg[i].words);
		if (!may_sweep(modules, unit, &part))
			break;
		part.registers++;
	}
	if (!part.registers)
		return false;
	if (i < end)
		part.words = (uint16_t)(part.words - reg[i].words);
	*block = part;
	return true;
}

/* A robot that stands has no set-point that a cycle for a signal alone could delay. */
static bool may_sweep_signal(const struct ohtd_modules *modules, const struct ohtd_unit *unit,
			     const struct ohtd_block *block)
{
	return modules->owner->rests(modules->control) || may_sweep(modules, unit, block);
}

/*
 * How old a signal outside of the plan may become; a setting of a module changes by a person only. A robot
 * that moves is beside a tag for a moment.
 */
static uint64_t signal_age_ns(const struct ohtd_modules *modules, unsigned int signal)
{
	if (ohtd_signal_is_tag(signal) && modules->owner->moving(modules->control))
		return 50 * OHTD_NS_PER_MS;
	return (signal >= OHTD_SIGNAL_DOCK_STATUS ? 250 : 1000) * OHTD_NS_PER_MS;
}

static struct ohtd_block one_register(const struct ohtd_unit *unit, unsigned int place)
{
	return (struct ohtd_block){
		.address = unit->plan->map->reg[place].address,
		.words = unit->plan->map->reg[place].words,
		.first = (uint16_t)place,
		.registers = 1,
	};
}

/* A signal's register, alone: the shortest request; those of a tag both. */
static struct ohtd_block block_of(const struct ohtd_unit *unit, unsigned int signal)
{
	if (ohtd_signal_is_tag(signal))
		return ohtd_tag_block(unit->plan);
	return one_register(unit, (unsigned int)unit->plan->signal[signal]);
}

/* A module that has refused a request as a whole is not asked the same again. */
static bool is_asked(const struct ohtd_unit *unit, unsigned int signal, int index)
{
	return ohtd_signal_is_tag(signal) ? ohtd_mark_joins(unit->marks[index])
					  : unit->marks[index] != OHTD_MARK_UNKNOWN;
}

/* The register of a signal that @unit has, and whose reading is older than @ages of its ages; or -1. */
static int old_signal(const struct ohtd_modules *modules, const struct ohtd_unit *unit,
		      unsigned int signal, unsigned int ages)
{
	int index = unit->plan ? unit->plan->signal[signal] : -1;
	struct ohtd_block block;

	if (index < 0 || !polled(unit) || !at_ease(unit) || unit->busy ||
	    !is_asked(unit, signal, index) || modules->now_ns - unit->values.values[index].time_ns <
						      ages * signal_age_ns(modules, signal))
		return -1;
	block = block_of(unit, signal);
	return may_sweep_signal(modules, unit, &block) ? index : -1;
}

/* The signal outside of the plan that has waited longest. */
static bool sweep_signal(struct ohtd_modules *modules, unsigned int ages)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_SWEEP, .slack = true };
	const struct ohtd_unit *whose = NULL;
	uint64_t oldest_ns = UINT64_MAX;
	unsigned int i, signal;

	for (i = 0; i < OHTD_UNITS; i++)
		for (signal = OHTD_SIGNALS_POLLED; signal < OHTD_SIGNALS; signal++) {
			const struct ohtd_unit *unit = &modules->units[i];
			int index = old_signal(modules, unit, signal, ages);

			if (index < 0 || unit->values.values[index].time_ns >= oldest_ns)
				continue;
			oldest_ns = unit->values.values[index].time_ns;
			transfer.block = block_of(unit, signal);
			whose = unit;
		}
	if (!whose)
		return false;
	modules->swept_cycle = modules->snapshot->bus.cycles;
	return submit_read(modules, whose, &transfer);
}

static bool watched_due(const struct ohtd_modules *modules, const struct ohtd_unit *unit, unsigned int place)
{
	const struct ohtd_block block = one_register(unit, place);

	return unit->marks[place] != OHTD_MARK_UNKNOWN && modules->now_ns - unit->values.values[place].time_ns >= WATCHED_AGE_NS &&
	       modules->now_ns - unit->asked_ns[place] >= WATCHED_AGE_NS && fits(modules, unit, &block);
}

/* The watched register that has waited longest. With low outputs the sweep reads all of them as often. */
static bool sweep_watched(struct ohtd_modules *modules)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_SWEEP, .slack = true };
	struct ohtd_unit *whose = NULL;
	uint64_t oldest_ns = UINT64_MAX;
	unsigned int i, k;

	for (i = 0; ohtd_setpoint_live(modules) && i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &modules->units[i];

		if (!polled(unit) || !at_ease(unit) || unit->busy)
			continue;
		for (k = 0; k < unit->plan->watched_count; k++) {
			unsigned int place = unit->plan->watched[k];

			if (!watched_due(modules, unit, place) || unit->values.values[place].time_ns >= oldest_ns)
				continue;
			oldest_ns = unit->values.values[place].time_ns;
			transfer.block = one_register(unit, place);
			whose = unit;
		}
	}
	if (!whose)
		return false;
	whose->asked_ns[transfer.block.first] = modules->now_ns;
	modules->swept_cycle = modules->snapshot->bus.cycles;
	return submit_read(modules, whose, &transfer);
}

/* Set-points of a module that was too busy to show them: unseen, a drive may disobey. */
static bool sweep_hidden(struct ohtd_modules *modules)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_SWEEP, .slack = true };
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &modules->units[i];

		if (!polled(unit) || unit->busy || !ohtd_shown_due(unit, modules->now_ns))
			continue;
		transfer.block = unit->hidden;
		modules->swept_cycle = modules->snapshot->bus.cycles;
		return submit_read(modules, unit, &transfer);
	}
	return false;
}

/*
 * With outputs that are high a drive may turn by itself, and one that hides it is seen by the position alone. In
 * motion its silence is a fault, and the plan has no room. The speeds of the drive, asked for in this way, would delay the position.
 */
static bool sweep_position(struct ohtd_modules *modules)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_SWEEP, .slack = true };
	unsigned int i;

	if (modules->now_ns < modules->position_again_ns || !modules->owner->enabled_ns(modules->control) ||
	    modules->owner->in_motion(modules->control))
		return false;
	for (i = 0; i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &modules->units[i];
		int index = polled(unit) && !unit->busy ? unit->plan->signal[OHTD_SIGNAL_POSITION_MM] : -1;

		if (index < 0 || unit->marks[index] != OHTD_MARK_UNKNOWN)
			continue;
		transfer.block = block_of(unit, OHTD_SIGNAL_POSITION_MM);
		modules->position_again_ns = modules->now_ns + POSITION_AGAIN_NS;
		modules->swept_cycle = modules->snapshot->bus.cycles;
		return submit_read(modules, unit, &transfer);
	}
	return false;
}

/* A signal that has waited for several of its ages goes in front; at once if a command waits for it. */
static bool sweep_overdue(struct ohtd_modules *modules)
{
	unsigned int ages = modules->owner->dock_awaited(modules->control) ? 1 : OVERDUE_AGES;

	return modules->swept_cycle != modules->snapshot->bus.cycles &&
	       !modules->identify.polls_wait &&
	       (sweep_hidden(modules) || sweep_position(modules) || sweep_signal(modules, ages));
}

/* Register @i of @unit is shown by telemetry, and would be old soon. */
static bool shown_due(const struct ohtd_modules *modules, const struct ohtd_unit *unit, unsigned int i)
{
	uint64_t read_ns = unit->values.values[i].time_ns, asked_ns = unit->asked_ns[i];
	uint64_t wait_ns = asked_ns > read_ns ? (asked_ns - read_ns) / 2 : 0;

	return unit->plan->shown[i] && modules->now_ns - read_ns >= SHOWN_AGE_NS &&
	       modules->now_ns - asked_ns >= (wait_ns < ASK_AGAIN_NS ? wait_ns : ASK_AGAIN_NS);
}

/* From the first register of @block that telemetry shows, and that would be old soon, to the last one. False: there is none. */
static bool cut_to_shown(const struct ohtd_modules *modules, const struct ohtd_unit *unit, struct ohtd_block *block)
{
	const struct oht_register *reg = unit->plan->map->reg;
	unsigned int end = block->first + block->registers, i;

	block->registers = 0;
	for (i = block->first; i < end; i++) {
		if (!shown_due(modules, unit, i))
			continue;
		if (!block->registers)
			*block = (struct ohtd_block){ .address = reg[i].address, .first = (uint16_t)i };
		block->registers = (uint16_t)(i + 1 - block->first);
		block->words = (uint16_t)(reg[i].address + reg[i].words - block->address);
	}
	return block->registers;
}

/* The next block of @unit that fits into no slack as a whole, and has such a register. */
static bool next_shown(const struct ohtd_modules *modules, struct ohtd_unit *unit, struct ohtd_block *block)
{
	unsigned int tries;

	for (tries = 0; tries < unit->blocks.sweeps; tries++) {
		*block = unit->blocks.sweep[unit->shown_next++ % unit->blocks.sweeps];
		if (!fits(modules, unit, block) && cut_to_shown(modules, unit, block))
			return true;
	}
	return false;
}

/* A cycle without set-points, and the one behind it, change nothing for a drive that rests or keeps its speed. */
static bool spares_cycle(const struct ohtd_modules *modules)
{
	return modules->owner->cruises(modules->control) ||
	       (ohtd_setpoint_rests(modules) && modules->now_ns - modules->led_ns > TAKE_REST_NS);
}

static bool submit_shown(struct ohtd_modules *modules, struct ohtd_unit *unit, const struct ohtd_transfer *transfer)
{
	uint32_t timeout_us = ohtd_unit_quick_us(modules, unit), longest_us = TAKE_TIMEOUT_US * modules->time_factor;
	unsigned int i;

	if (ohtd_unit_in_plan(modules, unit) && timeout_us > longest_us)
		timeout_us = longest_us;
	for (i = 0; i < transfer->block.registers; i++)
		unit->asked_ns[transfer->block.first + i] = modules->now_ns;
	return submit_within(modules, unit, transfer, timeout_us);
}

/* What telemetry shows would be old before a long move ends, or while the outputs stay on. */
static bool sweep_shown(struct ohtd_modules *modules)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_SWEEP, .slack = true };
	bool takes = modules->now_ns >= modules->take_again_ns && spares_cycle(modules);
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &modules->units[modules->shown_unit++ % OHTD_UNITS];
		struct ohtd_block *block = &transfer.block;

		if (!polled(unit) || !at_ease(unit) || unit->busy || !next_shown(modules, unit, block))
			continue;
		if (!cut_to_fit(modules, unit, block)) {
			if (!takes)
				continue;
			modules->take_again_ns = modules->now_ns + TAKE_AGAIN_NS;
		}
		modules->swept_cycle = modules->snapshot->bus.cycles;
		return submit_shown(modules, unit, &transfer);
	}
	return false;
}

/* One block of the unit whose turn it is. */
static bool sweep(struct ohtd_modules *modules)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_SWEEP, .slack = true };
	unsigned int tries;

	if (modules->swept_cycle == modules->snapshot->bus.cycles || modules->identify.polls_wait)
		return false;
	if (sweep_shown(modules) || sweep_signal(modules, 1) || sweep_watched(modules))
		return true;
	for (tries = 0; tries < OHTD_UNITS; tries++) {
		struct ohtd_unit *unit = &modules->units[modules->sweep_unit];

		if (polled(unit) && at_ease(unit) && !unit->busy && unit->blocks.sweeps) {
			transfer.block =
				unit->blocks.sweep[unit->sweep_next++ % unit->blocks.sweeps];
			modules->swept_cycle = modules->snapshot->bus.cycles;
			modules->sweep_unit = (modules->sweep_unit + 1) % OHTD_UNITS;
			if (cut_to_fit(modules, unit, &transfer.block))
				return submit_read(modules, unit, &transfer);
			continue;
		}
		modules->sweep_unit = (modules->sweep_unit + 1) % OHTD_UNITS;
	}
	return false;
}

/* A module of every cycle that is in trouble: its loss time is the shortest. */
static bool is_urgent(const struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		const struct ohtd_unit *unit = &modules->units[i];

		if (polled(unit) && ohtd_unit_every_cycle(unit) && !unit->busy &&
		    unit->due_ns <= modules->now_ns && needs_poll(modules, unit))
			return true;
	}
	return false;
}

static bool submit(struct ohtd_modules *modules, enum ohtd_purpose purpose)
{
	switch (purpose) {
	case OHTD_PURPOSE_READ:
		return modules->owner->next(modules->control, false);
	case OHTD_PURPOSE_POLL:
		return poll_due(modules);
	default:
		return ohtd_identify_next(modules);
	}
}

/*
 * What can wait: the sweep, and reads in the background, of which there may be one at any time. Where
 * the slack is short, all values must still be read before they count as old.
 */
static bool next_beside(struct ohtd_modules *modules)
{
	if (!modules->sweeps_due && modules->owner->next(modules->control, true)) {
		modules->sweeps_due = SWEEPS_FOR_A_READ;
		return true;
	}
	if (sweep(modules)) {
		modules->sweeps_due -= modules->sweeps_due > 0;
		return true;
	}
	return modules->owner->next(modules->control, true);
}

/*
 * Commands, polls, the search and signals that are overdue take turns, so that none of them waits for
 * ever for the others. Only a search and a signal yield to a poll that is urgent.
 */
static bool next_slack(struct ohtd_modules *modules)
{
	static const uint8_t purposes[] = {
		OHTD_PURPOSE_READ, OHTD_PURPOSE_POLL, OHTD_PURPOSE_IDENTIFY,
	};
	unsigned int first = 0, i;

	modules->swept_last = !modules->swept_last && !is_urgent(modules) && sweep_overdue(modules);
	if (modules->swept_last)
		return true;
	while (first < 3 && purposes[first] != modules->slack_last)
		first++;
	first = first < 2 && !(first == 1 && is_urgent(modules)) ? first + 1 : 0;
	for (i = 0; i < 3; i++) {
		uint8_t purpose = purposes[(first + i) % 3];

		if (submit(modules, purpose)) {
			modules->slack_last = purpose;
			return true;
		}
	}
	return probe_silent(modules) || next_beside(modules);
}

void ohtd_schedule_slack(struct ohtd_modules *modules)
{
	if (!modules->owner->rests(modules->control))
		modules->led_ns = modules->now_ns;
	if (!modules->device->open || modules->device->bus_dead ||
	    ohtd_transfer_slack_busy(modules) ||
	    (modules->layout.count &&
	     (ohtd_layout_waits(modules) || ohtd_layout_catches_up(modules))))
		return;
	next_slack(modules);
}
