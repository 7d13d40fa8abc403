// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of a WebSocket, from the handshake to its end. */
#include "live/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "auth/session.h"
#include "base/log.h"
#include "http/accept.h"
#include "live/socket_private.h"

#define STRANGERS_MAX		16	/* sockets of clients who have not said who they are */
#define STRANGERS_SHARE		4	/* of them, of one client */
#define AUTH_MS			2000
#define CLOSE_MS		1000
#define PING_MS			15000	/* of silence; as long again without an answer is the end */
/* Messages in one turn; then the loop looks for an event of the stop, and for requests. */
#define WRITTEN_A_TURN		32
#define CREDIT_MAX		100	/* messages at once */
#define CREDIT_PER_S		50
#define CONTROLS_MAX		16	/* answers to pings that the client does not read */
/* Small, so that a client that does not read is noticed soon. */
#define SEND_BUFFER_BYTES	16384
#define NOT_SENT_BYTES		8192

/* ---- those who have not said who they are ---- */

static bool take_one(atomic_uint *count, unsigned int max)
{
	if (atomic_fetch_add(count, 1) < max)
		return true;
	atomic_fetch_sub(count, 1);
	return false;
}

static bool join_strangers(struct ohtd_server *server, const char *client)
{
	if (!ohtd_shares_take(server->shares, OHTD_SHARE_STRANGER, client, STRANGERS_SHARE))
		return false;
	if (take_one(&server->live->strangers, STRANGERS_MAX))
		return true;
	ohtd_shares_give(server->shares, OHTD_SHARE_STRANGER, client);
	return false;
}

static void leave_strangers(struct ohtd_socket *socket)
{
	struct ohtd_server *server = socket->loop->server;

	atomic_fetch_sub(&server->live->strangers, 1);
	ohtd_shares_give(server->shares, OHTD_SHARE_STRANGER, socket->client);
}

/* ---- the end ---- */

static void free_socket(struct ohtd_socket *socket)
{
	struct ohtd_server *server = socket->loop->server;

	h2o_linklist_unlink(&socket->link);
	socket->loop->live->socket_count--;
	for (int i = 0; i < socket->dialect->places; i++)
		ohtd_socket_listen(socket, i, false);
	if (!socket->who.role)
		leave_strangers(socket);
	atomic_fetch_sub(&server->live->count, 1);
	ohtd_socket_forget(socket);
	ohtd_socket_commands_forget(socket);
	h2o_websocket_close(socket->ws);
	free(socket);
}

void ohtd_socket_close(struct ohtd_socket *socket, enum ohtd_close why)
{
	const struct ohtd_close_kind *kind = &ohtd_closes[why];

	if (socket->close_by_ms)
		return;
	socket->close_by_ms = ohtd_channels_now_ms(socket->loop) + CLOSE_MS;
	ohtd_log(OHTD_LOG_INFO, "http", "socket_closed", "%s: %u %s",
		 socket->who.role ? socket->who.user : "nobody", kind->code, kind->reason);
	wslay_event_queue_close(socket->ws->ws_ctx, kind->code, (const uint8_t *)kind->reason,
				strlen(kind->reason));
	/* Inside of a message the library goes on by itself, and must not be ended there. */
	if (!socket->in_message && socket->ws->sock)
		h2o_websocket_proceed(socket->ws);
}

/* ---- what comes in ---- */

static bool spend_credit(struct ohtd_socket *socket)
{
	uint64_t now_ms = ohtd_channels_now_ms(socket->loop);
	uint64_t more = (now_ms - socket->credit_ms) * CREDIT_PER_S / 1000;

	if (more) {
		socket->credit = more < CREDIT_MAX - socket->credit ? socket->credit + (uint32_t)more :
				 CREDIT_MAX;
		socket->credit_ms = now_ms;
	}
	if (!socket->credit)
		return false;
	socket->credit--;
	return true;
}

/* A message that is not taken any more: only a stop in it counts. */
static void look_for_stop(struct ohtd_socket *socket, const struct wslay_event_on_msg_recv_arg *arg)
{
	if (socket->dialect->take_refused && !wslay_is_ctrl_frame(arg->opcode))
		socket->dialect->take_refused(socket, (const char *)arg->msg, arg->msg_length);
}

static void refuse_frame(struct ohtd_socket *socket, const struct wslay_event_on_msg_recv_arg *arg, enum ohtd_close why)
{
	look_for_stop(socket, arg);
	ohtd_socket_pump(socket);
	ohtd_socket_close(socket, why);
}

static void on_frame(struct ohtd_socket *socket, const struct wslay_event_on_msg_recv_arg *arg)
{
	socket->heard_ms = ohtd_channels_now_ms(socket->loop);
	socket->pinged = false;
	if (socket->close_by_ms) {
		look_for_stop(socket, arg);
	} else if (!spend_credit(socket)) {
		refuse_frame(socket, arg, OHTD_CLOSE_TOO_MANY);
	} else if (wslay_is_ctrl_frame(arg->opcode)) {
		if (wslay_event_get_queued_msg_count(socket->ws->ws_ctx) > CONTROLS_MAX)
			ohtd_socket_close(socket, OHTD_CLOSE_TOO_SLOW);
	} else if (arg->opcode != WSLAY_TEXT_FRAME && !socket->dialect->take_binary) {
		refuse_frame(socket, arg, OHTD_CLOSE_NOT_TEXT);
	} else {
		if (arg->opcode == WSLAY_TEXT_FRAME)
			socket->dialect->take(socket, (const char *)arg->msg, arg->msg_length);
		else
			socket->dialect->take_binary(socket);
		ohtd_socket_pump(socket);
	}
}

static void on_message(h2o_websocket_conn_t *ws, const struct wslay_event_on_msg_recv_arg *arg)
{
	struct ohtd_socket *socket = ws->data;

	if (!arg) {
		if (!ohtd_socket_breaks(socket))
			free_socket(socket);
		return;
	}
	socket->in_message = true;
	on_frame(socket, arg);
	socket->in_message = false;
}

void ohtd_socket_listen(struct ohtd_socket *socket, int place, bool begins)
{
	struct ohtd_subscription *subscription = &socket->subscriptions[place];

	if (begins != (subscription->step != OHTD_NOT_SUBSCRIBED))
		ohtd_hub_listen(socket->loop->server->live->hub, socket->dialect->first + place, begins);
	if (!begins)
		subscription->step = OHTD_NOT_SUBSCRIBED;
}

void ohtd_socket_admit(struct ohtd_socket *socket, const struct ohtd_principal *who)
{
	socket->who = *who;
	leave_strangers(socket);
}

/* ---- the beginning ---- */

bool ohtd_live_place_take(struct ohtd_server *server)
{
	return take_one(&server->live->count, server->services->config->connections_max / 2);
}

/* A place among those who stay, and for a stranger one among strangers. */
static bool take_places(struct ohtd_server *server, const char *client, bool stranger)
{
	if (!ohtd_live_place_take(server))
		return false;
	if (!stranger || join_strangers(server, client))
		return true;
	atomic_fetch_sub(&server->live->count, 1);
	return false;
}

void ohtd_socket_greet(struct ohtd_socket *socket, const char *text, size_t bytes)
{
	const struct wslay_event_msg hello = {
		.opcode = WSLAY_TEXT_FRAME, .msg = (const uint8_t *)text, .msg_length = bytes,
	};

	/* The library sends it behind its answer to the handshake. */
	wslay_event_queue_msg(socket->ws->ws_ctx, &hello);
}

static void set_buffers(int fd)
{
	int buffer = SEND_BUFFER_BYTES, not_sent = NOT_SENT_BYTES;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &not_sent, sizeof(not_sent));
}

static void start(struct ohtd_call *call, struct ohtd_socket *socket, const char *key)
{
	struct ohtd_loop *loop = call->loop;

	socket->loop = loop;
	socket->who = call->who;
	socket->conn = call->conn;
	snprintf(socket->address, sizeof(socket->address), "%s", call->conn->local ? "local" : ohtd_call_address(call));
	strcpy(socket->client, call->conn->client);
	socket->number = atomic_fetch_add(&loop->server->live->sockets_made, 1) + 1;
	socket->opened_ms = socket->heard_ms = socket->credit_ms = ohtd_channels_now_ms(loop);
	socket->credit = CREDIT_MAX;
	call->conn->stays = true;
	set_buffers(h2o_socket_get_fd(call->conn->sock));
	h2o_linklist_insert(&loop->live->sockets, &socket->link);
	loop->live->socket_count++;
	ohtd_figures_note(call->count, 101, 0);
	socket->ws = h2o_upgrade_to_websocket(call->req, key, socket, on_message);
	ohtd_socket_set_rules(socket);
	socket->dialect->greet(socket);
}

/*
 * Which language the client wants to speak, of those that it offers (RFC 6455, 4.2.2). NULL: it
 * offers none. False: none that is spoken here.
 */
static bool choose_protocol(struct ohtd_call *call, const struct ohtd_dialect *dialect,
			    const char **chosen)
{
	const char *offered = ohtd_call_header(call, "sec-websocket-protocol");

	*chosen = NULL;
	if (!dialect->protocols || !ohtd_call_has_header(call, "sec-websocket-protocol"))
		return true;
	*chosen = offered ? ohtd_accept_first(offered, dialect->protocols) : NULL;
	return *chosen;
}

void ohtd_socket_open(struct ohtd_call *call, const struct ohtd_dialect *dialect)
{
	const char *key, *origin = ohtd_call_header(call, "origin"), *protocol;
	struct ohtd_socket *socket;

	if (!choose_protocol(call, dialect, &protocol)) {
		ohtd_reply_problem(call, 400, "subprotocol", "%s is spoken here, and is not offered",
				   dialect->protocols[0]);
		return;
	}
	socket = calloc(1, sizeof(*socket));
	if (!socket) {
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	if (!take_places(call->loop->server, call->conn->client, !call->who.role)) {
		free(socket);
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "too many clients stay connected");
		return;
	}
	if (origin)
		snprintf(socket->origin, sizeof(socket->origin), "%s", origin);
	if (protocol)
		ohtd_reply_header(call, "sec-websocket-protocol", protocol);
	h2o_is_websocket_handshake(call->req, &key);
	socket->dialect = dialect;
	start(call, socket, key);
}

/* ---- what happens by itself ---- */

static void ping(struct ohtd_socket *socket)
{
	const struct wslay_event_msg message = { .opcode = WSLAY_PING };

	socket->pinged = true;
	wslay_event_queue_msg(socket->ws->ws_ctx, &message);
	h2o_websocket_proceed(socket->ws);
}

/* The socket may be gone behind it. */
static void look(struct ohtd_socket *socket, uint64_t now_ms)
{
	uint64_t silent_ms = now_ms - socket->heard_ms;

	if (!socket->ws->sock)
		return;
	if (socket->close_by_ms) {
		if (now_ms >= socket->close_by_ms)
			ohtd_conn_cut(socket->conn);
	} else if (socket->loop->drain_from_ms) {
		/* It has begun behind the look that told all others. */
		ohtd_socket_close(socket, OHTD_CLOSE_SHUTTING_DOWN);
	} else if (!socket->who.role && now_ms - socket->opened_ms >= AUTH_MS) {
		ohtd_socket_close(socket, OHTD_CLOSE_AUTH_TIMEOUT);
	} else if (socket->who.role && !ohtd_server_lives(socket->conn, &socket->who)) {
		ohtd_socket_close(socket, OHTD_CLOSE_TOKEN_REVOKED);
	} else if (silent_ms >= 2 * PING_MS) {
		ohtd_socket_close(socket, OHTD_CLOSE_TOO_SLOW);
	} else if (ohtd_socket_keeps_up(socket, now_ms) && silent_ms >= PING_MS && !socket->pinged) {
		ping(socket);
	}
}

void ohtd_sockets_tick(struct ohtd_loop *loop)
{
	uint64_t now_ms = ohtd_channels_now_ms(loop);

	for (h2o_linklist_t *at = loop->live->sockets.next, *next; at != &loop->live->sockets; at = next) {
		next = at->next;
		look(H2O_STRUCT_FROM_MEMBER(struct ohtd_socket, link, at), now_ms);
	}
	loop->live->left = loop->live->socket_count;
}

/* Events that must be taken soon go out before any state. */
static void tell_events(struct ohtd_live_loop *live)
{
	for (h2o_linklist_t *at = live->sockets.next; at != &live->sockets; at = at->next)
		ohtd_socket_pump_event(H2O_STRUCT_FROM_MEMBER(struct ohtd_socket, link, at));
}

void ohtd_sockets_turn(struct ohtd_loop *loop)
{
	struct ohtd_live_loop *live = loop->live;
	const struct ohtd_hub_news news = ohtd_hub_news(loop->server->live->hub);
	unsigned int written = 0;

	if (news.events != live->news.events)
		tell_events(live);
	if (news.states != live->news.states)
		live->left = live->socket_count;
	live->news = news;
	/* Some may have gone since then. */
	if (live->left > live->socket_count)
		live->left = live->socket_count;
	for (; live->left && written < WRITTEN_A_TURN; live->left--) {
		h2o_linklist_t *first = live->sockets.next;

		h2o_linklist_unlink(first);
		h2o_linklist_insert(&live->sockets, first);
		written += ohtd_socket_pump(H2O_STRUCT_FROM_MEMBER(struct ohtd_socket, link, first));
	}
	if (live->left)
		ohtd_loop_turn_again(loop);
}

void ohtd_sockets_drain(struct ohtd_loop *loop)
{
	for (h2o_linklist_t *at = loop->live->sockets.next, *next; at != &loop->live->sockets; at = next) {
		next = at->next;
		ohtd_socket_close(H2O_STRUCT_FROM_MEMBER(struct ohtd_socket, link, at),
				  OHTD_CLOSE_SHUTTING_DOWN);
	}
}
