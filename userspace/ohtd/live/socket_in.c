// SPDX-License-Identifier: GPL-2.0-or-later
/* What clients of a WebSocket may say, as data, and what is done about it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "auth/keys.h"
#include "auth/session.h"
#include "auth/ticket.h"
#include "common/utf8.h"
#include "server/control.h"
#include "lists/name_list.h"
#include "http/problem.h"
#include "live/socket.h"
#include "live/socket_private.h"
#include "robot/telemetry.h"

#define NUMBER_MAX	(1ll << 53)
#define TYPE_BYTES_MAX	16

/* ---- answers ---- */

struct socket_error {
	const char *type;
	struct ohtd_scalar id;
	const char *code;
	const char *detail;
	const struct ohtd_error *errors;
	size_t errors_count;
};

OHTD_SHAPE_SHARED(socket_error, "SocketError",
	OHTD_TEXT(socket_error, type, .summary = "error"),
	OHTD_SCALAR(socket_error, id, .flags = OHTD_OMIT, .summary = "Of the message that is refused, if it has one"),
	OHTD_TEXT(socket_error, code, .summary = "Why not, for programs; GET errors has all"),
	OHTD_TEXT(socket_error, detail, .summary = "Why not, for people"),
	OHTD_LIST(socket_error, errors, ohtd_error, .flags = OHTD_OMIT,
		  .summary = "Single faults, if they are about members"));

static void reply(struct ohtd_socket *socket, const struct ohtd_memory *memory,
		  const struct socket_error *error)
{
	struct ohtd_writer writer;

	ohtd_writer_begin(&writer, memory, 256);
	ohtd_write_shape(&writer, &socket_error_shape, error);
	ohtd_socket_reply(socket, ohtd_message_of(&(struct ohtd_message_piece){ writer.text, writer.used }, 1));
}

static void refuse(struct ohtd_socket *socket, const struct ohtd_memory *memory, const char *code,
		   const char *detail)
{
	reply(socket, memory, &(struct socket_error){ .type = "error", .code = code, .detail = detail });
}

/* ---- who it is ---- */

struct say_auth {
	const char *type;
	const char *token;
	const char *ticket;
};

#define TYPE(S_)	OHTD_TEXT(S_, type, .flags = OHTD_NEEDED, .min = 1, .max = TYPE_BYTES_MAX, \
				  .summary = "What the message is")

OHTD_SHAPE(say_auth, "SocketAuth", TYPE(say_auth),
	OHTD_TEXT(say_auth, token, .flags = OHTD_SECRET, .min = 1, .max = OHTD_TOKEN_BYTES_MAX,
		  .summary = "Access token, or a key"),
	OHTD_TEXT(say_auth, ticket, .flags = OHTD_SECRET, .min = 1, .max = OHTD_TICKET_CHARS,
		  .summary = "Ticket, in place of the token"));

/* OHTD_CLOSES: it is good; else what the connection is closed for. */
static enum ohtd_close check_token(struct ohtd_socket *socket, const char *token,
				   struct ohtd_principal *who)
{
	struct ohtd_auth *auth = socket->loop->server->services->auth;

	switch (ohtd_auth_check(auth, token, socket->conn->address, who)) {
	case OHTD_TOKEN_GOOD:
		if (ohtd_auth_must_enrol(auth, who))
			return OHTD_CLOSE_TOKEN_REVOKED;
		return !who->by_key || ohtd_auth_keys_permit(ohtd_auth_keys_of(auth), who, OHTD_LIVE_TAG, 0) ?
		       OHTD_CLOSES : OHTD_CLOSE_TOKEN_INVALID;
	case OHTD_TOKEN_EXPIRED:
		return OHTD_CLOSE_TOKEN_EXPIRED;
	case OHTD_TOKEN_REVOKED:
		return OHTD_CLOSE_TOKEN_REVOKED;
	default:
		return OHTD_CLOSE_TOKEN_INVALID;
	}
}

static enum ohtd_close check_ticket(struct ohtd_socket *socket, const char *ticket,
				    struct ohtd_principal *who)
{
	const struct ohtd_ticket_bond bond = {
		.origin = socket->origin, .address = socket->conn->address,
	};

	return ohtd_loop_take_ticket(socket->loop, ticket, &bond, who);
}

static void take_auth(struct ohtd_socket *socket, const struct ohtd_memory *memory, const void *view)
{
	const struct say_auth *said = view;
	struct ohtd_principal who;
	enum ohtd_close why;

	if (socket->who.role) {
		refuse(socket, memory, "authenticated_already", "the connection belongs to somebody");
		return;
	}
	if (!said->token == !said->ticket) {
		refuse(socket, memory, "validation", "either token or ticket is required");
		return;
	}
	why = said->token ? check_token(socket, said->token, &who) :
			    check_ticket(socket, said->ticket, &who);
	if (why != OHTD_CLOSES)
		ohtd_socket_close(socket, why);
	else
		ohtd_socket_admit(socket, &who);
}

/* ---- channels ---- */

struct say_since {
	int64_t epoch;
	int64_t seq;
};

OHTD_SHAPE(say_since, "SocketSince",
	OHTD_INTEGER(say_since, epoch, .flags = OHTD_NEEDED, .min = 1, .max = NUMBER_MAX,
		     .summary = "Of the hello under which it was"),
	OHTD_INTEGER(say_since, seq, .flags = OHTD_NEEDED, .min = 0, .max = NUMBER_MAX,
		     .summary = "Of the newest message that was received"));

struct say_filter {
	const char *const *signals;
	size_t signals_count;
};

OHTD_SHAPE(say_filter, "SocketFilter",
	OHTD_TEXTS(say_filter, signals, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_TELEMETRY_SIGNALS,
		   .summary = "Names of the signals that are to be told"));

struct say_subscribe {
	const char *type;
	uint32_t channel;
	uint32_t max_rate_hz;
	const struct say_since *since;
	const struct say_filter *filter;
};

OHTD_SHAPE(say_subscribe, "SocketSubscribe", TYPE(say_subscribe),
	OHTD_WORD(say_subscribe, channel, .flags = OHTD_NEEDED, .words = &ohtd_channel_words,
		  .summary = "What is to be told"),
	OHTD_INTEGER(say_subscribe, max_rate_hz, .min = 1, .max = OHTD_RATE_HZ_MAX, .preset = OHTD_RATE_HZ_MAX, .unit = "Hz",
		     .summary = "At most so often; events are told at once all the same"),
	OHTD_OBJECT(say_subscribe, since, say_since, .flags = OHTD_NULL,
		    .summary = "Go on behind this message"),
	OHTD_OBJECT(say_subscribe, filter, say_filter, .flags = OHTD_NULL,
		    .summary = "Only this much of the channel telemetry"));

/* What one member is refused for. */
static void refuse_member(struct ohtd_socket *socket, const struct ohtd_memory *memory, const char *code,
			  const struct ohtd_error *error)
{
	reply(socket, memory, &(struct socket_error){
		.type = "error", .code = code, .detail = error->detail, .errors = error,
		.errors_count = 1,
	});
}

/* The signals into @wanted. False: the message has been refused. */
static bool read_filter(struct ohtd_socket *socket, const struct ohtd_memory *memory,
			const struct say_filter *filter, struct oht_set *wanted)
{
	for (size_t i = 0; i < filter->signals_count; i++) {
		const char *name = filter->signals[i];
		int signal = ohtd_word_number(ohtd_signal_list.words, name);
		char pointer[48], detail[96];

		if (signal < 0) {
			snprintf(pointer, sizeof(pointer), "/filter/signals/%zu", i);
			snprintf(detail, sizeof(detail), "'%.*s' is no signal", oht_utf8_cut(name, 64), name);
			refuse_member(socket, memory, "unknown_signal", &(struct ohtd_error){
				pointer, "unknown_value", detail });
			return false;
		}
		oht_set_add(wanted, (unsigned int)signal);
	}
	return true;
}

static void take_subscribe(struct ohtd_socket *socket, const struct ohtd_memory *memory,
			   const void *view)
{
	const struct say_subscribe *said = view;
	struct ohtd_subscription *subscription = &socket->subscriptions[said->channel];
	uint32_t pause_ms = 1000 / said->max_rate_hz;
	struct oht_set wanted = { 0 };

	if (socket->who.role < ohtd_channel_role((int)said->channel)) {
		refuse(socket, memory, "role", "the channel needs a higher role");
		return;
	}
	if (said->filter && !ohtd_channel_filters((int)said->channel)) {
		refuse_member(socket, memory, "validation", &(struct ohtd_error){
			"/filter", "unknown_member", "this channel has no filter" });
		return;
	}
	if (said->filter && !read_filter(socket, memory, said->filter, &wanted))
		return;
	ohtd_socket_listen(socket, (int)said->channel, true);
	if (said->since)
		ohtd_hub_resume(socket->loop->server->live->hub, (int)said->channel, subscription, pause_ms,
				(uint64_t)said->since->epoch, (uint64_t)said->since->seq);
	else
		ohtd_hub_subscribe(subscription, pause_ms);
	subscription->wanted = wanted;
}

struct say_unsubscribe {
	const char *type;
	uint32_t channel;
};

OHTD_SHAPE(say_unsubscribe, "SocketUnsubscribe", TYPE(say_unsubscribe),
	OHTD_WORD(say_unsubscribe, channel, .flags = OHTD_NEEDED, .words = &ohtd_channel_words,
		  .summary = "What is not to be told any more"));

static void take_unsubscribe(struct ohtd_socket *socket, const struct ohtd_memory *memory,
			     const void *view)
{
	const struct say_unsubscribe *said = view;

	if (socket->subscriptions[said->channel].step)
		ohtd_socket_listen(socket, (int)said->channel, false);
	else
		refuse(socket, memory, "not_subscribed", "this channel is not subscribed to");
}

/* ---- is anybody there? ---- */

struct say_ping {
	const char *type;
};

OHTD_SHAPE(say_ping, "SocketPing", TYPE(say_ping));

static void take_ping(struct ohtd_socket *socket, const struct ohtd_memory *memory, const void *view)
{
	static const char pong[] = "{\"type\":\"pong\"}";

	(void)memory;
	(void)view;
	ohtd_socket_reply(socket, ohtd_message_of(&(struct ohtd_message_piece){ pong, sizeof(pong) - 1 }, 1));
}

/* ---- which of them it is ---- */

static const struct {
	struct ohtd_saying kind;
	void (*take)(struct ohtd_socket *socket, const struct ohtd_memory *memory, const void *view);
} sayings[] = {
	{ { "auth", true, &say_auth_shape, { NULL },
	    "Who the client is: within 2 s, and not over the local socket" }, take_auth },
	{ { "subscribe", false, &say_subscribe_shape, { NULL },
	    "Tell a channel from now on, or from behind a message on" }, take_subscribe },
	{ { "unsubscribe", false, &say_unsubscribe_shape, { NULL },
	    "Tell a channel no more" }, take_unsubscribe },
	{ { "command", false, &say_command_shape, { "result", "refusal" },
	    "As POST robot/commands; needs the role operator" }, ohtd_socket_take_command },
	{ { "stop", false, &say_stop_shape, { "stopped", "refusal" },
	    "As POST safety/stop; needs the role operator" }, ohtd_socket_take_stop },
	{ { "ping", true, &say_ping_shape, { "pong" }, "Is anybody there?" }, take_ping },
};

#define SAYINGS	(sizeof(sayings) / sizeof(sayings[0]))

const struct ohtd_saying *ohtd_saying_at(size_t index)
{
	return index < SAYINGS ? &sayings[index].kind : NULL;
}

static const char *name_of(unsigned int saying)
{
	return saying < SAYINGS ? sayings[saying].kind.type : NULL;
}

static const struct ohtd_words type_words = { .name = name_of, .end = SAYINGS };

/* Read when the type is none of them, for the refusal. */
struct say_type {
	uint32_t type;
};

OHTD_SHAPE(say_type, "SocketMessage",
	OHTD_WORD(say_type, type, .flags = OHTD_NEEDED, .words = &type_words,
		  .summary = "What the message is"));

/* For a refusal: a message that is taken is not read once more. */
static struct ohtd_scalar id_of(const struct ohtd_memory *memory, const char *text, size_t bytes)
{
	return ohtd_input_peek(memory, text, bytes, "id", OHTD_SOCKET_ID_BYTES_MAX);
}

/* The length of the word at the beginning of @text. */
static size_t word_at(const char *text, size_t bytes)
{
	size_t n = 0;

	while (n < bytes && (isalnum((unsigned char)text[n]) || text[n] == '_' || text[n] == '-'))
		n++;
	return n;
}

static bool is_word(const char *text, size_t bytes, const char *word)
{
	return bytes == strlen(word) && !strncasecmp(text, word, bytes);
}

/* Does a message that cannot be read say stop all the same: as its first word, or as the word behind "type"? */
static bool says_stop(const char *text, size_t bytes)
{
	bool wanted = true;

	for (size_t i = 0, n; i < bytes; i += n ? n : 1) {
		n = word_at(text + i, bytes - i);
		if (n && wanted && is_word(text + i, n, "stop"))
			return true;
		if (n)
			wanted = is_word(text + i, n, "type");
	}
	return false;
}

static void complain(struct ohtd_socket *socket, const struct ohtd_memory *memory, const struct ohtd_scalar *id,
		     const struct ohtd_input *input, bool stopped)
{
	char detail[sizeof(input->detail) + 32];

	snprintf(detail, sizeof(detail), "%s%s", stopped ? "the stop was done, but " : "", input->detail);
	reply(socket, memory, &(struct socket_error){
		.type = "error", .id = *id, .code = input->code, .detail = detail,
		.errors = input->error_count ? input->errors : NULL, .errors_count = input->error_count,
	});
}

/* A stop is done before its form is complained about. */
static void read_message(struct ohtd_socket *socket, const struct ohtd_memory *memory,
			 const char *text, size_t bytes)
{
	struct ohtd_input input = { .memory = memory, .shape = &say_type_shape };
	struct ohtd_scalar type = ohtd_input_peek(memory, text, bytes, "type", TYPE_BYTES_MAX), id;
	size_t i = type.text ? 0 : SAYINGS;
	bool fits, stops;

	while (i < SAYINGS && strcmp(type.text, sayings[i].kind.type))
		i++;
	if (i < SAYINGS)
		input.shape = sayings[i].kind.shape;
	fits = !ohtd_input_body(&input, text, bytes) && i < SAYINGS;
	/* What says that it is something else is no stop, whatever its texts are about. */
	stops = !fits && (i < SAYINGS ? sayings[i].take == ohtd_socket_take_stop : says_stop(text, bytes));
	id = fits ? (struct ohtd_scalar){ .type = OHTD_IS_TEXT } : id_of(memory, text, bytes);
	if (!fits && !stops)
		complain(socket, memory, &id, &input, false);
	else if (socket->who.role && !ohtd_server_lives(socket->conn, &socket->who))
		ohtd_socket_close(socket, OHTD_CLOSE_TOKEN_REVOKED);
	else if (!socket->who.role && (stops || !sayings[i].kind.stranger))
		reply(socket, memory, &(struct socket_error){
			.type = "error", .id = id_of(memory, text, bytes), .code = "token_missing", .detail = "say first who you are",
		});
	else if (stops)
		complain(socket, memory, &id, &input, ohtd_socket_stop(socket, memory, &id));
	else
		sayings[i].take(socket, memory, input.view);
	if (socket->who.role && !socket->close_by_ms)
		ohtd_control_heard(socket->loop, &socket->who);
}

static void take(struct ohtd_socket *socket, const char *text, size_t bytes)
{
	struct ohtd_memory memory;
	h2o_mem_pool_t pool;

	h2o_mem_init_pool(&pool);
	memory = ohtd_pool_memory(&pool);
	read_message(socket, &memory, text, bytes);
	h2o_mem_clear_pool(&pool);
}

static void take_refused(struct ohtd_socket *socket, const char *text, size_t bytes)
{
	if (says_stop(text, bytes))
		take(socket, text, bytes);
}

static void say_hello(struct ohtd_socket *socket)
{
	unsigned long long epoch = ohtd_hub_epoch(socket->loop->server->live->hub);
	char text[96];
	int n = snprintf(text, sizeof(text),
			 "{\"type\":\"hello\",\"version\":1,\"epoch\":%llu}", epoch);

	ohtd_socket_greet(socket, text, (size_t)n);
}

const struct ohtd_dialect ohtd_dialect_own = {
	.places = OHTD_CHANNELS, .greet = say_hello, .take = take, .take_refused = take_refused,
};
