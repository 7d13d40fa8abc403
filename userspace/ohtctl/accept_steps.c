// SPDX-License-Identifier: GPL-2.0-or-later
/* What the acceptance looks at. A step says what it has found, also when that is right. */
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accept.h"
#include "cli.h"
#include "common/file.h"

#define CHARGE_MIN_PERCENT	20.0
#define BACKUP_MAX_S		(2 * 86400)
#define CERTIFICATE_MIN_S	(30 * 86400)
#define JOG_MM_S		50
#define JOG_ROUNDS		20
#define JOG_MIN_MM		10.0
#define STANDING_MM_S		2.0
#define POLL_NS			50000000L
#define STAND_POLLS		100
#define DELIVERY_POLLS		400
#define REPORT_BYTES		(4u << 20)

/* ---- members of an answer ---- */

static bool is_true(struct json_object *object, const char *name)
{
	return json_object_get_boolean(accept_member(object, name));
}

/* NAN: null, or not there. */
static double number(struct json_object *object, const char *name)
{
	struct json_object *found = accept_member(object, name);

	return json_object_is_type(found, json_type_double) || json_object_is_type(found, json_type_int) ? json_object_get_double(found) : NAN;
}

static size_t items(struct json_object *answer, struct json_object **list)
{
	*list = accept_member(answer, "items");
	return json_object_is_type(*list, json_type_array) ? json_object_array_length(*list) : 0;
}

/* Seconds since 1970 of a time of the API, -1: none. */
static time_t when(const char *word)
{
	struct tm tm = { 0 };

	return strptime(word, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : -1;
}

static const char *comma(size_t index)
{
	return index ? ", " : "";
}

static void nap(void)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	nanosleep(&pause, NULL);
}

static struct json_object *get(struct accept *walk, const char *path, enum accept_result *bad)
{
	return accept_get(walk, "GET", path, NULL, bad);
}

/* ---- the robot ---- */

static enum accept_result look_identity(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *robot = get(walk, "robot", &result), *health = robot ? get(walk, "health", &result) : NULL;

	if (health)
		accept_say(walk, "name %s, place %s, ohtd %s, bus %s", accept_text(robot, "name"),
			   *accept_text(robot, "place") ? accept_text(robot, "place") : "not said", accept_text(health, "version"),
			   accept_text(accept_member(health, "bus"), "backend"));
	if (health && !*accept_text(robot, "name"))
		result = ACCEPT_FAILED;
	json_object_put(robot);
	json_object_put(health);
	return result;
}

static enum accept_result look_modules(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "modules?limit=200", &result), *list, *one;
	size_t count = answer ? items(answer, &list) : 0;

	for (size_t i = 0; i < count; i++) {
		one = json_object_array_get_idx(list, i);
		accept_say(walk, "%s%s %s %s %s", comma(i), accept_text(one, "address"), accept_text(one, "name"), accept_text(one, "profile"),
			   accept_text(one, "health"));
		if (is_true(one, "layout_changed")) {
			accept_say(walk, " (another layout than at first: ohtctl module show %s)", accept_text(one, "address"));
			result = ACCEPT_FAILED;
		}
		if (strcmp(accept_text(one, "health"), "good") && (is_true(one, "required") || strcmp(accept_text(one, "health"), "absent")))
			result = ACCEPT_FAILED;
	}
	if (answer && !count) {
		accept_say(walk, "no module");
		result = ACCEPT_FAILED;
	}
	json_object_put(answer);
	return result;
}

static enum accept_result look_sensors(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "telemetry/current", &result);
	size_t count = 0;

	if (!answer)
		return result;
	json_object_object_foreach(answer, name, signal) {
		if (strncmp(name, "distance_", strlen("distance_")))
			continue;
		accept_say(walk, "%s%s %s (%s)", comma(count++), name, accept_text(signal, "value"), accept_text(signal, "quality"));
		if (strcmp(accept_text(signal, "quality"), "good"))
			result = ACCEPT_FAILED;
	}
	json_object_put(answer);
	if (!count) {
		accept_say(walk, "the robot has no sensor of distance");
		return ACCEPT_SKIPPED;
	}
	return result;
}

static enum accept_result look_battery(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "telemetry/current?signals=battery_percent,battery_v", &result);
	struct json_object *charge = accept_member(answer, "battery_percent"), *voltage = accept_member(answer, "battery_v");

	if (answer) {
		accept_say(walk, "%s %% (%s), %s V (%s)", accept_text(charge, "value"), accept_text(charge, "quality"),
			   accept_text(voltage, "value"), accept_text(voltage, "quality"));
		if (strcmp(accept_text(charge, "quality"), "good") || strcmp(accept_text(voltage, "quality"), "good") ||
		    !(number(charge, "value") >= CHARGE_MIN_PERCENT)) {
			accept_say(walk, "; at least %.0f %% is wanted", CHARGE_MIN_PERCENT);
			result = ACCEPT_FAILED;
		}
	}
	json_object_put(answer);
	return result;
}

/* ---- motion ---- */

static enum accept_result look_limits(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "robot", &result), *limits = accept_member(answer, "limits");
	double low = number(limits, "soft_min_mm"), high = number(limits, "soft_max_mm"), at = number(answer, "position_mm");

	if (answer) {
		accept_say(walk, "%.0f to %.0f mm, at most %.0f mm/s; the robot is at %s mm", low, high, number(limits, "speed_mm_s"),
			   accept_text(answer, "position_mm"));
		if (!(low < high) || !(at >= low && at <= high))
			result = ACCEPT_FAILED;
	}
	json_object_put(answer);
	return result;
}

static enum accept_result look_stations(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *robot = get(walk, "robot", &result), *answer = robot ? get(walk, "robot/stations", &result) : NULL;
	struct json_object *limits = accept_member(robot, "limits"), *list, *one;
	size_t count = answer ? items(answer, &list) : 0;

	for (size_t i = 0; i < count; i++) {
		one = json_object_array_get_idx(list, i);
		accept_say(walk, "%s%s %.0f", comma(i), accept_text(one, "name"), number(one, "position_mm"));
		if (!(number(one, "position_mm") >= number(limits, "soft_min_mm") && number(one, "position_mm") <= number(limits, "soft_max_mm"))) {
			accept_say(walk, " (outside of the soft limits)");
			result = ACCEPT_FAILED;
		}
	}
	if (answer && !count) {
		accept_say(walk, "no station is named");
		result = ACCEPT_SKIPPED;
	}
	json_object_put(robot);
	json_object_put(answer);
	return result;
}

/* True: done. The refusal is in what was measured. */
static bool act(struct accept *walk, const char *path, const char *body, enum accept_result *bad)
{
	struct json_object *answer = accept_get(walk, "POST", path, body, bad);
	const bool done = answer;

	json_object_put(answer);
	return done;
}

/* The position once the robot stands; NAN: it does not stand, or its position is not known. */
static double standing_mm(struct accept *walk, enum accept_result *bad)
{
	struct json_object *robot;
	double at = NAN, speed;

	for (unsigned int i = 0; i < STAND_POLLS; i++, nap()) {
		robot = get(walk, "robot", bad);
		if (!robot)
			break;
		at = number(robot, "position_mm");
		speed = number(robot, "speed_mm_s");
		json_object_put(robot);
		if (fabs(speed) < STANDING_MM_S)
			return at;
	}
	return NAN;
}

static bool jog(struct accept *walk, enum accept_result *bad)
{
	char body[128];
	bool done = true;

	snprintf(body, sizeof(body), "{\"verb\":\"jog\",\"speed_mm_s\":%d,\"id\":\"accept-%ld\"}", JOG_MM_S, (long)getpid());
	for (unsigned int i = 0; done && i < JOG_ROUNDS; i++, nap())
		done = act(walk, "robot/commands", body, bad);
	return done;
}

static enum accept_result look_motion(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED, ignored;
	struct json_object *safety = get(walk, "safety", &result);
	bool enabled = !strcmp(accept_text(safety, "state"), "enabled"), moved;
	double before, after;

	if (!safety)
		return result;
	json_object_put(safety);
	if (!act(walk, "control", "{}", &result))
		return result;
	if (!enabled && !act(walk, "safety/enable", "{}", &result)) {
		json_object_put(accept_get(walk, "DELETE", "control", NULL, &ignored));
		return result;
	}
	before = standing_mm(walk, &result);
	moved = jog(walk, &result);
	/* A jog that is not repeated ends by itself; this ends it sooner. */
	if (moved)
		(void)act(walk, "robot/commands", "{\"verb\":\"stop\"}", &result);
	after = standing_mm(walk, &ignored);
	if (!enabled)
		(void)act(walk, "robot/commands", "{\"verb\":\"disable\"}", &ignored);
	json_object_put(accept_get(walk, "DELETE", "control", NULL, &ignored));
	if (!moved)
		return result;
	accept_say(walk, "a jog of +%d mm/s went from %.1f to %.1f mm", JOG_MM_S, before, after);
	return result == ACCEPT_PASSED && after - before >= JOG_MIN_MM ? ACCEPT_PASSED : ACCEPT_FAILED;
}

/* ---- the computer ---- */

static enum accept_result look_clock(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "health", &result), *clock = accept_member(answer, "clock");

	if (answer) {
		accept_say(walk, "%s, %s", accept_text(clock, "time"), is_true(clock, "synchronised") ? "kept right" : "not kept right by any program");
		result = is_true(clock, "synchronised") ? ACCEPT_PASSED : ACCEPT_FAILED;
	}
	json_object_put(answer);
	return result;
}

static enum accept_result look_backup(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "backups", &result), *list, *newest;
	time_t made;

	if (!answer)
		return result;
	if (items(answer, &list)) {
		newest = json_object_array_get_idx(list, 0);
		made = when(accept_text(newest, "made"));
		accept_say(walk, "the newest is %s of %s, %s", accept_text(newest, "id"), accept_text(newest, "made"),
			   is_true(newest, "encrypted") ? "encrypted" : "not encrypted: there is no key");
		if (!is_true(newest, "encrypted") || is_true(newest, "damaged") || made < 0 || time(NULL) - made > BACKUP_MAX_S)
			result = ACCEPT_FAILED;
	} else {
		accept_say(walk, "there is none: ohtctl backup make");
		result = ACCEPT_FAILED;
	}
	json_object_put(answer);
	return result;
}

static enum accept_result look_certificate(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "system/certificate", &result), *names = accept_member(answer, "names");
	time_t end = when(accept_text(answer, "not_after"));

	if (answer) {
		accept_say(walk, "%s until %s for", accept_text(answer, "source"), accept_text(answer, "not_after"));
		for (size_t i = 0; names && i < json_object_array_length(names); i++)
			accept_say(walk, "%s %s", i ? "," : "", json_object_get_string(json_object_array_get_idx(names, i)));
		accept_say(walk, "; authority %s", accept_text(accept_member(answer, "authority"), "fingerprint_sha256"));
		if (end < 0 || end - time(NULL) < CERTIFICATE_MIN_S || *accept_text(answer, "failed"))
			result = ACCEPT_FAILED;
	}
	json_object_put(answer);
	return result;
}

static enum accept_result look_users(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *health = get(walk, "health", &result), *answer = health ? get(walk, "users?limit=200", &result) : NULL;
	struct json_object *list, *one;
	size_t count = answer ? items(answer, &list) : 0, administrators = 0;

	for (size_t i = 0; i < count; i++) {
		one = json_object_array_get_idx(list, i);
		accept_say(walk, "%s%s (%s%s%s)", comma(i), accept_text(one, "username"), accept_text(one, "role"),
			   is_true(one, "second_factor") ? ", second factor" : "",
			   is_true(one, "disabled") ? ", disabled" : "");
		administrators += !strcmp(accept_text(one, "role"), "administrator") && !is_true(one, "disabled");
	}
	if (answer && (!administrators || is_true(health, "setup_required"))) {
		accept_say(walk, "%sno administrator can log in", count ? "; " : "");
		result = ACCEPT_FAILED;
	}
	json_object_put(health);
	json_object_put(answer);
	return result;
}

/* ---- what the robot tells others ---- */

/* "delivered", "dead", or "waiting" behind all polls; of the delivery with that number. */
static void wait_delivered(struct accept *walk, const char *delivery, char state[16], enum accept_result *bad)
{
	struct json_object *answer, *list, *one;
	size_t count;

	snprintf(state, 16, "waiting");
	for (unsigned int poll = 0; poll < DELIVERY_POLLS && !strcmp(state, "waiting"); poll++, nap()) {
		answer = get(walk, "webhook-deliveries?limit=50", bad);
		count = answer ? items(answer, &list) : 0;
		for (size_t i = 0; i < count; i++) {
			one = json_object_array_get_idx(list, i);
			if (strcmp(accept_text(one, "number"), delivery))
				continue;
			/* A first attempt that has failed is enough of an answer. */
			snprintf(state, 16, "%s", *accept_text(one, "last_error") ? "dead" : accept_text(one, "state"));
			if (*accept_text(one, "last_error"))
				accept_say(walk, " (%s)", accept_text(one, "last_error"));
		}
		if (!answer)
			return;
		json_object_put(answer);
	}
}

static enum accept_result look_webhooks(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "webhooks", &result), *list, *one, *sent;
	size_t count = answer ? items(answer, &list) : 0;
	char path[64], state[16];

	for (size_t i = 0; i < count; i++) {
		one = json_object_array_get_idx(list, i);
		accept_say(walk, "%s%s", comma(i), accept_text(one, "url"));
		snprintf(path, sizeof(path), "webhooks/%s/test", accept_text(one, "id"));
		sent = accept_get(walk, "POST", path, "{}", &result);
		if (!sent)
			break;
		wait_delivered(walk, accept_text(sent, "number"), state, &result);
		accept_say(walk, " %s", state);
		if (strcmp(state, "delivered"))
			result = ACCEPT_FAILED;
		json_object_put(sent);
	}
	if (answer && !count) {
		accept_say(walk, "nobody is told of alerts elsewhere");
		result = ACCEPT_SKIPPED;
	}
	json_object_put(answer);
	return result;
}

static enum accept_result look_alerts(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *answer = get(walk, "alerts?limit=200", &result), *list;
	size_t count = answer ? items(answer, &list) : 0;

	for (size_t i = 0; i < count; i++)
		accept_say(walk, "%s%s", comma(i), accept_text(json_object_array_get_idx(list, i), "code"));
	if (answer && !count)
		accept_say(walk, "none stands");
	json_object_put(answer);
	return count ? ACCEPT_FAILED : result;
}

/* ---- the stop ---- */

/* By the report of safety commission: its steps are done with the driver, by a person at the button. */
static enum accept_result read_report(struct accept *walk, const char *path)
{
	struct json_object *report = NULL;
	char *data = NULL;
	int r = oht_file_read(path, REPORT_BYTES, &data, NULL);
	enum accept_result result = ACCEPT_FAILED;

	if (!r)
		report = json_tokener_parse(data);
	if (r)
		accept_say(walk, "%s: %s", path, strerror(-r));
	else if (strcmp(accept_text(report, "report"), "commissioning of the emergency stop"))
		accept_say(walk, "%s is no report of ohtctl safety commission", path);
	else
		result = strcmp(accept_text(report, "result"), "passed") ? ACCEPT_FAILED : ACCEPT_PASSED;
	if (report && *accept_text(report, "report"))
		accept_say(walk, "%s: %s, by %s", path, accept_text(report, "result"), accept_text(accept_member(report, "by"), "name"));
	json_object_put(report);
	free(data);
	return result;
}

static enum accept_result look_stop(struct accept *walk)
{
	enum accept_result result = ACCEPT_PASSED;
	struct json_object *safety = get(walk, "safety", &result);
	bool hardware = is_true(safety, "hardware_stop");

	if (!safety)
		return result;
	json_object_put(safety);
	if (walk->stop_report)
		return read_report(walk, walk->stop_report);
	if (!hardware) {
		accept_say(walk, "this robot has no stop of its own that could be commissioned");
		return ACCEPT_SKIPPED;
	}
	accept_say(walk, "no report: ohtctl safety commission, then --stop-report FILE.json");
	return ACCEPT_FAILED;
}

const struct accept_step accept_steps[] = {
	{ "identity", "Name and place", NULL, "Is that the name on the machine?", look_identity },
	{ "modules", "Modules as written", NULL, NULL, look_modules },
	{ "sensors", "Sensors of distance", NULL, "Does each value change when something comes near the sensor?", look_sensors },
	{ "battery", "Battery", NULL, NULL, look_battery },
	{ "clock", "Time of day", NULL, NULL, look_clock },
	{ "stop", "Commissioning of the stop", NULL, NULL, look_stop },
	{ "limits", "Soft limits", NULL, "Is the rail free between them, and does it end behind them?", look_limits },
	{ "motion", "Sign of motion", "The outputs rise and the robot jogs forwards for a second. Is the way free, and are you at the button?",
	  "Did it go where positions grow?", look_motion },
	{ "stations", "Stations", NULL, "Did you drive to each, and does the robot stand right there?", look_stations },
	{ "backup", "Backup and its key", NULL, "Is the key kept elsewhere, too?", look_backup },
	{ "certificate", "Certificate", NULL, NULL, look_certificate },
	{ "users", "Accounts", NULL, "Is each of them a person or a program of yours, with a password that only they know?", look_users },
	{ "webhooks", "Messages to others", NULL, NULL, look_webhooks },
	{ "alerts", "No alert", NULL, NULL, look_alerts },
	{ NULL, NULL, NULL, NULL, NULL },
};
