// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the library leaves RFC 6455: what it reads, and how it tells that a frame breaks the rules. */
#include <string.h>

#include "live/socket_private.h"

#define CLOSE_WITHOUT_CODE	"\x88\x00"
#define CLOSE_BROKEN_FRAME	"\x88\x02\x03\xea"	/* with 1002 */

struct reader {
	h2o_websocket_conn_t *ws;
	int flags;
};

static ssize_t read_more(void *arg, uint8_t *to, size_t bytes)
{
	const struct reader *reader = arg;
	h2o_websocket_conn_t *ws = reader->ws;

	return ws->ws_callbacks.recv_callback(ws->ws_ctx, to, bytes, reader->flags, ws);
}

static ssize_t receive(wslay_event_context_ptr context, uint8_t *to, size_t bytes, int flags, void *arg)
{
	struct reader reader = { arg, flags };
	struct ohtd_socket *socket = reader.ws->data;

	(void)context;
	return ohtd_frame_gate_read(&socket->gate, to, bytes, read_more, &reader);
}

/* The library ends with a close frame without a code where it cannot read a frame (RFC 6455, 7.1.7). */
static ssize_t send_bytes(wslay_event_context_ptr context, const uint8_t *data, size_t bytes, int flags,
			  void *arg)
{
	h2o_websocket_conn_t *ws = arg;
	const struct ohtd_socket *socket = ws->data;
	wslay_event_send_callback write = ws->ws_callbacks.send_callback;

	if (!socket->broken || bytes != sizeof(CLOSE_WITHOUT_CODE) - 1 ||
	    memcmp(data, CLOSE_WITHOUT_CODE, bytes))
		return write(context, data, bytes, flags, arg);
	if (write(context, (const uint8_t *)CLOSE_BROKEN_FRAME, sizeof(CLOSE_BROKEN_FRAME) - 1, flags,
		  arg) < 0)
		return -1;
	return (ssize_t)bytes;
}

/* The body of a close frame begins with two bytes (5.5.1); the library takes one for none. */
static void on_frame_start(wslay_event_context_ptr context,
			   const struct wslay_event_on_frame_recv_start_arg *frame, void *arg)
{
	h2o_websocket_conn_t *ws = arg;
	struct ohtd_socket *socket = ws->data;

	(void)context;
	if (frame->opcode != WSLAY_CONNECTION_CLOSE || frame->payload_length != 1)
		return;
	socket->in_message = true;
	ohtd_socket_close(socket, OHTD_CLOSE_BROKEN_FRAME);
	socket->in_message = false;
}

void ohtd_socket_set_rules(struct ohtd_socket *socket)
{
	h2o_websocket_conn_t *ws = socket->ws;
	struct wslay_event_callbacks callbacks = ws->ws_callbacks;

	callbacks.recv_callback = receive;
	callbacks.send_callback = send_bytes;
	callbacks.on_frame_recv_start_callback = on_frame_start;
	wslay_event_config_set_callbacks(ws->ws_ctx, &callbacks);
	wslay_event_config_set_max_recv_msg_length(ws->ws_ctx, OHTD_MESSAGE_BYTES_MAX);
}

bool ohtd_socket_breaks(struct ohtd_socket *socket)
{
	const h2o_websocket_conn_t *ws = socket->ws;

	/* It reads no more, and its close frame has not been sent. */
	if (!ws->sock || socket->broken || socket->close_by_ms || wslay_event_want_read(ws->ws_ctx) ||
	    !wslay_event_want_write(ws->ws_ctx))
		return false;
	socket->broken = true;
	ohtd_socket_close(socket, OHTD_CLOSE_BROKEN_FRAME);
	return true;
}
