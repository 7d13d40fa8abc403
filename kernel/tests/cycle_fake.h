/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a cyclic side on the fake bus, and units that answer what it sends.
 * Contexts: a test, one thread; time only passes in cyclic_run().
 * Locks:    none.
 */
#ifndef OHT_CYCLE_FAKE_H
#define OHT_CYCLE_FAKE_H

#include "engine_fake.h"
#include "../cycle.h"

#define CYCLIC_STARTS_MAX	512
#define CYCLIC_TALES_MAX	64

/* One request as it was seen on the wire. */
struct cyclic_start {
	u64 at_ns;
	u8 unit;
	u8 function;
	u16 address;
	u16 first_word;		/* of a write */
	u32 enable;		/* as struct fake_frame has it */
};

/* What the tracepoint oht_cycle has said once. */
struct cyclic_tale {
	struct oht_engine_start start;
	unsigned int fate;
	u64 late_ns;
};

struct cyclic {
	struct oht_cycle cycle;
	struct oht_image image;
	struct oht_plan plan;
	struct oht_plan_figures figures;
	u32 generation;
	unsigned int losses;		/* times that the machine was to be stopped */
	u64 heard_by_ns;		/* what the stop's supervision was told last */
	unsigned int records;
	u64 next_ns;			/* when the timer is wanted, 0: not */
	u64 late_ns;			/* how late it comes, once */
	void (*passed)(void);		/* called whenever time has passed, NULL: no call */
	bool silent[OHT_UNIT_MAX + 1];
	u8 skips[OHT_UNIT_MAX + 1];	/* requests that are not answered behind one that is */
	unsigned int asked[OHT_UNIT_MAX + 1];
	u64 turnaround_ns[OHT_UNIT_MAX + 1];
	u8 exception[OHT_UNIT_MAX + 1];
	u64 rest_ns[OHT_UNIT_MAX + 1];		/* a request that comes sooner is not heard */
	u64 said_ns[OHT_UNIT_MAX + 1];		/* end of its last answer */
	unsigned int unrested;			/* requests that were not heard for that */
	struct cyclic_start start[CYCLIC_STARTS_MAX];
	unsigned int starts;
	struct cyclic_tale tale[CYCLIC_TALES_MAX];	/* the first ones */
	unsigned int tales;
};

/* Too big for a stack. */
extern struct cyclic cyclic;

/* A cyclic side without a plan, grid 20 ms, 115200, units that answer after 1 ms. */
void cyclic_init(struct kunit *test);

/* One more entry of the plan that cyclic_commit() will stage: every cycle, time-out 5 ms. */
struct oht_plan_entry *cyclic_add(u8 unit, u8 function, u16 count);

/* Stages, commits and sees to the timer; the second expects @error. */
int cyclic_try_commit(void);
void cyclic_commit(int error);
void cyclic_clear(void);

/* Lets time pass: ticks, requests, answers. */
void cyclic_run(u64 for_ns);

/* As the stop's interrupt does it; and its two halves, between which another CPU may do more. */
void cyclic_stop(void);
void cyclic_latch(void);
void cyclic_abort(void);
void cyclic_disable(void);
void cyclic_set_state(u32 state);
/* @first and the numbers behind it, for @entry; the first with @flags of struct oht_outputs. */
int cyclic_set_outputs(u16 entry, u16 count, u16 first, u32 flags);
int cyclic_outputs(u16 entry, u16 count, u16 first);

/* The tracepoint oht_cycle, for subject.c. */
void cyclic_told(const struct oht_engine *e, const struct oht_engine_start *start,
		 unsigned int fate, u64 now_ns);

/* How the plan does. */
struct oht_plan_status cyclic_status(void);

/* The slot of an entry, after a look at its sequence count. */
const struct oht_image_slot *cyclic_slot(unsigned int entry);

/* @unit wants such a rest, and the engine knows; what oht_engine_set_policy() returns. */
int cyclic_set_rest(u8 unit, u32 rest_us);

/* Requests to @unit since the last cyclic_forget(). */
unsigned int cyclic_count(u8 unit);
void cyclic_forget(void);

#endif /* OHT_CYCLE_FAKE_H */
