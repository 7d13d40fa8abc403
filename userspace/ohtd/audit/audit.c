// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/private.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"

#define BATCH_MAX	64
#define AGAIN_NS	OHTD_NS_PER_S
#define SERIES_NS	(10 * OHTD_NS_PER_S)
/* A flood is told of once in this time, and when it is over. */
#define FLOOD_TOLD_NS	(600 * OHTD_NS_PER_S)
#define FLOOD_OVER_NS	(10 * OHTD_NS_PER_S)

/**
 * struct limit - how many records of a kind one account, or all strangers together, may have
 * @what: the kind, for people
 * @most: at once
 * @each_ns: one more after this time
 *
 * An account that does nothing else washes the rest out in days, not in less.
 */
struct limit {
	const char *what;
	double most;
	uint64_t each_ns;
};

static const struct limit strangers_limit = { "refusals", 30, 30 * OHTD_NS_PER_S };
static const struct limit limits[OHTD_AUDIT_FLOODS] = {
	[OHTD_AUDIT_REFUSALS] = { "refusals", 120, 10 * OHTD_NS_PER_S },
	[OHTD_AUDIT_ATTEMPTS] = { "refused log-ins", 30, 30 * OHTD_NS_PER_S },
	[OHTD_AUDIT_ACTS] = { "acts", 1000, 4 * OHTD_NS_PER_S },
	[OHTD_AUDIT_CHANGES] = { "changes", 1000, 10 * OHTD_NS_PER_S },
};

static uint64_t now_ns(const struct ohtd_audit *audit)
{
	return ohtd_clock_monotonic_ns(audit->clock);
}

/* Whole milliseconds, as the canonical form has them. */
static int64_t wall_ns(const struct ohtd_audit *audit)
{
	int64_t ns = ohtd_clock_wall_ns(audit->clock);

	return ns - ns % (int64_t)OHTD_NS_PER_MS;
}

static struct ohtd_audit_row own_row(const struct ohtd_audit *audit, const char *act)
{
	struct ohtd_audit_row row = { .time_ns = wall_ns(audit) };

	snprintf(row.boot, sizeof(row.boot), "%s", audit->boot_id);
	snprintf(row.who, sizeof(row.who), "ohtd");
	snprintf(row.act, sizeof(row.act), "%s", act);
	return row;
}

/* ---- on the store's thread ---- */

static int append_gap(struct ohtd_db *db, struct ohtd_audit *audit, struct ohtd_audit_tree *tree, unsigned int waited)
{
	struct ohtd_audit_row row = own_row(audit, "gap");

	snprintf(row.after, sizeof(row.after), "{\"since_ms\":%" PRId64 ",\"waited\":%u,\"lost\":%" PRIu64 "}",
		 audit->told.since_ns / (int64_t)OHTD_NS_PER_MS, waited, audit->told.lost);
	return ohtd_db_audit_append(db, tree, &row);
}

/* Entries are only taken out of the list by the end of this job. */
static int work_append(struct ohtd_db *db, void *arg)
{
	struct ohtd_audit *audit = arg;
	struct ohtd_audit_entry *entry;
	struct ohtd_audit_tree tree;
	unsigned int waiting, done = 0;
	int r = ohtd_db_audit_tree(db, &tree);

	pthread_mutex_lock(&audit->lock);
	entry = audit->first;
	waiting = audit->waiting;
	audit->told = audit->gap;
	pthread_mutex_unlock(&audit->lock);
	if (r == -EBADMSG)
		r = ohtd_db_audit_mend(db, &tree);
	if (!r && audit->told.since_ns)
		r = append_gap(db, audit, &tree, waiting);
	for (; !r && done < waiting && done < BATCH_MAX; entry = entry->next, done++)
		r = ohtd_db_audit_append(db, &tree, &entry->row);
	if (!r)
		r = ohtd_db_audit_keep_tree(db, &tree);
	audit->batch = done;
	audit->written = tree.whole.size;
	return r;
}

/* ---- the list; with the lock held ---- */

static void begin_gap(struct ohtd_audit *audit)
{
	if (!audit->gap.since_ns)
		audit->gap.since_ns = wall_ns(audit);
}

/* Those who wait for one of the first @count records: they are told behind the lock. */
static struct ohtd_audit_wait *take_waits(struct ohtd_audit_entry *entry, unsigned int count)
{
	struct ohtd_audit_wait *waits = NULL;

	for (; entry && count; entry = entry->next, count--) {
		if (!entry->wait)
			continue;
		entry->wait->next = waits;
		waits = entry->wait;
		entry->wait = NULL;
	}
	return waits;
}

static void drop_kept(struct ohtd_audit *audit)
{
	for (unsigned int i = 0; i < audit->batch; i++) {
		struct ohtd_audit_entry *entry = audit->first;

		audit->first = entry->next;
		audit->waiting--;
		free(entry);
	}
	if (!audit->first)
		audit->last = &audit->first;
	if (audit->gap.since_ns == audit->told.since_ns && audit->gap.lost == audit->told.lost)
		audit->gap = (struct ohtd_audit_gap){ 0 };
	else
		audit->gap.lost -= audit->told.lost;
}

static void is_back(struct ohtd_store_job *job);

static void send(struct ohtd_audit *audit)
{
	int r;

	if (audit->away || !audit->waiting || now_ns(audit) < audit->again_ns)
		return;
	audit->job = (struct ohtd_store_job){ .work = work_append, .arg = audit, .done = is_back };
	audit->away = true;
	r = ohtd_store_submit(audit->store, &audit->job);
	if (!r)
		return;
	audit->away = false;
	audit->again_ns = now_ns(audit) + AGAIN_NS;
	begin_gap(audit);
}

/* On the store's thread, or on the main thread when the store is hung. */
static void is_back(struct ohtd_store_job *job)
{
	struct ohtd_audit *audit = job->arg;
	struct ohtd_audit_wait *waits;
	int r = job->result < 0 ? job->result : 0;

	pthread_mutex_lock(&audit->lock);
	waits = take_waits(audit->first, r ? audit->waiting : audit->batch);
	if (r) {
		begin_gap(audit);
		audit->again_ns = now_ns(audit) + AGAIN_NS;
	} else {
		atomic_store(&audit->size, audit->written);
		drop_kept(audit);
	}
	audit->away = false;
	send(audit);
	pthread_mutex_unlock(&audit->lock);
	while (waits) {
		struct ohtd_audit_wait *wait = waits;

		/* Gone as soon as it is told. */
		waits = wait->next;
		wait->kept(wait, r);
	}
}

struct ohtd_audit_entry *ohtd_audit_room(void)
{
	return malloc(sizeof(struct ohtd_audit_entry));
}

/* NULL: there is none. What comes every day and what is refused leaves room for the rest, so that nobody fills it with these. */
static struct ohtd_audit_entry *find_room(struct ohtd_audit *audit, unsigned int flags, struct ohtd_audit_wait *wait)
{
	unsigned int most = flags & (OHTD_AUDIT_USUAL | OHTD_AUDIT_REFUSED) ? OHTD_AUDIT_WAITING_USUAL : OHTD_AUDIT_WAITING_MAX;

	if (wait)
		return wait->room;
	return audit->waiting < most ? ohtd_audit_room() : NULL;
}

/* False: there is no room. */
static bool put(struct ohtd_audit *audit, const struct ohtd_audit_row *row, unsigned int flags, struct ohtd_audit_wait *wait)
{
	struct ohtd_audit_entry *entry = find_room(audit, flags, wait);

	if (!entry) {
		begin_gap(audit);
		audit->gap.lost++;
		audit->lost++;
		return false;
	}
	*entry = (struct ohtd_audit_entry){ .wait = wait, .row = *row };
	*audit->last = entry;
	audit->last = &entry->next;
	audit->waiting++;
	return true;
}

/* ---- how many ---- */

static void fill(struct ohtd_audit_bucket *bucket, const struct limit *limit, uint64_t time_ns)
{
	uint64_t passed_ns = ohtd_since(time_ns, bucket->filled_ns);

	bucket->left += (double)passed_ns / (double)limit->each_ns;
	if (bucket->left > limit->most)
		bucket->left = limit->most;
	bucket->filled_ns += passed_ns;
}

static void fill_all(struct ohtd_audit *audit, uint64_t time_ns)
{
	fill(&audit->strangers, &strangers_limit, time_ns);
	for (size_t i = 0; i <= OHTD_AUDIT_ACCOUNTS; i++)
		for (size_t flood = 0; flood < OHTD_AUDIT_FLOODS; flood++)
			fill(&audit->accounts[i].buckets[flood], &limits[flood], time_ns);
}

/* Its account has done nothing for long: the place may be that of another one. */
static bool is_full(const struct ohtd_audit_account *account)
{
	for (size_t i = 0; i < OHTD_AUDIT_FLOODS; i++)
		if (account->buckets[i].left < limits[i].most || account->buckets[i].left_out)
			return false;
	return true;
}

/* With all buckets filled. The place of @who, a free one, or that of all others. */
static struct ohtd_audit_account *account_of(struct ohtd_audit *audit, const char *who)
{
	struct ohtd_audit_account *place = &audit->accounts[OHTD_AUDIT_ACCOUNTS];

	for (size_t i = 0; i < OHTD_AUDIT_ACCOUNTS; i++) {
		struct ohtd_audit_account *account = &audit->accounts[i];

		if (!strcmp(account->who, who))
			return account;
		if (is_full(account))
			place = account;
	}
	if (place != &audit->accounts[OHTD_AUDIT_ACCOUNTS])
		snprintf(place->who, sizeof(place->who), "%s", who);
	return place;
}

/* NULL: all records of its kind are kept. */
static struct ohtd_audit_bucket *bucket_of(struct ohtd_audit *audit, const struct ohtd_audit_row *row, unsigned int flags)
{
	if (!*row->who && flags & OHTD_AUDIT_LOG_IN && *row->object)
		return &account_of(audit, row->object)->buckets[OHTD_AUDIT_ATTEMPTS];
	if (!*row->who)
		return flags & OHTD_AUDIT_REFUSED ? &audit->strangers : NULL;
	if (flags & OHTD_AUDIT_REFUSED)
		return &account_of(audit, row->who)->buckets[OHTD_AUDIT_REFUSALS];
	if (flags & OHTD_AUDIT_USUAL)
		return &account_of(audit, row->who)->buckets[OHTD_AUDIT_ACTS];
	return flags & OHTD_AUDIT_LASTING ? &account_of(audit, row->who)->buckets[OHTD_AUDIT_CHANGES] : NULL;
}

static bool take_token(struct ohtd_audit_bucket *bucket)
{
	if (bucket->left < 1)
		return false;
	bucket->left--;
	return true;
}

/* False: it is only counted. */
static bool is_taken(struct ohtd_audit *audit, const struct ohtd_audit_row *row, unsigned int flags, uint64_t time_ns)
{
	struct ohtd_audit_bucket *bucket;

	fill_all(audit, time_ns);
	bucket = bucket_of(audit, row, flags);
	if (!bucket || take_token(bucket))
		return true;
	if (!bucket->left_out++) {
		bucket->since_ns = row->time_ns;
		bucket->told_ns = time_ns;
	}
	audit->left_out++;
	return false;
}

unsigned int ohtd_audit_admit(struct ohtd_audit *audit, const char *who)
{
	struct ohtd_audit_bucket *bucket;
	double missing = 0;

	pthread_mutex_lock(&audit->lock);
	fill_all(audit, now_ns(audit));
	bucket = &account_of(audit, who)->buckets[OHTD_AUDIT_CHANGES];
	if (!take_token(bucket))
		missing = 1 - bucket->left;
	pthread_mutex_unlock(&audit->lock);
	return (unsigned int)ceil(missing * (double)limits[OHTD_AUDIT_CHANGES].each_ns / (double)OHTD_NS_PER_S);
}

void ohtd_audit_give_back(struct ohtd_audit *audit, const char *who)
{
	pthread_mutex_lock(&audit->lock);
	fill_all(audit, now_ns(audit));
	/* The next fill() limits it. */
	account_of(audit, who)->buckets[OHTD_AUDIT_CHANGES].left++;
	pthread_mutex_unlock(&audit->lock);
}

static void tell_left_out(struct ohtd_audit *audit, struct ohtd_audit_bucket *bucket, const char *what, const char *whose)
{
	struct ohtd_audit_row row = own_row(audit, "left out");

	if (!bucket->left_out)
		return;
	snprintf(row.object, sizeof(row.object), "%s of %s", what, whose);
	snprintf(row.after, sizeof(row.after), "{\"since_ms\":%" PRId64 ",\"count\":%" PRIu64 "}",
		 bucket->since_ns / (int64_t)OHTD_NS_PER_MS, bucket->left_out);
	if (put(audit, &row, 0, NULL))
		bucket->left_out = 0;
}

/* When it is over, or goes on for long. @time_ns: 0: at the end. */
static void look_at_flood(struct ohtd_audit *audit, struct ohtd_audit_bucket *bucket, const char *what, const char *whose,
			  uint64_t time_ns)
{
	uint64_t told_for_ns = ohtd_since(time_ns, bucket->told_ns);

	if (!bucket->left_out)
		return;
	if (time_ns && (told_for_ns < FLOOD_OVER_NS || (bucket->left < 1 && told_for_ns < FLOOD_TOLD_NS)))
		return;
	bucket->told_ns = time_ns;
	tell_left_out(audit, bucket, what, whose);
}

static void look_at_floods(struct ohtd_audit *audit, uint64_t time_ns)
{
	look_at_flood(audit, &audit->strangers, strangers_limit.what, "strangers", time_ns);
	for (size_t i = 0; i <= OHTD_AUDIT_ACCOUNTS; i++) {
		struct ohtd_audit_account *account = &audit->accounts[i];
		char whose[OHTD_AUDIT_WHO_BYTES + 16] = "other accounts";

		if (i < OHTD_AUDIT_ACCOUNTS)
			snprintf(whose, sizeof(whose), "account %s", account->who);
		for (size_t flood = 0; flood < OHTD_AUDIT_FLOODS; flood++)
			look_at_flood(audit, &account->buckets[flood], limits[flood].what, whose, time_ns);
	}
}

static void begin_buckets(struct ohtd_audit *audit, uint64_t time_ns)
{
	audit->strangers = (struct ohtd_audit_bucket){ .left = strangers_limit.most, .filled_ns = time_ns };
	for (size_t i = 0; i <= OHTD_AUDIT_ACCOUNTS; i++)
		for (size_t flood = 0; flood < OHTD_AUDIT_FLOODS; flood++)
			audit->accounts[i].buckets[flood] =
				(struct ohtd_audit_bucket){ .left = limits[flood].most, .filled_ns = time_ns };
}

/* ---- what repeats ---- */

static bool is_same(const struct ohtd_audit_row *one, const struct ohtd_audit_row *other)
{
	return !strcmp(one->who, other->who) && !strcmp(one->act, other->act) && !strcmp(one->object, other->object) &&
	       !strcmp(one->source, other->source) && !strcmp(one->result, other->result);
}

static void end_series(struct ohtd_audit *audit, struct ohtd_audit_series *series)
{
	if (series->count) {
		snprintf(series->row.after, sizeof(series->row.after), "{\"repeated\":%" PRIu64 "}", series->count);
		series->row.before[0] = 0;
		put(audit, &series->row, OHTD_AUDIT_USUAL, NULL);
	}
	series->last_ns = 0;
}

/* False: it goes on with what there is a record of. */
static bool is_first(struct ohtd_audit *audit, const struct ohtd_audit_row *row, uint64_t time_ns)
{
	struct ohtd_audit_series *oldest = &audit->series[0];

	for (size_t i = 0; i < OHTD_AUDIT_SERIES; i++) {
		struct ohtd_audit_series *series = &audit->series[i];

		if (series->last_ns && is_same(&series->row, row) && ohtd_since(time_ns, series->last_ns) < SERIES_NS) {
			series->row = *row;
			series->count++;
			series->last_ns = time_ns;
			return false;
		}
		if (series->last_ns < oldest->last_ns)
			oldest = series;
	}
	end_series(audit, oldest);
	*oldest = (struct ohtd_audit_series){ .row = *row, .last_ns = time_ns };
	return true;
}

static void look_at_series(struct ohtd_audit *audit, uint64_t time_ns)
{
	for (size_t i = 0; i < OHTD_AUDIT_SERIES; i++)
		if (audit->series[i].last_ns && ohtd_since(time_ns, audit->series[i].last_ns) >= SERIES_NS)
			end_series(audit, &audit->series[i]);
}

/* ---- from outside ---- */

/* Control characters would act on a reader's terminal, and clients replace them: then the hash would not be that of what they show. */
static void make_printable(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
		else if (*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

void ohtd_audit_make_printable(struct ohtd_audit_row *row)
{
	char *const texts[] = {
		row->who, row->act, row->object, row->before, row->after, row->result, row->source, row->request_id,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		make_printable(texts[i]);
}

void ohtd_audit_add(struct ohtd_audit *audit, const struct ohtd_audit_row *row, unsigned int flags,
		    struct ohtd_audit_wait *wait)
{
	struct ohtd_audit_row own = *row;
	uint64_t time_ns;

	own.time_ns = wall_ns(audit);
	snprintf(own.boot, sizeof(own.boot), "%s", audit->boot_id);
	ohtd_audit_make_printable(&own);
	pthread_mutex_lock(&audit->lock);
	/* Read here, so that no other thread has used a later time before. */
	time_ns = now_ns(audit);
	if ((!(flags & OHTD_AUDIT_REPEATS) || is_first(audit, &own, time_ns)) && is_taken(audit, &own, flags, time_ns)) {
		put(audit, &own, flags, wait);
		wait = NULL;
		send(audit);
	}
	pthread_mutex_unlock(&audit->lock);
	/* Nothing was to be kept of it. */
	if (wait) {
		free(wait->room);
		wait->kept(wait, 0);
	}
}

void ohtd_audit_set_after(struct ohtd_audit_row *row, const char *after)
{
	size_t bytes = strlen(after);

	if (bytes < sizeof(row->after))
		memcpy(row->after, after, bytes + 1);
	else
		snprintf(row->after, sizeof(row->after), "{\"left_out_bytes\":%zu}", bytes);
}

void ohtd_audit_own(struct ohtd_audit *audit, const char *act, const char *object, const char *after, const char *result)
{
	struct ohtd_audit_row row = own_row(audit, act);

	snprintf(row.object, sizeof(row.object), "%s", object);
	ohtd_audit_set_after(&row, after);
	snprintf(row.result, sizeof(row.result), "%s", result);
	ohtd_audit_add(audit, &row, 0, NULL);
}

void ohtd_audit_turn(struct ohtd_audit *audit)
{
	uint64_t time_ns;

	pthread_mutex_lock(&audit->lock);
	time_ns = now_ns(audit);
	fill_all(audit, time_ns);
	look_at_floods(audit, time_ns);
	look_at_series(audit, time_ns);
	send(audit);
	pthread_mutex_unlock(&audit->lock);
	ohtd_audit_sign(audit, time_ns);
}

void ohtd_audit_look(struct ohtd_audit *audit, struct ohtd_audit_view *view)
{
	*view = (struct ohtd_audit_view){ .fault = audit->fault, .size = atomic_load(&audit->size) };
	pthread_mutex_lock(&audit->lock);
	view->waiting = audit->waiting;
	view->lost = audit->lost;
	view->left_out = audit->left_out;
	pthread_mutex_unlock(&audit->lock);
}

const char *ohtd_audit_verifier(const struct ohtd_audit *audit)
{
	return audit->verifier;
}

const char *ohtd_audit_origin(const struct ohtd_audit *audit)
{
	return audit->origin;
}

/* ---- the beginning and the end ---- */

static void tell_fault(struct ohtd_audit *audit)
{
	static const char *const words[] = { "", "cut", "altered" };

	if (audit->signed_anew) {
		ohtd_log(OHTD_LOG_WARNING, "audit", "signed_anew", "that the oldest records were removed for their age is signed by the key that "
			 "is new: the one of before has signed it, or nobody");
		ohtd_audit_own(audit, "signed anew", "removed records", "", "done");
	}
	if (!audit->fault)
		return;
	ohtd_log(OHTD_LOG_ERROR, "audit", words[audit->fault], "%s", audit->fault == OHTD_AUDIT_CUT ?
		 "the newest checkpoint has more records than the database: some were cut off, or an old copy came back" :
		 "the records are others than when the newest checkpoint was signed; ohtctl audit verify finds where");
	ohtd_audit_own(audit, "found altered", "audit", "", words[audit->fault]);
}

struct ohtd_audit *ohtd_audit_create(const struct ohtd_audit_setup *setup)
{
	struct ohtd_audit *audit = calloc(1, sizeof(*audit));
	int r;

	if (!audit)
		return NULL;
	pthread_mutex_init(&audit->lock, NULL);
	pthread_mutex_init(&audit->head_lock, NULL);
	audit->last = &audit->first;
	audit->store = setup->store;
	audit->clock = setup->clock;
	audit->most = setup->most;
	audit->lasts = setup->lasts;
	atomic_init(&audit->on_trial, setup->on_trial);
	memcpy(audit->key, setup->key, sizeof(audit->key));
	snprintf(audit->boot_id, sizeof(audit->boot_id), "%s", setup->boot_id);
	snprintf(audit->head_path, sizeof(audit->head_path), "%s", setup->head_path);
	audit->sign_ns = now_ns(audit);
	begin_buckets(audit, audit->sign_ns);
	if (oht_checkpoint_origin(audit->key, audit->origin) ||
	    oht_checkpoint_verifier(audit->key, audit->origin, audit->verifier)) {
		ohtd_audit_destroy(audit);
		errno = EINVAL;
		return NULL;
	}
	r = ohtd_store_call(audit->store, ohtd_audit_begin, audit);
	if (r < 0)
		ohtd_log(OHTD_LOG_WARNING, "audit", "not_read", "%s", strerror(-r));
	tell_fault(audit);
	return audit;
}

void ohtd_audit_end(struct ohtd_audit *audit)
{
	unsigned int tries = OHTD_AUDIT_WAITING_MAX / BATCH_MAX + 2;
	bool waits = true;

	if (!audit)
		return;
	pthread_mutex_lock(&audit->lock);
	look_at_floods(audit, 0);
	for (size_t i = 0; i < OHTD_AUDIT_SERIES; i++)
		if (audit->series[i].last_ns)
			end_series(audit, &audit->series[i]);
	audit->again_ns = 0;
	send(audit);
	pthread_mutex_unlock(&audit->lock);
	/* Each call comes behind a batch that is away, and before the one that this sends: the last has nothing behind it. */
	while (waits && tries--) {
		struct ohtd_audit_view view;

		ohtd_audit_look(audit, &view);
		ohtd_audit_sign_last(audit);
		waits = view.waiting;
	}
	if (waits)
		ohtd_log(OHTD_LOG_WARNING, "audit", "not_kept", "the last records are not written");
	ohtd_audit_keep_head(audit);
}

void ohtd_audit_destroy(struct ohtd_audit *audit)
{
	if (!audit)
		return;
	while (audit->first) {
		struct ohtd_audit_entry *entry = audit->first;

		audit->first = entry->next;
		free(entry);
	}
	pthread_mutex_destroy(&audit->head_lock);
	pthread_mutex_destroy(&audit->lock);
	OPENSSL_cleanse(audit, sizeof(*audit));
	free(audit);
}
