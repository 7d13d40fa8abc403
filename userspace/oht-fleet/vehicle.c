// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/vehicle.h"

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oht-fleet/clock.h"
#include "oht-fleet/factsheet.h"
#include "oht-fleet/instants.h"
#include "oht-fleet/log.h"
#include "oht-fleet/state.h"

#define QOS_CONNECTION	1
/* So long the first state waits for a word of ohtd. */
#define STARTUP_MS	3000

/* ---- what is sent ---- */

static struct fleet_header header_of(struct fleet_vehicle *vehicle, enum fleet_topic topic)
{
	const struct fleet_settings *settings = vehicle->settings;
	struct fleet_header header = { 0 };
	bool failed = fleet_ids_next(&vehicle->ids, topic, &header.id);

	if (failed && !vehicle->ids_failed)
		fleet_warn("%s: %s; header ids may come twice behind a restart", vehicle->ids_path, strerror(errno));
	vehicle->ids_failed = failed;
	fleet_timestamp(header.timestamp);
	snprintf(header.version, sizeof(header.version), "%s", fleet_version_number[settings->version]);
	snprintf(header.manufacturer, sizeof(header.manufacturer), "%s", settings->manufacturer);
	snprintf(header.serial, sizeof(header.serial), "%s", settings->serial);
	return header;
}

/* Text to be freed, or NULL. */
static char *text_of(struct json_object *object)
{
	char *text = object ? strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN)) : NULL;

	json_object_put(object);
	return text;
}

static char *write_form(const struct fleet_vehicle *vehicle, const struct form_row *rows, const void *from, unsigned int without)
{
	return text_of(form_write(rows, vehicle->settings->version, from, without));
}

static char *connection_text(struct fleet_vehicle *vehicle, enum fleet_connection_state state)
{
	struct fleet_connection connection = { .header = header_of(vehicle, FLEET_CONNECTION), .state = state };

	return write_form(vehicle, fleet_connection_rows, &connection, 0);
}

static void send_connection(struct fleet_vehicle *vehicle, enum fleet_connection_state state)
{
	char *text = connection_text(vehicle, state);

	if (text)
		fleet_link_send(&vehicle->link, "connection", text, QOS_CONNECTION, true);
	free(text);
}

static void fall_asleep(struct fleet_vehicle *vehicle)
{
	vehicle->sleep = FLEET_ASLEEP;
	vehicle->said_asleep = true;
	send_connection(vehicle, FLEET_HIBERNATING);
}

static void wake_up(struct fleet_vehicle *vehicle)
{
	vehicle->said_asleep = false;
	send_connection(vehicle, FLEET_ONLINE);
	vehicle->asked = true;
}

/* What a state is made of when its id and the time are left out. */
static char *news_of(struct fleet_vehicle *vehicle)
{
	fleet_state_take_robot(&vehicle->state, &vehicle->robot, vehicle->settings, vehicle->was_known);
	fleet_state_take_job(&vehicle->state, &vehicle->job, vehicle->drive.trouble);
	fleet_state_take_refusals(&vehicle->state, &vehicle->errors);
	return write_form(vehicle, fleet_state_rows, &vehicle->state, FORM_QUIET);
}

static void send_state(struct fleet_vehicle *vehicle, char *news)
{
	char *text;

	vehicle->state.header = header_of(vehicle, FLEET_STATE);
	text = write_form(vehicle, fleet_state_rows, &vehicle->state, 0);
	if (text && !fleet_link_send(&vehicle->link, "state", text, 0, false)) {
		free(vehicle->told);
		vehicle->told = news;
		news = NULL;
		/* Behind the moment that the message says, whose clock is another one. */
		vehicle->state_at = fleet_now_ms() + 1;
		vehicle->asked = false;
	}
	free(text);
	free(news);
}

/* Several things that change together are told together: a change within the least pause waits for its end. */
static int64_t tell_state(struct fleet_vehicle *vehicle, int64_t now_ms)
{
	int64_t may_at = vehicle->state_at + vehicle->settings->state_min_ms, must_at = vehicle->state_at + vehicle->settings->state_ms;
	bool due = vehicle->asked || !vehicle->told || now_ms >= must_at;
	char *news;

	/* An order in hand does not fit to a robot that starts. */
	if (!vehicle->was_known && now_ms < vehicle->begun_at + STARTUP_MS)
		return vehicle->begun_at + STARTUP_MS;
	if (!due && !vehicle->robot.heard)
		return must_at;
	if (vehicle->told && now_ms < may_at)
		return may_at;
	vehicle->robot.heard = false;
	news = news_of(vehicle);
	if (!news)
		return now_ms + 1000;
	if (due || strcmp(news, vehicle->told))
		send_state(vehicle, news);
	else
		free(news);
	must_at = vehicle->state_at + vehicle->settings->state_ms;
	/* Not sent: the library has no memory, or the connection is about to end. */
	return must_at > now_ms ? must_at : now_ms + 1000;
}

static int64_t show_position(struct fleet_vehicle *vehicle, int64_t now_ms)
{
	struct fleet_visualization shown = { 0 };
	int64_t pause_ms = vehicle->settings->visualization_ms;
	char *text;

	if (!pause_ms || !fleet_state_is_started(&vehicle->robot))
		return FLEET_NEVER;
	if (now_ms < vehicle->shown_at + pause_ms)
		return vehicle->shown_at + pause_ms;
	fleet_state_take_robot(&vehicle->state, &vehicle->robot, vehicle->settings, vehicle->was_known);
	shown.header = header_of(vehicle, FLEET_VISUALIZATION);
	shown.state_id = vehicle->state.header.id;
	shown.position = vehicle->state.position;
	shown.velocity = vehicle->state.velocity;
	text = write_form(vehicle, fleet_visualization_rows, &shown, 0);
	if (text)
		fleet_link_send(&vehicle->link, "visualization", text, 0, false);
	free(text);
	vehicle->shown_at = now_ms;
	return now_ms + pause_ms;
}

/* It is kept by the broker, so it is sent again only when it is another one. */
static void tell_factsheet(struct fleet_vehicle *vehicle)
{
	struct fleet_header header = { 0 };
	bool asked = vehicle->factsheet_asked;
	char *bare, *text;

	vehicle->robot.refreshed = vehicle->factsheet_asked = false;
	if (!vehicle->robot.factsheet)
		return;
	bare = text_of(fleet_factsheet_make(vehicle->settings, &header, vehicle->robot.factsheet));
	if (bare && (asked || !vehicle->factsheet || strcmp(bare, vehicle->factsheet))) {
		header = header_of(vehicle, FLEET_FACTSHEET);
		text = text_of(fleet_factsheet_make(vehicle->settings, &header, vehicle->robot.factsheet));
		if (text && !fleet_link_send(&vehicle->link, "factsheet", text, 0, true)) {
			free(vehicle->factsheet);
			vehicle->factsheet = bare;
			bare = NULL;
		}
		free(text);
	}
	free(bare);
}

/* ---- orders ---- */

static void refuse_order(struct fleet_vehicle *vehicle, const char *id, const char *update, const struct fleet_verdict *verdict)
{
	struct fleet_error *error = fleet_errors_add(&vehicle->errors, vehicle->settings->version, verdict->refusal, verdict->why);

	fleet_error_refer(error, "orderId", id);
	fleet_error_refer(error, "orderUpdateId", update);
	if (verdict->key)
		fleet_error_refer(error, verdict->key, verdict->value);
	vehicle->asked = true;
}

/* It is on the disk before anything is done for it. */
static void accept_order(struct fleet_vehicle *vehicle, const struct fleet_order *order, const char *digest, struct fleet_verdict *verdict)
{
	struct fleet_job *before = malloc(sizeof(*before));

	if (before) {
		*before = vehicle->job;
		fleet_job_take(&vehicle->job, order, vehicle->settings, &vehicle->robot, digest);
	}
	if (!before || fleet_drive_save(&vehicle->drive)) {
		if (before)
			vehicle->job = *before;
		verdict->refusal = FLEET_INSUFFICIENT_MEMORY;
		snprintf(verdict->why, sizeof(verdict->why), "The order cannot be kept: memory or disk is full.");
	} else {
		fleet_errors_end(&vehicle->errors, FLEET_UNTIL_ORDER);
		vehicle->asked = true;
	}
	free(before);
}

struct fleet_judge fleet_vehicle_judge(const struct fleet_vehicle *vehicle)
{
	return (struct fleet_judge){
		.job = &vehicle->job, .settings = vehicle->settings, .robot = &vehicle->robot,
		.mode = fleet_state_is_started(&vehicle->robot) ? fleet_state_mode(&vehicle->robot) : vehicle->state.mode,
		.hibernates = vehicle->sleep != FLEET_AWAKE,
	};
}

static struct fleet_verdict judge_order(struct fleet_vehicle *vehicle, struct json_object *object, struct fleet_order *order)
{
	const struct fleet_judge judge = fleet_vehicle_judge(vehicle);
	struct form_fault fault = { 0 };
	char digest[FLEET_DIGEST_BYTES];
	struct fleet_verdict verdict;

	if (form_read(fleet_order_rows, vehicle->settings->version, object, order, &fault))
		return fleet_judge_form(&fault);
	if (!fleet_instants_header_fits(vehicle, &order->header))
		return (struct fleet_verdict){ FLEET_VALIDATION_FAILURE, .why = "Version, manufacturer or serial number are not this robot's." };
	verdict = fleet_judge_order(&judge, order, digest);
	if (!verdict.refusal && !verdict.again)
		accept_order(vehicle, order, digest, &verdict);
	return verdict;
}

/* Of a message that may be no order at all. */
static const char *word_of(struct json_object *object, const char *name)
{
	struct json_object *value = json_object_is_type(object, json_type_object) ? json_object_object_get(object, name) : NULL;

	return json_object_is_type(value, json_type_string) || json_object_is_type(value, json_type_int) ? json_object_get_string(value) : "";
}

static void take_order(struct fleet_vehicle *vehicle, const char *text, size_t bytes)
{
	struct json_object *object = bytes < FLEET_MESSAGE_BYTES ? form_parse(text, bytes) : NULL;
	/* Large, and needed for a moment only. */
	struct fleet_order *order = calloc(1, sizeof(*order));
	struct fleet_verdict verdict = { FLEET_INSUFFICIENT_MEMORY };

	if (bytes >= FLEET_MESSAGE_BYTES)
		snprintf(verdict.why, sizeof(verdict.why), "The message has %zu bytes, and %d is the most.", bytes, FLEET_MESSAGE_BYTES - 1);
	else if (order)
		verdict = judge_order(vehicle, object, order);
	if (verdict.refusal)
		refuse_order(vehicle, word_of(object, "orderId"), word_of(object, "orderUpdateId"), &verdict);
	free(order);
	json_object_put(object);
	/* It was most of what the process ever holds, and the allocator would keep it for the next one. */
	malloc_trim(0);
}

static bool is_persons(enum fleet_mode mode)
{
	return mode == FLEET_MANUAL || mode == FLEET_SERVICE;
}

/* A person drives the robot: the order is the fleet's no more. */
static void look_at_mode(struct fleet_vehicle *vehicle, const struct fleet_judge *judge)
{
	if (vehicle->errors.count && !fleet_judge_availability(judge).refusal)
		fleet_errors_end(&vehicle->errors, FLEET_UNTIL_MODE);
	if (!is_persons(judge->mode) || vehicle->job.cancelling || !fleet_job_is_active(&vehicle->job))
		return;
	vehicle->job.cancelling = true;
	fleet_drive_save(&vehicle->drive);
}

static void look_at_place(struct fleet_vehicle *vehicle, unsigned int mode)
{
	const struct fleet_robot *robot = &vehicle->robot;
	double position_mm = fleet_robot_number(robot, FLEET_CHANNEL_ROBOT, "position_mm");
	bool located = json_object_get_boolean(fleet_robot_get(robot, FLEET_CHANNEL_ROBOT, "located"));
	bool changed = false;

	if (fleet_job_is_active(&vehicle->job))
		return;
	if (is_persons(mode) && *vehicle->job.last_node && (mode == FLEET_SERVICE || !located || !fleet_job_stands_behind(&vehicle->job, position_mm))) {
		fleet_job_lose_place(&vehicle->job);
		changed = true;
	}
	if (mode != FLEET_SERVICE && located && isfinite(position_mm) && fleet_drive_stands(&vehicle->drive))
		changed = fleet_job_find_place(&vehicle->job, vehicle->settings, robot, position_mm) || changed;
	vehicle->robot.heard = vehicle->robot.heard || changed;
}

static void look_at_order(struct fleet_vehicle *vehicle)
{
	const struct fleet_judge judge = fleet_vehicle_judge(vehicle);

	if (fleet_state_is_started(&vehicle->robot)) {
		look_at_mode(vehicle, &judge);
		look_at_place(vehicle, judge.mode);
	}
	fleet_instants_settle(vehicle);
	if (!*vehicle->drive.ended)
		return;
	fleet_error_refer(fleet_errors_add(&vehicle->errors, vehicle->settings->version, FLEET_ORDER_ENDED, vehicle->drive.ended), "orderId",
			  vehicle->job.order);
	*vehicle->drive.ended = '\0';
	vehicle->asked = true;
}

/* ---- what the link asks and tells ---- */

static char *will(void *arg)
{
	return connection_text(arg, FLEET_BROKEN);
}

static void up(void *arg)
{
	struct fleet_vehicle *vehicle = arg;

	vehicle->said_asleep = vehicle->sleep == FLEET_ASLEEP;
	send_connection(vehicle, vehicle->said_asleep ? FLEET_HIBERNATING : FLEET_ONLINE);
	free(vehicle->told);
	free(vehicle->factsheet);
	vehicle->told = NULL;
	vehicle->factsheet = NULL;
	fleet_home_up(&vehicle->home);
}

static void down(void *arg)
{
	(void)arg;
}

static void take_message(void *arg, const char *topic, const char *text, size_t bytes, bool retained)
{
	struct fleet_vehicle *vehicle = arg;

	/* What a broker has kept was meant for another day: nothing moves because of it. */
	if (retained) {
		fleet_warn("a retained message on %s was left alone", topic);
		return;
	}
	if (!strcmp(topic, "instantActions"))
		fleet_instants_take(vehicle, text, bytes);
	else if (!strcmp(topic, "order") && vehicle->sleep != FLEET_ASLEEP)
		take_order(vehicle, text, bytes);
}

static void take_other(void *arg, const char *topic, const char *text, size_t bytes, bool retained)
{
	struct fleet_vehicle *vehicle = arg;

	fleet_home_take(&vehicle->home, topic, text, bytes, retained);
}

/* ---- its life ---- */

int fleet_vehicle_open(struct fleet_vehicle *vehicle, const struct fleet_settings *settings, char *why, size_t size)
{
	const struct fleet_link_tells tells = { .will = will, .up = up, .down = down, .message = take_message, .other = take_other, .arg = vehicle };

	vehicle->settings = settings;
	vehicle->begun_at = fleet_now_ms();
	vehicle->state.mode = FLEET_STARTUP;
	vehicle->state.distance_m = NAN;
	vehicle->state.power.voltage_v = NAN;
	vehicle->state.power.current_a = NAN;
	snprintf(vehicle->ids_path, sizeof(vehicle->ids_path), "%s/header-ids", settings->state_dir);
	if (fleet_ids_open(&vehicle->ids, vehicle->ids_path) && errno != EINVAL) {
		snprintf(why, size, "%s: %s", vehicle->ids_path, strerror(errno));
		return -1;
	}
	snprintf(vehicle->job_path, sizeof(vehicle->job_path), "%s/order", settings->state_dir);
	vehicle->drive = (struct fleet_drive){ .job = &vehicle->job, .robot = &vehicle->robot, .path = vehicle->job_path };
	if (fleet_job_load(&vehicle->job, vehicle->job_path)) {
		if (errno != EINVAL) {
			snprintf(why, size, "%s: %s", vehicle->job_path, strerror(errno));
			return -1;
		}
		fleet_warn("%s: damaged; the order in hand is not known any more", vehicle->job_path);
	}
	if (fleet_robot_open(&vehicle->robot, settings->socket)) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -1;
	}
	if (fleet_home_open(&vehicle->home, settings, &vehicle->link, &vehicle->robot)) {
		snprintf(why, size, "%s: %s", vehicle->home.path, strerror(errno));
		return -1;
	}
	return fleet_link_open(&vehicle->link, settings, &tells, why, size);
}

void fleet_vehicle_close(struct fleet_vehicle *vehicle)
{
	if (fleet_ids_close(&vehicle->ids))
		fleet_warn("%s: %s", vehicle->ids_path, strerror(errno));
	fleet_home_close(&vehicle->home);
	fleet_link_close(&vehicle->link);
	fleet_robot_close(&vehicle->robot);
	free(vehicle->told);
	free(vehicle->factsheet);
}

static int64_t work(struct fleet_vehicle *vehicle, int64_t now_ms)
{
	int64_t next = fleet_robot_work(&vehicle->robot, now_ms);

	next = fleet_sooner(next, fleet_link_work(&vehicle->link, now_ms));
	vehicle->was_known = vehicle->was_known || fleet_state_is_started(&vehicle->robot);
	next = fleet_sooner(next, fleet_drive_work(&vehicle->drive, now_ms));
	look_at_order(vehicle);
	next = fleet_sooner(next, fleet_home_work(&vehicle->home, now_ms, vehicle->sleep == FLEET_ASLEEP));
	if (!vehicle->link.up || vehicle->link.ending || vehicle->sleep == FLEET_ASLEEP)
		return next;
	if (vehicle->said_asleep)
		wake_up(vehicle);
	next = fleet_sooner(next, show_position(vehicle, now_ms));
	if (vehicle->robot.refreshed || vehicle->factsheet_asked || !vehicle->factsheet)
		tell_factsheet(vehicle);
	next = fleet_sooner(next, tell_state(vehicle, now_ms));
	if (vehicle->sleep == FLEET_NODS && !vehicle->asked)
		fall_asleep(vehicle);
	return next;
}

int64_t fleet_vehicle_work(struct fleet_vehicle *vehicle, int64_t now_ms)
{
	int64_t next = work(vehicle, now_ms);

	return fleet_sooner(next, fleet_robot_begin(&vehicle->robot, now_ms));
}

void fleet_vehicle_end(struct fleet_vehicle *vehicle)
{
	if (vehicle->link.up)
		send_connection(vehicle, FLEET_OFFLINE);
	fleet_link_end(&vehicle->link);
}
