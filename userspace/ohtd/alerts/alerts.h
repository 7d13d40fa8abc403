/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is not well now with the robot and its modules: one table says how severe each alert is, what it
 *           says, and what to do. The parts of the daemon judge themselves (base/part.h).
 * Contexts: a loop, the main thread; takes the parts before there are others.
 * Locks:    none of its own.
 *
 * GET alerts and the channel alerts have all of them, GET health those that make its status degraded.
 */
#ifndef OHTD_ALERTS_ALERTS_H
#define OHTD_ALERTS_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/rules.h"
#include "base/part.h"
#include "robot/snapshot.h"

struct ohtd_scene;
struct ohtd_views_part;

/**
 * struct ohtd_alert - one of them
 * @key: its place in the table, and its unit; no other alert has the same with the same @subject
 * @place: of the list, among those that came at the same moment; no other of the list has the same
 * @severity: enum ohtd_severity
 * @unit: unit address of a module, 0: it is about no module
 * @about: unit address of the module from whose health it may follow, or which it says; 0: of none
 * @degrades: the status of GET health is degraded by it
 * @over: its reason is gone, and it stays until the fault is cleared
 * @fault: it is a fault of the robot
 * @source: the part that it is about
 * @subject: which of several things of its kind it is about; "": its kind has one, or it stands for those that are no alerts of their own
 * @code: stable word for programs
 * @text: what it is, for people
 * @action: what to do
 * @since_ns: CLOCK_MONOTONIC; 0: not known
 */
struct ohtd_alert {
	uint32_t key;
	uint64_t place;
	uint8_t severity;
	uint8_t unit;
	uint8_t about;
	bool degrades;
	bool over;
	bool fault;
	const char *source;
	const char *subject;
	const char *code;
	const char *text;
	const char *action;
	uint64_t since_ns;
};

/* Room for kinds that have no code of the robot: those of alerts.c, and those of all parts. */
#define OHTD_ALERT_KINDS_MAX		16
#define OHTD_ALERT_PART_KINDS_MAX	64
/* Those of the control thread, two of each module, of each other kind that can be, of each rule, of each subject. */
#define OHTD_ALERTS_LISTED_MAX \
	(OHTD_ALERTS_MAX + 2 * OHTD_MODULES_MAX + OHTD_ALERT_KINDS_MAX + OHTD_ALERT_PART_KINDS_MAX + OHTD_ALERT_RULES_MAX + \
	 OHTD_PART_SUBJECTS_MAX)

/**
 * struct ohtd_alert_list - all that are active
 * @count: of @items
 * @items: the newest first, those of which the time is not known last
 */
struct ohtd_alert_list {
	size_t count;
	struct ohtd_alert items[OHTD_ALERTS_LISTED_MAX];
};

/*
 * The parts of the daemon, which live as long as it. Once, at its start. False: they have more kinds of alerts than
 * OHTD_ALERT_PART_KINDS_MAX, and @why says so.
 */
bool ohtd_alerts_take_parts(const struct ohtd_views_part *parts, unsigned int count, char *why, size_t size);

/* In the memory of the scene: the same list for all views of the channels. Never NULL. */
const struct ohtd_alert_list *ohtd_alerts_list(const struct ohtd_scene *scene);

/* Is it the alert with that key and subject? */
bool ohtd_alert_is(const struct ohtd_alert *alert, uint32_t key, const char *subject);

/* Does @alert stand behind the alert of the list with @since_ns and @place? */
bool ohtd_alert_is_behind(const struct ohtd_alert *alert, uint64_t since_ns, uint64_t place);

/* Is @code that of an alert which does not come by a rule? */
bool ohtd_alert_is_code(const char *code);

/* May it be left untold for a time? Never an emergency, the stop among them, and never a fault of the robot. */
bool ohtd_alert_may_rest(const struct ohtd_alert *alert);

/* Does it say that there is a flood of the others? */
bool ohtd_alert_is_flood(const struct ohtd_alert *alert);

/* The alert with @key is acknowledged: a latching rule hears of it. */
void ohtd_alerts_acknowledged(struct ohtd_alert_rules *rules, uint32_t key);

#endif /* OHTD_ALERTS_ALERTS_H */
