// SPDX-License-Identifier: GPL-2.0-or-later
#include "describe/asyncapi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "http/catalogue.h"
#include "live/channels.h"
#include "http/close.h"
#include "live/members.h"
#include "live/messages.h"
#include "describe/openapi.h"

#define NAME_BYTES	96
#define SOCKET		"ws"	/* the channel of the document for what is about no channel of the robot */

/* ---- what live/hub.c and socket.c write by hand ---- */

struct told_hello {
	const char *type;
	int version;
	int64_t epoch;
};

OHTD_SHAPE(told_hello, "SocketHello",
	OHTD_TEXT(told_hello, type, .summary = "hello"),
	OHTD_INTEGER(told_hello, version, .summary = "Of this protocol"),
	OHTD_INTEGER(told_hello, epoch, .summary = "Names this run of the daemon; numbers of messages count in it"));

struct told_type {
	const char *type;
};

OHTD_SHAPE(told_type, "SocketPong", OHTD_TEXT(told_type, type, .summary = "pong"));

struct told_resync {
	const char *type;
	uint32_t channel;
};

OHTD_SHAPE(told_resync, "SocketResync",
	OHTD_TEXT(told_resync, type, .summary = "resync"),
	OHTD_WORD(told_resync, channel, .words = &ohtd_channel_words,
		  .summary = "What is not there any more; its whole state comes next"));

struct told_time {
	int64_t utc;
	int64_t monotonic_ns;
};

OHTD_SHAPE(told_time, "SocketTime",
	OHTD_TIME(told_time, utc, .summary = "Time of day of the robot"),
	OHTD_INTEGER(told_time, monotonic_ns, .unit = "ns", .summary = "CLOCK_MONOTONIC of the robot"));

struct told_state {
	const char *type;
	uint32_t channel;
	int64_t seq;
	const struct told_time *ts;
	int64_t conflated;
};

OHTD_SHAPE(told_state, "SocketState",
	OHTD_TEXT(told_state, type, .summary = "snapshot, update or event"),
	OHTD_WORD(told_state, channel, .words = &ohtd_channel_words, .summary = "What is told"),
	OHTD_INTEGER(told_state, seq, .summary = "Rises by one with each message of the channel"),
	OHTD_OBJECT(told_state, ts, told_time, .summary = "When it was so"),
	OHTD_INTEGER(told_state, conflated, .flags = OHTD_OMIT,
		     .summary = "So many messages were left out; this one has what they said. Events never are"));

/* Messages besides the channels of the robot. */
static const struct {
	const char *name, *type;
	const struct ohtd_shape *shape;
	const char *summary;
} tellings[] = {
	{ "hello", "hello", &told_hello_shape, "The first message of a connection" },
	{ "pong", "pong", &told_type_shape, "Answers ping" },
	{ "result", "result", &socket_result_shape, "A command has been done" },
	{ "refusal", "result", &socket_refusal_shape, "A command or a stop has not been done, and why" },
	{ "stopped", "stopped", &socket_stopped_shape, "The machine is stopped" },
	{ "error", "error", &socket_error_shape, "A message of the client was wrong, and changed nothing" },
};

#define TELLINGS	(sizeof(tellings) / sizeof(tellings[0]))

/* Messages of a channel of the robot. */
enum told { SNAPSHOT, UPDATE, EVENT, RESYNC, TOLD };

static const struct {
	const char *type, *summary;
} told[TOLD] = {
	[SNAPSHOT] = { "snapshot", "The whole state; recovered: none of it, what was missed comes next" },
	[UPDATE] = { "update", "Members that have changed, each whole; at least two a second come" },
	[EVENT] = { "event", "The same, of something that has happened; none is left out" },
	[RESYNC] = { "resync", "What should be gone on from is not there any more" },
};

static bool is_told(int channel, int message)
{
	return message != EVENT || ohtd_channel_has_events(channel);
}

static const char *channel_name(int channel)
{
	return ohtd_channel_name((unsigned int)channel);
}

/* ---- pieces ---- */

/* "sendSafety", "safetySnapshot" */
static void join(char name[NAME_BYTES], const char *first, const char *second)
{
	snprintf(name, NAME_BYTES, "%s%c%s", first, toupper((unsigned char)*second), second + 1);
}

static void write_ref(struct ohtd_writer *writer, const char *to)
{
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "$ref", to);
	ohtd_write_close(writer, '}');
}

static void write_const(struct ohtd_writer *writer, const char *member, const char *word)
{
	ohtd_write_key(writer, member);
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "const", word);
	ohtd_write_close(writer, '}');
}

static void write_message_head(struct ohtd_writer *writer, const char *name, const char *summary)
{
	ohtd_write_key(writer, name);
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "name", name);
	ohtd_write_pair(writer, "summary", summary);
}

/* The beginning of a message of that shape and type; what the caller adds is about its members. */
static void open_payload(struct ohtd_writer *writer, const struct ohtd_shape *shape, const char *type)
{
	ohtd_write_key(writer, "payload");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "allOf");
	ohtd_write_open(writer, '[');
	ohtd_schema_ref(writer, shape);
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "properties");
	ohtd_write_open(writer, '{');
	write_const(writer, "type", type);
}

/* Behind the properties. */
static void close_payload(struct ohtd_writer *writer)
{
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, ']');
	ohtd_write_close(writer, '}');
}

/* ---- messages ---- */

static void write_message(struct ohtd_writer *writer, const char *name, const char *type,
			  const struct ohtd_shape *shape, const char *summary)
{
	write_message_head(writer, name, summary);
	open_payload(writer, shape, type);
	ohtd_write_close(writer, '}');
	close_payload(writer);
	ohtd_write_close(writer, '}');
}

/* A snapshot has all of the state, or says that nothing of it is needed. */
static void write_snapshot_data(struct ohtd_writer *writer, int channel)
{
	static const char none[] =
		"{\"properties\":{\"recovered\":{\"const\":true},\"data\":{\"type\":\"object\","
		"\"maxProperties\":0}},\"required\":[\"recovered\",\"data\"]}";

	ohtd_write_key(writer, "oneOf");
	ohtd_write_open(writer, '[');
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "properties");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "recovered");
	ohtd_write_json(writer, "{\"const\":false}");
	ohtd_write_key(writer, "data");
	ohtd_schema_ref(writer, ohtd_channel_shape(channel));
	ohtd_write_close(writer, '}');
	ohtd_write_key(writer, "required");
	ohtd_write_json(writer, "[\"recovered\",\"data\"]");
	ohtd_write_close(writer, '}');
	ohtd_write_json(writer, none);
	ohtd_write_close(writer, ']');
}

static void write_told(struct ohtd_writer *writer, int channel, enum told message)
{
	const struct ohtd_shape *shape = message == RESYNC ? &told_resync_shape : &told_state_shape;
	char name[NAME_BYTES], changes[NAME_BYTES + 32];

	join(name, channel_name(channel), told[message].type);
	write_message_head(writer, name, told[message].summary);
	open_payload(writer, shape, told[message].type);
	write_const(writer, "channel", channel_name(channel));
	if (message == UPDATE || message == EVENT) {
		snprintf(changes, sizeof(changes), "#/components/schemas/%sChanges",
			 ohtd_channel_shape(channel)->name);
		ohtd_write_key(writer, "data");
		write_ref(writer, changes);
		if (message == EVENT) {
			ohtd_write_key(writer, "conflated");
			ohtd_write_json(writer, "false");
		}
		ohtd_write_close(writer, '}');
		ohtd_write_key(writer, "required");
		ohtd_write_json(writer, "[\"data\"]");
	} else {
		ohtd_write_close(writer, '}');
	}
	if (message == SNAPSHOT)
		write_snapshot_data(writer, channel);
	close_payload(writer);
	ohtd_write_close(writer, '}');
}

static void write_messages(struct ohtd_writer *writer)
{
	const struct ohtd_saying *saying;

	ohtd_write_key(writer, "messages");
	ohtd_write_open(writer, '{');
	for (size_t i = 0; i < TELLINGS; i++)
		write_message(writer, tellings[i].name, tellings[i].type, tellings[i].shape,
			      tellings[i].summary);
	for (size_t i = 0; (saying = ohtd_saying_at(i)); i++)
		write_message(writer, saying->type, saying->type, saying->shape, saying->summary);
	for (int channel = 0; channel < OHTD_CHANNELS; channel++)
		for (int message = 0; message < TOLD; message++)
			if (is_told(channel, message))
				write_told(writer, channel, message);
	ohtd_write_close(writer, '}');
}

/* ---- channels ---- */

static void write_channel_message(struct ohtd_writer *writer, const char *key, const char *name)
{
	char ref[NAME_BYTES + 32];

	snprintf(ref, sizeof(ref), "#/components/messages/%s", name);
	ohtd_write_key(writer, key);
	write_ref(writer, ref);
}

static void open_channel(struct ohtd_writer *writer, const char *name)
{
	ohtd_write_key(writer, name);
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "address", "/api/v1/ws");
}

static void write_socket(struct ohtd_writer *writer)
{
	const struct ohtd_saying *saying;

	open_channel(writer, SOCKET);
	ohtd_write_pair(writer, "summary", "What is about the connection, and all that clients say");
	ohtd_write_key(writer, "x-message-bytes-max");
	ohtd_write_integer(writer, OHTD_MESSAGE_BYTES_MAX);
	ohtd_write_key(writer, "messages");
	ohtd_write_open(writer, '{');
	for (size_t i = 0; i < TELLINGS; i++)
		write_channel_message(writer, tellings[i].name, tellings[i].name);
	for (size_t i = 0; (saying = ohtd_saying_at(i)); i++)
		write_channel_message(writer, saying->type, saying->type);
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, '}');
}

static void write_channel(struct ohtd_writer *writer, int channel)
{
	bool events = ohtd_channel_has_events(channel);
	char name[NAME_BYTES];

	open_channel(writer, channel_name(channel));
	ohtd_write_pair(writer, "summary", events ? "Events: none is left out or told twice" :
			"State: who does not keep up is told the newest");
	ohtd_write_pair(writer, "x-channel", channel_name(channel));
	ohtd_write_pair(writer, "x-kind", events ? "events" : "state");
	ohtd_write_pair(writer, "x-role", ohtd_role_name(ohtd_channel_role(channel)));
	ohtd_write_key(writer, "x-filter");
	ohtd_write_boolean(writer, ohtd_channel_filters(channel));
	ohtd_write_key(writer, "messages");
	ohtd_write_open(writer, '{');
	for (int message = 0; message < TOLD; message++) {
		if (!is_told(channel, message))
			continue;
		join(name, channel_name(channel), told[message].type);
		write_channel_message(writer, told[message].type, name);
	}
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, '}');
}

static void write_channels(struct ohtd_writer *writer)
{
	ohtd_write_key(writer, "channels");
	ohtd_write_open(writer, '{');
	write_socket(writer);
	for (int channel = 0; channel < OHTD_CHANNELS; channel++)
		write_channel(writer, channel);
	ohtd_write_close(writer, '}');
}

/* ---- operations, as seen by the robot ---- */

static void open_operation(struct ohtd_writer *writer, const char *action, const char *what,
			   const char *channel)
{
	char name[NAME_BYTES], ref[NAME_BYTES];

	join(name, action, what);
	snprintf(ref, sizeof(ref), "#/channels/%s", channel);
	ohtd_write_key(writer, name);
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "action", action);
	ohtd_write_key(writer, "channel");
	write_ref(writer, ref);
}

static void write_message_ref(struct ohtd_writer *writer, const char *channel, const char *message)
{
	char ref[NAME_BYTES + 32];

	snprintf(ref, sizeof(ref), "#/channels/%s/messages/%s", channel, message);
	write_ref(writer, ref);
}

static void write_telling(struct ohtd_writer *writer, const char *name)
{
	open_operation(writer, "send", name, SOCKET);
	ohtd_write_key(writer, "messages");
	ohtd_write_open(writer, '[');
	write_message_ref(writer, SOCKET, name);
	ohtd_write_close(writer, ']');
	ohtd_write_close(writer, '}');
}

static void write_saying(struct ohtd_writer *writer, const struct ohtd_saying *saying)
{
	open_operation(writer, "receive", saying->type, SOCKET);
	ohtd_write_pair(writer, "summary", saying->summary);
	ohtd_write_key(writer, "x-stranger");
	ohtd_write_boolean(writer, saying->stranger);
	ohtd_write_key(writer, "messages");
	ohtd_write_open(writer, '[');
	write_message_ref(writer, SOCKET, saying->type);
	ohtd_write_close(writer, ']');
	if (saying->answers[0]) {
		ohtd_write_key(writer, "reply");
		ohtd_write_open(writer, '{');
		ohtd_write_key(writer, "channel");
		write_ref(writer, "#/channels/" SOCKET);
		ohtd_write_key(writer, "messages");
		ohtd_write_open(writer, '[');
		for (size_t i = 0; i < OHTD_ANSWERS_MAX && saying->answers[i]; i++)
			write_message_ref(writer, SOCKET, saying->answers[i]);
		ohtd_write_close(writer, ']');
		ohtd_write_close(writer, '}');
	}
	ohtd_write_close(writer, '}');
}

static void write_following(struct ohtd_writer *writer, int channel)
{
	open_operation(writer, "send", channel_name(channel), channel_name(channel));
	ohtd_write_pair(writer, "summary", "To clients that have subscribed to the channel");
	ohtd_write_key(writer, "messages");
	ohtd_write_open(writer, '[');
	for (int message = 0; message < TOLD; message++)
		if (is_told(channel, message))
			write_message_ref(writer, channel_name(channel), told[message].type);
	ohtd_write_close(writer, ']');
	ohtd_write_close(writer, '}');
}

static void write_operations(struct ohtd_writer *writer)
{
	const struct ohtd_saying *saying;

	ohtd_write_key(writer, "operations");
	ohtd_write_open(writer, '{');
	write_telling(writer, "hello");
	write_telling(writer, "error");
	for (size_t i = 0; (saying = ohtd_saying_at(i)); i++)
		write_saying(writer, saying);
	for (int channel = 0; channel < OHTD_CHANNELS; channel++)
		write_following(writer, channel);
	ohtd_write_close(writer, '}');
}

/* ---- ends ---- */

static const char *cause_of(const struct ohtd_close_kind *kind)
{
	for (size_t i = 0; i < ohtd_catalogue_count; i++)
		if (!strcmp(ohtd_catalogue[i].code, kind->reason))
			return ohtd_catalogue[i].cause;
	return kind->cause;
}

static void write_closes(struct ohtd_writer *writer)
{
	ohtd_write_key(writer, "x-close-codes");
	ohtd_write_open(writer, '[');
	for (size_t i = 0; i < OHTD_CLOSES; i++) {
		const struct ohtd_close_kind *kind = &ohtd_closes[i];

		ohtd_write_open(writer, '{');
		ohtd_write_key(writer, "code");
		ohtd_write_integer(writer, kind->code);
		ohtd_write_pair(writer, "reason", kind->reason);
		ohtd_write_pair(writer, "again", ohtd_close_again_word(kind->again));
		ohtd_write_pair(writer, "description", cause_of(kind));
		ohtd_write_close(writer, '}');
	}
	ohtd_write_close(writer, ']');
}

/* ---- the document ---- */

static void write_head(struct ohtd_writer *writer)
{
	ohtd_write_pair(writer, "asyncapi", "3.0.0");
	ohtd_write_pair(writer, "id", "urn:oht:ohtd:live");
	ohtd_write_pair(writer, "defaultContentType", "application/json");
	ohtd_write_key(writer, "info");
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "title", "ohtd, live data");
	ohtd_write_pair(writer, "version", OHT_VERSION);
	ohtd_write_pair(writer, "description",
			"One JSON object in each text message. Operations are those of the robot. A close code's "
			"again: yes, connect again and resume; login, with another token or ticket; never. "
			"GET /api/v1/stream has the messages of the channels, without those of the client, as "
			"server-sent events.");
	ohtd_write_key(writer, "license");
	ohtd_write_json(writer, "{\"name\":\"GPL-2.0-or-later\","
			"\"url\":\"https://spdx.org/licenses/GPL-2.0-or-later.html\"}");
	ohtd_write_key(writer, "tags");
	ohtd_write_json(writer, "[{\"name\":\"live\"}]");
	ohtd_write_close(writer, '}');
	ohtd_write_key(writer, "servers");
	ohtd_write_json(writer,
			"{\"robot\":{\"host\":\"{host}:{port}\",\"protocol\":\"wss\",\"variables\":"
			"{\"host\":{\"default\":\"localhost\"},\"port\":{\"default\":\"8443\"}},"
			"\"security\":[{\"$ref\":\"#/components/securitySchemes/token\"},"
			"{\"$ref\":\"#/components/securitySchemes/ticket\"}]}}");
}

static void collect_shapes(struct ohtd_shapes *shapes)
{
	const struct ohtd_saying *saying;

	ohtd_shapes_add(shapes, &told_state_shape, false);
	ohtd_shapes_add(shapes, &told_resync_shape, false);
	for (size_t i = 0; i < TELLINGS; i++)
		ohtd_shapes_add(shapes, tellings[i].shape, false);
	for (size_t i = 0; (saying = ohtd_saying_at(i)); i++)
		ohtd_shapes_add(shapes, saying->shape, true);
	for (int channel = 0; channel < OHTD_CHANNELS; channel++)
		ohtd_shapes_add(shapes, ohtd_channel_shape(channel), false);
}

static void write_components(struct ohtd_writer *writer)
{
	static const char security[] =
		"{\"token\":{\"type\":\"apiKey\",\"in\":\"password\",\"description\":\"Access token of "
		"POST auth/login, as token of the message auth\"},\"ticket\":{\"type\":\"apiKey\",\"in\":"
		"\"password\",\"description\":\"Ticket of POST auth/ticket, as ticket of the message auth\"}}";
	struct ohtd_shapes shapes = { .count = 0 };
	char name[NAME_BYTES];

	collect_shapes(&shapes);
	ohtd_write_key(writer, "components");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "securitySchemes");
	ohtd_write_json(writer, security);
	write_messages(writer);
	ohtd_write_key(writer, "schemas");
	ohtd_write_open(writer, '{');
	ohtd_schema_shapes(writer, &shapes);
	for (int channel = 0; channel < OHTD_CHANNELS; channel++) {
		snprintf(name, sizeof(name), "%sChanges", ohtd_channel_shape(channel)->name);
		ohtd_write_key(writer, name);
		ohtd_schema_some(writer, ohtd_channel_shape(channel));
	}
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, '}');
}

static void write_document(struct ohtd_writer *writer, const void *about)
{
	(void)about;
	ohtd_write_open(writer, '{');
	write_head(writer);
	write_channels(writer);
	write_operations(writer);
	write_closes(writer);
	write_components(writer);
	ohtd_write_close(writer, '}');
}

/* Members of a state, as a message has them. */
static size_t members_of(const struct ohtd_shape *shape)
{
	size_t count = 0;

	for (size_t i = 0; i < shape->count; i++)
		count += shape->members[i].type == OHTD_IS_PART ? members_of(shape->members[i].shape) : 1;
	return count;
}

/* The hub would not publish a state with more. */
static bool states_fit(char *why, size_t size)
{
	for (int channel = 0; channel < OHTD_CHANNELS; channel++) {
		size_t count = members_of(ohtd_channel_shape(channel));

		if (count > OHTD_MEMBERS_MAX) {
			snprintf(why, size, "channel %s: its state has %zu members, more than OHTD_MEMBERS_MAX, %d",
				 ohtd_channel_name((unsigned int)channel), count, OHTD_MEMBERS_MAX);
			return false;
		}
	}
	return true;
}

char *ohtd_asyncapi_make(size_t *bytes, char *why, size_t size)
{
	struct ohtd_shapes shapes = { .count = 0 };

	if (!states_fit(why, size))
		return NULL;
	collect_shapes(&shapes);
	snprintf(why, size, "the description of messages: out of memory");
	return ohtd_json_shapes_fit(&shapes, why, size) ? ohtd_description_make(write_document, NULL, bytes) : NULL;
}
