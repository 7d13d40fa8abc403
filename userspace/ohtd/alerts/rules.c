// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/rules.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/kept.h"
#include "base/log.h"
#include "store/store.h"

/**
 * struct slot - a place for a rule
 * @used: there is one
 * @id: see struct ohtd_alert_told
 * @row: that it was made of; zeros: as it is shipped
 * @shown: its alert is told, and no other one of its group in its place
 * @shown_ns: since when, by the time of samples
 */
struct slot {
	bool used;
	unsigned int id;
	struct ohtd_alert_rule_state state;
	struct ohtd_alert_rule_row row;
	struct ohtd_alert_watch watch;
	bool shown;
	uint64_t shown_ns;
};

/**
 * struct ohtd_alert_rules - see rules.h
 * @next_id: for the next rule that is new or changed
 * @written: of the rows that are in the slots
 * @writes: so far; the thread of the store
 * @slots: the shipped ones first, in their order
 */
struct ohtd_alert_rules {
	pthread_mutex_t lock;
	unsigned int next_id;
	uint64_t written;
	uint64_t writes;
	struct slot slots[OHTD_ALERT_RULES_MAX];
};

/* ---- made and changed rules ---- */

/* With the lock held. */
static void fill(struct ohtd_alert_rules *rules, struct slot *slot,
		 const struct ohtd_alert_rule *rule, const struct ohtd_alert_rule_row *row)
{
	static const struct ohtd_alert_rule_row as_shipped;

	/* A revision is the time of a change, so none comes twice. */
	row = row ? row : &as_shipped;
	if (slot->used && slot->row.revision == row->revision && !strcmp(slot->row.code, row->code))
		return;
	slot->used = true;
	slot->id = rules->next_id++;
	slot->row = *row;
	slot->shown = false;
	slot->state = (struct ohtd_alert_rule_state){
		.rule = *rule, .shipped = slot < &rules->slots[OHTD_ALERT_SHIPPED],
		.enabled = row == &as_shipped || row->enabled, .revision = row->revision,
	};
	ohtd_alert_watch_begin(&slot->watch, &slot->state.rule);
}

static const struct ohtd_alert_rule_row *row_of(const struct ohtd_alert_rule_row *rows, int count,
						const char *code)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(rows[i].code, code))
			return &rows[i];
	return NULL;
}

static bool can_be_at_work(const struct ohtd_alert_rule_row *row, struct ohtd_alert_rule *rule)
{
	const char *why = ohtd_alert_rule_from_row(row, rule);

	if (why)
		ohtd_log(OHTD_LOG_WARNING, "alert", "rule_left_out",
			 "%s: %s; DELETE alert-rules/%s drops it", row->code, why, row->code);
	return !why;
}

static void set_shipped(struct ohtd_alert_rules *rules, const struct ohtd_alert_rule_row *rows,
			int count)
{
	for (unsigned int i = 0; i < OHTD_ALERT_SHIPPED; i++) {
		const char *code = ohtd_alert_shipped[i].code;
		const struct ohtd_alert_rule_row *row = row_of(rows, count, code);
		struct ohtd_alert_rule rule;

		if (row && can_be_at_work(row, &rule))
			fill(rules, &rules->slots[i], &rule, row);
		else
			fill(rules, &rules->slots[i], &ohtd_alert_shipped[i], NULL);
	}
}

static struct slot *own_slot(struct ohtd_alert_rules *rules, const char *code)
{
	for (unsigned int i = OHTD_ALERT_SHIPPED; i < OHTD_ALERT_RULES_MAX; i++) {
		struct slot *slot = &rules->slots[i];

		if (code ? slot->used && !strcmp(slot->row.code, code) : !slot->used)
			return slot;
	}
	return NULL;
}

static bool is_shipped(const char *code)
{
	for (unsigned int i = 0; i < OHTD_ALERT_SHIPPED; i++)
		if (!strcmp(ohtd_alert_shipped[i].code, code))
			return true;
	return false;
}

static void set_own(struct ohtd_alert_rules *rules, const struct ohtd_alert_rule_row *rows,
		    int count)
{
	for (unsigned int i = OHTD_ALERT_SHIPPED; i < OHTD_ALERT_RULES_MAX; i++)
		if (rules->slots[i].used && !row_of(rows, count, rules->slots[i].row.code))
			rules->slots[i].used = false;
	for (int i = 0; i < count; i++) {
		struct slot *slot = own_slot(rules, rows[i].code);
		struct ohtd_alert_rule rule;

		slot = slot ? slot : own_slot(rules, NULL);
		if (slot && !is_shipped(rows[i].code) && can_be_at_work(&rows[i], &rule))
			fill(rules, slot, &rule, &rows[i]);
	}
}

void ohtd_alert_rules_set(struct ohtd_alert_rules *rules, const struct ohtd_alert_rule_row *rows,
			  int count, uint64_t written)
{
	pthread_mutex_lock(&rules->lock);
	if (written >= rules->written) {
		rules->written = written;
		set_shipped(rules, rows, count);
		set_own(rules, rows, count);
	}
	pthread_mutex_unlock(&rules->lock);
}

uint64_t ohtd_alert_rules_written(struct ohtd_alert_rules *rules)
{
	return ++rules->writes;
}

/* ---- begin and end ---- */

static int work_list(struct ohtd_db *db, void *arg)
{
	return ohtd_db_alert_rules_list(db, arg);
}

/* A store that does not work keeps nothing from starting: then the shipped rules are at work. */
static void read_rows(struct ohtd_alert_rules *rules, struct ohtd_store *store)
{
	struct ohtd_alert_rule_row *rows = calloc(OHTD_ALERT_RULE_ROWS, sizeof(*rows));
	int count = !rows ? -ENOMEM : store ? ohtd_store_call(store, work_list, rows) : 0;

	if (count < 0)
		ohtd_log(OHTD_LOG_WARNING, "alert", "rules_not_read",
			 "%s: only shipped rules are at work", strerror(-count));
	ohtd_alert_rules_set(rules, rows, count < 0 ? 0 : count, 0);
	free(rows);
}

struct ohtd_alert_rules *ohtd_alert_rules_create(struct ohtd_store *store)
{
	struct ohtd_alert_rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return NULL;
	pthread_mutex_init(&rules->lock, NULL);
	read_rows(rules, store);
	return rules;
}

void ohtd_alert_rules_destroy(struct ohtd_alert_rules *rules)
{
	if (!rules)
		return;
	pthread_mutex_destroy(&rules->lock);
	free(rules);
}

/* ---- at work ---- */

static bool is_at_work(const struct slot *slot)
{
	return slot->used && slot->state.enabled;
}

/* @b is told in the place of @a. */
static bool hides(const struct slot *b, const struct slot *a)
{
	const struct ohtd_alert_rule *rule_a = &a->state.rule, *rule_b = &b->state.rule;

	if (b == a || !is_at_work(b) || !b->watch.told || !*rule_a->group ||
	    strcmp(rule_a->group, rule_b->group))
		return false;
	/* What stands is not hidden by what only waits for its acknowledgement. */
	if (a->watch.active != b->watch.active)
		return b->watch.active;
	if (rule_a->severity != rule_b->severity)
		return rule_b->severity < rule_a->severity;
	return b->watch.since_ns != a->watch.since_ns ? b->watch.since_ns < a->watch.since_ns :
							 b < a;
}

static bool is_hidden(const struct ohtd_alert_rules *rules, const struct slot *slot)
{
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++)
		if (hides(&rules->slots[i], slot))
			return true;
	return false;
}

/* What hid an alert has ended: it is told since then, so that no two of a group are told at once. */
static void note_shown(struct ohtd_alert_rules *rules, uint64_t time_ns)
{
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++) {
		struct slot *slot = &rules->slots[i];
		const bool shows = is_at_work(slot) && slot->watch.told && !is_hidden(rules, slot);

		if (shows && (!slot->shown || slot->shown_ns < slot->watch.since_ns))
			slot->shown_ns = time_ns;
		slot->shown = shows;
	}
}

void ohtd_alert_rules_sample(void *context, const struct ohtd_sample *sample)
{
	struct ohtd_alert_rules *rules = context;

	pthread_mutex_lock(&rules->lock);
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++)
		if (is_at_work(&rules->slots[i]))
			ohtd_alert_watch_step(&rules->slots[i].watch, sample);
	note_shown(rules, sample->time_ns);
	pthread_mutex_unlock(&rules->lock);
}

unsigned int ohtd_alert_rules_look(struct ohtd_alert_rules *rules, struct ohtd_alert_told *told)
{
	unsigned int count = 0;

	pthread_mutex_lock(&rules->lock);
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++) {
		const struct slot *slot = &rules->slots[i];

		if (is_at_work(slot) && slot->watch.told && slot->shown)
			told[count++] = (struct ohtd_alert_told){
				.id = slot->id, .since_ns = slot->shown_ns,
				.value = slot->watch.value, .over = !slot->watch.active,
			};
	}
	pthread_mutex_unlock(&rules->lock);
	return count;
}

/* With the lock held. */
static struct slot *slot_of(struct ohtd_alert_rules *rules, unsigned int id)
{
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++)
		if (rules->slots[i].used && rules->slots[i].id == id)
			return &rules->slots[i];
	return NULL;
}

bool ohtd_alert_rules_told(struct ohtd_alert_rules *rules, unsigned int id,
			   struct ohtd_alert_rule *rule)
{
	const struct slot *slot;

	pthread_mutex_lock(&rules->lock);
	slot = slot_of(rules, id);
	if (slot)
		*rule = slot->state.rule;
	pthread_mutex_unlock(&rules->lock);
	return slot;
}

void ohtd_alert_rules_acknowledge(struct ohtd_alert_rules *rules, unsigned int id)
{
	struct slot *slot;

	pthread_mutex_lock(&rules->lock);
	slot = slot_of(rules, id);
	if (slot)
		ohtd_alert_watch_acknowledge(&slot->watch);
	pthread_mutex_unlock(&rules->lock);
}

/* ---- what there is ---- */

bool ohtd_alert_rules_at(struct ohtd_alert_rules *rules, unsigned int number,
			 struct ohtd_alert_rule_state *state)
{
	const struct slot *found = NULL;

	pthread_mutex_lock(&rules->lock);
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX && !found; i++)
		if (rules->slots[i].used && !number--)
			found = &rules->slots[i];
	if (found)
		*state = found->state;
	pthread_mutex_unlock(&rules->lock);
	return found;
}

bool ohtd_alert_rules_find(struct ohtd_alert_rules *rules, const char *code,
			   struct ohtd_alert_rule_state *state)
{
	for (unsigned int number = 0; ohtd_alert_rules_at(rules, number, state); number++)
		if (!strcmp(state->rule.code, code))
			return true;
	return false;
}
