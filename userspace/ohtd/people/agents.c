// SPDX-License-Identifier: GPL-2.0-or-later
/* agents: programs at work, which say what they do. */
#include "people/people.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>

#include "auth/agents.h"
#include "auth/session.h"
#include "base/blank.h"
#include "base/clock.h"
#include "lists/list.h"

static const char *const states[OHTD_AGENT_STATES] = {
	[OHTD_AGENT_IDLE] = "idle", [OHTD_AGENT_WORKING] = "working", [OHTD_AGENT_WAITING] = "waiting", [OHTD_AGENT_FAILING] = "failing",
};

OHTD_WORDS_OF(state_words, states);

struct agent {
	const char *name;
	const char *user;
	int state;
	const char *doing;
	int64_t silent_s;
	bool silent;
	int64_t age_ms;
	int64_t known_for_ms;
	int64_t beats;
};

OHTD_SHAPE(agent, "Agent",
	OHTD_TEXT(agent, name, .summary = "As the program calls itself", .example = "\"line\""),
	OHTD_TEXT(agent, user, .summary = "Service account, or local user, whose it is", .example = "\"uid 1001 (ros)\""),
	OHTD_WORD(agent, state, .words = &state_words, .summary = "As it says; failing: it cannot do its work"),
	OHTD_TEXT(agent, doing, .flags = OHTD_NULL, .summary = "What it does, for people; null: it does not say", .example = "\"order 4711\""),
	OHTD_INTEGER(agent, silent_s, .unit = "s", .summary = "It is silent when it was not heard for so long"),
	OHTD_BOOLEAN(agent, silent, .summary = "It is: alert agent_silent"),
	OHTD_INTEGER(agent, age_ms, .flags = OHTD_DRIFTS, .unit = "ms", .summary = "Since its newest heartbeat"),
	OHTD_INTEGER(agent, known_for_ms, .flags = OHTD_DRIFTS, .unit = "ms", .summary = "Since its first one in this run of ohtd"),
	OHTD_INTEGER(agent, beats, .summary = "How many there were"));

struct agent_list {
	const struct agent *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(agent_list, "AgentList",
	OHTD_LIST(agent_list, items, agent, .summary = "By name; at most 32"),
	OHTD_NEXT_CURSOR(agent_list));

struct agent_beat {
	int state;
	const char *doing;
	uint32_t silent_s;
};

OHTD_SHAPE(agent_beat, "AgentHeartbeat",
	OHTD_WORD(agent_beat, state, .flags = OHTD_NEEDED, .words = &state_words, .summary = "What it is about"),
	OHTD_TEXT(agent_beat, doing, .max = OHTD_AGENT_DOING_BYTES - 1, .unfit = ohtd_optional_line_unfit, .summary = "The same for people", .example = "\"order 4711\""),
	OHTD_INTEGER(agent_beat, silent_s, .min = OHTD_AGENT_SILENT_S_MIN, .max = OHTD_AGENT_SILENT_S_MAX, .preset = OHTD_AGENT_SILENT_S,
		    .unit = "s", .summary = "An alert comes when it is not heard for so long"));

static struct agent view_of(const struct ohtd_auth_agent *agent, uint64_t now_ns)
{
	return (struct agent){
		.name = agent->name, .user = agent->user, .state = (int)agent->state, .doing = *agent->doing ? agent->doing : NULL,
		.silent_s = agent->silent_s, .silent = ohtd_auth_agent_is_silent(agent, now_ns),
		.age_ms = (int64_t)(ohtd_since(now_ns, agent->heard_ns) / OHTD_NS_PER_MS),
		.known_for_ms = (int64_t)(ohtd_since(now_ns, agent->first_ns) / OHTD_NS_PER_MS), .beats = (int64_t)agent->beats,
	};
}

static void get_agents(struct ohtd_call *call)
{
	struct ohtd_auth_agent *agents = ohtd_call_alloc(call, OHTD_AGENTS_MAX * sizeof(*agents));
	unsigned int count = ohtd_auth_agents_list(ohtd_auth_agents_of(call->services->auth), agents);
	struct agent *items = ohtd_call_alloc(call, count * sizeof(*items));
	uint64_t now_ns = ohtd_clock_monotonic_ns(call->services->clock);

	for (unsigned int i = 0; i < count; i++)
		items[i] = view_of(&agents[i], now_ns);
	OHTD_REPLY(call, 200, agent_list, (&(struct agent_list){ .items = items, .items_count = count }));
}

static void refuse(struct ohtd_call *call, int error)
{
	const char *name = call->params.name;

	if (error == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "no agent %s has been heard since the start of ohtd", name);
	else if (error == -EEXIST)
		ohtd_reply_problem(call, 409, "agent_of_another", "the agent %s is not one of %s", name, call->who.user);
	else if (error == -EDQUOT)
		ohtd_reply_problem(call, 409, "too_many_agents", "%s has %d agents", call->who.user, OHTD_AGENTS_OF_ONE_MAX);
	else
		ohtd_reply_problem(call, 409, "too_many_agents", "there are %d agents", OHTD_AGENTS_MAX);
}

static void put_heartbeat(struct ohtd_call *call)
{
	const struct agent_beat *said = OHTD_INPUT(call, agent_beat);
	struct ohtd_auth_agent agent = { .state = (enum ohtd_auth_agent_state)said->state, .silent_s = said->silent_s };
	uint64_t now_ns = ohtd_clock_monotonic_ns(call->services->clock);
	struct agent view;
	int r;

	if (!call->who.by_key && !call->who.local) {
		ohtd_reply_problem(call, 409, "not_an_agent", "%s is a person who has logged in; a program sends the key of a service account, or asks at the local socket",
				   call->who.user);
		return;
	}
	snprintf(agent.name, sizeof(agent.name), "%s", call->params.name);
	snprintf(agent.doing, sizeof(agent.doing), "%s", said->doing ? said->doing : "");
	r = ohtd_auth_agents_hear(ohtd_auth_agents_of(call->services->auth), &agent, &call->who, now_ns);
	if (r) {
		refuse(call, r);
		return;
	}
	view = view_of(&agent, now_ns);
	OHTD_REPLY(call, 200, agent, &view);
}

static void delete_agent(struct ohtd_call *call)
{
	bool any = call->who.role == OHTD_ROLE_ADMINISTRATOR;
	int r = ohtd_auth_agents_end(ohtd_auth_agents_of(call->services->auth), call->params.name, any ? NULL : &call->who);

	if (r)
		refuse(call, r);
	else
		ohtd_reply_empty(call, 204);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "agents", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &agent_list_shape } },
		.handle = get_agents,
		.summary = "Programs at work, as they say",
	}, {
		.method = OHTD_PUT, .path = "agents/{name}/heartbeat", .role = OHTD_ROLE_VIEWER,
		.act = { "report", "reported", " an agent at work" },
		.flags = OHTD_ROUTE_QUIET, .body_bytes_max = 1024, .body = &agent_beat_shape,
		.replies = { { 200, &agent_shape } },
		.problems = { "not_an_agent", "agent_of_another", "too_many_agents" },
		.handle = put_heartbeat,
		.summary = "A program says that it is at work, and what it does",
		.text = "With the key of a service account, or over the local socket. The name belongs to the account or user that has said it first. "
			"When the program is not heard for silent_s the alert agent_silent comes.",
	}, {
		.method = OHTD_DELETE, .path = "agents/{name}", .role = OHTD_ROLE_VIEWER,
		.act = { "take", "took", " an agent out" },
		.flags = OHTD_ROUTE_DAILY | OHTD_ROUTE_MEMORY, .body_bytes_max = 1024,
		.replies = { { 204, NULL } },
		.problems = { "not_found", "agent_of_another" },
		.handle = delete_agent,
		.summary = "A program has ended: the own one, or as administrator any",
	},
};

OHTD_ROUTE_TABLE(ohtd_agent_routes, "Agents", routes);
