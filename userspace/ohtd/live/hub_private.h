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

/* A message that has been told, and what it was about. */
struct told {
	struct ohtd_message *message;
	uint64_t changed;	/* members of the state */
	bool event;		/* something has happened: not only ages */
	uint64_t at_ms;
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
	struct told ring[OHTD_CHANNEL_RING];	/* by seq */
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
	struct channel channels[OHTD_CHANNELS_MAX];
};

#endif /* OHTD_LIVE_HUB_PRIVATE_H */
