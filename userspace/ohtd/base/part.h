/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a part of the daemon says of itself to the rooms above, which need not know it.
 * Contexts: a judge, and what measures, runs on the main thread and on loops, several at a time. It must not wait. A tick runs on a worker, one at a time.
 * Locks:    none.
 *
 * main/parts.def lists the parts.
 */
#ifndef OHTD_BASE_PART_H
#define OHTD_BASE_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/severity.h"

#define OHTD_PART_TEXT_BYTES	256
#define OHTD_PART_SUBJECT_BYTES	65	/* with NUL: a name of an account fits */
/* Subjects of one kind, and of all kinds, that are alerts of their own; one alert of its kind stands for all others. */
#define OHTD_PART_SUBJECTS_OF_KIND	32
#define OHTD_PART_SUBJECTS_MAX		128

/**
 * struct ohtd_part_alert - what every alert of one kind says
 * @source: the part, for people and programs
 * @code: stable word for programs; NULL: each report has one
 * @severity: enum ohtd_severity, never an emergency
 * @notice: the daemon does its work: the status of GET health stays ok
 * @real_only: a simulated robot does not have it
 * @text: what is not well; NULL: each report says it
 * @action: what to do
 */
struct ohtd_part_alert {
	const char *source;
	const char *code;
	uint8_t severity;
	bool notice;
	bool real_only;
	const char *text;
	const char *action;
};

/**
 * struct ohtd_part_report - an alert that is active
 * @alert: index in the part's alerts
 * @variant: of one kind that has several codes, which: reports with other variants are other alerts
 * @subject: which of several things of its kind it is about, as a name in a line for people; NULL: the kind has one. Reports with other
 *	subjects are other alerts. A kind whose reports have subjects has none without
 * @code: instead of the one of its kind, or NULL
 * @text: the same. The report's receiver copies it, and @subject
 * @since_ns: CLOCK_MONOTONIC; 0: not known
 */
struct ohtd_part_report {
	unsigned int alert;
	uint8_t variant;
	const char *subject;
	const char *code;
	const char *text;
	uint64_t since_ns;
};

/**
 * struct ohtd_part_reports - where a judge reports to
 * @now_ns: CLOCK_MONOTONIC
 * @wall_s: time of day at @now_ns, in seconds since 1970
 * @add: adds a report, once for each alert
 */
struct ohtd_part_reports {
	uint64_t now_ns;
	int64_t wall_s;
	void (*add)(const struct ohtd_part_reports *to, const struct ohtd_part_report *report);
};

#define OHTD_PART_FIGURES_MAX	16

/**
 * struct ohtd_part_figure - a figure as GET /metrics has it
 * @name: of the metric
 * @help: what it is, for people
 * @counts: it only grows while the daemon runs
 */
struct ohtd_part_figure {
	const char *name;
	const char *help;
	bool counts;
};

struct ohtd_audit;
struct ohtd_auth;
struct ohtd_clock;
struct ohtd_config;
struct ohtd_courses;
struct ohtd_link;
struct ohtd_robot;
struct ohtd_settings;
struct ohtd_store;

/**
 * struct ohtd_part_birth - what a part is opened with. All outlives the part
 * @config: ohtd.conf
 * @clock: of all times
 * @store: open
 * @robot: not started yet
 * @auth: accounts
 * @settings: the configuration in force
 * @courses: which acts need one; NULL in its own birth
 * @audit: for what a part itself has done or found
 * @boot_id: of this boot of the machine
 * @robot_id: of robot.id
 * @link: to the control thread, of this part alone; NULL without @links
 * @ahead_fd: what @ahead of the part has returned, which the part owns
 * @seal: makes a key of 32 bytes for one purpose, of the credential keys.seal; false: there is none, and what it would seal is in clear
 */
struct ohtd_part_birth {
	const struct ohtd_config *config;
	struct ohtd_clock *clock;
	struct ohtd_store *store;
	struct ohtd_robot *robot;
	struct ohtd_auth *auth;
	struct ohtd_settings *settings;
	struct ohtd_courses *courses;
	struct ohtd_audit *audit;
	const char *boot_id;
	const char *robot_id;
	struct ohtd_link *link;
	int ahead_fd;
	bool (*seal)(const char *purpose, unsigned char *key);
};

/**
 * struct ohtd_part_checks - where a part says what of ohtd.conf does not fit this machine, in a line for people
 * @note: of what the start makes, or does without
 * @file: there has to be a file, unless @path is ""; false: the line is written, and the start would fail
 */
struct ohtd_part_checks {
	void (*note)(const char *key, const char *path, const char *what);
	bool (*file)(const char *key, const char *path);
};

/**
 * struct ohtd_daemon_part - the description of a part
 * @name: for people; of a part with @open
 * @links: it has a link to the control thread
 * @check: of --check-config, which opens nothing: says what does not fit. False: the start would fail; NULL: there is nothing to say
 * @ahead: what is to be done before files and system calls are narrowed, while there is no other thread. A descriptor for @open, or -1;
 *	NULL: nothing, and -1
 * @open: makes the part; NULL with errno. Main thread. NULL: main/ opens it, and closes it
 * @start: starts its threads, once the robot runs. 0 or a negative errno; NULL: it has none
 * @rest: from then on it gives the store nothing to do: the store ends next. Main thread; NULL: it is at rest when nothing asks it
 * @close: behind the end of the store
 * @alerts: its kinds of alerts
 * @alert_count: how many
 * @judge: reports what is not well with @part, which is open; its argument is NULL if the part has no object. NULL: it has no alerts
 * @figures: at most OHTD_PART_FIGURES_MAX
 * @figure_count: how many
 * @measure: fills the values of @figures, in their order; as @judge
 * @tick: what it does some times a second, with @links also when the robot has changed. It may wait for a disk; NULL: nothing
 */
struct ohtd_daemon_part {
	const char *name;
	bool links;
	bool (*check)(const struct ohtd_config *config, const struct ohtd_part_checks *checks);
	int (*ahead)(const struct ohtd_config *config);
	void *(*open)(const struct ohtd_part_birth *birth);
	int (*start)(void *part);
	void (*rest)(void *part);
	void (*close)(void *part);
	const struct ohtd_part_alert *alerts;
	unsigned int alert_count;
	void (*judge)(void *part, const struct ohtd_part_reports *to);
	const struct ohtd_part_figure *figures;
	unsigned int figure_count;
	void (*measure)(void *part, double *values);
	void (*tick)(void *part);
};

#define OHTD_PART_ALERTS(table)	.alerts = (table), .alert_count = sizeof(table) / sizeof((table)[0])
#define OHTD_PART_FIGURES(table)	.figures = (table), .figure_count = sizeof(table) / sizeof((table)[0])

/* Reports an alert with the text of its kind. @since_ns: as in the report. */
void ohtd_part_report(const struct ohtd_part_reports *to, unsigned int alert, uint64_t since_ns);

/* The same, with a text of at most OHTD_PART_TEXT_BYTES. */
__attribute__((format(printf, 4, 5)))
void ohtd_part_report_text(const struct ohtd_part_reports *to, unsigned int alert, uint64_t since_ns, const char *format, ...);

/* The same, about @subject. */
__attribute__((format(printf, 5, 6)))
void ohtd_part_report_about(const struct ohtd_part_reports *to, unsigned int alert, const char *subject, uint64_t since_ns, const char *format, ...);

/* clock.c: struct ohtd_clock. */
extern const struct ohtd_daemon_part ohtd_clock_part;
/* log_sink.c, without an object. */
extern const struct ohtd_daemon_part ohtd_log_part;

#endif /* OHTD_BASE_PART_H */
