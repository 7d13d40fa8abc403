// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/budget.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "http/route.h"

#define CLIENTS		256
#define BURST_NS	(OHTD_BUDGET_BURST_S * OHTD_NS_PER_S)

/* A bucket as one number: the fuller the bucket, the earlier the moment at which nothing is missing. */
struct client {
	char name[OHTD_FOLDED_BYTES];
	uint64_t full_ns;
};

struct table {
	pthread_mutex_t lock;	/* the clients */
	struct client clients[CLIENTS];
	_Atomic uint64_t refused;
};

struct ohtd_budgets {
	struct table tables[OHTD_BUDGETS];
};

enum ohtd_budget ohtd_budget_of(const struct ohtd_route *route)
{
	if (route->rate == OHTD_RATE_LOGIN)
		return OHTD_BUDGET_LOGINS;
	if (route->rate != OHTD_RATE_GENERAL || (route->flags & (OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE)) == OHTD_ROUTE_COMMAND)
		return OHTD_BUDGET_NONE;
	if (route->method != OHTD_GET)
		return OHTD_BUDGET_CHANGES;
	return route->flags & OHTD_ROUTE_STORE ? OHTD_BUDGET_QUERIES : OHTD_BUDGET_NONE;
}

const char *ohtd_budget_name(enum ohtd_budget budget)
{
	static const char *const names[OHTD_BUDGETS] = {
		[OHTD_BUDGET_LOGINS] = "logins", [OHTD_BUDGET_CHANGES] = "changes",
		[OHTD_BUDGET_QUERIES] = "queries", [OHTD_BUDGET_KEYS] = "keys",
	};

	return names[budget];
}

struct ohtd_budgets *ohtd_budgets_create(void)
{
	struct ohtd_budgets *budgets = calloc(1, sizeof(*budgets));

	for (int i = 0; budgets && i < OHTD_BUDGETS; i++)
		pthread_mutex_init(&budgets->tables[i].lock, NULL);
	return budgets;
}

void ohtd_budgets_destroy(struct ohtd_budgets *budgets)
{
	for (int i = 0; budgets && i < OHTD_BUDGETS; i++)
		pthread_mutex_destroy(&budgets->tables[i].lock);
	free(budgets);
}

/* The client's place; a new client replaces the client that owes least. */
static struct client *place_of(struct table *table, const char *name)
{
	struct client *least = &table->clients[0];

	for (size_t i = 0; i < CLIENTS; i++) {
		if (!strcmp(table->clients[i].name, name))
			return &table->clients[i];
		if (table->clients[i].full_ns < least->full_ns)
			least = &table->clients[i];
	}
	snprintf(least->name, sizeof(least->name), "%s", name);
	least->full_ns = 0;
	return least;
}

/* Nanoseconds until the client may ask; 0: the token has been taken. */
static uint64_t take(struct table *table, const char *name, unsigned int per_s, uint64_t now_ns)
{
	uint64_t token_ns = OHTD_NS_PER_S / per_s;
	struct client *client = place_of(table, name);
	uint64_t full_ns = (client->full_ns > now_ns ? client->full_ns : now_ns) + token_ns;

	if (full_ns > now_ns + BURST_NS)
		return full_ns - now_ns - BURST_NS;
	client->full_ns = full_ns;
	return 0;
}

unsigned int ohtd_budget_take(struct ohtd_budgets *budgets, enum ohtd_budget budget,
			      const char *client, unsigned int per_s, uint64_t now_ns)
{
	struct table *table = &budgets->tables[budget];
	uint64_t wait_ns;

	if (!per_s)
		return 0;
	pthread_mutex_lock(&table->lock);
	wait_ns = take(table, client, per_s, now_ns);
	pthread_mutex_unlock(&table->lock);
	if (wait_ns)
		atomic_fetch_add(&table->refused, 1);
	return (unsigned int)((wait_ns + OHTD_NS_PER_S - 1) / OHTD_NS_PER_S);
}

uint64_t ohtd_budget_refused(const struct ohtd_budgets *budgets, enum ohtd_budget budget)
{
	return atomic_load(&budgets->tables[budget].refused);
}
