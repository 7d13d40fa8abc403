// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Topics in Foxglove's WebSocket protocol: foxglove.websocket.v1, of which foxglove.sdk.v1 is
 * another name. No capabilities: a viewer looks, and nothing that it says reaches the robot.
 */
#include <stdio.h>
#include <string.h>

#include "live/foxglove_say.h"
#include "json/schema.h"
#include "live/socket.h"
#include "live/socket_private.h"

/* A binary message with data: opcode, the client's name of the subscription, and when it was so. */
#define MESSAGE_DATA		1
#define MESSAGE_DATA_BYTES	(1 + 4 + 8)
_Static_assert(MESSAGE_DATA_BYTES <= OHTD_DRESS_BYTES, "there is room for it");

/* ---- what is said to the client ---- */

enum status_level { STATUS_INFO, STATUS_WARNING, STATUS_ERROR };

struct foxglove_status {
	const char *op;
	int level;
	const char *message;
};

OHTD_SHAPE(foxglove_status, "FoxgloveStatus",
	OHTD_TEXT(foxglove_status, op, .summary = "status"),
	OHTD_INTEGER(foxglove_status, level, .summary = "enum status_level"),
	OHTD_TEXT(foxglove_status, message, .summary = "For people"));

struct foxglove_metadata {
	const char *version;
};

OHTD_SHAPE(foxglove_metadata, "FoxgloveMetadata",
	OHTD_TEXT(foxglove_metadata, version, .summary = "Of ohtd"));

struct foxglove_server {
	const char *op;
	const char *name;
	const char *const *capabilities;
	size_t capabilities_count;
	const struct foxglove_metadata *metadata;
	const char *sessionId;
};

OHTD_SHAPE(foxglove_server, "FoxgloveServer",
	OHTD_TEXT(foxglove_server, op, .summary = "serverInfo"),
	OHTD_TEXT(foxglove_server, name, .summary = "ohtd"),
	OHTD_TEXTS(foxglove_server, capabilities, .summary = "None"),
	OHTD_OBJECT(foxglove_server, metadata, foxglove_metadata, .summary = "About the server"),
	OHTD_TEXT(foxglove_server, sessionId, .summary = "Another one after a new start"));

static struct ohtd_message *status_of(enum status_level level, const char *sentence)
{
	struct ohtd_message *message;
	struct ohtd_memory memory;
	struct ohtd_writer writer;
	h2o_mem_pool_t pool;

	h2o_mem_init_pool(&pool);
	memory = ohtd_pool_memory(&pool);
	ohtd_writer_begin(&writer, &memory, 256);
	ohtd_write_shape(&writer, &foxglove_status_shape, &(struct foxglove_status){
		.op = "status", .level = level, .message = sentence,
	});
	message = ohtd_message_of(&(struct ohtd_message_piece){ writer.text, writer.used }, 1);
	h2o_mem_clear_pool(&pool);
	return message;
}

static void write_topic(struct ohtd_writer *writer, unsigned int topic)
{
	const struct ohtd_memory *memory = writer->memory;
	const struct ohtd_shape *shape = ohtd_topic(topic)->view->shape;
	struct ohtd_writer schema;

	ohtd_writer_begin(&schema, memory, 4096);
	ohtd_schema_plain(&schema, shape);
	ohtd_write_bytes(&schema, "", 1);
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "id");
	ohtd_write_integer(writer, topic + 1);
	ohtd_write_pair(writer, "topic", ohtd_topic_name(topic));
	ohtd_write_pair(writer, "encoding", "json");
	ohtd_write_pair(writer, "schemaName", shape->name);
	ohtd_write_pair(writer, "schemaEncoding", "jsonschema");
	ohtd_write_pair(writer, "schema", schema.text);
	ohtd_write_close(writer, '}');
}

struct ohtd_message *ohtd_foxglove_advertise(void)
{
	struct ohtd_message *message;
	struct ohtd_memory memory;
	struct ohtd_writer writer;
	h2o_mem_pool_t pool;

	h2o_mem_init_pool(&pool);
	memory = ohtd_pool_memory(&pool);
	ohtd_writer_begin(&writer, &memory, 32768);
	ohtd_write_open(&writer, '{');
	ohtd_write_pair(&writer, "op", "advertise");
	ohtd_write_key(&writer, "channels");
	ohtd_write_open(&writer, '[');
	for (unsigned int i = 0; i < OHTD_TOPICS; i++)
		write_topic(&writer, i);
	ohtd_write_close(&writer, ']');
	ohtd_write_close(&writer, '}');
	message = ohtd_message_of(&(struct ohtd_message_piece){ writer.text, writer.used }, 1);
	h2o_mem_clear_pool(&pool);
	return message;
}

static void greet(struct ohtd_socket *socket)
{
	struct ohtd_server *server = socket->loop->server;
	struct ohtd_memory memory;
	struct ohtd_writer writer;
	h2o_mem_pool_t pool;
	char epoch[24];

	snprintf(epoch, sizeof(epoch), "%llu", (unsigned long long)ohtd_hub_epoch(server->live->hub));
	h2o_mem_init_pool(&pool);
	memory = ohtd_pool_memory(&pool);
	ohtd_writer_begin(&writer, &memory, 256);
	ohtd_write_shape(&writer, &foxglove_server_shape, &(struct foxglove_server){
		.op = "serverInfo", .name = "ohtd", .sessionId = epoch,
		.metadata = &(struct foxglove_metadata){ OHT_VERSION },
	});
	ohtd_socket_greet(socket, writer.text, writer.used);
	h2o_mem_clear_pool(&pool);
	ohtd_socket_reply(socket, ohtd_message_hold(server->live->topics));
}

/* ---- what the client says ---- */

/* The place of a subscription by its id; -1: there is no such subscription. */
static int place_of(const struct ohtd_socket *socket, uint32_t id)
{
	for (int i = 0; i < OHTD_TOPICS; i++)
		if (socket->subscriptions[i].step && socket->ids[i] == id)
			return i;
	return -1;
}

/* NULL, or why not. */
static const char *subscribe(struct ohtd_socket *socket, const struct ohtd_foxglove_wish *wish)
{
	uint32_t topic = wish->channel - 1;

	if (topic >= OHTD_TOPICS)
		return "there is no such channel";
	if (place_of(socket, wish->id) >= 0)
		return "there is a subscription of this id";
	if (socket->subscriptions[topic].step)
		return "the channel is subscribed to already";
	ohtd_socket_listen(socket, (int)topic, true);
	ohtd_hub_subscribe(&socket->subscriptions[topic], ohtd_topic(topic)->pause_ms);
	socket->ids[topic] = wish->id;
	return NULL;
}

static const char *unsubscribe(struct ohtd_socket *socket, const struct ohtd_foxglove_wish *wish)
{
	int place = place_of(socket, wish->id);

	if (place < 0)
		return "there is no subscription of this id";
	ohtd_socket_listen(socket, place, false);
	return NULL;
}

/* One answer for all that is wrong in a message: no message can make more than one. */
static void take(struct ohtd_socket *socket, const char *text, size_t bytes)
{
	char sentence[OHTD_FOXGLOVE_WHY_BYTES] = "";
	struct ohtd_foxglove_said said;

	ohtd_foxglove_read(&said, text, bytes);
	if (said.op == OHTD_FOXGLOVE_REFUSED)
		snprintf(sentence, sizeof(sentence), "%s", said.why);
	for (size_t i = 0; i < said.count; i++) {
		bool begins = said.op == OHTD_FOXGLOVE_SUBSCRIBE;
		const char *why = begins ? subscribe(socket, &said.wishes[i]) :
				  unsubscribe(socket, &said.wishes[i]);

		if (why && !*sentence)
			snprintf(sentence, sizeof(sentence), "%s %u: %s",
				 begins ? "subscribe" : "unsubscribe", said.wishes[i].id, why);
	}
	if (*sentence)
		ohtd_socket_reply(socket, status_of(STATUS_ERROR, sentence));
}

static void take_binary(struct ohtd_socket *socket)
{
	ohtd_socket_reply(socket, status_of(STATUS_ERROR, "nothing can be sent to the robot here"));
}

/* ---- data ---- */

static char *put_little(char *at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		*at++ = (char)(value >> (8 * i));
	return at;
}

static struct ohtd_message *dress(struct ohtd_socket *socket, int place,
				  struct ohtd_message *message)
{
	char *end = socket->head + sizeof(socket->head), *at = end - MESSAGE_DATA_BYTES;
	char sentence[96];

	/* The hub's ring has not reached back far enough; the newest state comes next. */
	if (!message->seq) {
		ohtd_message_drop(message);
		snprintf(sentence, sizeof(sentence), "%s: too slow, messages have been left out",
			 ohtd_topic_name(place));
		return status_of(STATUS_WARNING, sentence);
	}
	*at = MESSAGE_DATA;
	put_little(put_little(at + 1, socket->ids[place], 4), message->wall_ns, 8);
	at = ohtd_frame_head(at, OHTD_FRAME_BINARY, MESSAGE_DATA_BYTES + message->text_bytes);
	socket->head_bytes = (size_t)(end - at);
	return message;
}

static const char *const protocols[] = { "foxglove.websocket.v1", "foxglove.sdk.v1", NULL };

const struct ohtd_dialect ohtd_dialect_foxglove = {
	.protocols = protocols, .first = OHTD_HUB_TOPIC(0), .places = OHTD_TOPICS,
	.greet = greet, .take = take, .take_binary = take_binary, .dress = dress,
};
