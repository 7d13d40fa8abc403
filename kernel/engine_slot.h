/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the engine and a plan know of each other: the present cycle and how it began.
 * Contexts: any.
 * Locks:    engine.lock for all of it.
 */
#ifndef OHT_ENGINE_SLOT_H
#define OHT_ENGINE_SLOT_H

#include <linux/types.h>

/* The fate of a point of the grid, for its tracepoint. */
enum oht_engine_fate {
	OHT_FATE_BEGUN = 0,	/* the first request of its cycle begins */
	OHT_FATE_EMPTY,		/* nothing was due, or nothing that was due may be sent */
	OHT_FATE_GIVEN,		/* the cycle belongs to a transfer that is not the plan's */
	OHT_FATE_MISSED,	/* the cycle before it has not ended */
	OHT_FATE_UNSENT,	/* its requests have ended, and none of them was begun */
};

/**
 * struct oht_engine_start - a point of the grid, as the timer of the plan found it
 * @cycle: its number, as in struct oht_cycle_record
 * @grid_ns: when it was due
 * @tick_ns: when the timer came
 * @quiet_ns: how long the line had still to be silent then before anything might be sent
 * @passed: points before it for which the timer has not come at all
 * @missed: points that have been missed so far, itself included
 * @exceeded: cycles that have not ended in time so far
 * @state: of the engine
 * @holder: enum oht_engine_holder: whose exchange was under way
 * @unit: which that exchange asked, 0 if @holder is NONE
 * @function: what for, likewise
 */
struct oht_engine_start {
	u64 cycle;
	u64 grid_ns;
	u64 tick_ns;
	u64 quiet_ns;
	u64 passed;
	u64 missed;
	u64 exceeded;
	u8 state;
	u8 holder;
	u8 unit;
	u8 function;
};

/**
 * struct oht_engine_slot - the present cycle of a plan, as far as the engine is concerned
 * @until_ns: next point of the grid; what the plan has not brought must be over by then, or waits;
 *	0: there is no plan
 * @start: how it began, and what was in its way
 * @begun: its first request has been begun
 * @whole: it is given to a transfer that is too long for any slack; over when that is begun
 * @cycle_ns: the distance of two points of the grid; 0: there is no plan
 * @slack_max_ns: what is left of the emptiest cycle, as computed
 * @left_ns: what the plan really left of the emptiest of the last @left_cycles cycles
 * @left_max_ns: the same of the next ones, so far
 * @left_cycles: after so many it is looked at anew
 * @left_points: how many have passed
 * @pauses_held: the pauses and rests of the units are in the figures of a plan that is being
 *	committed, waits or is in force, and may not change
 * @planned: transfers of the plan that are not done; they go first
 * @budget_ns: longest that an exchange may keep a stop from the bus while the gate is open; 0: any
 * @hold_max_ns: longest that a transfer may take at all; 0: any
 * @hold_until_ns: in a cycle that is given, it must be over by then
 * @turnaround_ns: longest that a unit is thought to be silent before it answers
 * @late_max_ns: largest delay of a first request behind its point of the grid
 */
struct oht_engine_slot {
	u64 until_ns;
	struct oht_engine_start start;
	bool begun;
	bool whole;
	u64 cycle_ns;
	u64 slack_max_ns;
	u64 left_ns;
	u64 left_max_ns;
	u32 left_cycles;
	u32 left_points;
	bool pauses_held;
	unsigned int planned;
	u64 budget_ns;
	u64 hold_max_ns;
	u64 hold_until_ns;
	u64 turnaround_ns;
	u64 late_max_ns;
};

#endif /* OHT_ENGINE_SLOT_H */
