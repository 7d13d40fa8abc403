// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration as a document of its own: what an export has, and what an import takes. */
#include "settings/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "common/utf8.h"
#include "json/whole.h"
#include "json/writer.h"

#define FORMAT		"oht-configuration"
#define FORMAT_NUMBER	1
/* The robot for which there are limits and modules here: another one needs another data folder, and other items. */
#define KIND		"OHT-50"
#define PLAIN		(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* ---- export ---- */

/* The configuration in force at one moment. */
struct sight {
	struct ohtd_items items;
	struct ohtd_rule_table table;
	char text[OHTD_CONFIG_DOCUMENT_BYTES];
	char name[OHTD_ROBOT_NAME_BYTES];
	int64_t version;
};

struct splitting {
	const struct ohtd_items *items;
	struct json_object *values;
	struct json_object *calibration;
	bool failed;
};

static void look(struct ohtd_settings *settings, struct sight *sight)
{
	/* Not the writer: it may wait for the robot or the disk. */
	pthread_mutex_lock(&settings->lock);
	memcpy(sight->text, settings->text, sizeof(sight->text));
	memcpy(sight->name, settings->values.name, sizeof(sight->name));
	sight->table = settings->defaults.table;
	sight->version = settings->unkept ? 0 : settings->head.version;
	pthread_mutex_unlock(&settings->lock);
	ohtd_items_make(&sight->items, &sight->table, settings->setup.model);
}

static void take_apart(const char *pointer, struct json_object *value, void *arg)
{
	struct splitting *splitting = arg;
	const struct ohtd_item *item = ohtd_item_find(splitting->items, pointer);
	bool measured = item && item->calibration;

	if (!ohtd_tree_put(measured ? splitting->calibration : splitting->values, pointer, json_object_get(value)))
		splitting->failed = true;
}

/* Takes the value over. False: out of memory, also for @value. */
static bool add(struct json_object *document, const char *name, struct json_object *value)
{
	if (value && !json_object_object_add(document, name, value))
		return true;
	json_object_put(value);
	return false;
}

/* False: out of memory; what could be made of it is in @document. */
static bool fill(struct json_object *document, const struct sight *sight, struct json_object *tree, int64_t now_ns)
{
	struct splitting splitting = { .items = &sight->items };
	char time[OHTD_TIME_BYTES];

	ohtd_time_text(now_ns, time);
	if (!add(document, "format", json_object_new_string(FORMAT)) ||
	    !add(document, "format_version", json_object_new_int(FORMAT_NUMBER)) ||
	    !add(document, "kind", json_object_new_string(KIND)) ||
	    !add(document, "robot", json_object_new_string(sight->name)) ||
	    (sight->version ? !add(document, "version", json_object_new_int64(sight->version))
			    : json_object_object_add(document, "version", NULL)) ||
	    !add(document, "exported", json_object_new_string_len(time, sizeof(time))))
		return false;
	splitting.values = json_object_new_object();
	if (!add(document, "values", splitting.values))
		return false;
	splitting.calibration = json_object_new_object();
	if (!add(document, "calibration", splitting.calibration))
		return false;
	ohtd_tree_each(tree, take_apart, &splitting);
	return !splitting.failed;
}

int ohtd_settings_export(struct ohtd_settings *settings, char *text, size_t size)
{
	struct sight *sight = calloc(1, sizeof(*sight));
	struct json_object *document = json_object_new_object(), *tree = NULL;
	int r = -ENOMEM;

	if (sight) {
		look(settings, sight);
		tree = json_tokener_parse(sight->text);
	}
	if (document && tree && fill(document, sight, tree, ohtd_clock_wall_ns(settings->setup.clock)))
		r = snprintf(text, size, "%s", json_object_to_json_string_ext(document, PLAIN)) < (int)size ? 0 : -EFBIG;
	json_object_put(document);
	json_object_put(tree);
	free(sight);
	return r;
}

/* ---- import ---- */

static const char *const members[] = {
	"format", "format_version", "kind", "robot", "version", "exported", "values", "calibration",
};

static void refuse_unknown(struct json_object *document, struct ohtd_faults *faults)
{
	json_object_object_foreach(document, name, value) {
		char pointer[OHTD_POINTER_BYTES];
		size_t i = 0;

		(void)value;
		while (i < sizeof(members) / sizeof(members[0]) && strcmp(members[i], name))
			i++;
		if (i < sizeof(members) / sizeof(members[0]))
			continue;
		ohtd_tree_point(pointer, "", name);
		ohtd_fault_add(faults, pointer, "unknown_member",
			       "is no member of an exported configuration: items are below values and calibration");
	}
}

/* Is the text @name what it must be? A fault says what it is. */
static void check_text(struct json_object *document, const char *name, const char *wanted, const char *why,
		       struct ohtd_faults *faults)
{
	struct json_object *value = NULL;
	char pointer[OHTD_POINTER_BYTES];

	ohtd_tree_point(pointer, "", name);
	if (!json_object_object_get_ex(document, name, &value))
		ohtd_fault_add(faults, pointer, "missing", "must be there, '%s': %s", wanted, why);
	else if (!json_object_is_type(value, json_type_string))
		ohtd_fault_add(faults, pointer, "type", "must be a text, '%s': %s", wanted, why);
	else if (strcmp(json_object_get_string(value), wanted))
		ohtd_fault_add(faults, pointer, "unfit", "must be '%s', not '%.*s': %s", wanted,
			       oht_utf8_cut(json_object_get_string(value), 60), json_object_get_string(value), why);
}

static void check_number(struct json_object *document, struct ohtd_faults *faults)
{
	struct json_object *value = NULL;
	int64_t number;

	if (!json_object_object_get_ex(document, "format_version", &value)) {
		ohtd_fault_add(faults, "/format_version", "missing", "must be there, %d", FORMAT_NUMBER);
		return;
	}
	if (!ohtd_json_whole(value, &number))
		ohtd_fault_add(faults, "/format_version", "type", "must be a whole number, %d", FORMAT_NUMBER);
	else if (number > FORMAT_NUMBER)
		ohtd_fault_add(faults, "/format_version", "range",
			       "is %lld, of a newer ohtd: this one reads up to %d", (long long)number, FORMAT_NUMBER);
	else if (number < 1)
		ohtd_fault_add(faults, "/format_version", "range", "must be 1 to %d, not %lld", FORMAT_NUMBER,
			       (long long)number);
}

struct checking {
	const struct ohtd_items *items;
	bool calibration;
	struct ohtd_faults *faults;
};

/* What could not be found any more when both trees have been put together; the rest is when that is taken. */
static void check_leaf(const char *pointer, struct json_object *value, void *arg)
{
	struct checking *checking = arg;
	const struct ohtd_item *item = ohtd_item_find(checking->items, pointer);

	if (!value)
		ohtd_fault_add(checking->faults, pointer, "type",
			       "null is no value: without the member the item keeps its own");
	else if (!item && !json_object_is_type(value, json_type_object))
		ohtd_item_unknown(checking->items, pointer, value, checking->faults);
	else if (item && item->calibration && !checking->calibration)
		ohtd_fault_add(checking->faults, pointer, "unfit", "is calibration: it belongs below calibration, not values");
	else if (item && !item->calibration && checking->calibration)
		ohtd_fault_add(checking->faults, pointer, "unfit", "is no calibration: it belongs below values");
}

/* One of the two trees, or NULL: it is not there, or no object. */
static struct json_object *tree_of(struct json_object *document, const char *name, struct checking *checking)
{
	struct json_object *tree = NULL;
	char pointer[OHTD_POINTER_BYTES];

	ohtd_tree_point(pointer, "", name);
	if (!json_object_object_get_ex(document, name, &tree))
		ohtd_fault_add(checking->faults, pointer, "missing", "must be there: an object with items");
	else if (!json_object_is_type(tree, json_type_object))
		ohtd_fault_add(checking->faults, pointer, "type", "must be an object with items");
	else
		ohtd_tree_each(tree, check_leaf, checking);
	return tree;
}

bool ohtd_document_take(const struct ohtd_items *items, struct ohtd_change *change)
{
	struct ohtd_faults *faults = &change->faults;
	struct checking checking = { .items = items, .faults = faults };

	check_text(change->document, "format", FORMAT, "it is no exported configuration", faults);
	check_number(change->document, faults);
	/* Members of a newer format may have other meanings. */
	if (faults->count)
		return false;
	check_text(change->document, "kind", KIND, "it is for another kind of robot", faults);
	refuse_unknown(change->document, faults);
	change->patch = json_object_get(tree_of(change->document, "values", &checking));
	checking.calibration = true;
	if (change->with_calibration)
		change->calibration = json_object_get(tree_of(change->document, "calibration", &checking));
	return !faults->count;
}
