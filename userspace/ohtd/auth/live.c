// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/live.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAINS	256
/* Accounts begin with 1, so no token has this. */
#define NO_EPOCH	0

struct entry {
	struct entry *next;
	int64_t elevated_until_ms;	/* CLOCK_BOOTTIME; 0: not elevated */
	int64_t pin_until_ms;		/* the same by the PIN */
	int64_t pin_device;		/* account of the device on which it was typed */
	int64_t again_until_ms;		/* the same; 0: its tokens have not been renewed in this run */
	bool ahead;			/* of its row; if it has ended, the row is to go */
	bool rowless;			/* the store has not taken it yet */
	int64_t since_epoch;		/* of its account: tokens of an earlier one are no good */
	bool buried;			/* the next deletion that is answered may have come before its row */
	struct ohtd_session session;
};

struct ohtd_auth_live {
	pthread_mutex_t lock;	/* the chains */
	uint64_t newest;
	struct entry *chains[CHAINS];
};

struct ohtd_auth_live *ohtd_live_create(void)
{
	struct ohtd_auth_live *live = calloc(1, sizeof(*live));

	if (live)
		pthread_mutex_init(&live->lock, NULL);
	return live;
}

void ohtd_live_destroy(struct ohtd_auth_live *live)
{
	if (!live)
		return;
	for (unsigned int i = 0; i < CHAINS; i++) {
		while (live->chains[i]) {
			struct entry *entry = live->chains[i];

			live->chains[i] = entry->next;
			free(entry);
		}
	}
	pthread_mutex_destroy(&live->lock);
	free(live);
}

/* An id is random, so any part of it spreads well. */
static struct entry **chain_of(struct ohtd_auth_live *live, const char *id)
{
	unsigned int hash = 0;

	for (unsigned int i = 0; i < 4 && id[i]; i++)
		hash = hash * 16 + (unsigned char)id[i];
	return &live->chains[hash % CHAINS];
}

/* Where the entry hangs; what hangs there is NULL if there is none. */
static struct entry **find(struct ohtd_auth_live *live, const char *id)
{
	struct entry **link = chain_of(live, id);

	while (*link && strcmp((*link)->session.id, id))
		link = &(*link)->next;
	return link;
}

static void remove_at(struct entry **link)
{
	struct entry *entry = *link;

	*link = entry->next;
	free(entry);
}

/* With the lock. NULL: out of memory. */
static struct entry *add(struct ohtd_auth_live *live, const struct ohtd_session *session)
{
	struct entry *entry = calloc(1, sizeof(*entry)), **chain = chain_of(live, session->id);

	if (!entry)
		return NULL;
	entry->session = *session;
	entry->session.number = ++live->newest;
	entry->since_epoch = session->epoch;
	entry->next = *chain;
	*chain = entry;
	return entry;
}

int ohtd_live_add(struct ohtd_auth_live *live, const struct ohtd_session *session)
{
	const struct entry *entry;

	pthread_mutex_lock(&live->lock);
	entry = add(live, session);
	pthread_mutex_unlock(&live->lock);
	return entry ? 0 : -ENOMEM;
}

/* Entries of ended sessions wait for the deletion of their row, so they are no more than rows. */
static void end_at(struct entry **link)
{
	struct entry *entry = *link;

	if (entry->rowless) {
		remove_at(link);
		return;
	}
	entry->session.epoch = NO_EPOCH;
	entry->ahead = true;
}

bool ohtd_live_end(struct ohtd_auth_live *live, const char *id, int64_t user_id)
{
	struct entry **link;
	bool found;

	pthread_mutex_lock(&live->lock);
	link = find(live, id);
	found = *link && (!user_id || (*link)->session.user_id == user_id);
	if (found)
		end_at(link);
	pthread_mutex_unlock(&live->lock);
	return found;
}

void ohtd_live_forget(struct ohtd_auth_live *live, const char *id)
{
	struct entry **link;

	pthread_mutex_lock(&live->lock);
	link = find(live, id);
	if (*link && (*link)->buried)
		(*link)->buried = false;
	else if (*link)
		remove_at(link);
	pthread_mutex_unlock(&live->lock);
}

void ohtd_live_bury(struct ohtd_auth_live *live, const char *id, int64_t user_id)
{
	struct ohtd_session session = { .user_id = user_id };
	struct entry *entry;

	snprintf(session.id, sizeof(session.id), "%s", id);
	pthread_mutex_lock(&live->lock);
	entry = *find(live, id);
	if (!entry)
		entry = add(live, &session);
	if (entry) {
		entry->buried = true;
		entry->session.epoch = NO_EPOCH;
		entry->ahead = true;
		entry->rowless = false;
	}
	pthread_mutex_unlock(&live->lock);
}

void ohtd_live_end_user(struct ohtd_auth_live *live, int64_t user_id, int64_t epoch)
{
	pthread_mutex_lock(&live->lock);
	for (unsigned int i = 0; i < CHAINS; i++) {
		struct entry **link = &live->chains[i];

		while (*link) {
			const struct ohtd_session *session = &(*link)->session;

			if (session->user_id == user_id && session->epoch < epoch)
				remove_at(link);
			else
				link = &(*link)->next;
		}
	}
	pthread_mutex_unlock(&live->lock);
}

void ohtd_live_raise(struct ohtd_auth_live *live, const char *id, int64_t epoch, int64_t generation)
{
	struct entry *entry;

	pthread_mutex_lock(&live->lock);
	entry = *find(live, id);
	if (entry && entry->session.epoch != NO_EPOCH && entry->session.epoch < epoch) {
		entry->session.epoch = epoch;
		entry->since_epoch = epoch;
		entry->session.generation = generation;
		entry->session.previous_until_boot_ms = 0;
		entry->ahead = false;
		entry->rowless = false;
		/* Nothing that was granted before the change outlives it. */
		entry->elevated_until_ms = 0;
		entry->pin_until_ms = 0;
		entry->again_until_ms = 0;
	}
	pthread_mutex_unlock(&live->lock);
}

/* Nothing that was granted before the change outlives it. */
static void raise_at(struct entry *entry, int64_t epoch)
{
	entry->session.epoch = epoch;
	entry->elevated_until_ms = 0;
	entry->pin_until_ms = 0;
}

void ohtd_auth_live_raise_all(struct ohtd_auth_live *live, int64_t user_id, const char *keep, int64_t epoch)
{
	pthread_mutex_lock(&live->lock);
	for (unsigned int i = 0; i < CHAINS; i++) {
		struct entry **link = &live->chains[i];

		while (*link) {
			const struct ohtd_session *session = &(*link)->session;
			const bool earlier = session->user_id == user_id && session->epoch < epoch;

			if (earlier && keep && strcmp(session->id, keep)) {
				remove_at(link);
				continue;
			}
			if (earlier && session->epoch != NO_EPOCH)
				raise_at(*link, epoch);
			link = &(*link)->next;
		}
	}
	pthread_mutex_unlock(&live->lock);
}

/* The session of an access token, NULL if it has ended. With the lock. */
static struct entry *find_living(struct ohtd_auth_live *live, const char *id, int64_t user_id,
				 int64_t epoch, int64_t now_boot_ms)
{
	struct entry *entry = *find(live, id);
	bool lives = entry && epoch != NO_EPOCH && entry->session.user_id == user_id &&
		     epoch >= entry->since_epoch && entry->session.epoch != NO_EPOCH && now_boot_ms < entry->session.expires_boot_ms;

	return lives ? entry : NULL;
}

/* The same for what was judged under @epoch: the account may have another one by now. */
static struct entry *find_judged(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch, int64_t now_boot_ms)
{
	struct entry *entry = find_living(live, id, user_id, epoch, now_boot_ms);

	return entry && entry->session.epoch == epoch ? entry : NULL;
}

bool ohtd_live_use(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t *epoch,
		   int64_t now_s, int64_t now_boot_ms)
{
	struct entry *entry;

	pthread_mutex_lock(&live->lock);
	entry = find_living(live, id, user_id, *epoch, now_boot_ms);
	if (entry)
		entry->session.used_s = now_s;
	if (entry && *epoch < entry->session.epoch)
		*epoch = entry->session.epoch;
	pthread_mutex_unlock(&live->lock);
	return entry;
}

bool ohtd_live_lives(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch,
		     int64_t now_boot_ms)
{
	bool lives;

	pthread_mutex_lock(&live->lock);
	lives = find_living(live, id, user_id, epoch, now_boot_ms);
	pthread_mutex_unlock(&live->lock);
	return lives;
}

static int64_t elevated_ms(struct ohtd_auth_live *live, bool by_pin, const char *id, int64_t user_id, int64_t epoch, int64_t now_boot_ms)
{
	const struct entry *entry;
	int64_t left_ms;

	pthread_mutex_lock(&live->lock);
	entry = find_living(live, id, user_id, epoch, now_boot_ms);
	left_ms = entry ? (by_pin ? entry->pin_until_ms : entry->elevated_until_ms) - now_boot_ms : 0;
	pthread_mutex_unlock(&live->lock);
	return left_ms > 0 ? left_ms : 0;
}

bool ohtd_live_elevate(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch,
		       int64_t now_boot_ms, int64_t until_boot_ms)
{
	struct entry *entry;

	pthread_mutex_lock(&live->lock);
	entry = find_judged(live, id, user_id, epoch, now_boot_ms);
	if (entry)
		entry->elevated_until_ms = until_boot_ms;
	pthread_mutex_unlock(&live->lock);
	return entry;
}

bool ohtd_auth_live_elevate_by_pin(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch,
				   int64_t now_boot_ms, int64_t until_boot_ms, int64_t device)
{
	struct entry *entry;

	pthread_mutex_lock(&live->lock);
	entry = find_judged(live, id, user_id, epoch, now_boot_ms);
	if (entry) {
		entry->pin_until_ms = until_boot_ms;
		entry->pin_device = device;
	}
	pthread_mutex_unlock(&live->lock);
	return entry;
}

void ohtd_auth_live_end_pin(struct ohtd_auth_live *live, int64_t user_id)
{
	pthread_mutex_lock(&live->lock);
	for (unsigned int i = 0; i < CHAINS; i++)
		for (struct entry *entry = live->chains[i]; entry; entry = entry->next)
			if (entry->session.user_id == user_id || entry->pin_device == user_id)
				entry->pin_until_ms = 0;
	pthread_mutex_unlock(&live->lock);
}

int64_t ohtd_live_elevated_ms(struct ohtd_auth_live *live, const char *id, int64_t user_id,
			      int64_t epoch, int64_t now_boot_ms)
{
	return elevated_ms(live, false, id, user_id, epoch, now_boot_ms);
}

int64_t ohtd_auth_live_pin_ms(struct ohtd_auth_live *live, const char *id, int64_t user_id, int64_t epoch, int64_t now_boot_ms)
{
	return elevated_ms(live, true, id, user_id, epoch, now_boot_ms);
}

void ohtd_auth_live_note_second(struct ohtd_auth_live *live, int64_t user_id, bool second)
{
	pthread_mutex_lock(&live->lock);
	for (unsigned int i = 0; i < CHAINS; i++)
		for (struct entry *entry = live->chains[i]; entry; entry = entry->next)
			if (entry->session.user_id == user_id)
				entry->session.second = second;
	pthread_mutex_unlock(&live->lock);
}

bool ohtd_auth_live_has_second(struct ohtd_auth_live *live, const char *id)
{
	const struct entry *entry;
	bool second;

	pthread_mutex_lock(&live->lock);
	entry = *find(live, id);
	second = entry && entry->session.second;
	pthread_mutex_unlock(&live->lock);
	return second;
}

/* What a renewal changes. An answer that was overtaken by a later one changes nothing. */
static void take_renewed(struct entry *entry, const struct ohtd_session *session, bool ahead)
{
	if (session->generation < entry->session.generation)
		return;
	entry->session.generation = session->generation;
	entry->session.previous_until_boot_ms = session->previous_until_boot_ms;
	entry->session.expires_boot_ms = session->expires_boot_ms;
	entry->session.expires_s = session->expires_s;
	memcpy(entry->session.boot_id, session->boot_id, sizeof(session->boot_id));
	entry->ahead = ahead;
}

bool ohtd_live_renewed(struct ohtd_auth_live *live, const struct ohtd_session *session, int64_t again_until_ms)
{
	struct entry *entry;
	bool lives;

	pthread_mutex_lock(&live->lock);
	entry = *find(live, session->id);
	lives = entry && entry->session.epoch != NO_EPOCH;
	if (lives)
		entry->rowless = false;
	if (lives && session->epoch >= entry->since_epoch) {
		entry->again_until_ms = again_until_ms;
		take_renewed(entry, session, false);
	}
	pthread_mutex_unlock(&live->lock);
	return lives;
}

int ohtd_live_renew(struct ohtd_auth_live *live, struct ohtd_renewal *renewal)
{
	struct entry *entry;
	int r = -ENOENT;

	pthread_mutex_lock(&live->lock);
	entry = *find(live, renewal->id);
	if (entry && entry->session.epoch != NO_EPOCH) {
		renewal->session = entry->session;
		r = ohtd_session_renew(renewal);
	}
	if (!r && renewal->result == OHTD_RENEWED)
		take_renewed(entry, &renewal->session, true);
	pthread_mutex_unlock(&live->lock);
	return r;
}

/*
 * Ends the oldest session of a user if there are more than @max. With the lock. False: there were
 * not.
 */
static bool push_out(struct ohtd_auth_live *live, int64_t user_id, int max)
{
	struct entry **oldest = NULL;
	int count = 0;

	for (unsigned int i = 0; i < CHAINS; i++)
		for (struct entry **link = &live->chains[i]; *link; link = &(*link)->next) {
			const struct ohtd_session *session = &(*link)->session;

			if (session->user_id != user_id || session->epoch == NO_EPOCH)
				continue;
			count++;
			if (!oldest || session->number < (*oldest)->session.number)
				oldest = link;
		}
	if (count > max)
		end_at(oldest);
	return count > max;
}

void ohtd_live_keep(struct ohtd_auth_live *live, const char *id, int max)
{
	struct entry *entry;

	pthread_mutex_lock(&live->lock);
	entry = *find(live, id);
	if (entry) {
		int64_t user_id = entry->session.user_id;

		entry->ahead = true;
		entry->rowless = true;
		while (push_out(live, user_id, max))
			;
	}
	pthread_mutex_unlock(&live->lock);
}

bool ohtd_live_find_ahead(struct ohtd_auth_live *live, const char *id, struct ohtd_session *session)
{
	const struct entry *found = NULL;

	pthread_mutex_lock(&live->lock);
	for (unsigned int i = 0; !id && !found && i < CHAINS; i++)
		for (const struct entry *entry = live->chains[i]; entry && !found; entry = entry->next)
			if (entry->ahead)
				found = entry;
	if (id)
		found = *find(live, id);
	if (id && found && (!found->ahead || found->session.epoch == NO_EPOCH))
		found = NULL;
	if (found)
		*session = found->session;
	pthread_mutex_unlock(&live->lock);
	return found;
}

bool ohtd_live_written(struct ohtd_auth_live *live, const struct ohtd_session *session)
{
	struct entry *entry;
	bool there;

	pthread_mutex_lock(&live->lock);
	entry = *find(live, session->id);
	there = entry;
	if (entry)
		entry->rowless = false;
	/* It may have been renewed, or have ended, meanwhile. */
	if (entry && entry->session.generation == session->generation &&
	    entry->session.epoch == session->epoch)
		entry->ahead = false;
	pthread_mutex_unlock(&live->lock);
	return there;
}

int64_t ohtd_live_again_until_ms(struct ohtd_auth_live *live, const char *id, int64_t *epoch)
{
	const struct entry *entry;
	int64_t until_ms;

	pthread_mutex_lock(&live->lock);
	entry = *find(live, id);
	until_ms = entry ? entry->again_until_ms : 0;
	*epoch = entry ? entry->session.epoch : NO_EPOCH;
	pthread_mutex_unlock(&live->lock);
	return until_ms;
}

bool ohtd_live_has(struct ohtd_auth_live *live, const char *id, int64_t now_boot_ms)
{
	const struct entry *entry;
	bool has;

	pthread_mutex_lock(&live->lock);
	entry = *find(live, id);
	has = entry && entry->session.epoch != NO_EPOCH &&
	      now_boot_ms < entry->session.expires_boot_ms;
	pthread_mutex_unlock(&live->lock);
	return has;
}

/* Puts an entry where it belongs among the newest; what does not fit falls off the end. */
static void insert(const struct entry **sorted, int *count, int max, const struct entry *entry)
{
	int i = *count < max ? (*count)++ : max;

	for (; i > 0 && sorted[i - 1]->session.number < entry->session.number; i--)
		if (i < max)
			sorted[i] = sorted[i - 1];
	if (i < max)
		sorted[i] = entry;
}

int ohtd_live_list(struct ohtd_auth_live *live, int64_t user_id, int64_t now_boot_ms,
		   struct ohtd_session *sessions, int max)
{
	const struct entry *sorted[OHTD_SESSIONS_PER_USER];
	int count = 0;

	if (max > OHTD_SESSIONS_PER_USER)
		max = OHTD_SESSIONS_PER_USER;
	pthread_mutex_lock(&live->lock);
	for (unsigned int i = 0; i < CHAINS; i++)
		for (const struct entry *entry = live->chains[i]; entry; entry = entry->next)
			if (entry->session.user_id == user_id && entry->session.epoch != NO_EPOCH &&
			    now_boot_ms < entry->session.expires_boot_ms)
				insert(sorted, &count, max, entry);
	for (int i = 0; i < count; i++)
		sessions[i] = sorted[i]->session;
	pthread_mutex_unlock(&live->lock);
	return count;
}
