// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/home.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/utf8.h"
#include "oht-fleet/clock.h"
#include "oht-fleet/log.h"

#define TOPIC_BYTES	1024
#define FILE_BYTES	1024
#define QOS		1
#define ALERTS_MAX	10
/* So late, less a half by chance, comes an announcement behind the birth; births meanwhile are the same one. */
#define ANNOUNCE_MS	1000
/* ohtd does not answer: so long the stop is tried again, with this pause. A later one is nobody's wish any more. */
#define STOP_MS		5000
#define STOP_AGAIN_MS	200
#define STOP_WORD	"STOP"
#define BIRTH_WORD	"online"

/* A part of the device: @member of the values, or a button without one. */
struct part {
	const char *kind, *word, *name, *member, *device_class, *unit, *state_class, *icon;
};

static const struct part parts[] = {
	{ "sensor", "state", "State", "state", .icon = "mdi:robot-industrial" },
	{ "sensor", "battery", "Battery", "battery", "battery", "%", "measurement" },
	{ "sensor", "position", "Position", "position", "distance", "m", "measurement" },
	{ "sensor", "speed", "Speed", "speed", "speed", "m/s", "measurement" },
	{ "sensor", "alerts", "Alerts", "alerts", .state_class = "measurement", .icon = "mdi:alert" },
	{ "sensor", "mission", "Mission", "mission", .icon = "mdi:map-marker-path" },
	{ "button", "stop", "Stop", .icon = "mdi:stop-circle" },
};

#define PARTS	(sizeof(parts) / sizeof(parts[0]))

/* ---- names ---- */

/*
 * Home Assistant takes letters, digits, "_" and "-" in a topic: any other byte becomes "_" and its number, and so does "_" itself, so
 * that no two robots have the same name. All lengths follow from those of the settings, and stay below the 255 of an entity.
 */
static void put_level(char *to, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text && used + 4 < size; text++) {
		if (isalnum((unsigned char)*text) || *text == '-')
			to[used++] = *text;
		else
			used += (size_t)snprintf(to + used, size - used, "_%02x", (unsigned char)*text);
	}
	to[used] = '\0';
}

static struct fleet_home_place place_of(const struct fleet_settings *settings)
{
	struct fleet_home_place place = { 0 };
	char maker[3 * FLEET_ID_BYTES], serial[3 * FLEET_ID_BYTES];

	if (!*settings->home_prefix)
		return place;
	put_level(maker, sizeof(maker), settings->manufacturer);
	put_level(serial, sizeof(serial), settings->serial);
	snprintf(place.prefix, sizeof(place.prefix), "%s", settings->home_prefix);
	snprintf(place.id, sizeof(place.id), "oht-%s__%s", maker, serial);
	snprintf(place.base, sizeof(place.base), "oht/%s/%s/", settings->manufacturer, settings->serial);
	return place;
}

static bool is_same(const struct fleet_home_place *a, const struct fleet_home_place *b)
{
	return !strcmp(a->prefix, b->prefix) && !strcmp(a->id, b->id) && !strcmp(a->base, b->base);
}

static void config_topic(const struct fleet_home_place *place, const struct part *part, char *topic)
{
	snprintf(topic, TOPIC_BYTES, "%s/%s/%s/%s/config", place->prefix, part->kind, place->id, part->word);
}

static void own_topic(const struct fleet_home_place *place, const char *word, char *topic)
{
	snprintf(topic, TOPIC_BYTES, "%s%s", place->base, word);
}

/* ---- the file: three words in one line, or nothing ---- */

_Static_assert(FLEET_ID_BYTES == 65 && FLEET_HOME_ID_BYTES == 406 && FLEET_HOME_BASE_BYTES == 138, "the widths below are one less");

static bool read_place(const char *text, struct fleet_home_place *place)
{
	char end;

	return !*text || (sscanf(text, "%64s %405s %137s %c", place->prefix, place->id, place->base, &end) == 3 && !strpbrk(text, "+#") &&
			  form_is_utf8(text, strlen(text)));
}

static int load(struct fleet_home *home)
{
	struct fleet_home_place past = { 0 };
	char *text = NULL;
	int r = oht_file_read(home->path, FILE_BYTES, &text, NULL);

	if (r && r != -ENOENT && r != -EFBIG) {
		errno = -r;
		return -1;
	}
	if (!r && read_place(text, &past))
		home->past = past;
	else if (r != -ENOENT)
		fleet_warn("%s: damaged; what was announced to Home Assistant is not known any more", home->path);
	free(text);
	return 0;
}

/* False: the disk does not take it. */
static bool save(struct fleet_home *home)
{
	char text[FILE_BYTES] = "";
	int r;

	if (*home->place.prefix)
		snprintf(text, sizeof(text), "%s %s %s\n", home->place.prefix, home->place.id, home->place.base);
	r = oht_file_replace(home->path, text, strlen(text), 0600);
	if (r && !home->complained)
		fleet_warn("%s: %s; Home Assistant is told nothing until the file is written", home->path, strerror(-r));
	home->complained = r;
	if (!r)
		home->past = home->place;
	return !r;
}

/* ---- what is announced ---- */

static void add_text(struct json_object *to, const char *name, const char *text)
{
	if (text && *text)
		json_object_object_add(to, name, json_object_new_string(text));
}

static struct json_object *device_of(const struct fleet_home *home)
{
	const struct fleet_settings *settings = home->settings;
	struct json_object *device = json_object_new_object(), *ids = json_object_new_array();
	char name[2 * FLEET_ID_BYTES];

	snprintf(name, sizeof(name), "%s %s", settings->series, settings->serial);
	json_object_array_add(ids, json_object_new_string(home->place.id));
	json_object_object_add(device, "identifiers", ids);
	add_text(device, "name", name);
	add_text(device, "manufacturer", settings->manufacturer);
	add_text(device, "model", settings->series);
	add_text(device, "serial_number", settings->serial);
	add_text(device, "sw_version", OHT_VERSION);
	return device;
}

/* The last will of the connection says for each part whether the robot is there. */
static void add_availability(struct json_object *config, const struct fleet_link *link)
{
	char topic[TOPIC_BYTES];

	snprintf(topic, sizeof(topic), "%sconnection", link->prefix);
	add_text(config, "availability_topic", topic);
	add_text(config, "availability_template", "{{ 'online' if value_json.connectionState == 'ONLINE' else 'offline' }}");
}

static struct json_object *config_of(const struct fleet_home *home, const struct part *part)
{
	struct json_object *config = json_object_new_object(), *origin = json_object_new_object();
	char text[TOPIC_BYTES];

	add_text(config, "name", part->name);
	snprintf(text, sizeof(text), "%s-%s", home->place.id, part->word);
	add_text(config, "unique_id", text);
	own_topic(&home->place, part->member ? "values" : "stop", text);
	add_text(config, part->member ? "state_topic" : "command_topic", text);
	if (part->member) {
		if (!strcmp(part->word, "alerts")) {
			add_text(config, "json_attributes_topic", text);
			add_text(config, "json_attributes_template", "{{ {'texts': value_json.alert_texts} | tojson }}");
		}
		snprintf(text, sizeof(text), "{{ value_json.%s }}", part->member);
		add_text(config, "value_template", text);
	} else {
		add_text(config, "payload_press", STOP_WORD);
		json_object_object_add(config, "qos", json_object_new_int(QOS));
		json_object_object_add(config, "retain", json_object_new_boolean(false));
	}
	add_text(config, "device_class", part->device_class);
	add_text(config, "unit_of_measurement", part->unit);
	add_text(config, "state_class", part->state_class);
	add_text(config, "icon", part->icon);
	add_availability(config, home->link);
	json_object_object_add(config, "device", device_of(home));
	add_text(origin, "name", "oht-fleet");
	add_text(origin, "sw_version", OHT_VERSION);
	json_object_object_add(config, "origin", origin);
	return config;
}

static int send_config(struct fleet_home *home, const struct part *part)
{
	struct json_object *config = config_of(home, part);
	char topic[TOPIC_BYTES];
	int r;

	config_topic(&home->place, part, topic);
	r = fleet_link_send_to(home->link, topic, json_object_to_json_string_ext(config, JSON_C_TO_STRING_PLAIN), QOS, true);
	json_object_put(config);
	return r;
}

static int announce(struct fleet_home *home)
{
	int r = 0;

	for (size_t i = 0; !r && i < PARTS; i++)
		r = send_config(home, &parts[i]);
	return r;
}

/* An empty message takes away what the broker has kept, and with it the part. */
static int take_back(struct fleet_home *home)
{
	char topic[TOPIC_BYTES];
	int r;

	own_topic(&home->past, "values", topic);
	r = fleet_link_send_to(home->link, topic, "", QOS, true);
	for (size_t i = 0; !r && i < PARTS; i++) {
		config_topic(&home->past, &parts[i], topic);
		r = fleet_link_send_to(home->link, topic, "", QOS, true);
	}
	return r;
}

/* ---- values ---- */

/* A value that is not known is null, of which the template makes a state that is not known. */
static void add_number(struct json_object *to, const char *name, double value, int digits)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*f", digits, value);
	json_object_object_add(to, name, isfinite(value) ? json_object_new_double_s(strtod(text, NULL), text) : NULL);
}

static const char *text_of(struct json_object *object, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(object, name));

	return text ? text : "";
}

/* The first of those that would move the robot: what runs, else what is paused, else what is held. */
static struct json_object *mission_of(const struct fleet_robot *robot)
{
	static const char *const states[] = { "running", "paused", "held" };
	struct json_object *list = fleet_robot_get(robot, FLEET_CHANNEL_MISSIONS, "missions");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	char name[FLEET_TEXT_BYTES], text[FLEET_TEXT_BYTES + 16];

	for (size_t state = 0; state < sizeof(states) / sizeof(states[0]); state++)
		for (size_t i = 0; i < count; i++) {
			struct json_object *mission = json_object_array_get_idx(list, i);

			if (strcmp(text_of(mission, "state"), states[state]))
				continue;
			/* A state of Home Assistant has at most 255 characters. */
			snprintf(name, sizeof(name), "%.*s", oht_utf8_cut(text_of(mission, "name"), sizeof(name) - 1), text_of(mission, "name"));
			snprintf(text, sizeof(text), "%s (%s)", name, states[state]);
			return json_object_new_string(text);
		}
	return json_object_new_string("none");
}

static void add_alerts(struct json_object *to, const struct fleet_robot *robot)
{
	struct json_object *items = fleet_robot_get(robot, FLEET_CHANNEL_ALERTS, "items"), *texts = json_object_new_array();
	size_t count = json_object_is_type(items, json_type_array) ? json_object_array_length(items) : 0;
	int standing = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *alert = json_object_array_get_idx(items, i);

		if (json_object_get_boolean(json_object_object_get(alert, "over")))
			continue;
		if (standing++ < ALERTS_MAX)
			json_object_array_add(texts, json_object_new_string(text_of(alert, "text")));
	}
	json_object_object_add(to, "alerts", json_object_new_int(standing));
	json_object_object_add(to, "alert_texts", texts);
}

static struct json_object *values_of(const struct fleet_robot *robot)
{
	struct json_object *values = json_object_new_object();

	if (!fleet_robot_is_known(robot)) {
		for (size_t i = 0; i < PARTS; i++)
			if (parts[i].member)
				json_object_object_add(values, parts[i].member, NULL);
		json_object_object_add(values, "alert_texts", json_object_new_array());
		return values;
	}
	json_object_object_add(values, "state", json_object_new_string(fleet_robot_text(robot, FLEET_CHANNEL_ROBOT, "state")));
	add_number(values, "battery", fleet_robot_number(robot, FLEET_CHANNEL_ROBOT, "battery_percent"), 0);
	add_number(values, "position", fleet_robot_number(robot, FLEET_CHANNEL_ROBOT, "position_mm") / 1000, 2);
	add_number(values, "speed", fleet_robot_number(robot, FLEET_CHANNEL_ROBOT, "speed_mm_s") / 1000, 2);
	add_alerts(values, robot);
	json_object_object_add(values, "mission", mission_of(robot));
	return values;
}

static int64_t tell_values(struct fleet_home *home, int64_t now_ms)
{
	int64_t may_at = home->told_at + home->settings->home_period_ms;
	struct json_object *values;
	char topic[TOPIC_BYTES], *text;

	if (home->told && now_ms < may_at)
		return may_at;
	values = values_of(home->robot);
	text = strdup(json_object_to_json_string_ext(values, JSON_C_TO_STRING_PLAIN));
	json_object_put(values);
	own_topic(&home->place, "values", topic);
	if (text && (!home->told || strcmp(text, home->told)) && !fleet_link_send_to(home->link, topic, text, 0, true)) {
		free(home->told);
		home->told = text;
		text = NULL;
	}
	free(text);
	home->told_at = now_ms;
	return now_ms + home->settings->home_period_ms;
}

/* ---- the button ---- */

static void take_answer(void *arg, int status, struct json_object *answer)
{
	struct fleet_home *home = arg;
	const char *detail = text_of(answer, "detail");

	home->stopping = false;
	if (status == 200) {
		fleet_notice("the robot was stopped by Home Assistant");
		home->stop_by = 0;
		return;
	}
	home->stop_at = fleet_now_ms() + STOP_AGAIN_MS;
	if (status && home->stop_by) {
		fleet_warn("ohtd refuses the stop of Home Assistant, with status %d: %s", status, detail);
		home->stop_by = 0;
	}
}

static int64_t stop(struct fleet_home *home, int64_t now_ms)
{
	if (!home->stop_by || home->stopping)
		return FLEET_NEVER;
	if (now_ms >= home->stop_by) {
		fleet_warn("the stop of Home Assistant is given up: ohtd does not answer");
		home->stop_by = 0;
		return FLEET_NEVER;
	}
	if (now_ms >= home->stop_at) {
		home->stopping = !fleet_robot_ask(home->robot, "POST", "safety/stop", NULL, NULL, take_answer, home);
		home->stop_at = now_ms + STOP_AGAIN_MS;
	}
	return home->stop_at;
}

void fleet_home_take(struct fleet_home *home, const char *topic, const char *text, size_t bytes, bool retained)
{
	char own[TOPIC_BYTES];
	int64_t now_ms = fleet_now_ms();

	own_topic(&home->place, "stop", own);
	if (!*home->place.prefix || strlen(text) != bytes)
		return;
	/* What the broker has kept is of another day; the birth message is kept at some. */
	if (!strcmp(topic, own) && !retained && !strcmp(text, STOP_WORD)) {
		home->stop_by = now_ms + STOP_MS;
		home->stop_at = now_ms;
	} else if (strcmp(topic, own) && !strcmp(text, BIRTH_WORD) && home->announce_at == FLEET_NEVER) {
		/* All robots hear it in the same moment. */
		home->announce_at = now_ms + fleet_chance_ms(ANNOUNCE_MS);
	}
}

/* ---- its life ---- */

int fleet_home_open(struct fleet_home *home, const struct fleet_settings *settings, struct fleet_link *link, struct fleet_robot *robot)
{
	*home = (struct fleet_home){
		.settings = settings, .link = link, .robot = robot, .place = place_of(settings), .announce_at = FLEET_NEVER,
	};
	snprintf(home->path, sizeof(home->path), "%s/home-assistant", settings->state_dir);
	return load(home);
}

void fleet_home_close(struct fleet_home *home)
{
	free(home->told);
}

void fleet_home_up(struct fleet_home *home)
{
	char topic[TOPIC_BYTES];

	free(home->told);
	home->told = NULL;
	home->taking_back = false;
	if (!*home->place.prefix)
		return;
	home->announce_at = fleet_now_ms();
	own_topic(&home->place, "stop", topic);
	fleet_link_hear(home->link, topic, QOS);
	snprintf(topic, sizeof(topic), "%s/status", home->place.prefix);
	fleet_link_hear(home->link, topic, 0);
}

/* Takes back what was announced elsewhere, and the file says what is announced before the broker has it. True: so it is. */
static bool settle(struct fleet_home *home)
{
	if (is_same(&home->past, &home->place))
		return true;
	if (*home->past.prefix) {
		home->taking_back = home->taking_back || !take_back(home);
		if (!home->taking_back || !fleet_link_has_left(home->link))
			return false;
	}
	return save(home);
}

int64_t fleet_home_work(struct fleet_home *home, int64_t now_ms, bool quiet)
{
	int64_t next = stop(home, now_ms);

	if (!home->link->up || home->link->ending || quiet)
		return next;
	if (!settle(home))
		return fleet_sooner(next, now_ms + ANNOUNCE_MS);
	if (!*home->place.prefix)
		return next;
	if (now_ms >= home->announce_at) {
		home->announce_at = announce(home) ? now_ms + ANNOUNCE_MS : FLEET_NEVER;
		free(home->told);
		home->told = NULL;
	}
	next = fleet_sooner(next, home->announce_at);
	return fleet_sooner(next, tell_values(home, now_ms));
}
