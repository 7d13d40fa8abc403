/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     streams of server-sent events: channels of live data as the body of an answer.
 * Contexts: the loop of the connection.
 * Locks:    none of its own; see live/hub.h.
 *
 * What a WebSocket tells, for programs that have only HTTP. A client that does not read holds one message.
 */
#ifndef OHTD_LIVE_STREAM_H
#define OHTD_LIVE_STREAM_H

#include <stdint.h>

#include "common/set.h"

struct ohtd_call;
struct ohtd_loop;

/**
 * struct ohtd_stream_wish - what a client wants to be told
 * @channels: of enum ohtd_channel; at least one
 * @signals: of telemetry, see struct ohtd_subscription; empty: all
 * @pause_ms: see struct ohtd_subscription
 * @last_id: of the newest event that the client has got, as the stream has told it; NULL: none
 */
struct ohtd_stream_wish {
	struct oht_set channels;
	struct oht_set signals;
	uint32_t pause_ms;
	const char *last_id;
};

/* Answers with the messages of the channels, until somebody ends it. */
void ohtd_stream_open(struct ohtd_call *call, const struct ohtd_stream_wish *wish);

/* As those of socket.h. */
void ohtd_streams_turn(struct ohtd_loop *loop);
void ohtd_streams_tick(struct ohtd_loop *loop);
void ohtd_streams_drain(struct ohtd_loop *loop);

#endif /* OHTD_LIVE_STREAM_H */
