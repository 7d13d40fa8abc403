// SPDX-License-Identifier: GPL-2.0-or-later
/* The start: the newest version of the store, or the files as the first one. */
#include "settings/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/log.h"
#include "config/config.h"
#include "control/motion_limits.h"
#include "control/robot.h"
#include "settings/alert_rule_rows.h"
#include "store/store.h"

#define DEFAULT_NAME	"OHT-50"
#define DEFAULT_SHIFTS	"06:00,14:00,22:00"
#define DEFAULT_KEPT	14	/* backups */
/* Targets of the service level. */
#define CHARGED_PERCENT	95
#define UPTIME_PERCENT	99.9
#define ERRORS_PERCENT	0.1
#define LATENCY_MS	100
#define SAMPLES_DAYS	30
#define COLUMNS_DAYS	400
#define PAST_MIB	2048
/* Reasons of versions that nobody has made. While one of those but the first is live, a person is
 * waited for. */
#define REASON_FIRST	"taken over from motion.csv, stations.csv, modules.csv and ohtd.conf"
#define REASON_ADDED	"items that are new were added, as motion.csv and ohtd.conf have them"
#define REASON_UNFIT	"items that do not fit have their defaults"
#define REASON_DAMAGED	"the newest version cannot be read"
#define LOST		"all versions were lost"
#define REASON_LOST	LOST ": " REASON_FIRST
/* As the repair of a database writes it: migrations/small/mend.sql. */
#define REASON_REPAIRED	"the database was repaired: newer versions may be lost"

/* Stations that no robot of these limits can reach are left out. False: there are none. */
static bool leave_out(struct ohtd_values *values, const struct ohtd_faults *faults)
{
	struct ohtd_stations *stations = &values->stations;
	char pointer[OHTD_POINTER_BYTES];
	const unsigned int count = stations->count;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < stations->count; i++) {
		bool wrong = false;

		snprintf(pointer, sizeof(pointer), "/stations/%s/position_mm",
			 stations->at[i].name);
		for (size_t k = 0; k < faults->count && k < OHTD_FAULTS_MAX; k++)
			wrong = wrong || !strcmp(faults->fault[k].pointer, pointer);
		if (!wrong)
			stations->at[kept++] = stations->at[i];
	}
	stations->count = kept;
	return kept < count;
}

/* The first @count of them. */
static size_t tell_faults(const struct ohtd_faults *faults, size_t count)
{
	for (size_t i = 0; i < count && i < OHTD_FAULTS_MAX; i++)
		ohtd_log(OHTD_LOG_WARNING, "settings", "config_item_left_out", "%s: %s",
			 faults->fault[i].pointer, faults->fault[i].detail);
	return count;
}

/* ---- what does not fit ---- */

static bool is_under(const char *pointer, const char *at)
{
	size_t n = strlen(at);

	return !strncmp(pointer, at, n) && (!pointer[n] || pointer[n] == '/');
}

/* Items at a pointer have their defaults. False: they had. */
static bool give_up(const struct ohtd_settings *settings, struct ohtd_values *values, const char *at)
{
	bool other = false;

	for (size_t i = 0; i < settings->items.count; i++) {
		const struct ohtd_item *item = &settings->items.item[i];

		if (!item->of_many && is_under(item->pointer, at))
			other = ohtd_item_reset(item, values, &settings->defaults) || other;
	}
	return other;
}

/* An item that contradicts has its default; if it had, all items of its group have theirs. False: they had. */
static bool give_up_item(const struct ohtd_settings *settings, struct ohtd_values *values, const char *pointer)
{
	char group[OHTD_POINTER_BYTES];

	snprintf(group, sizeof(group), "/%.*s", (int)strcspn(pointer + 1, "/"), pointer + 1);
	return give_up(settings, values, pointer) || give_up(settings, values, group);
}

/* Each round takes something away: an item, all of its group, or some stations. Defaults that contradict stay, and are told once. */
static size_t make_agree(struct ohtd_settings *settings, struct ohtd_values *values,
			 struct ohtd_faults *faults)
{
	size_t count = 0, told;
	bool limits, less;

	do {
		memset(faults, 0, sizeof(*faults));
		ohtd_values_settle(values, faults);
		if (!faults->count)
			break;
		/* Stations are measured anew against the limits that come of it. */
		limits = is_under(faults->fault[0].pointer, "/motion");
		told = tell_faults(faults, limits ? 1 : faults->count);
		less = !limits && leave_out(values, faults);
		for (size_t i = 0; i < told && i < OHTD_FAULTS_MAX; i++)
			less = give_up_item(settings, values, faults->fault[i].pointer) || less;
		count += told;
	} while (less);
	return count;
}

/*
 * Whatever a release or the files permit no more has its default: a start is never refused. Returns how much. @absent: values of items
 * that @tree does not have. @added: filled if not NULL: how many these are.
 */
static size_t make_fit(struct ohtd_settings *settings, struct json_object *tree, const struct ohtd_values *absent, size_t *added)
{
	struct ohtd_values *values = &settings->wanted;
	struct ohtd_faults *faults = calloc(1, sizeof(*faults));
	size_t count = 0, missing = 0;

	*values = *absent;
	if (faults && tree) {
		missing = ohtd_tree_take(&settings->items, tree, &settings->defaults, absent, values, faults);
		count += faults->contradiction ? 0 : tell_faults(faults, faults->count);
	}
	if (added)
		*added = missing;
	if (!faults)
		return 0;
	count += make_agree(settings, values, faults);
	free(faults);
	return count;
}

/* ---- waiting for a person ---- */

/* Is @head a version that nobody has made, in place of one? */
static bool is_fall_back(const struct ohtd_config_version *head)
{
	return !strcmp(head->author, ohtd_settings_own.user) &&
	       (!strcmp(head->reason, REASON_UNFIT) || !strncmp(head->reason, LOST, strlen(LOST)) ||
		!strcmp(head->reason, REASON_DAMAGED) || !strcmp(head->reason, REASON_REPAIRED));
}

/* The newest version of a person, of which fall-backs have made @head. NULL: none can be read.
 * @known: they have replaced what did not fit, and nothing that is lost. */
static struct json_object *chosen_before(struct ohtd_settings *settings,
					 struct ohtd_config_version head, bool *known)
{
	struct json_object *tree = NULL;
	int error = 0;

	*known = true;
	while (!error && is_fall_back(&head)) {
		*known = *known && !strcmp(head.reason, REASON_UNFIT);
		json_object_put(tree);
		tree = NULL;
		error = -ENOENT;
		if (head.parent)
			tree = ohtd_version_read(settings, head.parent, &head, &error);
	}
	return tree;
}

static const struct ohtd_item *stricter(const struct ohtd_item *one, const struct ohtd_item *other)
{
	if (!one || one->role != other->role)
		return one && one->role > other->role ? one : other;
	return !one->needs_elevation && other->needs_elevation ? other : one;
}

/* The item that asks most of a person, of those that were replaced. */
static void find_strictest(struct ohtd_settings *settings, const struct ohtd_change *change,
			   bool known)
{
	const struct ohtd_item *found = NULL, *item;

	for (size_t i = 0; known && i < change->differences; i++) {
		if (!change->difference[i].before)
			continue;
		item = ohtd_item_find(&settings->items, change->difference[i].pointer);
		known = item;
		found = item ? stricter(found, item) : found;
	}
	/* Any may have been among them. */
	for (size_t i = 0; (!known || !found) && i < settings->items.count; i++)
		found = stricter(found, &settings->items.item[i]);
	snprintf(settings->waits_at, sizeof(settings->waits_at), "%s", found->pointer);
}

/* With what differs from @before, the version of a person; NULL: it is not known any more. */
static void wait_for_person(struct ohtd_settings *settings, const char *reason,
			    struct json_object *before, bool known)
{
	struct ohtd_change change = {
		.before = before ? json_object_get(before) : json_object_new_object(),
		.now = json_tokener_parse(settings->text),
	};
	char *waits = settings->waits;
	size_t used = OHTD_WAITS_BYTES;

	if (settings->unkept)
		used = (size_t)snprintf(waits, used, "which could not be written down: %s", reason);
	else
		used = (size_t)snprintf(waits, used, "version %lld: %s",
					(long long)settings->head.version, reason);
	if (change.before && change.now && ohtd_change_compare(settings, &change))
		ohtd_change_line(&change, true, waits + used + 2, OHTD_WAITS_BYTES - used - 2);
	if (waits[used + 2])
		memcpy(waits + used, ": ", 2);
	find_strictest(settings, &change, known && before);
	ohtd_change_drop(&change);
}

/* Waits again for the version that was in force before the fall-back. */
static void wait_again(struct ohtd_settings *settings)
{
	bool known;
	struct json_object *before = chosen_before(settings, settings->head, &known);

	wait_for_person(settings, settings->head.reason, before, known);
	json_object_put(before);
}

/* ---- the version to begin with ---- */

/* @settings->wanted as a version of our own. */
static int begin_version(struct ohtd_settings *settings, const char *reason)
{
	struct ohtd_config_version head = ohtd_version_next(settings, &ohtd_settings_own, reason);
	struct json_object *tree = ohtd_tree_of(&settings->items, &settings->wanted);
	int r;

	if (!tree)
		return -ENOMEM;
	r = ohtd_version_keep(settings, &head, tree);
	if (r)
		ohtd_log(OHTD_LOG_ERROR, "settings", "config_not_kept",
			 "version %lld: %s; it holds until the end of this run",
			 (long long)head.version, strerror(-r));
	else
		ohtd_log(OHTD_LOG_NOTICE, "settings", "config_made", "version %lld: %s",
			 (long long)head.version, reason);
	ohtd_settings_live(settings, tree, r ? &settings->head : &head);
	if (r)
		ohtd_version_hold(settings, &head);
	json_object_put(tree);
	return 0;
}

/* In place of @tree, which a person has made; NULL: no version can be read. */
static int fall_back(struct ohtd_settings *settings, const char *reason, struct json_object *tree)
{
	bool known = !strcmp(reason, REASON_UNFIT), before_known = true;
	struct json_object *before = json_object_get(tree);
	int r;

	/* One fall-back after the other. */
	if (is_fall_back(&settings->head)) {
		json_object_put(before);
		before = chosen_before(settings, settings->head, &before_known);
	}
	r = begin_version(settings, reason);
	if (!r)
		wait_for_person(settings, reason, before, known && before_known);
	json_object_put(before);
	return r;
}

/* The newest version stays. */
static int begin_same(struct ohtd_settings *settings)
{
	struct json_object *tree = ohtd_tree_of(&settings->items, &settings->wanted);

	if (!tree)
		return -ENOMEM;
	ohtd_settings_live(settings, tree, &settings->head);
	json_object_put(tree);
	ohtd_log(OHTD_LOG_NOTICE, "settings", "config", "version %lld by %s",
		 (long long)settings->head.version, settings->head.author);
	return 0;
}

static int begin_kept(struct ohtd_settings *settings, struct json_object *tree)
{
	bool waits = is_fall_back(&settings->head);
	size_t added;
	int r;

	if (make_fit(settings, tree, &settings->first, &added))
		return fall_back(settings, REASON_UNFIT, tree);
	/* A version with new items that continues a fall-back is a fall-back too: no user has confirmed its values. */
	r = added ? begin_version(settings, waits ? settings->head.reason : REASON_ADDED) : begin_same(settings);
	if (!r && waits)
		wait_again(settings);
	return r;
}

/* Of items that the version to which @tree returns, @before, does not have the values of @tree: nobody has asked for others. As make_fit(). */
static size_t make_fit_before(struct ohtd_settings *settings, struct json_object *tree, struct json_object *before)
{
	struct ohtd_values *newest = malloc(sizeof(*newest));
	size_t count;

	if (newest) {
		make_fit(settings, tree, &settings->first, NULL);
		*newest = settings->wanted;
	}
	count = make_fit(settings, before, newest ? newest : &settings->first, NULL);
	free(newest);
	return count;
}

/* From version @number down, which becomes the one that is found. NULL without *@error: none can be read. */
static struct json_object *newest_readable(struct ohtd_settings *settings, int64_t *number, int *error)
{
	struct json_object *tree = NULL;

	*error = 0;
	for (; !tree && *number > 0; *number -= !tree) {
		tree = ohtd_version_read(settings, *number, NULL, error);
		if (*error && ohtd_version_fails(*error) != OHTD_CHANGE_NO_VERSION)
			return NULL;
		*error = 0;
	}
	return tree;
}

/* The newest version, @tree, was not confirmed: a version with the earlier values follows it. */
static int begin_returned(struct ohtd_settings *settings, struct json_object *tree)
{
	static const char cause[] = "was not confirmed before ohtd ended";
	int64_t was = settings->head.version, number = settings->head.returns_to;
	struct ohtd_change change = { .before = json_object_get(tree) };
	struct json_object *before;
	size_t unfit;
	int r;

	before = newest_readable(settings, &number, &r);
	if (r) {
		ohtd_change_drop(&change);
		return r;
	}
	snprintf(change.reason, sizeof(change.reason), "version %lld %s", (long long)was, cause);
	unfit = make_fit_before(settings, tree, before ? before : tree);
	if (number != settings->head.returns_to)
		r = fall_back(settings, REASON_DAMAGED, before ? before : tree);
	else if (unfit)
		r = fall_back(settings, REASON_UNFIT, before);
	else
		r = begin_version(settings, change.reason);
	change.now = r ? NULL : json_tokener_parse(settings->text);
	change.version = settings->unkept ? settings->held : settings->head;
	if (change.now && ohtd_change_compare(settings, &change))
		ohtd_unconfirmed_tell(settings, &change, was, cause);
	ohtd_change_drop(&change);
	json_object_put(before);
	return r;
}

static int begin_without(struct ohtd_settings *settings)
{
	make_fit(settings, NULL, &settings->first, NULL);
	return settings->setup.lost ? fall_back(settings, REASON_LOST, NULL)
				    : begin_version(settings, REASON_FIRST);
}

/* A repair has found no version, and has left an empty one. */
static int begin_repaired(struct ohtd_settings *settings)
{
	make_fit(settings, NULL, &settings->first, NULL);
	return fall_back(settings, REASON_LOST, NULL);
}

/* The newest one cannot be read. It stays in the list, and an older one follows it. */
static int begin_damaged(struct ohtd_settings *settings)
{
	int64_t number = settings->head.version;
	struct json_object *tree;
	int r;

	ohtd_log(OHTD_LOG_ERROR, "settings", "config_damaged",
		 "version %lld is no JSON: the newest one before it is taken", (long long)number);
	number--;
	tree = newest_readable(settings, &number, &r);
	if (r)
		return r;
	make_fit(settings, tree, tree ? &settings->defaults : &settings->first, NULL);
	r = fall_back(settings, REASON_DAMAGED, tree);
	json_object_put(tree);
	return r;
}

static int begin(struct ohtd_settings *settings)
{
	int r = ohtd_version_find_given(settings);
	struct json_object *tree;

	if (r)
		return r;
	ohtd_standstill_drop_old(settings);
	tree = ohtd_version_read(settings, 0, &settings->head, &r);
	if (r == -ENOENT)
		r = begin_without(settings);
	else if (r == -EBADMSG)
		r = begin_damaged(settings);
	else if (!r && !json_object_object_length(tree))
		r = begin_repaired(settings);
	else if (!r && settings->head.returns_to)
		r = begin_returned(settings, tree);
	else if (!r)
		r = begin_kept(settings, tree);
	if (!r && *settings->waits)
		ohtd_log(OHTD_LOG_WARNING, "settings", "config_waits",
			 "%s; the robot waits in safe for a person", settings->waits);
	json_object_put(tree);
	return r;
}

static void take_config(struct ohtd_values *values, const struct ohtd_config *config)
{
	values->level = config->log_level;
	values->backup = (struct ohtd_backup_values){ .nightly = (int)config->backup_nightly, .hour = config->backup_hour };
	values->rates = (struct ohtd_rate_values){ config->logins_per_s, config->changes_per_s, config->queries_per_s };
	values->gateway.idle_s = config->gateway_idle_s;
	values->gateway.fresh_ms = config->gateway_fresh_ms;
	memcpy(values->write_from, config->gateway_write_from, sizeof(values->write_from));
	memcpy(values->write_registers, config->gateway_write_registers, sizeof(values->write_registers));
}

static int list_rules(struct ohtd_db *db, void *rows)
{
	return ohtd_db_alert_rules_list(db, rows);
}

/* Rules on alerts from before they were items. */
static void take_old_rules(struct ohtd_settings *settings)
{
	struct ohtd_alert_rule *rows = calloc(OHTD_ALERT_RULE_ROWS, sizeof(*rows));
	int count = rows ? ohtd_store_read(settings->setup.store, list_rules, rows) : -ENOMEM;

	if (count < 0)
		ohtd_log(OHTD_LOG_WARNING, "settings", "rules_not_read", "%s: rules on alerts from before they were items are left out",
			 strerror(-count));
	ohtd_alert_rules_of_rows(rows, count < 0 ? 0 : count, &settings->first.alert_rules);
	free(rows);
}

static void take_defaults(struct ohtd_settings *settings)
{
	struct ohtd_values *defaults = &settings->defaults;
	struct ohtd_limits_block *block = calloc(1, sizeof(*block));

	if (!block)
		return;
	ohtd_robot_limits(settings->setup.robot, block);
	defaults->table = block->table;
	defaults->stations = block->stations;
	ohtd_searched_text(&block->searched, defaults->units);
	take_config(defaults, &ohtd_config_preset);
	defaults->past = (struct ohtd_past_values){
		.samples_days = SAMPLES_DAYS, .columns_days = COLUMNS_DAYS, .size_mib = PAST_MIB, .backups = DEFAULT_KEPT,
	};
	defaults->service = (struct ohtd_settings_targets){
		.uptime_percent = UPTIME_PERCENT, .errors_percent = ERRORS_PERCENT, .latency_ms = LATENCY_MS,
	};
	defaults->battery.charged_percent = CHARGED_PERCENT;
	defaults->simulated = settings->setup.config->simulated;
	defaults->model = settings->setup.model;
	snprintf(defaults->name, sizeof(defaults->name), DEFAULT_NAME);
	snprintf(defaults->analytics.shifts, sizeof(defaults->analytics.shifts), DEFAULT_SHIFTS);
	snprintf(defaults->local_roles, sizeof(defaults->local_roles), OHTD_LOCALS_PRESET);
	ohtd_items_make(&settings->items, &defaults->table, settings->setup.model);
	settings->first = *defaults;
	take_config(&settings->first, settings->setup.config);
	take_old_rules(settings);
	free(block);
}

struct ohtd_settings *ohtd_settings_open(const struct ohtd_settings_setup *setup, char *why,
					 size_t size)
{
	struct ohtd_settings *settings = calloc(1, sizeof(*settings));
	int r = settings ? 0 : -ENOMEM;

	if (settings) {
		settings->setup = *setup;
		pthread_mutex_init(&settings->writer, NULL);
		pthread_mutex_init(&settings->lock, NULL);
		ohtd_returner_init(settings);
		take_defaults(settings);
		r = settings->items.count ? begin(settings) : -ENOMEM;
		if (!r)
			r = ohtd_returner_start(settings);
	}
	if (r) {
		snprintf(why, size, "configuration: %s", strerror(-r));
		ohtd_settings_close(settings);
		errno = -r;
		return NULL;
	}
	ohtd_robot_begin_with(setup->robot, &settings->values.table, &settings->values.stations, &settings->values.searched,
			      &settings->values.profiles, *settings->waits);
	if (settings->values.level != setup->config->log_level)
		ohtd_log(OHTD_LOG_NOTICE, "settings", "level",
			 "%s of the configuration holds, not %s of ohtd.conf",
			 ohtd_log_level_name(settings->values.level),
			 ohtd_log_level_name(setup->config->log_level));
	ohtd_log_set_level((enum ohtd_log_level)settings->values.level);
	return settings;
}

void ohtd_settings_close(struct ohtd_settings *settings)
{
	if (!settings)
		return;
	ohtd_settings_rest(settings);
	pthread_cond_destroy(&settings->wake);
	pthread_mutex_destroy(&settings->writer);
	pthread_mutex_destroy(&settings->lock);
	free(settings);
}
