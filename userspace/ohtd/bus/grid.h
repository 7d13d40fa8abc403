/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a cyclic plan as the kernel runs it, for back-ends without the kernel: the grid, which
 *           entry is due, the image with the last values of each entry.
 * Contexts: one thread, or another lock around it. No allocation, no wait.
 * Locks:    none.
 *
 * The words of outputs are not part of it. A back-end that never enables has none, and nothing that
 * writes is sent; another one says in @writes what may be.
 */
#ifndef OHTD_BUS_GRID_H
#define OHTD_BUS_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "oht_client.h"
#include "oht_plan.h"

/**
 * struct ohtd_grid_plan - a plan that was found good
 * @count: entries in use; 0 ends the plan
 * @cycle_us: the grid
 * @generation: of the layout
 * @entry: in their order on the wire
 */
struct ohtd_grid_plan {
	unsigned int count;
	uint32_t cycle_us;
	uint32_t generation;
	struct oht_cyclic_entry entry[OHT_CYCLIC_ENTRIES_MAX];
};

/**
 * struct ohtd_grid - a plan in force
 * @plan: @plan.count is 0 without one
 * @index: number of the next cycle since the plan came in force
 * @grid_ns: when the next cycle begins
 * @due: entries of the present cycle that have not been exchanged, one bit each
 * @judged: entries that have been exchanged since their turn, one bit each: a failure is no further error
 * @writes: entries that write and may be sent in the coming cycle, one bit each
 * @next_due: in which cycle an entry is due next
 * @char_ns: one character on the wire; the owner's, as is the next
 * @gap_ns: silence between frames
 * @urgent: entries that are sent out of turn, in their order
 * @urgents: how many they are
 * @urgent_ns: what exchanges out of turn have taken, as computed, since a cycle began in time
 * @late: the next cycle may begin late because of them
 * @ended_ns: when the last exchange of the plan ended
 * @head: as the image shows it
 * @value: as the image shows it
 */
struct ohtd_grid {
	struct ohtd_grid_plan plan;
	uint64_t index;
	uint64_t grid_ns;
	uint64_t due;
	uint64_t judged;
	uint64_t writes;
	uint64_t next_due[OHT_CYCLIC_ENTRIES_MAX];
	uint64_t char_ns;
	uint64_t gap_ns;
	uint8_t urgent[OHT_CYCLIC_ENTRIES_MAX];
	unsigned int urgents;
	uint64_t urgent_ns;
	bool late;
	uint64_t ended_ns;
	struct oht_cyclic_head head;
	struct oht_cyclic_value value[OHT_CYCLIC_ENTRIES_MAX];
};

/**
 * ohtd_grid_check() - is this a plan, and what does it come to on this line
 * @plan: entries of any kind
 * @char_ns: one character on the wire
 * @gap_ns: silence between frames
 * @rest_ms: by unit: how long it hears nothing behind its own answer; NULL: none does
 * @figures: filled with 0 and with -EDQUOT; a stop has no bound here
 * @bad_entry: index of the entry that is wrong, @plan->count if it is none
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP, or -EDQUOT: the fullest cycle is too full, or with its time-out
 * @bad_entry takes longer than ohtd_grid_hold_max_ns().
 */
int ohtd_grid_check(const struct oht_cyclic_plan *plan, uint64_t char_ns, uint64_t gap_ns,
		    const uint8_t *rest_ms, struct oht_cyclic_figures *figures, unsigned int *bad_entry);

/*
 * Longest that one exchange may take, so that it alone makes no unit lost whose loss stops; 0: there is
 * no such unit. The kernel refuses what takes longer while such a plan is in force.
 */
uint64_t ohtd_grid_hold_max_ns(const struct oht_cyclic_plan *plan);

/* Sent only while it has words: @writes of struct ohtd_grid. */
bool ohtd_grid_writes_only(const struct oht_cyclic_entry *entry);

/* Wire time of one exchange with its gap, when the module answers after @wait_us. */
uint64_t ohtd_grid_exchange_ns(const struct oht_cyclic_entry *entry, uint32_t wait_us,
			       uint64_t char_ns, uint64_t gap_ns);

/* Puts @plan in force: its first cycle begins at the next point of the grid. */
void ohtd_grid_start(struct ohtd_grid *grid, const struct ohtd_grid_plan *plan, uint64_t now_ns);

/*
 * Begins the next cycle when its moment has come. False: no cycle has begun. When exchanges of the
 * present cycle are still open, that cycle has exceeded and the next one is missed, unless exchanges
 * out of turn have put off what is open. With @give the
 * cycle sends nothing of the plan: entries that are due are sent in the following cycle.
 */
bool ohtd_grid_tick(struct ohtd_grid *grid, uint64_t now_ns, bool give);

/*
 * Sends @entry, which is not on the wire, out of turn if the bound of the kernel allows it
 * (OHT_CYCLIC_NOW_MAX_US); else it waits for its turn. That serves a turn that comes meanwhile.
 */
void ohtd_bus_hurry(struct ohtd_grid *grid, int entry);

/* The next entry to be exchanged, those out of turn first; -1: none is left in the present cycle. */
int ohtd_grid_next(const struct ohtd_grid *grid);

/* The request of an entry; retries are never left to the line. */
struct oht_request ohtd_grid_request(const struct ohtd_grid *grid, int entry);

/*
 * Leaves out what is open of a cycle that has exceeded, for a plan that follows: values of the old
 * one are not taken any more. False: there is still time.
 */
bool ohtd_grid_give_up(struct ohtd_grid *grid, uint64_t now_ns);

/* An entry of the present cycle, or out of turn, that must not be sent any more. */
void ohtd_grid_leave_out(struct ohtd_grid *grid, int entry, uint64_t now_ns);

/* What came of it. */
void ohtd_grid_done(struct ohtd_grid *grid, int entry, const struct oht_reply *reply,
		    uint64_t now_ns);

/* When the next cycle begins, UINT64_MAX without a plan. */
static inline uint64_t ohtd_grid_next_ns(const struct ohtd_grid *grid)
{
	return grid->plan.count ? grid->grid_ns : UINT64_MAX;
}

#endif
