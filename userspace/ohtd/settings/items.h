/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the items of the configuration as rows of data; their values as a tree of JSON and as a
 *           struct.
 * Contexts: any thread; pure but for memory.
 * Locks:    none.
 *
 * The limits of motion are described by motion.csv: each of its rows is an item, whose value there
 * is the default.
 */
#ifndef OHTD_SETTINGS_ITEMS_H
#define OHTD_SETTINGS_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/role.h"
#include "config/locals.h"
#include "config/origins.h"
#include "config/rights.h"
#include "robot/model.h"
#include "robot/rules.h"
#include "robot/searched.h"
#include "robot/stations.h"
#include "settings/alert_rules.h"
#include "settings/left_out.h"
#include "settings/shifts.h"

struct json_object;

#define OHTD_ROBOT_NAME_BYTES	65
#define OHTD_ROBOT_PLACE_BYTES	129
#define OHTD_CURRENCY_BYTES	4
#define OHTD_TARIFF_MAX		1000000
#define OHTD_BACKUPS_KEPT_MAX	50
#define OHTD_PER_S_MAX		10000
#define OHTD_SAMPLES_DAYS_MAX	400
#define OHTD_COLUMNS_DAYS_MAX	4000
#define OHTD_PAST_MIB_MAX	1048576
#define OHTD_POINTER_BYTES	96
#define OHTD_FAULT_BYTES	240
#define OHTD_FAULTS_MAX		16
/* Items that are rows of items.c. */
#define OHTD_ITEM_ROWS_MAX	80
#define OHTD_ITEMS_MAX		(OHTD_RULE_ROWS_MAX + OHTD_ITEM_ROWS_MAX + OHTD_KINDS_MAX + OHTD_ALERT_RULE_ITEMS)
/* An item for each of many: stands in a pointer for any name. */
#define OHTD_ANY		"*"
#define OHTD_ALERT_RULES_AT	"/alert_rules/"

/**
 * struct ohtd_analytics_values - what analytics need beside the past
 * @tariff_per_kwh: price of a kWh; 0: none is known
 * @currency: of that price, three capital letters (ISO 4217), or ""
 * @shifts: their begins, as ohtd_shifts_take() reads them
 */
struct ohtd_analytics_values {
	double tariff_per_kwh;
	char currency[OHTD_CURRENCY_BYTES];
	char shifts[OHTD_SHIFTS_BYTES];
};

/**
 * struct ohtd_settings_targets - what the service is to be, at least
 * @uptime_percent: share of the known time in which it serves
 * @errors_percent: share of the cycles that are missed, and of the requests that are refused, at most
 * @latency_ms: 99 of 100 answers, and as much of live data, take so long at most
 */
struct ohtd_settings_targets {
	double uptime_percent;
	double errors_percent;
	double latency_ms;
};

/**
 * struct ohtd_settings_intervals - after how much use a service of the machine is due; 0: none
 * @distance_m: way
 * @hours: in motion
 * @starts: of motions
 */
struct ohtd_settings_intervals {
	double distance_m;
	double hours;
	double starts;
};

/**
 * struct ohtd_settings_battery - what missions make of the charge
 * @min_percent: below it no leg begins but to dock and to charge; 0: never
 * @dock_percent: below it the robot goes to its dock by itself while a person has released that; 0: never
 * @charged_percent: so far it is charged then
 */
struct ohtd_settings_battery {
	double min_percent;
	double dock_percent;
	double charged_percent;
};

/**
 * struct ohtd_backup_values - backups that are made by themselves
 * @nightly: one is made each night: 0 or 1
 * @hour: of that night, in UTC
 */
struct ohtd_backup_values {
	int nightly;
	double hour;
};

/**
 * struct ohtd_past_values - how much of the past is kept
 * @samples_days: values of each control cycle, and columns of 1 and 8 s
 * @columns_days: columns of 64 s and more
 * @size_mib: of the file; beyond it the oldest samples go first, then the oldest columns
 * @backups: of those that are made by themselves, the newest
 * @left_out: signals that are not kept, as ohtd_left_out_read() reads them
 * @signals_left_out: the same as a set; filled by ohtd_values_settle()
 */
struct ohtd_past_values {
	double samples_days;
	double columns_days;
	double size_mib;
	double backups;
	char left_out[OHTD_LEFT_OUT_BYTES];
	struct oht_set signals_left_out;
};

/* What one client may ask for each second; 0: without a limit. */
struct ohtd_rate_values {
	double logins_per_s;
	double changes_per_s;
	double queries_per_s;
};

/**
 * struct ohtd_gateway_values - of the Modbus TCP server
 * @idle_s: a client that asks nothing for so long is sent away
 * @fresh_ms: values of at most this age are answered without the bus; 0: none
 * @rights: of write_from and write_registers; set by ohtd_values_settle()
 */
struct ohtd_gateway_values {
	double idle_s;
	double fresh_ms;
	struct ohtd_gateway_rights rights;
};

/* What may be changed on the robot. */
enum ohtd_layer {
	OHTD_LAYER_COMMISSIONING,	/* all that the role may */
	OHTD_LAYER_PRODUCTION,		/* not how the robot is built: no calibration, no critical register */
	OHTD_LAYER_BENCH,		/* items without the password; only where the robot is simulated */
	OHTD_LAYER_PLANT,		/* as production, and what brings the robot back or changes it wants the password */
	OHTD_LAYERS,
};

/* Does what says how the robot is built stay as it is? */
static inline bool ohtd_settings_layer_produces(unsigned int layer)
{
	return layer == OHTD_LAYER_PRODUCTION || layer == OHTD_LAYER_PLANT;
}

/* NULL: there is none. */
const char *ohtd_layer_name(unsigned int layer);

/*
 * All values: what the parts of the daemon use. @layer: enum ohtd_layer. @level: enum ohtd_log_level. @units: as ohtd_searched_read() reads them. @write_from, @write_registers: as
 * ohtd_rights_read_writers() and ohtd_rights_read_writables() read them.
 * @second_factor: the least enum ohtd_role whose accounts must have one; OHTD_ROLE_NONE: none must.
 * @local_roles: as ohtd_config_locals_read() reads them. @origins: as ohtd_config_origins_check() takes them. @registration, @devices: 0 or 1.
 * Constants: @simulated: there is no robot; @model: modules that are required, NULL: none. Set by ohtd_values_settle(): @searched: of @units, @locals: of @local_roles,
 * @profiles: of @profile, enum ohtd_some_profile by the number of the kind in @model.
 */
struct ohtd_values {
	bool simulated;
	const struct ohtd_model *model;
	int layer;
	char name[OHTD_ROBOT_NAME_BYTES];
	char place[OHTD_ROBOT_PLACE_BYTES];
	int level;
	struct ohtd_rule_table table;
	struct ohtd_stations stations;
	char units[OHTD_SEARCHED_BYTES];
	struct ohtd_searched searched;
	int profile[OHTD_KINDS_MAX];
	struct ohtd_profiles profiles;
	struct ohtd_analytics_values analytics;
	struct ohtd_settings_targets service;
	struct ohtd_settings_intervals intervals;
	struct ohtd_settings_battery battery;
	struct ohtd_backup_values backup;
	struct ohtd_rate_values rates;
	struct ohtd_past_values past;
	char write_from[OHTD_WRITERS_BYTES];
	char write_registers[OHTD_WRITABLE_BYTES];
	struct ohtd_gateway_values gateway;
	char local_roles[OHTD_LOCALS_BYTES];
	struct ohtd_config_locals locals;
	char origins[OHTD_ORIGINS_BYTES];
	int registration;
	int devices;
	int second_factor;
	struct ohtd_alert_rule_set alert_rules;
};

enum ohtd_item_type {
	OHTD_ITEM_TEXT,
	OHTD_ITEM_WORD,
	OHTD_ITEM_NUMBER,
};

/**
 * struct ohtd_item - an item, for people and for checks
 * @pointer: JSON pointer (RFC 6901) into the tree
 * @type: enum ohtd_item_type
 * @unit: of a number; NULL: none
 * @min: smallest number, shortest text in bytes
 * @max: greatest number, longest text
 * @whole: the number is never a fraction
 * @words: WORD: what may stand there, ends with NULL
 * @first: WORD: the value of the first word; the others follow it
 * @at: where the value is in struct ohtd_values: a text there, an int of a WORD, a double of a NUMBER
 * @of_many: an item for each of many, which have a place of their own: stations, or rules on alerts, with @at in one of them
 * @unfit: why a value of that type, length and range cannot be taken, as a clause; NULL: it can. @part is the value, and may be
 *	narrowed to what is wrong in it. NULL: each can
 * @role: lowest role that may change it
 * @needs_elevation: only by an elevated session
 * @on_bench_too: on the bench likewise
 * @needs_standstill: taken only while nothing moves, and by who is in control
 * @calibration: says how this robot is built, not what people want of it
 * @summary: one line
 */
struct ohtd_item {
	char pointer[OHTD_POINTER_BYTES];
	enum ohtd_item_type type;
	const char *unit;
	double min, max;
	bool whole;
	const char *const *words;
	int first;
	size_t at;
	bool of_many;
	const char *(*unfit)(const struct ohtd_values *values, struct ohtd_part *part);
	enum ohtd_role role;
	bool needs_elevation;
	bool on_bench_too;
	bool needs_standstill;
	bool calibration;
	const char *summary;
};

/* Of each rule on alerts: @at is a place in struct ohtd_alert_rule. */
extern const struct ohtd_item ohtd_alert_rule_items[OHTD_ALERT_RULE_ITEMS];

struct ohtd_items {
	size_t count;
	struct ohtd_item item[OHTD_ITEMS_MAX];
};

/* Something that is wrong. @code: of the catalogue (http/catalogue.c) */
struct ohtd_settings_fault {
	char pointer[OHTD_POINTER_BYTES];
	const char *code;
	char detail[OHTD_FAULT_BYTES];
};

/* @count: of all; at most OHTD_FAULTS_MAX are in @fault. @contradiction: each item alone is good.
 */
struct ohtd_faults {
	size_t count;
	bool contradiction;
	struct ohtd_settings_fault fault[OHTD_FAULTS_MAX];
};

void ohtd_fault_add(struct ohtd_faults *faults, const char *pointer, const char *code,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* All items; texts are those of @table. @model: modules that have a profile each; NULL: none */
void ohtd_items_make(struct ohtd_items *items, const struct ohtd_rule_table *table, const struct ohtd_model *model);

/* The item of a pointer, also of one of many; NULL: there is none. */
const struct ohtd_item *ohtd_item_find(const struct ohtd_items *items, const char *pointer);

/* Adds what is wrong with a value of a tree that is no item: nothing, if it is an object on the way to items. */
void ohtd_item_unknown(const struct ohtd_items *items, const char *pointer, struct json_object *value,
		       struct ohtd_faults *faults);

/* The value of an item as JSON; NULL for one of many, and without memory. To be released. */
struct json_object *ohtd_item_value(const struct ohtd_item *item, const struct ohtd_values *values);

/* The same of a value at its place; also of one of many. */
struct json_object *ohtd_item_value_at(const struct ohtd_item *item, const void *place);

/* All values as a tree, in the order of the items; NULL: out of memory. To be released. */
struct json_object *ohtd_tree_of(const struct ohtd_items *items, const struct ohtd_values *values);

/**
 * ohtd_tree_take() - check a tree and take its values
 * @items: what may be in it
 * @tree: the tree
 * @defaults: of the items; of stations there are none by default
 * @absent: values of the items that @tree does not have; stations are not among them, and rules on alerts if it has no place for them
 * @values: filled; an item with a fault has its default
 * @faults: empty; filled with all that is wrong
 *
 * Values that do not agree are looked for if each of them is good alone.
 *
 * Return: how many items @tree does not have.
 */
size_t ohtd_tree_take(const struct ohtd_items *items, struct json_object *tree,
		      const struct ohtd_values *defaults, const struct ohtd_values *absent,
		      struct ohtd_values *values, struct ohtd_faults *faults);

/*
 * Sets what follows from other values, then adds what contradicts: limits each other, stations the limits, searched addresses the
 * modules that are required, days of history each other.
 */
void ohtd_values_settle(struct ohtd_values *values, struct ohtd_faults *faults);

/* Gives an item its value of @from again, with all that its row has in struct ohtd_values; not one of many. False: it had that value. */
bool ohtd_item_reset(const struct ohtd_item *item, struct ohtd_values *values, const struct ohtd_values *from);

/* RFC 7396. The tree and the patch are objects. False: out of memory. */
bool ohtd_tree_merge(struct json_object *tree, struct json_object *patch);

/**
 * ohtd_tree_each() - all values of a tree, each with its pointer
 * @tree: the tree
 * @take: called for what is no object, and for an object without members
 * @arg: for @take
 */
typedef void (*ohtd_leaf_fn)(const char *pointer, struct json_object *value, void *arg);
void ohtd_tree_each(struct json_object *tree, ohtd_leaf_fn take, void *arg);

/* What there are many of goes from @tree where @other has it: stations and rules are taken as a whole. */
void ohtd_tree_drop_many(struct json_object *tree, struct json_object *other);

/* Puts a value at its pointer, with the objects on the way there; takes the value over. False: out of memory, or it is NULL. */
bool ohtd_tree_put(struct json_object *tree, const char *pointer, struct json_object *value);

/* The pointer of the member @name behind the pointer @at; of a name that is too long as much as fits. */
void ohtd_tree_point(char pointer[OHTD_POINTER_BYTES], const char *at, const char *name);

#endif /* OHTD_SETTINGS_ITEMS_H */
