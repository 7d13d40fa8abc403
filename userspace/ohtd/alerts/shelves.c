// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/shelves.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/outbox.h"

#define SECOND_NS	((int64_t)OHTD_NS_PER_S)

/**
 * struct shelf - a shelf, also one that is over and that the store has still
 * @until_ns: CLOCK_MONOTONIC
 * @told: its end is in the log
 */
struct shelf {
	struct ohtd_alert_shelf_row row;
	uint64_t until_ns;
	bool told;
};

/**
 * struct ohtd_alert_shelves - all of them
 * @lock: of @items
 * @items: one of each alert
 * @outbox: the way of @over
 * @over: ids of those that the store is to forget, and is at it or waits for another try
 */
struct ohtd_alert_shelves {
	struct ohtd_clock *clock;
	pthread_mutex_t lock;
	size_t count;
	struct shelf items[2 * OHTD_ALERT_SHELVES_MAX];
	struct ohtd_outbox outbox;
	size_t over_count;
	int64_t over[2 * OHTD_ALERT_SHELVES_MAX];
	struct ohtd_alert_shelf_row rows[OHTD_ALERT_SHELVES_MAX];
};

static const struct ohtd_outbox_words words = {
	.room = "http",
	.refused = "alert_shelves_not_ended", .refused_text = "shelves that are over are still in the store",
	.kept = "alert_shelves_ended", .kept_text = "shelves that are over are ended in the store again",
};

/* ---- on the store's thread ---- */

static int work_read(struct ohtd_db *db, void *arg)
{
	return ohtd_db_alert_shelves(db, ((struct ohtd_alert_shelves *)arg)->rows);
}

static int work_end(struct ohtd_db *db, void *arg)
{
	const struct ohtd_alert_shelves *shelves = arg;
	int r = 0;

	for (size_t i = 0; !r && i < shelves->over_count; i++)
		r = ohtd_db_alert_shelf_end(db, shelves->over[i]);
	return r;
}

/* ---- what lasts ---- */

static bool lasts(const struct ohtd_alert_shelves *shelves, const struct shelf *shelf)
{
	return ohtd_clock_monotonic_ns(shelves->clock) < shelf->until_ns;
}

static bool is_same(const struct ohtd_alert_shelf_row *row, const char *code, const char *source, uint8_t unit, const char *subject)
{
	return row->unit == unit && !strcmp(row->code, code) && !strcmp(row->source, source) && !strcmp(row->subject, subject);
}

static struct shelf *find(struct ohtd_alert_shelves *shelves, const char *code, const char *source, uint8_t unit, const char *subject)
{
	for (size_t i = 0; i < shelves->count; i++)
		if (is_same(&shelves->items[i].row, code, source, unit, subject))
			return &shelves->items[i];
	return NULL;
}

/* In whole seconds, as it is kept: two readings of the clocks are some microseconds apart. */
static void show(const struct ohtd_alert_shelves *shelves, const struct shelf *shelf, struct ohtd_alert_shelf_row *row)
{
	*row = shelf->row;
	row->until_ns = ohtd_clock_wall_of_ns(shelves->clock, shelf->until_ns) + SECOND_NS / 2;
	row->until_ns -= row->until_ns % SECOND_NS;
}

/* What remains of it; no more than it had at first, and than any may have. */
static uint64_t remaining_ns(const struct ohtd_alert_shelves *shelves, const struct ohtd_alert_shelf_row *row)
{
	const int64_t longest_ns = OHTD_ALERT_SHELF_MINUTES * 60 * SECOND_NS;
	const int64_t now_ns = ohtd_clock_wall_ns(shelves->clock);
	int64_t left_ns = row->until_ns - row->made_ns;

	if (row->until_ns - now_ns < left_ns)
		left_ns = row->until_ns - now_ns;
	if (left_ns > longest_ns)
		left_ns = longest_ns;
	return left_ns > 0 ? (uint64_t)left_ns : 0;
}

static void note(struct ohtd_alert_shelves *shelves, const struct ohtd_alert_shelf_row *row)
{
	struct shelf *shelf = find(shelves, row->code, row->source, row->unit, row->subject);

	/* Two loops may hear of two shelves of one alert in another order than the store. */
	if (shelf && shelf->row.id > row->id)
		return;
	if (!shelf && shelves->count == sizeof(shelves->items) / sizeof(shelves->items[0]))
		return;
	if (!shelf)
		shelf = &shelves->items[shelves->count++];
	*shelf = (struct shelf){
		.row = *row, .until_ns = ohtd_clock_monotonic_ns(shelves->clock) + remaining_ns(shelves, row),
	};
}

struct ohtd_alert_shelves *ohtd_alert_shelves_create(struct ohtd_store *store, struct ohtd_clock *clock)
{
	struct ohtd_alert_shelves *shelves = calloc(1, sizeof(*shelves));
	int count;

	if (!shelves)
		return NULL;
	pthread_mutex_init(&shelves->lock, NULL);
	ohtd_outbox_init(&shelves->outbox, store, clock, &words, NULL);
	shelves->clock = clock;
	count = ohtd_store_call(store, work_read, shelves);
	if (count < 0)
		ohtd_log(OHTD_LOG_WARNING, "http", "alert_shelves_not_read", "%s: no alert is shelved", strerror(-count));
	for (int i = 0; i < count; i++)
		note(shelves, &shelves->rows[i]);
	return shelves;
}

bool ohtd_alert_shelves_find(struct ohtd_alert_shelves *shelves, const char *code, const char *source, uint8_t unit,
			     const char *subject, struct ohtd_alert_shelf_row *row)
{
	const struct shelf *shelf;
	bool is_shelved;

	pthread_mutex_lock(&shelves->lock);
	shelf = find(shelves, code, source, unit, subject);
	is_shelved = shelf && lasts(shelves, shelf);
	if (is_shelved && row)
		show(shelves, shelf, row);
	pthread_mutex_unlock(&shelves->lock);
	return is_shelved;
}

static int compare_ends(const void *first, const void *second)
{
	const struct ohtd_alert_shelf_row *a = first, *b = second;

	return (a->until_ns > b->until_ns) - (a->until_ns < b->until_ns);
}

size_t ohtd_alert_shelves_list(struct ohtd_alert_shelves *shelves, struct ohtd_alert_shelf_row *rows)
{
	size_t count = 0;

	pthread_mutex_lock(&shelves->lock);
	for (size_t i = 0; i < shelves->count && count < OHTD_ALERT_SHELVES_MAX; i++)
		if (lasts(shelves, &shelves->items[i]))
			show(shelves, &shelves->items[i], &rows[count++]);
	pthread_mutex_unlock(&shelves->lock);
	qsort(rows, count, sizeof(rows[0]), compare_ends);
	return count;
}

/* ---- what changes ---- */

void ohtd_alert_shelves_note(struct ohtd_alert_shelves *shelves, const struct ohtd_alert_shelf_row *row)
{
	pthread_mutex_lock(&shelves->lock);
	note(shelves, row);
	pthread_mutex_unlock(&shelves->lock);
}

static void drop(struct ohtd_alert_shelves *shelves, int64_t id)
{
	for (size_t i = 0; i < shelves->count; i++)
		if (shelves->items[i].row.id == id)
			shelves->items[i] = shelves->items[--shelves->count];
}

void ohtd_alert_shelves_forget(struct ohtd_alert_shelves *shelves, const struct ohtd_alert_shelf_row *row)
{
	const struct shelf *shelf;

	pthread_mutex_lock(&shelves->lock);
	shelf = find(shelves, row->code, row->source, row->unit, row->subject);
	if (shelf && (!row->id || shelf->row.id == row->id))
		drop(shelves, shelf->row.id);
	pthread_mutex_unlock(&shelves->lock);
}

static void note_result(struct ohtd_alert_shelves *shelves)
{
	if (ohtd_outbox_take(&shelves->outbox) != OHTD_OUTBOX_KEPT)
		return;
	for (size_t i = 0; i < shelves->over_count; i++)
		drop(shelves, shelves->over[i]);
	shelves->over_count = 0;
}

static void gather(struct ohtd_alert_shelves *shelves)
{
	for (size_t i = 0; i < shelves->count; i++) {
		struct shelf *shelf = &shelves->items[i];
		char said[OHTD_ALERT_SHELF_WORDS_BYTES];

		if (lasts(shelves, shelf))
			continue;
		shelves->over[shelves->over_count++] = shelf->row.id;
		if (!shelf->told)
			ohtd_log(OHTD_LOG_NOTICE, "http", "alert_shelf_over", "%s is told again",
				 ohtd_alerts_shelf_words(&shelf->row, said));
		shelf->told = true;
	}
}

void ohtd_alert_shelves_tick(struct ohtd_alert_shelves *shelves)
{
	pthread_mutex_lock(&shelves->lock);
	note_result(shelves);
	if (ohtd_outbox_is_free(&shelves->outbox)) {
		shelves->over_count = 0;
		gather(shelves);
		if (shelves->over_count)
			ohtd_outbox_send(&shelves->outbox, work_end, shelves);
	}
	pthread_mutex_unlock(&shelves->lock);
}

/* ---- the end ---- */

/* A shelf that is over and still in the store is over at the next start too. */
void ohtd_alert_shelves_end(struct ohtd_alert_shelves *shelves)
{
	if (shelves)
		ohtd_outbox_write(&shelves->outbox, NULL, NULL);
}

void ohtd_alert_shelves_destroy(struct ohtd_alert_shelves *shelves)
{
	if (!shelves)
		return;
	pthread_mutex_destroy(&shelves->lock);
	free(shelves);
}
