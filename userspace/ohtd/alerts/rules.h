/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     all rules on values: shipped ones, also changed or switched off, and own ones. Those at
 *           work take each sample, and say which alerts are active.
 * Contexts: create, destroy: main thread. Sample: the thread that takes samples out of the ring
 *           (history/history.h), also while nothing can be kept. All else: any thread but the
 *           control thread.
 * Locks:    a mutex, held for a pass over the rules; nothing is waited for with it.
 */
#ifndef OHTD_ALERTS_RULES_H
#define OHTD_ALERTS_RULES_H

#include "alerts/shipped.h"
#include "settings/alert_rules.h"

#define OHTD_ALERT_RULES_OWN	16
#define OHTD_ALERT_RULES_MAX	(OHTD_ALERT_SHIPPED + OHTD_ALERT_RULES_OWN)

struct ohtd_alert_rules;

/* Those that are shipped. NULL: out of memory. */
struct ohtd_alert_rules *ohtd_alert_rules_create(void);

/* NULL is allowed. */
void ohtd_alert_rules_destroy(struct ohtd_alert_rules *rules);

/* As ohtd_alert_watch_step() for all that are at work. */
void ohtd_alert_rules_sample(struct ohtd_alert_rules *rules, const struct ohtd_sample *sample);

/* ---- alerts ---- */

/**
 * struct ohtd_alert_told - an alert of a rule
 * @id: of the rule, less than 2^23; a rule that is changed gets another one
 * @since_ns: when it came, or when what hid it ended, by the time of samples
 * @value: by which it came
 * @over: its reason is gone, and it stays until somebody acknowledges it
 */
struct ohtd_alert_told {
	unsigned int id;
	uint64_t since_ns;
	int64_t value;
	bool over;
};

/* Fills @told with the alerts of now, one of each group. Returns their number, OHTD_ALERT_RULES_MAX at most. */
unsigned int ohtd_alert_rules_look(struct ohtd_alert_rules *rules, struct ohtd_alert_told *told);

/* The rule with that id. False: it is not there any more. */
bool ohtd_alert_rules_told(struct ohtd_alert_rules *rules, unsigned int id,
			   struct ohtd_alert_rule *rule);

/* The alert of the rule with that id is acknowledged. */
void ohtd_alert_rules_acknowledge(struct ohtd_alert_rules *rules, unsigned int id);

/* The alert as the run before told it, if that left it and the value has not been beyond the limit since. False: it came in this run. */
bool ohtd_alert_rules_carried(struct ohtd_alert_rules *rules, unsigned int id, char text[OHTD_ALERT_RULE_TEXT]);

/*
 * An alert of the run before without an acknowledgement. If its rule is latching, the alert is told, over, until it is acknowledged. @now_ns: as
 * the time of samples.
 */
void ohtd_alert_rules_carry(struct ohtd_alert_rules *rules, const char *code, const char *text, uint64_t now_ns);

/* ---- rules ---- */

/**
 * struct ohtd_alert_rule_state - a rule as it stands
 * @rule: what it says
 * @shipped: it comes with the daemon
 * @revision: follows from what it says, so another form has another one; 0: as it is shipped
 */
struct ohtd_alert_rule_state {
	struct ohtd_alert_rule rule;
	bool shipped;
	int64_t revision;
};

/* By a number from 0 on, the shipped ones first. False: there are no more. */
bool ohtd_alert_rules_at(struct ohtd_alert_rules *rules, unsigned int number,
			 struct ohtd_alert_rule_state *state);

/* By its code. */
bool ohtd_alert_rules_find(struct ohtd_alert_rules *rules, const char *code,
			   struct ohtd_alert_rule_state *state);

/*
 * Only these are made or changed. What has not changed stays at work as it is. What cannot be at work is logged and left out.
 * @rules: struct ohtd_alert_rules.
 */
void ohtd_alert_rules_set(void *rules, const struct ohtd_alert_rule_set *set);

#endif /* OHTD_ALERTS_RULES_H */
