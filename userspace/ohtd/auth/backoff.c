// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/backoff.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "main/clock.h"

#define ENTRIES		512

struct entry {
	char account[65];
	char address[64];
	unsigned int failures;	/* 0: free */
	uint64_t last_ns;
	uint64_t until_ns;
};

struct ohtd_backoff {
	pthread_mutex_t lock;	/* the entries */
	struct entry entries[ENTRIES];
};

struct ohtd_backoff *ohtd_backoff_create(void)
{
	struct ohtd_backoff *backoff = calloc(1, sizeof(*backoff));

	if (backoff)
		pthread_mutex_init(&backoff->lock, NULL);
	return backoff;
}

void ohtd_backoff_destroy(struct ohtd_backoff *backoff)
{
	if (!backoff)
		return;
	pthread_mutex_destroy(&backoff->lock);
	free(backoff);
}

/* Names of accounts do not know upper and lower case. */
static struct entry *find(struct ohtd_backoff *backoff, const char *account, const char *address)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &backoff->entries[i];

		if (entry->failures && !strcasecmp(entry->account, account) &&
		    !strcmp(entry->address, address))
			return entry;
	}
	return NULL;
}

/* A free entry, or the one with the fewest failures, the oldest of those. */
static struct entry *find_room(struct ohtd_backoff *backoff)
{
	struct entry *best = &backoff->entries[0];

	for (size_t i = 1; i < ENTRIES; i++) {
		struct entry *entry = &backoff->entries[i];

		if (entry->failures < best->failures ||
		    (entry->failures == best->failures && entry->last_ns < best->last_ns))
			best = entry;
	}
	return best;
}

unsigned int ohtd_backoff_wait_s(struct ohtd_backoff *backoff, const char *account,
				 const char *address, uint64_t now_ns)
{
	unsigned int wait_s = 0;
	struct entry *entry;

	pthread_mutex_lock(&backoff->lock);
	entry = find(backoff, account, address);
	if (entry && entry->until_ns > now_ns)
		wait_s = (unsigned int)((entry->until_ns - now_ns) / OHTD_NS_PER_S) + 1;
	pthread_mutex_unlock(&backoff->lock);
	return wait_s;
}

static uint64_t wait_after(unsigned int failures)
{
	unsigned int beyond = failures - OHTD_BACKOFF_FREE;
	unsigned int wait_s = beyond >= 6 ? OHTD_BACKOFF_MAX_S : 1u << (beyond - 1);

	return (wait_s < OHTD_BACKOFF_MAX_S ? wait_s : OHTD_BACKOFF_MAX_S) * OHTD_NS_PER_S;
}

void ohtd_backoff_failed(struct ohtd_backoff *backoff, const char *account, const char *address,
			 uint64_t now_ns)
{
	struct entry *entry;

	pthread_mutex_lock(&backoff->lock);
	entry = find(backoff, account, address);
	if (!entry) {
		entry = find_room(backoff);
		memset(entry, 0, sizeof(*entry));
		snprintf(entry->account, sizeof(entry->account), "%s", account);
		snprintf(entry->address, sizeof(entry->address), "%s", address);
	} else if (now_ns - entry->last_ns > OHTD_BACKOFF_FORGET_S * OHTD_NS_PER_S) {
		entry->failures = 0;
	}
	entry->failures++;
	entry->last_ns = now_ns;
	if (entry->failures > OHTD_BACKOFF_FREE)
		entry->until_ns = now_ns + wait_after(entry->failures);
	pthread_mutex_unlock(&backoff->lock);
}

void ohtd_backoff_succeeded(struct ohtd_backoff *backoff, const char *account,
			    const char *address)
{
	struct entry *entry;

	pthread_mutex_lock(&backoff->lock);
	entry = find(backoff, account, address);
	if (entry)
		memset(entry, 0, sizeof(*entry));
	pthread_mutex_unlock(&backoff->lock);
}
