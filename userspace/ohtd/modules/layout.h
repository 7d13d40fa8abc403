/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the plan of the bus as the control thread holds it.
 * Contexts: control thread only; nothing here allocates, locks or logs.
 * Locks:    none.
 */
#ifndef OHTD_MODULES_LAYOUT_H
#define OHTD_MODULES_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/blocks.h"
#include "oht_plan.h"

struct ohtd_modules;
struct ohtd_unit;

/**
 * struct ohtd_place - what an entry of the plan is for
 * @unit: its unit
 * @generation: of that unit: what it was when the plan was made
 * @block: registers
 * @output: enum ohtd_output: what is written there; OHTD_OUTPUT_NONE: the registers are read
 * @tried_ns: newest exchange that has been taken from the image
 */
struct ohtd_place {
	uint8_t unit;
	uint32_t generation;
	struct ohtd_block block;
	uint8_t output;
	uint64_t tried_ns;
};

/**
 * struct ohtd_layout - a plan as we hold it
 * @known: the bus has it, or has refused it; false: the bus may still have somebody else's
 * @followed: the control cycle has taken its place behind the exchanges
 * @reverses: the plan of a reversal: the drive stands and is to go the other way
 * @reversal: that, or the plan that followed it
 * @generation: of the image; 0: refused
 * @count: entries in use
 * @first_cycle: of plan.csv's cycles, with which the plan in force began
 * @overrun: a cycle was too long, and the next one left out
 * @backlog: what was due in a cycle that was left out is due on top in the next ones
 * @busy_worst_ns: its fullest cycle
 * @slack_ns: what is left of its emptiest cycle
 * @hold_max_ns: longest that anything may take the bus; 0: any time
 * @committed_ns: when
 * @begin_ns: start of its first cycle, 0: not in force yet
 * @crowded_ns: until then it has no place for a drive that stands
 * @again_ns: not offered again before, if it was refused
 * @entry: in their order on the wire
 * @place: what each of them is for
 */
struct ohtd_layout {
	bool known;
	bool followed;
	bool reverses;
	bool reversal;
	uint32_t generation;
	unsigned int count;
	uint16_t first_cycle;
	bool overrun;
	bool backlog;
	uint64_t busy_worst_ns;
	uint64_t slack_ns;
	uint64_t hold_max_ns;
	uint64_t committed_ns;
	uint64_t begin_ns;
	uint64_t crowded_ns;
	uint64_t again_ns;
	struct oht_cyclic_entry entry[OHT_CYCLIC_ENTRIES_MAX];
	struct ohtd_place place[OHT_CYCLIC_ENTRIES_MAX];
};

/* Asked by the plan, as long as it answers. */
bool ohtd_unit_in_plan(const struct ohtd_modules *modules, const struct ohtd_unit *unit);
/* A unit of the plan is silent: its time-outs are all that the others can bear at a time. */
bool ohtd_layout_waits(const struct ohtd_modules *modules);
/* Modules of every cycle have not been heard since a time-out of the plan: nothing long comes between. */
bool ohtd_layout_catches_up(const struct ohtd_modules *modules);
/* Longest time-out with which a read of @words fits into the emptiest cycle; 0: no plan, no room. */
uint32_t ohtd_layout_slack_us(const struct ohtd_modules *modules, unsigned int words);
/* Does a read of @words with this time-out fit into the emptiest cycle? */
bool ohtd_layout_fits(const struct ohtd_modules *modules, unsigned int words, uint32_t timeout_us);
/* @timeout_us, or the longest one with which the bus takes a request of @words beside the plan. */
uint32_t ohtd_layout_cut_us(const struct ohtd_modules *modules, unsigned int words, uint32_t timeout_us);
/* The first cycle of the plan in force in which entry @index is due. */
uint16_t ohtd_layout_phase(const struct ohtd_layout *layout, unsigned int index);
/* Takes from the image what is new. */
void ohtd_layout_read(struct ohtd_modules *modules);
/* Commits the plan anew when other units or registers belong in it. */
void ohtd_layout_update(struct ohtd_modules *modules);
/* The device is closed: nothing is known of its plan. */
void ohtd_layout_forget(struct ohtd_modules *modules);
/* Ends the plan, which would outlive us. */
void ohtd_layout_end(struct ohtd_modules *modules);

#endif
