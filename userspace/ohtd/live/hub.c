// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
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

static void drop_messages(struct told *told)
{
	ohtd_message_drop(told->message);
	ohtd_message_drop(told->quiet);
	told->message = told->quiet = NULL;
}

/* The channel begins anew: no later subscriber gets a message from before. */
static void forget_all(struct channel *channel)
{
	for (size_t i = 0; i < OHTD_CHANNEL_RING; i++) {
		drop_messages(&channel->ring[i]);
		channel->ring[i] = (struct told){ 0 };
	}
	channel->seq = channel->changes = 0;
}

void ohtd_hub_destroy(struct ohtd_hub *hub)
{
	if (!hub)
		return;
	for (size_t i = 0; i < hub->count; i++) {
		struct channel *channel = &hub->channels[i];

		forget_all(channel);
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

void ohtd_hub_listen(struct ohtd_hub *hub, int index, bool begins)
{
	pthread_mutex_lock(&hub->lock);
	hub->listeners += begins ? 1 : -1u;
	hub->channels[index].listeners += begins ? 1 : -1u;
	if (hub->kinds[index].whole && !hub->channels[index].listeners)
		forget_all(&hub->channels[index]);
	pthread_mutex_unlock(&hub->lock);
}

struct ohtd_hub_news ohtd_hub_news(struct ohtd_hub *hub)
{
	struct ohtd_hub_news news;

	pthread_mutex_lock(&hub->lock);
	news = hub->news;
	pthread_mutex_unlock(&hub->lock);
	return news;
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
				 const char *more, uint64_t seq, const struct oht_set *wanted)
{
	const struct channel *channel = &hub->channels[index];
	struct ohtd_message_piece pieces[2 * OHTD_MEMBERS_MAX + 2];
	struct ohtd_message *message;
	char head[HEAD_BYTES];
	size_t count = 1;

	pieces[0].bytes = (size_t)snprintf(
		head, sizeof(head), "{\"type\":\"%s\",\"channel\":\"%s\",\"seq\":%llu,\"ts\":%s,%s" OHTD_DATA_MARK,
		type, hub->kinds[index].name, (unsigned long long)seq, channel->ts, more);
	pieces[0].text = head;
	for (unsigned int i = 0; i < channel->members.count; i++) {
		if (!oht_set_has(wanted, i))
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

/* ---- what has been told ---- */

static struct told *told_at(struct channel *channel, uint64_t change)
{
	return &channel->ring[ohtd_told_place(change)];
}

/* Is everything behind @seq still in the ring? */
static bool reaches(struct channel *channel, uint64_t seq)
{
	return channel->changes && seq <= channel->seq &&
	       seq + 1 >= told_at(channel, ohtd_told_oldest(channel))->seq;
}

/* The number of the change whose message, or quiet message, follows @seq. For a @seq that the ring reaches. */
static uint64_t change_behind(struct channel *channel, uint64_t seq)
{
	uint64_t change = channel->changes;

	while (change > ohtd_told_oldest(channel) && told_at(channel, change)->seq > seq + 1)
		change--;
	return change;
}

static struct ohtd_message *newest_message(struct channel *channel)
{
	struct told *told = told_at(channel, channel->changes);

	return told->last > told->seq ? told->quiet : told->message;
}

/* ---- publishing ---- */

bool ohtd_hub_begin(struct ohtd_hub *hub, uint64_t version, uint64_t now_ms)
{
	pthread_mutex_lock(&hub->lock);
	if (version > hub->version || ohtd_since(now_ms, hub->at_ms) >= OHTD_QUIET_MS)
		return true;
	pthread_mutex_unlock(&hub->lock);
	return false;
}

void ohtd_hub_end(struct ohtd_hub *hub, const struct ohtd_moment *moment)
{
	hub->version = moment->version;
	hub->at_ms = moment->now_ms;
	hub->news.states++;
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
		       const struct ohtd_channel_kind *kind, struct oht_set *changed)
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

/* A change gets a place of its own. Quiet messages share that of the change before them. */
static struct told *place_for(struct channel *channel, const struct ohtd_channel_kind *kind, bool news,
			      const struct oht_set *changed)
{
	struct told *told = told_at(channel, channel->changes);

	channel->seq++;
	if (news) {
		/* A state channel only sends its newest message. */
		if (!kind->events)
			drop_messages(told);
		told = told_at(channel, ++channel->changes);
		drop_messages(told);
		*told = (struct told){ .seq = channel->seq, .changed = *changed, .at_ms = channel->at_ms };
	} else {
		oht_set_join(&told->quiet_changed, changed);
	}
	told->last = channel->seq;
	return told;
}

void ohtd_hub_publish(struct ohtd_hub *hub, int index, const struct ohtd_channel_state *state,
		      const struct ohtd_moment *moment)
{
	const struct ohtd_channel_kind *kind = &hub->kinds[index];
	struct channel *channel = &hub->channels[index];
	bool news = is_news(channel, state), event = news && kind->events;
	struct ohtd_message **place, *message;
	struct told *told;
	struct oht_set changed;

	if (!ohtd_hub_wants(hub, index))
		return;
	if (!news && !(hub->listeners && ohtd_since(moment->now_ms, channel->at_ms) >= OHTD_QUIET_MS))
		return;
	if (!take_state(channel, state, kind, &changed))
		return;
	snprintf(channel->ts, sizeof(channel->ts), "%s", moment->ts);
	channel->at_ms = moment->now_ms;
	ohtd_message_drop(channel->snapshot);
	ohtd_message_drop(channel->conflated);
	channel->snapshot = channel->conflated = NULL;
	told = place_for(channel, kind, news, &changed);
	message = kind->whole ? make_whole(channel) :
		  make(hub, index, event ? "event" : "update", "", channel->seq,
		       news ? &changed : &told->quiet_changed);
	place = news ? &told->message : &told->quiet;
	ohtd_message_drop(*place);
	*place = message;
	if (!message)
		return;
	message->wall_ns = moment->wall_ns;
	message->event = event && kind->prompt;
	hub->news.events += message->event;
	message->seen_ns = moment->seen_ns;
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
static struct oht_set changed_since(struct channel *channel, uint64_t seq)
{
	struct oht_set changed = { 0 };

	if (!reaches(channel, seq))
		return oht_set_below(OHTD_MEMBERS_MAX);
	for (uint64_t change = change_behind(channel, seq); change <= channel->changes; change++) {
		const struct told *told = told_at(channel, change);

		oht_set_join(&changed, &told->quiet_changed);
		if (told->seq > seq)
			oht_set_join(&changed, &told->changed);
	}
	return changed;
}

#define LEFT_OUT_BYTES	48

/* The member that says how many messages were left out; "": none. */
static void say_left_out(char more[LEFT_OUT_BYTES], uint64_t left_out)
{
	*more = '\0';
	if (left_out)
		snprintf(more, LEFT_OUT_BYTES, "\"conflated\":%llu,", (unsigned long long)left_out);
}

/* Those who are late together share the message. Without a reference. */
static struct ohtd_message *conflate(struct ohtd_hub *hub, int index, uint64_t seq)
{
	struct channel *channel = &hub->channels[index];
	struct oht_set changed;
	char more[LEFT_OUT_BYTES];

	if (channel->conflated && channel->conflated_from == seq)
		return channel->conflated;
	ohtd_message_drop(channel->conflated);
	say_left_out(more, channel->seq - seq - 1);
	changed = changed_since(channel, seq);
	channel->conflated = make(hub, index, "update", more, channel->seq, &changed);
	channel->conflated_from = seq;
	return channel->conflated;
}

/* A quiet message for a subscriber that did not get the @left_out quiet ones before it. It has their members too. */
static struct ohtd_message *join_quiet(const struct ohtd_message *quiet, uint64_t left_out)
{
	const char *data = memmem(quiet->text, quiet->text_bytes, OHTD_DATA_MARK, strlen(OHTD_DATA_MARK));
	size_t head = data ? (size_t)(data - quiet->text) : 0;
	struct ohtd_message_piece pieces[3];
	struct ohtd_message *message;
	char more[LEFT_OUT_BYTES];

	if (!data)
		return NULL;
	say_left_out(more, left_out);
	pieces[0] = (struct ohtd_message_piece){ quiet->text, head };
	pieces[1] = (struct ohtd_message_piece){ more, strlen(more) };
	pieces[2] = (struct ohtd_message_piece){ data, quiet->text_bytes - head };
	message = ohtd_message_of(pieces, 3);
	if (message)
		message->seq = quiet->seq;
	return message;
}

/* Each event is told. Of quiet messages in a row only the newest is left. */
static struct ohtd_message *follow_events(struct channel *channel, uint64_t seq, bool whole)
{
	const struct told *told = told_at(channel, change_behind(channel, seq));

	if (told->seq > seq)
		return ohtd_message_hold(told->message);
	if (whole || !told->quiet || told->last == seq + 1)
		return ohtd_message_hold(told->quiet);
	return join_quiet(told->quiet, told->last - seq - 1);
}

/* What comes behind @seq; NULL: out of memory. */
static struct ohtd_message *follow(struct ohtd_hub *hub, int index, uint64_t seq)
{
	struct channel *channel = &hub->channels[index];
	const struct ohtd_channel_kind *kind = &hub->kinds[index];
	struct ohtd_message *message = newest_message(channel);

	if (kind->events)
		return follow_events(channel, seq, kind->whole);
	if (!kind->whole && (!message || seq + 1 < channel->seq))
		message = conflate(hub, index, seq);
	return ohtd_message_hold(message);
}

/*
 * A message for this subscriber alone: what it wants of all that has changed. When that is nothing,
 * it hears so now and then.
 */
static struct ohtd_message *next_wanted(struct ohtd_hub *hub, int index,
					struct ohtd_subscription *subscription, uint64_t now_ms)
{
	struct channel *channel = &hub->channels[index];
	struct oht_set changed = changed_since(channel, subscription->seq);
	struct ohtd_message *message;
	char more[LEFT_OUT_BYTES];

	changed = oht_set_common(&changed, &subscription->wanted);
	if (oht_set_is_empty(&changed) && ohtd_since(now_ms, subscription->told_ms) < OHTD_QUIET_MS)
		return NULL;
	say_left_out(more, channel->seq - subscription->seq - 1);
	message = make(hub, index, "update", more, channel->seq, &changed);
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
	if (!hub->kinds[index].events && ohtd_since(now_ms, subscription->told_ms) < subscription->pause_ms)
		return NULL;
	if (!oht_set_is_empty(&subscription->wanted))
		return next_wanted(hub, index, subscription, now_ms);
	message = follow(hub, index, subscription->seq);
	if (message) {
		subscription->seq = message->seq;
		subscription->told_ms = now_ms;
	}
	return message;
}

static struct ohtd_message *next_whole(struct channel *channel,
				       struct ohtd_subscription *subscription, uint64_t now_ms)
{
	struct ohtd_message *message = newest_message(channel);

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
	const bool filtered = !oht_set_is_empty(&subscription->wanted);
	const struct oht_set wanted = filtered ? subscription->wanted : oht_set_below(OHTD_MEMBERS_MAX);
	struct ohtd_message *message = channel->snapshot;

	if (!channel->seq)
		return NULL;
	if (!message || filtered)
		message = make(hub, index, "snapshot", "\"recovered\":false,", channel->seq, &wanted);
	if (!message)
		return NULL;
	subscription->step = OHTD_FOLLOWING;
	subscription->seq = channel->seq;
	subscription->told_ms = now_ms;
	if (filtered)
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
		return make(hub, index, "snapshot", "\"recovered\":true,", subscription->seq, &(struct oht_set){ 0 });
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

/* When the first event behind @seq was told; 0: there is none. */
static uint64_t event_behind_ms(struct channel *channel, uint64_t seq)
{
	for (uint64_t change = change_behind(channel, seq); change <= channel->changes; change++)
		if (told_at(channel, change)->seq > seq)
			return told_at(channel, change)->at_ms;
	return 0;
}

uint64_t ohtd_hub_event_waits_ms(struct ohtd_hub *hub, int index,
				 const struct ohtd_subscription *subscription)
{
	struct channel *channel = &hub->channels[index];
	uint64_t at_ms = 0;

	if (!hub->kinds[index].events || subscription->step != OHTD_FOLLOWING)
		return 0;
	pthread_mutex_lock(&hub->lock);
	if (reaches(channel, subscription->seq))
		at_ms = event_behind_ms(channel, subscription->seq);
	pthread_mutex_unlock(&hub->lock);
	/* What happened while it was away could not be taken before it came back. */
	return at_ms && at_ms < subscription->from_ms ? subscription->from_ms : at_ms;
}
