// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/keeper.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "alerts/alerts.h"
#include "alerts/budget.h"
#include "alerts/rules.h"
#include "alerts/shelves.h"
#include "views/scene.h"
#include "alerts/rows.h"
#include "store/outbox.h"

/* Within this time of its end, an alert that comes again is the same. */
#define AGAIN_NS	(10 * OHTD_NS_PER_S)
#define WRITE_EVERY_NS	OHTD_NS_PER_S
#define ENTRIES_MAX	(2 * OHTD_ALERTS_LISTED_MAX)

/**
 * struct entry - an alert that is active, or ended of late, or is not written yet
 * @key: as of struct ohtd_alert, the subject is in @row; 0: it has come again since, in an entry of its own
 * @since_ns: the same, of the newest time that it came; when it was seen to come, if that says nothing
 * @first_ns: the same, of the first time that it came
 * @ended_ns: CLOCK_MONOTONIC; 0: it is active
 * @came_ns: CLOCK_MONOTONIC: when it was seen to come, the last time and the one before; 0: it came less often
 * @about: as of struct ohtd_alert
 * @severity: enum ohtd_severity
 * @over: its reason was gone when it was last looked at
 * @may_rest: it may be shelved, as it was last looked at
 * @changed: since it was last handed to the store
 * @row: as the store has it, or will
 */
struct entry {
	uint32_t key;
	uint64_t since_ns;
	uint64_t first_ns;
	uint64_t ended_ns;
	uint64_t came_ns[2];
	uint8_t about;
	uint8_t severity;
	bool over;
	bool may_rest;
	bool changed;
	struct ohtd_alert_row row;
};

/**
 * struct ohtd_alert_keeper - alerts on their way
 * @newest: greatest number so far
 * @before: greatest number of the runs before
 * @begun: what those left open has been cut
 * @carries: what those left open was read, and no row of this run is in the store yet
 * @shelves: which of them are shelved
 * @watches_floods: @flood is kept
 * @flood: under @lock, too
 * @lock: of @entries
 * @entries: in no order
 * @outbox: the way of @rows
 * @next_ns: when the store may be asked again
 * @budget: of what it is asked: an alert that flaps all day would wear the card
 * @left: until they are carried: of @rows, what the last run left
 * @row_count: of @rows, which are with the store or wait for another try
 */
struct ohtd_alert_keeper {
	struct ohtd_clock *clock;
	int64_t newest;
	int64_t before;
	bool begun;
	bool carries;
	struct ohtd_alert_shelves *shelves;
	bool watches_floods;
	struct ohtd_flood flood;
	pthread_mutex_t lock;
	unsigned int entry_count;
	struct entry entries[ENTRIES_MAX];
	struct ohtd_outbox outbox;
	uint64_t next_ns;
	struct ohtd_alerts_budget budget;
	unsigned int left;
	unsigned int row_count;
	struct ohtd_alert_row rows[ENTRIES_MAX];
};

static const struct ohtd_outbox_words words = {
	.room = "http",
	.refused = "alerts_not_kept", .refused_text = "alerts are not written now",
	.kept = "alerts_kept", .kept_text = "alerts are written again",
};

/* ---- on the store's thread ---- */

/* The first rows of this run have the alerts in them that were carried: only now the next start need not. */
static int work_keep(struct ohtd_db *db, void *arg)
{
	struct ohtd_alert_keeper *keeper = arg;
	int r = 0;

	if (!keeper->begun)
		r = ohtd_db_alerts_cut(db, keeper->before, ohtd_clock_wall_ns(keeper->clock));
	if (!r)
		r = ohtd_db_alerts_keep(db, keeper->rows, keeper->row_count);
	if (!r && keeper->carries && keeper->row_count)
		r = ohtd_alerts_carried(db, keeper->before);
	return r;
}

static int work_begin(struct ohtd_db *db, void *arg)
{
	struct ohtd_alert_keeper *keeper = arg;
	int left = ohtd_db_alerts_left(db, keeper->rows, ENTRIES_MAX);

	if (left < 0)
		return left;
	keeper->left = (unsigned int)left;
	return ohtd_db_alerts_begin(db, ohtd_clock_wall_ns(keeper->clock), &keeper->newest);
}

/* ---- the beginning ---- */

struct ohtd_alert_keeper *ohtd_alert_keeper_create(struct ohtd_store *store, struct ohtd_clock *clock)
{
	struct ohtd_alert_keeper *keeper = calloc(1, sizeof(*keeper));
	int r;

	if (!keeper)
		return NULL;
	keeper->shelves = ohtd_alert_shelves_create(store, clock);
	if (!keeper->shelves) {
		free(keeper);
		return NULL;
	}
	pthread_mutex_init(&keeper->lock, NULL);
	ohtd_outbox_init(&keeper->outbox, store, clock, &words, NULL);
	keeper->clock = clock;
	r = ohtd_store_call(store, work_begin, keeper);
	if (r < 0) {
		keeper->newest = ohtd_clock_wall_s(clock);
		ohtd_log(OHTD_LOG_WARNING, "http", "alerts_not_read",
			 "%s: numbers of alerts go on from %" PRId64, strerror(-r), keeper->newest);
	}
	keeper->before = keeper->newest;
	keeper->begun = keeper->carries = r >= 0;
	return keeper;
}

void ohtd_alert_keeper_carry(struct ohtd_alert_keeper *keeper, struct ohtd_alert_rules *rules)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(keeper->clock);

	for (unsigned int i = 0; i < keeper->left; i++)
		ohtd_alert_rules_carry(rules, keeper->rows[i].code, keeper->rows[i].text, now_ns);
	keeper->left = 0;
}

/* ---- what has changed ---- */

/* A clock that was set meanwhile moves the beginning too: what is between both is the time that has passed. */
static void end_entry(struct ohtd_alert_keeper *keeper, struct entry *entry, uint64_t now_ns)
{
	const int64_t since_ns = ohtd_clock_wall_of_ns(keeper->clock, entry->first_ns);
	struct ohtd_alert_row *row = &entry->row;

	if (llabs(since_ns - row->since_ns) >= OHTD_JUMP_NS)
		row->since_ns = since_ns;
	entry->ended_ns = now_ns;
	row->ended_ns = ohtd_clock_wall_of_ns(keeper->clock, now_ns);
	if (row->ended_ns < row->since_ns)
		row->ended_ns = row->since_ns;
	entry->changed = true;
}

static bool is_of(const struct entry *entry, const struct ohtd_alert *alert)
{
	return ohtd_alert_is(alert, entry->key, entry->row.subject);
}

static bool is_listed(const struct ohtd_alert_list *list, const struct entry *entry)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_of(entry, &list->items[i]))
			return true;
	return false;
}

/* Ends what is not in the list any more, and forgets what is written and cannot come again as the same. */
static void end_missing(struct ohtd_alert_keeper *keeper, const struct ohtd_alert_list *list, uint64_t now_ns)
{
	unsigned int i = 0;

	while (i < keeper->entry_count) {
		struct entry *entry = &keeper->entries[i];

		if (!entry->ended_ns && !is_listed(list, entry))
			end_entry(keeper, entry, now_ns);
		if (entry->ended_ns && !entry->changed && ohtd_since(now_ns, entry->ended_ns) > AGAIN_NS)
			*entry = keeper->entries[--keeper->entry_count];
		else
			i++;
	}
}

static struct entry *find_entry(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert)
{
	for (unsigned int i = 0; i < keeper->entry_count; i++)
		if (is_of(&keeper->entries[i], alert))
			return &keeper->entries[i];
	return NULL;
}

static bool is_shelved(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert)
{
	return ohtd_alert_may_rest(alert) &&
	       ohtd_alert_shelves_find(keeper->shelves, alert->code, alert->source, alert->unit, alert->subject, NULL);
}

/* What came before it is about the same module, no less severe, and has been told: one fault is one alert. */
static bool follows(const struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert)
{
	for (unsigned int i = 0; alert->about && i < keeper->entry_count; i++) {
		const struct entry *entry = &keeper->entries[i];

		if (entry->about == alert->about && entry->key && !is_of(entry, alert) && !entry->ended_ns && !entry->row.muted &&
		    ohtd_robot_severity_rank(entry->severity) >= ohtd_robot_severity_rank(alert->severity))
			return true;
	}
	return false;
}

/* No person is to be told of it now. */
static bool rests(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert)
{
	return is_shelved(keeper, alert) || follows(keeper, alert);
}

/* Receivers are not told of it: it rests, or is one more warning in a flood, of which they are told as of an alert. */
static bool is_muted(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert)
{
	if (keeper->flood.since_ns && alert->severity == OHTD_SEVERITY_WARNING && !ohtd_alert_is_flood(alert))
		return true;
	return rests(keeper, alert);
}

/*
 * Receivers are told of this coming: nothing holds it back, and its kind has not used up what may be told. What is to be told and waits for its
 * write takes no other; an emergency takes none.
 */
static bool is_told(struct ohtd_alert_keeper *keeper, struct entry *entry, const struct ohtd_alert *alert, uint64_t now_ns)
{
	if (is_muted(keeper, alert))
		return false;
	if (alert->severity == OHTD_SEVERITY_EMERGENCY || (entry->changed && !entry->row.muted))
		return true;
	return ohtd_alerts_budget_tell(&keeper->budget, &entry->row, now_ns, &entry->row.flaps);
}

/* It comes now, perhaps once more. */
static void note_coming(struct ohtd_alert_keeper *keeper, struct entry *entry, const struct ohtd_alert *alert,
			uint64_t now_ns)
{
	struct ohtd_alert_row *row = &entry->row;
	const int64_t three_ns = (int64_t)ohtd_since(now_ns, entry->came_ns[1]);

	row->times++;
	snprintf(row->text, sizeof(row->text), "%s", alert->text);
	ohtd_alerts_budget_come(&keeper->budget, row);
	row->muted = !is_told(keeper, entry, alert, now_ns);
	if (entry->came_ns[1] && (!row->fastest_ns || three_ns < row->fastest_ns))
		row->fastest_ns = three_ns;
	entry->came_ns[1] = entry->came_ns[0];
	entry->came_ns[0] = now_ns;
	entry->changed = true;
}

static void begin_entry(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert, uint64_t now_ns)
{
	struct entry *entry = &keeper->entries[keeper->entry_count++];
	struct ohtd_alert_row *row = &entry->row;

	*entry = (struct entry){
		.key = alert->key, .since_ns = alert->since_ns ? alert->since_ns : now_ns, .about = alert->about, .severity = alert->severity,
		.over = alert->over,
	};
	row->number = ++keeper->newest;
	row->unit = alert->unit;
	snprintf(row->subject, sizeof(row->subject), "%s", alert->subject);
	entry->first_ns = entry->since_ns;
	row->since_ns = ohtd_clock_wall_of_ns(keeper->clock, entry->since_ns);
	snprintf(row->code, sizeof(row->code), "%s", alert->code);
	snprintf(row->severity, sizeof(row->severity), "%s", ohtd_severity_name(alert->severity));
	snprintf(row->source, sizeof(row->source), "%s", alert->source);
	/* A shelved alert is told to no person, so it is no load. */
	row->rested = ohtd_alert_is_flood(alert) || rests(keeper, alert);
	if (keeper->watches_floods && !row->rested)
		ohtd_flood_came(&keeper->flood, row->number, row->code, now_ns);
	note_coming(keeper, entry, alert, now_ns);
}

/* The entry before this one is not written yet. With more of them, one alert that comes anew all day would take the room of the others. */
static bool has_unwritten(const struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert)
{
	for (unsigned int i = 0; i < keeper->entry_count; i++) {
		const struct entry *entry = &keeper->entries[i];

		if (!entry->key && entry->changed && entry->row.unit == alert->unit && !strcmp(entry->row.code, alert->code) &&
		    !strcmp(entry->row.subject, alert->subject))
			return true;
	}
	return false;
}

/*
 * The alert of @entry is over and waits for an acknowledgement. An acknowledgement names one coming, so a new coming is a new entry.
 * Without room for it the next tick tries again.
 */
static void begin_anew(struct ohtd_alert_keeper *keeper, struct entry *entry, const struct ohtd_alert *alert,
		       uint64_t now_ns)
{
	if (keeper->entry_count == ENTRIES_MAX || has_unwritten(keeper, alert))
		return;
	end_entry(keeper, entry, now_ns);
	entry->key = 0;
	begin_entry(keeper, alert, now_ns);
}

/* Its shelf, the flood or what it follows is over, or has become none, or it may be told again: what came meanwhile and stands is told now. */
static void look_at_shelf(struct ohtd_alert_keeper *keeper, struct entry *entry, const struct ohtd_alert *alert, uint64_t now_ns)
{
	entry->may_rest = ohtd_alert_may_rest(alert);
	entry->about = alert->about;
	if (!entry->row.muted || !is_told(keeper, entry, alert, now_ns))
		return;
	entry->row.muted = false;
	entry->changed = true;
}

static void take_coming(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert, uint64_t now_ns)
{
	struct entry *entry = find_entry(keeper, alert);

	if (!entry) {
		/* No key is in the entries twice, so there is room unless the store takes nothing: later, then. */
		if (keeper->entry_count < ENTRIES_MAX)
			begin_entry(keeper, alert, now_ns);
		return;
	}
	if (!entry->ended_ns && (!alert->since_ns || entry->since_ns == alert->since_ns)) {
		entry->over = alert->over;
		/* Its end says how many there were. */
		if (ohtd_alert_is_flood(alert))
			snprintf(entry->row.text, sizeof(entry->row.text), "%s", alert->text);
		return;
	}
	if (!entry->ended_ns && entry->over) {
		begin_anew(keeper, entry, alert, now_ns);
		return;
	}
	entry->since_ns = alert->since_ns ? alert->since_ns : now_ns;
	entry->ended_ns = entry->row.ended_ns = 0;
	note_coming(keeper, entry, alert, now_ns);
}

static void take_alert(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert, uint64_t now_ns)
{
	struct entry *entry;

	take_coming(keeper, alert, now_ns);
	entry = find_entry(keeper, alert);
	if (entry)
		look_at_shelf(keeper, entry, alert, now_ns);
}

/* In the order in which they came, but the stop first: it names what it was made for. */
static void take_alerts(struct ohtd_alert_keeper *keeper, const struct ohtd_alert_list *list, bool emergencies,
			uint64_t now_ns)
{
	for (size_t i = list->count; i-- > 0;)
		if ((list->items[i].severity == OHTD_SEVERITY_EMERGENCY) == emergencies)
			take_alert(keeper, &list->items[i], now_ns);
}

/* ---- to the store ---- */

static void note_result(struct ohtd_alert_keeper *keeper)
{
	if (ohtd_outbox_take(&keeper->outbox) != OHTD_OUTBOX_KEPT)
		return;
	keeper->begun = true;
	keeper->carries = false;
	keeper->row_count = 0;
}

static int compare_numbers(const void *first, const void *second)
{
	const struct ohtd_alert_row *a = first, *b = second;

	return (a->number > b->number) - (a->number < b->number);
}

/* Decides which kinds of alerts are in this write. */
static void share_out(struct ohtd_alert_keeper *keeper, uint64_t now_ns)
{
	ohtd_alerts_budget_begin(&keeper->budget);
	for (unsigned int i = 0; i < keeper->entry_count; i++) {
		const struct entry *entry = &keeper->entries[i];

		if (entry->changed)
			ohtd_alerts_budget_ask(&keeper->budget, &entry->row, entry->severity == OHTD_SEVERITY_EMERGENCY, now_ns);
	}
	ohtd_alerts_budget_share(&keeper->budget, now_ns);
}

/* By their numbers: receivers are told that one has ended before they are told that the same has come anew. @all: also what has to wait. */
static void gather(struct ohtd_alert_keeper *keeper, bool all)
{
	for (unsigned int i = 0; i < keeper->entry_count; i++) {
		struct entry *entry = &keeper->entries[i];

		if (!entry->changed || !(all || ohtd_alerts_budget_has(&keeper->budget, &entry->row)))
			continue;
		keeper->rows[keeper->row_count++] = entry->row;
		entry->changed = false;
	}
	qsort(keeper->rows, keeper->row_count, sizeof(keeper->rows[0]), compare_numbers);
}

static void hand_over(struct ohtd_alert_keeper *keeper, uint64_t now_ns)
{
	note_result(keeper);
	if (now_ns < keeper->next_ns || !ohtd_outbox_is_free(&keeper->outbox))
		return;
	/* What the store refused is tried again first. */
	if (!keeper->row_count) {
		share_out(keeper, now_ns);
		gather(keeper, false);
	}
	if (!keeper->row_count)
		return;
	keeper->next_ns = now_ns + WRITE_EVERY_NS;
	ohtd_outbox_send(&keeper->outbox, work_keep, keeper);
}

void ohtd_alert_keeper_watch_floods(struct ohtd_alert_keeper *keeper)
{
	keeper->watches_floods = true;
}

bool ohtd_alert_keeper_flood(struct ohtd_alert_keeper *keeper, struct ohtd_flood *flood)
{
	pthread_mutex_lock(&keeper->lock);
	*flood = keeper->flood;
	pthread_mutex_unlock(&keeper->lock);
	return flood->since_ns;
}

void ohtd_alert_keeper_tick(struct ohtd_alert_keeper *keeper, const struct ohtd_scene *scene)
{
	const struct ohtd_alert_list *list;

	switch (scene->snapshot->state) {
	case OHTD_STATE_BOOT:
	case OHTD_STATE_INIT:
	case OHTD_STATE_SHUTDOWN:
		return;
	}
	list = ohtd_alerts_list(scene);
	ohtd_alert_shelves_tick(keeper->shelves);
	pthread_mutex_lock(&keeper->lock);
	ohtd_flood_look(&keeper->flood, scene->now_ns);
	end_missing(keeper, list, scene->now_ns);
	take_alerts(keeper, list, true, scene->now_ns);
	take_alerts(keeper, list, false, scene->now_ns);
	hand_over(keeper, scene->now_ns);
	pthread_mutex_unlock(&keeper->lock);
}

/* ---- acknowledgement ---- */

uint64_t ohtd_alert_keeper_since(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert)
{
	const struct entry *entry;
	uint64_t since_ns;

	pthread_mutex_lock(&keeper->lock);
	entry = find_entry(keeper, alert);
	since_ns = entry && !entry->ended_ns ? entry->since_ns : 0;
	pthread_mutex_unlock(&keeper->lock);
	return since_ns;
}

bool ohtd_alert_keeper_active(struct ohtd_alert_keeper *keeper, const struct ohtd_alert *alert, struct ohtd_alert_row *row)
{
	const struct entry *entry;
	bool is_active;

	pthread_mutex_lock(&keeper->lock);
	entry = find_entry(keeper, alert);
	is_active = entry && !entry->ended_ns;
	if (is_active)
		*row = entry->row;
	pthread_mutex_unlock(&keeper->lock);
	return is_active;
}

static struct entry *find_number(struct ohtd_alert_keeper *keeper, int64_t number)
{
	for (unsigned int i = 0; i < keeper->entry_count; i++)
		if (keeper->entries[i].row.number == number)
			return &keeper->entries[i];
	return NULL;
}

uint64_t ohtd_alert_keeper_raised(struct ohtd_alert_keeper *keeper)
{
	uint64_t raised;

	pthread_mutex_lock(&keeper->lock);
	raised = (uint64_t)(keeper->newest - keeper->before);
	pthread_mutex_unlock(&keeper->lock);
	return raised;
}

bool ohtd_alert_keeper_find(struct ohtd_alert_keeper *keeper, int64_t number, struct ohtd_alert_row *row)
{
	const struct entry *entry;

	pthread_mutex_lock(&keeper->lock);
	entry = find_number(keeper, number);
	if (entry)
		*row = entry->row;
	pthread_mutex_unlock(&keeper->lock);
	return entry;
}

uint32_t ohtd_alert_keeper_note(struct ohtd_alert_keeper *keeper, const struct ohtd_alert_row *row)
{
	struct entry *entry;
	uint32_t key;

	pthread_mutex_lock(&keeper->lock);
	entry = find_number(keeper, row->number);
	if (entry && row->acknowledged_times > entry->row.acknowledged_times) {
		entry->row.acknowledged_ns = row->acknowledged_ns;
		entry->row.acknowledged_times = row->acknowledged_times;
		snprintf(entry->row.acknowledged_by, sizeof(entry->row.acknowledged_by), "%s", row->acknowledged_by);
	}
	/* It may have come again since: that has not been seen. */
	key = entry && !entry->ended_ns && entry->row.acknowledged_times >= entry->row.times ? entry->key : 0;
	pthread_mutex_unlock(&keeper->lock);
	return key;
}

/* ---- shelving ---- */

int ohtd_alert_keeper_find_shelvable(struct ohtd_alert_keeper *keeper, int64_t number, struct ohtd_alert_row *row)
{
	const struct entry *entry;
	int r = -ENOENT;

	pthread_mutex_lock(&keeper->lock);
	entry = find_number(keeper, number);
	if (entry) {
		*row = entry->row;
		r = entry->may_rest ? 0 : -EPERM;
	}
	pthread_mutex_unlock(&keeper->lock);
	return r;
}

struct ohtd_alert_shelves *ohtd_alert_keeper_shelves(struct ohtd_alert_keeper *keeper)
{
	return keeper->shelves;
}

/* ---- the end ---- */

void ohtd_alert_keeper_end(struct ohtd_alert_keeper *keeper)
{
	int r;

	if (!keeper)
		return;
	ohtd_alert_shelves_end(keeper->shelves);
	r = ohtd_outbox_write(&keeper->outbox, NULL, NULL);
	/* What waits for another try, and then what has changed since. */
	for (int batch = 0; r >= 0 && batch < 2; batch++) {
		note_result(keeper);
		if (!keeper->row_count)
			gather(keeper, true);
		r = ohtd_outbox_write(&keeper->outbox, work_keep, keeper);
	}
	if (r < 0)
		ohtd_log(OHTD_LOG_WARNING, "http", "alerts_not_kept", "the last alerts are not written: %s", strerror(-r));
}

void ohtd_alert_keeper_destroy(struct ohtd_alert_keeper *keeper)
{
	if (!keeper)
		return;
	pthread_mutex_destroy(&keeper->lock);
	ohtd_alert_shelves_destroy(keeper->shelves);
	free(keeper);
}
