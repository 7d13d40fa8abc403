// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes on the wire when. Modules with the period of the cycle that answer well are asked at
 * the beginning of every cycle. Everything else (slower modules, retries, probes, commands that
 * read, the sweep) goes one at a time into the time that is left; so a cyclic poll waits for at most
 * one other exchange, and a silent module costs the others at most its one time-out.
 */
#include "control.h"

/* Reserve for what the estimate of an exchange does not know: scheduling, interrupt latency. */
#define SWEEP_RESERVE_NS	(2 * OHTD_NS_PER_MS)
/* After so many cycles without room the sweep goes all the same, and the next poll waits for it. */
#define SWEEP_WAITS_MAX		8

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

static bool submit_read(struct ohtd_control *control, const struct ohtd_unit *unit,
			struct ohtd_transfer *transfer)
{
	const struct oht_request request = {
		.unit = unit->view.unit,
		.function = OHT_READ_HOLDING,
		.priority = transfer->slack ? OHT_PRIORITY_BACKGROUND : OHT_PRIORITY_CYCLIC,
		.address = transfer->block.address,
		.count = transfer->block.words,
		.timeout_us = ohtd_unit_timeout_us(control, unit),
	};

	return ohtd_transfer_submit(control, &request, transfer);
}

static bool submit_poll(struct ohtd_control *control, struct ohtd_unit *unit, bool slack)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_POLL, .slack = slack };

	/* It knows none of its registers: only the probes can tell whether it is there. */
	if (!unit->blocks.polls)
		return false;
	transfer.block = unit->blocks.poll[unit->poll_next++ % unit->blocks.polls];
	unit->busy = submit_read(control, unit, &transfer);
	return unit->busy;
}

void ohtd_schedule_cyclic(struct ohtd_control *control)
{
	unsigned int i;

	if (control->identify.polls_wait)
		return;
	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &control->units[i];

		if (polled(unit) && ohtd_unit_every_cycle(unit) && at_ease(unit) && !unit->busy)
			submit_poll(control, unit, false);
	}
}

/* ---- the time that is left ---- */

/*
 * The unit that has been due longest; those of every cycle only when they are in trouble. A failed
 * attempt moves the moment on, so a silent module comes behind whoever waits already.
 */
static struct ohtd_unit *most_due(struct ohtd_control *control)
{
	struct ohtd_unit *best = NULL;
	unsigned int i;

	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &control->units[i];

		if (!polled(unit) || unit->busy || unit->due_ns > control->now_ns ||
		    (ohtd_unit_every_cycle(unit) && at_ease(unit)))
			continue;
		if (!best || unit->due_ns < best->due_ns)
			best = unit;
	}
	return best;
}

static bool poll_due(struct ohtd_control *control)
{
	struct ohtd_unit *unit = control->identify.polls_wait ? NULL : most_due(control);

	return unit && submit_poll(control, unit, true);
}

static bool probe_due(const struct ohtd_control *control, const struct ohtd_unit *unit)
{
	return unit->view.next_probe_ns && unit->view.next_probe_ns <= control->now_ns &&
	       (unit->view.health == OHTD_HEALTH_LOST || unit->view.health == OHTD_HEALTH_ABSENT);
}

/* Asks the unit that is silent longest whether it is back: required ones, and ones seen before. */
static bool probe_silent(struct ohtd_control *control)
{
	struct ohtd_unit *best = NULL;
	unsigned int i;

	if (control->identify.active)
		return false;
	for (i = 0; i < OHTD_UNITS; i++) {
		struct ohtd_unit *unit = &control->units[i];

		if (probe_due(control, unit) &&
		    (!best || unit->view.next_probe_ns < best->view.next_probe_ns))
			best = unit;
	}
	if (!best)
		return false;
	ohtd_identify_unit(control, best->view.unit);
	return ohtd_identify_next(control);
}

static bool sweep_fits(const struct ohtd_control *control, const struct ohtd_unit *unit,
		       const struct ohtd_block *block)
{
	uint64_t exchange_ns = ohtd_transfer_wire_ns(control, block->words) +
			       2 * unit->view.turnaround_us * OHTD_NS_PER_US + SWEEP_RESERVE_NS;

	return control->now_ns + exchange_ns <= control->next_tick_ns ||
	       control->snapshot.bus.cycles - control->swept_cycle >= SWEEP_WAITS_MAX;
}

/* One block of the unit whose turn it is, if there is time for it. */
static bool sweep(struct ohtd_control *control)
{
	struct ohtd_transfer transfer = { .purpose = OHTD_PURPOSE_SWEEP, .slack = true };
	unsigned int tries;

	if (control->swept_cycle == control->snapshot.bus.cycles || control->identify.polls_wait)
		return false;
	for (tries = 0; tries < OHTD_UNITS; tries++) {
		struct ohtd_unit *unit = &control->units[control->sweep_unit];

		if (polled(unit) && at_ease(unit) && !unit->busy && unit->blocks.sweeps) {
			transfer.block = unit->blocks.sweep[unit->sweep_next % unit->blocks.sweeps];
			/* No time for it in this cycle: it keeps its turn. */
			if (!sweep_fits(control, unit, &transfer.block))
				return false;
			control->swept_cycle = control->snapshot.bus.cycles;
			control->sweep_unit = (control->sweep_unit + 1) % OHTD_UNITS;
			unit->sweep_next++;
			return submit_read(control, unit, &transfer);
		}
		control->sweep_unit = (control->sweep_unit + 1) % OHTD_UNITS;
	}
	return false;
}

static bool cyclic_under_way(const struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < OHTD_TRANSFERS; i++)
		if (control->transfers[i].purpose == OHTD_PURPOSE_POLL &&
		    !control->transfers[i].slack)
			return true;
	return false;
}

/* Commands that read go first, but every other time only, so that they cannot crowd out polls. */
static bool next_slack(struct ohtd_control *control)
{
	bool read = !control->read_was_last && ohtd_commands_read_next(control);

	control->read_was_last = read;
	return read || poll_due(control) || ohtd_identify_next(control) ||
	       ohtd_commands_read_next(control) || probe_silent(control) || sweep(control);
}

void ohtd_schedule_slack(struct ohtd_control *control)
{
	if (!control->device.open || control->device.bus_dead ||
	    ohtd_transfer_slack_busy(control) || cyclic_under_way(control))
		return;
	next_slack(control);
}
