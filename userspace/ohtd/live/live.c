// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "live/download.h"
#include "live/handover.h"
#include "live/socket.h"
#include "live/stream.h"

/* Shorter than a cycle of the control thread: none is left out. */
#define OFTEN_MS	20

unsigned int ohtd_live_count(const struct ohtd_server *server)
{
	return atomic_load(&server->live->count);
}

unsigned int ohtd_download_count(const struct ohtd_server *server)
{
	struct ohtd_live *live = server->live;
	unsigned int count = 0;

	pthread_mutex_lock(&live->downloads_lock);
	for (int i = 0; i < OHTD_DOWNLOADS_MAX; i++)
		count += live->download_of[i] != 0;
	pthread_mutex_unlock(&live->downloads_lock);
	return count;
}

/* ---- of the server ---- */

/* Now, as the filter of system calls does not let the file be made later. */
static void prepare_handover(struct ohtd_server *server)
{
	struct ohtd_live *live = server->live;

	live->handover_fd = -1;
	if (server->supervisor != OHTD_SUPERVISOR_KEEPS)
		return;
	live->handover_fd = ohtd_handover_make();
	if (live->handover_fd >= 0)
		return;
	ohtd_log(OHTD_LOG_WARNING, "http", "live_not_given",
		 "live data begins anew with the next start: %s", strerror(-live->handover_fd));
	/* It starts us again all the same. */
	server->supervisor = OHTD_SUPERVISOR_RESTARTS;
}

static void drop(struct ohtd_live *live)
{
	ohtd_message_drop(live->topics);
	ohtd_hub_destroy(live->hub);
	pthread_mutex_destroy(&live->downloads_lock);
	free(live);
}

static int open_live(struct ohtd_server *server)
{
	struct ohtd_live *live = calloc(1, sizeof(*live));

	if (!live)
		return -1;
	server->live = live;
	pthread_mutex_init(&live->downloads_lock, NULL);
	prepare_handover(server);
	live->hub = ohtd_channels_make(&server->kept, server->asyncapi.etag);
	live->topics = ohtd_foxglove_advertise();
	if (live->hub && live->topics)
		return 0;
	drop(live);
	return -1;
}

/* Ends all live data. */
static void close_live(struct ohtd_server *server, bool idle)
{
	struct ohtd_live *live = server->live;

	if (live->handover_fd >= 0) {
		ohtd_channels_hand_over(live->hub, server->asyncapi.etag, live->handover_fd);
		close(live->handover_fd);
	}
	if (idle)
		drop(live);
}

/* ---- of a loop ---- */

static int make(struct ohtd_loop *loop)
{
	loop->live = calloc(1, sizeof(*loop->live));
	return loop->live ? 0 : -1;
}

/* What the robot has published goes out to those who have subscribed to it. */
static void turn(struct ohtd_loop *loop)
{
	struct ohtd_live_loop *live = loop->live;

	ohtd_channels_publish(loop);
	ohtd_sockets_turn(loop);
	ohtd_streams_turn(loop);
	if (!h2o_timeout_is_linked(&live->often) && ohtd_channels_often(loop->server->live->hub))
		h2o_timeout_link(loop->ctx.loop, &live->pause, &live->often);
}

/* The tick is too slow for signals. */
static void on_often(h2o_timeout_entry_t *entry)
{
	struct ohtd_live_loop *live = H2O_STRUCT_FROM_MEMBER(struct ohtd_live_loop, often, entry);

	live->left = live->socket_count;
	turn(live->loop);
}

static void begin(struct ohtd_loop *loop)
{
	struct ohtd_live_loop *live = loop->live;

	live->loop = loop;
	h2o_linklist_init_anchor(&live->sockets);
	h2o_linklist_init_anchor(&live->streams);
	h2o_linklist_init_anchor(&live->downloads);
	h2o_timeout_init(loop->ctx.loop, &live->pause, OFTEN_MS);
	live->often.cb = on_often;
}

static void end(struct ohtd_loop *loop)
{
	h2o_timeout_unlink(&loop->live->often);
	h2o_timeout_dispose(loop->ctx.loop, &loop->live->pause);
}

static void tick(struct ohtd_loop *loop)
{
	ohtd_sockets_tick(loop);
	ohtd_streams_tick(loop);
	ohtd_downloads_tick(loop);
}

static void drain(struct ohtd_loop *loop)
{
	ohtd_sockets_drain(loop);
	ohtd_streams_drain(loop);
	ohtd_downloads_drain(loop);
}

const struct ohtd_guest ohtd_live_guest = {
	.open = open_live,
	.close = close_live,
	.make = make,
	.begin = begin,
	.end = end,
	.turn = turn,
	.tick = tick,
	.drain = drain,
};
