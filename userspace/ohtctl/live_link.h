/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of live data that is dialled again when it is lost, and goes on where it was.
 *
 * Owns:     the stream, the id of its newest event, when it is dialled next.
 * Contexts: the program's one thread; waits no longer than it is told.
 * Locks:    none.
 */
#ifndef OHTCTL_LIVE_LINK_H
#define OHTCTL_LIVE_LINK_H

#include <stdbool.h>

#include <json-c/json.h>

#include "common/sse.h"

/* Silence after which there is no connection, whatever TCP says: two messages a second come. */
#define LIVE_SILENT_MS	1500
#define LIVE_WHY_BYTES	512

struct cli;
struct http_stream;

/* One message of the daemon, with nothing in it that acts on a terminal. */
typedef void (*live_message_fn)(void *arg, struct json_object *message);

/**
 * struct live_link - a stream
 * @cli: whom it is to
 * @path: of the stream, below /api/v1/
 * @tell: gets each message
 * @arg: for @tell
 * @stream: NULL: none now
 * @sse: what has come of the next event
 * @id: of the newest event; "": none yet
 * @dialled_ms: when @stream was opened, as show_now_ms()
 * @heard_ms: when the newest message came; 0: none has
 * @next_ms: when it is dialled next
 * @pause_ms: how long the next pause is
 * @renewed: the access token is a new one, and nothing has come since
 * @exit_code: it is over: the daemon, or who runs this, must do something first
 * @why: why there is no stream, one line
 */
struct live_link {
	struct cli *cli;
	const char *path;
	live_message_fn tell;
	void *arg;
	struct http_stream *stream;
	struct oht_sse sse;
	char id[OHT_SSE_ID_BYTES];
	double dialled_ms, heard_ms, next_ms;
	int pause_ms;
	bool renewed;
	int exit_code;
	char why[LIVE_WHY_BYTES];
};

/**
 * live_link_turn() - wait for messages, dial if it is time
 * @link: cli, path, tell and arg are set, all else is zero
 * @fd: wait for this to be readable as well; negative: no
 * @timeout_ms: no longer than this
 *
 * A daemon that cannot be had ends it only before the first message.
 *
 * Return: false: it is over, exit_code and why say so.
 */
bool live_link_turn(struct live_link *link, int fd, int timeout_ms);

/* Has something come of late? */
bool live_link_is_up(const struct live_link *link);

/* Hangs up. */
void live_link_close(struct live_link *link);

#endif /* OHTCTL_LIVE_LINK_H */
