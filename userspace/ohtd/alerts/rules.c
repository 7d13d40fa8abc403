// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/rules.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/kept.h"
#include "base/log.h"

/**
 * struct slot - a place for a rule
 * @used: there is one
 * @id: see struct ohtd_alert_told
 * @shown: its alert is told, and no other one of its group in its place
 * @shown_ns: since when, by the time of samples
 * @carried: text of an alert of the run before; "": it is of this run
 */
struct slot {
	bool used;
	unsigned int id;
	struct ohtd_alert_rule_state state;
	struct ohtd_alert_watch watch;
	bool shown;
	uint64_t shown_ns;
	char carried[OHTD_ALERT_RULE_TEXT];
};

/**
 * struct ohtd_alert_rules - see rules.h
 * @next_id: for the next rule that is new or changed
 * @slots: the shipped ones first, in their order
 */
struct ohtd_alert_rules {
	pthread_mutex_t lock;
	unsigned int next_id;
	struct slot slots[OHTD_ALERT_RULES_MAX];
};

/* ---- made and changed rules ---- */

#define FNV_BASIS	0xcbf29ce484222325
#define FNV_PRIME	0x100000001b3
/* A number that a client's double holds without doubt. */
#define REVISION_MASK	((1ull << 53) - 1)

/* FNV-1a */
static int64_t revision_of(const struct ohtd_alert_rule *rule)
{
	const unsigned char *bytes = (const unsigned char *)rule;
	uint64_t sum = FNV_BASIS;

	for (size_t i = 0; i < sizeof(*rule); i++)
		sum = (sum ^ bytes[i]) * FNV_PRIME;
	return (int64_t)(sum & REVISION_MASK) | 1;
}

static void drop_words(struct ohtd_alert_rule *rule)
{
	memset(rule->text, 0, sizeof(rule->text));
	memset(rule->consequence, 0, sizeof(rule->consequence));
	memset(rule->action, 0, sizeof(rule->action));
}

/* All but the words for people. */
static bool watches_the_same(const struct ohtd_alert_rule *rule, const struct ohtd_alert_rule *other)
{
	struct ohtd_alert_rule before = *rule, now = *other;

	drop_words(&before);
	drop_words(&now);
	return !memcmp(&before, &now, sizeof(now));
}

/* With the lock held. @configured: it is not as it is shipped. */
static void fill(struct ohtd_alert_rules *rules, struct slot *slot, const struct ohtd_alert_rule *rule, bool configured)
{
	const int64_t revision = configured ? revision_of(rule) : 0;
	bool is_same;

	if (slot->used && slot->state.revision == revision && !memcmp(&slot->state.rule, rule, sizeof(*rule)))
		return;
	is_same = slot->used && watches_the_same(&slot->state.rule, rule);
	slot->used = true;
	slot->state = (struct ohtd_alert_rule_state){ .shipped = slot < &rules->slots[OHTD_ALERT_SHIPPED], .revision = revision };
	/* All bytes, since rules are compared by them. */
	memcpy(&slot->state.rule, rule, sizeof(*rule));
	/* An alert that stands goes on, with other words. */
	if (is_same)
		return;
	slot->id = rules->next_id++;
	slot->shown = false;
	*slot->carried = 0;
	ohtd_alert_watch_begin(&slot->watch, &slot->state.rule);
}

static bool can_be_at_work(const struct ohtd_alert_rule *rule)
{
	const char *why = ohtd_alert_rule_unfit(rule, NULL);

	if (why)
		ohtd_log(OHTD_LOG_WARNING, "alert", "rule_left_out",
			 "%s: %s; DELETE alert-rules/%s drops it", rule->code, why, rule->code);
	return !why;
}

static void set_shipped(struct ohtd_alert_rules *rules, const struct ohtd_alert_rule_set *set)
{
	for (unsigned int i = 0; i < OHTD_ALERT_SHIPPED; i++) {
		const struct ohtd_alert_rule *rule = ohtd_alert_rule_in(set, ohtd_alert_shipped[i].code);
		const bool configured = rule && can_be_at_work(rule);

		fill(rules, &rules->slots[i], configured ? rule : &ohtd_alert_shipped[i], configured);
	}
}

static struct slot *own_slot(struct ohtd_alert_rules *rules, const char *code)
{
	for (unsigned int i = OHTD_ALERT_SHIPPED; i < OHTD_ALERT_RULES_MAX; i++) {
		struct slot *slot = &rules->slots[i];

		if (code ? slot->used && !strcmp(slot->state.rule.code, code) : !slot->used)
			return slot;
	}
	return NULL;
}

static void set_own(struct ohtd_alert_rules *rules, const struct ohtd_alert_rule_set *set)
{
	for (unsigned int i = OHTD_ALERT_SHIPPED; i < OHTD_ALERT_RULES_MAX; i++)
		if (rules->slots[i].used && !ohtd_alert_rule_in(set, rules->slots[i].state.rule.code))
			rules->slots[i].used = false;
	for (unsigned int i = 0; i < set->count; i++) {
		struct slot *slot = own_slot(rules, set->rule[i].code);

		slot = slot ? slot : own_slot(rules, NULL);
		if (!slot || ohtd_alert_rule_shipped(set->rule[i].code) >= 0)
			continue;
		if (can_be_at_work(&set->rule[i]))
			fill(rules, slot, &set->rule[i], true);
	}
}

void ohtd_alert_rules_set(void *context, const struct ohtd_alert_rule_set *set)
{
	struct ohtd_alert_rules *rules = context;

	pthread_mutex_lock(&rules->lock);
	set_shipped(rules, set);
	set_own(rules, set);
	pthread_mutex_unlock(&rules->lock);
}

/* ---- begin and end ---- */

struct ohtd_alert_rules *ohtd_alert_rules_create(void)
{
	static const struct ohtd_alert_rule_set none;
	struct ohtd_alert_rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return NULL;
	pthread_mutex_init(&rules->lock, NULL);
	ohtd_alert_rules_set(rules, &none);
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
	return slot->used && slot->state.rule.enabled;
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
		return ohtd_robot_severity_rank(rule_b->severity) > ohtd_robot_severity_rank(rule_a->severity);
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

static void step(struct slot *slot, const struct ohtd_sample *sample)
{
	ohtd_alert_watch_step(&slot->watch, sample);
	if (slot->watch.active)
		*slot->carried = 0;
}

void ohtd_alert_rules_sample(struct ohtd_alert_rules *rules, const struct ohtd_sample *sample)
{
	pthread_mutex_lock(&rules->lock);
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++)
		if (is_at_work(&rules->slots[i]))
			step(&rules->slots[i], sample);
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

bool ohtd_alert_rules_carried(struct ohtd_alert_rules *rules, unsigned int id, char text[OHTD_ALERT_RULE_TEXT])
{
	const struct slot *slot;
	bool carried;

	pthread_mutex_lock(&rules->lock);
	slot = slot_of(rules, id);
	carried = slot && *slot->carried;
	if (carried)
		memcpy(text, slot->carried, sizeof(slot->carried));
	pthread_mutex_unlock(&rules->lock);
	return carried;
}

void ohtd_alert_rules_carry(struct ohtd_alert_rules *rules, const char *code, const char *text, uint64_t now_ns)
{
	static const char before[] = "Before the last start: ";

	pthread_mutex_lock(&rules->lock);
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++) {
		struct slot *slot = &rules->slots[i];

		if (!is_at_work(slot) || slot->watch.told || !slot->state.rule.latching || strcmp(slot->state.rule.code, code) != 0)
			continue;
		slot->watch.told = true;
		slot->watch.since_ns = now_ns;
		snprintf(slot->carried, sizeof(slot->carried), "%s%s", strncmp(text, before, sizeof(before) - 1) ? before : "", text);
	}
	pthread_mutex_unlock(&rules->lock);
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
