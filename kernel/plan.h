/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the arithmetic of a cyclic plan: what it takes, what it leaves, what waits. Pure.
 * Contexts: any; nothing sleeps, allocates or keeps state. compute() is for process context: it
 *           looks at every cycle of the hyperperiod.
 * Locks:    none.
 *
 * Source: docs/architecture.md, A plan's register. The same file is compiled on the host.
 */
#ifndef OHT_PLAN_H
#define OHT_PLAN_H

#include <linux/types.h>
#include <linux/oht.h>
#include "timing.h"

/* No bound can be told. */
#define OHT_PLAN_UNBOUNDED_NS	U64_MAX

/**
 * struct oht_plan - what user space wants to be exchanged
 * @entry: in their order on the wire
 * @entries: how many, 1..OHT_PLAN_ENTRIES_MAX
 * @cycle_us: the grid
 * @stop_budget_us: longest time that a stop may have to wait for the bus, 0: not judged
 * @whole_cycles: at most every so many-th cycle may be given away
 * @pause_us: by entry: longest silence inside its reply that is waited out
 * @rest_us: by entry: the rest of its unit
 */
struct oht_plan {
	struct oht_plan_entry entry[OHT_PLAN_ENTRIES_MAX];
	u32 entries;
	u32 cycle_us;
	u32 stop_budget_us;
	u32 whole_cycles;
	u32 pause_us[OHT_PLAN_ENTRIES_MAX];
	u32 rest_us[OHT_PLAN_ENTRIES_MAX];
};

/**
 * oht_plan_check() - is every member in its range?
 * @plan: the plan; @entries of it at most OHT_PLAN_ENTRIES_MAX
 * @bad_entry: out: index of the first entry that is wrong, @entries if it is none of them
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP (a function that no plan has).
 */
int oht_plan_check(const struct oht_plan *plan, u32 *bad_entry);

/**
 * oht_plan_check_holds() - can an exchange of the plan make it lose a unit whose loss stops?
 * @plan: checked
 * @t: the line
 * @bad_entry: out: index of the first entry that may hold the bus for too long, @entries if it is
 *	none of them
 *
 * Return: 0, -EDQUOT.
 */
int oht_plan_check_holds(const struct oht_plan *plan, const struct oht_timing *t, u32 *bad_entry);

/**
 * oht_plan_compute() - what the plan comes to
 * @plan: checked
 * @t: the line
 * @exact: the port has exact timing; without it a stop has no bound
 * @figures: out, also with -EDQUOT
 *
 * Counts with answers that come within their configured turnaround.
 *
 * Return: 0; -EDQUOT: the fullest cycle is over OHT_PLAN_LOAD_MAX_PERMILLE, or a stop may have to
 * wait longer than the budget, or as oht_plan_check_holds(), with the pauses and rests now.
 */
int oht_plan_compute(const struct oht_plan *plan, const struct oht_timing *t, bool exact,
		     struct oht_plan_figures *figures);

/* The first cycle after @cycle in which this entry is due. */
u64 oht_plan_next_due(const struct oht_plan_entry *entry, u64 cycle);

/* True if the entry writes: it needs values first. */
bool oht_plan_is_output(const struct oht_plan_entry *entry);

/* Registers that the entry writes, 0 for inputs. */
unsigned int oht_plan_output_words(const struct oht_plan_entry *entry);

/*
 * Fills @figures->stop_ns and longest_entry: the worst time from a stop that meets an exchange to
 * the last stop bit of its telegram. @silence_ns: by entry, what its unit is given at least; NULL:
 * what the plan counts with.
 */
void oht_plan_longest(const struct oht_plan *plan, const struct oht_timing *t,
		      const u64 *silence_ns, struct oht_plan_figures *figures);

/* Gap, driver enable, request, turnaround and reply of one exchange. */
u64 oht_plan_entry_ns(const struct oht_plan_entry *entry, const struct oht_timing *t);

/* How much of a cycle the exchanges of a plan may take. */
static inline u64 oht_plan_load_max_ns(const struct oht_plan *plan)
{
	/* A thousandth of a microsecond is a nanosecond. */
	return (u64)plan->cycle_us * OHT_PLAN_LOAD_MAX_PERMILLE;
}

#endif /* OHT_PLAN_H */
