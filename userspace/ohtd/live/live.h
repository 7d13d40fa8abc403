/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     live data as a guest of the server: what it keeps for the whole server and for each loop.
 * Contexts: as struct ohtd_guest says. The count: any thread.
 * Locks:    that of the hub and that of the exports, where said.
 */
#ifndef OHTD_LIVE_LIVE_H
#define OHTD_LIVE_LIVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "live/channels.h"
#include "server/loop.h"

struct ohtd_message;

/* Exports under way at a time, of all loops. */
#define OHTD_DOWNLOADS_MAX	2

/**
 * struct ohtd_live - of a server
 * @hub: what the channels tell
 * @handover_fd: to the next life; negative: none
 * @ended: under the lock of @hub
 * @logged: likewise
 * @told_seen_ns: of the snapshot that was told last; likewise
 * @told_wall_ns: its time of day
 * @topics: what viewers are told first, see socket.h
 * @count: connections that stay: WebSockets and streams
 * @download_of: the account of each export under way; 0: none. Under @downloads_lock
 * @sockets_made: gives each WebSocket a number of its own
 * @strangers: WebSockets whose clients have not said who they are
 */
struct ohtd_live {
	struct ohtd_hub *hub;
	int handover_fd;
	struct ohtd_ended ended;
	struct ohtd_logged logged;
	uint64_t told_seen_ns;
	int64_t told_wall_ns;
	struct ohtd_message *topics;
	atomic_uint count;
	pthread_mutex_t downloads_lock;
	int64_t download_of[OHTD_DOWNLOADS_MAX];
	_Atomic uint64_t sockets_made;
	atomic_uint strangers;
};

/**
 * struct ohtd_live_loop - of a loop
 * @loop: the loop
 * @told: events of the stop to clients, see channels.h
 * @published: from a control cycle to its live data, likewise
 * @pause: how long @often waits
 * @often: only while somebody listens to the signals
 * @sockets: WebSockets, see socket_private.h
 * @socket_count: of @sockets
 * @news: of the hub, when @sockets were looked at last
 * @left: of @sockets, from the first on: not looked at since then
 * @streams: see stream.c
 * @downloads: see download.c
 */
struct ohtd_live_loop {
	struct ohtd_loop *loop;
	struct ohtd_durations told;
	struct ohtd_durations published;
	h2o_timeout_t pause;
	h2o_timeout_entry_t often;
	h2o_linklist_t sockets;
	unsigned int socket_count;
	struct ohtd_hub_news news;
	unsigned int left;
	h2o_linklist_t streams;
	h2o_linklist_t downloads;
};

#endif /* OHTD_LIVE_LIVE_H */
