// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/rules.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct ohtd_alert_rules {
	pthread_mutex_t lock;
	struct ohtd_alert_watch watches[OHTD_ALERT_RULES_MAX];
};

struct ohtd_alert_rules *ohtd_alert_rules_create(void)
{
	struct ohtd_alert_rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return NULL;
	pthread_mutex_init(&rules->lock, NULL);
	for (unsigned int i = 0; i < OHTD_ALERT_SHIPPED; i++)
		ohtd_alert_watch_begin(&rules->watches[i], &ohtd_alert_shipped[i]);
	return rules;
}

void ohtd_alert_rules_destroy(struct ohtd_alert_rules *rules)
{
	if (!rules)
		return;
	pthread_mutex_destroy(&rules->lock);
	free(rules);
}

void ohtd_alert_rules_sample(void *context, const struct ohtd_sample *sample)
{
	struct ohtd_alert_rules *rules = context;

	pthread_mutex_lock(&rules->lock);
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++)
		ohtd_alert_watch_step(&rules->watches[i], sample);
	pthread_mutex_unlock(&rules->lock);
}

/* @b is told in the place of @a. */
static bool hides(const struct ohtd_alert_watch *b, const struct ohtd_alert_watch *a)
{
	if (b == a || !b->told || !*a->rule->group || strcmp(a->rule->group, b->rule->group))
		return false;
	if (a->rule->severity != b->rule->severity)
		return b->rule->severity < a->rule->severity;
	return b->since_ns != a->since_ns ? b->since_ns < a->since_ns : b < a;
}

static bool is_hidden(const struct ohtd_alert_rules *rules, const struct ohtd_alert_watch *watch)
{
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++)
		if (hides(&rules->watches[i], watch))
			return true;
	return false;
}

unsigned int ohtd_alert_rules_look(struct ohtd_alert_rules *rules, struct ohtd_alert_told *told)
{
	unsigned int count = 0;

	pthread_mutex_lock(&rules->lock);
	for (unsigned int i = 0; i < OHTD_ALERT_RULES_MAX; i++) {
		const struct ohtd_alert_watch *watch = &rules->watches[i];

		if (watch->told && !is_hidden(rules, watch))
			told[count++] = (struct ohtd_alert_told){
				.place = i, .since_ns = watch->since_ns, .value = watch->value,
				.over = !watch->active,
			};
	}
	pthread_mutex_unlock(&rules->lock);
	return count;
}

bool ohtd_alert_rules_at(struct ohtd_alert_rules *rules, unsigned int place,
			 struct ohtd_alert_rule *rule)
{
	if (place >= OHTD_ALERT_RULES_MAX)
		return false;
	pthread_mutex_lock(&rules->lock);
	*rule = *rules->watches[place].rule;
	pthread_mutex_unlock(&rules->lock);
	return true;
}

int ohtd_alert_rules_find(struct ohtd_alert_rules *rules, const char *code,
			  struct ohtd_alert_rule *rule)
{
	for (unsigned int place = 0; ohtd_alert_rules_at(rules, place, rule); place++)
		if (!strcmp(rule->code, code))
			return (int)place;
	return -ENOENT;
}

void ohtd_alert_rules_acknowledge(struct ohtd_alert_rules *rules, unsigned int place)
{
	pthread_mutex_lock(&rules->lock);
	if (place < OHTD_ALERT_RULES_MAX)
		ohtd_alert_watch_acknowledge(&rules->watches[place]);
	pthread_mutex_unlock(&rules->lock);
}
