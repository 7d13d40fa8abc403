/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the channels of live data, and their states made from the robot's snapshot.
 * Contexts: make: main thread. The rest: any loop.
 * Locks:    none of its own; see live/hub.h.
 */
#ifndef OHTD_LIVE_CHANNELS_H
#define OHTD_LIVE_CHANNELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/role.h"
#include "server/figures.h"
#include "json/member.h"
#include "live/hub.h"
#include "robot/event_ring.h"

struct ohtd_guest;
struct ohtd_kept;
struct ohtd_loop;
struct ohtd_server;
struct ohtd_view;

enum ohtd_channel {
	OHTD_CHANNEL_SAFETY,	/* first: written before the others */
	OHTD_CHANNEL_ROBOT,
	OHTD_CHANNEL_MODULES,
	OHTD_CHANNEL_COMMANDS,
	OHTD_CHANNEL_TELEMETRY,
	OHTD_CHANNEL_BUS,
	OHTD_CHANNEL_LOGS,
	OHTD_CHANNEL_SYSTEM,
	OHTD_CHANNEL_ALERTS,
	OHTD_CHANNEL_MISSIONS,
	OHTD_CHANNELS,
};

/* Topics are channels for viewers: each message is a whole state, without what is null. */
enum ohtd_topic_number {
	OHTD_TOPIC_SAFETY,	/* first, as above */
	OHTD_TOPIC_ROBOT,
	OHTD_TOPIC_MODULES,
	OHTD_TOPIC_COMMANDS,
	OHTD_TOPIC_BUS,
	OHTD_TOPIC_TELEMETRY,
	OHTD_TOPICS,
};

/* In the hub they stand behind the channels. */
#define OHTD_HUB_TOPIC(topic_)	(OHTD_CHANNELS + (topic_))

/**
 * struct ohtd_channel_row - a channel
 * @role: the least that may subscribe
 * @view: its state
 * @filters: a client may ask for some members of the state only
 */
struct ohtd_channel_row {
	enum ohtd_role role;
	const struct ohtd_view *view;
	bool filters;
};

/**
 * struct ohtd_topic - a topic
 * @view: what it says
 * @pause_ms: at least so long between two messages, unless they are events
 */
struct ohtd_topic {
	const struct ohtd_view *view;
	uint32_t pause_ms;
};

/* What channels and topics tell, for all servers of the process. */
struct ohtd_channel_table {
	struct ohtd_channel_row channels[OHTD_CHANNELS];
	struct ohtd_topic topics[OHTD_TOPICS];
};

/* Before anything else of this file, and before there are threads. */
void ohtd_channels_set(const struct ohtd_channel_table *of);

const struct ohtd_topic *ohtd_topic(unsigned int topic);

/* With a slash in front. */
const char *ohtd_topic_name(unsigned int topic);

/* Heading of the routes of live data; a key may be for it or not. */
#define OHTD_LIVE_TAG		"Live data"
#define OHTD_RATE_HZ_MAX	100	/* that a client may ask for */

extern const struct ohtd_words ohtd_channel_words;

/* As many as can end at once: the present command, and all that wait. */
#define OHTD_ENDED_MAX		(OHTD_QUEUE_MAX + 1)

/**
 * struct ohtd_ended - commands of motion that have ended since the daemon started; under the hub's lock
 * @reader: place in the ring of events
 * @count: of @commands
 * @commands: the newest first
 */
struct ohtd_ended {
	struct ohtd_event_reader reader;
	size_t count;
	struct ohtd_command_view commands[OHTD_ENDED_MAX];
};

/* Lines of the log in one message. */
#define OHTD_LOGGED_MAX		64

/**
 * struct ohtd_logged - which lines of the log the newest message tells; under the hub's lock
 * @from: behind this line
 * @to: up to this one
 */
struct ohtd_logged {
	uint64_t from, to;
};

/* Name of a channel; NULL: there is no such channel. */
const char *ohtd_channel_name(unsigned int channel);

/* The least that may subscribe. */
enum ohtd_role ohtd_channel_role(int channel);

/* A client may ask for some members of the state only. */
bool ohtd_channel_filters(int channel);

/* No message of it is ever left out. */
bool ohtd_channel_has_events(int channel);

/* Of its state. */
const struct ohtd_shape *ohtd_channel_shape(int channel);

/* Does any client want each sample of the signals? */
bool ohtd_channels_often(struct ohtd_hub *hub);

/*
 * A hub with all channels and topics: that of the life before, or one with an epoch of its own. NULL: out
 * of memory. @form: a digest of the description of all messages, version of the daemon included; another
 * form in the life before means that its messages do not go on.
 */
struct ohtd_hub *ohtd_channels_make(struct ohtd_kept *kept, const char *form);

/*
 * Hands the hub to the next life; no thread may use the hub any more. @form as above, @fd from
 * ohtd_handover_make().
 */
void ohtd_channels_hand_over(const struct ohtd_hub *hub, const char *form, int fd);

/* Publishes what the robot has published, unless another loop has done so. */
void ohtd_channels_publish(struct ohtd_loop *loop);

/* A message is written: how long an event of the stop took since the control cycle that saw it is counted. */
void ohtd_channels_written(struct ohtd_loop *loop, const struct ohtd_subscription *subscription,
			   const struct ohtd_message *message);

/* The figures so far. */
void ohtd_channels_told(const struct ohtd_server *server, struct ohtd_duration_figures *figures);

/* How long it took from each control cycle that was told to its messages; the way to a client is no part of it. */
void ohtd_live_published(const struct ohtd_server *server, struct ohtd_duration_figures *figures);

/* live.c: connections that stay. */
unsigned int ohtd_live_count(const struct ohtd_server *server);
/* download.c: exports under way. */
unsigned int ohtd_download_count(const struct ohtd_server *server);

/* live.c: live data in the loops of the server. */
extern const struct ohtd_guest ohtd_live_guest;

/* The time that hubs and subscriptions count in. */
uint64_t ohtd_channels_now_ms(const struct ohtd_loop *loop);

#endif /* OHTD_LIVE_CHANNELS_H */
