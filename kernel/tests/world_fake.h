/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a stop, an engine, a plan, units and callers on one clock and one wire, and what holds
 *           of them at any time.
 * Contexts: a test, one thread; time only passes in world_pass().
 * Locks:    none.
 */
#ifndef OHT_WORLD_FAKE_H
#define OHT_WORLD_FAKE_H

#include "cycle_fake.h"
#include "estop_fake.h"

/* Units 1 to 4 have entries of the plans, 10 to 13 never have. */
#define WORLD_PLANNED		4
#define WORLD_OTHERS		10
#define WORLD_OTHERS_COUNT	4
/* Registers that stop telegrams write, and that plans and callers do. */
#define WORLD_TELEGRAM		0x7000
#define WORLD_OUTPUT		0x0020
#define WORLD_XFERS		12
#define WORLD_BEAT_NS		(20 * FAKE_MS)

struct world {
	unsigned int run;		/* for messages */
	bool has_bus;			/* not suspended */
	bool beats;			/* the controller does */
	bool has_role;			/* there is a controller */
	u64 supervise_ns;		/* when the stop's timer comes next */
	u64 late_ns;			/* how late it may have been since it ran last */
	u64 beat_ns;			/* when the next heartbeat is due */
	bool lost;			/* the plan has asked for a stop, and it was not made yet */
	u64 hold_ns;			/* so long after its latch a stop reaches the engine */
	u64 abort_ns;			/* when it does, 0: none is on its way */
	u64 opened_ns;			/* a channel has been open without an edge since, 0: none */
	u64 noise_ns;			/* when noise was on the wire last */
	u64 talk_ns;			/* when the line babbles next, 0: it does not */
	void (*talk)(void);		/* what it says then; sets the next time */
	u32 generation;			/* of the exchange that is looked at */
	u32 timeout_us;			/* its time-out */
	u64 waits_ns;			/* since when it has that */
	bool begun;			/* what may be its answer has begun in time */
	u64 asked_ns;			/* the stop for which a telegram must begin, 0: none */
	u64 last_ns;			/* the last one: all of the list tells of it; 0: none */
	u64 told_ns[WORLD_PLANNED + 1];	/* by unit: when its last telegram began */

	unsigned int stops;		/* times that the engine was told of one */
	unsigned int telegrams;		/* on the wire */
	unsigned int resets;		/* that were taken */
	unsigned int enables;
	unsigned int looks;		/* at outputs that were high */
	unsigned int writes;		/* that were on the wire while enabled */
	unsigned int waits;		/* looks at an exchange that waits for its answer */
	unsigned int found;		/* units that were lost and are back */
	u64 heard_ns[WORLD_PLANNED + 1];	/* by unit: when an entry that stops heard it */
	u64 by_ns[WORLD_PLANNED + 1];	/* by when one must; 0: none must */
	bool busy[WORLD_XFERS];		/* the transfer has been accepted and has not ended */
};

extern struct world world;

/* Enabled, with @telegrams of them set, no plan, units that answer after 1 ms. */
void world_init(struct kunit *test, unsigned int run, unsigned int telegrams);

/* Time passes, everything works, and what must hold is looked at. */
void world_pass(u64 for_ns);

/* ---- what comes from outside ---- */

void world_press(bool edge);
void world_release(void);
/* True if it was taken. */
bool world_reset(void);
bool world_enable(void);
void world_disable(void);
void world_stop(void);
/* The descriptor is closed; another one takes the role. */
void world_close(void);
void world_take(void);
void world_suspend(void);
void world_resume(void);
/* Outputs of entry @entry, of this enable; @flags as in struct oht_outputs. */
void world_outputs(u16 entry, u32 flags);
void world_noise(unsigned int bytes, u8 data);
/* A caller's transfer @i, which is free and filled in: true if it was accepted. */
bool world_submit(unsigned int i);

#endif /* OHT_WORLD_FAKE_H */
