// SPDX-License-Identifier: GPL-2.0-or-later
/* analytics/odometer: what the robot has driven in its life, and which service of the machine is due by it. */
#include "api/api.h"
#include "server/call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analytics/odometer.h"
#include "base/blank.h"
#include "base/clock.h"
#include "server/late.h"
#include "views/services.h"

#define S_PER_H		3600.0

OHTD_WORDS_OF(wear_words, ohtd_analytics_wears);

static const char *const units[OHTD_ANALYTICS_WEARS] = {
	[OHTD_ANALYTICS_DISTANCE] = "m", [OHTD_ANALYTICS_HOURS] = "h", [OHTD_ANALYTICS_STARTS] = NULL,
};

struct service {
	const char *wear;
	const char *unit;
	double interval;
	double used;
	double left;
	bool due;
	int64_t done;
	const char *done_by;
	const char *note;
};

OHTD_SHAPE(service, "OdometerService",
	OHTD_TEXT(service, wear, .words = &wear_words, .summary = "What its interval is measured in; hours: in motion", .example = "\"distance\""),
	OHTD_TEXT(service, unit, .flags = OHTD_NULL, .summary = "Of the numbers; null: they are counted", .example = "\"m\""),
	OHTD_NUMBER(service, interval, .flags = OHTD_NULL, .summary = "Item /maintenance/* of the configuration; null: none is set"),
	OHTD_NUMBER(service, used, .summary = "So much since the last service, or since the beginning"),
	OHTD_NUMBER(service, left, .flags = OHTD_NULL, .summary = "Until the next one, below 0: beyond it; null: no interval is set"),
	OHTD_BOOLEAN(service, due, .summary = "It is to be done now"),
	OHTD_TIME(service, done, .flags = OHTD_NULL, .summary = "When the last one was done; null: never"),
	OHTD_TEXT(service, done_by, .flags = OHTD_NULL, .summary = "Who has said so", .example = "\"anna\""),
	OHTD_TEXT(service, note, .flags = OHTD_NULL, .summary = "What was done, in the words of that person", .example = "\"wheels changed\""));

struct odometer {
	double distance_m;
	double moving_h;
	double enabled_h;
	int64_t starts;
	int64_t stops;
	int64_t since;
	const struct service *services;
	size_t services_count;
};

OHTD_SHAPE(odometer, "Odometer",
	OHTD_NUMBER(odometer, distance_m, .unit = "m", .summary = "Way of the robot, forward and back"),
	OHTD_NUMBER(odometer, moving_h, .unit = "h", .summary = "Time in motion"),
	OHTD_NUMBER(odometer, enabled_h, .unit = "h", .summary = "Time with the outputs on"),
	OHTD_INTEGER(odometer, starts, .summary = "How often it began to move from standing"),
	OHTD_INTEGER(odometer, stops, .summary = "How often the outputs fell"),
	OHTD_TIME(odometer, since, .flags = OHTD_NULL, .summary = "When the counting began; null: nothing was counted yet"),
	OHTD_LIST(odometer, services, service, .summary = "One for each kind of interval"));

static double or_none(double interval, double value)
{
	return interval > 0 ? value : (double)NAN;
}

static struct service service_of(unsigned int wear, const struct ohtd_analytics_due *due)
{
	const struct ohtd_analytics_work_row *last = &due->last;

	return (struct service){
		.wear = ohtd_analytics_wears[wear], .unit = units[wear], .interval = or_none(due->interval, due->interval), .used = due->used,
		.left = or_none(due->interval, due->interval - due->used), .due = due->interval > 0 && due->used >= due->interval,
		.done = last->done_ns ? last->done_ns : OHTD_NONE, .done_by = last->done_ns ? last->done_by : NULL,
		.note = last->done_ns ? last->note : NULL,
	};
}

static void reply_odometer(struct ohtd_call *call)
{
	struct ohtd_analytics_odometer_view *now = ohtd_call_alloc(call, sizeof(*now));
	struct service *items = ohtd_call_alloc(call, OHTD_ANALYTICS_WEARS * sizeof(*items));
	struct odometer view;

	ohtd_analytics_odometer_look(call->services->odometer, now);
	for (unsigned int i = 0; i < OHTD_ANALYTICS_WEARS; i++)
		items[i] = service_of(i, &now->due[i]);
	view = (struct odometer){
		.distance_m = now->row.distance_mm / 1e3, .moving_h = (double)now->row.moving_ms / 1e3 / S_PER_H,
		.enabled_h = (double)now->row.enabled_ms / 1e3 / S_PER_H, .starts = now->row.starts, .stops = now->row.falls,
		.since = now->row.since_ns ? now->row.since_ns : OHTD_NONE, .services = items, .services_count = OHTD_ANALYTICS_WEARS,
	};
	OHTD_REPLY(call, 200, odometer, &view);
}

/* ---- a service was done ---- */

struct service_done {
	unsigned int wear;
	const char *note;
};

OHTD_SHAPE(service_done, "OdometerServiceDone",
	OHTD_WORD(service_done, wear, .flags = OHTD_NEEDED, .words = &wear_words, .summary = "Of which interval"),
	OHTD_TEXT(service_done, note, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_ANALYTICS_NOTE_BYTES - 1, .unfit = ohtd_line_unfit,
		  .summary = "What was done", .example = "\"wheels changed\""));

struct done_late {
	struct ohtd_late late;
	struct ohtd_analytics_odometer *odometer;
	struct ohtd_analytics_work_row work;
};

static int act(struct ohtd_late *late)
{
	struct done_late *job = (struct done_late *)late;

	return ohtd_analytics_odometer_done(job->odometer, &job->work);
}

static void reply_done(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else
		reply_odometer(call);
}

static void post_done(struct ohtd_call *call)
{
	const struct service_done *said = OHTD_INPUT(call, service_done);
	struct done_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->odometer = call->services->odometer;
	job->work = (struct ohtd_analytics_work_row){ .wear = said->wear, .done_ns = ohtd_clock_wall_ns(call->services->clock) };
	snprintf(job->work.done_by, sizeof(job->work.done_by), "%s", call->who.user);
	snprintf(job->work.note, sizeof(job->work.note), "%s", said->note);
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, act, reply_done);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "analytics/odometer", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &odometer_shape } },
		.handle = reply_odometer,
		.summary = "What the robot has driven in its life, and which service is due",
	}, {
		.method = OHTD_POST, .path = "analytics/odometer/done", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "note", "noted", " a service of the machine as done" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 2048, .body = &service_done_shape,
		.replies = { { 200, &odometer_shape } },
		.handle = post_done,
		.summary = "Say that a service of the machine was done: its interval begins anew",
	},
};

OHTD_ROUTE_TABLE(ohtd_odometer_routes, "Analytics", routes);
