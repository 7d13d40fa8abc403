// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/api.h"
#include "http/call.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "main/clock.h"
#include "main/log.h"
#include "oht_client.h"
#include "robot/robot.h"

struct json_object *ohtd_json_wall_time(int64_t wall_ns)
{
	struct timespec at;
	char text[40], fraction[8];
	struct tm utc;

	at.tv_sec = (time_t)(wall_ns / (int64_t)OHTD_NS_PER_S);
	at.tv_nsec = (long)(wall_ns % (int64_t)OHTD_NS_PER_S);
	if (wall_ns < 0 || !gmtime_r(&at.tv_sec, &utc) ||
	    !strftime(text, sizeof(text) - sizeof(fraction), "%Y-%m-%dT%H:%M:%S", &utc))
		return NULL;
	snprintf(fraction, sizeof(fraction), ".%03ldZ", at.tv_nsec / 1000000 % 1000);
	strcat(text, fraction);
	return json_object_new_string(text);
}

struct json_object *ohtd_json_time(struct ohtd_call *call, unsigned long long time_ns)
{
	return time_ns ? ohtd_json_wall_time(ohtd_clock_wall_of_ns(ohtd_call_clock(call),
								   time_ns)) : NULL;
}

struct json_object *ohtd_json_level(int level)
{
	return level < 0 ? NULL : json_object_new_boolean(level);
}

static struct json_object *contact_json(int level)
{
	return level < 0 ? NULL : json_object_new_string(level ? "closed" : "open");
}

struct json_object *ohtd_json_cause(unsigned int cause)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "code", json_object_new_string(oht_cause_name(cause)));
	json_object_object_add(json, "text", json_object_new_string(oht_cause_text(cause)));
	json_object_object_add(json, "action", json_object_new_string(oht_cause_action(cause)));
	return json;
}

static struct json_object *causes_json(struct ohtd_call *call,
				       const struct ohtd_safety_view *safety)
{
	struct json_object *json = json_object_new_array();

	for (unsigned int i = 0; i < safety->cause_count && i < OHTD_CAUSES_MAX; i++) {
		const struct ohtd_cause_view *cause = &safety->causes[i];
		struct json_object *item = ohtd_json_cause(cause->cause);

		json_object_object_add(item, "since", ohtd_json_time(call, cause->since_ns));
		json_object_object_add(item, "standing",
				       json_object_new_boolean(cause->standing != 0));
		json_object_array_add(json, item);
	}
	return json;
}

static struct json_object *outputs_json(int enable1, int enable2)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "enable1", ohtd_json_level(enable1));
	json_object_object_add(json, "enable2", ohtd_json_level(enable2));
	return json;
}

static struct json_object *channels_json(const struct ohtd_safety_view *safety)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "a", contact_json(safety->channel_a));
	json_object_object_add(json, "b", contact_json(safety->channel_b));
	return json;
}

static struct json_object *feedback_json(const struct ohtd_safety_view *safety)
{
	struct json_object *json;

	if (safety->feedback1 < 0 && safety->feedback2 < 0)
		return NULL;
	json = json_object_new_object();
	json_object_object_add(json, "enable1", contact_json(safety->feedback1));
	json_object_object_add(json, "enable2", contact_json(safety->feedback2));
	return json;
}

/* What the last self-test found; null: none since the driver came. */
static struct json_object *self_test_json(struct ohtd_call *call,
					  const struct ohtd_safety_view *safety)
{
	struct json_object *json, *failed = json_object_new_array();

	if (!safety->tested_ns) {
		json_object_put(failed);
		return NULL;
	}
	for (unsigned int test = 0; test < 32; test++) {
		struct json_object *item;

		if (!(safety->test_failed & (1u << test)))
			continue;
		item = json_object_new_object();
		json_object_object_add(item, "code", json_object_new_string(oht_test_name(test)));
		json_object_object_add(item, "text", json_object_new_string(oht_test_text(test)));
		json_object_array_add(failed, item);
	}
	json = json_object_new_object();
	json_object_object_add(json, "at", ohtd_json_time(call, safety->tested_ns));
	json_object_object_add(json, "age_s", json_object_new_int64(
			       ohtd_call_age_ms(call, safety->tested_ns) / 1000));
	json_object_object_add(json, "passed", json_object_new_boolean(!safety->test_failed));
	json_object_object_add(json, "failed", failed);
	return json;
}

static struct json_object *interlocks_json(const struct ohtd_why_list *list)
{
	struct json_object *json = json_object_new_array();

	for (unsigned int i = 0; i < list->count && i < OHTD_WHY_MAX; i++) {
		const struct ohtd_why *why = &list->items[i];
		struct json_object *item = json_object_new_object();

		json_object_object_add(item, "code",
				       json_object_new_string(ohtd_why_name(why->code)));
		json_object_object_add(item, "text",
				       json_object_new_string(ohtd_why_text(why->code)));
		json_object_object_add(item, "address", why->unit ?
				       json_object_new_int(why->unit) : NULL);
		json_object_object_add(item, "cause", why->code == OHTD_WHY_STOP_CAUSE ?
				       json_object_new_string(oht_cause_name(why->detail)) : NULL);
		json_object_array_add(json, item);
	}
	return json;
}

struct json_object *ohtd_json_safety(struct ohtd_call *call, const struct ohtd_snapshot *snapshot)
{
	const struct ohtd_safety_view *safety = &snapshot->safety;
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "state", json_object_new_string(
			       ohtd_safety_state_name(safety->state)));
	json_object_object_add(json, "since", ohtd_json_time(call, safety->since_ns));
	json_object_object_add(json, "causes", causes_json(call, safety));
	json_object_object_add(json, "channels", channels_json(safety));
	json_object_object_add(json, "outputs", outputs_json(safety->enable1, safety->enable2));
	json_object_object_add(json, "feedback", feedback_json(safety));
	json_object_object_add(json, "hardware_stop",
			       json_object_new_boolean(safety->hardware_stop));
	json_object_object_add(json, "cpus_watched", safety->cpus_watched < 0 ? NULL :
			       json_object_new_boolean(safety->cpus_watched));
	json_object_object_add(json, "deadman_ms", json_object_new_int64(safety->deadman_ms));
	json_object_object_add(json, "stops_repeated", json_object_new_int64(
			       (int64_t)ohtd_call_stops_repeated(call, false)));
	json_object_object_add(json, "self_test", self_test_json(call, safety));
	json_object_object_add(json, "proof_test_age_s",
			       safety->opened_age_s == OHT_NEVER_SECONDS ? NULL :
			       json_object_new_int64(safety->opened_age_s));
	json_object_object_add(json, "why_not_reset", interlocks_json(&snapshot->why_not_reset));
	json_object_object_add(json, "why_not_enable", interlocks_json(&snapshot->why_not_enable));
	json_object_object_add(json, "age_ms",
			       json_object_new_int64(ohtd_call_age_ms(call, snapshot->time_ns)));
	return json;
}

void ohtd_api_safety(struct ohtd_call *call)
{
	ohtd_reply_json(call, 200, ohtd_json_safety(call, ohtd_call_snapshot(call)));
}

/* What the call itself has found, not what the control thread will see a cycle later. */
static void reply_stopped(struct ohtd_call *call, const struct ohtd_stop_result *result)
{
	struct json_object *json = json_object_new_object();
	int level = result->hardware ? 0 : -1;

	json_object_object_add(json, "state", json_object_new_string("stopped"));
	json_object_object_add(json, "repeated", json_object_new_boolean(result->repeated));
	json_object_object_add(json, "hardware", json_object_new_boolean(result->hardware));
	json_object_object_add(json, "outputs", outputs_json(level, level));
	/* When the call began, so that whoever shares our clock can tell what came before it. */
	json_object_object_add(json, "called_ns",
			       json_object_new_int64((int64_t)(result->at_ns - result->call_ns)));
	json_object_object_add(json, "call_us",
			       json_object_new_int64((int64_t)(result->call_ns / 1000)));
	ohtd_reply_json(call, 200, json);
}

/* One line for all of them, once they are over: whoever keeps asking must not fill the log. */
static void tell_repeated(struct ohtd_call *call)
{
	unsigned long count = ohtd_call_stops_repeated(call, true);

	if (count)
		ohtd_log(OHTD_LOG_NOTICE, "http", "stop_repeated",
			 "%lu more requests while it was stopped already", count);
}

void ohtd_api_safety_stop(struct ohtd_call *call)
{
	struct ohtd_stop_result result = { 0 };
	int r = ohtd_stop(ohtd_call_link(call), (uint64_t)call->who.user_id, &result);

	if (r) {
		ohtd_reply_problem(call, 503, "device_gone", "the stop could not be confirmed: %s",
				   strerror(-r));
		ohtd_log(OHTD_LOG_ERROR, "http", "stop_unconfirmed", "%s: %s", call->who.user,
			 strerror(-r));
		return;
	}
	reply_stopped(call, &result);
	if (result.repeated) {
		ohtd_call_stop_repeated(call);
		return;
	}
	tell_repeated(call);
	ohtd_log(OHTD_LOG_WARNING, "http", "stop", "asked for by %s", call->who.user);
}

static void safety_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	/* A reset by its button is seen at the enable. */
	if (answer->kind != OHTD_COMMAND_SELF_TEST)
		tell_repeated(call);
	ohtd_reply_json(call, 200, ohtd_json_safety(call, ohtd_call_snapshot(call)));
}

static void post_command(struct ohtd_call *call, uint32_t kind)
{
	struct json_object *valid = json_object_object_get(call->body, "valid_for_ms");
	struct ohtd_command command = { .kind = kind };

	command.valid_ms = valid ? (uint32_t)json_object_get_int(valid) : 0;
	ohtd_call_command(call, &command, safety_done);
}

void ohtd_api_safety_reset(struct ohtd_call *call)
{
	post_command(call, OHTD_COMMAND_RESET);
}

void ohtd_api_safety_enable(struct ohtd_call *call)
{
	post_command(call, OHTD_COMMAND_ENABLE);
}

void ohtd_api_safety_self_test(struct ohtd_call *call)
{
	post_command(call, OHTD_COMMAND_SELF_TEST);
}
