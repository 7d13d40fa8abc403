// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/hub_private.h"

#define HEAD_BYTES	320

struct ohtd_hub *ohtd_hub_create(const struct ohtd_channel_kind *kinds, size_t count, uint64_t epoch)
{
	struct ohtd_hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return NULL;
	pthread_mutex_init(&hub->lock, NULL);
	hub->kinds = kinds;
	hub->count = count;
	hub->epoch = epoch;
	return hub;
}

void ohtd_hub_destroy(struct ohtd_hub *hub)
{
	if (!hub)
		return;
	for (size_t i = 0; i < hub->count; i++) {
		struct channel *channel = &hub->channels[i];

		for (size_t j = 0; j < OHTD_CHANNEL_RING; j++)
			ohtd_message_drop(channel->ring[j].message);
		ohtd_message_drop(channel->snapshot);
		ohtd_message_drop(channel->conflated);
		free(channel->text);
		free(channel->key);
	}
	pthread_mutex_destroy(&hub->lock);
	free(hub);
}

uint64_t ohtd_hub_epoch(const struct ohtd_hub *hub)
{
	return hub->epoch;
}

static struct told *told_at(struct channel *channel, uint64_t seq)
{
	return &channel->ring[seq % OHTD_CHANNEL_RING];
}

static void forget(struct told *told)
{
	ohtd_message_drop(told->message);
	*told = (struct told){ 0 };
}

/* Who comes later must not be told what was. */
static void forget_all(struct channel *channel)
{
	for (size_t i = 0; i < OHTD_CHANNEL_RING; i++)
		forget(&channel->ring[i]);
	channel->seq = 0;
}

void ohtd_hub_listen(struct ohtd_hub *hub, int index, bool begins)
{
	pthread_mutex_lock(&hub->lock);
	hub->listeners += begins ? 1 : -1u;
	hub->channels[index].listeners += begins ? 1 : -1u;
	if (hub->kinds[index].whole && !hub->channels[index].listeners)
		forget_all(&hub->channels[index]);
	pthread_mutex_unlock(&hub->lock);
}

unsigned int ohtd_hub_listeners(struct ohtd_hub *hub, int index)
{
	unsigned int listeners;

	pthread_mutex_lock(&hub->lock);
	listeners = hub->channels[index].listeners;
	pthread_mutex_unlock(&hub->lock);
	return listeners;
}

/* ---- messages ---- */

static struct ohtd_message *make(const struct ohtd_hub *hub, int index, const char *type,
				 const char *more, uint64_t seq, uint64_t wanted)
{
	const struct channel *channel = &hub->channels[index];
	struct ohtd_message_piece pieces[2 * OHTD_MEMBERS_MAX + 2];
	struct ohtd_message *message;
	char head[HEAD_BYTES];
	size_t count = 1;

	pieces[0].bytes = (size_t)snprintf(
		head, sizeof(head), "{\"type\":\"%s\",\"channel\":\"%s\",\"seq\":%llu,\"ts\":%s,%s\"data\":{",
		type, hub->kinds[index].name, (unsigned long long)seq, channel->ts, more);
	pieces[0].text = head;
	for (size_t i = 0; i < channel->members.count; i++) {
		if (!(wanted & (1ull << i)))
			continue;
		if (count > 1)
			pieces[count++] = (struct ohtd_message_piece){ ",", 1 };
		pieces[count++] = (struct ohtd_message_piece){ channel->text + channel->members.at[i],
						       channel->members.bytes[i] };
	}
	pieces[count++] = (struct ohtd_message_piece){ "}}", 2 };
	message = ohtd_message_of(pieces, count);
	if (message)
		message->seq = seq;
	return message;
}

static struct ohtd_message *make_whole(const struct channel *channel)
{
	const struct ohtd_message_piece piece = { channel->text, channel->text_bytes };
	struct ohtd_message *message = ohtd_message_of(&piece, 1);

	if (message)
		message->seq = channel->seq;
	return message;
}

static struct ohtd_message *make_resync(const struct ohtd_hub *hub, int index)
{
	char text[HEAD_BYTES];
	struct ohtd_message_piece piece = { text, 0 };

	piece.bytes = (size_t)snprintf(text, sizeof(text), "{\"type\":\"resync\",\"channel\":\"%s\"}",
				       hub->kinds[index].name);
	return ohtd_message_of(&piece, 1);
}

/* Is everything behind @seq still in the ring? */
static bool reaches(const struct channel *channel, uint64_t seq)
{
	return seq <= channel->seq && channel->seq - seq <= OHTD_CHANNEL_RING;
}

/* ---- publishing ---- */

bool ohtd_hub_begin(struct ohtd_hub *hub, uint64_t version, uint64_t now_ms)
{
	pthread_mutex_lock(&hub->lock);
	if (version > hub->version || (hub->listeners && now_ms - hub->at_ms >= OHTD_QUIET_MS))
		return true;
	pthread_mutex_unlock(&hub->lock);
	return false;
}

void ohtd_hub_end(struct ohtd_hub *hub, const struct ohtd_moment *moment)
{
	hub->version = moment->version;
	hub->at_ms = moment->now_ms;
	pthread_mutex_unlock(&hub->lock);
}

static char *copy(const char *text, size_t bytes)
{
	char *made = malloc(bytes);

	if (made)
		memcpy(made, text, bytes);
	return made;
}

static bool is_news(const struct channel *channel,
		    const struct ohtd_channel_state *state)
{

	return !channel->seq || channel->key_bytes != state->key_bytes ||
	       memcmp(channel->key, state->key, state->key_bytes);
}

/* The state becomes the newest one. False: no memory, and all is as it was. */
static bool take_state(struct channel *channel, const struct ohtd_channel_state *state,
		       const struct ohtd_channel_kind *kind, uint64_t *changed)
{
	char *text = copy(state->text, state->bytes), *key = copy(state->key, state->key_bytes);
	struct ohtd_members members = { .count = 0 }, keys = { .count = 0 };

	if (!text || !key || (!kind->whole && !ohtd_members_split(&members, text, state->bytes)) ||
	    (kind->terse && !ohtd_members_split(&keys, key, state->key_bytes))) {
		free(text);
		free(key);
		return false;
	}
	*changed = kind->terse ? ohtd_members_changed(&channel->keys, &keys) :
				 ohtd_members_changed(&channel->members, &members);
	free(channel->text);
	free(channel->key);
	channel->text = text;
	channel->text_bytes = state->bytes;
	channel->key = key;
	channel->key_bytes = state->key_bytes;
	channel->members = members;
	channel->keys = keys;
	return true;
}

bool ohtd_hub_wants(const struct ohtd_hub *hub, int index)
{
	return !hub->kinds[index].whole || hub->channels[index].listeners;
}

void ohtd_hub_publish(struct ohtd_hub *hub, int index, const struct ohtd_channel_state *state,
		      const struct ohtd_moment *moment)
{
	const struct ohtd_channel_kind *kind = &hub->kinds[index];
	struct channel *channel = &hub->channels[index];
	bool news = is_news(channel, state), event = news && kind->events;
	struct told *told;
	uint64_t changed;

	if (!ohtd_hub_wants(hub, index))
		return;
	if (!news && !(hub->listeners && moment->now_ms - channel->at_ms >= OHTD_QUIET_MS))
		return;
	if (!take_state(channel, state, kind, &changed))
		return;
	snprintf(channel->ts, sizeof(channel->ts), "%s", moment->ts);
	channel->at_ms = moment->now_ms;
	channel->seq++;
	ohtd_message_drop(channel->snapshot);
	ohtd_message_drop(channel->conflated);
	channel->snapshot = channel->conflated = NULL;
	/* Of a state nobody gets another message than the newest. */
	if (kind->whole && !kind->events)
		forget(told_at(channel, channel->seq - 1));
	told = told_at(channel, channel->seq);
	ohtd_message_drop(told->message);
	*told = (struct told){
		.message = kind->whole ? make_whole(channel) :
			   make(hub, index, event ? "event" : "update", "", channel->seq, changed),
		.changed = changed, .event = event, .at_ms = moment->now_ms,
	};
	if (!told->message)
		return;
	told->message->wall_ns = moment->wall_ns;
	told->message->event = event && kind->prompt;
}

/* ---- subscribers ---- */

void ohtd_hub_subscribe(struct ohtd_subscription *subscription, uint32_t pause_ms)
{
	*subscription = (struct ohtd_subscription){ .step = OHTD_SNAPSHOT_DUE, .pause_ms = pause_ms };
}

void ohtd_hub_resume(struct ohtd_hub *hub, int index, struct ohtd_subscription *subscription,
		     uint32_t pause_ms, uint64_t epoch, uint64_t seq)
{
	ohtd_hub_subscribe(subscription, pause_ms);
	pthread_mutex_lock(&hub->lock);
	if (epoch == hub->epoch && seq && reaches(&hub->channels[index], seq)) {
		subscription->step = OHTD_RECOVERED_DUE;
		subscription->seq = seq;
	} else {
		subscription->step = OHTD_RESYNC_DUE;
	}
	pthread_mutex_unlock(&hub->lock);
}

/* Everything that has changed behind @seq; all of the state, when that is not known any more. */
static uint64_t changed_since(struct channel *channel, uint64_t seq)
{
	uint64_t changed = 0;

	if (!reaches(channel, seq))
		return UINT64_MAX;
	while (++seq <= channel->seq)
		changed |= told_at(channel, seq)->changed;
	return changed;
}

/* Those who are late together share the message. */
static struct ohtd_message *conflate(struct ohtd_hub *hub, int index, uint64_t seq)
{
	struct channel *channel = &hub->channels[index];
	char more[48];

	if (channel->conflated && channel->conflated_from == seq)
		return channel->conflated;
	ohtd_message_drop(channel->conflated);
	snprintf(more, sizeof(more), "\"conflated\":%llu,",
		 (unsigned long long)(channel->seq - seq - 1));
	channel->conflated = make(hub, index, "update", more, channel->seq,
				  changed_since(channel, seq));
	channel->conflated_from = seq;
	return channel->conflated;
}

/* What comes behind @subscription->seq, without a reference; NULL: out of memory. */
static struct ohtd_message *follow(struct ohtd_hub *hub, int index,
				   const struct ohtd_subscription *subscription)
{
	struct channel *channel = &hub->channels[index];

	if (hub->kinds[index].whole && !hub->kinds[index].events)
		return told_at(channel, channel->seq)->message;
	if (hub->kinds[index].events || subscription->seq + 1 == channel->seq)
		return told_at(channel, subscription->seq + 1)->message;
	return conflate(hub, index, subscription->seq);
}

/*
 * A message for this subscriber alone: what it wants of all that has changed. When that is nothing,
 * it hears so now and then.
 */
static struct ohtd_message *next_wanted(struct ohtd_hub *hub, int index,
					struct ohtd_subscription *subscription, uint64_t now_ms)
{
	struct channel *channel = &hub->channels[index];
	uint64_t changed = changed_since(channel, subscription->seq) & subscription->wanted;
	uint64_t left_out = channel->seq - subscription->seq - 1;
	struct ohtd_message *message;
	char more[48] = "";

	if (!changed && now_ms - subscription->told_ms < OHTD_QUIET_MS)
		return NULL;
	if (left_out)
		snprintf(more, sizeof(more), "\"conflated\":%llu,", (unsigned long long)left_out);
	message = make(hub, index, "update", more, channel->seq, changed);
	if (message) {
		subscription->seq = message->seq;
		subscription->told_ms = now_ms;
	}
	return message;
}

static struct ohtd_message *next_change(struct ohtd_hub *hub, int index,
					struct ohtd_subscription *subscription, uint64_t now_ms)
{
	struct channel *channel = &hub->channels[index];
	struct ohtd_message *message;

	if (subscription->seq >= channel->seq)
		return NULL;
	if (hub->kinds[index].events && !reaches(channel, subscription->seq)) {
		subscription->step = OHTD_SNAPSHOT_DUE;
		return make_resync(hub, index);
	}
	if (!hub->kinds[index].events && now_ms - subscription->told_ms < subscription->pause_ms)
		return NULL;
	if (subscription->wanted)
		return next_wanted(hub, index, subscription, now_ms);
	message = ohtd_message_hold(follow(hub, index, subscription));
	if (message) {
		subscription->seq = message->seq;
		subscription->told_ms = now_ms;
	}
	return message;
}

static struct ohtd_message *next_whole(struct channel *channel,
				       struct ohtd_subscription *subscription, uint64_t now_ms)
{
	struct ohtd_message *message = channel->seq ? told_at(channel, channel->seq)->message : NULL;

	if (!message)
		return NULL;
	subscription->step = OHTD_FOLLOWING;
	subscription->seq = channel->seq;
	subscription->told_ms = now_ms;
	return ohtd_message_hold(message);
}

static struct ohtd_message *next_snapshot(struct ohtd_hub *hub, int index,
					  struct ohtd_subscription *subscription, uint64_t now_ms)
{
	struct channel *channel = &hub->channels[index];
	uint64_t wanted = subscription->wanted ? subscription->wanted : UINT64_MAX;
	struct ohtd_message *message = channel->snapshot;

	if (!channel->seq)
		return NULL;
	if (!message || subscription->wanted)
		message = make(hub, index, "snapshot", "\"recovered\":false,", channel->seq, wanted);
	if (!message)
		return NULL;
	subscription->step = OHTD_FOLLOWING;
	subscription->seq = channel->seq;
	subscription->told_ms = now_ms;
	if (subscription->wanted)
		return message;
	channel->snapshot = message;
	return ohtd_message_hold(message);
}

static struct ohtd_message *next(struct ohtd_hub *hub, int index,
				 struct ohtd_subscription *subscription, uint64_t now_ms)
{
	switch (subscription->step) {
	case OHTD_RESYNC_DUE:
		subscription->step = OHTD_SNAPSHOT_DUE;
		return make_resync(hub, index);
	case OHTD_SNAPSHOT_DUE:
		return hub->kinds[index].whole ?
			       next_whole(&hub->channels[index], subscription, now_ms) :
			       next_snapshot(hub, index, subscription, now_ms);
	case OHTD_RECOVERED_DUE:
		subscription->step = OHTD_FOLLOWING;
		subscription->from_ms = now_ms;
		return make(hub, index, "snapshot", "\"recovered\":true,", subscription->seq, 0);
	case OHTD_FOLLOWING:
		return next_change(hub, index, subscription, now_ms);
	default:
		return NULL;
	}
}

struct ohtd_message *ohtd_hub_next(struct ohtd_hub *hub, int index,
				   struct ohtd_subscription *subscription, uint64_t now_ms)
{
	struct ohtd_message *message;

	pthread_mutex_lock(&hub->lock);
	message = next(hub, index, subscription, now_ms);
	pthread_mutex_unlock(&hub->lock);
	return message;
}

uint64_t ohtd_hub_event_waits_ms(struct ohtd_hub *hub, int index,
				 const struct ohtd_subscription *subscription)
{
	struct channel *channel = &hub->channels[index];
	uint64_t at_ms = 0;

	if (!hub->kinds[index].events || subscription->step != OHTD_FOLLOWING)
		return 0;
	pthread_mutex_lock(&hub->lock);
	for (uint64_t seq = subscription->seq + 1;
	     !at_ms && seq <= channel->seq && reaches(channel, seq - 1); seq++)
		if (told_at(channel, seq)->event)
			at_ms = told_at(channel, seq)->at_ms;
	pthread_mutex_unlock(&hub->lock);
	/* What happened while it was away could not be taken before it came back. */
	return at_ms && at_ms < subscription->from_ms ? subscription->from_ms : at_ms;
}
