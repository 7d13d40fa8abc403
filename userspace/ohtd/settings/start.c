// SPDX-License-Identifier: GPL-2.0-or-later
/* The start: the newest version of the store, or the files as the first one. */
#include "settings/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/log.h"
#include "robot/motion_limits.h"
#include "robot/robot.h"

#define DEFAULT_NAME	"OHT-50"
#define AUTHOR		"ohtd"
/* So many faults are told at a time, and so many stations there may be. */
#define ROUNDS_MAX	(OHTD_STATIONS_MAX / OHTD_FAULTS_MAX + 2)

/* Stations that no robot of these limits can reach are left out. */
static void leave_out(struct ohtd_values *values, const struct ohtd_faults *faults)
{
	struct ohtd_stations *stations = &values->stations;
	char pointer[OHTD_POINTER_BYTES];
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
}

static size_t tell_faults(const struct ohtd_faults *faults)
{
	for (size_t i = 0; i < faults->count && i < OHTD_FAULTS_MAX; i++)
		ohtd_log(OHTD_LOG_WARNING, "settings", "config_item_left_out", "%s: %s",
			 faults->fault[i].pointer, faults->fault[i].detail);
	return faults->count;
}

/* Whatever a release or the files permit no more has its default: a start is never refused. Returns
 * how much. */
static size_t make_fit(struct ohtd_settings *settings, struct json_object *tree)
{
	struct ohtd_values *values = &settings->wanted;
	struct ohtd_faults *faults = calloc(1, sizeof(*faults));
	size_t count = 0;

	*values = settings->defaults;
	if (!faults)
		return 0;
	if (tree) {
		ohtd_tree_take(&settings->items, tree, &settings->defaults, values, faults);
		count += faults->contradiction ? 0 : tell_faults(faults);
	}
	/* Each round takes something away: the limits, or some stations. */
	for (int round = 0; round < ROUNDS_MAX; round++) {
		memset(faults, 0, sizeof(*faults));
		ohtd_values_check(values, faults);
		if (!faults->count)
			break;
		count += tell_faults(faults);
		if (!strncmp(faults->fault[0].pointer, "/motion", 7))
			values->table = settings->defaults.table;
		else
			leave_out(values, faults);
	}
	free(faults);
	return count;
}

/* @settings->wanted as a version of our own. */
static int begin_version(struct ohtd_settings *settings, const char *reason)
{
	struct ohtd_config_version head = ohtd_version_next(settings, AUTHOR, reason);
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
	ohtd_settings_live(settings, tree, r ? settings->version : head.version);
	json_object_put(tree);
	return 0;
}

static int begin_kept(struct ohtd_settings *settings, struct json_object *tree,
		      const struct ohtd_config_version *head)
{
	struct json_object *made;

	settings->version = head->version;
	if (make_fit(settings, tree))
		return begin_version(settings, "items that do not fit have their defaults");
	made = ohtd_tree_of(&settings->items, &settings->wanted);
	if (!made)
		return -ENOMEM;
	ohtd_settings_live(settings, made, head->version);
	json_object_put(made);
	ohtd_log(OHTD_LOG_NOTICE, "settings", "config", "version %lld by %s",
		 (long long)head->version, head->author);
	return 0;
}

static int begin(struct ohtd_settings *settings)
{
	struct ohtd_config_version head;
	int r;
	struct json_object *tree = ohtd_version_read(settings, 0, &head, &r);

	if (r == -ENOENT) {
		make_fit(settings, NULL);
		r = begin_version(settings,
				  "taken over from motion.csv, stations.csv and ohtd.conf");
	} else if (!r) {
		r = begin_kept(settings, tree, &head);
	}
	json_object_put(tree);
	return r;
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
	defaults->level = settings->setup.level;
	snprintf(defaults->name, sizeof(defaults->name), DEFAULT_NAME);
	ohtd_items_make(&settings->items, &defaults->table);
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
		take_defaults(settings);
		r = settings->items.count ? begin(settings) : -ENOMEM;
	}
	if (r) {
		snprintf(why, size, "configuration: %s", strerror(-r));
		ohtd_settings_close(settings);
		errno = -r;
		return NULL;
	}
	ohtd_robot_begin_with(setup->robot, &settings->values.table, &settings->values.stations);
	ohtd_log_set_level((enum ohtd_log_level)settings->values.level);
	return settings;
}

void ohtd_settings_close(struct ohtd_settings *settings)
{
	if (!settings)
		return;
	pthread_mutex_destroy(&settings->writer);
	pthread_mutex_destroy(&settings->lock);
	free(settings);
}
