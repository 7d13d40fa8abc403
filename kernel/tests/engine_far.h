/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     units at the far end of the bus in memory: they answer whole frames by themselves.
 * Contexts: a test, one thread; time only passes in far_run().
 * Locks:    none.
 */
#ifndef OHT_ENGINE_FAR_H
#define OHT_ENGINE_FAR_H

#include "engine_fake.h"

/* The unit that the stop telegrams are for. */
#define FAR_STOP_UNIT	3

/* How the units behave, and what they have heard. */
struct far_end {
	u64 turnaround_ns;
	u64 slow_ns;		/* the same for all but stop telegrams, 0: no difference */
	bool dead;		/* nothing is answered */
	u8 dead_unit;		/* nothing is answered by this one */
	bool deaf;		/* nothing is heard from a request until its answer is over */
	unsigned int silent;	/* so many of the next frames are left unanswered */

	u64 start_ns;		/* of what was said last */
	u64 end_ns;		/* its end */
	unsigned int seen;	/* frames that have been heard, or not */
	unsigned int garbled;	/* those that met something that was said */
	unsigned int whole;	/* those that were understood */
	unsigned int told;	/* bit 0, 1: that telegram of the list was understood */
	u64 telegram_ns;	/* end of the first stop telegram that was understood */
	u64 answer_ns;		/* end of the first answer to one */
};

extern struct far_end far_end;

/* Two of them: function 6, and function 16 with two registers. */
extern const struct oht_telegram far_stop_list[];

/* As fake_init(), with units that answer at once. */
void far_init(struct kunit *test, u32 baud_bps);

/* Let time pass, the units answer. */
void far_run(u64 until_ns);

/* The same until transfer @i is done; fails the test if that takes 1 s. */
void far_run_done(unsigned int i);

/* One exchange with @unit, so that the engine knows how long it takes. */
void far_teach(u8 unit);

void far_set_telegrams(unsigned int count);
struct oht_telegram_status far_status(void);

/* This frame is one of the stop telegrams; it was not cut off. */
bool far_is_telegram(const struct fake_frame *frame);
bool far_is_whole(const struct fake_frame *frame);
unsigned int far_telegrams_sent(void);

#endif /* OHT_ENGINE_FAR_H */
