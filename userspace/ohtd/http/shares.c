// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/shares.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

#define CHAINS	256

struct client {
	struct client *next;
	char name[OHTD_FOLDED_BYTES];
	unsigned int held[OHTD_SHARES];
};

struct ohtd_shares {
	pthread_mutex_t lock;	/* the chains */
	struct client *chains[CHAINS];
};

struct ohtd_shares *ohtd_shares_create(void)
{
	struct ohtd_shares *shares = calloc(1, sizeof(*shares));

	if (shares)
		pthread_mutex_init(&shares->lock, NULL);
	return shares;
}

void ohtd_shares_destroy(struct ohtd_shares *shares)
{
	if (!shares)
		return;
	for (unsigned int i = 0; i < CHAINS; i++) {
		while (shares->chains[i]) {
			struct client *client = shares->chains[i];

			shares->chains[i] = client->next;
			free(client);
		}
	}
	pthread_mutex_destroy(&shares->lock);
	free(shares);
}

/* Where the client hangs; NULL hangs there if it holds nothing. */
static struct client **find(struct ohtd_shares *shares, const char *name)
{
	unsigned int hash = 5381;
	struct client **link;

	for (const char *p = name; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	link = &shares->chains[hash % CHAINS];
	while (*link && strcmp((*link)->name, name))
		link = &(*link)->next;
	return link;
}

static struct client *find_or_make(struct ohtd_shares *shares, const char *name)
{
	struct client **link = find(shares, name);

	if (*link)
		return *link;
	*link = calloc(1, sizeof(**link));
	if (*link)
		snprintf((*link)->name, sizeof((*link)->name), "%s", name);
	return *link;
}

bool ohtd_shares_take(struct ohtd_shares *shares, enum ohtd_share kind, const char *name, unsigned int max)
{
	struct client *client;
	bool taken;

	/* Without @max there would be a client that holds nothing. */
	if (!max)
		return false;
	pthread_mutex_lock(&shares->lock);
	client = find_or_make(shares, name);
	taken = client && client->held[kind] < max;
	if (taken)
		client->held[kind]++;
	pthread_mutex_unlock(&shares->lock);
	return taken;
}

static bool holds_nothing(const struct client *client)
{
	for (int kind = 0; kind < OHTD_SHARES; kind++)
		if (client->held[kind])
			return false;
	return true;
}

void ohtd_shares_give(struct ohtd_shares *shares, enum ohtd_share kind, const char *name)
{
	struct client **link, *client;

	pthread_mutex_lock(&shares->lock);
	link = find(shares, name);
	client = *link;
	if (client && client->held[kind])
		client->held[kind]--;
	if (client && holds_nothing(client)) {
		*link = client->next;
		free(client);
	}
	pthread_mutex_unlock(&shares->lock);
}
