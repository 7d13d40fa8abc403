// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/api.h"
#include "server/call.h"

#include "auth/ticket.h"
#include "base/clock.h"
#include "live/channels.h"
#include "server/cookie.h"
#include "lists/name_list.h"
#include "live/socket.h"
#include "live/stream.h"

#define TICKET(type)								\
	OHTD_TEXT(type, ticket, .flags = OHTD_SECRET, .min = OHTD_TICKET_CHARS,	\
		  .max = OHTD_TICKET_CHARS,					\
		  .summary = "Of POST auth/ticket, in place of the header Authorization")

static bool is_foreign_page(struct ohtd_call *call)
{
	return ohtd_call_has_header(call, "origin") && !ohtd_origin_is_own(call) && !ohtd_server_origin_is_listed(call);
}

/* A page of another machine would show the robot in the name of the person in front of it, unless the site lists it. */
static bool refuse_foreign_page(struct ohtd_call *call)
{
	if (!is_foreign_page(call))
		return false;
	ohtd_reply_problem(call, 403, "cross_origin", "this is for pages of this machine, and those of /access/origins");
	return true;
}

static void get_ws(struct ohtd_call *call)
{
	if (!refuse_foreign_page(call))
		ohtd_socket_open(call, &ohtd_dialect_own);
}

struct foxglove_query {
	const char *ticket;
};

OHTD_SHAPE(foxglove_query, "FoxgloveQuery", TICKET(foxglove_query));

static void get_foxglove(struct ohtd_call *call)
{
	/* A page elsewhere has a ticket only from a person. */
	if (is_foreign_page(call) && !call->by_ticket)
		ohtd_reply_problem(call, 403, "cross_origin",
				   "a page of another machine needs a ticket");
	else
		ohtd_socket_open(call, &ohtd_dialect_foxglove);
}

/* ---- tickets ---- */

struct ticket {
	const char *ticket;
	int expires_in;
};

OHTD_SHAPE(ticket, "Ticket",
	OHTD_TEXT(ticket, ticket, .flags = OHTD_SECRET, .summary = "For the message auth of a WebSocket, or the query of GET stream or foxglove; once"),
	OHTD_INTEGER(ticket, expires_in, .unit = "s", .summary = "From now on"));

static void post_ticket(struct ohtd_call *call)
{
	const char *origin = ohtd_call_header(call, "origin");
	const struct ohtd_ticket_bond bond = {
		.origin = origin ? origin : "", .address = ohtd_call_address(call),
	};
	uint64_t now_ms = ohtd_clock_boottime_ns(call->services->clock) / OHTD_NS_PER_MS;
	struct ohtd_secret drawn;

	if (!*call->who.session) {
		ohtd_reply_problem(call, 409, "no_session", "a ticket is for a session, and there is none");
		return;
	}
	if (ohtd_ticket_draw(ohtd_call_tickets(call), &call->who, &bond, now_ms, &drawn)) {
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "too many tickets are waiting to be used");
		return;
	}
	OHTD_REPLY(call, 200, ticket, (&(struct ticket){ drawn.revealed, OHTD_TICKET_LIFE_S }));
	ohtd_secret_forget(&drawn);
}

/* ---- server-sent events ---- */

struct stream_query {
	const char *channel;
	const char *signals;
	uint32_t max_rate_hz;
	const char *ticket;
};

OHTD_SHAPE(stream_query, "StreamQuery",
	OHTD_TEXT(stream_query, channel, .min = 1, .max = 255,
		  .summary = "What is to be told: names of channels, with commas between them; robot without it",
		  .example = "\"safety,robot\""),
	OHTD_TEXT(stream_query, signals, .min = 1, .max = OHTD_QUERY_VALUE_BYTES - 1,
		  .summary = "Only these signals of the channel telemetry, with commas between them",
		  .example = "\"position_mm,battery_percent\""),
	OHTD_INTEGER(stream_query, max_rate_hz, .min = 1, .max = OHTD_RATE_HZ_MAX, .preset = OHTD_RATE_HZ_MAX,
		     .unit = "Hz", .summary = "At most so often in each channel; events are told at once all the same"),
	TICKET(stream_query));

static const struct ohtd_name_list channel_list = {
	.member = "channel", .what = "channel", .words = &ohtd_channel_words,
	.status = 400, .code = "validation", .once = true,
};

/* False: the call has been answered. */
static bool may_listen(struct ohtd_call *call, const struct oht_set *channels)
{
	for (unsigned int i = 0; i < OHTD_CHANNELS; i++) {
		if (!oht_set_has(channels, i) || call->who.role >= ohtd_channel_role((int)i))
			continue;
		ohtd_reply_problem(call, 403, "role", "the channel %s needs a higher role",
				   ohtd_channel_name(i));
		return false;
	}
	return true;
}

static bool some_filter(const struct oht_set *channels)
{
	for (int i = 0; i < OHTD_CHANNELS; i++)
		if (oht_set_has(channels, (unsigned int)i) && ohtd_channel_filters(i))
			return true;
	return false;
}

static void get_stream(struct ohtd_call *call)
{
	const struct stream_query *query = OHTD_QUERY(call, stream_query);
	struct ohtd_stream_wish wish = {
		.pause_ms = 1000 / query->max_rate_hz,
		.last_id = ohtd_call_header(call, "last-event-id"),
	};

	if (refuse_foreign_page(call))
		return;
	oht_set_add(&wish.channels, OHTD_CHANNEL_ROBOT);
	if (query->channel && !ohtd_name_list_read(call, &channel_list, query->channel, &wish.channels))
		return;
	if (!may_listen(call, &wish.channels))
		return;
	if (query->signals && !some_filter(&wish.channels)) {
		ohtd_reply_member(call, "/signals", "unknown_member",
				  "these channels have no filter, only telemetry has");
		return;
	}
	if (query->signals && !ohtd_name_list_read(call, &ohtd_signal_list, query->signals, &wish.signals))
		return;
	ohtd_stream_open(call, &wish);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "ws", .kind = OHTD_UPGRADE,
		.replies = { { .status = 101 } },
		.problems = { "cross_origin", "busy", "out_of_memory" },
		.handle = get_ws,
		.summary = "Live data over a WebSocket",
		.text = "One JSON object in each text message, see docs/api.md. The first says hello; the "
			"client has two seconds to say who it is, with {\"type\":\"auth\",\"token\":...}, and "
			"then subscribes to channels: GET asyncapi.json has each channel and its messages.",
	}, {
		.method = OHTD_GET, .path = "foxglove", .role = OHTD_ROLE_VIEWER,
		.kind = OHTD_UPGRADE, .flags = OHTD_ROUTE_TICKET,
		.query = &foxglove_query_shape,
		.replies = { { .status = 101 } },
		.problems = { "ticket_invalid", "cross_origin", "subprotocol", "busy",
			      "out_of_memory" },
		.handle = get_foxglove,
		.summary = "Live data for Foxglove, Lichtblick and PlotJuggler",
		.text = "A WebSocket by the protocol foxglove.websocket.v1, also named foxglove.sdk.v1, "
			"with JSON and without any capability: nothing can be sent to the robot. "
			"See docs/api.md.",
	}, {
		.method = OHTD_GET, .path = "stream", .role = OHTD_ROLE_VIEWER, .kind = OHTD_STREAM,
		.flags = OHTD_ROUTE_TICKET, .query = &stream_query_shape,
		.replies = { { 200, NULL, "text/event-stream" } },
		.problems = { "ticket_invalid", "cross_origin", "unknown_signal", "busy", "out_of_memory" },
		.handle = get_stream,
		.summary = "Channels of live data as server-sent events",
		.text = "The messages of the WebSocket, those of the stop first. The event of each is the name of "
			"its channel; its id goes into Last-Event-ID to go on behind it in all channels. "
			"A ticket is for an EventSource, which cannot send Authorization; it opens one "
			"stream and no second one.",
	}, {
		.method = OHTD_POST, .path = "auth/ticket", .flags = OHTD_ROUTE_QUIET, .role = OHTD_ROLE_VIEWER, .body_bytes_max = 4096,
		.act = { "draw", "drew", " a ticket" },
		.replies = { { 200, &ticket_shape } },
		.problems = { "no_session", "busy" },
		.handle = post_ticket,
		.summary = "Ticket for a WebSocket or a stream, good once and for 10 s, from the same page and address",
	},
};

OHTD_ROUTE_TABLE(ohtd_live_routes, OHTD_LIVE_TAG, routes);
