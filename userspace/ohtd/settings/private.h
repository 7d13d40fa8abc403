/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this folder share.
 * Contexts: as settings.h.
 * Locks:    as settings.h.
 */
#ifndef OHTD_SETTINGS_PRIVATE_H
#define OHTD_SETTINGS_PRIVATE_H

#include <pthread.h>

#include "settings/settings.h"

#define OHTD_CAUSE_BYTES	120

/* The alert that something has returned, or was dropped, ends by itself. */
#define OHTD_TOLD_NS	(24 * 3600 * OHTD_NS_PER_S)

#define OHTD_EFFECT_EVERY_S	5
#define OHTD_EFFECT_SAMPLES	(OHTD_EFFECT_S / OHTD_EFFECT_EVERY_S + 2)

/* @ns: CLOCK_MONOTONIC */
struct ohtd_effect_sample {
	uint64_t ns;
	struct ohtd_settings_counts counts;
};

/**
 * struct ohtd_effect - what is measured of the version in force
 * @count: as of ohtd_settings_measure(); NULL: nothing is measured yet
 * @arg: for @count
 * @due_ns: CLOCK_MONOTONIC, of the next sample
 * @version: whose effect is not known yet; 0: none
 * @live: when it went live
 * @live_wall_ns: wall clock, the same
 * @past: samples of the last minutes, a ring
 * @next: place of the next one
 * @filled: how many there are
 * @before: those of when it went live
 * @before_filled: how many these are
 */
struct ohtd_effect {
	bool (*count)(void *arg, struct ohtd_settings_counts *counts);
	void *arg;
	uint64_t due_ns;
	int64_t version;
	struct ohtd_effect_sample live;
	int64_t live_wall_ns;
	struct ohtd_effect_sample past[OHTD_EFFECT_SAMPLES];
	unsigned int next;
	unsigned int filled;
	struct ohtd_effect_sample before[OHTD_EFFECT_SAMPLES];
	unsigned int before_filled;
};

/**
 * struct ohtd_settings - the configuration in force
 * @setup: who takes part
 * @writer: held by the one change that is under way
 * @defaults: of the items; limits and stations are those of their files, with the ranges
 * @first: the same, with what ohtd.conf says: what the start takes for items of which no version is known
 * @items: what there is
 * @wanted_items: of the change that is under way, if it has other limits
 * @values: in force; changed with @lock held, too
 * @wanted: of the change that is under way
 * @asked: number of the newest command
 * @given: highest number that a version has ever had
 * @lock: of what follows
 * @head: of the version in force; version 0: not kept yet
 * @unkept: what is in force could not be written down, and is not that version
 * @held: the version that it is to be
 * @pending: version that returns by itself, or waits for standstill; version 0: none
 * @returns: values of before the pending version
 * @well: what went well when it became live
 * @later: of a pending version that waits for standstill: the change, without its trees
 * @later_values: what it wants
 * @later_epoch: of its author's account, when it was asked for; 0: of no account
 * @drop_cause: of what waits: why it is to be dropped, which the store has not taken yet; "": it waits for standstill
 * @drop_again_ns: CLOCK_MONOTONIC, when the store is asked again
 * @dropped: what waited and was dropped, and why; "": nothing
 * @dropped_ns: CLOCK_MONOTONIC, when
 * @leaves: the daemon ends: what waits is not live any more
 * @returned: what has returned, and why; "": nothing
 * @returned_ns: CLOCK_MONOTONIC, when
 * @stopped_for: version for whose return the robot was stopped
 * @disabled_for: version for whose return the outputs were switched off
 * @effect: of the version in force
 * @returner: thread that takes back what nobody confirms
 * @runs: there is that thread
 * @ends: it is to end
 * @wake: for that thread: a version is pending, or the end
 * @waits: for a person, and why; "": for nobody
 * @waits_at: item that asks most of that person, by role and elevation
 * @text: tree of @values
 * @users: names of this machine, read when @values became live
 * @origins: @values has a list of them
 * @registration: of @values
 * @devices: the same
 * @local_changes: how often the roles of local users became other ones
 */
struct ohtd_settings {
	struct ohtd_settings_setup setup;
	pthread_mutex_t writer;
	struct ohtd_values defaults;
	struct ohtd_values first;
	struct ohtd_items items;
	struct ohtd_items wanted_items;
	struct ohtd_values values;
	struct ohtd_values wanted;
	uint64_t asked;
	int64_t given;
	pthread_mutex_t lock;
	struct ohtd_config_version head;
	bool unkept;
	struct ohtd_config_version held;
	struct ohtd_unconfirmed pending;
	struct ohtd_values returns;
	struct ohtd_well well;
	struct ohtd_change later;
	struct ohtd_values later_values;
	int64_t later_epoch;
	char drop_cause[OHTD_CAUSE_BYTES];
	uint64_t drop_again_ns;
	char dropped[OHTD_RETURNED_BYTES];
	uint64_t dropped_ns;
	_Atomic bool leaves;
	char returned[OHTD_RETURNED_BYTES];
	uint64_t returned_ns;
	int64_t stopped_for;
	int64_t disabled_for;
	struct ohtd_effect effect;
	pthread_t returner;
	bool runs;
	bool ends;
	pthread_cond_t wake;
	char waits[OHTD_WAITS_BYTES];
	char waits_at[OHTD_POINTER_BYTES];
	char text[OHTD_CONFIG_DOCUMENT_BYTES];
	struct ohtd_config_users users;
	_Atomic bool origins;
	_Atomic bool registration;
	_Atomic bool devices;
	_Atomic uint64_t local_changes;
};

/* ---- versions.c ---- */

/* The document of a version, 0: the newest, OHTD_BACK_TO_RESCUE: that one. @head: filled if not NULL, also with -EBADMSG: the
 * document is no JSON, though the database is sound. To be released; NULL with @error. */
struct json_object *ohtd_version_read(struct ohtd_settings *settings, int64_t number,
				      struct ohtd_config_version *head, int *error);

/* What becomes of a change for which a version could not be read. */
enum ohtd_change_result ohtd_version_fails(int error);

/* Writes a version down; 0 or a negative errno. */
int ohtd_version_keep(struct ohtd_settings *settings, const struct ohtd_config_version *head,
		      struct json_object *tree);

/* @head is in force without being written down: its number is given to no other one. Held: writer, but at the start. */
void ohtd_version_hold(struct ohtd_settings *settings, const struct ohtd_config_version *head);

/*
 * Writes down the version that is held when there is room again. Does nothing while a version waits for a person, who makes the next one.
 * Context: the thread of the settings.
 */
void ohtd_version_keep_held(struct ohtd_settings *settings);

/* Finds @settings->given, at the start. 0 or a negative errno. */
int ohtd_version_find_given(struct ohtd_settings *settings);

/* Drops what has been written down. 0 or a negative errno. */
int ohtd_version_drop(struct ohtd_settings *settings, int64_t version);

/* The same of what the robot has refused; a failure is logged, too. */
int ohtd_version_take_back(struct ohtd_settings *settings, int64_t version);

/* The author of a version that no person makes. */
extern const struct ohtd_holder ohtd_settings_own;

/*
 * The head of the next version. Its author is "ohtd" only if @by is ohtd_settings_own: an account of that name, from before it was
 * reserved, is "account ohtd".
 */
struct ohtd_config_version ohtd_version_next(struct ohtd_settings *settings, const struct ohtd_holder *by,
					     const char *reason);

/* "POINTER BEFORE -> NOW, ...": as many of the differences as fit. @gone: only of what was there. */
void ohtd_change_line(const struct ohtd_change *change, bool gone, char *line, size_t size);

/* Is an item among what differs taken only at standstill? Held: lock or writer. */
bool ohtd_change_needs_standstill(const struct ohtd_settings *settings, const struct ohtd_change *change);

/* Fills in what differs between the trees of a change. False: out of memory. */
bool ohtd_change_compare(const struct ohtd_settings *settings, struct ohtd_change *change);

/* ---- document.c ---- */

/* Fills in the patch and the calibration of @change from its document. False: @change->faults say what is wrong. */
bool ohtd_document_take(const struct ohtd_items *items, struct ohtd_change *change);

/* ---- settings.c ---- */

/*
 * Would the robot take @settings->wanted, or with @generation: does it? False: it does; true: @change says why not.
 */
bool ohtd_settings_robot_refuses(struct ohtd_settings *settings, struct ohtd_change *change,
				 uint32_t generation);

/* Lays @settings->wanted ready for the robot. Return: the number of the block. Held: writer, but at the start. */
uint32_t ohtd_settings_offer(struct ohtd_settings *settings);

/* STOP or DISABLE in the name of the daemon, whichever client has control; 0 or a negative errno. Held: writer. */
int ohtd_settings_order(struct ohtd_settings *settings, enum ohtd_command_kind kind);

/* Is @code among the reasons for which the robot refuses @change? */
bool ohtd_settings_refused_for(const struct ohtd_change *change, unsigned int code);

/* Has the robot take a change that was prepared, writes it down and makes it live: @change->result. Held: writer. */
void ohtd_settings_commit(struct ohtd_settings *settings, struct ohtd_change *change);

/* The level of the log, if @change is about it. */
void ohtd_settings_set_level(const struct ohtd_settings *settings, const struct ohtd_change *change);

/* Fills in the trees of a change to @settings->wanted, and what differs. False: out of memory. */
bool ohtd_settings_compare(struct ohtd_settings *settings, const struct ohtd_items *items,
			   struct ohtd_change *change);

/* @settings->wanted, of which @tree is made, is in force from now on: in all parts but robot and
 * log. */
void ohtd_settings_live(struct ohtd_settings *settings, struct json_object *tree,
			const struct ohtd_config_version *head);

/* ---- unconfirmed.c ---- */

/* A version other than by @change may not be made now. False: it is refused. Held: writer. */
bool ohtd_unconfirmed_permits(struct ohtd_settings *settings, struct ohtd_change *change);

/* The values in force are those to which @change returns, which becomes live now. Held: writer. */
void ohtd_unconfirmed_begin(struct ohtd_settings *settings, const struct ohtd_change *change);

/* The version @was has returned, as @change says; @cause: "was not confirmed within 60 s". */
void ohtd_unconfirmed_tell(struct ohtd_settings *settings, const struct ohtd_change *change, int64_t was,
		       const char *cause);

/* What goes well now, and still should with @settings->wanted, before a change that is to return. Held: writer. */
void ohtd_unconfirmed_look(struct ohtd_settings *settings);

/* What that thread waits for, before it is started. */
void ohtd_returner_init(struct ohtd_settings *settings);

/* The thread that takes back what nobody confirms. 0 or a negative errno. */
int ohtd_returner_start(struct ohtd_settings *settings);

/* ---- effect.c ---- */

/* Another version is live: the effect of the one before is kept, and that of this one begins. Held: writer. */
void ohtd_effect_begin(struct ohtd_settings *settings);

/* Counts, when it is time; keeps an effect whose time is over. Context: the thread of the settings. */
void ohtd_effect_turn(struct ohtd_settings *settings);

/* The daemon ends: counts for the last time, before the robot is stopped. */
void ohtd_effect_leave(struct ohtd_settings *settings);

/* At the end of the daemon: keeps what is measured so far. */
void ohtd_effect_rest(struct ohtd_settings *settings);

/* Fills in the effect of @change->version.version, as far as it is known. */
void ohtd_effect_read(struct ohtd_settings *settings, struct ohtd_change *change);

/* ---- standstill.c; held: writer, but for the turn ---- */

/* A change that was refused since the robot moves waits, if it is to: its result is done then. */
void ohtd_standstill_begin(struct ohtd_settings *settings, struct ohtd_change *change);

/* The robot has begun to move before it took what was written down: that waits again. */
void ohtd_standstill_take_back(struct ohtd_settings *settings, const struct ohtd_change *change);

/* Nothing waits any more: it is live, or was dropped. */
void ohtd_standstill_end(struct ohtd_settings *settings);

/* By a person: what waits is dropped without a word. @change->error: it is not, and waits on. */
void ohtd_standstill_withdraw(struct ohtd_settings *settings, struct ohtd_change *change);

/* What waited when the daemon ended is dropped with a word, or will be when the store takes it. */
void ohtd_standstill_drop_old(struct ohtd_settings *settings);

/* What waits goes live if the robot stands, or is dropped. */
void ohtd_standstill_turn(struct ohtd_settings *settings);

/* Says that something waits though the daemon ends. */
void ohtd_standstill_rest(const struct ohtd_settings *settings);

#endif /* OHTD_SETTINGS_PRIVATE_H */
