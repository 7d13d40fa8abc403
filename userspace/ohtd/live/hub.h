/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the channels: their newest state, what has changed of late, and what a subscriber gets next.
 * Contexts: create, destroy: main thread. The rest: any loop; never the control thread.
 * Locks:    its own mutex, for one publication or for one message; nothing is waited for under it.
 *
 * A channel has a state: a JSON object. Each change of it is a message with the members that have
 * changed, whole, and a number that rises by one; the numbers count within an epoch, which begins with
 * the daemon or is carried over from the one before (carry.h), and are the same for all subscribers. A
 * channel of *state* may leave messages out for a slow subscriber, and says how many; a channel of *events*
 * leaves no event out.
 *
 * While nothing changes, two *quiet* messages a second say so: a subscriber that hears nothing knows that
 * its values are old. They have numbers as all messages have. For a subscriber that comes back, the quiet
 * messages between two changes are one: the newest, with all members of the others, which says how
 * many were left out. So hours of quiet push no change out of the ring.
 *
 * A channel that is *whole* has the whole state in each message and nothing around it. There is
 * nothing of it while nobody listens.
 */
#ifndef OHTD_LIVE_HUB_H
#define OHTD_LIVE_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/set.h"
#include "live/message.h"

/* Channels and topics together (live/channels.h); each costs 14 KiB that are touched only when it is used. */
#define OHTD_CHANNELS_MAX	48
/* Changes of a channel that can be told again, with any number of quiet messages behind each. */
#define OHTD_CHANNEL_RING	128
#define OHTD_QUIET_MS		500

/**
 * struct ohtd_channel_kind - what never changes of a channel
 * @name: its name
 * @events: no change is ever left out
 * @prompt: who does not take an event soon is no longer served
 * @terse: of the state; a member is told anew only when it differs in the key, not with each age in it
 * @whole: each message is the whole state; not with @terse, filters or ohtd_hub_resume()
 */
struct ohtd_channel_kind {
	const char *name;
	bool events;
	bool prompt;
	bool terse;
	bool whole;
};

/**
 * struct ohtd_channel_state - the state of a channel at a moment
 * @text: all of it, as JSON
 * @bytes: of @text
 * @key: the same without what changes by itself, as an age does
 * @key_bytes: of @key
 */
struct ohtd_channel_state {
	const char *text;
	size_t bytes;
	const char *key;
	size_t key_bytes;
};

/**
 * struct ohtd_moment - when a state was so
 * @version: of the state, see ohtd_hub_begin()
 * @ts: the robot's time as JSON, as messages have it; less than OHTD_TS_BYTES
 * @wall_ns: the same since 1970
 * @seen_ns: the same, CLOCK_MONOTONIC
 * @now_ms: when it is told, of the same clock
 */
struct ohtd_moment {
	uint64_t version;
	const char *ts;
	uint64_t wall_ns;
	uint64_t seen_ns;
	uint64_t now_ms;
};

#define OHTD_TS_BYTES	96

enum ohtd_subscription_step {
	OHTD_NOT_SUBSCRIBED,
	OHTD_RESYNC_DUE,	/* what is asked for is not there any more: say so, then the state */
	OHTD_SNAPSHOT_DUE,	/* the whole state comes first */
	OHTD_RECOVERED_DUE,	/* what came since is still there: say so, then the messages */
	OHTD_FOLLOWING,
};

/**
 * struct ohtd_subscription - a subscriber's place in a channel; zeroed: not subscribed
 * @step: what comes next
 * @seq: of the newest message that the subscriber has got
 * @pause_ms: at least so long between two messages of a channel of state; 0: none
 * @told_ms: when the subscriber got the newest one
 * @from_ms: when it came back to what it had missed; 0: it did not
 * @wanted: members of the state that the subscriber wants, 0 is the first; empty: all. For channels of
 *	state whose members never change places; set behind ohtd_hub_subscribe() or _resume()
 */
struct ohtd_subscription {
	enum ohtd_subscription_step step;
	uint64_t seq;
	uint32_t pause_ms;
	uint64_t told_ms;
	uint64_t from_ms;
	struct oht_set wanted;
};

struct ohtd_hub;

/**
 * ohtd_hub_create() - channels without a state yet
 * @kinds: at most OHTD_CHANNELS_MAX; lasts as long as the hub
 * @count: of @kinds
 * @epoch: names the numbers of its messages; less than 2^53
 *
 * Return: NULL: out of memory.
 */
struct ohtd_hub *ohtd_hub_create(const struct ohtd_channel_kind *kinds, size_t count, uint64_t epoch);
void ohtd_hub_destroy(struct ohtd_hub *hub);

uint64_t ohtd_hub_epoch(const struct ohtd_hub *hub);

/* A client begins to listen, or ends. Only while one listens does the hub tell that nothing changes. */
void ohtd_hub_listen(struct ohtd_hub *hub, int channel, bool begins);

/**
 * struct ohtd_hub_news - how much has been published so far
 * @states: publications
 * @events: those with an event that a subscriber must take soon
 */
struct ohtd_hub_news {
	uint64_t states;
	uint64_t events;
};

struct ohtd_hub_news ohtd_hub_news(struct ohtd_hub *hub);

/* How many listen to a channel. */
unsigned int ohtd_hub_listeners(struct ohtd_hub *hub, int channel);

/**
 * ohtd_hub_begin() - is there something to publish?
 * @hub: locked when it is so, until ohtd_hub_end()
 * @version: of the newest state
 * @now_ms: see struct ohtd_moment
 *
 * Another loop may have been faster: each version is published once.
 */
bool ohtd_hub_begin(struct ohtd_hub *hub, uint64_t version, uint64_t now_ms);

/* Between begin and end: has the channel a use for its state? */
bool ohtd_hub_wants(const struct ohtd_hub *hub, int channel);
/* Between begin and end: the state of one channel. */
void ohtd_hub_publish(struct ohtd_hub *hub, int channel, const struct ohtd_channel_state *state,
		      const struct ohtd_moment *moment);
void ohtd_hub_end(struct ohtd_hub *hub, const struct ohtd_moment *moment);

/* Subscribes from now on. */
void ohtd_hub_subscribe(struct ohtd_subscription *subscription, uint32_t pause_ms);

/* Subscribes from behind a message on that the subscriber has got in @epoch. */
void ohtd_hub_resume(struct ohtd_hub *hub, int channel, struct ohtd_subscription *subscription,
		     uint32_t pause_ms, uint64_t epoch, uint64_t seq);

/**
 * ohtd_hub_next() - the next message for a subscriber
 * @subscription: moved on
 * @now_ms: see struct ohtd_moment
 *
 * Return: a reference, or NULL: nothing is to be told now.
 */
struct ohtd_message *ohtd_hub_next(struct ohtd_hub *hub, int channel,
				   struct ohtd_subscription *subscription, uint64_t now_ms);

/* Since when an event waits for this subscriber (now_ms of its publication); 0: none does. */
uint64_t ohtd_hub_event_waits_ms(struct ohtd_hub *hub, int channel,
				 const struct ohtd_subscription *subscription);

#endif /* OHTD_LIVE_HUB_H */
