// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/robot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oht-fleet/clock.h"
#include "oht-fleet/log.h"

/* Events do not wait; states need not come more often than a fleet is told of them. */
#define STREAM		"stream?channel=safety,robot,alerts,telemetry,missions&max_rate_hz=50&signals=battery_v,battery_a,charging"
/* ohtd says something in each channel at least twice a second. */
#define SILENT_MS	3000
#define DIAL_MS		500
#define ANSWER_MS	10000
/* A station that is new, or another limit, is known after this time. */
#define REFRESH_MS	5000
#define DEPTH_MAX	16

static const char *const channel_names[FLEET_CHANNELS] = {
	[FLEET_CHANNEL_SAFETY] = "safety", [FLEET_CHANNEL_ROBOT] = "robot", [FLEET_CHANNEL_ALERTS] = "alerts",
	[FLEET_CHANNEL_TELEMETRY] = "telemetry", [FLEET_CHANNEL_MISSIONS] = "missions",
};

int fleet_robot_open(struct fleet_robot *robot, const char *socket)
{
	*robot = (struct fleet_robot){ .socket = socket, .stream.fd = -1, .asking.fd = -1 };
	robot->tokener = json_tokener_new_ex(DEPTH_MAX);
	return robot->tokener ? 0 : -1;
}

static void forget(struct fleet_robot *robot)
{
	fleet_http_end(&robot->stream);
	oht_sse_forget(&robot->sse);
	for (int i = 0; i < FLEET_CHANNELS; i++) {
		json_object_put(robot->data[i]);
		robot->data[i] = NULL;
	}
	/* The next ohtd may give another role. */
	*robot->user = '\0';
	robot->may_drive = false;
}

static void pop_question(struct fleet_robot *robot)
{
	free(robot->questions[robot->first].body);
	robot->first = (robot->first + 1) % FLEET_QUESTIONS_MAX;
	robot->count--;
}

void fleet_robot_close(struct fleet_robot *robot)
{
	forget(robot);
	fleet_http_end(&robot->asking);
	while (robot->count)
		pop_question(robot);
	json_object_put(robot->stations);
	json_object_put(robot->factsheet);
	json_tokener_free(robot->tokener);
}

bool fleet_robot_is_known(const struct fleet_robot *robot)
{
	/* Without its stations, its limits and the own role no order can be judged. */
	if (!robot->stations || !robot->factsheet || !*robot->user)
		return false;
	for (int i = 0; i < FLEET_CHANNELS; i++)
		if (!robot->data[i])
			return false;
	return true;
}

/* ---- live data ---- */

static void merge(struct json_object *into, struct json_object *members)
{
	json_object_object_foreach(members, name, value)
		json_object_object_add(into, name, json_object_get(value));
}

static void take_message(struct fleet_robot *robot, struct json_object *message)
{
	const char *type = json_object_get_string(json_object_object_get(message, "type"));
	const char *channel = json_object_get_string(json_object_object_get(message, "channel"));
	struct json_object *data = json_object_object_get(message, "data");

	for (int i = 0; type && channel && json_object_is_type(data, json_type_object) && i < FLEET_CHANNELS; i++) {
		if (strcmp(channel, channel_names[i]))
			continue;
		if (!robot->data[i] || !strcmp(type, "snapshot")) {
			json_object_put(robot->data[i]);
			robot->data[i] = json_object_get(data);
		} else {
			merge(robot->data[i], data);
		}
		robot->heard = true;
	}
}

static void take_event(void *arg, const char *data, const char *id)
{
	struct fleet_robot *robot = arg;
	struct json_object *message;

	(void)id;
	json_tokener_reset(robot->tokener);
	message = json_tokener_parse_ex(robot->tokener, data, (int)strlen(data));
	if (message)
		take_message(robot, message);
	json_object_put(message);
}

static bool take_bytes(void *arg, const char *bytes, size_t count)
{
	struct fleet_robot *robot = arg;

	robot->silent_at = fleet_now_ms() + SILENT_MS;
	/* A refusal is no stream. */
	return robot->stream.status == 200 && oht_sse_take(&robot->sse, bytes, count, take_event, robot);
}

static void lose(struct fleet_robot *robot, int64_t now_ms)
{
	if (!robot->complained)
		fleet_warn("no live data from ohtd at %s (status %d): asking again", robot->socket, robot->stream.status);
	robot->complained = true;
	robot->heard = true;
	forget(robot);
	robot->dial_at = now_ms + DIAL_MS;
}

static void follow(struct fleet_robot *robot, int64_t now_ms)
{
	bool over = robot->stream.state == FLEET_HTTP_DONE || robot->stream.state == FLEET_HTTP_FAILED;

	if (over || (robot->stream.state == FLEET_HTTP_UNDER_WAY && now_ms >= robot->silent_at))
		lose(robot, now_ms);
	if (robot->stream.state == FLEET_HTTP_NONE && now_ms >= robot->dial_at) {
		robot->silent_at = now_ms + SILENT_MS;
		robot->refresh_at = now_ms;
		fleet_http_ask(&robot->stream, robot->socket, "GET", STREAM, NULL, NULL, take_bytes, robot);
	}
	if (robot->complained && fleet_robot_is_known(robot)) {
		fleet_notice("live data from ohtd has come again");
		robot->complained = false;
	}
}

/* ---- questions ---- */

int fleet_robot_ask(struct fleet_robot *robot, const char *method, const char *path, const char *match, const char *body, fleet_answer_fn tell,
		    void *arg)
{
	struct fleet_question *question = &robot->questions[(robot->first + robot->count) % FLEET_QUESTIONS_MAX];

	if (robot->count == FLEET_QUESTIONS_MAX)
		return -1;
	*question = (struct fleet_question){ .method = method, .tell = tell, .arg = arg, .body = body ? strdup(body) : NULL };
	if (body && !question->body)
		return -1;
	snprintf(question->path, sizeof(question->path), "%s", path);
	snprintf(question->match, sizeof(question->match), "%s", match ? match : "");
	robot->count++;
	return 0;
}

static void answer(struct fleet_robot *robot)
{
	struct fleet_question question = robot->questions[robot->first];
	int status = robot->asking.state == FLEET_HTTP_DONE ? robot->asking.status : 0;
	struct json_object *body = NULL;

	if (status && robot->asking.body)
		body = json_tokener_parse(robot->asking.body);
	fleet_http_end(&robot->asking);
	pop_question(robot);
	question.tell(question.arg, status, body);
	json_object_put(body);
}

static void take_answer(struct fleet_robot *robot, int64_t now_ms)
{
	if (robot->asking.state == FLEET_HTTP_UNDER_WAY && now_ms >= robot->answer_by)
		robot->asking.state = FLEET_HTTP_FAILED;
	if (robot->asking.state == FLEET_HTTP_DONE || robot->asking.state == FLEET_HTTP_FAILED)
		answer(robot);
}

int64_t fleet_robot_begin(struct fleet_robot *robot, int64_t now_ms)
{
	const struct fleet_question *question = &robot->questions[robot->first];

	if (robot->asking.state == FLEET_HTTP_NONE && robot->count) {
		robot->answer_by = now_ms + ANSWER_MS;
		fleet_http_ask(&robot->asking, robot->socket, question->method, question->path, *question->match ? question->match : NULL,
			       question->body, NULL, NULL);
	}
	if (robot->asking.state == FLEET_HTTP_NONE)
		return FLEET_NEVER;
	/* Refused at once: the answer is taken a little later, or a socket that refuses would be asked without pause. */
	return robot->asking.state == FLEET_HTTP_UNDER_WAY ? robot->answer_by : now_ms + FLEET_FLOOR_MS;
}

/* ---- what changes seldom ---- */

static void keep(struct fleet_robot *robot, struct json_object **place, struct json_object *fresh)
{
	json_object_put(*place);
	*place = json_object_get(fresh);
	robot->heard = true;
}

static void take_stations(void *arg, int status, struct json_object *answered)
{
	struct fleet_robot *robot = arg;

	if (status == 200)
		keep(robot, &robot->stations, json_object_object_get(answered, "items"));
}

static void take_factsheet(void *arg, int status, struct json_object *answered)
{
	struct fleet_robot *robot = arg;

	if (status == 200)
		keep(robot, &robot->factsheet, answered);
	robot->refreshed = true;
}

static void take_user(void *arg, int status, struct json_object *answered)
{
	struct fleet_robot *robot = arg;
	const char *user = json_object_get_string(json_object_object_get(answered, "user"));
	const char *role = json_object_get_string(json_object_object_get(answered, "role"));

	if (status != 200)
		return;
	snprintf(robot->user, sizeof(robot->user), "%s", user ? user : "");
	robot->may_drive = role && strcmp(role, "viewer");
}

int64_t fleet_robot_work(struct fleet_robot *robot, int64_t now_ms)
{
	int64_t next;

	follow(robot, now_ms);
	if (now_ms >= robot->refresh_at) {
		robot->refresh_at = now_ms + REFRESH_MS;
		fleet_robot_ask(robot, "GET", "robot/stations", NULL, NULL, take_stations, robot);
		fleet_robot_ask(robot, "GET", "robot/factsheet", NULL, NULL, take_factsheet, robot);
		fleet_robot_ask(robot, "GET", "auth/me", NULL, NULL, take_user, robot);
	}
	take_answer(robot, now_ms);
	next = robot->stream.state == FLEET_HTTP_NONE ? robot->dial_at : robot->silent_at;
	/* The same of the stream. */
	if (robot->stream.state == FLEET_HTTP_FAILED)
		next = now_ms + FLEET_FLOOR_MS;
	return fleet_sooner(next, robot->refresh_at);
}

/* ---- what is known ---- */

struct json_object *fleet_robot_get(const struct fleet_robot *robot, enum fleet_channel channel, const char *name)
{
	return json_object_object_get(robot->data[channel], name);
}

const char *fleet_robot_text(const struct fleet_robot *robot, enum fleet_channel channel, const char *name)
{
	const char *text = json_object_get_string(fleet_robot_get(robot, channel, name));

	return text ? text : "";
}

double fleet_robot_number(const struct fleet_robot *robot, enum fleet_channel channel, const char *name)
{
	struct json_object *value = fleet_robot_get(robot, channel, name);

	return value ? json_object_get_double(value) : NAN;
}

struct json_object *fleet_robot_signal(const struct fleet_robot *robot, const char *name)
{
	struct json_object *signal = fleet_robot_get(robot, FLEET_CHANNEL_TELEMETRY, name);
	const char *quality = json_object_get_string(json_object_object_get(signal, "quality"));

	return quality && !strcmp(quality, "good") ? json_object_object_get(signal, "value") : NULL;
}

double fleet_robot_station_mm(const struct fleet_robot *robot, const char *name)
{
	size_t count = robot->stations ? json_object_array_length(robot->stations) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *station = json_object_array_get_idx(robot->stations, i);
		const char *known = json_object_get_string(json_object_object_get(station, "name"));

		if (known && !strcmp(known, name))
			return json_object_get_double(json_object_object_get(station, "position_mm"));
	}
	return NAN;
}

const char *fleet_robot_station_near(const struct fleet_robot *robot, double position_mm, double within_mm, double *place_mm)
{
	size_t count = robot->stations ? json_object_array_length(robot->stations) : 0;
	const char *name = NULL;

	for (size_t i = 0; i < count; i++) {
		struct json_object *station = json_object_array_get_idx(robot->stations, i);
		double at_mm = json_object_get_double(json_object_object_get(station, "position_mm"));

		if (fabs(at_mm - position_mm) > within_mm)
			continue;
		name = json_object_get_string(json_object_object_get(station, "name"));
		*place_mm = at_mm;
		within_mm = fabs(at_mm - position_mm);
	}
	return name;
}

double fleet_robot_fact(const struct fleet_robot *robot, const char *group, const char *name)
{
	struct json_object *value = json_object_object_get(json_object_object_get(robot->factsheet, group), name);

	return value ? json_object_get_double(value) : NAN;
}
