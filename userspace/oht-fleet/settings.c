// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/settings.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/host.h"
#include "common/ini.h"
#include "common/number.h"

enum kind { TEXT, TOPIC, WHOLE, NUMBER, YES_NO, VERSION };

/* @low, @high: of a number. @must: there is nothing that would hold without the line. */
struct key {
	const char *section, *name;
	enum kind kind;
	size_t at, bytes;
	double low, high;
	bool must;
};

#define AT(member)	.at = offsetof(struct fleet_settings, member), .bytes = sizeof(((struct fleet_settings *)0)->member)

static const struct key keys[] = {
	{ "broker", "host", TEXT, AT(host), .must = true },
	{ "broker", "port", WHOLE, AT(port), .low = 1, .high = 65535 },
	{ "broker", "user", TEXT, AT(user) },
	{ "broker", "password_file", TEXT, AT(password_file) },
	{ "broker", "tls", YES_NO, AT(tls) },
	{ "broker", "authorities", TEXT, AT(authorities) },
	{ "broker", "certificate", TEXT, AT(certificate) },
	{ "broker", "key", TEXT, AT(key) },
	{ "broker", "keepalive_s", WHOLE, AT(keepalive_s), .low = 5, .high = 600 },
	{ "robot", "version", VERSION, AT(version) },
	{ "robot", "interface", TOPIC, AT(interface) },
	{ "robot", "manufacturer", TOPIC, AT(manufacturer), .must = true },
	{ "robot", "serial", TOPIC, AT(serial), .must = true },
	{ "robot", "map", TEXT, AT(map) },
	{ "paths", "socket", TEXT, AT(socket) },
	{ "paths", "state", TEXT, AT(state_dir) },
	{ "timing", "state_ms", WHOLE, AT(state_ms), .low = 1000, .high = 30000 },
	{ "timing", "state_min_ms", WHOLE, AT(state_min_ms), .low = 10, .high = 1000 },
	{ "timing", "visualization_ms", WHOLE, AT(visualization_ms), .low = 0, .high = 60000 },
	{ "factsheet", "series", TEXT, AT(series) },
	{ "factsheet", "description", TEXT, AT(series_description) },
	{ "factsheet", "load_max_kg", NUMBER, AT(load_max_kg), .low = 0, .high = 1e6 },
	{ "factsheet", "length_m", NUMBER, AT(length_m), .low = 0, .high = 1000 },
	{ "factsheet", "width_m", NUMBER, AT(width_m), .low = 0, .high = 1000 },
	{ "factsheet", "height_m", NUMBER, AT(height_m), .low = 0, .high = 1000 },
	{ "home_assistant", "prefix", TOPIC, AT(home_prefix) },
	{ "home_assistant", "period_ms", WHOLE, AT(home_period_ms), .low = 100, .high = 60000 },
};

#define KEYS	(sizeof(keys) / sizeof(keys[0]))

struct loading {
	struct fleet_settings *settings;
	bool given[KEYS];
};

/* What the standard allows as a level of a topic: no blank, and nothing that a broker reads as more than a letter. */
static bool is_topic_level(const char *text)
{
	return *text && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-")];
}

static int take_text(const struct key *key, const char *value, char *to, char *why, size_t size)
{
	if (key->kind == TOPIC && !is_topic_level(value)) {
		snprintf(why, size, "%s: only A-Z, a-z, 0-9 and _ . : - may be in it", key->name);
		return -1;
	}
	if (strlen(value) >= key->bytes) {
		snprintf(why, size, "%s: longer than %zu bytes", key->name, key->bytes - 1);
		return -1;
	}
	strcpy(to, value);
	return 0;
}

static int take_number(const struct key *key, const char *value, double *to, char *why, size_t size)
{
	char *end;

	*to = strtod(value, &end);
	if (end == value || *end || isspace((unsigned char)*value) || !isfinite(*to) || *to < key->low || *to > key->high) {
		snprintf(why, size, "%s: expected a number from %g to %g", key->name, key->low, key->high);
		return -1;
	}
	return 0;
}

static int take_choice(const struct key *key, const char *value, void *to, char *why, size_t size)
{
	static const char *const words[][2] = { [YES_NO] = { "no", "yes" }, [VERSION] = { "3.0", "2.1" } };
	bool second = !strcmp(value, words[key->kind][1]);

	if (!second && strcmp(value, words[key->kind][0])) {
		snprintf(why, size, "%s: expected %s or %s", key->name, words[key->kind][0], words[key->kind][1]);
		return -1;
	}
	if (key->kind == YES_NO)
		*(bool *)to = second;
	else
		*(unsigned int *)to = second ? FLEET_V2_1 : FLEET_V3_0;
	return 0;
}

static int take_value(const struct key *key, const char *value, struct fleet_settings *settings, char *why, size_t size)
{
	void *to = (char *)settings + key->at;

	switch (key->kind) {
	case TEXT:
	case TOPIC:
		return take_text(key, value, to, why, size);
	case NUMBER:
		return take_number(key, value, to, why, size);
	case WHOLE:
		if (!oht_number_parse(value, (int64_t)key->low, (int64_t)key->high, to))
			return 0;
		snprintf(why, size, "%s: expected a whole number from %g to %g", key->name, key->low, key->high);
		return -1;
	default:
		return take_choice(key, value, to, why, size);
	}
}

static int take_alias(const struct oht_ini_line *line, struct fleet_settings *settings, char *why, size_t size)
{
	struct fleet_alias *alias = &settings->aliases[settings->alias_count];

	if (settings->alias_count == FLEET_ALIASES_MAX) {
		snprintf(why, size, "more than %d nodes", FLEET_ALIASES_MAX);
		return -1;
	}
	if (!*line->value || strlen(line->key) >= sizeof(alias->node) || strlen(line->value) >= sizeof(alias->station)) {
		snprintf(why, size, "%s: expected NODE = STATION of at most 64 bytes each", line->key);
		return -1;
	}
	if (strcmp(fleet_settings_station(settings, line->key), line->key)) {
		snprintf(why, size, "node %s stands twice", line->key);
		return -1;
	}
	strcpy(alias->node, line->key);
	strcpy(alias->station, line->value);
	settings->alias_count++;
	return 0;
}

static int take_line(const struct oht_ini_line *line, void *ctx, char *why, size_t size)
{
	struct loading *loading = ctx;

	/* It is said again in messages, which no fleet could read. */
	if (!form_is_utf8(line->value, strlen(line->value)) || !form_is_utf8(line->key, strlen(line->key))) {
		snprintf(why, size, "this line is not in UTF-8");
		return -1;
	}
	if (!strcmp(line->section, "nodes"))
		return take_alias(line, loading->settings, why, size);
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].section, line->section) || strcmp(keys[i].name, line->key))
			continue;
		if (loading->given[i]) {
			snprintf(why, size, "%s stands twice", line->key);
			return -1;
		}
		loading->given[i] = true;
		return take_value(&keys[i], line->value, loading->settings, why, size);
	}
	snprintf(why, size, "[%s] has no key %s", line->section, line->key);
	return -1;
}

/* What fits together only with another line. */
static int check(const struct loading *loading, const char *path, char *why, size_t size)
{
	const struct fleet_settings *settings = loading->settings;

	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].must && !loading->given[i]) {
			snprintf(why, size, "%s: [%s] %s is missing", path, keys[i].section, keys[i].name);
			return -1;
		}
	if (!settings->tls && (*settings->authorities || *settings->certificate)) {
		snprintf(why, size, "%s: authorities and certificate need tls = yes", path);
		return -1;
	}
	if (!*settings->certificate != !*settings->key) {
		snprintf(why, size, "%s: certificate and key belong together", path);
		return -1;
	}
	if (!*settings->user && *settings->password_file) {
		snprintf(why, size, "%s: password_file needs user", path);
		return -1;
	}
	return 0;
}

int fleet_settings_load(struct fleet_settings *settings, const char *path, char *why, size_t size)
{
	struct loading loading = { .settings = settings };

	*settings = (struct fleet_settings){
		.port = 8883, .tls = true, .keepalive_s = 15, .version = FLEET_V3_0, .interface = "vda5050", .map = "rail",
		.socket = "/run/oht/ohtd.sock", .state_dir = "/var/lib/oht-fleet", .state_ms = 30000, .state_min_ms = 100,
		.series = "OHT-50", .length_m = 1, .width_m = 1, .height_m = 1, .home_period_ms = 1000,
	};
	if (oht_ini_parse(path, take_line, &loading, why, size))
		return -1;
	return check(&loading, path, why, size);
}

const char *fleet_settings_station(const struct fleet_settings *settings, const char *node)
{
	for (uint32_t i = 0; i < settings->alias_count; i++)
		if (!strcmp(settings->aliases[i].node, node))
			return settings->aliases[i].station;
	return node;
}

const char *fleet_settings_node(const struct fleet_settings *settings, const char *station)
{
	for (uint32_t i = 0; i < settings->alias_count; i++)
		if (!strcmp(settings->aliases[i].station, station))
			return settings->aliases[i].node;
	return station;
}
