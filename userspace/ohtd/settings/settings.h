/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the configuration in force, its versions, and the one way of changing it.
 * Contexts: open, close: main thread. Change, differ, describe: a worker, which waits for the store
 *           and for the control thread. Everything else: any thread but the control thread.
 * Locks:    one that a change holds until it is live; one for what is looked at, held for a copy.
 *
 * A change is checked as a whole, asked of the control thread if it needs standstill, written down
 * as a version, and then made live in all parts. What is refused on the way leaves everything as it
 * was. The newest version of the store is the live one, so that a start after a crash finds all of
 * a change or nothing of it.
 */
#ifndef OHTD_SETTINGS_SETTINGS_H
#define OHTD_SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "robot/command.h"
#include "settings/items.h"
#include "settings/effect_rows.h"
#include "settings/version_rows.h"

struct json_object;
struct ohtd_clock;
struct ohtd_config;
struct ohtd_link;
struct ohtd_daemon_part;
struct ohtd_robot;
struct ohtd_settings;
struct ohtd_snapshot;
struct ohtd_store;

/**
 * struct ohtd_well - what goes well now, of what a change of the configuration could end
 * @modules: bit of the address of each module that answers
 * @missed: of @cycles, not begun
 * @cycles: of the bus's grid, since its device came up
 * @time_factor: by how much loss times are stretched, normally 1
 * @device: the device of the bus is there
 * @threads: the control thread and all loops go on
 * @store: it takes changes
 */
struct ohtd_well {
	uint64_t modules[4];
	uint64_t missed;
	uint64_t cycles;
	uint32_t time_factor;
	bool device;
	bool threads;
	bool store;
};

#define OHTD_EFFECT_S	300

/**
 * struct ohtd_settings_counts - counts of the whole run, of which the effect of a version is made
 * @late: cycles of the control thread by lateness, as struct ohtd_bus_view has them
 *
 * The others are those of struct ohtd_config_counts.
 */
struct ohtd_settings_counts {
	uint64_t cycles;
	uint64_t missed;
	uint64_t exceeded;
	uint64_t exchanges;
	uint64_t failed;
	uint64_t control_cycles;
	uint64_t control_missed;
	uint64_t late[OHTD_LATE_BUCKETS];
	uint64_t alerts;
};

/**
 * struct ohtd_settings_note - what became of a version without a request
 * @act: as the audit says it
 * @who: name of the account, or "ohtd"
 * @version: which
 * @reason: why
 * @difference: its items as a line, or NULL
 */
struct ohtd_settings_note {
	const char *act;
	const char *who;
	const struct ohtd_config_version *version;
	const char *reason;
	const char *difference;
};

/**
 * struct ohtd_settings_setup - who takes part; everything outlives the settings
 * @store: keeps the versions
 * @robot: takes limits, stations and searched addresses
 * @link: of @robot, used by nobody else
 * @clock: time of day
 * @config: ohtd.conf: items that it has lines for begin with those, see ohtd_settings_open()
 * @model: of @robot
 * @lost: the database is another one than before, or is gone beside a past
 * @look: what goes well now; called by a thread of the settings. NULL: not known
 * @note: for the audit: what became of a version by itself. NULL: not told
 * @arg: for @look and @note
 * @judge_rule: why a rule on alerts of a set cannot be at work, as a clause, with @item, the name of its item; NULL: it can. NULL: each can
 * @have_rules: these rules on alerts are at work from now on; called with a change under way. NULL: nobody looks at them
 * @rules: for @have_rules
 * @shipped_rule: fills in the shipped form of the rule with that code, false: it is not shipped. NULL: none is
 */
struct ohtd_settings_setup {
	struct ohtd_store *store;
	struct ohtd_robot *robot;
	struct ohtd_link *link;
	struct ohtd_clock *clock;
	const struct ohtd_config *config;
	const struct ohtd_model *model;
	bool lost;
	void (*look)(void *arg, struct ohtd_well *well);
	void (*note)(void *arg, const struct ohtd_settings_note *note);
	void *arg;
	const char *(*judge_rule)(const struct ohtd_alert_rule *rule, const struct ohtd_alert_rule_set *set, const char **item);
	void (*have_rules)(void *rules, const struct ohtd_alert_rule_set *set);
	void *rules;
	bool (*shipped_rule)(const char *code, struct ohtd_alert_rule *rule);
};

/**
 * ohtd_settings_open() - read the newest version and make it live
 * @setup: copied; the robot has read its files and has not been started
 * @why: on failure one line
 * @size: of @why
 *
 * Without a version the files of the robot and ohtd.conf are taken over as version 1. Items that the newest version does not have
 * are taken over likewise, into a version that follows it.
 * If what is live then is not what the last person has set, the robot waits in safe whatever
 * auto_enable says, and ohtd_settings_wait() says so until the next version by a person,
 * who must be one that may change what was replaced. A version that was not confirmed is followed by one
 * with the values of before. A thread begins that takes back what nobody confirms.
 *
 * Return: NULL with @why and errno.
 */
struct ohtd_settings *ohtd_settings_open(const struct ohtd_settings_setup *setup, char *why,
					 size_t size);
void ohtd_settings_close(struct ohtd_settings *settings);

/* The daemon ends: what waits for standstill will not be live, though the robot stands soon. NULL is allowed. */
void ohtd_settings_leave(struct ohtd_settings *settings);

/* Nothing returns by itself from now on: what is pending does at the next start. What waits is dropped by that. NULL is allowed. */
void ohtd_settings_rest(struct ohtd_settings *settings);

/**
 * ohtd_settings_measure() - from now on the effect of each new version is measured
 * @settings: the settings
 * @count: fills in the counts of now, false: it cannot; called by a thread of the settings and by workers
 * @arg: for @count
 *
 * A version that went live before, at the start, has no effect that could be told: a restart lies between.
 */
void ohtd_settings_measure(struct ohtd_settings *settings, bool (*count)(void *arg, struct ohtd_settings_counts *counts),
			   void *arg);

#define OHTD_WAITS_BYTES	208

/* Why a person should look at what is in force. False: nobody needs to; also without settings. */
bool ohtd_settings_wait(struct ohtd_settings *settings, char why[OHTD_WAITS_BYTES]);

#define OHTD_RETURNED_BYTES	208

/* Why the last version returned, with its differences. Returns CLOCK_MONOTONIC of it; 0: none has since the last version of a person. */
uint64_t ohtd_settings_returned(struct ohtd_settings *settings, char why[OHTD_RETURNED_BYTES]);

/* What waited for standstill, was dropped, and why; as above. */
uint64_t ohtd_settings_dropped(struct ohtd_settings *settings, char why[OHTD_RETURNED_BYTES]);

#define OHTD_WAIT_S_MAX		600
#define OHTD_CONFIRM_S_MIN	5
#define OHTD_CONFIRM_S_MAX	600

/**
 * struct ohtd_unconfirmed - a version that returns by itself, or waits for standstill
 * @version: that is live, or will be; 0: none waits
 * @returns_to: version whose values are live again without a confirmation; 0: it will stay
 * @by: who made it
 * @within_s: in which it is to be confirmed, as asked for last; 0: it will stay
 * @live_ns: CLOCK_MONOTONIC, since when it is live; 0: it waits
 * @until_ns: CLOCK_MONOTONIC, when it returns, or is dropped
 * @waits: it is not live: it waits for standstill
 * @asked_ns: wall clock, since when it waits
 */
struct ohtd_unconfirmed {
	int64_t version;
	int64_t returns_to;
	struct ohtd_holder by;
	uint32_t within_s;
	uint64_t live_ns;
	uint64_t until_ns;
	bool waits;
	int64_t asked_ns;
};

/* Context: any thread but the control thread. Without settings none is pending. */
void ohtd_settings_pending(struct ohtd_settings *settings, struct ohtd_unconfirmed *pending);

enum ohtd_change_result {
	OHTD_CHANGE_DONE,	/* live, and on the disk; or it waits, by version.waits; or nothing was to be changed */
	OHTD_CHANGE_FAULTY,	/* see faults */
	OHTD_CHANGE_ROLE,	/* the role is too low for the items in faults */
	OHTD_CHANGE_ELEVATION,	/* the session is not elevated for the items in faults */
	OHTD_CHANGE_LAYER,	/* the items in faults stay as they are in this layer */
	OHTD_CHANGE_OUTDATED,	/* another version is live: see version */
	OHTD_CHANGE_BUSY,	/* another change is under way */
	OHTD_CHANGE_NO_RESCUE,	/* no version is marked as the one to go back to */
	OHTD_CHANGE_NO_VERSION,	/* there is none with this number; error -EBADMSG: it is no JSON */
	OHTD_CHANGE_REFUSED,	/* by the robot: see answer */
	OHTD_CHANGE_NOT_POSTED,	/* the control thread could not be asked: see error */
	OHTD_CHANGE_NOT_KEPT,	/* by the store: see error */
	OHTD_CHANGE_NOT_TAKEN_BACK,	/* the robot did not take it, and the store did not drop it: the next start may make it live */
	OHTD_CHANGE_PENDING,	/* another version waits for its confirmation, or for standstill: see pending */
	OHTD_CHANGE_NOTHING_PENDING,	/* no version waits for one */
	OHTD_CHANGE_NOT_LIVE,	/* the version waits for standstill: see pending */
	OHTD_CHANGE_NOT_YOURS,	/* somebody else has to confirm it: see pending */
	OHTD_CHANGE_OLD_CONNECTION,	/* a confirmation by a connection from before the version */
	OHTD_CHANGE_NO_WAY_BACK,	/* it cannot return: what is in force was not chosen, or not kept */
	OHTD_CHANGE_NO_MEMORY,
};

/**
 * struct ohtd_difference - an item that another value
 * @pointer: of the item
 * @before: NULL: it was not there
 * @now: NULL: it is not there
 */
struct ohtd_difference {
	char pointer[OHTD_POINTER_BYTES];
	struct json_object *before;
	struct json_object *now;
};

/* The version that a person has marked as the one to go back to. */
#define OHTD_BACK_TO_RESCUE	(-1)

/* Sides of a comparison, beside versions by their numbers. */
#define OHTD_SIDE_LIVE		0
#define OHTD_SIDE_DEFAULTS	(-1)

/**
 * struct ohtd_change - a change of the configuration; zeroed, then filled in
 * @patch: in: merge patch (RFC 7396), an object; taken over by the change. NULL: see @back_to,
 * @table
 * @document: in: or a document as of ohtd_settings_export(); taken over, too
 * @with_calibration: in: of @document the calibration, too
 * @back_to: in: or the version whose values are to be live again, also OHTD_BACK_TO_RESCUE
 * @table: in: or other limits of motion, with their ranges: those of motion.csv
 * @trial: in: only find out; @answer.why: for what the robot would refuse it now
 * @here: in: only if the robot stands at @here_mm
 * @here_mm: in
 * @from: in: of ohtd_settings_between(): a version or OHTD_SIDE_*
 * @to: in: likewise
 * @if_version: in: only if that version is live; 0: whichever is
 * @by: in: who asks
 * @elevated: in: by an elevated session, or on this machine
 * @tag: in: the same as a number, for the journal of the stop
 * @confirm_within_s: in: it returns by itself unless it is confirmed within this time; 0: it stays
 * @absent: its author has asked for it long ago
 * @at_standstill: in: while the robot moves it waits, instead of being refused
 * @wait_s: in: at most so long, up to OHTD_WAIT_S_MAX; 0: that long
 * @opened_ns: in: CLOCK_MONOTONIC, when the connection was opened by which it is asked
 * @valid_ms: in: how long the control thread may take; 0: its default
 * @reason: in: in the words of who asks
 * @result: out: enum ohtd_change_result
 * @error: out: negative errno
 * @answer: out: of the control thread
 * @faults: out
 * @needs_standstill: out
 * @version: out: the live version, of a trial what it would be; 0 of one that is outdated: what is
 * in force is no version
 * @pending: out: the version that waits for its confirmation, also of a refusal
 * @effect: out: of ohtd_settings_differ(): of that version; version 0: not known, or not yet
 * @effect_until_ns: out: wall clock, when it will be known; 0: it is, or never will be
 * @difference: out: items that have other values now; a shipped rule that a tree does not have is there as it is shipped
 * @differences: out: how many
 * @calibration: private: of @document
 * @before: private: the tree before
 * @now: private: the tree after it
 * @shipped: private: shipped rules of which one of them has nothing, by their codes
 */
struct ohtd_change {
	struct json_object *patch;
	struct json_object *document;
	bool with_calibration;
	int64_t back_to;
	const struct ohtd_rule_table *table;
	bool trial;
	bool here;
	double here_mm;
	int64_t from;
	int64_t to;
	int64_t if_version;
	struct ohtd_holder by;
	bool elevated;
	uint64_t tag;
	uint32_t confirm_within_s;
	bool absent;
	bool at_standstill;
	uint32_t wait_s;
	uint64_t opened_ns;
	uint32_t valid_ms;
	char reason[OHTD_CONFIG_REASON_BYTES];
	enum ohtd_change_result result;
	int error;
	struct ohtd_answer answer;
	struct ohtd_faults faults;
	bool needs_standstill;
	struct ohtd_config_version version;
	struct ohtd_unconfirmed pending;
	struct ohtd_config_effect effect;
	int64_t effect_until_ns;
	struct ohtd_difference *difference;
	size_t differences;
	struct json_object *calibration;
	struct json_object *before;
	struct json_object *now;
	struct json_object *shipped;
};

/* Does the robot know where it stands, and trust that? */
bool ohtd_settings_is_located(const struct ohtd_snapshot *snapshot);

/* Changes the configuration, or finds out why not. Then ohtd_change_drop(). */
void ohtd_settings_change(struct ohtd_settings *settings, struct ohtd_change *change);

/* Of a change that was refused before it was compared: fills in as differences what it has asked for, as far as that names items. */
void ohtd_settings_asked(struct ohtd_settings *settings, struct ohtd_change *change);

/* What version @change->version.version has changed; done, no_version or not_kept. Then
 * ohtd_change_drop(). */
void ohtd_settings_differ(struct ohtd_settings *settings, struct ohtd_change *change);

/* Lists the differences of @change->to from @change->from; done, no_version (version.version: which) or not_kept. Then
 * ohtd_change_drop(). Context: a worker. */
void ohtd_settings_between(struct ohtd_settings *settings, struct ohtd_change *change);

/**
 * ohtd_settings_confirm() - the pending version stays
 * @change: by, opened_ns; out: version
 *
 * By who has made it or by an administrator, over a connection that was opened when the version was live: a
 * setting that cuts people off cannot be confirmed by a line from before.
 */
void ohtd_settings_confirm(struct ohtd_settings *settings, struct ohtd_change *change);

/* The pending version has @change->confirm_within_s from now on; 0: as asked for last. By who may confirm it, by any connection. */
void ohtd_settings_extend(struct ohtd_settings *settings, struct ohtd_change *change);

/* The pending version returns at once, if the robot takes it; one that waits is withdrawn. By who may confirm it. */
void ohtd_settings_give_up(struct ohtd_settings *settings, struct ohtd_change *change);

/* Releases what a change holds. */
void ohtd_change_drop(struct ohtd_change *change);

/**
 * ohtd_settings_text() - the configuration in force, as JSON
 * @text: filled
 * @size: of @text, at least OHTD_CONFIG_DOCUMENT_BYTES
 *
 * Return: its version; 0: the store could not keep one yet.
 */
int64_t ohtd_settings_text(struct ohtd_settings *settings, char *text, size_t size);

/* The version in force; 0: the store could not keep one yet. */
int64_t ohtd_settings_version(struct ohtd_settings *settings);

/* Longest export: the values, the names of the two trees, and what they are of. */
#define OHTD_CONFIG_EXPORT_BYTES	(OHTD_CONFIG_DOCUMENT_BYTES + 1024)

/**
 * ohtd_settings_export() - the configuration in force as a document, which @document of a change takes
 * @text: filled: JSON with format, robot, version and time, and two trees: what people want, and calibration
 * @size: of @text, at least OHTD_CONFIG_EXPORT_BYTES
 *
 * There is nothing secret among the items.
 *
 * Context: a worker.
 * Return: 0, or -ENOMEM.
 */
int ohtd_settings_export(struct ohtd_settings *settings, char *text, size_t size);

/* What may be changed now. Context: any thread but the control thread. Without settings: all. */
enum ohtd_layer ohtd_settings_layer(struct ohtd_settings *settings);

/* The least role whose accounts must have a second factor; OHTD_ROLE_NONE: none must. Context: any thread but the control thread. */
enum ohtd_role ohtd_settings_second_factor(struct ohtd_settings *settings);

/* What the robot is called, and where it is; both empty without settings. */
void ohtd_settings_name(struct ohtd_settings *settings, char name[OHTD_ROBOT_NAME_BYTES],
			char place[OHTD_ROBOT_PLACE_BYTES]);

/* Tariff, currency and shifts that are in force. */
struct ohtd_analytics_values ohtd_settings_analytics(struct ohtd_settings *settings);

/* The targets of the service level. Context: any thread but the control thread. */
struct ohtd_settings_targets ohtd_settings_service(struct ohtd_settings *settings);
/* The intervals of services of the machine. Likewise. */
struct ohtd_settings_intervals ohtd_settings_intervals(struct ohtd_settings *settings);

/* What missions make of the charge. Context: any thread but the control thread. */
struct ohtd_settings_battery ohtd_settings_battery(struct ohtd_settings *settings);

/* When backups are made. Context: any thread but the control thread. */
struct ohtd_backup_values ohtd_settings_backup(struct ohtd_settings *settings);

/* What one client may ask for each second. Context: any thread but the control thread. Without settings: without a limit. */
struct ohtd_rate_values ohtd_settings_rates(struct ohtd_settings *settings);

/*
 * How much of the past is kept: values and backups. False, with nothing filled, while nothing must be deleted by what is in force: a
 * change may still return by itself, but deleted values would not; or no person has chosen it, or the disk has not kept it. The caller
 * goes on as before. Context: any thread but the control thread.
 */
bool ohtd_settings_past(struct ohtd_settings *settings, struct ohtd_past_values *past);

/* What the Modbus TCP server serves, and who may write through it. Context: any thread but the control thread. */
void ohtd_settings_gateway(struct ohtd_settings *settings, struct ohtd_gateway_values *gateway);

/* May persons ask for an account? Context: any thread but the control thread. Without settings they may not. */
bool ohtd_settings_takes_registrations(struct ohtd_settings *settings);

/* May devices ask to be let in? The same. */
bool ohtd_settings_takes_devices(struct ohtd_settings *settings);

/*
 * Is there a list of pages elsewhere, and is @origin among them? Context: any thread but the control thread. Without settings there is
 * none.
 */
bool ohtd_settings_has_origins(struct ohtd_settings *settings);
bool ohtd_settings_has_origin(struct ohtd_settings *settings, const char *origin, size_t bytes);

/*
 * How often the roles of local users became other ones. While it stays, so does each answer of ohtd_settings_local_role(). Context: any
 * thread but the control thread.
 */
uint64_t ohtd_settings_local_changes(struct ohtd_settings *settings);

/* The roles of local users. Context: any thread but the control thread. */
void ohtd_settings_locals(struct ohtd_settings *settings, struct ohtd_config_locals *locals);

/* The role of a user at the local socket; without settings only root has one. Context: any thread but the control thread. */
enum ohtd_role ohtd_settings_local_role(struct ohtd_settings *settings, const struct ohtd_config_peer *peer);

/* The name of a user of this machine when the values became live; "": not known. Context: any thread but the control thread. */
void ohtd_settings_user_name(struct ohtd_settings *settings, uid_t uid, char name[OHTD_LOCAL_NAME_BYTES]);

/* Whether the configuration has a rule on alerts with that code, which need not be at work. Context: any thread but the control thread. */
bool ohtd_settings_has_rule(struct ohtd_settings *settings, const char *code);

/* The level of the log that is in force. */
enum ohtd_log_level ohtd_settings_level(struct ohtd_settings *settings);

/**
 * ohtd_settings_describe() - the items, with their defaults
 * @items: filled
 * @preset: filled: value of each of @items by default, to be released; NULL: there is none
 * @table: filled: texts of @items are in here
 *
 * Context: a worker.
 */
void ohtd_settings_describe(struct ohtd_settings *settings, struct ohtd_items *items,
			    struct json_object **preset, struct ohtd_rule_table *table);

/* part.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_settings_part;

#endif /* OHTD_SETTINGS_SETTINGS_H */
