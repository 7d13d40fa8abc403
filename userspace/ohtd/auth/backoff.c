// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/backoff.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/clock.h"

#define PAIRS		512
#define ADDRESSES	256

/* An account at an address. */
struct pair {
	char account[65];
	char address[OHTD_FOLDED_BYTES];
	unsigned int failures;	/* 0: free */
	unsigned int begun;	/* that have not ended */
	uint64_t last_ns;
	uint64_t until_ns;
	uint64_t failed_until_ns;	/* the same of those that have ended */
};

/* Fills with failures and runs out with time. */
struct bucket {
	char address[OHTD_FOLDED_BYTES];
	unsigned int level;
	uint64_t since_ns;	/* from when on it runs out */
	uint64_t last_ns;	/* newest failure, 0: none */
};

/* An account that has logged in from an address. */
struct familiar {
	char account[65];
	char address[OHTD_FOLDED_BYTES];
	uint64_t number;	/* of its newest log-in, 0: free */
};

struct ohtd_backoff {
	pthread_mutex_t lock;	/* all of it */
	struct familiar familiar[OHTD_BACKOFF_FAMILIAR];
	uint64_t logins;
	uint64_t newest_ns;	/* of all times that came: threads come later than they looked at the clock */
	struct pair pairs[PAIRS];
	struct bucket addresses[ADDRESSES];
	struct bucket all;
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

/* ---- pairs ---- */

/* Names of accounts do not know upper and lower case. */
static struct pair *find_pair(struct ohtd_backoff *backoff, const char *account,
			      const char *address)
{
	for (size_t i = 0; i < PAIRS; i++) {
		struct pair *pair = &backoff->pairs[i];

		if (pair->failures && !strcasecmp(pair->account, account) &&
		    !strcmp(pair->address, address))
			return pair;
	}
	return NULL;
}

/* A free place, or that of the pair with the fewest failures, the oldest of those. */
static struct pair *make_pair(struct ohtd_backoff *backoff, const char *account,
			      const char *address)
{
	struct pair *best = &backoff->pairs[0];

	for (size_t i = 1; i < PAIRS; i++) {
		struct pair *pair = &backoff->pairs[i];

		if (pair->failures < best->failures ||
		    (pair->failures == best->failures && pair->last_ns < best->last_ns))
			best = pair;
	}
	memset(best, 0, sizeof(*best));
	snprintf(best->account, sizeof(best->account), "%s", account);
	snprintf(best->address, sizeof(best->address), "%s", address);
	return best;
}

static uint64_t wait_after(unsigned int failures)
{
	unsigned int beyond = failures - OHTD_BACKOFF_FREE;
	unsigned int wait_s = beyond >= 6 ? OHTD_BACKOFF_MAX_S : 1u << (beyond - 1);

	return (wait_s < OHTD_BACKOFF_MAX_S ? wait_s : OHTD_BACKOFF_MAX_S) * OHTD_NS_PER_S;
}

static void set_wait(struct pair *pair, uint64_t now_ns)
{
	pair->last_ns = now_ns;
	pair->until_ns = pair->failures > OHTD_BACKOFF_FREE ?
			 now_ns + wait_after(pair->failures) : 0;
}

static void count_pair(struct ohtd_backoff *backoff, const char *account, const char *address,
		       uint64_t now_ns)
{
	struct pair *pair = find_pair(backoff, account, address);

	if (!pair)
		pair = make_pair(backoff, account, address);
	else if (ohtd_since(now_ns, pair->last_ns) > OHTD_BACKOFF_FORGET_S * OHTD_NS_PER_S)
		pair->failures = 0;
	pair->failures++;
	pair->begun++;
	set_wait(pair, now_ns);
}

static void end_pair(struct pair *pair, enum ohtd_backoff_outcome outcome, uint64_t now_ns)
{
	if (pair->begun)
		pair->begun--;
	switch (outcome) {
	case OHTD_BACKOFF_FAILED:
		set_wait(pair, now_ns);
		pair->failed_until_ns = pair->until_ns;
		break;
	case OHTD_BACKOFF_SUCCEEDED:
		pair->failures = 0;
		break;
	case OHTD_BACKOFF_UNJUDGED:
		pair->failures--;
		/* What others have failed, or may still, makes wait. */
		if (!pair->begun)
			pair->until_ns = pair->failed_until_ns;
		break;
	}
}

/* ---- familiar pairs ---- */

static struct familiar *find_familiar(struct ohtd_backoff *backoff, const char *account, const char *address)
{
	for (size_t i = 0; i < OHTD_BACKOFF_FAMILIAR; i++) {
		struct familiar *familiar = &backoff->familiar[i];

		if (familiar->number && !strcasecmp(familiar->account, account) && !strcmp(familiar->address, address))
			return familiar;
	}
	return NULL;
}

static void note_familiar(struct ohtd_backoff *backoff, const char *account, const char *address)
{
	struct familiar *best = find_familiar(backoff, account, address);

	if (!best) {
		best = &backoff->familiar[0];
		for (size_t i = 1; i < OHTD_BACKOFF_FAMILIAR; i++)
			if (backoff->familiar[i].number < best->number)
				best = &backoff->familiar[i];
		snprintf(best->account, sizeof(best->account), "%s", account);
		snprintf(best->address, sizeof(best->address), "%s", address);
	}
	best->number = ++backoff->logins;
}

static void forget_familiar(struct ohtd_backoff *backoff, const char *account, const char *address)
{
	struct familiar *familiar = find_familiar(backoff, account, address);

	if (familiar)
		familiar->number = 0;
}

bool ohtd_auth_backoff_is_familiar(struct ohtd_backoff *backoff, const char *account, const char *address)
{
	char folded[OHTD_FOLDED_BYTES];
	bool is;

	ohtd_address_fold(folded, address);
	pthread_mutex_lock(&backoff->lock);
	is = find_familiar(backoff, account, folded);
	pthread_mutex_unlock(&backoff->lock);
	return is;
}

/* ---- buckets ---- */

static void run_out(struct bucket *bucket, unsigned int each_s, uint64_t now_ns)
{
	uint64_t gone = ohtd_since(now_ns, bucket->since_ns) / (each_s * OHTD_NS_PER_S);

	if (gone >= bucket->level) {
		bucket->level = 0;
		bucket->since_ns = now_ns;
	} else {
		bucket->level -= (unsigned int)gone;
		bucket->since_ns += gone * each_s * OHTD_NS_PER_S;
	}
}

/* NULL: it has not failed. */
static struct bucket *find_bucket(struct ohtd_backoff *backoff, const char *address)
{
	for (size_t i = 0; i < ADDRESSES; i++)
		if (backoff->addresses[i].last_ns &&
		    !strcmp(backoff->addresses[i].address, address))
			return &backoff->addresses[i];
	return NULL;
}

/* A free place, or that of the lowest, the oldest of those. */
static struct bucket *make_bucket(struct ohtd_backoff *backoff, const char *address,
				  uint64_t now_ns)
{
	struct bucket *best = &backoff->addresses[0];

	for (size_t i = 0; i < ADDRESSES; i++) {
		struct bucket *bucket = &backoff->addresses[i];

		run_out(bucket, OHTD_BACKOFF_ADDRESS_S, now_ns);
		if (bucket->level < best->level ||
		    (bucket->level == best->level && bucket->last_ns < best->last_ns))
			best = bucket;
	}
	memset(best, 0, sizeof(*best));
	snprintf(best->address, sizeof(best->address), "%s", address);
	best->since_ns = now_ns;
	return best;
}

static void fill(struct bucket *bucket, unsigned int most, uint64_t now_ns)
{
	/* A level without a bound would run out long after the flood. */
	if (bucket->level < most)
		bucket->level++;
	bucket->last_ns = now_ns;
}

static void count_address(struct ohtd_backoff *backoff, const char *address, uint64_t now_ns)
{
	struct bucket *bucket = find_bucket(backoff, address);

	if (!bucket)
		bucket = make_bucket(backoff, address, now_ns);
	run_out(bucket, OHTD_BACKOFF_ADDRESS_S, now_ns);
	run_out(&backoff->all, OHTD_BACKOFF_ALL_S, now_ns);
	fill(bucket, OHTD_BACKOFF_ADDRESS_FREE + OHTD_BACKOFF_MAX_S / OHTD_BACKOFF_ADDRESS_S, now_ns);
	fill(&backoff->all, 2 * OHTD_BACKOFF_ALL_FREE, now_ns);
}

/* The attempt was none. */
static void uncount_address(struct ohtd_backoff *backoff, const char *address)
{
	struct bucket *bucket = find_bucket(backoff, address);

	if (bucket && bucket->level)
		bucket->level--;
	/* An address that has never failed must not wait for what others do. */
	if (bucket && !bucket->level)
		bucket->last_ns = 0;
	if (backoff->all.level)
		backoff->all.level--;
}

/* ---- the three together ---- */

/* Time that goes back would empty buckets and forget failures. */
static uint64_t not_before(struct ohtd_backoff *backoff, uint64_t now_ns)
{
	if (now_ns > backoff->newest_ns)
		backoff->newest_ns = now_ns;
	return backoff->newest_ns;
}

static uint64_t until_of_address(struct ohtd_backoff *backoff, const char *address,
				 uint64_t now_ns)
{
	struct bucket *bucket = find_bucket(backoff, address);
	uint64_t until_ns = 0;

	if (!bucket)
		return 0;
	run_out(bucket, OHTD_BACKOFF_ADDRESS_S, now_ns);
	run_out(&backoff->all, OHTD_BACKOFF_ALL_S, now_ns);
	if (bucket->level >= OHTD_BACKOFF_ADDRESS_FREE)
		until_ns = bucket->since_ns + (bucket->level - OHTD_BACKOFF_ADDRESS_FREE + 1) *
			   OHTD_BACKOFF_ADDRESS_S * OHTD_NS_PER_S;
	if (backoff->all.level >= OHTD_BACKOFF_ALL_FREE &&
	    bucket->last_ns + OHTD_BACKOFF_MAX_S * OHTD_NS_PER_S > until_ns)
		until_ns = bucket->last_ns + OHTD_BACKOFF_MAX_S * OHTD_NS_PER_S;
	return until_ns;
}

static unsigned int look(struct ohtd_backoff *backoff, const char *account, const char *address,
			 uint64_t now_ns)
{
	struct pair *pair = find_pair(backoff, account, address);
	uint64_t until_ns = until_of_address(backoff, address, now_ns);

	if (pair && pair->until_ns > until_ns)
		until_ns = pair->until_ns;
	return until_ns > now_ns ? (unsigned int)(ohtd_since(until_ns, now_ns) / OHTD_NS_PER_S) + 1 : 0;
}

unsigned int ohtd_backoff_wait_s(struct ohtd_backoff *backoff, const char *account,
				 const char *address, uint64_t now_ns)
{
	char folded[OHTD_FOLDED_BYTES];
	unsigned int wait_s;

	ohtd_address_fold(folded, address);
	pthread_mutex_lock(&backoff->lock);
	now_ns = not_before(backoff, now_ns);
	wait_s = look(backoff, account, folded, now_ns);
	pthread_mutex_unlock(&backoff->lock);
	return wait_s;
}

unsigned int ohtd_backoff_begin(struct ohtd_backoff *backoff, const char *account,
				const char *address, uint64_t now_ns)
{
	char folded[OHTD_FOLDED_BYTES];
	unsigned int wait_s;

	ohtd_address_fold(folded, address);
	pthread_mutex_lock(&backoff->lock);
	now_ns = not_before(backoff, now_ns);
	wait_s = look(backoff, account, folded, now_ns);
	if (!wait_s) {
		count_pair(backoff, account, folded, now_ns);
		count_address(backoff, folded, now_ns);
	}
	pthread_mutex_unlock(&backoff->lock);
	return wait_s;
}

void ohtd_backoff_end(struct ohtd_backoff *backoff, const char *account, const char *address,
		      enum ohtd_backoff_outcome outcome, uint64_t now_ns)
{
	char folded[OHTD_FOLDED_BYTES];
	struct pair *pair;

	ohtd_address_fold(folded, address);
	pthread_mutex_lock(&backoff->lock);
	now_ns = not_before(backoff, now_ns);
	pair = find_pair(backoff, account, folded);
	if (outcome == OHTD_BACKOFF_SUCCEEDED)
		note_familiar(backoff, account, folded);
	else if (outcome == OHTD_BACKOFF_FAILED)
		forget_familiar(backoff, account, folded);
	if (outcome != OHTD_BACKOFF_FAILED)
		uncount_address(backoff, folded);
	if (pair)
		end_pair(pair, outcome, now_ns);
	pthread_mutex_unlock(&backoff->lock);
}
