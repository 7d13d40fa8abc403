/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     WebSockets: the principal of each, its subscriptions, the order of its messages.
 * Contexts: the loop of the connection.
 * Locks:    none of its own; see live/hub.h.
 *
 * A client that does not read holds one message and a few short answers, never more: what the channels
 * have for it is taken from their rings when there is room. The stop goes before everything else.
 */
#ifndef OHTD_LIVE_SOCKET_H
#define OHTD_LIVE_SOCKET_H

#include <stdbool.h>

struct ohtd_call;
struct ohtd_dialect;
struct ohtd_loop;
struct ohtd_message;
struct ohtd_server;

/* A connection wants to stay: half of all places are for such. Given back by live_count. */
bool ohtd_live_place_take(struct ohtd_server *server);

/* socket_in.c: the messages of docs/api.md. foxglove.c: those of Foxglove's protocol. */
extern const struct ohtd_dialect ohtd_dialect_own;
extern const struct ohtd_dialect ohtd_dialect_foxglove;

/* foxglove.c, main thread: what topics there are, which every viewer is told. NULL: out of memory. */
struct ohtd_message *ohtd_foxglove_advertise(void);

/* Makes a WebSocket out of the request, which asks for one. */
void ohtd_socket_open(struct ohtd_call *call, const struct ohtd_dialect *dialect);

/* Writes what the channels have: an event of the stop to all, then some of the rest, and asks for another turn for what is left. */
void ohtd_sockets_turn(struct ohtd_loop *loop);

/* Looks for those who are late, or may not listen any more. */
void ohtd_sockets_tick(struct ohtd_loop *loop);

/* The daemon ends: tells everybody to go. */
void ohtd_sockets_drain(struct ohtd_loop *loop);

#endif /* OHTD_LIVE_SOCKET_H */
