// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/agents.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Those in use stand in front, by name. */
struct ohtd_auth_agents {
	pthread_mutex_t lock;
	unsigned int count;
	struct ohtd_auth_agent at[OHTD_AGENTS_MAX];
};

struct ohtd_auth_agents *ohtd_auth_agents_create(void)
{
	struct ohtd_auth_agents *agents = calloc(1, sizeof(*agents));

	if (agents)
		pthread_mutex_init(&agents->lock, NULL);
	return agents;
}

void ohtd_auth_agents_destroy(struct ohtd_auth_agents *agents)
{
	if (!agents)
		return;
	pthread_mutex_destroy(&agents->lock);
	free(agents);
}

/* The place of a name, or where it belongs. With the lock. */
static unsigned int place_of(const struct ohtd_auth_agents *agents, const char *name)
{
	unsigned int i = 0;

	while (i < agents->count && strcmp(agents->at[i].name, name) < 0)
		i++;
	return i;
}

static bool is_at(const struct ohtd_auth_agents *agents, unsigned int place, const char *name)
{
	return place < agents->count && !strcmp(agents->at[place].name, name);
}

static void remove_at(struct ohtd_auth_agents *agents, unsigned int place)
{
	agents->count--;
	memmove(&agents->at[place], &agents->at[place + 1], (agents->count - place) * sizeof(agents->at[0]));
}

/* 0 with room for one more at @place, or a negative errno. With the lock. */
static int make_room(struct ohtd_auth_agents *agents, unsigned int place, uint64_t tag)
{
	unsigned int own = 0;

	for (unsigned int i = 0; i < agents->count; i++)
		own += agents->at[i].tag == tag;
	if (own >= OHTD_AGENTS_OF_ONE_MAX)
		return -EDQUOT;
	if (agents->count == OHTD_AGENTS_MAX)
		return -ENOSPC;
	memmove(&agents->at[place + 1], &agents->at[place], (agents->count - place) * sizeof(agents->at[0]));
	agents->count++;
	return 0;
}

int ohtd_auth_agents_hear(struct ohtd_auth_agents *agents, struct ohtd_auth_agent *said, const struct ohtd_principal *who, uint64_t now_ns)
{
	unsigned int place;
	int r = 0;

	said->tag = ohtd_principal_tag(who);
	snprintf(said->user, sizeof(said->user), "%s", who->user);
	said->first_ns = said->heard_ns = now_ns;
	said->beats = 1;
	pthread_mutex_lock(&agents->lock);
	place = place_of(agents, said->name);
	if (!is_at(agents, place, said->name)) {
		r = make_room(agents, place, said->tag);
	} else if (agents->at[place].tag != said->tag) {
		r = -EEXIST;
	} else {
		said->first_ns = agents->at[place].first_ns;
		said->beats = agents->at[place].beats + 1;
	}
	if (!r)
		agents->at[place] = *said;
	pthread_mutex_unlock(&agents->lock);
	return r;
}

int ohtd_auth_agents_end(struct ohtd_auth_agents *agents, const char *name, const struct ohtd_principal *who)
{
	unsigned int place;
	int r = 0;

	pthread_mutex_lock(&agents->lock);
	place = place_of(agents, name);
	if (!is_at(agents, place, name))
		r = -ENOENT;
	else if (who && agents->at[place].tag != ohtd_principal_tag(who))
		r = -EEXIST;
	else
		remove_at(agents, place);
	pthread_mutex_unlock(&agents->lock);
	return r;
}

unsigned int ohtd_auth_agents_list(struct ohtd_auth_agents *agents, struct ohtd_auth_agent list[OHTD_AGENTS_MAX])
{
	unsigned int count;

	pthread_mutex_lock(&agents->lock);
	count = agents->count;
	memcpy(list, agents->at, count * sizeof(list[0]));
	pthread_mutex_unlock(&agents->lock);
	return count;
}

bool ohtd_auth_agent_is_silent(const struct ohtd_auth_agent *agent, uint64_t now_ns)
{
	return ohtd_since(now_ns, agent->heard_ns) > agent->silent_s * OHTD_NS_PER_S;
}
