/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     when the two channels of a button disagree, and the lockout that follows. Pure: the
 *           owner reads the lines.
 * Contexts: any, hard interrupt included; nothing sleeps, allocates or loops for long.
 * Locks:    none; the owner of a struct oht_agree serialises what is done with it.
 * Source:   docs/safety.md, What stops (channels disagree; a channel that opens alone).
 */
#ifndef OHT_AGREE_H
#define OHT_AGREE_H

#include <linux/bits.h>
#include <linux/types.h>

#include "passed.h"

#define OHT_AGREE_CHANNELS	2

/* After a discrepancy both channels must be seen open, then closed. */
enum oht_agree_lockout {
	OHT_LOCKOUT_NONE,
	OHT_LOCKOUT_NEEDS_OPEN,
	OHT_LOCKOUT_NEEDS_CLOSED,
};

struct oht_agree {
	enum oht_agree_lockout lockout;
	u64 disagree_since_ns;			/* by level; 0: the channels agree */
	u64 opened_ns[OHT_AGREE_CHANNELS];	/* when each was open last; 0: never */
};

/* Levels as masks of the channels; what cannot be read is in neither of the two. */
struct oht_agree_levels {
	u32 all;		/* the channels that there are */
	u32 closed;
	u32 unreadable;
};

/* @channel has made an edge: it was open a moment ago, whatever its level says now. */
static inline void oht_agree_edge(struct oht_agree *agree, unsigned int channel, u64 now)
{
	agree->opened_ns[channel] = now;
}

/* Forget when the channels were open: the machine was reset, or the inputs were not read. */
static inline void oht_agree_forget(struct oht_agree *agree)
{
	int i;

	for (i = 0; i < OHT_AGREE_CHANNELS; i++)
		agree->opened_ns[i] = 0;
}

/* How much longer ago one channel was open last than the other. */
static inline u64 oht_agree_apart_ns(const struct oht_agree *agree)
{
	s64 apart_ns = agree->opened_ns[0] - agree->opened_ns[1];

	return apart_ns < 0 ? -apart_ns : apart_ns;
}

/*
 * A channel has opened and the other one has not, within the window before and after. Of a press
 * that is shorter than the window no level shows it: the other contact may be welded.
 */
static inline bool oht_agree_is_alone(const struct oht_agree *agree, u64 window_ns)
{
	return oht_agree_apart_ns(agree) > window_ns;
}

static inline void oht_agree_agreed(struct oht_agree *agree, const struct oht_agree_levels *levels)
{
	agree->disagree_since_ns = 0;
	if (agree->lockout == OHT_LOCKOUT_NEEDS_OPEN && !levels->closed && !levels->unreadable)
		agree->lockout = OHT_LOCKOUT_NEEDS_CLOSED;
	else if (agree->lockout == OHT_LOCKOUT_NEEDS_CLOSED && levels->closed)
		agree->lockout = OHT_LOCKOUT_NONE;
}

/* Each channel opened longer ago than the window: the other one has had time to follow. */
static inline bool oht_agree_waited(const struct oht_agree *agree, u64 now, u64 window_ns)
{
	int i;

	for (i = 0; i < OHT_AGREE_CHANNELS; i++)
		if (!oht_passed(now, agree->opened_ns[i], window_ns))
			return false;
	return true;
}

/* The levels were read. True: a discrepancy, which locks out. */
static inline bool oht_agree_look(struct oht_agree *agree, const struct oht_agree_levels *levels,
				  u64 now, u64 window_ns)
{
	bool found = false;
	int i;

	for (i = 0; i < OHT_AGREE_CHANNELS; i++)
		if (levels->all & ~(levels->closed | levels->unreadable) & BIT(i))
			agree->opened_ns[i] = now;
	if (levels->closed == levels->all || !levels->closed)
		oht_agree_agreed(agree, levels);
	else if (!agree->disagree_since_ns)
		agree->disagree_since_ns = now;
	else
		found = oht_passed(now, agree->disagree_since_ns, window_ns);
	if (oht_agree_is_alone(agree, window_ns) && oht_agree_waited(agree, now, window_ns))
		found = true;
	if (found)
		agree->lockout = OHT_LOCKOUT_NEEDS_OPEN;
	return found;
}

/*
 * Is a reset forbidden? A channel that has opened alone forbids it also before the other one has
 * had its time; while it is open, its own cause says so.
 */
static inline bool oht_agree_stands(const struct oht_agree *agree, bool all_closed, u64 window_ns)
{
	return agree->lockout != OHT_LOCKOUT_NONE ||
	       (all_closed && oht_agree_is_alone(agree, window_ns));
}

#endif /* OHT_AGREE_H */
