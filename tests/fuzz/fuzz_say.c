// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A message of a client of the WebSocket. Input: a byte with the role of the client, then messages, one a line. Each
 * goes the whole way: a refusal has a code that is known, and channels are those that were asked for. What the
 * robot and the sessions would be asked is answered here.
 */
#include "fuzz.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>

#include "auth/session.h"
#include "base/clock.h"
#include "api/api.h"
#include "http/catalogue.h"
#include "server/command.h"
#include "live/socket.h"
#include "live/socket_private.h"
#include "control/robot.h"
#include "robot/stations.h"

#define CHANNELS_OF_ALL	(OHTD_CHANNELS + OHTD_TOPICS)

/* ---- what is not there ---- */

void __wrap_ohtd_control_heard(struct ohtd_loop *loop, const struct ohtd_principal *who);
void __wrap_ohtd_control_heard(struct ohtd_loop *loop, const struct ohtd_principal *who)
{
	(void)loop;
	HOLDS("a stranger holds nothing", who->role);
}

enum ohtd_token_result __wrap_ohtd_auth_check(struct ohtd_auth *auth, const char *token, const char *address,
					      struct ohtd_principal *who);
enum ohtd_token_result __wrap_ohtd_auth_check(struct ohtd_auth *auth, const char *token, const char *address,
					      struct ohtd_principal *who)
{
	(void)auth;
	(void)address;
	if (strcmp(token, "good"))
		return OHTD_TOKEN_INVALID;
	*who = (struct ohtd_principal){ .role = OHTD_ROLE_VIEWER, .user = "viewer" };
	return OHTD_TOKEN_GOOD;
}

bool __wrap_ohtd_auth_lives(struct ohtd_auth *auth, const struct ohtd_principal *who);
bool __wrap_ohtd_auth_lives(struct ohtd_auth *auth, const struct ohtd_principal *who)
{
	(void)auth;
	(void)who;
	return true;
}

enum ohtd_close __wrap_ohtd_loop_take_ticket(struct ohtd_loop *loop, const char *ticket,
					     const struct ohtd_ticket_bond *bond, struct ohtd_principal *who);
enum ohtd_close __wrap_ohtd_loop_take_ticket(struct ohtd_loop *loop, const char *ticket,
					     const struct ohtd_ticket_bond *bond, struct ohtd_principal *who)
{
	(void)loop;
	(void)ticket;
	(void)bond;
	(void)who;
	return OHTD_CLOSE_TICKET_INVALID;
}

void __wrap_ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations);
void __wrap_ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations)
{
	(void)robot;
	stations->count = 0;
}

static unsigned int posted;

int __wrap_ohtd_command_post(struct ohtd_loop *loop, const struct ohtd_principal *who,
			     struct ohtd_command *command, struct ohtd_waiting *waiting, struct ohtd_courses_lack *lack);
int __wrap_ohtd_command_post(struct ohtd_loop *loop, const struct ohtd_principal *who,
			     struct ohtd_command *command, struct ohtd_waiting *waiting, struct ohtd_courses_lack *lack)
{
	(void)loop;
	(void)lack;
	(void)waiting;
	HOLDS("only operators command", who->role >= OHTD_ROLE_OPERATOR);
	HOLDS("a command is one that is known", command->kind <= OHTD_COMMAND_LAST);
	posted++;
	return -EAGAIN;
}

int __wrap_ohtd_stop(struct ohtd_link *link, uint64_t tag, struct ohtd_stop_result *result);
int __wrap_ohtd_stop(struct ohtd_link *link, uint64_t tag, struct ohtd_stop_result *result)
{
	(void)link;
	(void)tag;
	(void)result;
	posted++;
	return -ENODEV;
}

/* ---- what is said ---- */

static const char *text_of(struct json_object *answer, const char *name)
{
	struct json_object *member;

	HOLDS("it has that member", json_object_object_get_ex(answer, name, &member));
	HOLDS("which is a text", json_object_is_type(member, json_type_string));
	return json_object_get_string(member);
}

static bool is_known(const char *code)
{
	for (size_t i = 0; i < ohtd_catalogue_count; i++)
		if (!strcmp(ohtd_catalogue[i].code, code))
			return true;
	return false;
}

/* An answer is an object: pong, error or the refusal of a command. */
static void check_answer(const struct ohtd_message *message)
{
	char *text = fuzz_text(message->text, message->text_bytes);
	struct json_object *answer = json_tokener_parse(text), *data;
	const char *type;

	HOLDS("an answer is an object", json_object_is_type(answer, json_type_object));
	HOLDS("of one line", !strchr(text, '\n') && strlen(text) == message->text_bytes);
	type = text_of(answer, "type");
	if (!strcmp(type, "error"))
		HOLDS("an error has a known code", is_known(text_of(answer, "code")));
	else if (!strcmp(type, "result"))
		HOLDS("a refused command has a known code",
		      json_object_object_get_ex(answer, "data", &data) && is_known(text_of(data, "code")));
	else
		HOLDS("or it is a pong", !strcmp(type, "pong"));
	json_object_put(answer);
	free(text);
}

/* At most one answer to a message; returns how many. */
static size_t take_answers(struct ohtd_socket *socket)
{
	size_t count = socket->reply_count;

	for (; socket->reply_count; socket->reply_count--) {
		struct ohtd_message *message = socket->replies[socket->reply_first];

		check_answer(message);
		ohtd_message_drop(message);
		socket->reply_first = (socket->reply_first + 1) % OHTD_SOCKET_REPLIES;
	}
	return count;
}

static unsigned int subscribed(const struct ohtd_socket *socket)
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < OHTD_CHANNELS; i++)
		if (socket->subscriptions[i].step)
			bits |= 1u << i;
	return bits;
}

static void check_channels(struct ohtd_socket *socket, struct ohtd_hub *hub)
{
	for (int i = 0; i < OHTD_CHANNELS; i++) {
		const struct ohtd_subscription *place = &socket->subscriptions[i];

		HOLDS("the hub knows who listens", ohtd_hub_listeners(hub, i) == (place->step ? 1u : 0u));
		HOLDS("nobody is told what needs a higher role",
		      !place->step || socket->who.role >= ohtd_channel_role(i));
		HOLDS("a filter is where there is one", !place->wanted || ohtd_channel_filters(i));
	}
}

static bool has_stop(const char *text, size_t bytes)
{
	for (size_t i = 0; i + 4 <= bytes; i++)
		if (!strncasecmp(text + i, "stop", 4))
			return true;
	return false;
}

static void say(struct ohtd_socket *socket, const char *text, size_t bytes)
{
	unsigned int before = subscribed(socket), changed, commands = posted;
	char *copy = fuzz_copy(text, bytes);
	enum ohtd_role role = socket->who.role;
	size_t answers;

	ohtd_dialect_own.take(socket, copy, bytes);
	free(copy);
	changed = before ^ subscribed(socket);
#ifdef FUZZ_SEED_DEFECT
	/* Subscribes in spite of the refusal. */
	if (socket->reply_count && memchr(text, '[', bytes))
		changed |= 1;
#endif
	answers = take_answers(socket);
	/* A stop is done, and then its form is complained about. */
	HOLDS("at most one answer", answers <= 1 || (answers == 2 && has_stop(text, bytes)));
	HOLDS("a message changes one channel", !(changed & (changed - 1)));
	HOLDS("what is refused changes nothing", !answers || !changed);
	HOLDS("a stranger changes nothing", role || (!changed && posted == commands));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ohtd_channel_kind kinds[CHANNELS_OF_ALL];
	static struct ohtd_clock clock = { .ops = &ohtd_clock_system };
	static struct ohtd_live live;
	static struct ohtd_live_loop live_loop;
	static struct ohtd_server server = { .live = &live };
	static struct ohtd_loop loop = { .server = &server, .live = &live_loop };
	static struct ohtd_conn conn;
	static h2o_websocket_conn_t ws;
	struct ohtd_socket *socket = calloc(1, sizeof(*socket));
	struct fuzz_input in = { data, size };
	const struct wslay_event_callbacks none = { .recv_callback = NULL };

	ohtd_channels_set(&ohtd_channel_table);
	server.services.clock = &clock;
	server.shares = ohtd_shares_create();
	if (!server.shares)
		abort();
	live.hub = ohtd_hub_create(kinds, CHANNELS_OF_ALL, 1);
	/* h2o is not there; in_message: so it is not told of the end. */
	*socket = (struct ohtd_socket){ .loop = &loop, .conn = &conn, .ws = &ws, .in_message = true,
					.dialect = &ohtd_dialect_own };
	if (!live.hub || wslay_event_context_server_init(&ws.ws_ctx, &none, NULL))
		abort();
	socket->who.role = (enum ohtd_role)(fuzz_take8(&in) % (OHTD_ROLE_ADMINISTRATOR + 1));
	strcpy(socket->client, "192.0.2.1");
	/* As the handshake leaves a stranger; the log-in gives the place back. */
	atomic_store(&live.strangers, socket->who.role ? 0u : 1u);
	if (!socket->who.role)
		HOLDS("there is a place", ohtd_shares_take(server.shares, OHTD_SHARE_STRANGER, socket->client, 1));
	while (in.left && !socket->close_by_ms) {
		const char *text = (const char *)in.at, *end = memchr(text, '\n', in.left);
		size_t bytes = end ? (size_t)(end - text) : in.left;

		say(socket, text, bytes);
		check_channels(socket, live.hub);
		in.at += end ? bytes + 1 : bytes;
		in.left -= end ? bytes + 1 : bytes;
	}
	HOLDS("a stranger has a place, and nobody else", atomic_load(&live.strangers) == (socket->who.role ? 0u : 1u) &&
	      ohtd_shares_take(server.shares, OHTD_SHARE_STRANGER, socket->client, 1) == (socket->who.role > 0));
	wslay_event_context_free(ws.ws_ctx);
	ohtd_hub_destroy(live.hub);
	ohtd_shares_destroy(server.shares);
	free(socket);
	return 0;
}
