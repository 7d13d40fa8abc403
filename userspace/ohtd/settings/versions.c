// SPDX-License-Identifier: GPL-2.0-or-later
/* Versions in the store, and what differs between two of them. */
#include "settings/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "base/log.h"
#include "common/utf8.h"
#include "robot/states.h"
#include "store/store.h"

#define PLAIN	(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* ---- differences ---- */

struct comparing {
	const struct ohtd_settings *settings;
	struct ohtd_change *change;
	struct json_object *other;
	bool gone;
	bool failed;
};

static void add_difference(struct comparing *comparing, const char *pointer,
			   struct json_object *before, struct json_object *now)
{
	struct ohtd_change *change = comparing->change;
	size_t bytes = (change->differences + 1) * sizeof(*change->difference);
	struct ohtd_difference *more = realloc(change->difference, bytes);

	if (!more) {
		comparing->failed = true;
		return;
	}
	change->difference = more;
	more += change->differences++;
	snprintf(more->pointer, sizeof(more->pointer), "%s", pointer);
	more->before = before;
	more->now = now;
}

/* The rule with that code as it is shipped, with numbers of the types that reading gives them; NULL: it is not shipped, or no memory. */
static struct json_object *make_shipped(struct comparing *comparing, const char *code)
{
	const struct ohtd_settings_setup *setup = &comparing->settings->setup;
	struct ohtd_alert_rule rule;
	struct json_object *made, *tree;

	if (!setup->shipped_rule || !setup->shipped_rule(code, &rule))
		return NULL;
	made = ohtd_alert_rule_tree(&rule);
	tree = made ? json_tokener_parse(json_object_to_json_string_ext(made, PLAIN)) : NULL;
	json_object_put(made);
	comparing->failed |= !tree;
	return tree;
}

/* A tree has a shipped rule only if it was changed. NULL: @pointer is no item of a shipped rule, or the other tree has the rule. */
static struct json_object *find_shipped(struct comparing *comparing, const char *pointer)
{
	struct json_object **shipped = &comparing->change->shipped, *rule = NULL, *value = NULL;
	char at[OHTD_POINTER_BYTES];
	char *item;

	if (strncmp(pointer, OHTD_ALERT_RULES_AT, sizeof(OHTD_ALERT_RULES_AT) - 1))
		return NULL;
	snprintf(at, sizeof(at), "%s", pointer);
	item = strchr(at + sizeof(OHTD_ALERT_RULES_AT) - 1, '/');
	if (!item)
		return NULL;
	*item++ = 0;
	if (!json_pointer_get(comparing->other, at, NULL))
		return NULL;
	if (!*shipped)
		*shipped = json_object_new_object();
	if (*shipped && !json_object_object_get_ex(*shipped, strrchr(at, '/') + 1, &rule)) {
		rule = make_shipped(comparing, strrchr(at, '/') + 1);
		json_object_object_add(*shipped, strrchr(at, '/') + 1, rule);
	}
	json_object_object_get_ex(rule, item, &value);
	return value;
}

/* No value is an object; an object without members is no item. */
static void compare_leaf(const char *pointer, struct json_object *value, void *arg)
{
	struct comparing *comparing = arg;
	struct json_object *other = NULL;

	if (json_pointer_get(comparing->other, pointer, &other) || json_object_is_type(other, json_type_object))
		other = NULL;
	if (json_object_is_type(value, json_type_object) || (comparing->gone && other))
		return;
	if (!other)
		other = find_shipped(comparing, pointer);
	if (json_object_equal(other, value))
		return;
	if (comparing->gone)
		add_difference(comparing, pointer, value, other);
	else
		add_difference(comparing, pointer, other, value);
}

bool ohtd_change_compare(const struct ohtd_settings *settings, struct ohtd_change *change)
{
	struct comparing comparing = { .settings = settings, .change = change, .other = change->before };

	ohtd_tree_each(change->now, compare_leaf, &comparing);
	comparing.other = change->now;
	comparing.gone = true;
	ohtd_tree_each(change->before, compare_leaf, &comparing);
	return !comparing.failed;
}

/* What names no item may be anything, as a password. A station that is to go has no value. */
static void add_asked(const char *pointer, struct json_object *value, void *arg)
{
	struct comparing *comparing = arg;
	struct json_object *before = NULL;

	if (value && !ohtd_item_find(&comparing->settings->items, pointer))
		return;
	if (json_pointer_get(comparing->other, pointer, &before))
		before = NULL;
	add_difference(comparing, pointer, before, value);
}

void ohtd_settings_asked(struct ohtd_settings *settings, struct ohtd_change *change)
{
	struct comparing comparing = { .settings = settings, .change = change };
	struct json_object *asked[] = { change->patch, change->calibration };

	if (!asked[0])
		json_object_object_get_ex(change->document, "values", &asked[0]);
	pthread_mutex_lock(&settings->lock);
	if (!change->before)
		change->before = json_tokener_parse(settings->text);
	comparing.other = change->before;
	/* A document may have anything in their places. */
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (json_object_is_type(asked[i], json_type_object))
			ohtd_tree_each(asked[i], add_asked, &comparing);
	pthread_mutex_unlock(&settings->lock);
}

static const char *text_of(struct json_object *value)
{
	return value ? json_object_to_json_string_ext(value, PLAIN) : "none";
}

void ohtd_change_line(const struct ohtd_change *change, bool gone, char *line, size_t size)
{
	const char *between = "";
	size_t used = 0;

	*line = 0;
	for (size_t i = 0; i < change->differences && used < size; i++) {
		const struct ohtd_difference *difference = &change->difference[i];

		if (gone && !difference->before)
			continue;
		used += (size_t)snprintf(line + used, size - used, "%s%s %s", between,
					 difference->pointer, text_of(difference->before));
		if (used < size)
			used += (size_t)snprintf(line + used, size - used, " -> %s",
						 text_of(difference->now));
		between = ", ";
	}
	line[oht_utf8_cut(line, size)] = 0;
}

void ohtd_change_drop(struct ohtd_change *change)
{
	json_object_put(change->patch);
	json_object_put(change->calibration);
	json_object_put(change->document);
	json_object_put(change->before);
	json_object_put(change->now);
	json_object_put(change->shipped);
	free(change->difference);
}

/* ---- the store ---- */

static int add(struct ohtd_db *db, void *kept)
{
	return ohtd_db_config_add(db, kept);
}

static int find_given(struct ohtd_db *db, void *number)
{
	return ohtd_db_config_given(db, number);
}

static int drop(struct ohtd_db *db, void *number)
{
	return ohtd_db_config_drop(db, *(const int64_t *)number);
}

static int get(struct ohtd_db *db, void *kept)
{
	return ohtd_db_config_get(db, kept);
}

static int rescue(struct ohtd_db *db, void *kept)
{
	return ohtd_db_config_rescue(db, kept);
}

static int newest(struct ohtd_db *db, void *kept)
{
	return ohtd_db_config_newest(db, kept);
}

struct json_object *ohtd_version_read(struct ohtd_settings *settings, int64_t number,
					struct ohtd_config_version *head, int *error)
{
	struct ohtd_config_kept *kept = calloc(1, sizeof(*kept));
	ohtd_store_work read = number == OHTD_BACK_TO_RESCUE ? rescue : number ? get : newest;
	struct json_object *tree = NULL;

	*error = -ENOMEM;
	if (!kept)
		return NULL;
	kept->head.version = number;
	*error = ohtd_store_read(settings->setup.store, read, kept);
	if (!*error) {
		tree = json_tokener_parse(kept->document);
		*error = json_object_is_type(tree, json_type_object) ? 0 : -EBADMSG;
	}
	if (head && (!*error || *error == -EBADMSG))
		*head = kept->head;
	if (*error) {
		json_object_put(tree);
		tree = NULL;
	}
	free(kept);
	return tree;
}

int ohtd_version_keep(struct ohtd_settings *settings, const struct ohtd_config_version *head,
		struct json_object *tree)
{
	struct ohtd_config_kept *kept = calloc(1, sizeof(*kept));
	int r = -ENOMEM;

	if (!kept)
		return r;
	kept->head = *head;
	r = snprintf(kept->document, sizeof(kept->document), "%s",
		     json_object_to_json_string_ext(tree, PLAIN));
	r = r < (int)sizeof(kept->document) ? 0 : -EFBIG;
	if (!r)
		r = ohtd_store_call(settings->setup.store, add, kept);
	free(kept);
	if (!r && head->version > settings->given)
		settings->given = head->version;
	return r;
}

void ohtd_version_hold(struct ohtd_settings *settings, const struct ohtd_config_version *head)
{
	pthread_mutex_lock(&settings->lock);
	settings->unkept = true;
	settings->held = *head;
	pthread_mutex_unlock(&settings->lock);
	settings->given = head->version;
}

static bool is_held(struct ohtd_settings *settings)
{
	bool held;

	pthread_mutex_lock(&settings->lock);
	held = settings->unkept && !*settings->waits && !settings->pending.version;
	pthread_mutex_unlock(&settings->lock);
	return held;
}

/* Held: writer. */
static void keep_held(struct ohtd_settings *settings)
{
	struct json_object *tree = json_tokener_parse(settings->text);
	int r = tree ? ohtd_version_keep(settings, &settings->held, tree) : -ENOMEM;

	json_object_put(tree);
	if (r)
		return;
	pthread_mutex_lock(&settings->lock);
	settings->head = settings->held;
	snprintf(settings->head.state, sizeof(settings->head.state), "live");
	settings->unkept = false;
	pthread_mutex_unlock(&settings->lock);
	ohtd_log(OHTD_LOG_NOTICE, "settings", "config_kept", "version %lld is written down now", (long long)settings->head.version);
	ohtd_effect_begin(settings);
}

void ohtd_version_keep_held(struct ohtd_settings *settings)
{
	/* A person who changes something goes first. */
	if (!is_held(settings) || pthread_mutex_trylock(&settings->writer))
		return;
	if (is_held(settings))
		keep_held(settings);
	pthread_mutex_unlock(&settings->writer);
}

int ohtd_version_find_given(struct ohtd_settings *settings)
{
	return ohtd_store_read(settings->setup.store, find_given, &settings->given);
}

const struct ohtd_holder ohtd_settings_own = { .user = "ohtd", .role = OHTD_ROLE_SYSTEM };

struct ohtd_config_version ohtd_version_next(struct ohtd_settings *settings, const struct ohtd_holder *by,
					  const char *reason)
{
	struct ohtd_config_version head = {
		.version = settings->given + 1, .parent = settings->head.version,
		.created_ns = ohtd_clock_wall_ns(settings->setup.clock),
	};

	snprintf(head.author, sizeof(head.author), "%.*s", OHTD_USER_NAME_MAX,
		 by->user_id && !strcmp(by->user, ohtd_settings_own.user) ? "account ohtd" : by->user);
	snprintf(head.reason, sizeof(head.reason), "%s", reason);
	return head;
}

int ohtd_version_drop(struct ohtd_settings *settings, int64_t version)
{
	return ohtd_store_call(settings->setup.store, drop, &version);
}

int ohtd_version_take_back(struct ohtd_settings *settings, int64_t version)
{
	int r = ohtd_version_drop(settings, version);

	if (r)
		ohtd_log(OHTD_LOG_ERROR, "settings", "config_not_dropped",
			 "version %lld was refused and could not be dropped (%s): the next change "
			 "drops it, "
			 "but a start before that makes it live",
			 (long long)version, strerror(-r));
	return r;
}

enum ohtd_change_result ohtd_version_fails(int error)
{
	return error == -ENOENT || error == -EBADMSG ? OHTD_CHANGE_NO_VERSION
						     : OHTD_CHANGE_NOT_KEPT;
}

bool ohtd_change_needs_standstill(const struct ohtd_settings *settings, const struct ohtd_change *change)
{
	for (size_t i = 0; i < change->differences; i++) {
		const struct ohtd_item *item = ohtd_item_find(&settings->items, change->difference[i].pointer);

		if (item && item->needs_standstill)
			return true;
	}
	return false;
}

void ohtd_settings_differ(struct ohtd_settings *settings, struct ohtd_change *change)
{
	change->now = ohtd_version_read(settings, change->version.version, &change->version,
					&change->error);
	if (!change->error && change->version.parent)
		change->before =
			ohtd_version_read(settings, change->version.parent, NULL, &change->error);
	/* The first has none, a repair of the database may have lost one, and one may be no JSON. */
	if (change->now && ohtd_version_fails(change->error) == OHTD_CHANGE_NO_VERSION)
		change->error = 0;
	if (!change->error && !change->before)
		change->before = json_object_new_object();
	if (!change->error)
		ohtd_effect_read(settings, change);
	if (change->error)
		change->result = ohtd_version_fails(change->error);
	else if (!change->before || !ohtd_change_compare(settings, change))
		change->result = OHTD_CHANGE_NO_MEMORY;
	pthread_mutex_lock(&settings->lock);
	change->needs_standstill = ohtd_change_needs_standstill(settings, change);
	pthread_mutex_unlock(&settings->lock);
}

/* ---- two of them ---- */

/* What a robot that is new has: version 1, so with the stations of the file. */
static struct json_object *defaults(struct ohtd_settings *settings)
{
	struct ohtd_items *items = calloc(1, sizeof(*items));
	struct ohtd_values *values = calloc(1, sizeof(*values));
	struct json_object *made = NULL, *tree = NULL;

	if (items && values) {
		pthread_mutex_lock(&settings->lock);
		*values = settings->defaults;
		pthread_mutex_unlock(&settings->lock);
		ohtd_items_make(items, &values->table, settings->setup.model);
		made = ohtd_tree_of(items, values);
	}
	/* Numbers are to be of the types that reading gives them. */
	if (made)
		tree = json_tokener_parse(json_object_to_json_string_ext(made, PLAIN));
	json_object_put(made);
	free(values);
	free(items);
	return tree;
}

static struct json_object *live(struct ohtd_settings *settings)
{
	char *text = malloc(OHTD_CONFIG_DOCUMENT_BYTES);
	struct json_object *tree = NULL;

	if (text) {
		ohtd_settings_text(settings, text, OHTD_CONFIG_DOCUMENT_BYTES);
		tree = json_tokener_parse(text);
	}
	free(text);
	return tree;
}

/* NULL: see @change. */
static struct json_object *side(struct ohtd_settings *settings, int64_t which, struct ohtd_change *change)
{
	struct json_object *tree;

	if (which == OHTD_SIDE_LIVE)
		tree = live(settings);
	else if (which == OHTD_SIDE_DEFAULTS)
		tree = defaults(settings);
	else
		tree = ohtd_version_read(settings, which, NULL, &change->error);
	change->version.version = which;
	if (!tree)
		change->result = change->error ? ohtd_version_fails(change->error) : OHTD_CHANGE_NO_MEMORY;
	return tree;
}

void ohtd_settings_between(struct ohtd_settings *settings, struct ohtd_change *change)
{
	change->before = side(settings, change->from, change);
	if (change->before)
		change->now = side(settings, change->to, change);
	if (change->now && !ohtd_change_compare(settings, change))
		change->result = OHTD_CHANGE_NO_MEMORY;
}
