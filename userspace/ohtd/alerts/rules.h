/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     all rules on values at work: they take each sample, and say which alerts are active.
 * Contexts: create, destroy: main thread. Sample: the thread that takes samples out of the ring
 *           (history/history.h), also while nothing can be kept. Look, acknowledge: any thread
 *           but the control thread.
 * Locks:    a mutex, held for a pass over the rules; nothing is waited for with it.
 */
#ifndef OHTD_ALERTS_RULES_H
#define OHTD_ALERTS_RULES_H

#include "alerts/shipped.h"

#define OHTD_ALERT_RULES_MAX	OHTD_ALERT_SHIPPED

struct ohtd_alert_rules;

/* NULL: out of memory. */
struct ohtd_alert_rules *ohtd_alert_rules_create(void);

/* NULL is allowed. */
void ohtd_alert_rules_destroy(struct ohtd_alert_rules *rules);

/* As ohtd_alert_watch_step() for all of them. @rules: struct ohtd_alert_rules. */
void ohtd_alert_rules_sample(void *rules, const struct ohtd_sample *sample);

/**
 * struct ohtd_alert_told - an alert of a rule
 * @place: of the rule; no other rule has it
 * @since_ns: when it came, by the time of samples
 * @value: by which it came
 * @over: its reason is gone, and it stays until somebody acknowledges it
 */
struct ohtd_alert_told {
	unsigned int place;
	uint64_t since_ns;
	int64_t value;
	bool over;
};

/* What is told now: of each group one. Returns how many of @told, OHTD_ALERT_RULES_MAX at most. */
unsigned int ohtd_alert_rules_look(struct ohtd_alert_rules *rules, struct ohtd_alert_told *told);

/* The rule at @place, as it stands. False: there is none. */
bool ohtd_alert_rules_at(struct ohtd_alert_rules *rules, unsigned int place,
			 struct ohtd_alert_rule *rule);

/* The same by its code; returns its place, or -ENOENT. */
int ohtd_alert_rules_find(struct ohtd_alert_rules *rules, const char *code,
			  struct ohtd_alert_rule *rule);

/* Somebody has acknowledged the alert of the rule at @place. */
void ohtd_alert_rules_acknowledge(struct ohtd_alert_rules *rules, unsigned int place);

#endif /* OHTD_ALERTS_RULES_H */
