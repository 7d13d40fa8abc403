// SPDX-License-Identifier: GPL-2.0-or-later
/* What a WebSocket writes, and whether the client takes it. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "live/socket_private.h"

#define EVENT_TAKEN_MS	1000
#define WRITTEN_MS	10000

void ohtd_socket_reply(struct ohtd_socket *socket, struct ohtd_message *message)
{
	if (!message)
		return;
	if (socket->reply_count == OHTD_SOCKET_REPLIES) {
		ohtd_message_drop(message);
		ohtd_socket_close(socket, OHTD_CLOSE_TOO_SLOW);
		return;
	}
	socket->replies[(socket->reply_first + socket->reply_count++) % OHTD_SOCKET_REPLIES] = message;
}

static struct ohtd_message *next_reply(struct ohtd_socket *socket)
{
	struct ohtd_message *message = socket->replies[socket->reply_first];

	if (!socket->reply_count)
		return NULL;
	socket->reply_first = (socket->reply_first + 1) % OHTD_SOCKET_REPLIES;
	socket->reply_count--;
	return message;
}

static struct ohtd_message *next_of(struct ohtd_socket *socket, int place)
{
	struct ohtd_subscription *subscription = &socket->subscriptions[place];
	const struct ohtd_dialect *dialect = socket->dialect;
	struct ohtd_message *message;

	if (!subscription->step)
		return NULL;
	message = ohtd_hub_next(socket->loop->server->live->hub, dialect->first + place, subscription,
				ohtd_channels_now_ms(socket->loop));
	return message && dialect->dress ? dialect->dress(socket, place, message) : message;
}

static struct ohtd_message *next_event(struct ohtd_socket *socket)
{
	socket->head_bytes = 0;
	return next_of(socket, OHTD_CHANNEL_SAFETY);
}

/* The stop before everything else. */
static struct ohtd_message *next(struct ohtd_socket *socket)
{
	struct ohtd_message *message = next_event(socket);

	if (!message)
		message = next_reply(socket);
	for (int i = 0; !message && i < socket->dialect->places; i++)
		message = next_of(socket, i);
	return message;
}

/* How the connection stands with the kernel at the other end. False: it is none over TCP. */
static bool look_at(const struct ohtd_socket *socket, struct tcp_info *info)
{
	socklen_t bytes = sizeof(*info);

	return !getsockopt(h2o_socket_get_fd(socket->ws->sock), IPPROTO_TCP, TCP_INFO, info, &bytes) &&
	       bytes >= offsetof(struct tcp_info, tcpi_bytes_retrans) + sizeof(info->tcpi_bytes_retrans);
}

/* An event has been written: it is the client's when all bytes up to here have been confirmed. */
static void watch_event(struct ohtd_socket *socket)
{
	struct tcp_info info;

	if (socket->event_ms || !look_at(socket, &info))
		return;
	socket->event_ms = socket->writing_ms;
	socket->event_end = info.tcpi_bytes_sent - info.tcpi_bytes_retrans + info.tcpi_notsent_bytes;
}

static void on_written(h2o_socket_t *sock, const char *err)
{
	h2o_websocket_conn_t *ws = sock->data;
	struct ohtd_socket *socket = ws->data;

	if (err) {
		ws->cb(ws, NULL);
		return;
	}
	if (socket->writing->event)
		watch_event(socket);
	ohtd_channels_written(socket->loop, &socket->subscriptions[OHTD_CHANNEL_SAFETY], socket->writing);
	ohtd_message_drop(socket->writing);
	socket->writing = NULL;
	ohtd_socket_pump(socket);
	/* The last: the socket may be gone behind it. */
	h2o_websocket_proceed(ws);
}

/* Between the pieces of a frame of the library nothing else may be written. */
static bool may_write(const struct ohtd_socket *socket)
{
	const h2o_websocket_conn_t *ws = socket->ws;

	return ws->sock && !socket->close_by_ms && !h2o_socket_is_writing(ws->sock) && !wslay_event_want_write(ws->ws_ctx);
}

static void write_message(struct ohtd_socket *socket, struct ohtd_message *message)
{
	h2o_iovec_t frame[2];
	size_t count = 1;

	socket->writing = message;
	socket->writing_ms = ohtd_channels_now_ms(socket->loop);
	frame[0] = h2o_iovec_init(message->frame, message->frame_bytes);
	if (socket->head_bytes) {
		frame[0] = h2o_iovec_init(socket->head + sizeof(socket->head) - socket->head_bytes,
					  socket->head_bytes);
		frame[count++] = h2o_iovec_init(message->text, message->text_bytes);
	}
	h2o_socket_write(socket->ws->sock, frame, count, on_written);
}

static bool write_next(struct ohtd_socket *socket, struct ohtd_message *(*take)(struct ohtd_socket *socket))
{
	struct ohtd_message *message = may_write(socket) ? take(socket) : NULL;

	if (message)
		write_message(socket, message);
	return message;
}

bool ohtd_socket_pump(struct ohtd_socket *socket)
{
	return write_next(socket, next);
}

bool ohtd_socket_pump_event(struct ohtd_socket *socket)
{
	return write_next(socket, next_event);
}

static bool event_is_late(struct ohtd_socket *socket, uint64_t now_ms)
{
	uint64_t waits_ms = ohtd_hub_event_waits_ms(socket->loop->server->live->hub,
						    socket->dialect->first + OHTD_CHANNEL_SAFETY,
						    &socket->subscriptions[OHTD_CHANNEL_SAFETY]);
	struct tcp_info info;

	/* Another loop may have told it behind the beginning of this turn. */
	if (waits_ms && now_ms > waits_ms && now_ms - waits_ms >= EVENT_TAKEN_MS)
		return true;
	if (socket->writing && socket->writing->event && now_ms - socket->writing_ms >= EVENT_TAKEN_MS)
		return true;
	if (!socket->event_ms)
		return false;
	if (!look_at(socket, &info) || info.tcpi_bytes_acked >= socket->event_end ||
	    (!info.tcpi_unacked && !info.tcpi_notsent_bytes)) {
		socket->event_ms = 0;
		return false;
	}
	return now_ms - socket->event_ms >= EVENT_TAKEN_MS;
}

bool ohtd_socket_keeps_up(struct ohtd_socket *socket, uint64_t now_ms)
{
	if (event_is_late(socket, now_ms))
		ohtd_socket_close(socket, OHTD_CLOSE_SAFETY_NOT_TAKEN);
	else if (socket->writing && now_ms - socket->writing_ms >= WRITTEN_MS)
		ohtd_socket_close(socket, OHTD_CLOSE_TOO_SLOW);
	else
		return true;
	return false;
}

void ohtd_socket_forget(struct ohtd_socket *socket)
{
	ohtd_message_drop(socket->writing);
	for (; socket->reply_count;)
		ohtd_message_drop(next_reply(socket));
}
