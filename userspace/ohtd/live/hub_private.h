/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this folder share: a channel and the hub.
 * Contexts: see hub.h.
 * Locks:    the hub's mutex.
 */
#ifndef OHTD_LIVE_HUB_PRIVATE_H
#define OHTD_LIVE_HUB_PRIVATE_H

#include <pthread.h>

#include "live/hub.h"
#include "live/members.h"

/* Where the data of a message begins, and its head ends. */
#define OHTD_DATA_MARK	"\"data\":{"

/*
 * A change that has been told, and the quiet messages behind it. However many these are, the newest one
 * stands for all of them.
 */
struct told {
	uint64_t seq;		/* of the change */
	uint64_t last;		/* of the newest quiet message; @seq: there is none */
	struct ohtd_message *message;	/* of the change */
	struct ohtd_message *quiet;	/* the newest quiet one */
	struct oht_set changed;	/* members of the state, by the change */
	struct oht_set quiet_changed;	/* by all the quiet messages together */
	uint64_t at_ms;		/* of the change */
};

struct channel {
	uint64_t seq;		/* of the newest message; 0: there is no state yet */
	char *text, *key;	/* of the newest state */
	size_t text_bytes, key_bytes;
	struct ohtd_members members;	/* of @text */
	struct ohtd_members keys;	/* of @key, if the channel is terse */
	unsigned int listeners;
	char ts[OHTD_TS_BYTES];
	uint64_t at_ms;
	uint64_t changes;	/* how many have been told; the newest one has this number */
	struct told ring[OHTD_CHANNEL_RING];	/* by the number of the change */
	struct ohtd_message *snapshot;	/* of the newest state; NULL: not made yet */
	struct ohtd_message *conflated;	/* from @conflated_from to the newest; NULL: not made yet */
	uint64_t conflated_from;
};

struct ohtd_hub {
	pthread_mutex_t lock;	/* everything below */
	const struct ohtd_channel_kind *kinds;
	size_t count;
	uint64_t epoch;
	uint64_t version;
	uint64_t at_ms;
	unsigned int listeners;
	struct ohtd_hub_news news;
	struct channel channels[OHTD_CHANNELS_MAX];
};

static inline size_t ohtd_told_place(uint64_t change)
{
	return change % OHTD_CHANNEL_RING;
}

/* The number of the oldest change in the ring; 1 when there is none. */
static inline uint64_t ohtd_told_oldest(const struct channel *channel)
{
	return channel->changes > OHTD_CHANNEL_RING ? channel->changes - OHTD_CHANNEL_RING + 1 : 1;
}

#endif /* OHTD_LIVE_HUB_PRIVATE_H */
