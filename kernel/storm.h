/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     when the interrupt of a line is masked for a storm of edges, and when it is heard
 *           again. Pure: the owner of the line masks it.
 * Contexts: any, hard interrupt included; nothing sleeps, allocates or loops.
 * Locks:    none; the owner of a storm serialises what is done with it.
 * Source:   docs/safety.md, How it holds (storm: stays stopped, line masked and polled).
 */
#ifndef OHT_STORM_H
#define OHT_STORM_H

#include <linux/time64.h>
#include <linux/types.h>

#include "passed.h"

/*
 * A contact bounces some dozens of times within some milliseconds. What comes after a calm may last
 * for as many edges again: that is what a storm without an end costs, once per calm.
 */
#define OHT_STORM_WINDOW_NS	(10 * NSEC_PER_MSEC)
#define OHT_STORM_EDGES		100
#define OHT_STORM_CALM_NS	(100 * NSEC_PER_MSEC)

/*
 * Masking and unmasking are states of their own: the line must have been masked before it is
 * unmasked, or the interrupt core counts them in the wrong order; and a line counts as heard only
 * once it is unmasked.
 */
enum oht_storm_state {
	OHT_STORM_HEARD,	/* edges raise the interrupt */
	OHT_STORM_MASKING,	/* it is being masked */
	OHT_STORM_MASKED,	/* the level is polled */
	OHT_STORM_UNMASKING,	/* it is being unmasked; its first edges do not count */
};

struct oht_storm {
	enum oht_storm_state state;
	u32 edges;		/* heard: within the window */
	bool level;		/* masked: as polled last */
	u64 since_ns;		/* heard: begin of the window; masked: last change */
};

/* An edge was heard. True: mask the interrupt now, then say so by oht_storm_masked(). */
static inline bool oht_storm_edge(struct oht_storm *storm, u64 now)
{
	if (storm->state != OHT_STORM_HEARD)
		return false;
	if (!storm->edges || oht_passed(now, storm->since_ns, OHT_STORM_WINDOW_NS)) {
		storm->since_ns = now;
		storm->edges = 0;
	}
	if (++storm->edges <= OHT_STORM_EDGES)
		return false;
	storm->state = OHT_STORM_MASKING;
	return true;
}

static inline void oht_storm_masked(struct oht_storm *storm, u64 now)
{
	storm->state = OHT_STORM_MASKED;
	storm->since_ns = now;
}

/* The level was read. True: it has been calm for long enough; unmask now, then say so. */
static inline bool oht_storm_poll(struct oht_storm *storm, bool level, u64 now)
{
	if (storm->state != OHT_STORM_MASKED)
		return false;
	if (level != storm->level) {
		storm->level = level;
		storm->since_ns = now;
	}
	if (!oht_passed(now, storm->since_ns, OHT_STORM_CALM_NS))
		return false;
	storm->state = OHT_STORM_UNMASKING;
	return true;
}

static inline void oht_storm_unmasked(struct oht_storm *storm)
{
	storm->state = OHT_STORM_HEARD;
	storm->edges = 0;
}

#endif /* OHT_STORM_H */
