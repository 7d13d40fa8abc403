/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the trial of a rule on what is kept: which alerts would have come.
 * Contexts: a thread that may wait (worker).
 * Locks:    none; see ohtd_history_read().
 *
 * Columns of a second are enough where the rule can only come to one result, and none of their values can be a
 * peak that is not seen; elsewhere its samples are read. So nothing is missed, and memory does not grow with the span.
 */
#ifndef OHTD_ALERTS_TRIAL_H
#define OHTD_ALERTS_TRIAL_H

#include "alerts/rule.h"

struct ohtd_history;

#define OHTD_ALERT_COMINGS_MAX	100
#define OHTD_ALERT_TRIAL_LEVEL	1	/* columns of a second; what is older says nothing */

/**
 * struct ohtd_alert_coming - an alert that would have come
 * @from_ns: when
 * @to_ns: when it would have ended; 0: not by the end of the trial
 * @value: by which it came
 * @peak: the value that was farthest beyond the limit in that time
 */
struct ohtd_alert_coming {
	int64_t from_ns, to_ns;
	int64_t value;
	int64_t peak;
};

/**
 * struct ohtd_alert_trial - a trial; times are since 1970
 * @from_ns: in: where it begins; columns of OHTD_ALERT_TRIAL_LEVEL reach so far
 * @to_ns: in: where it ends. Out: as far as the time for it went
 * @complete: that is all of it
 * @seen_ns: time of which values are kept
 * @active_ns: for how long alerts would have been there
 * @count: how many would have come
 * @kept: of @comings, the first ones
 */
struct ohtd_alert_trial {
	int64_t from_ns, to_ns;
	bool complete;
	int64_t seen_ns;
	int64_t active_ns;
	uint64_t count;
	unsigned int kept;
	struct ohtd_alert_coming comings[OHTD_ALERT_COMINGS_MAX];
};

/**
 * ohtd_alert_trial() - let a rule look at the past
 * @history: that has the past
 * @rule: need not be at work
 * @until_ns: CLOCK_MONOTONIC; then the trial ends where it is
 * @trial: from_ns and to_ns are filled
 *
 * Return: 0, or a negative errno of the history.
 */
int ohtd_alert_trial(struct ohtd_history *history, const struct ohtd_alert_rule *rule,
		     uint64_t until_ns, struct ohtd_alert_trial *trial);

#endif /* OHTD_ALERTS_TRIAL_H */
