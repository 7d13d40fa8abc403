/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what becomes of a rule on values (settings/alert_rules.h) from sample to sample.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 *
 * A rule raises an alert. It never acts on the robot.
 *
 * Only good values count: an old or bad one neither raises an alert nor ends one, and its time
 * is in no delay. So the loss of a module raises no alert on its registers. One exception: a value
 * outside of the range of its register is bad, and beyond a limit all the more. It raises an alert
 * whose limit it is beyond, and ends none.
 */
#ifndef OHTD_ALERTS_RULE_H
#define OHTD_ALERTS_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "robot/codes.h"
#include "robot/samples.h"
#include "settings/alert_rules.h"

/* What lies between two samples is seen if it is no more. As the history: fewer cycles are no gap. */
#define OHTD_ALERT_SEEN_NS	((int64_t)OHTD_NS_PER_S)
#define OHTD_ALERT_RULE_WINDOW	16	/* parts of a window; the oldest goes as a whole */
#define OHTD_ALERT_RULE_TEXT	256

/* The value that a rule looks at. */
enum ohtd_alert_rule_kind {
	OHTD_ALERT_RULE_VALUE,		/* the signal */
	OHTD_ALERT_RULE_DIFFERENCE,	/* the signal minus another one */
	OHTD_ALERT_RULE_INCREASE,	/* of a counter, within a window */
	OHTD_ALERT_RULE_KINDS,
};

/**
 * struct ohtd_alert_watch - a rule at work; begun by ohtd_alert_watch_begin()
 * @rule: outlives it, and can be at work (ohtd_alert_rule_unfit())
 * @signal: its signal, enum ohtd_telemetry
 * @minus: DIFFERENCE: the other one
 * @suppressed: a bit for each enum ohtd_state in which the alert is not told
 * @limit: as the integer of a sample; beyond it the alert comes
 * @back: the same; beyond it the alert does not end
 * @time_ns: of the last sample; 0: none yet
 * @turning: the value is on the other side since the last samples
 * @turning_ns: for how long of that it was seen
 * @active: the alert has come, and its value is not back
 * @told: the alert has come and has not ended; with @latching it may outlive @active
 * @acknowledged: somebody has acknowledged it since it came
 * @since_ns: when it came, by the time of samples
 * @value: by which it came
 * @peak: of an active alert, the value that was farthest beyond the limit
 * @counter: INCREASE: value of the last good sample, if @counting
 * @counted_ns: INCREASE: for how long it is counted without a gap
 * @part: INCREASE: of the window in which it is, counted from time 0
 * @parts: INCREASE: of each part
 */
struct ohtd_alert_watch {
	const struct ohtd_alert_rule *rule;
	unsigned int signal;
	unsigned int minus;
	uint16_t suppressed;
	int64_t limit;
	int64_t back;
	uint64_t time_ns;
	bool turning;
	uint64_t turning_ns;
	bool active;
	bool told;
	bool acknowledged;
	uint64_t since_ns;
	int64_t value;
	int64_t peak;
	bool counting;
	int64_t counter;
	uint64_t counted_ns;
	uint64_t part;
	int64_t parts[OHTD_ALERT_RULE_WINDOW];
};

/* The healths on which a rule with @behind_modules depends; enum ohtd_telemetry. */
#define OHTD_ALERT_RULE_HEALTHS	4
extern const uint8_t ohtd_alert_rule_healths[OHTD_ALERT_RULE_HEALTHS];

/* NULL: @rule can be at work; or why not: a signal of another release, say. @item: then the name of the item, if not NULL. */
const char *ohtd_alert_rule_unfit(const struct ohtd_alert_rule *rule, const char **item);

/* A bit for each enum ohtd_state that @rule says. A state of another release is none in which the robot can be. */
uint16_t ohtd_alert_rule_states(const struct ohtd_alert_rule *rule);

/* Has @rule say those of @states. */
void ohtd_alert_rule_put_states(struct ohtd_alert_rule *rule, uint16_t states);

void ohtd_alert_watch_begin(struct ohtd_alert_watch *watch, const struct ohtd_alert_rule *rule);

/* The next sample of a run, in order. What lies between two samples counts as OHTD_ALERT_SEEN_NS says. */
void ohtd_alert_watch_step(struct ohtd_alert_watch *watch, const struct ohtd_sample *sample);

/* The alert is acknowledged: a latching one ends with its reason, or at once if that is gone. */
void ohtd_alert_watch_acknowledge(struct ohtd_alert_watch *watch);

/* Is @value beyond the limit, or, of an active alert, not back yet? */
bool ohtd_alert_watch_is_beyond(const struct ohtd_alert_watch *watch, int64_t value);

/* Is @value farther beyond the limit than the peak of an active alert? */
bool ohtd_alert_watch_is_peak(const struct ohtd_alert_watch *watch, int64_t value);

/* "The charge is low: 18.9 %, below 20 %. The robot stops before long." */
void ohtd_alert_rule_text(const struct ohtd_alert_rule *rule, int64_t value,
			  char text[OHTD_ALERT_RULE_TEXT]);

#endif /* OHTD_ALERTS_RULE_H */
