/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of WebSockets share: one of them.
 * Contexts: the loop of the connection.
 * Locks:    none.
 */
#ifndef OHTD_LIVE_SOCKET_PRIVATE_H
#define OHTD_LIVE_SOCKET_PRIVATE_H

#include <h2o/websocket.h>

#include "live/channels.h"
#include "http/close.h"
#include "live/frame_gate.h"
#include "live/live.h"
#include "live/messages.h"

#define OHTD_SOCKET_REPLIES	32	/* that wait to be written */
#define OHTD_SOCKET_COMMANDS	16	/* that wait for the robot */
#define OHTD_SOCKET_ID_BYTES_MAX 64	/* of a message */

/* Subscriptions of a socket, in either dialect. */
#define OHTD_PLACES	OHTD_CHANNELS
_Static_assert((int)OHTD_TOPICS <= (int)OHTD_PLACES, "a place for each topic");
_Static_assert((int)OHTD_CHANNEL_SAFETY == (int)OHTD_TOPIC_SAFETY, "the stop has the same place");

/* In front of a message, within its frame. */
#define OHTD_DRESS_BYTES	16

struct ohtd_socket;
struct ohtd_socket_command;

/**
 * struct ohtd_dialect - the language of a WebSocket
 * @protocols: names as subprotocols, which a client that offers any must offer; ends with NULL
 * @first: channel of the hub that the first subscription is about
 * @places: how many subscriptions there are
 * @greet: says the first messages; the handshake has not been answered yet
 * @take: a text message of the client
 * @take_binary: another one; NULL: that is the end
 * @take_refused: a message for which the connection is closed: only a stop in it counts; NULL: the dialect has no stop
 * @dress: makes a message of a channel ready to be written, with socket->head; may give it up for
 *	another one. NULL: it is ready as it is
 */
struct ohtd_dialect {
	const char *const *protocols;
	int first;
	int places;
	void (*greet)(struct ohtd_socket *socket);
	void (*take)(struct ohtd_socket *socket, const char *text, size_t bytes);
	void (*take_binary)(struct ohtd_socket *socket);
	void (*take_refused)(struct ohtd_socket *socket, const char *text, size_t bytes);
	struct ohtd_message *(*dress)(struct ohtd_socket *socket, int place,
				      struct ohtd_message *message);
};

/**
 * struct ohtd_socket - one WebSocket
 * @link: of the loop
 * @loop: whose it is
 * @dialect: how it is spoken
 * @conn: the connection; not there any more once h2o has told the end
 * @address: of the client, or "local"
 * @client: for whom it is counted among strangers
 * @ws: h2o's side; @ws->sock is NULL until the handshake has been answered
 * @number: no other socket has it
 * @jogs: a jog has come from the client
 * @who: role OHTD_ROLE_NONE: has not said so yet
 * @origin: of the handshake, "" without one
 * @opened_ms: when it began
 * @subscriptions: by place; ids: what the client calls them, where its dialect has such
 * @replies: what answers messages of the client, the oldest at @reply_first
 * @commands: that wait for the robot; NULL: a free place
 * @writing: being written, since @writing_ms
 * @head: stands in front of its text and ends with the array; @head_bytes 0: its frame is written
 * @event_ms: an event has been given to the kernel, and the client's kernel has not confirmed it yet;
 *	0: none
 * @event_end: how many bytes of the connection must be confirmed for that
 * @close_by_ms: the end has begun, and is waited for until then; 0: it has not
 * @in_message: a message of the client is being looked at
 * @gate: what comes from the client goes through it
 * @broken: a frame of the client broke the rules, so that it could not be read
 * @credit: how many messages the client may send now, as of @credit_ms
 * @heard_ms: when something came from the client; @pinged: nothing has come since a ping
 *
 * All times are those of ohtd_channels_now_ms().
 */
struct ohtd_socket {
	h2o_linklist_t link;
	struct ohtd_loop *loop;
	const struct ohtd_dialect *dialect;
	struct ohtd_conn *conn;
	char address[OHTD_ADDRESS_BYTES];
	char client[OHTD_FOLDED_BYTES];
	h2o_websocket_conn_t *ws;
	uint64_t number;
	bool jogs;
	struct ohtd_principal who;
	char origin[OHTD_PATH_BYTES_MAX];
	uint64_t opened_ms;
	struct ohtd_subscription subscriptions[OHTD_PLACES];
	uint32_t ids[OHTD_PLACES];
	struct ohtd_message *replies[OHTD_SOCKET_REPLIES];
	size_t reply_first, reply_count;
	struct ohtd_socket_command *commands[OHTD_SOCKET_COMMANDS];
	struct ohtd_message *writing;
	char head[OHTD_FRAME_HEAD_BYTES + OHTD_DRESS_BYTES];
	size_t head_bytes;
	uint64_t writing_ms;
	uint64_t event_ms, event_end;
	uint64_t close_by_ms;
	bool in_message;
	struct ohtd_frame_gate gate;
	bool broken;
	uint32_t credit;
	uint64_t credit_ms;
	uint64_t heard_ms;
	bool pinged;
};

/* socket.c */
/* Begins the end. Outside of a message the socket may be gone behind it. */
void ohtd_socket_close(struct ohtd_socket *socket, enum ohtd_close why);
/* The client has said who it is. */
void ohtd_socket_admit(struct ohtd_socket *socket, const struct ohtd_principal *who);
/* Has the client left a channel, or entered one? By its place. */
void ohtd_socket_listen(struct ohtd_socket *socket, int place, bool begins);
/* Says something with the answer to the handshake. */
void ohtd_socket_greet(struct ohtd_socket *socket, const char *text, size_t bytes);

/* socket_out.c */
/* Queues an answer, whose reference becomes that of the socket. NULL: out of memory. */
void ohtd_socket_reply(struct ohtd_socket *socket, struct ohtd_message *message);
/* Writes the next message, if nothing is being written. False: nothing was. */
bool ohtd_socket_pump(struct ohtd_socket *socket);
/* The same, of a stop. */
bool ohtd_socket_pump_event(struct ohtd_socket *socket);
/* Does the client take what it is sent? Else its end begins, and false. */
bool ohtd_socket_keeps_up(struct ohtd_socket *socket, uint64_t now_ms);
void ohtd_socket_forget(struct ohtd_socket *socket);

/* socket_rules.c */
/* Behind the upgrade. */
void ohtd_socket_set_rules(struct ohtd_socket *socket);
/* The library wants to end: is it because of a frame that breaks the rules? Then the client is told, and the end comes again. */
bool ohtd_socket_breaks(struct ohtd_socket *socket);

/* socket_command.c */
extern const struct ohtd_shape say_command_shape;
void ohtd_socket_take_command(struct ohtd_socket *socket, const struct ohtd_memory *memory,
			      const void *view);
extern const struct ohtd_shape say_stop_shape;
void ohtd_socket_take_stop(struct ohtd_socket *socket, const struct ohtd_memory *memory,
			   const void *view);
/* Stops and answers. @id: of the message; its text is NULL if there is none. True: the stop was done. */
bool ohtd_socket_stop(struct ohtd_socket *socket, const struct ohtd_memory *memory, const struct ohtd_scalar *id);
/* The socket goes: open commands lose their receiver. */
void ohtd_socket_commands_forget(struct ohtd_socket *socket);

#endif /* OHTD_LIVE_SOCKET_PRIVATE_H */
