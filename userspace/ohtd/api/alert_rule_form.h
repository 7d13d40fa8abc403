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

/* A rule; as struct ohtd_alert_rule, with words and names. */
struct ohtd_rule_view {
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
	unsigned int severity;
	bool latching;
	bool behind_modules;
	const char *const *suppressed;
	size_t suppressed_count;
	const char *group;
	const char *text;
	const char *consequence;
	const char *action;
	bool enabled;
	bool shipped;
	int64_t revision;
};

extern const struct ohtd_shape ohtd_rule_view_shape;

struct ohtd_rule_view ohtd_rule_view_of(struct ohtd_call *call,
					const struct ohtd_alert_rule_state *state);

/* The rule that the path names. False: there is none, and the request has been answered. */
bool ohtd_rule_find(struct ohtd_call *call, struct ohtd_alert_rule_state *state);

/* What a request says of a rule. */
struct ohtd_rule_body {
	const char *code;
	const char *signal;
	unsigned int kind;
	const char *minus;
	int64_t window_ms;
	unsigned int when;
	double limit;
	double hysteresis;
	int64_t on_ms;
	int64_t off_ms;
	unsigned int severity;
	int8_t latching;
	int8_t behind_modules;
	const char *const *suppressed;
	size_t suppressed_count;
	const char *group;
	const char *text;
	const char *consequence;
	const char *action;
};

extern const struct ohtd_shape ohtd_rule_body_shape;

/* False: it has been refused, with the value that does not fit. */
bool ohtd_rule_take(struct ohtd_call *call, const struct ohtd_rule_body *said,
		    struct ohtd_alert_rule *rule);

/* What a request changes of a rule; what it leaves out stays. */
struct ohtd_rule_change {
	int8_t enabled;
	double limit;
	double hysteresis;
	int64_t on_ms;
	int64_t off_ms;
	int64_t severity;
	int8_t latching;
	const char *text;
	const char *consequence;
	const char *action;
};

extern const struct ohtd_shape ohtd_rule_change_shape;

/* The same for a change. */
bool ohtd_rule_take_change(struct ohtd_call *call, const struct ohtd_rule_change *said,
			   struct ohtd_alert_rule_state *state);

#endif /* OHTD_HTTP_ALERT_RULE_FORM_H */
