/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the programs that report their work by heartbeats: name, account, activity, and the time of the last heartbeat.
 * Contexts: any thread but the control thread.
 * Locks:    its own mutex, for a walk over all of them.
 *
 * The list is in memory only. After a restart of the daemon each program is listed again with its next heartbeat.
 */
#ifndef OHTD_AUTH_AGENTS_H
#define OHTD_AUTH_AGENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/principal.h"

struct ohtd_auth_agents;

#define OHTD_AGENTS_MAX		32
#define OHTD_AGENTS_OF_ONE_MAX	4
#define OHTD_AGENT_NAME_BYTES	65
#define OHTD_AGENT_DOING_BYTES	121
#define OHTD_AGENT_SILENT_S	30
#define OHTD_AGENT_SILENT_S_MIN	2
#define OHTD_AGENT_SILENT_S_MAX	3600

enum ohtd_auth_agent_state {
	OHTD_AGENT_IDLE,
	OHTD_AGENT_WORKING,
	OHTD_AGENT_WAITING,	/* for something else */
	OHTD_AGENT_FAILING,	/* cannot do its work */
	OHTD_AGENT_STATES,
};

/**
 * struct ohtd_auth_agent - a program that sends heartbeats
 * @name: name that the program has given itself
 * @user: account or local user under which the program runs
 * @tag: of @user (auth/principal.h)
 * @state: last reported enum ohtd_auth_agent_state
 * @doing: activity in words for people; "": not reported
 * @silent_s: the program is silent after this time without a heartbeat
 * @first_ns: first heartbeat of this run, CLOCK_MONOTONIC
 * @heard_ns: newest heartbeat
 * @beats: number of heartbeats
 */
struct ohtd_auth_agent {
	char name[OHTD_AGENT_NAME_BYTES];
	char user[OHTD_USER_NAME_MAX + 1];
	uint64_t tag;
	enum ohtd_auth_agent_state state;
	char doing[OHTD_AGENT_DOING_BYTES];
	unsigned int silent_s;
	uint64_t first_ns;
	uint64_t heard_ns;
	uint64_t beats;
};

/* NULL: out of memory. */
struct ohtd_auth_agents *ohtd_auth_agents_create(void);
void ohtd_auth_agents_destroy(struct ohtd_auth_agents *agents);

/**
 * ohtd_auth_agents_hear() - a heartbeat
 * @agents: all of them
 * @said: name, state, doing and silent_s; filled with the rest
 * @who: whose it is: a service account or a local user
 * @now_ns: CLOCK_MONOTONIC
 *
 * Return: 0; -EEXIST: another account uses the name; -EDQUOT: @who has OHTD_AGENTS_OF_ONE_MAX; -ENOSPC: there are OHTD_AGENTS_MAX.
 */
int ohtd_auth_agents_hear(struct ohtd_auth_agents *agents, struct ohtd_auth_agent *said, const struct ohtd_principal *who, uint64_t now_ns);

/* Removes an agent. @who: its account; NULL: whatever the account is. 0, -ENOENT, or -EEXIST: another account's agent has the name. */
int ohtd_auth_agents_end(struct ohtd_auth_agents *agents, const char *name, const struct ohtd_principal *who);

/* Copies all of them, by name. Returns how many. */
unsigned int ohtd_auth_agents_list(struct ohtd_auth_agents *agents, struct ohtd_auth_agent list[OHTD_AGENTS_MAX]);

/* Was it not heard for longer than it said? */
bool ohtd_auth_agent_is_silent(const struct ohtd_auth_agent *agent, uint64_t now_ns);

#endif /* OHTD_AUTH_AGENTS_H */
