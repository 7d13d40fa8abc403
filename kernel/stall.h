/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     when a CPU counts as stalled: two timers on two CPUs stamp when they ran, and a look
 *           finds a stamp that is too old. Pure: the owner runs the timers.
 * Contexts: any, hard interrupt included; nothing sleeps, allocates or loops for long.
 * Locks:    none; the owner of a struct oht_stall serialises what is done with it.
 * Source:   docs/safety.md, How it holds (each timer checks the other's progress).
 */
#ifndef OHT_STALL_H
#define OHT_STALL_H

#include <linux/types.h>

#include "passed.h"

enum oht_stall_side {
	OHT_STALL_SUPERVISION,	/* the supervision timer */
	OHT_STALL_WATCH,	/* the timer on the CPU of the button's interrupt */
	OHT_STALL_SIDES,
};

struct oht_stall {
	bool watched;			/* two CPUs are there, each with its timer */
	u64 ran_ns[OHT_STALL_SIDES];	/* when that timer ran last */
};

/*
 * Has one of them not run for longer than @limit_ns? A timer that looks before it stamps also finds
 * its own delay, so that a stall that no other CPU could see is found at its end.
 */
static inline bool oht_stall_found(const struct oht_stall *stall, u64 now, u64 limit_ns)
{
	int side;

	if (!stall->watched)
		return false;
	for (side = 0; side < OHT_STALL_SIDES; side++)
		if (oht_passed(now, stall->ran_ns[side], limit_ns))
			return true;
	return false;
}

static inline void oht_stall_ran(struct oht_stall *stall, enum oht_stall_side side, u64 now)
{
	stall->ran_ns[side] = now;
}

/* Both timers have just been started, so neither can be late; or one of them has gone. */
static inline void oht_stall_set_watched(struct oht_stall *stall, bool watched, u64 now)
{
	if (watched && !stall->watched) {
		stall->ran_ns[OHT_STALL_SUPERVISION] = now;
		stall->ran_ns[OHT_STALL_WATCH] = now;
	}
	stall->watched = watched;
}

#endif /* OHT_STALL_H */
