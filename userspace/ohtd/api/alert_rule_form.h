/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     rules on values as requests and answers say them, and what of a request is refused.
 * Contexts: the loop of the request.
 * Locks:    none.
 */
#ifndef OHTD_API_ALERT_RULE_FORM_H
#define OHTD_API_ALERT_RULE_FORM_H

#include "alerts/rules.h"
#include "json/member.h"

struct ohtd_call;

/**
 * struct ohtd_api_rule_form - a rule with words and names: as an answer shows it, a request makes it, or a request changes it
 * @enabled: a request that makes a rule says nothing of it
 * @unit: in answers only, as @shipped and @revision
 *
 * The rest is as struct ohtd_alert_rule. What a change leaves out is NULL, OHTD_NONE, -1 or not a number.
 */
struct ohtd_api_rule_form {
	const char *code;
	const char *signal;
	unsigned int kind;
	const char *minus;
	int64_t window_ms;
	unsigned int when;
	double limit;
	double hysteresis;
	const char *unit;
	int64_t on_ms;
	int64_t off_ms;
	int64_t severity;
	int8_t latching;
	int8_t behind_modules;
	const char *const *suppressed;
	size_t suppressed_count;
	const char *group;
	const char *text;
	const char *consequence;
	const char *action;
	int8_t enabled;
	bool shipped;
	int64_t revision;
};

/* Of an answer, of the body of a rule that is made, and of a change. */
extern const struct ohtd_shape ohtd_api_rule_form_shape;
extern const struct ohtd_shape ohtd_rule_body_shape;
extern const struct ohtd_shape ohtd_rule_change_shape;

struct ohtd_api_rule_form ohtd_api_rule_form_of(struct ohtd_call *call, const struct ohtd_alert_rule_state *state);

/* The rule that the path names. False: there is none, and the request has been answered. */
bool ohtd_rule_find(struct ohtd_call *call, struct ohtd_alert_rule_state *state);

/* The rule that a request makes. False: it has been refused, with the value that does not fit. */
bool ohtd_rule_take(struct ohtd_call *call, const struct ohtd_api_rule_form *said, struct ohtd_alert_rule *rule);

/* The same for a change of @state. */
bool ohtd_rule_take_change(struct ohtd_call *call, const struct ohtd_api_rule_form *said, struct ohtd_alert_rule_state *state);

#endif /* OHTD_API_ALERT_RULE_FORM_H */
